"""The difference of two versions, valid at every look: an asymptotic confidence sequence.

Belongs here: intervals that may be read daily. Planned looks are `planning`'s.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import special

from shopnb.memory import remembered
from shopnb.stats.daily_counts import read_counts
from shopnb.stats.day_fit import fit_days
from shopnb.stats.estimate import Estimate, check_level, unknown

PRIOR_ICC = 0.002  # clumping of impressions assumed until the days show it
_TUNING_DAYS = 7  # tightest after a week of the first day's trials, where nothing else is asked


@remembered
def always_valid_difference(
    counts: pd.DataFrame,
    *,
    level: float = 0.95,
    tuning: float | None = None,
    between: tuple[str, str] | None = None,
) -> Estimate:
    """The difference of two versions with an interval that may be looked at on any day.

    Parameters
    ----------
    counts : DataFrame as for `rotation_test`, all days so far; two versions, or more with `between`.
    level : chance that the interval holds at **all** looks together.
    tuning : trials of both versions at which the interval is tightest, chosen before the test; None: seven times the
        trials of the first day, which are known before anything is read.
    between : the two names that are compared, where others ran beside them: all versions tell how much days vary
        beyond chance. Several such comparisons share one error only if `level` is raised for it.

    Returns
    -------
    Estimate
        Second name (of `between`, else by alphabet) minus first, share points, within days; p is always valid too.
        Codes as in `rotation_test`, and `not_two_variants`. A table without days (`no_days`) is taken as one row a
        user: binomial noise. `one_day` has an assumed dispersion only: not a verdict yet.

    Notes
    -----
    Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), as in gbstats 0.8.0: half-width
    s sqrt(2 (N r^2 + 1) ln(sqrt(N r^2 + 1) / alpha) / (N r)^2), r^2 = (-2 ln alpha + ln(-2 ln alpha + 1)) / tuning,
    with s^2 / N the squared error of `rotation_test`'s difference. On the first day an intra-class correlation of 0.002
    is assumed; from the second on the days tell it, the assumption counts as one day at most, and Student's quantile of
    the same tail stands for the normal one: degrees of freedom of the days, up to four times as many where little of
    the noise is extra (Satterthwaite 1946).

    Examples
    --------
    >>> day = pd.DataFrame({"variant": ["A", "B"], "day": None, "trials": 20000, "successes": [1000, 1120]})
    >>> look = always_valid_difference(day, tuning=5000)
    >>> round(look.estimate, 4), round(look.low, 4), round(look.high, 4), look.code
    (0.006, -0.0012, 0.0132, 'no_days')
    """
    check_level(level)
    table = read_counts(counts)
    pair = between or tuple(table.names[:2])
    if (between is None and len(table.names) > 2) or not set(pair) <= set(table.names):
        return unknown("not_two_variants")
    if table.fault:
        return unknown(table.fault)
    prior = 0.0 if table.caveat == "no_days" else PRIOR_ICC
    fitted = fit_days(table.successes, table.trials, prior_icc=prior)
    if not fitted.connected:
        return unknown("no_common_days")
    first, second = (table.names.index(name) for name in pair)
    mine = table.trials[:, [first, second]].sum(axis=1)
    seen = mine.sum()
    best_at = tuning if tuning is not None else _TUNING_DAYS * float(mine[mine > 0][0])
    if not (math.isfinite(best_at) and best_at > 0):
        raise ValueError(f"tuning is a number of trials above 0, got {tuning!r}")
    cov, freedom = fitted.covariance, float(fitted.freedom)
    error = math.sqrt(cov[first, first] + cov[second, second] - 2 * cov[first, second])
    if error == 0:
        return unknown("no_spread")
    difference = float(fitted.effects[second] - fitted.effects[first])
    pace = float(pace_of(level, seen / best_at))
    half = float(student_tail(np.asarray(width_of(level, pace)), np.asarray(freedom))) * error
    gap = _normal_tail(abs(difference) / error, freedom)
    p_value = min(1.0, math.exp(math.log(pace + 1) / 2 - gap**2 * pace / (2 * (pace + 1))))
    return Estimate(difference, difference - half, difference + half, p_value, table.caveat)


def pace_of(level: float, share: float) -> float:
    """N r^2 of the sequence when `share` of the tuning's trials have been seen."""
    alpha = 1 - level
    return (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) * share


def width_of(level: float, pace: float) -> float:
    """Half-width of the sequence in standard errors."""
    return math.sqrt(2 * (pace + 1) / pace * math.log(math.sqrt(pace + 1) / (1 - level)))


def student_tail(width: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """The t value with the tail of a normal `width`."""
    finite = np.where(np.isfinite(freedom), freedom, 1.0)
    return np.where(np.isfinite(freedom), -special.stdtrit(finite, special.ndtr(-width)), width)


def _normal_tail(gap: float, freedom: float) -> float:
    """The normal value with the tail of a t value."""
    if not math.isfinite(freedom):
        return gap
    return float(-special.ndtri(max(special.stdtr(freedom, -gap), 1e-300)))
