"""Traffic numbers and rules: expected values by hand, or by another route."""

import datetime as dt
import math
from itertools import pairwise

import ibis
import numpy as np
import pandas as pd
import pytest
from traffic_files import BEFORE, NOW, TRUNKS

from shopnb import sources
from shopnb.findings.overview import Basis
from shopnb.findings.traffic import Seen, find_traffic
from shopnb.metrics import source_worth, traffic
from shopnb.metrics.periods import Period
from shopnb.metrics.source_worth import Worth
from shopnb.metrics.traffic import Slice
from shopnb.schema import TABLES
from shopnb.stats import holm, mix_rate

DAY = dt.date(2026, 8, 30)


def week(back, days=7):
    end = DAY - dt.timedelta(days=7 * back)
    return Period(end - dt.timedelta(days=days - 1), end)


def rows(named, **more):
    """One export as `source_rows` gives it."""
    empty = dict.fromkeys(TABLES["traffic_period"].arrow_schema.names, math.nan)
    made = [
        {
            **empty, "source_1": TRUNKS.get(name, "平台流量"), "source_2": name, "source_3": "",
            "visitors": float(visitors), "payers": float(payers), "paid_amount": payers * 68.0,
        }
        for name, (visitors, payers) in named.items()
    ]  # fmt: skip
    return pd.DataFrame(made).assign(**more)


NAMES = sources.source_names(TABLES["source_groups"].arrow_schema.empty_table().to_pandas(), {"推荐": "recommend"})


def side(named, way="payment", **more):
    return sources.named(traffic.with_buyers(rows(named, **more), way), NAMES, traffic.LEVELS)


def wide(now=NOW, before=BEFORE):
    joined = traffic.joined(side(now), None if before is None else side(before))
    return joined.assign(label=sources.shown_names(joined))


# Which two files


def test_the_newest_pair_under_one_rule_is_taken():
    found = [Slice(week(back), "首次") for back in (3, 2, 1)] + [Slice(week(0), "末次"), Slice(week(0, 30), "首次")]
    choice = traffic.choose(found)
    assert choice.now == Slice(week(1), "首次")
    assert choice.before == Slice(week(2), "首次")
    assert choice.skipped in (week(0), week(0, 30))


def test_two_rules_are_never_a_pair():
    choice = traffic.choose([Slice(week(1), "首次"), Slice(week(0), "末次")])
    assert (choice.now, choice.before) == (Slice(week(0), "末次"), None)
    assert (choice.reason, choice.other_rule) == ("other_rule", "首次")


@pytest.mark.parametrize("other", [week(2), week(1, 6), week(0, 30), Period(week(1).start, week(0).start)])
def test_only_the_period_directly_before_of_the_same_length_is_a_pair(other):
    choice = traffic.choose([Slice(other, ""), Slice(week(0), "")], end=DAY, start=week(0).start)
    assert choice.before is None
    assert choice.reason == "no_partner"


def test_given_days_must_fit_exactly_and_dates_come_before_undated_files():
    found = [Slice(None, ""), Slice(week(1), ""), Slice(week(0), "")]
    assert traffic.choose(found, end=DAY - dt.timedelta(days=1)) is None
    assert traffic.choose(found, start=week(1).start).now.period == week(1)
    assert traffic.choose(found).now.period == week(0)
    assert traffic.choose(found[:1]).reason == "undated"


# Rows and their names


def test_overlapping_files_are_never_added():
    table = pd.concat(
        [rows(NOW, start_on=p.start, end_on=p.end, rule="") for p in (week(0), week(0, 30), week(1))], ignore_index=True
    )
    stored = ibis.memtable(table[TABLES["traffic_period"].arrow_schema.names].assign(source_3=None))
    assert len(traffic.slices(stored)) == 3
    taken = traffic.source_rows(stored, Slice(week(0), ""))
    assert taken["visitors"].sum() == 45_720  # pages.md 2.3
    assert set(taken["source_3"]) == {""}


def test_a_renamed_source_is_the_same_source():
    old = {("智能场景(原万相台)" if name == "智能场景" else name): row for name, row in BEFORE.items()}
    renamed = {("直通车" if name == "关键词推广" else name): row for name, row in old.items()}
    assert wide(before=renamed)["source"].tolist() == wide()["source"].tolist()
    changed = dt.date(2024, 2, 19)
    assert sources.renames([*NOW, *renamed], NAMES) == [
        sources.Rename("关键词推广", "直通车", changed),
        sources.Rename("智能场景", "万相台", changed),
    ]


def test_a_rename_falls_into_days_that_hold_both_names():
    one = sources.Rename("关键词推广", "直通车", dt.date(2024, 2, 19))
    assert one.falls_into(dt.date(2024, 2, 12), dt.date(2024, 2, 25))
    assert one.falls_into(dt.date(2024, 2, 18), dt.date(2024, 2, 19))
    assert not one.falls_into(dt.date(2024, 2, 19), dt.date(2024, 2, 25))  # from the first day under the new name
    assert not one.falls_into(dt.date(2024, 2, 5), dt.date(2024, 2, 18))


def test_a_rename_that_a_shop_typed_has_its_own_day():
    typed = pd.DataFrame(
        {"source": ["关键词推广"], "group": ["付费"], "from_on": [dt.date(2024, 3, 1)], "old_name": ["直通车"]}
    )
    names = sources.source_names(typed, {"付费": "paid"})
    assert sources.renames(["直通车"], names) == [sources.Rename("关键词推广", "直通车", dt.date(2024, 3, 1))]


def test_a_source_under_a_new_trunk_is_the_same_source():
    moved = traffic.joined(side(NOW), side(BEFORE).assign(source=[f"经营优势/{name}" for name in BEFORE]))
    assert moved["visitors_before"].tolist() == [BEFORE[name][0] for name in moved["name"]]


def test_old_and_new_name_in_one_file_are_two_sources():
    named = side({"直通车": (100, 1), "关键词推广": (200, 2)})
    assert sorted(named["name"]) == ["关键词推广", "直通车"]
    assert set(named["group"]) == {"paid"}


def test_typed_groups_come_before_the_list():
    typed = pd.DataFrame(
        {
            "source": ["手淘搜索", "小程序"],
            "group": ["推荐", "私域"],
            "from_on": [None, None],
            "old_name": [None, "轻店"],
        }
    )
    names = sources.source_names(typed, {"推荐": "recommend"})
    assert names.group(["平台流量", "手淘搜索"]) == "recommend"
    assert names.group(["轻店"]) == "私域"
    assert names.name("轻店") == "小程序"


@pytest.mark.parametrize(
    ("path", "group"),
    [
        (("平台流量", "手淘搜索"), "free_search"), (("平台流量", "购物车"), "own"), (("平台流量", "逛逛"), "content"),
        (("广告流量", "品销宝-明星店铺"), "paid"), (("活动", "聚划算"), "campaign"), (("淘外网站",), "offsite"),
        (("一级", "-A"), "other"),
        (("平台流量", "手淘推荐", "猜你喜欢"), "recommend"),
    ],
)  # fmt: skip
def test_groups_by_name_then_by_word(path, group):
    assert NAMES.group(path) == group


def test_leaves_of_one_name_are_shown_with_their_trunk():
    frame = pd.DataFrame({"source": ["一级/-A", "二级/-A", "平台流量/手淘搜索"], "name": ["-A", "-A", "手淘搜索"]})
    assert sources.shown_names(frame) == ["一级 -A", "二级 -A", "手淘搜索"]


# Buyers


def test_buyers_are_derived_from_a_printed_rate_and_impossible_ones_are_not_used():
    given = rows({"a": (35_188, 0), "b": (10, 0), "c": (10, 11)}).assign(
        payers=[math.nan, math.nan, 11.0], payment_conversion=[0.0998, 0.0, 1.1], spend_per_buyer=[54.3, math.nan, 1.0],
        paid_amount=math.nan,
    )  # fmt: skip
    made = traffic.with_buyers(given, "payment")
    assert made["buyers"].iloc[:2].tolist() == [3512.0, 0.0]  # 35,188 × 9.98 % = 3,511.8
    assert made["paid_amount"].iloc[0] == pytest.approx(3512 * 54.3)
    assert made["paid_amount"].iloc[1] == 0.0
    assert made["derived"].tolist() == [True, True, False]
    assert math.isnan(made["buyers"].iloc[2])
    assert bool(made["impossible"].iloc[2])


def test_orderers_stand_in_where_payers_are_missing():
    given = rows(NOW).assign(payers=math.nan, orderers=[float(payers + 5) for _, payers in NOW.values()])
    assert traffic.conversion_way([given]) == "order"
    assert traffic.with_buyers(given, "order")["buyers"].sum() == 1719 + 40
    assert traffic.conversion_way([given, rows(NOW)]) == ""
    assert traffic.conversion_way([given.assign(orderers=math.nan)]) == ""


# Two periods


def test_a_source_that_appears_or_vanishes_has_none_on_the_other_side():
    joined = wide(now={"手淘搜索": (500, 20), "直播": (300, 1)}, before={"手淘搜索": (400, 18), "购物车": (200, 20)})
    by_name = joined.set_index("name")
    assert by_name.loc["直播", "visitors_before"] == 0.0
    assert by_name.loc["购物车", "buyers"] == 0.0
    mix = traffic.source_mix(traffic.pooled(joined, 0.05))
    assert mix.mix.estimate + mix.rate.estimate == pytest.approx(21 / 800 - 38 / 600, abs=1e-12)


def test_a_side_with_finer_levels_is_summed_up_to_the_other():
    fine = side({"手淘推荐": (0, 0)}).iloc[:0]
    parts = rows({"猜你喜欢": (60, 3), "首页": (40, 2)}).assign(source_2="手淘推荐", source_3=["猜你喜欢", "首页"])
    fine = sources.named(traffic.with_buyers(parts, "payment"), NAMES, traffic.LEVELS)
    joined = traffic.joined(fine, side({"手淘推荐": (80, 4)}))
    assert joined[["name", "visitors", "visitors_before"]].to_numpy().tolist() == [["手淘推荐", 100.0, 80.0]]


def test_mix_and_rate_of_the_page_equal_a_direct_sum():
    sources_ = traffic.pooled(wide(), 1719 / 45_720)
    mix = traffic.source_mix(sources_)
    n1, n0 = (sum(v for v, _ in one.values()) for one in (NOW, BEFORE))
    means = sum(p for _, p in NOW.values()) / n1, sum(p for _, p in BEFORE.values()) / n0
    by_hand = sum(
        (NOW[k][0] / n1 - BEFORE[k][0] / n0)
        * ((NOW[k][1] / NOW[k][0] + BEFORE[k][1] / BEFORE[k][0]) / 2 - sum(means) / 2)
        for k in NOW
    )
    assert mix.mix.estimate == pytest.approx(by_hand, abs=1e-12)
    assert mix.mix.estimate + mix.rate.estimate == pytest.approx(means[0] - means[1], abs=1e-12)


def test_small_sources_are_pooled_and_a_single_one_keeps_its_name():
    many = wide(now=NOW | {"收藏": (31, 0), "微博": (17, 0), "客户运营": (3, 0)}, before=None)
    kept = traffic.pooled(many, 0.0376)
    last = kept[kept["source"] == traffic.POOLED].iloc[0]
    assert (last["visitors"], last["members"], bool(last["enough"])) == (51.0, 3, False)
    assert kept["visitors"].sum() == 45_720 + 51
    one = traffic.pooled(wide(now=NOW | {"收藏": (31, 0)}, before=None), 0.0376)
    assert "收藏" in set(one["name"])
    assert not one.set_index("name").loc["收藏", "enough"]


def test_holm_against_its_definition():
    rng = np.random.default_rng(3)
    for _ in range(50):
        p_values = (rng.random(6) ** 3).tolist()
        order = np.argsort(p_values)
        held = []
        for turn, place in enumerate(order):
            if p_values[place] > 0.05 / (6 - turn):
                break
            held.append(int(place))
        assert [place for place, holds in enumerate(holm(p_values)) if holds] == sorted(held)


# Money


def test_margin_a_visitor_and_break_even():
    worth = Worth(0.42, 0.085)
    assert worth.break_even == pytest.approx(1 / (0.42 * 0.915))  # 2.60, not 2.38
    frame = traffic.pooled(wide(), 0.0376).assign(cost=0.0)
    crowd = frame["name"] == "精准人群推广"
    frame.loc[crowd, "cost"] = 7634.0
    row = source_worth.per_visitor(frame, worth)[crowd].iloc[0]
    assert row["margin"] == pytest.approx(97 * 68 / 6940 * 0.42 * 0.915 - 1.10, abs=1e-3)
    assert row["margin_low"] < row["margin"] < row["margin_high"] < 0


def verdict(name, *, returns=None, window_open=False, cost=None):
    costs = {"精准人群推广": 7634.0, "关键词推广": 5587.0} | (cost or {})
    frame = traffic.pooled(wide(), 0.0376)
    frame["cost"] = [costs.get(one, math.nan if group == "paid" else 0.0) for one, group in zip(
        frame["name"], frame["group"], strict=True)]  # fmt: skip
    priced = source_worth.per_visitor(frame, Worth(0.42, 0.085))
    said = source_worth.verdicts(priced, returns=returns or {}, break_even=2.6, window_open=window_open)
    return dict(zip(priced["name"], said, strict=True))[name]


def test_verdicts():
    assert verdict("精准人群推广", returns={"精准人群推广": 0.9}) == "less"
    assert verdict("精准人群推广", window_open=True) == "less_open"
    assert (
        verdict("精准人群推广", returns={"精准人群推广": 3.1}) == "keep"
    )  # the report's own return is above break-even
    assert verdict("手淘搜索") == "more"
    assert verdict("手淘推荐") == "keep"
    assert verdict("购物车") == "keep"  # converts best and is never "more"
    assert verdict("我的淘宝") == "keep"
    assert verdict("淘宝客") == "keep"  # its cost is unknown


def test_ad_costs_read_one_level_and_one_window_and_tell_missing_days():
    days = [week(0).start + dt.timedelta(days=turn) for turn in range(7)]
    known = {"tool": None, "scene": "人群推广", "cost": 100.0, "deal_amount": 90.0}
    made = [
        {**known, "day": day, "level": level, "window_days": window}
        for day in days[:6]
        for level, window in (("scene", 15), ("scene", 7), ("plan", 15))
    ]
    costs, missing = source_worth.ad_costs(ibis.memtable(pd.DataFrame(made)), week(0), NAMES.scene)
    assert costs[["source", "cost", "deal_amount"]].to_numpy().tolist() == [["精准人群推广", 600.0, 540.0]]
    assert missing == [days[6]]


def test_the_plans_of_an_old_tool_pay_for_the_source_of_today_where_no_scene_report_does():
    """直通车 was a tool of its own; on the second day the report of all scenes speaks for it."""
    plan = {"level": "plan", "tool": "直通车", "scene": None, "window_days": 15, "deal_amount": 30.0}
    scene = {"level": "scene", "tool": None, "scene": "关键词推广", "window_days": 15, "deal_amount": 50.0}
    first, second = dt.date(2024, 2, 18), dt.date(2024, 2, 19)
    made = [{**plan, "day": first, "cost": 10.0}, {**plan, "day": second, "cost": 10.0}]
    made += [{**scene, "day": second, "cost": 25.0}]
    costs, missing = source_worth.ad_costs(ibis.memtable(pd.DataFrame(made)), Period(first, second), NAMES.scene)
    assert costs[["source", "cost", "deal_amount"]].to_numpy().tolist() == [["关键词推广", 35.0, 80.0]]
    assert not missing


def test_visitors_of_the_shop_are_distinct_only_for_one_day():
    days = pd.DataFrame({"day": [week(0).start + dt.timedelta(days=turn) for turn in range(7)], "visitors": 100.0})
    assert traffic.reach(week(0), math.nan, days).kind == "visitor_days"
    assert traffic.reach(Period(DAY, DAY), math.nan, days).distinct == 100.0
    assert traffic.reach(week(0), 600.0, days).base == 600.0
    assert traffic.reach(week(1), math.nan, days).kind == ""


# Rules


def seen(now=NOW, before=BEFORE, cost=None, **more):
    joined = wide(now, before)
    whole = traffic.whole(joined)
    frame = traffic.pooled(joined, whole.buyers / whole.visitors)
    frame["cost"] = [(cost or {}).get(name, math.nan if group == "paid" else 0.0) for name, group in zip(
        frame["name"], frame["group"], strict=True)]  # fmt: skip
    priced = source_worth.per_visitor(frame, Worth(0.42, 0.085)).merge(traffic.own_changes(frame), on="source")
    said = source_worth.verdicts(priced, returns={}, break_even=2.6, window_open=False)
    given = {
        "sources": priced.assign(verdict=said),
        "trunks": source_worth.trunks(frame, Worth(0.42, 0.085)),
        "now": whole,
        "before": traffic.whole(joined, "_before"),
        "mix": traffic.source_mix(frame),
        "days": 7,
        "end": DAY,
        "basis": Basis("margin", 0.42 * 0.915),
        "break_even": 2.6,
        "returns": {},
        "window_open": False,
        "one_is_festive": False,
    }
    return Seen(**(given | more))


def found(**more):
    return {one.code: one for one in find_traffic(seen(**more))}


def test_crowd_ads_lose_and_free_recommendation_grew():
    codes = found(cost={"精准人群推广": 7634.0})
    loses, grew = codes["source_loses"], codes["free_source_grew"]
    per_visitor = 97 * 68 / 6940 * 0.42 * 0.915 - 7634 / 6940
    assert loses.amount == pytest.approx(per_visitor * 6940 / 7 * 30)
    assert loses.low < loses.amount < loses.high < 0
    assert dict(grew.values)["extra"] == 4280
    assert grew.amount == pytest.approx(4280 * 281 / 13_900 * 68 * 0.42 * 0.915 / 7 * 30)
    assert grew.confidence > 0.9


def test_an_open_window_lowers_confidence():
    closed = found(cost={"精准人群推广": 7634.0})["source_loses"]
    still = found(cost={"精准人群推广": 7634.0}, window_open=True)["source_loses"]
    assert still.confidence < 0.9 < closed.confidence


def test_each_in_the_noise_and_together_real():
    before = {name: (visitors, round(payers * 1.10)) for name, (visitors, payers) in NOW.items()}
    looked = seen(before=before)
    assert not looked.sources["real"].any()
    codes = {one.code for one in find_traffic(looked)}
    assert "rates_fell_together" in codes
    festive = {one.code: one for one in find_traffic(seen(before=before, one_is_festive=True))}
    assert not festive["rates_fell_together"].is_sure


def test_mix_alone_is_no_loss():
    before = {name: (visitors, round(visitors * NOW[name][1] / NOW[name][0])) for name, (visitors, _) in BEFORE.items()}
    codes = found(before=before)
    assert "mix_lowers_conversion" in codes
    assert math.isnan(codes["mix_lowers_conversion"].amount)
    assert not {"rates_fell_together", "source_rate_fell"} & set(codes)


def test_simpson_is_named():
    before = {"手淘搜索": (20_000, 1000), "手淘推荐": (2_000, 20)}
    now = {"手淘搜索": (18_000, 1030), "手淘推荐": (20_000, 300)}
    assert "simpson" in found(now=now, before=before)


def test_nothing_is_found_where_nothing_changed():
    assert not found(now=BEFORE, before=BEFORE)


def test_quiet_weeks_stay_quiet():
    rng = np.random.default_rng(11)
    false = 0
    for _ in range(40):
        visitors = {name: int(v * rng.normal(1, 0.04)) for name, (v, _) in NOW.items()}
        drawn = {name: (v, int(rng.binomial(v, NOW[name][1] / NOW[name][0]))) for name, v in visitors.items()}
        earlier = {name: (v, int(rng.binomial(v, p / v))) for name, (v, p) in NOW.items()}
        false += bool(find_traffic(seen(now=drawn, before=earlier)))
    assert false <= 4  # 5 % of 40 are 2; above 4 in one case of twenty


def test_mix_rate_parts_sum_for_any_pair():
    rng = np.random.default_rng(5)
    for _ in range(30):
        one, two = (
            {f"s{i}": (int(v), int(rng.integers(0, v + 1))) for i, v in enumerate(rng.integers(1, 900, 6))}
            for _ in "ab"
        )
        split = mix_rate(
            {k: v for k, (v, _) in one.items()}, {k: p / v for k, (v, p) in one.items()},
            {k: v for k, (v, _) in two.items()}, {k: p / v for k, (v, p) in two.items()},
        )  # fmt: skip
        assert split.mix.estimate + split.rate.estimate == pytest.approx(split.change.estimate, abs=1e-12)


def test_slices_are_in_order():
    made = pd.concat(
        [rows(NOW, start_on=p.start, end_on=p.end, rule="") for p in (week(0), week(2))], ignore_index=True
    )
    periods = [one.period for one in traffic.slices(ibis.memtable(made.assign(source_3="")))]
    assert all(first < second for first, second in pairwise(periods))
