"""Since when: the day on which a rate changed, with a guard against seeing change in noise.

Belongs here: one step in a series of counts. Deterministic: the shuffles are seeded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shopnb.stats.estimate import NAN

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
