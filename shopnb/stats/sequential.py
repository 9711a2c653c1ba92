"""The difference of two versions, valid at every look: an asymptotic confidence sequence.

Belongs here: intervals that may be read daily. Planned looks are `planning`'s.
"""

from __future__ import annotations

import math

import pandas as pd
from scipy import special

from shopnb.stats.estimate import Estimate, check_level, unknown
from shopnb.stats.rotation import fit_days, read_counts

_PRIOR_ICC, _PRIOR_DAYS = 0.0005, 1.0  # clumping of impressions assumed until the days show it
_TUNING_DAYS = 7  # tightest after a week of the first day's trials, where nothing else is asked


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
    with s^2 / N the squared error of `rotation_test`'s difference. Its dispersion is estimated together with one day's
    worth of an intra-class correlation of 0.0005, and from the second day on Student's quantile of the same tail stands
    for the normal one.

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
    prior_days = 0.0 if table.caveat == "no_days" else _PRIOR_DAYS
    fitted = fit_days(table.successes, table.trials, prior_icc=_PRIOR_ICC, prior_days=prior_days)
    if fitted is None:
        return unknown("no_common_days")
    first, second = (table.names.index(name) for name in pair)
    mine = table.trials[:, [first, second]].sum(axis=1)
    seen = mine.sum()
    best_at = tuning if tuning is not None else _TUNING_DAYS * float(mine[mine > 0][0])
    if not (math.isfinite(best_at) and best_at > 0):
        raise ValueError(f"tuning is a number of trials above 0, got {tuning!r}")
    cov = fitted.covariance
    error = math.sqrt(cov[first, first] + cov[second, second] - 2 * cov[first, second])
    difference = float(fitted.effects[second] - fitted.effects[first])
    alpha = 1 - level
    pace = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / best_at * float(seen)
    width = math.sqrt(2 * (pace + 1) / pace * math.log(math.sqrt(pace + 1) / alpha))
    half = _student_tail(width, fitted.freedom) * error
    gap = _normal_tail(abs(difference) / error, fitted.freedom)
    p_value = min(1.0, math.exp(math.log(pace + 1) / 2 - gap**2 * pace / (2 * (pace + 1))))
    return Estimate(difference, difference - half, difference + half, p_value, table.caveat)


def _student_tail(width: float, freedom: float) -> float:
    """The t value with the tail of a normal `width`."""
    if not math.isfinite(freedom):
        return width
    return float(-special.stdtrit(freedom, special.ndtr(-width)))


def _normal_tail(gap: float, freedom: float) -> float:
    """The normal value with the tail of a t value."""
    if not math.isfinite(freedom):
        return gap
    return float(-special.ndtri(max(special.stdtr(freedom, -gap), 1e-300)))
