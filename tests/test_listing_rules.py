"""LT9 to LT11 for the version in use: the line's origin, the probability, what follows."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from shopnb.metrics.listing_rules import Line, below, line_of, rules_of


def days(hits, trials=1000):
    return pd.DataFrame({"trials": float(trials), "successes": np.array(hits, dtype=float)})


def test_equal_days_are_a_mean_of_days_with_students_quantile():
    hits = [30, 45, 25, 40, 38, 50]
    rate, chance = below(days(hits), 0.045)
    assert rate == pytest.approx(0.038)
    error = np.std(hits, ddof=1) / 1000 / math.sqrt(6)  # clusters of equal size: the mean's own standard error
    assert chance == pytest.approx(scipy_stats.t.sf((rate - 0.045) / error, 5))


def test_days_that_hardly_differ_still_have_the_noise_of_counts():
    _, chance = below(days([40, 40, 40, 40]), 0.042)
    error = math.sqrt(4000 * 0.04 * 0.96) / 4000
    assert chance == pytest.approx(scipy_stats.t.cdf(0.002 / error, 3))


def test_few_days_or_counts_have_no_probability():
    assert math.isnan(below(days([40, 40]), 0.05)[1])
    assert math.isnan(below(days([1, 2, 1], trials=20), 0.05)[1])
    assert math.isnan(below(days([0, 0, 0]), 0.05)[1])


def test_own_history_comes_before_peers_and_peers_before_the_seed():
    own, peers = Line(0.03, "own", dt.date(2026, 8, 1)), Line(0.04, "peers", dt.date(2026, 8, 2))
    assert line_of("click_rate", {"click_rate": own}, {"click_rate": peers}) is own
    assert line_of("click_rate", {}, {"click_rate": peers}) is peers
    assert line_of("click_rate", {}, {}).origin == "seed"
    assert line_of("cart_rate", {}, {}) is None


@pytest.mark.parametrize(("changed", "code"), [(False, "LT10"), (True, "LT11")])
def test_low_carts_are_the_pages_fault_and_the_products_once_the_page_was_changed(changed, code):
    lines = {"click_rate": Line(0.03, "own"), "cart_rate": Line(0.1, "own")}
    counts = {"click_rate": days([40, 41, 39, 40]), "cart_rate": days([50, 52, 48, 50])}
    found = rules_of(counts, lines, detail_changed=changed)
    assert [(one.code, one.verdict) for one in found] == [("LT9", "fine"), (code, "low")]
