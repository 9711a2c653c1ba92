"""Versions that a platform shows in rotation, day by day: whether they differ, and which is best.

Belongs here: the day-stratified comparison and what is read off it. Days are never pooled: an optimising rotation moves
impressions to the leader, so that pooled rates differ when the versions do not. The fit itself is `day_fit`'s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from shopnb.memory import remembered
from shopnb.stats.daily_counts import read_counts
from shopnb.stats.day_fit import DayFit, fit_days
from shopnb.stats.estimate import NAN, Estimate, check_level, student_quantile
from shopnb.stats.proportions import wilson
from shopnb.stats.quantiles import picked_quantile, range_quantile

_DRAWS = 10_000
_SEED = 20_260_102


@dataclass(frozen=True)
class RotationTest(Estimate):
    """Which version is best, by the differences within days.

    Attributes
    ----------
    estimate, low, high : best minus runner-up, share points; the interval allows for both having been picked from all
        versions by their results.
    p_value : of the hypothesis that all versions are equal within every day.
    code : the numbers are NaN with `no_rows`, `one_arm`, `zero_denominator`, `no_successes`, `no_common_days`; they
        stand with `one_day` and `no_days` (dispersion unknown, binomial noise is assumed), `uneven_days` (a version
        lacks impressions on some days; days count as far as they compare), `missing_days` (the days have gaps).
    arms : DataFrame, one row a version, by name: variant, trials, successes, rate, low, high (each version alone),
        adjusted_rate (as if all had been shown on the same days), difference, difference_low, difference_high
        (to the best version), to_first, to_first_low, to_first_high (to the first name); these intervals hold for all
        pairs at once (Tukey-Kramer),
        chance_best (0-1), expected_loss (share points lost on average by choosing this version).
    best, runner_up : names by adjusted rate.
    days : days that compare at least two versions.
    icc : intra-class correlation of impressions within a version's day, 0 where noise is binomial.
    """

    arms: pd.DataFrame = field(default_factory=pd.DataFrame, compare=False)
    best: str = ""
    runner_up: str = ""
    days: int = 0
    icc: float = NAN


@remembered
def rotation_test(counts: pd.DataFrame, *, level: float = 0.95) -> RotationTest:
    """Compare versions that were shown in rotation, equal or optimising.

    Parameters
    ----------
    counts : DataFrame, one row per version and day
        `variant`, `day` (dates or numbers; all null: one stratum), `trials` (impressions, clicks …), `successes`.
    level : confidence of the intervals.

    Raises
    ------
    InputError
        `missing_columns`; `invalid_counts`: negative, missing or more successes than trials; `duplicate_rows`: the same
        version twice on a day.

    Notes
    -----
    Generalised Cochran-Mantel-Haenszel test (Landis, Heyman and Koch 1978) with days as strata. Beyond binomial
    noise: trials n count as n / (1 + (n - 1) icc), the icc by moments (Paule and Mandel 1982), rounded up a little,
    from what remains of the differences between versions from day to day; where it is above 0, F and t stand for
    chi-square and normal. With no extra noise and a thousand successes it is the plain test; with fewer, F and t too,
    with successes less versions as degrees of freedom, and then only the extra part of the noise is taken as estimated
    from the days (Satterthwaite 1946). Differences solve the same day-stratified equations. Best minus
    runner-up: Dunnett's (1955) quantile, of a best version against all others that are equal, where the choice of the
    runner-up misleads most; with two versions Student's.

    Examples
    --------
    >>> week = pd.DataFrame({"variant": list("AB") * 3, "day": [1, 1, 2, 2, 3, 3],
    ...     "trials": [1000, 1000, 500, 1500, 200, 1800], "successes": [50, 70, 26, 104, 10, 130]})
    >>> test = rotation_test(week)
    >>> test.best, round(test.estimate, 4), round(test.p_value, 4)
    ('B', 0.0194, 0.01)
    """
    check_level(level)
    table = read_counts(counts)
    if table.fault:
        return RotationTest(NAN, code=table.fault)
    fitted = fit_days(table.successes, table.trials)
    if not fitted.connected:
        return RotationTest(NAN, code="no_common_days")
    names, freedom = table.names, float(fitted.freedom)
    order = np.argsort(-fitted.effects, kind="stable")
    quantile = range_quantile(level, len(names), freedom)
    to_best = _differences(fitted, order[0], quantile)
    to_first = _differences(fitted, 0, quantile)
    chance, loss = _bayes(fitted)
    total, hits = table.trials.sum(axis=0), table.successes.sum(axis=0)
    ends = np.array(
        [
            wilson(h / n * m, m, student_quantile(level, math.inf))
            for h, n, m in zip(hits, total, fitted.sizes, strict=True)
        ]
    )
    arms = pd.DataFrame(
        {
            "variant": names,
            "trials": total,
            "successes": hits,
            "rate": hits / total,
            "low": ends[:, 0],
            "high": ends[:, 1],
        }
    )
    level_rate = hits.sum() / total.sum() - fitted.effects @ total / total.sum()
    arms["adjusted_rate"] = level_rate + fitted.effects
    for name, columns in (("difference", to_best), ("to_first", to_first)):
        arms[[name, f"{name}_low", f"{name}_high"]] = columns
    arms["chance_best"], arms["expected_loss"] = chance, loss
    lead, half = float(-to_best[order[1], 0]), _half_width(fitted, order[0], order[1], level)
    return RotationTest(
        lead, lead - half, lead + half, float(fitted.p_value), table.caveat,
        arms, names[order[0]], names[order[1]], int(fitted.days), float(fitted.icc),
    )  # fmt: skip


def _half_width(fitted: DayFit, first: int, second: int, level: float) -> float:
    cov = fitted.covariance
    error = math.sqrt(max(cov[first, first] + cov[second, second] - 2 * cov[first, second], 0.0))
    return picked_quantile(level, len(cov), float(fitted.freedom)) * error


def _differences(fitted: DayFit, base: int, quantile: float) -> np.ndarray:
    """Rows: each version minus `base`, with interval; the base itself is 0 without an interval."""
    cov = fitted.covariance
    error = np.sqrt(np.maximum(np.diag(cov) + cov[base, base] - 2 * cov[base], 0.0))
    gap = fitted.effects - fitted.effects[base]
    rows = np.column_stack([gap, gap - quantile * error, gap + quantile * error])
    rows[base] = (0.0, NAN, NAN)
    return rows


def _bayes(fitted: DayFit) -> tuple[np.ndarray, np.ndarray]:
    """Chance to be best and expected loss under a flat prior, by seeded draws."""
    rng = np.random.default_rng(_SEED)
    values, vectors = np.linalg.eigh(fitted.covariance)
    noise = rng.standard_normal((_DRAWS, len(values))) * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
    if math.isfinite(fitted.freedom):
        noise /= np.sqrt(rng.chisquare(float(fitted.freedom), (_DRAWS, 1)) / float(fitted.freedom))
    drawn = fitted.effects + noise
    chance = np.bincount(drawn.argmax(axis=1), minlength=len(values)) / _DRAWS
    return chance, (drawn.max(axis=1, keepdims=True) - drawn).mean(axis=0)
