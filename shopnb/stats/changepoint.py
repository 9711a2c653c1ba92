"""Since when, and how much: the day on which a rate changed, with a guard against noise, and a step at a known day.

Belongs here: one step in a series. Deterministic: the shuffles are seeded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from shopnb.stats.estimate import NAN, Estimate, student_quantile, unknown

_SHUFFLES = 499
_LEAST = 5.0  # successes without which no step is looked for
_WINDOW = 2.3  # loss of log likelihood within which another day fits nearly as well (about 90 %)
Counts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ChangePoint:
    """Where a rate stepped: positions in the series given.

    `first` is the first position of the new rate, `low` to `high` the positions that fit nearly as well; all -1 with
    a `code` (`too_few`, `no_change`) where no step is believed. `p_value`: how often shuffled days step as clearly.
    """

    first: int = -1
    low: int = -1
    high: int = -1
    rate_before: float = NAN
    rate_after: float = NAN
    p_value: float = NAN
    code: str | None = None


def rate_change_point(successes: Counts, trials: Counts, *, level: float = 0.99) -> ChangePoint:
    """The most likely single step of a rate.

    Parameters
    ----------
    successes, trials : one value a day, 0 <= successes <= trials; days without trials may be there.
    level : a step is believed when fewer than 1 − level of shuffled series step as clearly.

    Returns
    -------
    ChangePoint
        By the likelihood ratio of two binomial rates against one, over all days; guarded by a permutation of the
        days, which keeps each day's own mix of successes and trials.

    Examples
    --------
    >>> import numpy as np
    >>> found = rate_change_point(np.array([0.0] * 10 + [4.0] * 10), np.full(20, 10.0))
    >>> found.first, found.low, found.high, found.rate_after
    (10, 10, 10, 0.4)
    """
    kept = np.flatnonzero(trials > 0)
    if len(kept) < 8 or successes.sum() < _LEAST:
        return ChangePoint(code="too_few")
    good, all_ = successes[kept].astype(float), trials[kept].astype(float)
    gains = _gains(good[None, :], all_[None, :])[0]
    best = int(gains.argmax())
    random = np.random.default_rng(20260830)
    orders = np.argsort(random.random((_SHUFFLES, len(good))), axis=1)
    p_value = float((1 + (_gains(good[orders], all_[orders]).max(axis=1) >= gains[best]).sum()) / (_SHUFFLES + 1))
    if p_value > 1 - level:
        return ChangePoint(p_value=p_value, code="no_change")
    near = np.flatnonzero(gains >= gains[best] - _WINDOW)
    at = best + 1
    return ChangePoint(
        first=int(kept[at]),
        low=int(kept[near.min() + 1]),
        high=int(kept[near.max() + 1]),
        rate_before=float(good[:at].sum() / all_[:at].sum()),
        rate_after=float(good[at:].sum() / all_[at:].sum()),
        p_value=p_value,
    )


def _gains(successes: Counts, trials: Counts) -> Counts:
    """Log likelihood won by a step after each position but the last, one row a series."""
    good, all_ = successes.cumsum(axis=1), trials.cumsum(axis=1)
    whole_good, whole = good[:, -1:], all_[:, -1:]
    parts = _fit(good[:, :-1], all_[:, :-1]) + _fit(whole_good - good[:, :-1], whole - all_[:, :-1])
    return np.asarray(parts - _fit(whole_good, whole))


def _fit(good: Counts, trials: Counts) -> Counts:
    """Log likelihood of counts at their own rate; 0 where the rate is 0 or 1."""
    rate = good / np.maximum(trials, 1)
    inside = (rate > 0) & (rate < 1)
    safe = np.where(inside, rate, 0.5)
    return np.asarray(np.where(inside, good * np.log(safe) + (trials - good) * np.log1p(-safe), 0.0))


def known_step(values: npt.ArrayLike, after: npt.ArrayLike, groups: npt.ArrayLike, *, level: float = 0.9) -> Estimate:
    """How much a positive series changed at a known moment, as a share of before.

    Parameters
    ----------
    values : one value a day or week, > 0; others are left out. after : whether it lies behind the moment.
    groups : weekday of each value (any small integers); their levels are taken out where each has several values.
    level : confidence of the interval.

    Returns
    -------
    Estimate
        exp(b) - 1 of the regression log(value) = group + b * after, Student's interval; neighbours that err together
        widen it by sqrt((1 + r) / (1 - r)) with r the residuals' lag-one correlation, where positive. `too_few` with
        under two values on a side.

    Examples
    --------
    >>> step = known_step([10, 10, 10, 12, 12, 12], [False] * 3 + [True] * 3, [0] * 6)
    >>> round(step.estimate, 3), round(step.low, 3)
    (0.2, 0.2)
    """
    numbers, behind = np.asarray(values, float), np.asarray(after, bool)
    kept = np.isfinite(numbers) & (numbers > 0)
    numbers, behind, kind = numbers[kept], behind[kept], np.asarray(groups)[kept]
    if min(behind.sum(), (~behind).sum()) < 2:
        return unknown("too_few")
    found, counts = np.unique(kind, return_counts=True)
    levels = found[1:] if len(numbers) - len(found) >= 6 and counts.min() >= 2 else found[:0]
    design = np.column_stack([np.ones(len(numbers)), behind, *(kind == one for one in levels)]).astype(float)
    logs = np.log(numbers)
    effects, _, rank, _ = np.linalg.lstsq(design, logs, rcond=None)
    freedom = len(numbers) - int(rank)
    if freedom < 2:
        return unknown("too_few")
    residuals = logs - design @ effects
    scatter = float(residuals @ residuals)
    together = float(residuals[1:] @ residuals[:-1]) / scatter if scatter > 1e-20 else 0.0
    widened = np.sqrt((1 + min(together, 0.9)) / (1 - min(together, 0.9))) if together > 0 else 1.0
    error = float(np.sqrt(scatter / freedom * np.linalg.pinv(design.T @ design)[1, 1]) * widened)
    half = student_quantile(level, freedom) * error
    step = float(effects[1])
    p_value = float(2 * special.stdtr(freedom, -abs(step) / error)) if error > 0 else NAN
    estimate, low, high = (float(np.expm1(end)) for end in (step, step - half, step + half))
    return Estimate(estimate, low, high, p_value)
