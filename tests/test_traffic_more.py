"""Words, lift, moves, levels, regions: by hand, with nothing found in noise and reasons where nothing can be told."""

import datetime as dt
import math

import ibis
import numpy as np
import pandas as pd
import pytest

from shopnb import schema
from shopnb.metrics import lift, moving, source_tree, source_worth, words
from shopnb.metrics.periods import Period

END = dt.date(2026, 8, 30)
WEEK = Period(dt.date(2026, 8, 24), END)


def table_of(name, rows):
    """An Ibis table of a canonical schema with the columns given; all others are null."""
    import pyarrow as pa

    return ibis.memtable(pa.Table.from_pylist(rows, schema=schema.TABLES[name].arrow_schema))


def worded(counts, **more):
    return table_of(
        "traffic_detail",
        [
            {"start_on": WEEK.start, "end_on": END, "level": "shop_word", "word": word, "visitors": visitors,
             "payers": payers, **more}
            for word, visitors, payers in counts
        ],
    )  # fmt: skip


def test_silent_words_are_held_against_chance():
    found = words.entry_words(worded([("a", 1000, 40), ("b", 20, 0), ("c", 20, 1), ("d", 30, 0)]), WEEK)
    mean = 41 / 1070
    assert found.silent == 2
    expected = (1 - mean) ** 1000 + 2 * (1 - mean) ** 20 + (1 - mean) ** 30
    assert found.silent_expected == pytest.approx(expected)
    assert not found.too_many_silent
    assert set(found.frame["verdict"]) == {"again"}


def test_a_word_that_never_sells_is_told_to_change_and_one_under_fifty_visitors_is_not():
    found = words.entry_words(worded([("good", 2000, 120), ("bad", 600, 1), ("small", 49, 0)]), WEEK)
    verdict = dict(zip(found.frame["word"], found.frame["verdict"], strict=True))
    assert verdict == {"good": "keep", "bad": "change", "small": "again"}


def test_words_of_another_month_or_without_buyers_are_no_words():
    assert words.entry_words(worded([("a", 100, 4)]), Period(dt.date(2026, 9, 7), dt.date(2026, 9, 13))) is None
    assert words.entry_words(worded([("a", 100, 0)]), WEEK) is None
    assert words.entry_words(worded([("a", 100, None)], payment_conversion=0.04), WEEK).frame["payers"].tolist() == [4]


def advertised(clicks, first=dt.date(2026, 5, 1)):
    rows = [
        {"day": first + dt.timedelta(days=turn), "level": "scene", "scene": "关键词推广", "clicks": int(count)}
        for turn, count in enumerate(clicks)
    ]
    return table_of("ad_daily", rows)


def visited(visitors, first=dt.date(2026, 5, 1)):
    return pd.DataFrame(
        {"day": [first + dt.timedelta(days=turn) for turn in range(len(visitors))], "visitors": visitors}
    )


def test_paid_clicks_that_bring_half_a_free_visitor_each_are_measured():
    clicks = np.array(([500] * 14 + [900] * 14) * 4)
    recent = pd.Series(clicks).rolling(8, min_periods=1).mean().to_numpy()
    noise = np.random.default_rng(4).normal(0, 20, len(clicks))
    found = lift.paid_lift(advertised(clicks), visited(clicks + 4000 + 0.5 * recent + noise), [])
    assert found.code == ""
    assert found.effect.low < 0.5 < found.effect.high
    assert found.effect.low > 0
    alone = lift.paid_lift(advertised(clicks), visited(clicks + 4000 + noise), [])
    assert alone.effect.low < 0 < alone.effect.high


def test_lift_says_why_it_cannot_be_told():
    assert lift.paid_lift(None, visited([5000.0] * 90), []).code == "no_clicks"
    steady = [500] * 90
    assert lift.paid_lift(advertised(steady), visited([5000.0] * 90), []).code == "no_changes"
    assert lift.paid_lift(advertised(steady[:40]), visited([5000.0] * 40), []).code == "too_few_days"


def priced(*rows):
    names = ["label", "group", "visitors", "buyers", "paid_amount", "cost"]
    frame = pd.DataFrame(rows, columns=names).assign(source=lambda one: one["label"], name=lambda one: one["label"])
    frame = frame.assign(enough=True, enough_before=True)
    return source_worth.per_visitor(frame, source_worth.Worth(0.42, 0.085))


def test_a_move_is_a_range_and_added_visitors_are_worth_half_to_all():
    sources = priced(("crowd", "paid", 6000, 90, 6000.0, 7000.0), ("search", "paid", 5000, 250, 17000.0, 5000.0),
                     ("cart", "own", 3000, 340, 23000.0, 0.0))  # fmt: skip
    assert moving.proposed(sources) == ("crowd", "search")
    found = moving.move(sources, "crowd", "search", 1000.0, kept=0.42 * 0.915)
    assert found.buyers.estimate == pytest.approx(1000 * (0.75 * 0.05 - 0.015))
    assert found.buyers.low < 1000 * (0.5 * 0.05 - 0.015)
    assert found.buyers.high > 1000 * (0.05 - 0.015)
    spent = 1000 * (7000 / 6000 - 5000 / 5000)
    won = 1000 * (0.75 * 0.05 * 68 - 0.015 * 6000 / 90) * 0.42 * 0.915
    assert found.margin.estimate == pytest.approx(won + spent)
    assert moving.move(sources, "crowd", "nowhere", 1000.0, kept=0.4) is None
    assert moving.proposed(sources[sources["group"] == "own"]) is None
    assert math.isnan(moving.move(sources, "crowd", "search", 1000.0, kept=math.nan).margin.estimate)


def leaves(rows):
    names = ["source_1", "source_2", "source_3", "visitors", "buyers", "visitors_before", "buyers_before"]
    return pd.DataFrame(rows, columns=names)


def test_every_level_splits_the_same_change_and_simpson_shows_at_one():
    wide = leaves([
        ("站内", "搜索", "", 2000, 120, 6000, 342), ("站内", "推荐", "", 8000, 168, 4000, 80),
        ("广告", "直通车", "", 3000, 90, 3000, 90),
    ])  # fmt: skip
    splits = source_tree.level_splits(wide)
    assert [one.depth for one in splits] == [1, 2]
    changes = [one.split.change.estimate for one in splits]
    assert changes[0] == pytest.approx(changes[1], abs=1e-12)
    assert changes[0] == pytest.approx(378 / 13000 - 512 / 13000)
    for one in splits:
        assert one.split.mix.estimate + one.split.rate.estimate == pytest.approx(changes[0], abs=1e-12)
    # on the first level 站内 became worse; a level below both its sources became better, only more came to the poorer
    assert splits[0].split.rate.estimate < 0 < splits[1].split.rate.estimate


def test_items_by_source_use_items_that_have_both_periods():
    def row(start, item, source, visitors, payers):
        return {"start_on": start, "end_on": start + dt.timedelta(days=6), "rule": "", "level": "item_source",
                "item_id": item, "source_1": source, "visitors": visitors, "payers": payers}  # fmt: skip

    before = WEEK.before()
    rows = [
        row(before.start, "1", "搜索", 1000, 50), row(before.start, "1", "推荐", 500, 10),
        row(WEEK.start, "1", "搜索", 800, 32), row(WEEK.start, "1", "推荐", 900, 18),
        row(WEEK.start, "2", "搜索", 700, 7),
    ]  # fmt: skip
    split, cells = source_tree.item_source_split(table_of("traffic_detail", rows), WEEK, before)
    assert split.parts == 2
    assert set(cells["item_id"]) == {"1"}
    assert split.split.change.estimate == pytest.approx(50 / 1700 - 60 / 1500)
    assert split.split.mix.estimate + split.split.rate.estimate == pytest.approx(split.split.change.estimate, abs=1e-12)
    assert source_tree.item_source_split(table_of("traffic_detail", rows[4:]), WEEK, before) is None


def test_regions_have_their_return_with_a_range():
    rows = [
        {"day": END, "level": "region", "region": name, "cost": cost, "clicks": 10, "deal_amount": paid,
         "deal_orders": orders}
        for name, cost, paid, orders in (("浙江", 500.0, 1500.0, 20), ("广东", 900.0, 900.0, 9), ("西藏", 10.0, 0.0, 0))
    ]  # fmt: skip
    found = source_worth.ad_regions(table_of("ad_daily", rows), WEEK).set_index("region")
    assert found.index.tolist() == ["广东", "浙江", "西藏"]
    assert found.loc["浙江", "returns"] == pytest.approx(3.0)
    assert found.loc["浙江", "returns_low"] < 3 < found.loc["浙江", "returns_high"]
    assert found.loc["西藏", "returns"] == 0
