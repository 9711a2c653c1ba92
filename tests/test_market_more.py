"""Growth, words, category choice, index amounts, seasons, reach and rivals on small worlds worked out by hand."""

from __future__ import annotations

import datetime as dt
import math

import ibis
import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.seasonal import STL

from shopnb.metrics import market
from shopnb.stats import Estimate, fit_index_curve, season_of
from shopnb.text import title_words, word_table


def goods_of(sold, *, price=10.0, title=None, shop=None, **columns):
    count = len(sold)
    lines = {
        "position": range(1, count + 1),
        "item_id": [f"i{k}" for k in range(count)],
        "title": title or [f"t{k}" for k in range(count)],
        "shop_name": shop or [f"s{k}" for k in range(count)],
        "brand": None,
        "place": None,
        "price_low": price,
        "sold_low": np.asarray(sold, float),
        "sold_high": np.asarray(sold, float),
        "comments": None,
        "freight": None,
        "is_tmall": None,
        "is_paid_slot": False,
        "service": None,
        **columns,
    }
    frame = pd.DataFrame(lines)
    return market.listing_goods(frame.assign(price_high=frame["price_low"]))


def test_numbers_that_only_rise_are_cumulative_and_their_difference_was_sold():
    before, after = goods_of([100.0] * 400), goods_of([130.0] * 400)
    grown = market.growth_between(before, after, days=15)
    assert grown.kind == "cumulative"
    assert grown.growth.code == "cumulative"
    assert grown.sold_units.estimate == pytest.approx(30 * 400 * 2)  # 15 days are half of thirty
    assert grown.sold_money.estimate == pytest.approx(30 * 400 * 2 * 10)


def test_numbers_that_fall_are_rolling_and_grow_like_for_like():
    before, after = goods_of([100.0] * 100), goods_of([50.0] * 40 + [200.0] * 60)
    grown = market.growth_between(before, after, days=30)
    assert (grown.kind, grown.matched, grown.entered, grown.left) == ("rolling", 100, 0, 0)
    assert grown.falling.estimate == 0.4
    assert grown.growth.estimate == pytest.approx((40 * 50 + 60 * 200) / 10_000 - 1)
    assert grown.sold_money.code == "not_cumulative"


def test_entry_and_exit_have_shares_and_other_lengths_are_not_compared():
    before = goods_of([100.0] * 30 + [50.0] * 20)
    after = goods_of([90.0] * 30, item_id=[f"i{k}" for k in range(10, 40)])
    grown = market.growth_between(before, after, days=7)
    assert (grown.matched, grown.entered, grown.left) == (30, 0, 20)
    assert grown.growth.code == "coverage_changed"
    # left: 10 of 100 and 10 of 50, of 30 x 100 + 20 x 50
    assert grown.left_share.estimate == pytest.approx(1500 / 4000)
    assert grown.bands.empty


def test_too_few_matched_goods_leave_it_open():
    grown = market.growth_between(goods_of([5.0] * 10), goods_of([6.0] * 10), days=7)
    assert (grown.kind, grown.falling.code) == ("unknown", "too_few_matched")


def test_a_range_falls_only_where_it_lies_wholly_below():
    lines = {"sold_high": [199.0] * 30 + [299.0] * 30}
    before = goods_of([100.0] * 30 + [200.0] * 30, **lines)
    after = goods_of([150.0] * 30 + [100.0] * 30, sold_high=[249.0] * 30 + [199.0] * 30)
    assert market.growth_between(before, after, days=7).falling.estimate == 0.5


def test_words_of_a_title_are_whole_words():
    assert title_words("正品 304不锈钢保温杯,吸管杯") == ["304", "不锈钢", "保温杯", "吸管"]
    words, table = word_table(["保温杯 吸管", "保温杯", "茶杯"], least=1, most=2)
    assert words == ["保温杯", "吸管", "茶杯"]
    assert table.toarray().tolist() == [[1, 1, 0], [1, 0, 0], [0, 0, 1]]


def word_market(factor, *, seed=4, brand=False):
    """300 goods of one price; a third say 吸管 and sell `factor` times as much."""
    rng = np.random.default_rng(seed)
    has = np.arange(300) % 3 == 0
    sold = np.round(rng.lognormal(4, 0.8, 300) * np.where(has, factor, 1.0))
    title = ["保温杯 吸管 茶杯" if one else "保温杯 水壶" if k % 2 else "保温杯" for k, one in enumerate(has)]
    shop = ["one" if brand and one else f"s{k}" for k, one in enumerate(has)]
    return goods_of(sold, title=title, shop=shop), sold, has


def test_a_word_that_sells_is_found_with_its_ratio():
    goods, sold, has = word_market(2.0)
    found = market.title_word_shares(goods).frame.set_index("word")
    row = found.loc["吸管"] if "吸管" in found.index else found.loc["茶杯"]
    assert bool(row["holds"])
    assert row["goods_share"] == pytest.approx(1 / 3)
    assert row["money_share"] == pytest.approx(sold[has].sum() / sold.sum())
    assert row["ratio"] == pytest.approx(row["money_share"] * 3)
    assert 1 < row["ratio_low"] < row["ratio"] < row["ratio_high"]


def test_no_word_holds_in_noise_and_brands_are_no_attribute():
    said = [market.title_word_shares(word_market(1.0, seed=k)[0]).frame["holds"].any() for k in range(20)]
    assert sum(said) <= 3  # one in twenty expected
    assert set(market.title_word_shares(word_market(2.0, brand=True)[0]).frame["word"]) == {"水壶"}


def stepped(step):
    """600 goods from 30 to 60; those from `step` on sell three times as much, and say 吸管 up to 50."""
    price = np.linspace(30, 59.95, 600)
    sold = np.round(np.random.default_rng(5).lognormal(4, 0.3, 600) * np.where(price >= step, 3.0, 1.0))
    named = (price >= step) & (price < 50) & (np.arange(600) % 4 > 0)
    return goods_of(sold, price_low=price, title=["保温杯 吸管" if one else "保温杯 水壶" for one in named])


@pytest.mark.parametrize("edges", [[40.0, 50.0], [44.0, 50.0], [46.0, 56.0]])
def test_a_word_that_only_marks_dearer_goods_does_not_hold_wherever_the_edges_are(edges):
    """The money steps up at 46 with the price, not with the word: other edges show it, so no word holds."""
    found = market.title_word_shares(stepped(46.0), edges=edges, within=1).frame.set_index("word")
    assert not found["holds"].any()
    assert found.loc["吸管", "ratio_low"] < 1.1


def test_dear_goods_are_compared_with_dear_ones():
    rng = np.random.default_rng(1)
    price = np.where(np.arange(400) < 200, 10.0, 100.0)
    title = ["便宜 茶杯" if k < 200 and k % 2 else "贵重 水壶" if k >= 200 and k % 2 else "杯子" for k in range(400)]
    goods = goods_of(np.round(rng.lognormal(4, 0.5, 400)), price_low=price, title=title)
    plain = market.title_word_shares(goods).frame.set_index("word")["ratio"]
    banded = market.title_word_shares(goods, edges=[50.0]).frame.set_index("word")["ratio"]
    assert plain.max() > 1.7
    assert (banded - 1).abs().max() < 0.15


def category(name, size, four, **more):
    known = {"growth": 0.1, "price": 50.0, "margin": 0.4, "season": 1.5, **more}
    return market.Category(
        name, Estimate(size, size * 0.9, size * 1.1), concentration=Estimate(four, four - 0.02, four + 0.02),
        **{key: Estimate(value) for key, value in known.items()},
    )  # fmt: skip


def test_a_smaller_open_category_leads_when_concentration_weighs():
    # the down jackets and the short coats of the catalogue
    pair = [category("羽绒服", 9e7, 0.75), category("短外套", 2e7, 0.2)]
    large = market.compare_categories(pair, {"size": 0.8, "concentration": 0.2})
    small = market.compare_categories(pair, {"size": 0.2, "concentration": 0.8})
    assert (large.frame["category"].iloc[0], small.frame["category"].iloc[0]) == ("羽绒服", "短外套")
    assert small.frame["first_share"].iloc[0] > 0.9
    flips = large.flips.set_index("criterion")
    assert flips.loc["size", "then"] == "短外套"
    # others keep their proportions: at the flip size weighs as much as concentration
    weight = large.used
    rest = sum(weight.values()) - weight["size"]
    assert flips.loc["size", "flips_at"] == pytest.approx(weight["concentration"] / (rest + weight["concentration"]))


def test_what_one_category_lacks_counts_for_none():
    lacking = category("b", 2e7, 0.2, growth=math.nan)
    found = market.compare_categories([category("a", 1e7, 0.3), lacking], {})
    assert found.left_out == ("growth",)
    assert sum(found.used.values()) == pytest.approx(1)
    assert market.compare_categories([lacking], {}).code == "one_category"


def test_index_amounts_follow_the_own_pairs():
    # amount = index ** 2 / 1000
    index = [1000.0, 2000.0, 5000.0]
    curve = fit_index_curve(index, [one**2 / 1000 for one in index])
    inside, known, outside, far = curve.amounts([3000.0, 2000.0, 9000.0, 1e9])
    assert (inside.low, inside.high) == (4000.0, 25_000.0)
    assert inside.estimate == pytest.approx(9000, rel=0.02)
    assert known.low == known.estimate == known.high == pytest.approx(4000)
    assert outside.code == "outside_pairs"
    assert outside.low < 81_000 < outside.high
    assert far.code == "far_outside_pairs"
    assert curve.exponent == pytest.approx(2)


@pytest.mark.parametrize(
    ("index", "amount", "code"),
    [([], [], "too_few_pairs"), ([1, 2], [1, 2], "too_few_pairs"), ([1, 2, 3], [5, 9, 4], "not_monotone")],
)
def test_pairs_that_say_nothing_are_refused(index, amount, code):
    assert fit_index_curve(index, amount).code == code
    assert fit_index_curve(index, amount).amounts([2.0])[0].code == code


OTHER_INDICES = ("search_popularity", "traffic_index", "customer_index")


def index_table(values, first="2024-01", level="category", **more):
    months = pd.period_range(first, periods=len(values), freq="M")
    frame = pd.DataFrame(
        {
            "start_on": [month.start_time.date() for month in months],
            "end_on": [month.end_time.date() for month in months],
            "level": level,
            "category": "保温杯",
            "entity": "",
            "shop_name": "",
            "trade_index_low": values,
            "trade_index_high": values,
            **{
                f"{name}_{end}": np.nan
                for name in ("search_popularity", "traffic_index", "customer_index")
                for end in ("low", "high")
            },
            **more,
        }
    )
    return ibis.memtable(frame)


SHAPE = np.array([1.0, 0.8, 0.9, 0.9, 0.9, 1.0, 0.9, 0.9, 1.1, 1.2, 1.6, 1.3])


def test_a_planted_season_gives_the_day_to_order():
    months = np.arange(36)
    year = market.year_of(index_table(1000 * 1.01**months * np.tile(SHAPE, 3)), today=dt.date(2026, 6, 1), lead_days=30)
    assert (year.season.method, year.peak, year.rises_from) == ("stl", 11, 10)
    # October 1st, 45 days to list, 30 to arrive
    assert (year.order_by, year.list_by) == (dt.date(2026, 7, 18), dt.date(2026, 8, 17))
    assert year.late_days == 0
    # two weeks late, but 30 days bring it before October; from September 2nd on they do not
    late = market.year_of(index_table(1000 * np.tile(SHAPE, 3)), today=dt.date(2026, 8, 1), lead_days=30)
    assert (late.order_by, late.late_days) == (dt.date(2026, 7, 18), 14)
    missed = market.year_of(index_table(1000 * np.tile(SHAPE, 3)), today=dt.date(2026, 9, 2), lead_days=30)
    assert (missed.order_by, missed.late_days) == (dt.date(2027, 7, 18), 0)


def test_seasons_agree_with_statsmodels_and_need_thirteen_months():
    values = pd.Series(1000 * np.tile(SHAPE, 3), index=pd.period_range("2023-01", periods=36, freq="M"))
    found = season_of(values).frame["index"].to_numpy()
    by_hand = np.exp(STL(np.log(values.to_numpy()), period=12, robust=True).fit().seasonal[:12])
    assert found == pytest.approx(by_hand / by_hand.mean(), rel=0.02)
    assert season_of(values.iloc[:12]).code == "too_few_months"
    short = season_of(values.iloc[:14])
    assert (short.method, int(short.frame["index"].idxmax()) + 1) == ("one_year", 11)
    holed = values.copy()
    holed.iloc[30] = math.nan
    assert season_of(holed).code == "too_few_months"


def test_no_season_is_claimed_of_noise():
    noise = np.exp(np.random.default_rng(3).normal(0, 0.15, 36))
    assert market.year_of(index_table(1000 * noise), today=dt.date(2026, 6, 1), lead_days=30).order_by is None


def test_own_pairs_need_every_day_and_indices_are_not_added():
    table = index_table([100.0, 200.0, 400.0], first="2026-01", level="shop", shop_name="mine")
    days = pd.date_range("2026-01-01", "2026-03-30")  # the last day of March lacks
    daily = ibis.memtable(pd.DataFrame({"day": days.date, "paid_amount": 10.0}))
    pairs = market.own_pairs(table, daily, "mine")
    assert pairs["amount"].tolist() == [310.0, 280.0]
    assert market.own_pairs(table, None, "mine").empty
    amounts = market.index_amounts(table, pairs)
    assert amounts.curve.code == "too_few_pairs"
    assert amounts.frame["amount"].isna().all()
    assert amounts.frame["index"].tolist() == [400.0]  # the newest period only


def bands_of():
    """Two bands, 30 goods each; own: one good in each, with a tenth and a twentieth of the money."""
    price = [10.0] * 30 + [100.0] * 30
    shop = ["mine" if k in (0, 30) else f"s{k}" for k in range(60)]
    sold = [100.0 if k == 0 else 900 / 29 if k < 30 else 5.0 if k == 30 else 95 / 29 for k in range(60)]
    return market.price_bands(goods_of(sold, price_low=price, shop=shop), edges=[50.0], own_shop="mine")


def test_the_ladder_to_what_is_within_reach_by_hand():
    costs = market.Costs(price=10.0, margin_rate=0.4, refund_rate=0.1, ads_rate=0.06, one_off=600.0, monthly=120.0)
    assert costs.per_unit(10.0) == pytest.approx(10 * (0.9 * 0.4 - 0.06))
    reach = market.reachable_market(
        bands_of(), chosen=[0], shares=(0.1, 0.1), costs=costs, conversion=Estimate(0.05, 0.04, 0.06)
    )
    steps = reach.steps.set_index("step")["best"]
    assert steps["market"] == pytest.approx(20_000)
    assert steps["bands"] == pytest.approx(10_000)
    assert steps["share"] == pytest.approx(1000)
    assert steps["margin"] == pytest.approx(1000 / 10 * 3 - 120)
    assert reach.break_even_units.estimate == 40
    assert reach.payback_units.estimate == 200
    assert reach.payback_months.estimate == pytest.approx(600 / 180)
    assert (reach.visitors.estimate, reach.share_from) == (pytest.approx(100 / 0.05), "typed")


def test_the_share_comes_from_the_own_bands_and_a_unit_cost_from_the_fees():
    reach = market.reachable_market(bands_of(), costs=market.Costs(margin_rate=0.4))
    assert (reach.share_from, reach.bands) == ("own", (0, 1))
    assert (reach.share.low, reach.share.high) == (pytest.approx(0.05), pytest.approx(0.1))
    priced = market.Costs(unit_cost=4.0, fee_rate=0.05, refund_rate=0.1)
    assert priced.per_unit(10.0) == pytest.approx(0.9 * (9.5 - 4))
    losing = market.reachable_market(bands_of(), costs=market.Costs(unit_cost=400.0, monthly=10.0))
    assert losing.break_even_units.code == "no_profit_per_unit"
    unknown = market.reachable_market(bands_of(), costs=market.Costs())
    assert (unknown.break_even_units.code, unknown.payback_units.code) == ("no_monthly_cost", "no_one_off_cost")
    lacking = market.reachable_market(bands_of(), costs=market.Costs(monthly=10.0, one_off=5.0))
    assert (lacking.break_even_units.code, lacking.payback_units.code) == ("no_margin", "no_margin")
    assert unknown.steps.set_index("step")["best"].isna().tolist() == [False, False, False, True]


def test_nobody_without_a_share_is_given_one():
    bands = market.price_bands(goods_of([5.0 + k for k in range(40)], price_low=list(range(10, 50))), edges=[30.0])
    reach = market.reachable_market(bands, costs=market.Costs(margin_rate=0.4))
    assert (reach.share_from, reach.share.code, reach.visitors.code) == ("none", "no_share", "no_conversion")


def test_rivals_of_another_kind_are_not_measured_by():
    noted = pd.DataFrame(
        {
            "noted_on": [dt.date(2026, 8, 1), dt.date(2026, 8, 30), dt.date(2026, 8, 30), dt.date(2026, 8, 30)],
            "rival_id": ["a", "a", "b", "c"],
            "shop_type": ["旗舰", "旗舰", "网红店", "C店"],
            "comparable": ["是", "是", "是", "否"],
            "own_item_id": ["i1", "i1", "i1", None],
            "list_price": [80.0, 80.0, 60.0, 9.0],
            "final_price": [70.0, 66.0, None, 9.0],
        }
    )
    table = market.rival_table(noted, {"i1": 60.0}).set_index("rival_id")
    assert table["is_comparable"].to_dict() == {"a": True, "b": False, "c": False}
    assert table["why_not"].to_dict() == {"a": "", "b": "kind_of_shop", "c": "said"}
    assert (table.loc["a", "price"], table.loc["a", "price_before"]) == (66.0, 70.0)
    assert table.loc["a", "gap"] == pytest.approx(0.1)
    assert math.isnan(table.loc["b", "price_before"])


def test_promises_are_shares_and_the_largest_lack_comes_first():
    service = ["包邮,运费险"] * 6 + ["包邮"] * 3 + [None]
    goods = goods_of([100.0] * 9 + [30.0], service=service, shop=[f"s{k}" for k in range(8)] + ["mine", "x"])
    table = market.page_one(goods, own_shop="mine").table.set_index("measure")
    assert table.loc["free_shipping", "median"] == 1.0
    assert table.loc["freight_insurance", "median"] == pytest.approx(6 / 9)
    assert table.loc["freight_insurance", "low"] < 6 / 9 < table.loc["freight_insurance", "high"]
    assert table.index[0] == "freight_insurance"
    assert table.loc["freight_insurance", "lack"] == 1.0


def test_money_beyond_the_last_line_is_a_sum_without_end():
    # stretches of 15 goods, each half of the one before: what follows 20 of them is 1 / (2^20 - 1)
    sold = np.repeat(2.0 ** np.arange(24, 4, -1), 15) - 0.5
    goods = goods_of(sold)
    size = market.market_size(goods)
    assert size.beyond.estimate / size.money.estimate - 1 == pytest.approx(1 / (2.0**20 - 1), rel=0.01)
    level = market.market_size(goods_of(np.random.default_rng(1).lognormal(4, 1, 400).round()))
    assert level.beyond.code == "no_order"


def test_gini_and_places_by_hand():
    goods = goods_of([30.0, 10.0], shop=["a", "b"], place=["浙江 杭州", "浙江 金华"])
    held = market.concentration(goods)
    assert held.gini.estimate == pytest.approx(0.25)  # (2 * 0.25 * 1 + 2 * 0.75 * 2) / 2 - 3 / 2
    by_place = market.concentration(goods, by="place")
    assert by_place.shops["shop_name"].tolist() == ["浙江"]
    assert market.concentration(goods, by="brand").code == "no_names"


def test_flagship_shops_by_hand():
    goods = goods_of([30.0, 10.0, 60.0], shop=["甲旗舰店", "乙", "丙专营店"])
    share, money = market.flagship_share(goods)
    assert (share, money.estimate) == (pytest.approx(1 / 3), pytest.approx(0.3))
    assert market.flagship_share(goods_of([1.0], shop=[""]))[1].code == "no_names"


def test_own_goods_of_a_band_have_their_money_and_share():
    own = bands_of().own_goods
    assert own["band"].tolist() == [0, 1]
    assert own["money"].tolist() == [1000.0, 500.0]
    assert own["share"].tolist() == [pytest.approx(0.1), pytest.approx(0.05)]
