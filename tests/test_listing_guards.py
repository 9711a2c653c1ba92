"""What is read beside the difference of two versions: refunds, devices, value, free search, controls from outside."""

from __future__ import annotations

import datetime as dt
import math

import ibis
import pandas as pd
import pytest

from shopnb.metrics.listing_brakes import after_click, braked, is_confounded
from shopnb.metrics.listing_changes import ChangeState, judge_changes
from shopnb.metrics.listing_controls import outside_series
from shopnb.metrics.listing_disturbed import Disturbed
from shopnb.metrics.listing_effects import devices_of
from shopnb.metrics.listing_log import turn_share
from shopnb.metrics.listing_money import CARRIES_OVER, Natural, free_search, natural_of, value_gap
from shopnb.metrics.listing_states import Arm, Comparison, Design, State
from shopnb.metrics.listing_tests import COUNTS, Counts, ListingTest, counts_of
from shopnb.metrics.listing_users import is_refund
from shopnb.schema import TABLES
from shopnb.stats import Estimate

TEST = ListingTest("T", "ab_daily", 2, 0.0, key=("T",))
CURRENT = Estimate(math.nan, code="current")
FIRST = dt.date(2026, 6, 29)


def stored(rows):
    """Rows of ab_daily as a shop has them; columns that are not given are missing."""
    names = TABLES["ab_daily"].arrow_schema.names
    frame = pd.DataFrame(rows).assign(test="T", rotation="轮播").reindex(columns=names)
    return ibis.memtable(frame, schema=ibis.Schema.from_pyarrow(TABLES["ab_daily"].arrow_schema))


def daily(rows):
    """Counts of (day number, variant, {column: value})."""
    frame = pd.DataFrame([{"variant": name, **given} for _, name, given in rows]).reindex(columns=["variant", *COUNTS])
    frame[list(COUNTS)] = frame[list(COUNTS)].astype(float)
    return Counts(TEST, frame.assign(day=[FIRST + dt.timedelta(days=turn) for turn, _, _ in rows]))


def compared(gap, *, design=Design.EQUAL, state=State.SWITCH, metric="click_rate"):
    rate = Estimate(0.03, 0.029, 0.031)
    arms = (Arm("A", 1e5, 3000, 9, 0.5, rate, CURRENT), Arm("B", 1e5, 3500, 9, 0.5, rate, gap))
    return Comparison(metric, design, state, arms, days=9, zone=0.0015)


BETTER = Estimate(0.005, 0.003, 0.007)


@pytest.mark.parametrize(
    ("refunds", "state"),
    [
        (Estimate(0.05, 0.01, 0.09), State.BRAKE),
        (Estimate(0.05, -0.01, 0.11), State.SWITCH),
        (Estimate(-0.05, -0.09, -0.01), State.SWITCH),
        (Estimate(math.nan, code="too_few"), State.SWITCH),
    ],
)
def test_a_switch_is_held_back_only_where_refunds_rise_beyond_chance(refunds, state):
    made = braked(compared(BETTER), None, {"refund_rate": refunds})
    assert made.state is state
    assert made.brake == ("refund_rate" if state is State.BRAKE else "")
    conversion = compared(BETTER, metric="payment_conversion")
    assert braked(conversion, None, {"refund_rate": refunds}).state is state


def test_refunds_are_compared_from_thirty_buyers_of_each_and_five_refunds_on():
    rows = [
        (turn, name, {"impressions": 1000, "clicks": 300, "payers": 10, "refunds": 4 * (name == "B")})
        for turn in range(4)
        for name in "AB"
    ]
    assert after_click(daily(rows), "refund_rate", "A", "B").low > 0
    assert after_click(daily(rows[:4]), "refund_rate", "A", "B").code == "too_few"
    none = [(turn, name, given | {"refunds": None}) for turn, name, given in rows]
    assert after_click(daily(none), "refund_rate", "A", "B").code == "missing_column"


@pytest.mark.parametrize(
    ("name", "told"), [("退款", True), ("refunded", True), ("retention_7", False), ("加购", False)]
)
def test_outcomes_that_count_refunds_are_known_by_name(name, told):
    assert is_refund(name) is told


def test_devices_add_up_unless_a_row_of_all_devices_is_there():
    base = {"variant": "A", "impressions": 100, "clicks": 5}
    rows = [
        {"day": FIRST, "device": "手机", **base},
        {"day": FIRST, "device": "电脑", **base, "impressions": 40},
        {"day": FIRST + dt.timedelta(days=1), "device": "手机", **base},
        {"day": FIRST + dt.timedelta(days=1), "device": "全部", **base, "impressions": 130},
    ]
    found = counts_of(stored(rows), TEST)
    assert found.daily["impressions"].tolist() == [140, 130]
    assert found.devices["device"].tolist() == ["手机", "电脑", "手机"]


def test_a_version_that_wins_on_phones_and_loses_on_computers_is_told_apart():
    rows = []
    for turn in range(10):
        for name in "AB":
            for device, shown, lift in (("手机", 9000, 0.01), ("电脑", 5000, -0.01)):
                wave = 1 + 0.02 * ((turn * 7) % 5 - 2)
                clicks = round(shown * (0.04 + lift * (name == "B")) * wave)
                day = FIRST + dt.timedelta(days=turn)
                rows.append({"day": day, "variant": name, "device": device, "impressions": shown, "clicks": clicks})
    found = devices_of(counts_of(stored(rows), TEST), "click_rate", "A", "B")
    assert [one.device for one in found.gaps] == ["手机", "电脑"]
    assert [one.difference.estimate for one in found.gaps] == pytest.approx([0.01, -0.01], abs=3e-4)
    assert found.turned
    assert found.p_value < 1e-6
    alone = counts_of(stored([row for row in rows if row["device"] == "手机"]), TEST)
    assert devices_of(alone, "click_rate", "A", "B").gaps == ()


def test_free_search_is_half_of_the_lift_on_what_natural_exposure_paid_less_goods():
    natural = Natural(200_000, 30_000, "search_words")
    found = free_search(natural, compared(BETTER), 0.4)
    assert found.estimate == pytest.approx(30_000 * 0.4 * CARRIES_OVER * 0.005 / 0.03)
    assert (found.low, found.high) == pytest.approx((found.estimate * 3 / 5, found.estimate * 7 / 5))
    assert free_search(None, compared(BETTER), 0.4).code == "no_natural_exposure"
    assert free_search(natural, compared(BETTER), math.nan).code == "no_margin"
    assert free_search(natural, compared(BETTER, metric="cart_rate"), 0.4).code == "not_click_rate"


def test_natural_exposure_is_of_the_tested_item_in_its_newest_period():
    names = TABLES["traffic_detail"].arrow_schema.names

    def word(item, first, last, shown, paid, level="item_word"):
        return {
            "level": level,
            "item_id": item,
            "start_on": first,
            "end_on": last,
            "impressions": shown,
            "paid_amount": paid,
        }

    days = [FIRST + dt.timedelta(days=turn) for turn in range(15)]
    rows = [
        word("1", days[0], days[6], 900, 90), word("1", days[7], days[13], 700, 70.0),
        word("1", days[7], days[13], 0, 5),
        word("2", days[7], days[13], 5000, 500), word("1", days[7], days[13], 9000, 900, "shop_word"),
    ]  # fmt: skip
    table = ibis.memtable(
        pd.DataFrame(rows).reindex(columns=names),
        schema=ibis.Schema.from_pyarrow(TABLES["traffic_detail"].arrow_schema),
    )
    found = natural_of(table, None, ["1"], days[14])
    assert (found.impressions, found.paid_amount) == pytest.approx((700 * 30 / 7, 70 * 30 / 7))
    assert natural_of(table, None, ["3"], days[14]) is None
    assert natural_of(table, None, ["1"], days[14] + dt.timedelta(days=60)) is None
    assert natural_of(None, None, ["1"], days[14]) is None


def test_value_of_impressions_is_compared_within_days():
    """B pays 1 more per 1,000 impressions after goods, whatever the day; shown most on the rich day, as 优选 does."""
    rows = []
    for turn, (worth, shown_b) in enumerate([(10.0, 1000), (20.0, 9000), (12.0, 2000)]):
        for name, shown, more in (("A", 10_000 - shown_b, 0.0), ("B", shown_b, 2.0)):
            spend = shown * 0.003
            sold = (worth + more) * shown / 1000 * 2
            rows.append((turn, name, {"impressions": shown, "clicks": 1, "cost": spend, "deal_amount": sold}))
    assert value_gap(daily(rows), "A", "B", margin_rate=0.5).estimate == pytest.approx(2.0)
    assert value_gap(daily(rows[:4]), "A", "B", margin_rate=0.5).code == "too_few"
    assert value_gap(daily([(0, "A", {"impressions": 5})]), "A", "B", margin_rate=0.5).code == "missing_column"


def test_turns_are_judged_without_the_days_of_a_campaign_but_not_over_a_change_of_price():
    made = compared(BETTER, design=Design.SWITCHBACK)
    campaign = Disturbed(shared=((FIRST, "店庆"),), days=frozenset({FIRST}))
    assert not is_confounded(made, campaign, compared(BETTER, design=Design.SWITCHBACK))
    assert is_confounded(made, campaign, None)
    price = Disturbed(shared=((FIRST, "价格"),))
    assert is_confounded(made, price, made)
    assert is_confounded(made, Disturbed(own=((FIRST, "店庆"),)), made)


def test_a_share_of_turned_readings_is_told_from_three_tests_on_and_shrunk():
    assert turn_share(2, 2).code == "too_few"
    found = turn_share(3, 3)
    assert found.estimate == pytest.approx(4 / 5)
    assert found.low < found.estimate < found.high == 1


def units(weeks, lift):
    """One item, by week; its cart rate rises from 8 % by `lift` in the second half, and everybody's by a tenth."""
    rows = []
    for turn in range(weeks):
        after = turn >= weeks // 2
        rate = 0.08 * (1.1 if after else 1) * (1 + 0.01 * (turn % 3 - 1)) + (lift if after else 0)
        start = FIRST + dt.timedelta(days=7 * turn)
        rows.append({"start": start, "item_visitors": 20_000.0, "cart_users": round(20_000 * rate), "payers": 800.0})
    columns = ["impressions", "clicks", "search_visitors", "search_payers", "refunded"]
    frame = pd.DataFrame(rows).assign(item_id="1", length=7, paid_amount=5e4)
    return frame.assign(**dict.fromkeys(columns, math.nan))


def test_the_peers_are_the_control_of_a_shop_with_one_item():
    weeks = 8
    day = FIRST + dt.timedelta(days=7 * weeks // 2)
    log = pd.DataFrame([(day, "商品", "1", "详情")], columns=["day", "object", "item_id", "change"])
    start = [FIRST + dt.timedelta(days=7 * turn) for turn in range(weeks)]
    peers = pd.DataFrame(
        {
            "metric": "加购率", "start_on": start, "end_on": [one + dt.timedelta(days=6) for one in start],
            "noted_on": start, "peer_mean": [0.07 * (1.1 if turn >= weeks // 2 else 1) for turn in range(weeks)],
        }
    )  # fmt: skip
    given = {"events": [], "categories": {}, "last_day": FIRST + dt.timedelta(days=70)}
    (alone,) = judge_changes(log, units(weeks, 0.0), outside=outside_series(peers.head(0), None), **given)
    assert (alone.state, alone.control) == (ChangeState.NO_CONTROL, "")
    (net,) = judge_changes(log, units(weeks, 0.0), outside=outside_series(peers, None), **given)
    assert net.control == "peers"
    assert net.effect.estimate == pytest.approx(0.008 - 0.007, abs=5e-4)  # both rose by a tenth of their own level
    (lifted,) = judge_changes(log, units(weeks, 0.02), outside=outside_series(peers, None), **given)
    assert lifted.effect.estimate == pytest.approx(0.021, abs=5e-4)
    assert lifted.state is ChangeState.WORKED


def test_the_category_index_stands_for_visitors_from_search_only():
    names = TABLES["market_index"].arrow_schema.names
    rows = [
        {"level": "category", "category": name, "start_on": FIRST, "end_on": FIRST, "traffic_index_low": index,
         "traffic_index_high": index}
        for name, index in (("保温杯", 1000.0), ("保温杯", 1100.0))
    ]  # fmt: skip
    rows[1]["start_on"] = rows[1]["end_on"] = FIRST + dt.timedelta(days=1)
    market = ibis.memtable(
        pd.DataFrame(rows).reindex(columns=names), schema=ibis.Schema.from_pyarrow(TABLES["market_index"].arrow_schema)
    )
    found = outside_series(pd.DataFrame(), market)
    assert found["metric"].unique().tolist() == ["search_visitors"]
    assert found["value"].tolist() == pytest.approx([math.log(1000), math.log(1100)])
