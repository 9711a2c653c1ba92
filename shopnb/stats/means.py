"""Two means or two ratios of sums compared, and amounts whose largest values are capped.

Belongs here: outcomes that are amounts, not yes or no. Rates are `proportions`'.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from shopnb.stats.estimate import Estimate, is_count, student_quantile, unknown
from shopnb.stats.proportions import ratio_interval


def compare_means(
    first: tuple[float, float, float], second: tuple[float, float, float], *, level: float = 0.95
) -> Estimate:
    """The difference of two means, second minus first, by Welch's test (1947).

    Parameters
    ----------
    first, second : (sum, sum of squares, number of values) of each group.

    Returns
    -------
    Estimate
        In the unit of the values, with a two-sided p. Codes: `zero_denominator` (no values), `too_few` (under two in a
        group), `invalid_counts` (sums that cannot belong together), `no_spread` (all values equal in both groups).

    Examples
    --------
    >>> apart = compare_means((6.0, 14.0, 3), (15.0, 77.0, 3))
    >>> apart.estimate, round(apart.low, 3), round(apart.p_value, 4)
    (3.0, 0.733, 0.0213)
    """
    parts = []
    for total, squares, count in (first, second):
        if not is_count(count) or not (math.isfinite(total) and math.isfinite(squares)):
            return unknown("invalid_counts")
        if count < 2:
            return unknown("too_few" if count else "zero_denominator")
        spread = squares - total**2 / count
        if spread < -1e-9 * max(squares, 1.0):
            return unknown("invalid_counts")
        parts.append((total / count, max(spread, 0.0) / (count - 1) / count, count - 1))
    (mean_a, error_a, free_a), (mean_b, error_b, free_b) = parts
    variance = error_a + error_b
    if variance == 0:
        return unknown("no_spread")
    freedom = variance**2 / (error_a**2 / free_a + error_b**2 / free_b)
    return _student(mean_b - mean_a, math.sqrt(variance), freedom, level)


def compare_ratios(
    first: tuple[ArrayLike, ArrayLike], second: tuple[ArrayLike, ArrayLike], *, level: float = 0.95
) -> Estimate:
    """The difference of two ratios of sums, second minus first, by the delta method over independent units.

    Parameters
    ----------
    first, second : (numerators, denominators), one value a unit (user, order, day), as in `ratio_interval`.

    Returns
    -------
    Estimate
        With a two-sided p and Welch's degrees of freedom. Codes as in `ratio_interval`, and `no_spread`.

    Examples
    --------
    >>> gap = compare_ratios(([4, 6, 5], [40, 50, 60]), ([9, 8, 10], [50, 60, 40]))
    >>> round(gap.estimate, 3), gap.low < gap.estimate < gap.high
    (0.08, True)
    """
    parts = []
    for tops, bottoms in (first, second):
        ratio = ratio_interval(tops, bottoms, level=level)
        if not ratio.is_known:
            return ratio
        units = int((np.isfinite(np.asarray(tops, float)) & np.isfinite(np.asarray(bottoms, float))).sum())
        error = (ratio.high - ratio.estimate) / student_quantile(level, units - 1)
        parts.append((ratio.estimate, error**2, units - 1))
    (ratio_a, error_a, free_a), (ratio_b, error_b, free_b) = parts
    variance = error_a + error_b
    if variance == 0:
        return unknown("no_spread")
    freedom = variance**2 / (error_a**2 / free_a + error_b**2 / free_b)
    return _student(ratio_b - ratio_a, math.sqrt(variance), freedom, level)


def _student(gap: float, error: float, freedom: float, level: float) -> Estimate:
    half = student_quantile(level, freedom) * error
    return Estimate(gap, gap - half, gap + half, float(2 * special.stdtr(freedom, -abs(gap) / error)))
