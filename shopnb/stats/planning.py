"""How long a test must run, and when it may be read.

Belongs here: sample sizes and boundaries for planned looks. What a click costs is `metrics`' business.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy import optimize, special
from scipy import stats as distributions

from shopnb.stats.estimate import NAN, check_level, normal_quantile

LOOK_DAYS = (1, 3, 7, 14, 28)  # domain.md, LT12
_POINTS = 401  # of the grid on which the boundaries are integrated
_FAR = 8.0  # standard errors that no look needs


@dataclass(frozen=True)
class Plan:
    """What a test needs.

    Attributes
    ----------
    trials_per_variant : trials (impressions, clicks) of each version at the last look; NaN with a code.
    days : whole days until then; NaN when `per_day` is not given.
    looks : DataFrame, one row a look: day (NaN without `per_day`), share (of the trials, 0-1), trials_per_variant, z
        (stop when a difference exceeds this many standard errors), alpha_spent (so far, two-sided).
    code : `invalid_baseline` (not between 0 and 1), `invalid_effect` (0, or a rate outside 0-1 follows),
        `invalid_variants` (under 2), `invalid_trials` (`per_day` not above 0); None otherwise.
    """

    trials_per_variant: float
    days: float
    looks: pd.DataFrame = field(default_factory=pd.DataFrame, compare=False)
    code: str | None = None


def plan(
    baseline: float,
    effect: float,
    *,
    power: float = 0.8,
    level: float = 0.95,
    variants: int = 2,
    per_day: float | None = None,
) -> Plan:
    """Sample, days and looks of a test that should notice a difference of `effect`.

    Parameters
    ----------
    baseline : rate of the version in use, 0-1.
    effect : smallest difference worth having, in share points (0.005 for 5.0 % against 5.5 %), either sign.
    power : chance to notice it, 0-1.
    level : confidence; 1 - level is the false-alarm rate over all versions and all planned looks.
    variants : versions, 2 or more.
    per_day : trials of all versions together on a day.

    Notes
    -----
    Two-sided comparison of two rates, pooled under equality (Fleiss, Levin and Paik 2003, 4.14), with Tukey's
    quantile for more than two versions, times the inflation that the looks cost: days 1, 3, 7, 14, 28 as far as they
    fall within the test, and its last day, with O'Brien-Fleming-like spending of half of alpha on either side (Lan
    and DeMets 1983), 2 - 2 Phi(z / sqrt(share)). Without `per_day` a test of 28 days is taken.

    Examples
    --------
    >>> needed = plan(0.05, 0.01, per_day=2000)
    >>> needed.trials_per_variant, needed.days, needed.looks["day"].tolist()
    (8321.0, 9.0, [1.0, 3.0, 7.0, 9.0])
    """
    check_level(level)
    if code := _fault(baseline, effect, power, variants, per_day):
        return Plan(NAN, NAN, code=code)
    alpha = 1 - level
    if variants > 2:
        alpha = _pair_alpha(level, variants)
    fixed = _fixed_trials(baseline, baseline + effect, alpha, power)
    days = math.ceil(fixed * variants / per_day) if per_day else LOOK_DAYS[-1]
    for _ in range(10):  # the looks cost trials, more trials may be more days
        shares = _shares(days)
        bounds = _boundaries(shares, alpha)
        trials = math.ceil(fixed * _inflation(shares, bounds, alpha, power))
        needed = math.ceil(trials * variants / per_day) if per_day else days
        if needed <= days:
            break
        days = needed
    share = np.array(shares)
    looks = pd.DataFrame(
        {
            "day": np.round(share * days) if per_day else NAN,
            "share": share,
            "trials_per_variant": np.ceil(share * trials),
            "z": bounds,
            "alpha_spent": _spent(shares, alpha),
        }
    )
    return Plan(float(trials), float(days) if per_day else NAN, looks)


def _fault(baseline: float, effect: float, power: float, variants: int, per_day: float | None) -> str | None:
    if not 0 < power < 1:
        raise ValueError(f"power is a probability between 0 and 1, got {power!r}")
    if not 0 < baseline < 1:
        return "invalid_baseline"
    if not math.isfinite(effect) or effect == 0 or not 0 < baseline + effect < 1:
        return "invalid_effect"
    if variants < 2:
        return "invalid_variants"
    return "invalid_trials" if per_day is not None and not per_day > 0 else None


def _fixed_trials(first: float, second: float, alpha: float, power: float) -> float:
    """Trials of each of two versions for one look at the end."""
    middle = (first + second) / 2
    under_equal = math.sqrt(2 * middle * (1 - middle))
    under_effect = math.sqrt(first * (1 - first) + second * (1 - second))
    errors = normal_quantile(1 - alpha) * under_equal + float(special.ndtri(power)) * under_effect
    return float((errors / (second - first)) ** 2)


def _shares(days: int) -> tuple[float, ...]:
    return (*(day / days for day in LOOK_DAYS if day < days), 1.0)


def _spent(shares: tuple[float, ...], alpha: float) -> np.ndarray:
    """Alpha spent by each look, both sides together: half of it on either side."""
    return np.asarray(4 * special.ndtr(special.ndtri(alpha / 4) / np.sqrt(np.array(shares))))


@lru_cache(maxsize=64)
def _pair_alpha(level: float, variants: int) -> float:
    """Error that one pair may have where all pairs share 1 - level (Tukey); the quantile is slow to find."""
    quantile = float(distributions.studentized_range.ppf(level, variants, 1e4)) / math.sqrt(2)
    return float(2 * special.ndtr(-quantile))


@lru_cache(maxsize=128)
def _boundaries(shares: tuple[float, ...], alpha: float) -> tuple[float, ...]:
    """z at each look so that alpha is spent as planned, by the recursion of Armitage, McPherson and Rowe (1969)."""
    spent = _spent(shares, alpha)
    due = np.diff(spent, prepend=0.0)
    grid, mass, before = np.zeros(1), np.ones(1), 0.0
    bounds: list[float] = []
    for share, part in zip(shares, due, strict=True):
        scale, spread = math.sqrt(share), math.sqrt(share - before)
        leaving = _Leaving(grid, mass, scale, spread, part)
        bounds.append(float(optimize.brentq(leaving, 0.0, _FAR, xtol=1e-8)) if leaving(_FAR) < 0 else _FAR)
        grid, mass = _step(grid, mass, bounds[-1] * scale, spread, 0.0)
        before = share
    return tuple(bounds)


@dataclass(frozen=True)
class _Leaving:
    """Chance to leave at a look if its bound is z, beyond the chance that is due."""

    grid: np.ndarray
    mass: np.ndarray
    scale: float
    spread: float
    due: float

    def __call__(self, z: float) -> float:
        above = special.ndtr((self.grid - z * self.scale) / self.spread)
        below = special.ndtr((-self.grid - z * self.scale) / self.spread)
        return float(self.mass @ (above + below) - self.due)


def _step(
    grid: np.ndarray, mass: np.ndarray, edge: float, spread: float, drift: float
) -> tuple[np.ndarray, np.ndarray]:
    """Where the score stands at the next look if it stays within `edge`: grid and mass."""
    here = np.linspace(-edge, edge, _POINTS)
    gap = (here[:, None] - grid[None, :] - drift * spread**2) / spread
    density = np.exp(-np.square(gap) / 2) @ mass / (math.sqrt(2 * math.pi) * spread)
    weight = np.full(_POINTS, here[1] - here[0])
    weight[[0, -1]] /= 2
    return here, density * weight


def _staying(shares: tuple[float, ...], bounds: tuple[float, ...], drift: float) -> float:
    """Chance that no look stops the test; `drift` is the expected z at the end."""
    grid, mass, before = np.zeros(1), np.ones(1), 0.0
    for share, bound in zip(shares, bounds, strict=True):
        grid, mass = _step(grid, mass, bound * math.sqrt(share), math.sqrt(share - before), drift)
        before = share
    return float(mass.sum())


def _inflation(shares: tuple[float, ...], bounds: tuple[float, ...], alpha: float, power: float) -> float:
    """How many times the trials of a single look are needed for the same power."""
    plain = normal_quantile(1 - alpha) + float(special.ndtri(power))
    needed = optimize.brentq(
        lambda drift: 1 - _staying(shares, bounds, drift) - power, plain * 0.9, plain * 1.6, xtol=1e-4
    )
    return float((needed / plain) ** 2)
