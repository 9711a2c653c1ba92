"""Intervals for one rate, the difference of two, a mean and a ratio of sums.

Belongs here: closed formulas on counts and sums. Stratified and sequential tests live in `rotation`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from shopnb.stats.estimate import NAN, Estimate, is_count, normal_quantile, student_quantile, unknown


def wilson(successes: float, trials: float, quantile: float) -> tuple[float, float]:
    """Ends of Wilson's score interval (Wilson 1927); `trials` > 0, may be an effective, broken number."""
    rate, square = successes / trials, quantile**2
    centre = (rate + square / (2 * trials)) / (1 + square / trials)
    half = quantile / (1 + square / trials) * math.sqrt(rate * (1 - rate) / trials + square / (4 * trials**2))
    low = 0.0 if successes <= 0 else max(0.0, centre - half)
    high = 1.0 if successes >= trials else min(1.0, centre + half)
    return min(low, rate), max(high, rate)


def _count_fault(successes: float, trials: float) -> str | None:
    if not is_count(successes, trials) or successes > trials:
        return "invalid_counts"
    return "zero_denominator" if trials == 0 else None


def proportion_interval(successes: float, trials: float, *, level: float = 0.95) -> Estimate:
    """A rate with Wilson's score interval.

    Parameters
    ----------
    successes, trials : counts, 0 <= successes <= trials.
    level : confidence, 0.95.

    Returns
    -------
    Estimate
        Shares 0-1. NaN with `zero_denominator` (no trials) or `invalid_counts` (negative, not finite, more successes
        than trials). No p value.

    Examples
    --------
    >>> rate = proportion_interval(0, 20)
    >>> rate.estimate, rate.low, round(rate.high, 4)
    (0.0, 0.0, 0.1611)
    >>> proportion_interval(0, 0).code
    'zero_denominator'
    """
    quantile = normal_quantile(level)
    if fault := _count_fault(successes, trials):
        return unknown(fault)
    return Estimate(successes / trials, *wilson(successes, trials, quantile))


def compare_proportions(a: float, n_a: float, b: float, n_b: float, *, level: float = 0.95) -> Estimate:
    """The difference of two rates, second minus first.

    Parameters
    ----------
    a, n_a : successes and trials of the first group.
    b, n_b : successes and trials of the second.
    level : confidence, 0.95.

    Returns
    -------
    Estimate
        `estimate` = b/n_b - a/n_a (share points, -1 to 1). Interval: Newcombe's hybrid score (1998, method 10).
        p: two-sided score test, pooled variance (the chi-square test without continuity correction). p is NaN when
        both rates are 0 or both are 1. Codes as in `proportion_interval`.

    Examples
    --------
    >>> lift = compare_proportions(1000, 20000, 1120, 20000)
    >>> round(lift.estimate, 4), round(lift.p_value, 4)
    (0.006, 0.0074)
    """
    quantile = normal_quantile(level)
    if fault := _count_fault(a, n_a) or _count_fault(b, n_b):
        return unknown(fault)
    first, second = a / n_a, b / n_b
    low_a, high_a = wilson(a, n_a, quantile)
    low_b, high_b = wilson(b, n_b, quantile)
    difference = second - first
    low = difference - math.hypot(second - low_b, high_a - first)
    high = difference + math.hypot(high_b - second, first - low_a)
    pooled = (a + b) / (n_a + n_b)
    variance = pooled * (1 - pooled) * (1 / n_a + 1 / n_b)
    p_value = float(2 * special.ndtr(-abs(difference) / math.sqrt(variance))) if variance > 0 else NAN
    return Estimate(difference, max(-1.0, low), min(1.0, high), p_value)


def mean_interval(total: float, squares: float, count: float, *, level: float = 0.95) -> Estimate:
    """A mean from the sum, the sum of squares and the number of values, with Student's interval.

    Returns
    -------
    Estimate
        NaN with `zero_denominator` (no values), `too_few` (one value: the spread is unknown) or `invalid_counts`.

    Examples
    --------
    >>> spend = mean_interval(6.0, 14.0, 3)
    >>> round(spend.low, 3), spend.estimate, round(spend.high, 3)
    (-0.484, 2.0, 4.484)
    """
    if not is_count(count) or not (math.isfinite(total) and math.isfinite(squares)) or squares < 0:
        return unknown("invalid_counts")
    if count < 2:
        return unknown("too_few" if count else "zero_denominator")
    spread = squares - total**2 / count
    if spread < -1e-9 * squares:
        return unknown("invalid_counts")
    half = student_quantile(level, count - 1) * math.sqrt(max(spread, 0.0) / (count - 1) / count)
    return Estimate(total / count, total / count - half, total / count + half)


def ratio_interval(numerators: ArrayLike, denominators: ArrayLike, *, level: float = 0.95) -> Estimate:
    """A ratio of two sums, by the delta method over independent units (days, orders, buyers).

    Parameters
    ----------
    numerators, denominators : one value a unit, such as a day's paid amount and its buyers.
        Units with a missing part are left out.

    Returns
    -------
    Estimate
        sum(numerators) / sum(denominators). NaN with `too_few` (under two units), `zero_denominator`, `invalid_counts`
        (shapes differ, negative denominators).

    Notes
    -----
    Standard error of the linearised ratio (Cochran 1977, 2.46): sqrt(n/(n-1) sum (y - R x)^2) / sum(x), Student's t
    with n - 1 degrees of freedom.
    """
    tops, bottoms = np.asarray(numerators, float), np.asarray(denominators, float)
    if tops.shape != bottoms.shape or tops.ndim != 1:
        return unknown("invalid_counts")
    whole = np.isfinite(tops) & np.isfinite(bottoms)
    tops, bottoms = tops[whole], bottoms[whole]
    if (bottoms < 0).any():
        return unknown("invalid_counts")
    if bottoms.sum() == 0:
        return unknown("zero_denominator")
    units = len(tops)
    if units < 2:
        return unknown("too_few")
    ratio = float(tops.sum() / bottoms.sum())
    residual = float(np.square(tops - ratio * bottoms).sum())
    half = student_quantile(level, units - 1) * math.sqrt(units / (units - 1) * residual) / float(bottoms.sum())
    return Estimate(ratio, ratio - half, ratio + half)
