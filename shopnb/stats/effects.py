"""Whether a difference of two versions stays what it is: from day to day, and from group to group.

Belongs here: the trend of a daily difference (novelty wears off) and the test that several groups show the same one.
Whether there is a difference at all is `rotation`'s and `sequential`'s.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from shopnb.stats.daily_counts import checked_rows
from shopnb.stats.estimate import NAN, Estimate, check_level
from shopnb.stats.weighted import second_coefficient

LEAST_DAYS = 5  # with both versions, for a trend


@dataclass(frozen=True)
class EffectTrend(Estimate):
    """How a difference moves from day to day.

    Attributes
    ----------
    estimate, low, high, p_value : share points more a day, straight line.
    code : `too_few_days` (under five days with both versions; the numbers are NaN), else None.
    early, late : the difference over the first and the second half of the days, weighed as the line is.
    days : days with both versions.
    """

    early: float = NAN
    late: float = NAN
    days: int = 0


def effect_trend(counts: pd.DataFrame, *, between: tuple[str, str], level: float = 0.95) -> EffectTrend:
    """The trend of the daily difference, second name less the first.

    Parameters
    ----------
    counts : DataFrame as for `rotation_test`, with days.
    between : the two names.

    Notes
    -----
    Daily differences of rates on the number of the day, weights 1 / (binomial variance + variance between days), the
    latter by moments; Student's t with days - 2 degrees of freedom.

    Examples
    --------
    >>> week = pd.DataFrame({"variant": ["A", "B"] * 6, "day": np.repeat(range(6), 2), "trials": 20000,
    ...     "successes": [1000, 1500, 1010, 1410, 990, 1280, 1000, 1220, 1020, 1120, 980, 1010]})
    >>> made = effect_trend(week, between=("A", "B"))
    >>> round(made.estimate, 4), made.high < 0, round(made.early, 4), round(made.late, 4)
    (-0.0047, True, 0.0198, 0.0058)
    """
    check_level(level)
    rows, has_days = checked_rows(counts)
    wide = rows[rows["n"] > 0].pivot_table(index="day", columns="variant", values=["n", "x"], aggfunc="sum")
    sides = [name for name in between if ("n", name) in wide]
    wide = wide.dropna(subset=[(part, name) for part in "nx" for name in sides])
    if not has_days or len(sides) < 2 or len(wide) < LEAST_DAYS:
        return EffectTrend(NAN, code="too_few_days", days=len(wide) if len(sides) == 2 else 0)
    (n_a, n_b), (x_a, x_b) = ([wide[part, name].to_numpy(float) for name in between] for part in "nx")
    gap = x_b / n_b - x_a / n_a
    pooled = min(max((x_a + x_b).sum() / (n_a + n_b).sum(), 1e-6), 1 - 1e-6)
    noise = pooled * (1 - pooled) * (1 / n_a + 1 / n_b)
    day = _numbers(wide.index)
    slope = second_coefficient(gap, noise, np.column_stack([np.ones(len(gap)), day - day.mean()]), level=level)
    half = day < np.median(day) if len(day) % 2 == 0 else day <= np.median(day)
    early, late = (float(np.average(gap[which], weights=1 / noise[which])) for which in (half, ~half))
    return EffectTrend(slope.estimate, slope.low, slope.high, slope.p_value, None, early, late, len(gap))


def _numbers(days: pd.Index) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(days):
        return np.asarray(days, float)
    return np.asarray([pd.Timestamp(day).toordinal() for day in days], float)


def same_effect(estimates: Sequence[float], errors: Sequence[float]) -> float:
    """The p of the hypothesis that all groups have the same effect (Cochran 1954); NaN under two groups.

    Parameters
    ----------
    estimates : one effect a group, of independent groups. errors : their standard errors, above 0.

    Notes
    -----
    Q = sum w (e - mean)^2, w = 1 / error^2, mean weighed so: chi-square with groups - 1 degrees of freedom.

    Examples
    --------
    >>> round(same_effect([0.01, 0.01, 0.02], [0.004, 0.004, 0.004]), 4)
    0.1245
    """
    values, error = np.asarray(estimates, float), np.asarray(errors, float)
    known = np.isfinite(values) & (error > 0)
    if known.sum() < 2:
        return math.nan
    weight = 1 / np.square(error[known])
    mean = float((weight * values[known]).sum() / weight.sum())
    return float(special.chdtrc(known.sum() - 1, float((weight * np.square(values[known] - mean)).sum())))
