"""Simulated listing tests, many at once, and how each way of judging them comes out. `calibration.py` prints them.

Arrays have the shape (runs, days, versions). Every way of judging is the formula a user would run instead: pooled
chi-square, a fixed z test, GrowthBook's sequential interval; ours are the functions of `shopnb.stats`, on arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import special

from shopnb.stats.day_fit import DayFit, fit_days
from shopnb.stats.planning import planned_looks
from shopnb.stats.quantiles import picked_quantile, range_quantile
from shopnb.stats.sequential import PRIOR_ICC, pace_of, student_tail

Floats = npt.NDArray[np.float64]
LEVEL = 0.95
WEEKEND = 1.4  # times as many impressions, and as many clicks each, on two days of seven
GROWTHBOOK_TUNING = 5000.0  # its default n*


@dataclass(frozen=True)
class Cell:
    """One simulated situation: `lift` is added to the last version's rate, share points."""

    versions: int = 2
    days: int = 14
    per_day: float = 3000.0
    rate: float = 0.05
    icc: float = 0.0
    optimising: bool = False
    lift: float = 0.0

    def __str__(self) -> str:
        kind = "optimising" if self.optimising else "equal"
        return (
            f"{kind:10} {self.versions} versions {self.days:2} days {self.per_day:6.0f}/day {self.rate:.3f}"
            f" icc {self.icc:.4f}{f' lift {self.lift:+.4f}' if self.lift else ''}"
        )


def simulate(cell: Cell, runs: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Successes and trials; an optimising rotation gives nine tenths by Thompson's rule, a tenth equally."""
    shape = (runs, cell.days, cell.versions)
    successes, trials = np.zeros(shape), np.zeros(shape)
    share = np.full((runs, cell.versions), 1 / cell.versions)
    lift = np.zeros(cell.versions)
    lift[-1] = cell.lift
    for day in range(cell.days):
        busy = WEEKEND if day % 7 >= 5 else 1.0
        trials[:, day] = rng.multinomial(rng.poisson(cell.per_day * busy, runs), share)
        rate = np.broadcast_to(cell.rate * busy + lift, (runs, cell.versions))
        if cell.icc:
            rate = rng.beta(rate * (1 / cell.icc - 1), (1 - rate) * (1 / cell.icc - 1))
        successes[:, day] = rng.binomial(trials[:, day].astype(int), rate)
        if cell.optimising:
            hits, misses = successes.sum(axis=1), (trials - successes).sum(axis=1)
            best = rng.beta(1 + hits[:, None], 1 + misses[:, None], (runs, 100, cell.versions)).argmax(axis=-1)
            share = np.stack([(best == one).mean(axis=1) for one in range(cell.versions)], axis=-1)
            share = 0.9 * share + 0.1 / cell.versions
            share /= share.sum(axis=-1, keepdims=True)
    return successes, trials


@dataclass(frozen=True)
class Judged:
    """What the ways of judging say of every run at one look: whether the versions differ, whether intervals hold.

    `covers`: the intervals of all pairs of versions hold their true differences at once. `covers_best`: that of best
    minus runner-up holds the true difference of the two that were picked; made for one best version and equal others,
    so that it holds nearly always where all are equal.
    """

    pooled: npt.NDArray[np.bool_]
    fixed_z: npt.NDArray[np.bool_]
    rotation: npt.NDArray[np.bool_]
    covers: npt.NDArray[np.bool_]
    covers_best: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]


def at_end(successes: Floats, trials: Floats, *, lift: float = 0.0) -> Judged:
    """One look after the last day."""
    hits, shown = successes.sum(axis=1), trials.sum(axis=1)
    versions = trials.shape[-1]
    rate = hits.sum(axis=-1, keepdims=True) / shown.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        square = (np.square(hits - rate * shown) / (rate * (1 - rate) * shown)).sum(axis=-1)
        apart, error = _gap(hits, shown)
        far = np.abs(apart / error) > special.ndtri(0.5 + shared_level(versions) / 2)
    fitted = fit_days(successes, trials)
    known = fitted.connected & (successes.sum(axis=(1, 2)) > 0)
    truth = np.zeros(versions)
    truth[-1] = lift
    return Judged(
        np.nan_to_num(special.chdtrc(versions - 1, square), nan=1.0) < 1 - LEVEL,
        far.any(axis=-1),
        known & (fitted.p_value < 1 - LEVEL),
        _covers(fitted, truth) | ~known,
        _covers_best(fitted, truth) | ~known,
        known,
    )


def shared_level(versions: int) -> float:
    """Confidence of each comparison with the first version where all share one error (Bonferroni), as on the page."""
    return 1 - (1 - LEVEL) / (versions - 1)


def _gap(hits: Floats, shown: Floats) -> tuple[Floats, Floats]:
    """Every later version minus the first on pooled counts, and its unpooled standard error."""
    rate = hits / shown
    variance = rate * (1 - rate) / shown
    return rate[..., 1:] - rate[..., :1], np.sqrt(variance[..., 1:] + variance[..., :1])


def _covers(fitted: DayFit, truth: Floats) -> npt.NDArray[np.bool_]:
    quantiles = np.array([range_quantile(LEVEL, len(truth), float(one)) for one in fitted.freedom])
    held = np.ones(len(quantiles), bool)
    for first in range(len(truth)):
        for second in range(first):
            error = np.sqrt(_variance(fitted.covariance, first, second))
            off = fitted.effects[:, first] - fitted.effects[:, second] - (truth[first] - truth[second])
            held &= np.abs(off) <= quantiles * error
    return held


def _covers_best(fitted: DayFit, truth: Floats) -> npt.NDArray[np.bool_]:
    order = np.argsort(-fitted.effects, axis=-1)
    rows = np.arange(len(order))
    first, second = order[:, 0], order[:, 1]
    error = np.sqrt(_variance(fitted.covariance, first, second))
    quantiles = np.array([picked_quantile(LEVEL, len(truth), float(one)) for one in fitted.freedom])
    gap = fitted.effects[rows, first] - fitted.effects[rows, second]
    return np.asarray(np.abs(gap - (truth[first] - truth[second])) <= quantiles * error)


def _variance(covariance: Floats, first: int | npt.NDArray[np.int_], second: int | npt.NDArray[np.int_]) -> Floats:
    """Squared error of the difference of two versions, which may be others in every run."""
    rows = np.arange(len(covariance))
    spread = covariance[rows, first, first] + covariance[rows, second, second] - 2 * covariance[rows, first, second]
    return np.asarray(np.maximum(spread, 0.0))


@dataclass(frozen=True)
class Peeked:
    """Alarms of runs that are looked at after every day: any later version against the first, one error for all."""

    fixed_z: npt.NDArray[np.bool_]
    growthbook: npt.NDArray[np.bool_]
    always_valid: npt.NDArray[np.bool_]
    misses: npt.NDArray[np.bool_]  # an always-valid interval left the true difference out on some day


def daily(successes: Floats, trials: Floats, *, lift: float = 0.0) -> Peeked:
    """A look after every day, as people do it; ours is `always_valid_difference` as the page compares versions."""
    runs, days, versions = trials.shape
    none = np.zeros(runs, bool)
    told = Peeked(none, none, none, none)
    tuning = 7 * _of_pairs(trials[:, :1])
    truth = np.zeros(versions - 1)
    truth[-1] = lift
    level = shared_level(versions)
    for day in range(1, days + 1):
        x, n = successes[:, :day], trials[:, :day]
        with np.errstate(invalid="ignore", divide="ignore"):
            apart, error = _gap(x.sum(axis=1), n.sum(axis=1))
            score = np.nan_to_num(np.abs(apart / error))
        seen = _of_pairs(n)
        fitted = fit_days(x, n, prior_icc=PRIOR_ICC)
        half, gap = _look(fitted, seen / np.maximum(tuning, 1.0), level)
        closed = fitted.connected[:, None] & (half > 0)
        told = replace(
            told,
            fixed_z=told.fixed_z | (score > special.ndtri(0.5 + level / 2)).any(axis=-1),
            growthbook=told.growthbook | (score > growthbook_width(seen, level=level)).any(axis=-1),
            always_valid=told.always_valid | (closed & (np.abs(gap) > half)).any(axis=-1),
            misses=told.misses | (closed & (np.abs(gap - truth) > half)).any(axis=-1),
        )
    return told


def _of_pairs(trials: Floats) -> Floats:
    """Trials of the first version and each other one together, over the days given."""
    whole = trials.sum(axis=1)
    return np.asarray(whole[:, 1:] + whole[:, :1])


def _look(fitted: DayFit, share: Floats, level: float) -> tuple[Floats, Floats]:
    """Half-widths of the always-valid intervals of every later version minus the first, and the differences."""
    versions = fitted.effects.shape[-1]
    error = np.stack([np.sqrt(_variance(fitted.covariance, 0, other)) for other in range(1, versions)], axis=-1)
    pace = pace_of(level, 1.0) * share
    width = np.sqrt(2 * (pace + 1) / pace * np.log(np.sqrt(pace + 1) / (1 - level)))
    half = student_tail(width, np.broadcast_to(fitted.freedom[:, None], width.shape)) * error
    return half, fitted.effects[:, 1:] - fitted.effects[:, :1]


def growthbook_width(seen: Floats, *, tuning: float = GROWTHBOOK_TUNING, level: float = LEVEL) -> Floats:
    """Half-width of gbstats 0.8.0's sequential interval in standard errors, after `seen` trials of both versions."""
    alpha = 1 - level
    pace = seen * (-2 * np.log(alpha) + np.log(-2 * np.log(alpha) + 1)) / tuning
    return np.asarray(np.sqrt(2 * (pace + 1) / pace * np.log(np.sqrt(pace + 1) / alpha)))


def planned(successes: Floats, trials: Floats) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Alarms with looks on days 1, 3, 7, 14, 28 and the last only, and of the same test read once at the end.

    Two versions; as `planned_difference` reads them.
    """
    runs, days, _ = trials.shape
    stopped, single = np.zeros(runs, bool), np.zeros(runs, bool)
    for look in planned_looks(days).itertuples():
        prior = PRIOR_ICC if look.day == 1 else 0.0
        fitted = fit_days(successes[:, : int(look.day)], trials[:, : int(look.day)], prior_icc=prior)
        error = np.sqrt(_variance(fitted.covariance, 0, 1))
        gap = np.abs(fitted.effects[:, 1] - fitted.effects[:, 0])
        usable = fitted.connected & (error > 0)
        stopped |= usable & (gap > student_tail(np.full(runs, look.z), fitted.freedom) * error)
        single = usable & (fitted.p_value < 1 - LEVEL)
    return stopped, single
