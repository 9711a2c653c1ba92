"""Rates, means and ratios against published numbers, scipy and statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from shopnb.stats import compare_proportions, mean_interval, proportion_interval, ratio_interval

counts = st.tuples(st.integers(0, 5000), st.integers(1, 5000)).map(lambda pair: (min(pair), max(pair)))


@given(counts)
def test_rate_lies_within_its_interval_and_agrees_with_scipy(pair):
    successes, trials = pair
    rate = proportion_interval(successes, trials)
    assert 0 <= rate.low <= rate.estimate <= rate.high <= 1
    theirs = scipy_stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    assert (rate.low, rate.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@given(counts, counts)
def test_difference_is_antisymmetric_and_within_its_interval(first, second):
    there, back = compare_proportions(*first, *second), compare_proportions(*second, *first)
    assert there.low <= there.estimate <= there.high
    assert there.estimate == pytest.approx(-back.estimate)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    assert there.p_value == pytest.approx(back.p_value, nan_ok=True)


def test_newcombe_published_example():
    # Newcombe 1998, table II (a): 56/70 against 48/80, method 10: 0.0524 to 0.3339
    difference = compare_proportions(48, 80, 56, 70)
    assert (difference.low, difference.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_score_test_is_the_chi_square_without_correction():
    ours = compare_proportions(8502, 44700, 8279, 45489)  # cookie_cats, day-7 retention
    table = [[8502, 44700 - 8502], [8279, 45489 - 8279]]
    assert ours.p_value == pytest.approx(scipy_stats.chi2_contingency(table, correction=False).pvalue, rel=1e-9)
    assert ours.high < 0


@pytest.mark.parametrize(
    ("successes", "trials", "code"),
    [(1, 0, "invalid_counts"), (0, 0, "zero_denominator"), (-1, 9, "invalid_counts"), (math.nan, 9, "invalid_counts")],
)
def test_impossible_counts_give_a_code(successes, trials, code):
    for answer in (proportion_interval(successes, trials), compare_proportions(successes, trials, 1, 2)):
        assert answer.code == code
        assert math.isnan(answer.estimate)
        assert math.isnan(answer.low)


def test_level_is_a_confidence():
    assert proportion_interval(5, 50, level=0.9).low > proportion_interval(5, 50, level=0.99).low
    with pytest.raises(ValueError, match="confidence"):
        proportion_interval(5, 50, level=95)


def test_mean_agrees_with_scipy():
    values = np.array([3.0, 8.0, 1.0, 4.5])
    ours = mean_interval(values.sum(), (values**2).sum(), len(values))
    theirs = scipy_stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))
    assert mean_interval(3.0, 9.0, 1).code == "too_few"
    assert mean_interval(0, 0, 0).code == "zero_denominator"


def test_ratio_by_hand_and_coverage():
    # two days, 100 for 1 buyer and 50 for 1: residuals 25 and -25, half-width t(1) * sqrt(2 * 1250) / 2
    ours = ratio_interval([100, 50], [1, 1])
    assert ours.estimate == 75
    assert ours.high - 75 == pytest.approx(12.706205 * 25, rel=1e-6)
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(1000):
        buyers = rng.poisson(40, 28)
        amounts = rng.gamma(buyers * 2.0, 50.0)
        answer = ratio_interval(amounts, buyers)
        hits += answer.low <= 100 <= answer.high
    assert 0.93 <= hits / 1000 <= 0.97


def test_ratio_codes():
    assert ratio_interval([1.0], [2.0]).code == "too_few"
    assert ratio_interval([0, 0], [0, 0]).code == "zero_denominator"
    assert ratio_interval([1, 2], [1]).code == "invalid_counts"
