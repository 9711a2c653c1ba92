"""Plan, funnel, peers, change log, quadrants, service: each number by hand, each absence with its reason."""

import dataclasses
import datetime as dt
import functools
import math

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopnb import schema
from shopnb.findings.overview import recheck
from shopnb.metrics import funnel, items, overview, plan
from shopnb.metrics.changes import due, judged, outcomes
from shopnb.metrics.funnel import Peer
from shopnb.metrics.peers import peer, standing
from shopnb.metrics.periods import Event, Period, event_kind, same_period_last_year
from shopnb.metrics.service import scores, service
from shopnb.stats import Estimate, known_step

END = dt.date(2026, 8, 30)
WEEK = Period(dt.date(2026, 8, 24), END)


def day(back):
    return END - dt.timedelta(days=back)


def daily(count=28, **columns):
    """A daily report of `count` days up to the end; a value or one value a day for each column."""
    days = pd.DataFrame({"day": [day(count - 1 - turn) for turn in range(count)]})
    every = [*overview._SUMS, *overview._READ_ONLY, *overview._SERVICE]
    days = days.assign(**dict.fromkeys(every, math.nan))
    return days.assign(**columns).assign(ad_cost=columns.get("ad_cost", math.nan))


def no_peers():
    return pd.DataFrame(columns=[column.name for column in schema.TABLES["peers"]])


# Funnel


def test_the_steps_multiply_to_the_payment_conversion():
    days = daily(visitors=1000.0, bounce_rate=0.55, cart_users=90.0, orderers=48.0, payers=42.0)
    found = funnel.funnel(days, WEEK, {}, [], worth=1.0)
    assert [step.name for step in found.steps] == ["stayed", "cart_users", "orderers", "payers"]
    assert math.prod(step.own.estimate for step in found.steps) == pytest.approx(0.042, abs=1e-12)
    assert found.steps[1].own.estimate == pytest.approx(90 / 450)


def test_the_weakest_step_is_priced_against_the_peers():
    days = daily(visitors=1000.0, cart_users=90.0, orderers=40.0, payers=36.0)
    peers = {"cart_users": Peer(0.09), "orderers": Peer(0.05), "payers": Peer(0.045)}
    found = funnel.funnel(days, WEEK, peers, [], worth=30.0)
    assert found.against == "peers"
    weakest = found.weakest
    assert weakest is not None
    assert weakest.name == "orderers"
    # own 40/90, peers 0.05/0.09: a quarter more buyers; 252 buyers of the week at ¥30 a month each
    assert weakest.gain == pytest.approx(0.25 * 252 * 30)
    assert weakest.gain_low == pytest.approx(weakest.gain / 2)
    # the whole funnel: 3.6 % against 4.5 %
    assert found.whole is not None
    assert found.whole.gain == pytest.approx(0.25 * 252 * 30)


def test_without_peers_the_own_best_weeks_are_the_reference():
    days = daily(70, visitors=1000.0, cart_users=90.0, orderers=45.0, payers=[40.0] * 35 + [50.0] * 28 + [30.0] * 7)
    clean = [WEEK.shifted(-7 * turn) for turn in range(1, 10)]
    found = funnel.funnel(days, WEEK, {}, clean, worth=1.0)
    assert found.against == "best_weeks"
    assert found.steps[-1].reference == pytest.approx(50 / 45)
    assert funnel.funnel(days, WEEK, {}, clean[:5], worth=1.0).against == ""


def test_a_stage_that_the_export_lacks_is_left_out_and_no_visitors_give_no_rate():
    found = funnel.funnel(daily(visitors=1000.0, payers=40.0), WEEK, {}, [], worth=1.0)
    assert [step.name for step in found.steps] == ["payers"]
    empty = funnel.funnel(daily(visitors=0.0, payers=0.0), WEEK, {}, [], worth=1.0)
    assert math.isnan(empty.steps[0].own.estimate)
    assert empty.weakest is None


def test_two_columns_only_bound_the_cart_or_favourite_rate():
    days = daily(visitors=[1000.0] * 27 + [100.0], cart_users=[80.0] * 27 + [90.0], favouriters=[50.0] * 27 + [20.0])
    # six days of 80 to 130, one of 90 to 100 (not 110: no more than the day's visitors)
    low, high = funnel.cart_or_favourite(days, WEEK)
    assert low == pytest.approx((6 * 80 + 90) / 6100)
    assert high == pytest.approx((6 * 130 + 100) / 6100)
    assert all(map(math.isnan, funnel.cart_or_favourite(daily(visitors=1000.0, cart_users=80.0), WEEK)))


def test_chat_and_silence_share_the_payers():
    days = daily(visitors=1000.0, payers=40.0)
    desk = pd.DataFrame(
        {"day": [day(turn) for turn in range(7)], "chatters": 100.0, "enquirers": 80.0, "enquiry_payers": 25.0}
    )
    found = funnel.chat(desk, days, WEEK)
    assert found is not None
    assert found.enquiry_rate.estimate == pytest.approx(0.1)
    assert found.enquiry_conversion.estimate == pytest.approx(0.25)
    assert found.silent_conversion.estimate == pytest.approx(15 / 900)
    assert funnel.chat(desk.head(6), days, WEEK) is None


def test_the_listing_funnel_of_1688_starts_at_the_shops_impressions():
    days = daily(visitors=1000.0, impressions=40_000.0)
    found = funnel.listing(None, days, None, WEEK)
    assert found is not None
    assert (found.way, found.click_rate) == ("shop", pytest.approx(1000 / 40_000))
    assert funnel.listing(None, daily(visitors=1000.0), None, WEEK) is None


# Peers


def test_a_peer_figure_expires_and_people_hold_for_their_own_length_only():
    typed = pd.DataFrame(
        [
            {"noted_on": day(0), "start_on": WEEK.start, "end_on": END, "metric": "访客数", "peer_mean": 38600.0,
             "peer_best": 71200.0},
            {"noted_on": day(70), "start_on": None, "end_on": None, "metric": "加购率", "peer_mean": 0.08,
             "peer_best": math.nan},
        ]
    )  # fmt: skip
    assert peer(typed, "访客数", end=END, days=7).mean == 38600
    assert not peer(typed, "访客数", end=END, days=28).known
    assert not peer(typed, "加购率", end=END, days=7).known
    assert not peer(no_peers(), "访客数", end=END, days=7).known


def test_tier_and_rank_are_those_of_the_newest_copy():
    typed = no_peers()
    assert standing(typed, END) is None
    lines = [{"noted_on": day(20), "tier": "第四层级", "rank": "300"}, {"noted_on": day(1), "tier": "第五层级"}]
    found = standing(pd.DataFrame(lines, columns=no_peers().columns), END)
    assert found is not None
    assert (found.tier, found.rank, found.noted_on) == ("第五层级", "", day(1))
    old = pd.DataFrame([{"noted_on": day(90), "tier": "第五层级"}], columns=no_peers().columns)
    assert standing(old, END) is None


# Plan


def test_a_months_goal_falls_on_its_days_as_sales_do():
    days = daily(30, paid_amount=[100.0] * 30, visitors=1000.0, payers=40.0)
    month = Period(dt.date(2026, 8, 1), dt.date(2026, 8, 31))
    band = pd.DataFrame({"day": [month.start + dt.timedelta(days=turn) for turn in range(31)]})
    band = band.assign(value=100.0, expected=[100.0] * 30 + [200.0], low=90.0, high=110.0)
    typed = pd.DataFrame([{column.name: None for column in schema.TABLES["targets"]}])
    typed = typed.assign(period="2026-08", paid_amount=3200.0, ad_cost_limit=10.0, visitors=math.nan)
    found = plan.plan(typed, days.assign(ad_cost=1.0), band, END, margin_rate=math.nan)
    assert found is not None
    goals = {goal.name: goal for goal in found.goals}
    assert goals["paid_amount"].due == pytest.approx(3200 * 3000 / 3200)
    assert goals["paid_amount"].state == "inside"
    assert goals["ad_cost_limit"].state == "over"
    assert found.expected == pytest.approx(3000 + 200)
    assert found.low < found.expected < found.high
    assert plan.plan(typed.assign(period="2026-07"), days, band, END, margin_rate=0.4) is None


# Last year, events


def test_last_year_is_aligned_by_the_festival_that_both_years_have():
    both = [
        Event("春节", Period(dt.date(2026, 2, 15), dt.date(2026, 2, 23)), "holiday"),
        Event("春节", Period(dt.date(2027, 2, 4), dt.date(2027, 2, 12)), "holiday"),
    ]
    period = Period(dt.date(2027, 2, 1), dt.date(2027, 2, 7))
    found, name = same_period_last_year(period, both)
    assert (found.start, name) == (dt.date(2026, 2, 12), "春节")
    assert same_period_last_year(WEEK, both) == (WEEK.shifted(-364), "")


def test_of_two_events_on_a_day_the_later_one_names_it():
    long = Event("618", Period(dt.date(2026, 6, 1), dt.date(2026, 6, 20)), "campaign", "预热")
    burst = Event("618", Period(dt.date(2026, 6, 15), dt.date(2026, 6, 18)), "campaign", "爆发")
    assert event_kind([long, burst], dt.date(2026, 6, 16)) == "campaign 爆发"
    assert event_kind([long, burst], dt.date(2026, 6, 25)) == ""


# New and old buyers


@functools.cache
def nobody():
    """Totals of a complete week in which nothing is known yet."""
    return overview.totals_of(daily(7), [WEEK])[WEEK]


money = st.floats(0.01, 1e6)
people = st.integers(1, 100_000)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(people, people, money, money), min_size=2, max_size=2))
def test_new_and_old_buyers_sum_to_the_change(sides):
    totals = [
        dataclasses.replace(
            nobody(), paid_amount=new_paid + old_paid, returning_paid_amount=old_paid, new_payer_days=float(new),
            returning_payer_days=float(old),
        )
        for new, old, new_paid, old_paid in sides
    ]  # fmt: skip
    kinds = overview.buyer_kinds(*totals)
    change = totals[0].paid_amount - totals[1].paid_amount
    size = max(totals[0].paid_amount, totals[1].paid_amount)
    assert sum(one.by_number + one.by_spend for one in kinds) == pytest.approx(change, abs=1e-9 * size)


# Change log


def log(**row):
    names = [column.name for column in schema.TABLES["changes"]]
    return pd.DataFrame([{**dict.fromkeys(names), "object": "店铺", "change": "详情", **row}])


def test_a_known_step_is_found_with_its_size_and_noise_is_not():
    weekdays = [turn % 7 for turn in range(28)]
    wave = [1.0, 1.02, 0.99, 1.01, 0.98, 1.3, 1.4]
    values = [100 * wave[kind] * (1.2 if turn >= 14 else 1.0) for turn, kind in enumerate(weekdays)]
    after = [turn >= 14 for turn in range(28)]
    step = known_step(values, after, weekdays)
    assert step.estimate == pytest.approx(0.2)
    assert known_step(values[:15], after[:15], weekdays[:15]).code == "too_few"


def test_a_change_that_worked_one_that_did_not_and_one_too_early():
    rates = [0.04] * 14 + [0.05] * 14
    payers = [1000 * rate + (turn % 3 - 1) for turn, rate in enumerate(rates)]
    days = daily(28, visitors=1000.0, payers=payers, paid_amount=[100.0 + turn % 3 for turn in range(28)])
    changed = log(day=day(14), metric="支付转化率", review_on=day(0))
    (found,) = outcomes(changed, days, None, [], END)
    assert found.state == "worked"
    assert found.effect.estimate == pytest.approx(0.25, abs=0.03)
    assert due([found], WEEK) == [found]
    (flat,) = outcomes(log(day=day(14), metric="支付金额", expected="+30%"), days, None, [], END)
    assert flat.state == "did_not"
    (early,) = outcomes(log(day=day(2), metric="支付转化率"), days, None, [], END)
    assert early.state == "early"


def test_what_cannot_be_told_says_why():
    days = daily(28, visitors=1000.0, payers=[40.0 + turn % 5 for turn in range(28)])
    campaign = [Event("聚划算", Period(day(15), day(13)), "campaign", "爆发")]
    unknown = log(day=day(14), metric="首响秒数")
    told = log(day=day(14), metric="支付转化率")
    crowded = pd.concat([told, log(day=day(12), change="价格", metric="客单价")], ignore_index=True)
    assert outcomes(unknown, days, None, [], END)[0].reason == "no_metric"
    assert outcomes(told, days, None, campaign, END)[0].reason == "campaign"
    assert {one.reason for one in outcomes(crowded, days, None, [], END)} >= {"crowded"}
    assert outcomes(log(day=day(14), metric="支付转化率").iloc[:0], days, None, [], END) == []


def test_less_is_better_where_less_is_good():
    assert judged(Estimate(-0.2, -0.3, -0.1), 0.05, is_good=False) == "worked"
    assert judged(Estimate(-0.2, -0.3, -0.1), 0.05, is_good=True) == "worse"
    assert judged(Estimate(0.01, -0.1, 0.1), 0.05, is_good=True) == "unclear"


def test_an_item_is_measured_against_all_other_items():
    names = [column.name for column in schema.TABLES["item_period"]]
    rows = []
    for week in range(6):
        end = day(7 * (5 - week))
        lifted = 1.5 if week >= 3 else 1.0  # everybody's week is 1.5 times as good; item a only that
        for item, base in (("a", 400), ("b", 3000)):
            rows.append({**dict.fromkeys(names), "start_on": end - dt.timedelta(days=6), "end_on": end, "item_id": item,
                         "search_visitors": round(base * lifted * (1 + 0.01 * (week % 2)))})  # fmt: skip
    numbers = dict.fromkeys(("item_visitors", "payers", "paid_amount", "orderers", "cart_users"), 1.0)
    table = ibis.memtable(
        pd.DataFrame(rows).assign(**numbers)[["start_on", "end_on", "item_id", "search_visitors", *numbers]]
    )
    changed = log(day=day(21), object="商品", item_id="a", change="标题", metric="搜索引导访客数", expected="+20%")
    (found,) = outcomes(changed, daily(), table, [], END)
    assert found.effect.estimate == pytest.approx(0.0, abs=0.01)
    assert found.state == "did_not"


# Items


def change(item_id, visitors, payers, carts, paid, **more):
    return items.ItemChange(
        item_id=item_id, title=item_id, visitors=visitors, visitors_base=visitors, payers=payers, payers_base=payers,
        orderers=payers, orderers_base=payers, paid_amount=paid, paid_amount_base=paid, refunded_amount=0.0,
        refunded_amount_base=0.0, cart_users=carts, search_visitors=0.0, conversion=Estimate(0.0, -0.01, 0.01), **more,
    )  # fmt: skip


def test_quadrants_are_named_only_as_surely_as_the_counts_allow():
    moved = [
        change("hero", 9000, 540, 1100, 50_000), change("weak", 9000, 180, 500, 9_000),
        change("tiny", 120, 5, 11, 300), change("dust", 40, 1, 2, 70),
    ]  # fmt: skip
    found = items.quadrants(moved, pd.DataFrame())
    assert found is not None
    placed = {one.item_id: one for one in found.items}
    assert found.way == "cart"
    assert placed["hero"].name == "promote"
    assert placed["weak"].name == "replace"
    assert placed["hero"].probability > 0.99
    assert placed["tiny"].probability < 0.7
    assert "dust" not in placed
    paid = pd.DataFrame({"item_id": ["hero", "weak"], "impressions": [10_000, 10_000], "clicks": [600, 200]})
    assert items.quadrants(moved, paid).way == "click"


def test_the_hero_and_the_unsold_are_counted():
    found = items.goods_range([change("a", 100, 5, 9, 600), change("b", 100, 2, 9, 300), change("c", 50, 0, 1, 0)])
    assert found is not None
    assert (found.top_item, found.sold, found.shown) == ("a", 2, 3)
    assert found.top_share == pytest.approx(2 / 3)
    assert items.goods_range([change("c", 50, 0, 1, 0)]) is None


# Service


def test_scores_are_read_together():
    def read(**after):
        levels = {"description_score": 4.80, "logistics_score": 4.80, "service_score": 4.80}
        days = daily(14, **{name: [value] * 7 + [after.get(name, value)] * 7 for name, value in levels.items()})
        return scores(days, WEEK, WEEK.before()).reading

    assert read() == "level"
    assert read(logistics_score=4.77) == "lone"
    assert read(logistics_score=4.77, service_score=4.76) == "common"
    assert read(service_score=4.83) == "better"
    assert scores(daily(14), WEEK, WEEK.before()) is None


def test_negative_reviews_are_a_share_of_parcels():
    found = service(daily(7, negative_reviews=3.0, parcels_signed=240.0, pay_to_sign_seconds=259_200.0), WEEK)
    assert found.negative_rate.estimate == pytest.approx(21 / 1680)
    assert found.sign_days == pytest.approx(3.0)
    assert math.isnan(service(daily(7), WEEK).negative_rate.estimate)


# Earlier findings


def test_an_earlier_finding_is_looked_at_again():
    from shopnb.findings import Finding

    earlier = [
        Finding("item_conversion_fell", "FN13", 0.95, "operator", amount=-1.0, low=-2.0, high=0.0,
                values={"item": "杯", "item_id": "a", "rate": 0.04, "rate_base": 0.05}),
        Finding("ad_below_break_even", "AD5", 0.9, "ads", amount=-1.0, low=-2.0, high=0.0,
                values={"scene": "人群", "returns": 1.1, "break_even": 2.6}),
    ]  # fmt: skip
    back = change("a", 9000, 450, 900, 20_000)
    better = dataclasses.replace(back, conversion=Estimate(0.01, 0.004, 0.016))
    scene = overview.AdScene("人群", 1000.0, 900.0, 3000.0, 40.0)
    assert [one.state for one in recheck(earlier, [better], [scene], day(7))] == ["worked", "worked"]
    level = dataclasses.replace(back, conversion=Estimate(0.0, -0.003, 0.003))
    assert [one.state for one in recheck(earlier, [level], [], day(7))] == ["did_not"]
