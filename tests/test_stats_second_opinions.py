"""Statistics of listing tests against what other packages gave for the same counts.

tea-tasting 1.14.0, ville 0.1.0 and gbstats 0.8.0 were run in environments of their own; their numbers are written here.
statsmodels is run in the test.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shopnb.stats import (
    always_valid_difference,
    compare_means,
    compare_proportions,
    compare_ratios,
    effect_trend,
    same_effect,
)
from shopnb.stats.sequential import width_of

FIRST, SECOND = (1000, 20_000), (1120, 20_000)


def test_two_rates_are_tea_tastings():
    """tt.Proportion(correction=False): p of the score test; tt.Mean: Welch on zeros and ones."""
    ours = compare_proportions(*FIRST, *SECOND)
    assert ours.p_value == pytest.approx(0.0074025384046678844, rel=1e-9)
    theirs = 0.001609024485726902, 0.010390975514273095  # another score interval than Newcombe's
    assert (ours.low, ours.high) == pytest.approx(theirs, abs=1e-5)
    means = compare_means(*((float(x), float(x), float(n)) for x, n in (FIRST, SECOND)))
    assert means.p_value == pytest.approx(0.007401743163182462, rel=1e-9)
    assert (means.low, means.high) == pytest.approx((0.0016091751700495378, 0.010390824829950459), rel=1e-9)


def test_two_ratios_of_sums_are_tea_tastings():
    """tt.RatioOfMeans: delta method over users, Welch."""
    first = [1, 2, 0, 3, 1, 2, 0, 4, 3, 1], [3, 5, 2, 8, 4, 6, 1, 9, 7, 5]
    second = [2, 3, 1, 3, 2, 1, 5, 2, 3, 4], [4, 6, 3, 7, 5, 2, 8, 6, 5, 9]
    ours = compare_ratios(first, second)
    assert ours.estimate == pytest.approx(0.13272727272727275)
    assert (ours.low, ours.high) == pytest.approx((0.03176545043576372, 0.23368909501878177), rel=1e-6)
    assert ours.p_value == pytest.approx(0.01284167741882227, rel=1e-6)


@pytest.mark.parametrize(
    ("pace", "theirs"),
    [(0.5, 4.380729273265861), (3.0, 3.1364011027987417), (25.0, 3.1015388968276123), (200.0, 3.369160622832176)],
)
def test_widths_for_any_look_are_villes(pace, theirs):
    """ville.normal_mixture(v, 0.05, v / pace) / sqrt(v): Robbins' boundary in standard errors."""
    assert width_of(0.95, pace) == pytest.approx(theirs, rel=1e-12)


def test_the_interval_for_any_look_is_gbstats():
    """SequentialTwoSidedTTest, absolute difference, tuning 5000: -0.0011957 to 0.0131957, p 0.2350."""
    rows = pd.DataFrame({"variant": ["A", "B"], "day": None, "trials": 20_000, "successes": [1000, 1120]})
    ours = always_valid_difference(rows, tuning=5000)
    assert (ours.low, ours.high) == pytest.approx((-0.00119566372587971, 0.013195663725879707), abs=2e-6)
    assert ours.p_value == pytest.approx(0.23502261224553805, abs=2e-3)


def test_whether_groups_share_an_effect_is_statsmodels_test_of_homogeneity():
    from statsmodels.stats.meta_analysis import combine_effects

    effects, errors = np.array([0.004, 0.011, -0.002]), np.array([0.003, 0.004, 0.002])
    theirs = combine_effects(effects, np.square(errors)).test_homogeneity()
    assert same_effect(effects, errors) == pytest.approx(theirs.pvalue)
    assert np.isnan(same_effect([0.01], [0.001]))


def test_the_trend_of_a_difference_is_a_weighted_line():
    import statsmodels.api as sm

    trials = np.array([2000, 3000, 2500, 4000, 2000, 3500])
    hits = np.array([[100, 118], [148, 176], [127, 148], [199, 224], [101, 109], [174, 190]])
    rows = pd.DataFrame(
        {
            "variant": list("AB") * 6,
            "day": np.repeat(range(6), 2),
            "trials": np.repeat(trials, 2),
            "successes": hits.ravel(),
        }
    )
    ours = effect_trend(rows, between=("A", "B"))
    gap = (hits[:, 1] - hits[:, 0]) / trials
    theirs = sm.WLS(gap, sm.add_constant(np.arange(6.0)), weights=trials).fit()
    assert ours.estimate == pytest.approx(theirs.params[1])  # days vary less than chance: no variance is added
    assert ours.days == 6
    assert ours.early > ours.late
    assert effect_trend(rows[rows["day"] < 4], between=("A", "B")).code == "too_few_days"
    assert effect_trend(rows, between=("A", "C")).code == "too_few_days"
