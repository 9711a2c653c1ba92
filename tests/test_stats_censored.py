"""Totals of ranges: exact cells, codes, coverage on simulated markets, a million listings."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from shopnb.stats import censored_total, fit_censored


def shown(counts, *, exact_below=100, open_from=10_000):
    """What a listing shows: exact below, then steps of one leading digit, open from `open_from` on."""
    counts = np.floor(counts)
    power = 10 ** np.floor(np.log10(np.maximum(counts, 1)))
    low = np.where(counts >= exact_below, np.floor(counts / power) * power, counts)
    high = np.where(counts >= exact_below, low + power - 1, counts)
    is_open = counts >= open_from
    return counts, np.where(is_open, open_from, low), np.where(is_open, np.inf, high)


MARKETS = {
    "lognormal": lambda rng, n: rng.lognormal(4.5, 2.0, n),
    "pareto": lambda rng, n: 30 * (rng.pareto(1.4, n) + 1),
    "mixture": lambda rng, n: np.where(rng.random(n) < 0.8, rng.lognormal(3, 1, n), rng.lognormal(6, 1.3, n)),
}


@pytest.mark.parametrize("market", MARKETS)
def test_interval_covers_the_true_total(market):
    rng = np.random.default_rng(11)
    covered, runs = 0, 20
    for _ in range(runs):
        counts, low, high = shown(MARKETS[market](rng, 600), exact_below=10)
        prices = rng.lognormal(4, 0.5, 600)
        total = censored_total(low, high, weights=prices)
        assert total.low <= total.estimate <= total.high
        covered += total.low * 0.999999 <= (prices * counts).sum() <= total.high * 1.000001
    assert covered / runs >= 0.7  # 90 % nominal, 20 runs


def test_exact_counts_are_summed_exactly():
    total = censored_total([3, 0, 1200], [3, 0, 1200], weights=[2.0, 9.0, 0.5])
    assert (total.estimate, total.low, total.high, total.code) == (606.0, 606.0, 606.0, None)
    low = [5] * 40 + [100] * 30 + [200] * 20
    high = [5] * 40 + [199] * 30 + [299] * 20
    mixed = censored_total(low, high)
    assert 40 * 5 + 30 * 100 + 20 * 200 < mixed.low < mixed.estimate < mixed.high < 200 + 30 * 199 + 20 * 299
    expected = fit_censored(low, high).expected
    assert (expected[:40] == 5).all()
    assert 100 < expected[40] < 199
    assert 200 < expected[70] < 299


@pytest.mark.parametrize(
    ("low", "high", "code"),
    [
        ([], [], "no_listings"),
        ([-1] * 30, [5] * 30, "invalid_ranges"),
        ([9] * 30, [5] * 30, "invalid_ranges"),
        ([1000] * 30, [math.nan] * 30, "one_bucket"),
        ([100] * 30, [199] * 30, "one_bucket"),
        ([0] * 30 + [100] * 5, [0] * 30 + [math.inf] * 5, "one_bucket"),
        ([math.nan] * 30, [math.nan] * 30, "one_bucket"),
        ([10] * 5 + [100] * 5, [10] * 5 + [math.nan] * 5, "too_few_listings"),
    ],
)
def test_what_cannot_be_known_has_a_code(low, high, code):
    total = censored_total(low, high)
    assert total.code == code
    assert math.isnan(total.estimate)
    assert math.isnan(total.low)


def test_few_closed_ranges_give_their_ends():
    total = censored_total([10, 100], [19, 199])
    assert (total.low, total.high, total.code) == (110, 218, "too_few_listings")
    assert 110 < total.estimate < 218
    assert censored_total([1] * 30, [2] * 30, weights=[math.nan] * 30).code == "invalid_weights"


def test_same_input_same_numbers_and_order_does_not_matter():
    rng = np.random.default_rng(2)
    _, low, high = shown(rng.lognormal(4, 2, 300))
    order = rng.permutation(300)
    assert censored_total(low, high) == censored_total(low, high)
    one, other = censored_total(low, high), censored_total(low[order], high[order])
    assert other.estimate == pytest.approx(one.estimate, rel=1e-9)


def test_unknown_listings_are_taken_as_the_others():
    low, high = [10] * 50 + [20] * 50 + [math.nan] * 100, [19] * 50 + [29] * 50 + [math.nan] * 100
    all_of_them, known = censored_total(low, high), censored_total(low[:100], high[:100])
    assert all_of_them.estimate == pytest.approx(2 * known.estimate, rel=0.02)
    assert all_of_them.open_listings == 100


def test_parts_add_up_to_the_whole():
    rng = np.random.default_rng(4)
    _, low, high = shown(rng.lognormal(4, 2, 500))
    model = fit_censored(low, high)
    labels = np.arange(500) % 3
    parts, whole = model.simulate(np.ones(500), labels, 3), model.simulate(np.ones(500))
    assert np.median(parts.sum(axis=1)) == pytest.approx(np.median(whole), rel=0.01)


def test_a_million_listings_in_seconds():
    counts, low, high = shown(
        np.random.default_rng(1).lognormal(4.5, 2.2, 1_000_000), exact_below=10_000, open_from=1e5
    )
    before = time.process_time()
    total = censored_total(low, high)
    assert time.process_time() - before < 5
    assert total.low < counts.sum() < total.high


def test_goods_that_sell_more_and_cost_less_are_not_taken_as_independent():
    rng = np.random.default_rng(8)
    errors = []
    for _ in range(12):
        counts, low, high = shown(rng.lognormal(5, 1.5, 3000), open_from=1000)
        prices = np.exp(6 - 0.6 * np.log(counts + 1) + 0.3 * rng.standard_normal(3000))
        total = censored_total(low, high, weights=prices)
        truth = (prices * counts).sum()
        errors.append(total.estimate / truth - 1)
        assert total.low < truth * 1.05
        assert truth < total.high * 1.05
    # taken as independent, the open range alone (a third of the money) is off by a tenth and more
    assert abs(np.mean(errors)) < 0.03


def test_counts_hang_together_with_the_price_in_units_too():
    rng = np.random.default_rng(11)
    counts, low, high = shown(rng.lognormal(5, 1.5, 4000), open_from=1000)
    prices = np.exp(6 - 0.6 * np.log(counts + 1) + 0.3 * rng.standard_normal(4000))
    is_dear = (prices > np.quantile(prices[counts >= 1000], 0.5)) & (counts >= 1000)
    label = np.where(is_dear, 1, np.where(counts >= 1000, 0, -1))
    model = fit_censored(low, high)
    told = np.median(model.simulate(np.ones(4000), label, 2, along=prices), axis=0)
    blind = np.median(model.simulate(np.ones(4000), label, 2), axis=0)
    true = np.array([counts[label == k].sum() for k in (0, 1)])
    assert np.abs(told / true - 1).max() < 0.15
    assert np.abs(blind / true - 1).max() > 0.25


def test_ranges_that_meet_and_ranges_with_a_gap_are_read_as_given():
    rng = np.random.default_rng(3)
    values = rng.uniform(100, 400, 3000)
    edge = np.floor(values / 100) * 100
    meeting = censored_total(edge, edge + 100)
    assert meeting.low < values.sum() < meeting.high
    whole = np.floor(values)
    gap = censored_total(edge, edge + 99)
    assert gap.low < whole.sum() < gap.high


def test_zeros_are_exact_and_add_nothing():
    rng = np.random.default_rng(4)
    _, low, high = shown(rng.lognormal(5, 1, 500))
    with_zeros = censored_total(np.r_[low, np.zeros(500)], np.r_[high, np.zeros(500)])
    assert with_zeros.estimate == pytest.approx(censored_total(low, high).estimate, rel=1e-3)


def test_a_list_that_ends_within_its_lowest_range_is_covered():
    # nothing below 30, shown as 10 to 49: taken as filled from 10 on, 2 of 25 runs hold the truth
    rng = np.random.default_rng(5)
    edges = np.array([10.0, 50, 100, 500, 1000, 5000, 10_000, 50_000, 100_000])
    held = []
    for _ in range(25):
        counts = np.floor(30 * (rng.pareto(1.4, 2000) + 1))
        place = np.searchsorted(edges, counts, side="right") - 1
        prices = np.exp(4 - 0.3 * np.log1p(counts) + 0.5 * rng.standard_normal(2000))
        total = censored_total(edges[place], np.append(edges[1:] - 1, np.inf)[place], weights=prices)
        held.append(total.low <= (prices * counts).sum() <= total.high)
    assert np.mean(held) >= 0.75  # 90 % nominal


@pytest.mark.parametrize("listings", [25, 100, 1000])
def test_an_empty_top_needs_no_tail(listings):
    counts, low, high = shown(np.random.default_rng(6).lognormal(4, 1, listings), open_from=1e6)
    total = censored_total(low, high)
    assert (total.open_listings, total.open_share) == (0, 0.0)
    assert total.low * 0.98 <= counts.sum() <= total.high * 1.02
