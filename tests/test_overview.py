"""The overview's numbers, from days written by hand."""

import datetime as dt
import math

import ibis
import pandas as pd
import pytest

from shopnb import schema
from shopnb.findings import Finding, rank
from shopnb.findings.overview import Basis, find_items, find_overview
from shopnb.metrics import items, overview
from shopnb.metrics.periods import Event, Period, normal_bases, resolve

MONDAY = dt.date(2026, 8, 3)


def shop_days(rows):
    """A `shop_daily` table: columns not named stay empty, as in an export of few chosen metrics."""
    table = schema.TABLES["shop_daily"]
    frame = pd.DataFrame(rows)
    whole = frame.reindex(columns=table.arrow_schema.names)
    return ibis.memtable(table.arrow_schema.empty_table().from_pandas(whole, schema=table.arrow_schema))


def week(start, *, visitors, payers, spend, **more):
    return [
        {
            "day": start + dt.timedelta(days=turn),
            "visitors": visitors,
            "orderers": payers,
            "payers": payers,
            "paid_amount": payers * spend,
            **more,
        }
        for turn in range(7)
    ]


def days_of(*weeks):
    return overview.daily(shop_days([row for one in weeks for row in one]))


def test_daily_sums_the_ad_columns_that_are_there():
    days = days_of(week(MONDAY, visitors=1000, payers=40, spend=50.0, ad_cost_keyword=30.0, ad_cost_audience=20.0))
    assert days["ad_cost"].tolist() == [50.0] * 7
    assert days["refunded_amount"].isna().all()


def totals(days, period, *, margin_rate=math.nan):
    return overview.totals_of(days, [period])[period].at(margin_rate)


def test_totals_of_a_week_by_hand():
    days = days_of(
        week(
            MONDAY,
            visitors=1000,
            payers=40,
            spend=50.0,
            ad_cost_keyword=30.0,
            affiliate_commission=5.0,
            refunded_amount=100.0,
        )
    )
    now = totals(days, Period(MONDAY, MONDAY + dt.timedelta(days=6)), margin_rate=0.4)
    assert (now.paid_amount, now.visitor_days, now.payer_days) == (14_000.0, 7_000.0, 280.0)
    assert now.payment_conversion == pytest.approx(0.04)
    assert now.spend_per_buyer == pytest.approx(50.0)
    assert now.ad_cost == pytest.approx(7 * 35)
    assert now.margin == pytest.approx((14_000 - 700) * 0.4 - 245)
    assert now.refund_share == pytest.approx(0.05)
    assert now.complete


def test_a_missing_day_is_named_and_stops_the_split():
    whole = week(MONDAY, visitors=1000, payers=40, spend=50.0) + week(
        MONDAY + dt.timedelta(days=7), visitors=900, payers=30, spend=55.0
    )
    days = overview.daily(shop_days([row for row in whole if row["day"] != MONDAY + dt.timedelta(days=9)]))
    before = totals(days, Period(MONDAY, MONDAY + dt.timedelta(days=6)))
    now = totals(days, Period(MONDAY + dt.timedelta(days=7), MONDAY + dt.timedelta(days=13)))
    assert now.missing_days == (MONDAY + dt.timedelta(days=9),)
    assert all(math.isnan(part) for part in overview.sales_split(now, before).values())


def test_the_split_of_the_worked_example_sums_exactly():
    # one day each: 12,000 × 3.4 % × 92 -> 15,000 × 2.7 % × 97; the Shapley values are published vectors
    days = days_of(
        [{"day": MONDAY, "visitors": 12_000, "payers": 408, "paid_amount": 408 * 92.0}],
        [{"day": MONDAY + dt.timedelta(days=1), "visitors": 15_000, "payers": 405, "paid_amount": 405 * 97.0}],
    )
    sides = [totals(days, Period(day, day)) for day in days["day"]]
    split = overview.sales_split(sides[1], sides[0])
    assert [round(split[part]) for part in overview.SPLIT_PARTS] == [8638, -8939, 2050]
    assert sum(split.values()) == pytest.approx(405 * 97 - 408 * 92, abs=1e-9)


def test_periods_of_each_grain():
    last = dt.date(2026, 8, 30)
    spans = {
        grain: resolve(last, start=None, end=None, grain=grain) for grain in ("day", "week", "four_weeks", "month")
    }
    assert {grain: (span.start.day, span.start.month, span.days) for grain, span in spans.items()} == {
        "day": (30, 8, 1),
        "week": (24, 8, 7),
        "four_weeks": (3, 8, 28),
        "month": (1, 8, 30),
    }
    assert resolve(last, start=dt.date(2026, 8, 10), end=None, grain="week").days == 21


def test_normal_bases_leave_out_weeks_with_an_event_and_keep_weekdays():
    now = Period(dt.date(2026, 8, 24), dt.date(2026, 8, 30))
    qixi = Event("Qixi", Period(dt.date(2026, 8, 19), dt.date(2026, 8, 19)), "holiday")
    found = normal_bases(now, [qixi], dt.date(2026, 7, 27), wanted=8)
    assert [base.start for base in found] == [dt.date(2026, 8, 10), dt.date(2026, 8, 3), dt.date(2026, 7, 27)]
    assert all(base.start.weekday() == now.start.weekday() for base in found)


def quiet_weeks(count, *, wobble=(0, 12, -9, 5, -14, 8, 3, -6)):
    return [
        week(
            MONDAY - dt.timedelta(days=7 * (count - turn)),
            visitors=6000 + 20 * wobble[turn % 8],
            payers=258 + wobble[turn % 8],
            spend=68.0,
        )
        for turn in range(count)
    ]


def situation(last_week, *, margin_rate=math.nan, weeks=8):
    days = days_of(*quiet_weeks(weeks), last_week)
    now = totals(days, Period(MONDAY, MONDAY + dt.timedelta(days=6)), margin_rate=margin_rate)
    periods = normal_bases(now.period, [], days["day"].iloc[0], wanted=8)
    bases = [one.at(margin_rate) for one in overview.totals_of(days, periods).values()]
    return now, bases, overview.signals(now, bases)


def found_codes(last_week, **settings):
    now, bases, watched = situation(last_week, **settings)
    basis = Basis.of(settings.get("margin_rate", math.nan), 0.0)
    return [one.code for one in find_overview(now, bases, watched, [], basis=basis, short_names={})]


def test_an_ordinary_week_finds_nothing():
    assert found_codes(week(MONDAY, visitors=6050, payers=260, spend=68.0)) == []


def test_a_fall_of_conversion_by_a_fifth_is_found_with_its_money():
    now, bases, watched = situation(week(MONDAY, visitors=6000, payers=206, spend=68.0))
    (found,) = find_overview(now, bases, watched, [], basis=Basis("payment", 1.0), short_names={})
    assert found.code == "conversion_fell"
    # about 52 buyers a day fewer at 68 each, over 30 days
    assert found.amount == pytest.approx(-(258 - 206) * 68 * 30, rel=0.02)
    assert found.low <= found.amount <= found.high < 0
    assert found.confidence > 0.99


def test_more_visitors_who_buy_less_often_are_no_loss():
    codes = found_codes(week(MONDAY, visitors=8400, payers=262, spend=68.0))
    assert "more_visitors_lower_conversion" in codes
    assert "conversion_fell" not in codes


def test_with_two_normal_weeks_nothing_is_claimed():
    assert found_codes(week(MONDAY, visitors=6000, payers=150, spend=68.0), weeks=2) == []


def test_items_count_people_the_same_way_on_both_sides():
    table = schema.TABLES["item_period"]
    now, base = Period(dt.date(2026, 8, 24), dt.date(2026, 8, 30)), Period(dt.date(2026, 8, 17), dt.date(2026, 8, 23))
    rows = [
        {
            "start_on": now.start,
            "end_on": now.end,
            "item_id": "1",
            "item_title": "杯",
            "item_visitors": 700,
            "payers": 30,
        },
        *(
            {
                "start_on": base.shifted(turn).start,
                "end_on": base.shifted(turn).start,
                "item_id": "1",
                "item_title": "杯",
                "item_visitors": 120,
                "payers": 6,
            }
            for turn in range(7)
        ),
    ]
    frame = pd.DataFrame(rows).reindex(columns=table.arrow_schema.names)
    stored = ibis.memtable(table.arrow_schema.empty_table().from_pandas(frame, schema=table.arrow_schema))
    assert items.item_pair(items.item_rows(stored, [now, base]), now, [base]) is None


def item_pair_of(now_counts, base_counts, *, bases=1):
    rows = [
        {
            "item_id": str(number),
            "item_title": f"杯子{number}",
            "item_visitors": visitors,
            "orderers": payers,
            "payers": payers,
            "paid_amount": payers * 62.0,
            "refunded_amount": 0.0,
            "cart_users": 0.0,
            "search_visitors": 0.0,
            "which": which,
        }
        for which, counts in (("now", now_counts), ("base", base_counts))
        for number, (visitors, payers) in enumerate(counts)
    ]
    span = Period(dt.date(2026, 8, 17), dt.date(2026, 8, 23))
    return items.ItemPair(pd.DataFrame(rows), (span,) * bases, "period")


def test_one_item_of_many_really_fell_and_the_others_did_not():
    ordinary = [(2000, 80), (1500, 66), (900, 30), (400, 12)]
    pair = item_pair_of([(9310, 409), *ordinary], [(37240, 2087), *((4 * v, 4 * p) for v, p in ordinary)], bases=4)
    changes = items.item_changes(pair, now_days=7)
    assert [item.item_id for item in changes if item.real] == ["0"]
    fallen = next(item for item in changes if item.item_id == "0")
    assert fallen.conversion.estimate == pytest.approx(409 / 9310 - 2087 / 37240)
    days = days_of(week(dt.date(2026, 8, 24), visitors=6000, payers=250, spend=62.0))
    now = totals(days, Period(dt.date(2026, 8, 24), dt.date(2026, 8, 30)), margin_rate=0.42)
    (found,) = find_items(changes, now, basis=Basis.of(0.42, 0.085), short_names={"0": "316大容量"})
    # pages.md: 9,310 visitors × (5.604 % − 4.393 %) × ¥62 ÷ 7 × 30 × 42 % × (1 − 8.5 %) = 11.5k
    assert found.amount == pytest.approx(-11_500, rel=0.01)
    assert found.basis == "margin"


def test_of_the_marked_items_few_are_false_and_holm_would_miss_some():
    base = [(20_000, 1000)] * 8
    moved = [(20_000, 855), (20_000, 867), (20_000, 869), *[(20_000, 1000)] * 5]
    changes = sorted(items.item_changes(item_pair_of(moved, base), now_days=7), key=lambda item: item.item_id)
    p_values = sorted(item.conversion.p_value for item in changes)
    # the second passes 1 % × 2 ÷ 8 = 0.0025 of the step-up, not 1 % ÷ 7 = 0.0014 of Holm's step-down
    assert 0.01 / 7 < p_values[1] < 0.0025
    assert p_values[2] < 0.01 * 3 / 8 < p_values[3]
    assert [item.item_id for item in changes if item.real] == ["0", "1", "2"]


def test_ranking_puts_same_causes_behind_their_lead_and_the_unsure_last():
    def one(code, amount, confidence=0.95, cause=None):
        return Finding(
            code=code,
            domain="FN7",
            confidence=confidence,
            owner="operator",
            amount=amount,
            low=amount,
            high=amount,
            same_cause_as=cause,
        )

    given = [one("small", -10), one("unsure", -900, 0.5), one("large", 500), one("follows", -400, cause="large")]
    assert [finding.code for finding in rank(given)] == ["large", "follows", "small", "unsure"]


def test_a_finding_without_money_must_say_why():
    with pytest.raises(ValueError, match="no_amount"):
        Finding(code="x", domain="FN7", confidence=0.9, owner="operator")
