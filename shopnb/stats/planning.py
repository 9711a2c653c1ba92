"""How long a test must run, and when it may be read.

Belongs here: sample sizes, boundaries for planned looks, and the reading at such a look. What a click costs is
`metrics`' business.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy import optimize, special

from shopnb.stats.daily_counts import read_counts
from shopnb.stats.day_fit import due_spread, fit_days
from shopnb.stats.estimate import NAN, Estimate, check_level, normal_quantile
from shopnb.stats.quantiles import range_quantile
from shopnb.stats.sequential import PRIOR_ICC, student_tail

LOOK_DAYS = (1, 3, 7, 14, 28)  # domain.md, LT12
_POINTS = 401  # of the grid on which the boundaries are integrated
_QUANTILES = 400  # over which power is averaged
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
    allowance : how many times the trials of a test whose variance is known: how much days vary is estimated from the
        days themselves, and few days tell it badly; 1.2 for 28 days, 1.5 for 9, 3.3 for 4.
    code : `invalid_baseline` (not between 0 and 1), `invalid_effect` (0, or a rate outside 0-1 follows),
        `invalid_variants` (under 2), `invalid_trials` (`per_day` not above 0); None otherwise.
    """

    trials_per_variant: float
    days: float
    looks: pd.DataFrame = field(default_factory=pd.DataFrame, compare=False)
    code: str | None = None
    allowance: float = NAN


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
    and DeMets 1983), 2 - 2 Phi(z / sqrt(share)), times the allowance for a variance that is estimated
    (`allowance_for`). Days are the fewest whose trials suffice, two at least.
    Without `per_day` a test of 28 days is taken.

    Examples
    --------
    >>> needed = plan(0.05, 0.01, per_day=2000)
    >>> needed.trials_per_variant, needed.days, needed.looks["day"].tolist()
    (11344.0, 12.0, [1.0, 3.0, 7.0, 12.0])
    """
    check_level(level)
    if code := _fault(baseline, effect, power, variants, per_day):
        return Plan(NAN, NAN, code=code)
    alpha = 1 - level
    if variants > 2:
        alpha = _pair_alpha(level, variants)
    fixed = _fixed_trials(baseline, baseline + effect, alpha, power)
    days = _fewest_days(fixed * variants / per_day, alpha, power, variants) if per_day else LOOK_DAYS[-1]
    shares = _shares(days)
    watched = _watched(shares, alpha)
    allowance = allowance_for(days, alpha=alpha, power=power, variants=variants)
    trials = math.ceil(fixed * _inflation(watched, alpha, power) * allowance)
    share = np.array(shares)
    looks = pd.DataFrame(
        {
            "day": np.round(share * days) if per_day else NAN,
            "share": share,
            "trials_per_variant": np.ceil(share * trials),
            "z": watched.bounds,
            "alpha_spent": _spent(shares, alpha),
        }
    )
    return Plan(float(trials), float(days) if per_day else NAN, looks, allowance=allowance)


def _fewest_days(alone: float, alpha: float, power: float, variants: int) -> int:
    """The fewest days, two at least, whose trials suffice; `alone`: days that a single look of known variance takes."""

    def suffice(days: int) -> bool:
        shares = _shares(days)
        looks = _inflation(_watched(shares, alpha), alpha, power)
        return alone * looks * allowance_for(days, alpha=alpha, power=power, variants=variants) <= days

    few, enough = 1, max(2, math.ceil(alone))
    while not suffice(enough):
        few, enough = enough, math.ceil(1.5 * enough)
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if suffice(middle) else (middle, enough)
    return enough


@lru_cache(maxsize=512)
def allowance_for(days: int, *, alpha: float = 0.05, power: float = 0.8, variants: int = 2) -> float:
    """How many times the trials of known variance a test of `days` days takes; infinite for one day.

    Notes
    -----
    `fit_days` widens by the spread of version x day where it exceeds what is due, with Student's quantile of its
    degrees of freedom. Where days vary by chance only, that spread is a chi-square: the power is averaged over its
    quantiles and solved for the drift. Days that truly vary beyond chance need more; nobody knows how much beforehand.
    """
    spare = (days - 1) * (variants - 1)
    if spare < 1:
        return math.inf
    spread = special.chdtri(spare, (np.arange(_QUANTILES) + 0.5) / _QUANTILES)
    wider = np.maximum(spread / due_spread(np.array(float(spare)), np.array(days), np.array(0.0)), 1.0)
    freedom = np.where(wider > 1, float(spare), np.inf)
    critical = student_tail(np.full(_QUANTILES, normal_quantile(1 - alpha)), freedom)
    plain = normal_quantile(1 - alpha) + float(special.ndtri(power))
    drift = optimize.brentq(
        lambda one: float(special.ndtr(one / np.sqrt(wider) - critical).mean()) - power, plain / 2, plain * 1e3
    )
    return float((drift / plain) ** 2)


def planned_looks(last_day: int, *, level: float = 0.95) -> pd.DataFrame:
    """The days on which a test of `last_day` days may be read, and the lines that stop it.

    Returns
    -------
    DataFrame, one row a look: day, share (of the test, 0-1), z (stop when a difference exceeds so many standard
        errors), alpha_spent (so far, two-sided).

    Examples
    --------
    >>> planned_looks(14).round(4).values.tolist()[1:]
    [[3.0, 0.2143, 4.7024, 0.0], [7.0, 0.5, 2.9627, 0.0031], [14.0, 1.0, 1.9686, 0.05]]
    """
    check_level(level)
    if not (last_day >= 1 and last_day == int(last_day)):
        raise ValueError(f"last_day is a whole number of days, 1 or more, got {last_day!r}")
    shares = _shares(int(last_day))
    return pd.DataFrame(
        {
            "day": np.round(np.array(shares) * last_day),
            "share": shares,
            "z": _watched(shares, 1 - level).bounds,
            "alpha_spent": _spent(shares, 1 - level),
        }
    )


@dataclass(frozen=True)
class PlannedLook(Estimate):
    """The reading of a test at its latest planned look.

    Attributes
    ----------
    estimate, low, high : second version minus first, share points, by the days up to the look; the intervals of all
        looks of the plan hold together. code : `before_first_look` (the numbers are NaN), `after_last_day` (days beyond
        the plan are left out), or a code of `rotation_test`.
    day : the look's day, 1 for the first; next_day : of the next look, NaN after the last; z : its line.
    """

    day: float = NAN
    next_day: float = NAN
    z: float = NAN


def planned_difference(
    counts: pd.DataFrame, *, last_day: int, level: float = 0.95, between: tuple[str, str] | None = None
) -> PlannedLook:
    """The difference of two versions of a test that is read on days 1, 3, 7, 14, 28 and its last day only.

    Parameters
    ----------
    counts : DataFrame as for `rotation_test`, all days so far, `day` as dates or numbers; two versions, or more with
        `between`.
    last_day : length of the test in days, fixed before it began.
    between : the two names that are compared, where others ran beside them.

    Notes
    -----
    Repeated confidence interval (Jennison and Turnbull 1989) with the lines of `planned_looks`; dispersion as in
    `rotation_test`, with Student's quantile of the same tail. Days count by the calendar, from the first one.

    Examples
    --------
    >>> days = pd.DataFrame({"variant": ["A", "B"] * 4, "day": [1, 1, 2, 2, 3, 3, 4, 4],
    ...     "trials": [5000] * 8, "successes": [150, 230, 155, 240, 148, 236, 150, 90]})
    >>> look = planned_difference(days, last_day=14)
    >>> look.day, look.next_day, round(look.estimate, 4), look.low > 0
    (3.0, 7.0, 0.0169, True)
    """
    looks = planned_looks(last_day, level=level)
    rows, caveat = _until_look(counts, looks, last_day)
    if rows is None:
        return PlannedLook(NAN, code=caveat, next_day=float(looks["day"].iloc[0]))
    reached = int((looks["day"] <= rows["_turn"].max()).sum()) - 1
    look, later = looks.iloc[reached], looks["day"].iloc[reached + 1 :]
    next_day = float(later.iloc[0]) if len(later) else NAN
    at = {"day": float(look["day"]), "next_day": next_day, "z": float(look["z"])}
    table = read_counts(rows[rows["_turn"] <= look["day"]])
    pair = between or tuple(table.names[:2])
    if table.fault or (between is None and len(table.names) > 2) or not set(pair) <= set(table.names):
        return PlannedLook(NAN, code=table.fault or "not_two_variants", **at)
    prior = PRIOR_ICC if look["day"] == 1 else 0.0  # one day cannot tell how much days vary
    fitted = fit_days(table.successes, table.trials, prior_icc=prior)
    if not fitted.connected:
        return PlannedLook(NAN, code="no_common_days", **at)
    first, second = (table.names.index(name) for name in pair)
    cov = fitted.covariance
    error = math.sqrt(max(cov[first, first] + cov[second, second] - 2 * cov[first, second], 0.0))
    half = float(student_tail(np.asarray(look["z"]), fitted.freedom)) * error
    gap = float(fitted.effects[second] - fitted.effects[first])
    return PlannedLook(gap, gap - half, gap + half, code=caveat or table.caveat, **at)


def _until_look(counts: pd.DataFrame, looks: pd.DataFrame, last_day: int) -> tuple[pd.DataFrame | None, str | None]:
    """Rows with `_turn`, the day of the test, up to its last; None and a code where no look has been reached."""
    if "day" not in counts or counts["day"].isna().any() or counts.empty:
        return None, "no_days"
    day = counts["day"]
    if not pd.api.types.is_numeric_dtype(day):
        day = pd.to_datetime(day).map(pd.Timestamp.toordinal)
    rows = counts.assign(_turn=day - day.min() + 1)
    if rows["_turn"].max() < looks["day"].iloc[0]:
        return None, "before_first_look"
    inside = rows[rows["_turn"] <= last_day]
    return inside, "after_last_day" if len(inside) < len(rows) else None


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
    """Error that one pair may have where all pairs share 1 - level (Tukey)."""
    return float(2 * special.ndtr(-range_quantile(level, variants, math.inf)))


@dataclass(frozen=True)
class _Watched:
    """Bounds of |z| at each look, and where the score of a test without any effect stands if it stays within them."""

    bounds: tuple[float, ...]
    grid: np.ndarray
    mass: np.ndarray

    def staying(self, drift: float) -> float:
        """Chance that no look stops the test; `drift` is the expected z at the end (likelihood ratio of the score)."""
        return float(self.mass @ np.exp(drift * self.grid - drift**2 / 2))


@lru_cache(maxsize=128)
def _watched(shares: tuple[float, ...], alpha: float) -> _Watched:
    """z at each look so that alpha is spent as planned, by the recursion of Armitage, McPherson and Rowe (1969)."""
    spent = _spent(shares, alpha)
    due = np.diff(spent, prepend=0.0)
    grid, mass, before = np.zeros(1), np.ones(1), 0.0
    bounds: list[float] = []
    for share, part in zip(shares, due, strict=True):
        scale, spread = math.sqrt(share), math.sqrt(share - before)
        leaving = _Leaving(grid, mass, scale, spread, part)
        bounds.append(float(optimize.brentq(leaving, 0.0, _FAR, xtol=1e-8)) if leaving(_FAR) < 0 else _FAR)
        grid, mass = _step(grid, mass, bounds[-1] * scale, spread)
        before = share
    return _Watched(tuple(bounds), grid, mass)


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


def _step(grid: np.ndarray, mass: np.ndarray, edge: float, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Where the score stands at the next look if it stays within `edge`: grid and mass."""
    here = np.linspace(-edge, edge, _POINTS)
    gap = (here[:, None] - grid[None, :]) / spread
    density = np.exp(-np.square(gap) / 2) @ mass / (math.sqrt(2 * math.pi) * spread)
    weight = np.full(_POINTS, here[1] - here[0])
    weight[[0, -1]] /= 2
    return here, density * weight


def _inflation(watched: _Watched, alpha: float, power: float) -> float:
    """How many times the trials of a single look are needed for the same power."""
    plain = normal_quantile(1 - alpha) + float(special.ndtri(power))
    needed = optimize.brentq(lambda drift: 1 - watched.staying(drift) - power, plain * 0.9, plain * 1.6, xtol=1e-4)
    return float((needed / plain) ** 2)
