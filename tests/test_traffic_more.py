"""Words, lift, moves, levels, regions: by hand, with nothing found in noise and reasons where nothing can be told."""

import datetime as dt
import math

import ibis
import numpy as np
import pandas as pd
import pytest

from shopnb import schema
from shopnb import sources as sources_list
from shopnb.metrics import (
    lift,
    moving,
    source_tree,
    source_worth,
    traffic,
    traffic_parts,
    traffic_search,
    traffic_small,
    traffic_stays,
    words,
)
from shopnb.metrics.periods import Period
from shopnb.stats import Estimate

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
    worth = 5000 * (1.2**0.75 - 1)  # visitors of today's kind that 1,000 more are worth: 733
    assert found.buyers.estimate == pytest.approx(worth * 0.05 - 1000 * 0.015)
    assert found.buyers.low < 5000 * (1.2**0.5 - 1) * 0.05 - 15 < found.buyers.estimate
    assert found.buyers.high > 1000 * (0.05 - 0.015)
    spent = 1000 * (7000 / 6000 - 5000 / 5000)
    won = (worth * 0.05 * 68 - 1000 * 0.015 * 6000 / 90) * 0.42 * 0.915
    assert found.margin.estimate == pytest.approx(won + spent)
    assert moving.move(sources, "crowd", "nowhere", 1000.0, kept=0.4) is None
    assert moving.proposed(sources[sources["group"] == "own"]) is None
    assert math.isnan(moving.move(sources, "crowd", "search", 1000.0, kept=math.nan).margin.estimate)


def test_the_more_are_moved_the_less_each_is_worth():
    giver = moving.Visitor(40_000, Estimate(0.02, 0.019, 0.021), spend=60.0, cost=1.0)
    taker = moving.Visitor(1_000, Estimate(0.05, 0.045, 0.055), spend=60.0, cost=1.0)
    won = [moving.move_visitors(giver, taker, size)[0] for size in (10, 1_000, 30_000)]
    per_visitor = [one.estimate / size for one, size in zip(won, (10, 1_000, 30_000), strict=True)]
    assert per_visitor == sorted(per_visitor, reverse=True)
    assert per_visitor[0] == pytest.approx(0.75 * 0.05 - 0.02, abs=2e-4)
    # doubled visitors: 41 % more buyers at the low end, twice as many at the high end, with the ends of both rates
    assert won[1].low == pytest.approx(1_000 * ((2**0.5 - 1) * 0.045 - 0.021))
    assert won[1].high == pytest.approx(1_000 * (0.055 - 0.019))
    assert math.isnan(moving.move_visitors(giver, taker, 10)[1].estimate)  # nobody typed a margin rate
    with pytest.raises(ValueError, match="cannot be moved"):
        moving.move_visitors(giver, taker, 40_001)


def test_no_more_are_moved_than_came():
    sources = priced(("crowd", "paid", 600, 9, 600.0, 700.0), ("search", "paid", 5000, 250, 17000.0, 5000.0))
    found = moving.move(sources, "crowd", "search", 1000.0, kept=0.4)
    assert (found.visitors, found.asked) == (600, 1000)


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


NAMES = sources_list.source_names(schema.TABLES["source_groups"].arrow_schema.empty_table().to_pandas(), {})


def named(rows):
    return sources_list.named(rows, NAMES, traffic.LEVELS)


def of_item(start, item, source, visitors, payers, *, rule="", days=7, **more):
    """A row of the sources of an item, over `days` from `start`."""
    return {"start_on": start, "end_on": start + dt.timedelta(days=days - 1), "rule": rule, "level": "item_source",
            "item_id": item, "source_1": source, "visitors": visitors, "payers": payers, **more}  # fmt: skip


def split_of(rows, rule=""):
    table = table_of("traffic_detail", rows)
    now, before = (source_tree.item_sources(table, one, rule, named) for one in (WEEK, WEEK.before()))
    return source_tree.item_source_split(now, before)


def test_items_by_source_use_items_that_have_both_periods():
    before = WEEK.before().start
    rows = [
        of_item(before, "1", "手淘搜索", 1000, 50), of_item(before, "1", "手淘推荐", 500, 10),
        of_item(WEEK.start, "1", "手淘搜索", 800, 32), of_item(WEEK.start, "1", "手淘推荐", 900, 18),
        of_item(WEEK.start, "2", "手淘搜索", 700, 7),
    ]  # fmt: skip
    split, cells = split_of(rows)
    assert split.parts == 2
    assert set(cells["item_id"]) == {"1"}
    assert split.split.change.estimate == pytest.approx(50 / 1700 - 60 / 1500)
    assert split.split.mix.estimate + split.split.rate.estimate == pytest.approx(split.split.change.estimate, abs=1e-12)
    by_hand = (800 / 1700 + 1000 / 1500) / 2 * (0.04 - 0.05)  # search: mean share × change of rate; feed kept its 2 %
    assert split.split.rate.estimate == pytest.approx(by_hand, abs=1e-12)
    search = cells.set_index("name").loc["手淘搜索"]
    assert search["rate_effect"] == pytest.approx(by_hand)
    assert search["rate_effect_low"] < by_hand < search["rate_effect_high"]
    assert split_of(rows[4:]) is None


def test_items_by_source_never_count_overlapping_files_or_two_rules_twice():
    before = WEEK.before().start
    rows = [
        of_item(before, "1", "手淘搜索", 1000, 50, rule="每一次"),
        of_item(WEEK.start, "1", "手淘搜索", 800, 32, rule="每一次"),
        of_item(before, "1", "手淘搜索", 900, 20, rule="末次"),
        of_item(WEEK.start, "1", "手淘搜索", 700, 10, rule="末次"),
        of_item(before, "1", "手淘搜索", 9000, 9, rule="每一次", days=14),  # both weeks in one file
    ]  # fmt: skip
    _, cells = split_of(rows, "每一次")
    assert cells[["visitors", "visitors_before"]].to_numpy().tolist() == [[800.0, 1000.0]]
    _, cells = split_of(rows, "末次")
    assert cells[["visitors", "visitors_before"]].to_numpy().tolist() == [[700.0, 900.0]]
    assert split_of([rows[0], rows[3]], "每一次") is None  # the two periods under different rules


def test_a_renamed_source_of_an_item_is_the_same_source():
    rows = [of_item(WEEK.before().start, "1", "万相台", 300, 6), of_item(WEEK.start, "1", "智能场景", 300, 9)]
    split, cells = split_of(rows)
    assert split.parts == 1
    assert split.split.rate.estimate == pytest.approx(0.01)
    assert cells["name"].tolist() == ["智能场景"]


def test_simpson_by_hand_at_one_level():
    """Both sources convert better, the shop converts worse: more came by the poorer one."""
    wide = leaves([
        ("站内", "搜索", "", 3_000, 210, 9_000, 540), ("站内", "推荐", "", 9_000, 180, 1_000, 10),
    ])  # fmt: skip
    trunk, leaf = source_tree.level_splits(wide)
    assert trunk.split.change.estimate == pytest.approx(390 / 12_000 - 550 / 10_000)  # 5.5 % to 3.25 %
    assert trunk.split.rate.estimate == pytest.approx(trunk.split.change.estimate)  # one trunk: all is rate
    assert not trunk.split.is_reversed
    assert leaf.split.rate.estimate == pytest.approx((0.25 + 0.9) / 2 * 0.01 + (0.75 + 0.1) / 2 * 0.01)
    assert leaf.split.is_reversed


def test_value_a_visitor_by_hand():
    """Search: 5 % × ¥60 = 3.00, then 4 % × ¥70 = 2.80; feed: 2 % × ¥50 = 1.00 both times; shares 50:50, then 20:80."""
    sources = pd.DataFrame(
        {
            "source": ["search", "feed"], "visitors_before": [1000, 1000], "visitors": [400, 1600],
            "buyers_before": [50, 20], "buyers": [16, 32], "paid_amount_before": [3000.0, 1000.0],
            "paid_amount": [1120.0, 1600.0],
        }
    )  # fmt: skip
    found = source_tree.value_split(sources)
    assert found.split.change.estimate == pytest.approx(1.36 - 2.00)
    assert found.split.mix.estimate == pytest.approx(-0.3 * 2.9 + 0.3 * 1.0)
    weight = (0.5 + 0.2) / 2
    assert found.conversion.estimate == pytest.approx(weight * (0.04 - 0.05) * 65)
    assert found.spend.estimate == pytest.approx(weight * (70 - 60) * 0.045)
    whole = found.split.mix.estimate + found.conversion.estimate + found.spend.estimate
    assert whole == pytest.approx(found.split.change.estimate, abs=1e-12)
    near = 16.5 / 401
    error = math.sqrt((near * (1 - near) * 70**2 + near * 70**2) / 400)  # spend scatters as much as it is: the default
    split = source_tree.value_split(sources.iloc[:1]).split
    other = math.sqrt((50.5 / 1001 * (1 - 50.5 / 1001) * 60**2 + 50.5 / 1001 * 60**2) / 1000)
    assert split.rate.high - split.rate.estimate == pytest.approx(1.6448536 * math.hypot(error, other), rel=1e-6)


def test_ranges_of_conversion_and_spend_are_as_wide_as_simulated_ones():
    """One source, drawn again and again: buyers binomial, spend of a buyer with mean 60 then 75 and deviation 30."""
    rng = np.random.default_rng(3)
    visitors, rates, spends = np.array([4000, 5000]), np.array([0.03, 0.02]), np.array([60.0, 75.0])
    buyers = rng.binomial(visitors, rates, (20_000, 2))
    rate, spend = buyers / visitors, spends + 30 * rng.standard_normal((20_000, 2)) / np.sqrt(buyers)
    conversion_effect = (rate[:, 1] - rate[:, 0]) * spend.mean(axis=1)
    spend_effect = (spend[:, 1] - spend[:, 0]) * rate.mean(axis=1)
    row = {"source": "a", "visitors_before": 4000, "visitors": 5000, "buyers_before": 120, "buyers": 100,
           "paid_amount_before": 7200.0, "paid_amount": 7500.0}  # fmt: skip
    found = source_tree.value_split(pd.DataFrame([row]), spread=30.0)
    for one, drawn in ((found.conversion, conversion_effect), (found.spend, spend_effect)):
        assert (one.high - one.low) / 2 == pytest.approx(1.6448536 * drawn.std(), rel=0.05)


def test_of_equal_sources_none_keeps_more_for_having_been_picked():
    """Eight sources of which 40 % stay: the range of most over fewest leaves out 1 in at most 10 % of cases."""
    rng, wrong = np.random.default_rng(4), 0
    for _ in range(400):
        stayed = rng.binomial(500, 0.4, 8) / 500
        wrong += traffic_stays.times_as_many(pd.DataFrame({"stayed": stayed, "visitors": 500})).low > 1
    assert wrong <= 40


def test_a_source_without_buyers_in_one_period_keeps_the_sum():
    sources = pd.DataFrame(
        {
            "source": ["a", "b", "new"], "visitors_before": [500, 500, 0], "visitors": [500, 400, 100],
            "buyers_before": [0, 10, 0], "buyers": [5, 8, 2], "paid_amount_before": [0.0, 600.0, 0.0],
            "paid_amount": [300.0, 480.0, 90.0],
        }
    )  # fmt: skip
    found = source_tree.value_split(sources)
    whole = found.split.mix.estimate + found.conversion.estimate + found.spend.estimate
    assert whole == pytest.approx(870 / 1000 - 600 / 1000, abs=1e-12)
    assert found.parts.set_index("part").loc["a", "spend_effect"] == 0.0  # nobody bought before: nothing to compare
    assert source_tree.value_split(sources.assign(paid_amount=math.nan)) is None


def test_spend_of_single_buyers_is_told_from_daily_means():
    days = [END - dt.timedelta(days=turn) for turn in range(28)]
    rng = np.random.default_rng(8)
    payers = rng.integers(150, 400, 28)
    paid = [rng.gamma(4.0, 17.0, count).sum() for count in payers]  # mean 68, standard deviation 34
    daily = pd.DataFrame({"day": days, "payers": payers.astype(float), "paid_amount": paid})
    assert source_tree.spend_spread(daily, WEEK) == pytest.approx(34, rel=0.35)
    by_hand = daily.iloc[:10].assign(payers=[100.0] * 10, paid_amount=[6000.0, 8000.0] * 5)
    # means 60 and 80 around 70: ten times 100 × 10², over nine
    assert source_tree.spend_spread(by_hand, WEEK) == pytest.approx(math.sqrt(10 * 100 * 100 / 9))
    assert math.isnan(source_tree.spend_spread(by_hand.iloc[:9], WEEK))


def test_stays_by_source_and_how_many_times_as_many():
    rows = [
        of_item(WEEK.start, "1", "手淘搜索", 600, 9, leaving_visitors=420, page_views=1500),
        of_item(WEEK.start, "2", "手淘搜索", 400, 5, leaving_visitors=280, page_views=900),
        of_item(WEEK.start, "1", "精准人群推广", 500, 2, leaving_visitors=450, page_views=600),
        of_item(WEEK.start, "1", "手淘推荐", 99, 2, leaving_visitors=50),  # too few
        of_item(WEEK.start, "1", "购物车", 200, 9, leaving_visitors=260),  # cannot be
        of_item(WEEK.before().start, "1", "手淘搜索", 600, 9, leaving_visitors=360),
    ]  # fmt: skip
    table = table_of("traffic_detail", rows)
    now, before = (source_tree.item_sources(table, one, "", named) for one in (WEEK, WEEK.before()))
    found = traffic_stays.stays_by_source(now, before).set_index("label")
    assert found.index.tolist() == ["手淘搜索", "精准人群推广"]
    assert found["stayed"].tolist() == pytest.approx([0.30, 0.10])  # bounce 70 % and 90 %: three times as many stay
    assert found.loc["手淘搜索", "stayed_before"] == pytest.approx(0.40)
    assert found.loc["手淘搜索", "views"] == pytest.approx(2.4)
    assert found["stayed_low"].iloc[1] < 0.10 < found["stayed_high"].iloc[1]
    times = traffic_stays.times_as_many(found.reset_index())
    half = 1.6448536 * math.sqrt(0.7 / 300 + 0.9 / 50)
    assert (times.estimate, times.low) == pytest.approx((3.0, 3.0 * math.exp(-half)), rel=1e-6)
    assert math.isnan(traffic_stays.times_as_many(found.iloc[:1]).estimate)


def test_small_sources_are_shrunk_and_their_ranges_hold():
    wide = pd.DataFrame(
        {"label": list("abcde"), "visitors": [9000, 7000, 4000, 30, 0], "buyers": [450, 280, 240, 0, 0]}
    ).assign(source=lambda one: one["label"])
    found = traffic_small.shrunk_rates(wide, wide["visitors"] < 100)
    assert found["source"].tolist() == ["d"]  # nobody came by e: nothing to shrink
    row = found.iloc[0]
    assert 0.03 < row["shrunk"] < 0.06  # its own 0 % says little
    assert row["shrunk_low"] < row["shrunk"] < row["shrunk_high"]
    assert row["own_share"] < 0.2
    assert traffic_small.shrunk_rates(wide.iloc[:2], wide["visitors"] > 0).empty
    rng = np.random.default_rng(21)
    held = total = 0
    for _ in range(60):
        true = 1 / (1 + np.exp(-rng.normal(-3.0, 0.6, 16)))
        visitors = np.concatenate([rng.integers(800, 8000, 10), rng.integers(20, 100, 6)])
        drawn = pd.DataFrame({"visitors": visitors, "buyers": rng.binomial(visitors, true)})
        drawn = drawn.assign(source=[f"{place:02}" for place in range(16)], label="")
        shrunk = traffic_small.shrunk_rates(drawn, drawn["visitors"] < 100)
        rates = true[[int(name) for name in shrunk["source"]]]
        held += int(((shrunk["shrunk_low"] <= rates) & (rates <= shrunk["shrunk_high"])).sum())
        total += len(shrunk)
    assert 0.85 <= held / total <= 0.96  # 90 % ranges


def test_spend_that_cannot_be_right_is_named():
    rows = pd.DataFrame({"label": list("abcd"), "buyers": [50.0, 60, 70, 349], "paid_amount": [3000.0, 4000, 5000, 28]})
    assert traffic_small.odd_spend(rows) == ["d"]
    assert traffic_small.odd_spend(rows.assign(buyers=[50.0, 60, 70, 4])) == []


def test_visitors_by_device_and_content():
    day = {"visitors": 1000, "visitors_wireless": 970, "visitors_pc": 40, "payers_wireless": 29, "payers_pc": 1,
           "paid_amount": 2000.0, "paid_amount_wireless": 1950.0, "paid_amount_pc": 50.0, "live_visitors": 30,
           "page_views": 3100}  # fmt: skip
    rows = [{"day": END - dt.timedelta(days=turn), **day} for turn in range(7)]
    rows[3] = {**rows[3], "live_visitors": None}
    table = table_of("shop_daily", rows)
    made = traffic_parts.visitor_parts(table, WEEK, WEEK.before())
    found = made.frame.set_index("part")
    assert found.index.tolist() == ["wireless", "pc"]  # a day without live visitors: no sum
    assert found.loc["wireless", "rate"] == pytest.approx(29 / 970)
    assert found.loc["pc", "share"] == pytest.approx(0.04)
    assert found.loc["pc", "paid_share"] == pytest.approx(0.025)
    assert found["visitors_before"].isna().all()
    assert made.views == pytest.approx(3.1)
    gap = traffic_parts.visitor_parts(table_of("shop_daily", rows[:6]), WEEK, None)
    assert gap.frame.empty
    assert math.isnan(gap.views)


def test_free_search_of_thirty_days_comes_from_one_file_of_the_same_rule():
    month = Period(END - dt.timedelta(days=29), END)
    rows = [
        {"start_on": one.start, "end_on": one.end, "rule": rule, "source_1": name, "visitors": visitors}
        for one, rule, visits in (
            (month, "每一次", (3000, 7000)),
            (month, "末次", (1, 1)),
            (WEEK, "每一次", (800, 1500)),
        )
        for name, visitors in zip(("手淘搜索", "手淘推荐"), visits, strict=True)
    ]
    table = table_of("traffic_period", rows)
    days = pd.DataFrame({"day": [END - dt.timedelta(days=turn) for turn in range(30)], "visitors": 400.0})
    now = traffic.Slice(WEEK, "每一次")
    found = traffic_search.month_search(table, traffic.slices(table), now, named, days)
    assert (found.period, found.kind) == (month, "visitor_days")
    assert found.share == pytest.approx(3000 / 12_000)
    assert traffic_search.month_search(table, traffic.slices(table), traffic.Slice(WEEK, "首次"), named, days) is None
    assert traffic_search.month_search(table, traffic.slices(table), now, named, days.iloc[1:]) is None
    history = traffic_search.search_history(table, now, named, days)
    assert history[["search_visitors", "visitors", "shop_visitors"]].to_numpy().tolist() == [[800.0, 2300.0, 2800.0]]


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
