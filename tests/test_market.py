"""A simulated search listing: goods, size, bands, concentration and page one against the known truth."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from shopnb.metrics import market


def listing_lines(**columns):
    length = len(next(iter(columns.values())))
    blank = {
        "query": ["cup"] * length,
        "snapshot_on": [None] * length,
        "position": list(range(1, length + 1)),
        "item_id": [None] * length,
        "title": [f"title {k}" for k in range(length)],
        "shop_name": [f"shop {k}" for k in range(length)],
        "brand": [None] * length,
        "place": [None] * length,
        "price_low": [50.0] * length,
        "sold_low": [10.0] * length,
        "comments": [None] * length,
        "freight": [None] * length,
        "is_tmall": [None] * length,
        "is_paid_slot": [False] * length,
    }
    frame = pd.DataFrame({**blank, **columns})
    for name in ("price", "sold"):
        if f"{name}_high" not in frame:
            frame[f"{name}_high"] = frame[f"{name}_low"]
    return frame


def simulated_market(goods=800, seed=1):
    """Lines with shown ranges, and the true units."""
    rng = np.random.default_rng(seed)
    units = np.floor(rng.lognormal(4.5, 1.6, goods))
    price = np.round(rng.lognormal(4, 0.6, goods), 2)
    power = 10 ** np.floor(np.log10(np.maximum(units, 1)))
    is_shown_open = units >= 100
    low = np.where(is_shown_open, np.floor(units / power) * power, units)
    shop = [f"shop {int(k)}" for k in np.floor(rng.pareto(1.0, goods) * 5)]
    lines = listing_lines(
        price_low=price, sold_low=low, sold_high=np.where(is_shown_open, np.nan, units), shop_name=shop
    )
    return lines, units, price


def test_repeats_are_merged_and_placeholders_set_aside():
    lines = listing_lines(
        item_id=["1", "1", None, None, "4", "5", "6"],
        title=["Cup", "Cup", "Ｃｕｐ  red", "cup red", "d", "e", "f"],
        shop_name=["a", "a", "b", "b", "c", "c", "c"],
        is_paid_slot=[True, False, False, False, True, False, False],
        sold_low=[10.0, 30.0, 5.0, 5.0, 7.0, 8.0, 9.0],
        price_low=[12.0, 12.0, 20.0, 20.0, 30.0, 99999.0, 0.0],
        price_high=[35.0, 35.0, 20.0, 20.0, 30.0, 99999.0, 0.0],
    )
    goods = market.listing_goods(lines)
    assert goods.lines == len(goods.frame) + goods.repeats + goods.placeholders == 7
    assert (goods.repeats, goods.placeholders, goods.paid_lines) == (2, 2, 2)
    first = goods.frame.set_index("title").loc["Cup"]
    assert (first["price"], first["sold_low"], first["is_paid"]) == (23.5, 30.0, False)
    assert goods.frame["is_paid"].tolist() == [False, False, True]


def test_a_price_of_eights_is_a_placeholder_only_far_above_the_others():
    cheap = listing_lines(price_low=[20.0] * 9 + [8888.0])
    dear = listing_lines(price_low=[6000.0] * 9 + [8888.0])
    assert market.listing_goods(cheap).placeholders == 1
    assert market.listing_goods(dear).placeholders == 0


def test_ladder_closes_by_the_steps_seen_and_those_between():
    low = np.array([100.0, 200.0, 500.0, 10_000.0, 15_000.0, 30_000.0, 100_000.0])
    closed, top = market.close_ladder(low, np.full(7, np.nan))
    assert closed[:6].tolist() == [199, 299, 599, 14_999, 19_999, 34_999]
    assert math.isnan(closed[6])
    assert top == 100_000
    # the highest: one listing at 3万+ is a step like the others, five are where counting stops
    for at_top, high, open_top in ((1, 34_999, math.nan), (5, math.nan, 30_000)):
        low = np.array([10_000.0] * 4 + [15_000.0] * 2 + [30_000.0] * at_top)
        closed, top = market.close_ladder(low, np.full(len(low), np.nan))
        np.testing.assert_equal((closed[-1], top), (high, open_top))
    # two steps tell no divisor: up to the next one seen
    assert market.close_ladder(np.array([100.0, 700.0]), np.full(2, np.nan))[0][0] == 699


def test_size_covers_the_truth_and_the_shortcut_does_not():
    lines, units, price = simulated_market()
    size = market.market_size(market.listing_goods(lines))
    assert size.units.low <= units.sum() <= size.units.high
    assert size.money.low <= (units * price).sum() <= size.money.high
    assert size.shown_money < size.money.low
    half = market.market_size(market.listing_goods(lines), factor=0.5)
    assert half.money.estimate == pytest.approx(size.money.estimate / 2)


def test_bands_add_up_and_find_the_true_shares():
    lines, units, price = simulated_market(2000, seed=3)
    bands = market.price_bands(market.listing_goods(lines), edges=[40.0, 80.0], own_shop="shop 2")
    frame = bands.frame
    assert frame["goods"].sum() == 2000
    assert frame["goods_share"].sum() == pytest.approx(1)
    assert frame["money_share"].sum() == pytest.approx(1, abs=0.01)
    true = np.bincount(np.digitize(price, [40.0, 80.0]), units * price) / (units * price).sum()
    assert (np.abs(frame["money_share"] - true) < 0.04).all()
    assert (frame["ratio_low"] <= frame["ratio"]).all()
    assert (frame["ratio"] <= frame["ratio_high"]).all()
    assert frame["own"].sum() == (lines["shop_name"] == "shop 2").sum()
    assert 0 < bands.own_share.low <= bands.own_share.estimate <= bands.own_share.high < 1


def test_band_edges_are_named_prices():
    edges = market.band_edges(pd.Series(np.random.default_rng(1).lognormal(4, 0.6, 500)))
    assert edges == sorted(set(edges))
    assert len(edges) == 5
    assert market.band_edges(pd.Series([9.9] * 50)) == []


def test_bands_are_cut_where_sellers_begin_to_stand_closer():
    rng = np.random.default_rng(2)
    cuts = [10.0, 20.0, 30.0, 60.0, 80.0, 200.0]  # on the log scale dense between 20 and 30 and between 60 and 80
    goods = [100, 300, 100, 300, 200]
    prices = [np.exp(rng.uniform(np.log(a), np.log(b), n)) for a, b, n in zip(cuts, cuts[1:], goods, strict=False)]
    assert market.band_edges(pd.Series(np.concatenate(prices)), wanted=5) == [20.0, 30.0, 60.0, 80.0]


def test_a_band_that_lives_on_one_hit_has_a_wide_range():
    rng = np.random.default_rng(3)
    price = np.repeat([10.0, 100.0], 200)
    even = np.round(rng.lognormal(4, 0.3, 400))
    hit = even.copy()
    hit[0] = even[:200].sum()  # half of the band's units
    wide, narrow = (
        market.price_bands(market.listing_goods(listing_lines(sold_low=sold, price_low=price)), edges=[50.0])
        for sold in (hit, even)
    )
    first, other = (bands.frame.iloc[0] for bands in (wide, narrow))
    assert (first["money_share_low"], first["money_share_high"]) == (first["money_share"], first["money_share"])
    assert np.log(first["ratio_high"] / first["ratio_low"]) > 4 * np.log(other["ratio_high"] / other["ratio_low"])
    assert other["ratio_low"] < other["ratio"] < other["ratio_high"]


def test_the_range_of_a_ratio_is_that_of_other_shops():
    rng = np.random.default_rng(5)

    def one_market():
        shop = rng.integers(0, 60, 400)
        price = np.where(rng.random(400) < 0.5, 10.0, 100.0)
        sold = np.round(np.exp(rng.normal(0, 0.7, 60))[shop] * rng.lognormal(3, 0.8, 400) * np.where(price > 50, 1, 2))
        names = [f"shop {k}" for k in shop]
        goods = market.listing_goods(listing_lines(sold_low=sold, price_low=price, shop_name=names))
        dear = market.price_bands(goods, edges=[50.0]).frame.iloc[1]
        return dear["ratio_low"], dear["ratio_high"]

    # money of the dear half ÷ its share of goods: 100 x 1 of 100 x 1 + 10 x 2, twice
    true = 2 * 100 / 120
    held = [low <= true <= high for low, high in (one_market() for _ in range(30))]
    assert np.mean(held) >= 0.75  # 90 % nominal, 30 runs


def test_concentration_of_exact_numbers_by_hand():
    lines = listing_lines(shop_name=list("aabcde"), sold_low=[30.0, 10.0, 20.0, 20.0, 10.0, 10.0], price_low=[2.0] * 6)
    held = market.concentration(market.listing_goods(lines), own_shop="e")
    assert held.leaders[4].estimate == pytest.approx(0.9)
    assert held.leaders[20].estimate == pytest.approx(1.0)
    assert held.hhi.estimate == pytest.approx(0.16 + 0.04 * 2 + 0.01 * 2)
    assert held.shops["shop_name"].iloc[0] == "a"
    assert held.shops.loc[held.shops["is_own"], "share"].tolist() == [pytest.approx(0.1)]


def test_many_small_shops_keep_the_index_of_concentration():
    lines = listing_lines(sold_low=[10.0] * 1000, price_low=[5.0] * 1000)
    held = market.concentration(market.listing_goods(lines))
    assert held.hhi.estimate == pytest.approx(1 / 1000)
    assert held.leaders[4].estimate == pytest.approx(4 / 1000)
    assert len(held.shops) == market.SHOPS_DRAWN


def test_page_one_is_organic_and_a_median():
    lines = listing_lines(
        sold_low=[9000.0, 100.0, 200.0, 300.0, 50.0], is_paid_slot=[True] + [False] * 4, shop_name=list("abcde")
    )
    page = market.page_one(market.listing_goods(lines), own_shop="e", first=3)
    sold = page.table.set_index("measure").loc["sold"]
    assert (sold["median"], sold["best"], sold["own"], sold["gap"]) == (200, 250, 50, -150)
    assert "free_shipping" not in page.table["measure"].tolist()


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (listing_lines(sold_low=[math.nan] * 30), "no_listings"),
        (listing_lines(sold_low=[100.0] * 30, sold_high=[math.nan] * 30), "one_bucket"),
        (listing_lines(sold_low=[5.0, 100.0] * 5, sold_high=[5.0, math.nan] * 5), "too_few_listings"),
        (listing_lines(sold_low=[5.0] * 5, price_low=[0.0] * 5), "no_listings"),
    ],
)
def test_what_a_listing_cannot_tell_has_a_code(lines, code):
    goods = market.listing_goods(lines)
    assert market.market_size(goods).money.code == code
    assert math.isnan(market.market_size(goods).money.estimate)
    bands, held = market.price_bands(goods), market.concentration(goods)
    assert (bands.code, held.code) == (code, code)
    assert bands.frame["money_share"].isna().all()
    assert bands.frame["goods"].sum() == len(goods.frame)
    assert math.isnan(held.leaders[4].estimate)
