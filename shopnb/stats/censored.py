"""Totals of numbers that are shown as ranges (`500+`): what was really there, with an interval.

Belongs here: the totals drawn from the fitted densities. The density within ranges is `ranged_density`, the tail behind
open ones `open_tail`; closing a platform's ladder and what the totals mean is `metrics.market`'s business.

What is simulated: the density's parameters from their posterior, then the numbers of these very listings within their
ranges. Numbers may hang together with a known one, such as the price: its log is regressed on the log count over all
listings, and the slope, with its uncertainty, tilts the counts within each range.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from shopnb.stats.estimate import NAN, Estimate, check_level
from shopnb.stats.open_tail import fit_tail
from shopnb.stats.ranged_density import Cells, fit_density

DRAWS = 1000
SEED = 20_260_101
MIN_LISTINGS = 20
_SIMULATED = 4000  # listings of an open range that are drawn one by one
_BENDS = 100  # listings from which the slope of the known number may differ from range to range


@dataclass(frozen=True)
class CensoredTotal(Estimate):
    """A total of numbers shown as ranges.

    Attributes
    ----------
    estimate, low, high, code : see `Estimate`; p_value is NaN.
    listings : rows used.
    open_listings : rows without an upper end.
    open_share : share of the estimate that sits in open ranges, 0-1: how much rests on the fitted tail.
    """

    listings: int = 0
    open_listings: int = 0
    open_share: float = NAN


@dataclass(frozen=True)
class CensoredModel:
    """Counts known by range, ready to be summed. Made by `fit_censored`.

    Attributes
    ----------
    code : why nothing can be said (`no_listings`, `invalid_ranges`, `one_bucket`, `too_few_listings`) or None.
    expected : expected count of each listing, NaN with a code.
    """

    code: str | None
    expected: np.ndarray
    _low: np.ndarray = field(repr=False)
    _high: np.ndarray = field(repr=False)
    _cell: np.ndarray = field(repr=False)  # listing -> range, -1 where exact
    _mean: np.ndarray = field(repr=False)  # draw x range
    _spread: np.ndarray = field(repr=False)  # draw x range, standard deviation of one listing
    _tilt: np.ndarray = field(repr=False)  # draw x range, covariance of count and log count
    _log_mean: np.ndarray = field(repr=False)  # one a range
    _log_spread: np.ndarray = field(repr=False)
    _open: np.ndarray = field(repr=False)  # listings that are drawn one by one
    _values: np.ndarray = field(repr=False)  # draw x those listings

    def simulate(
        self,
        weights: ArrayLike,
        labels: ArrayLike | None = None,
        count: int = 1,
        *,
        along: ArrayLike | None = None,
    ) -> np.ndarray:
        """Draws of the weighted total by label: array of draws x `count`.

        Parameters
        ----------
        weights : one a listing, finite, >= 0.
        labels : 0 to count - 1, one a listing; -1 leaves it out. None: all are one.
        along : a known number of each listing with which its count may hang together; None: the weights.
        """
        weight = np.asarray(weights, float)
        label = np.zeros(len(weight), int) if labels is None else np.asarray(labels, int)
        is_exact = self._cell < 0
        chosen = is_exact & (label >= 0)
        exact = np.bincount(label[chosen], (weight * self._low)[chosen], count)
        if not self._mean.shape[1]:
            return np.tile(exact, (len(self._mean), 1))
        tie = self._tie(weight if along is None else np.asarray(along, float))
        loose = ~is_exact & (label >= 0)
        loose[self._open] = False
        cells = self._mean.shape[1]
        shape, place = (count, cells), label[loose] * cells + self._cell[loose]
        first, second, third = (
            np.bincount(place, each, count * cells).reshape(shape)
            for each in (weight[loose], weight[loose] ** 2, (weight * tie.deviation)[loose])
        )
        rng = np.random.default_rng(SEED + 1)
        noise = np.sqrt(np.square(self._spread) @ second.T) * rng.standard_normal((len(self._mean), count))
        totals = self._mean @ first.T + (self._tilt * tie.slope) @ third.T + noise
        ends = [np.bincount(label[loose], weight[loose] * end[loose], count) for end in (self._low, self._high)]
        totals = np.clip(totals, *ends)
        kept = label[self._open] >= 0
        member = np.zeros((len(self._open), count))
        member[np.flatnonzero(kept), label[self._open][kept]] = weight[self._open][kept]
        return np.asarray(exact + totals + self._tied_values(tie, rng) @ member)

    def _tie(self, along: np.ndarray) -> _Tie:
        """How the log of a known number moves with the log count: drawn slopes by range, deviations of listings."""
        cells = self._mean.shape[1]
        nothing = _Tie(np.zeros(cells), np.zeros(len(along)), 0.0)
        is_exact = self._cell < 0
        logs = np.where(is_exact, np.log(np.maximum(self._low, 0.5)), self._log_mean[self._cell])
        used = (along > 0) & ~(is_exact & (self._low <= 0))
        count = int(used.sum())
        if count < MIN_LISTINGS or np.ptp(along[used]) == 0:
            return nothing
        known = np.log(along, out=np.zeros(len(along)), where=along > 0)
        at, seen = logs[used], known[used]
        centre, scale = at.mean(), at.std()
        if scale < 1e-9:
            return nothing
        powers = 3 if count >= _BENDS and len(np.unique(at)) > 3 else 2
        design = np.vander((at - centre) / scale, powers, increasing=True)
        beta, *_ = np.linalg.lstsq(design, seen, rcond=None)
        residual = float(np.square(seen - design @ beta).sum() / (count - powers))
        rng = np.random.default_rng(SEED + 2)
        root = np.linalg.cholesky(np.linalg.inv(design.T @ design + 1e-9 * np.eye(powers)) * max(residual, 1e-12))
        drawn = beta + rng.standard_normal((len(self._mean), powers)) @ root.T
        bend = drawn[:, 2:] if powers == 3 else np.zeros((len(drawn), 1))
        slope = (drawn[:, 1:2] + 2 * bend * (self._log_mean - centre) / scale) / scale
        loose = ~is_exact & used
        size = np.maximum(np.bincount(self._cell[loose], minlength=cells), 1)
        middle = np.bincount(self._cell[loose], known[loose], cells) / size
        away = np.where(loose, known - middle[self._cell], 0.0)
        within = max(residual, 1e-9)
        return _Tie(slope, away / (within + np.square(slope.mean(0) * self._log_spread)[self._cell]), within)

    def _tied_values(self, tie: _Tie, rng: np.random.Generator) -> np.ndarray:
        """The counts drawn one by one, handed out so that they hang together with the known number as it does."""
        if not tie.within or not len(self._open):
            return self._values
        values = self._values.copy()
        for cell in np.unique(self._cell[self._open]):
            columns = np.flatnonzero(self._cell[self._open] == cell)
            deviation = tie.deviation[self._open[columns]]
            spread = deviation.std()
            if len(columns) < 2 or not spread:
                continue
            pull = tie.slope[:, cell] * self._log_spread[cell]
            share = (pull / np.sqrt(np.square(pull) + tie.within))[:, None]
            standard = (deviation - deviation.mean()) / spread
            score = share * standard + np.sqrt(1 - share**2) * rng.standard_normal((len(values), len(columns)))
            handed = np.empty_like(score)
            np.put_along_axis(handed, np.argsort(score, axis=1), np.sort(values[:, columns], axis=1), axis=1)
            values[:, columns] = handed
        return values


@dataclass(frozen=True)
class _Tie:
    """How a known number hangs together with the counts."""

    slope: np.ndarray  # draw x range: change of its log by log count
    deviation: np.ndarray  # one a listing: its log less the range's mean, over the variance there
    within: float  # variance of its log at a given count; 0: does not hang together


def censored_total(
    low: ArrayLike, high: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.9
) -> CensoredTotal:
    """The realised total, sum of weight x count, of listings whose counts are shown as ranges.

    Parameters
    ----------
    low, high : counts, both ends included; equal where exact; NaN or infinite `high`: open; NaN `low`: 0.
    weights : what one unit counts (a price); None: 1. Listings without a finite weight give `invalid_weights`.
    level : share of cases in which the true total should lie in the interval.

    Returns
    -------
    CensoredTotal
        `estimate` is the median of the simulated totals, `low` and `high` their quantiles. All exact: the sum itself.
        NaN with `no_listings`, `invalid_ranges` (negative, low above high), `invalid_weights`, `one_bucket` (all
        listings in one range, or all but exact zeros: nothing tells where in it), `too_few_listings` (fewer than 20,
        and open ranges among them). Fewer than 20, all closed: the sums of the ends with their geometric middle,
        code `too_few_listings`.

    Notes
    -----
    Weights may hang together with counts, also within a range (`CensoredModel.simulate`). Same input, same numbers:
    the draws are seeded.

    Examples
    --------
    >>> censored_total([3, 5], [3, 5], weights=[10.0, 2.0]).estimate
    40.0
    >>> censored_total([100] * 50, [np.inf] * 50).code
    'one_bucket'
    """
    check_level(level)
    model = fit_censored(low, high)
    count = len(model.expected)
    weight = np.ones(count) if weights is None else np.asarray(weights, float)
    if weight.shape != (count,):
        raise ValueError("weights: one a listing")
    if not (np.isfinite(weight) & (weight >= 0)).all():
        return CensoredTotal(NAN, code="invalid_weights", listings=count)
    is_open = ~np.isfinite(model._high)
    open_count = int(is_open.sum())
    if model.code == "too_few_listings" and not open_count:
        bottom, top = float((weight * model._low).sum()), float((weight * model._high).sum())
        middle = float((weight * (np.sqrt((model._low + 0.5) * (model._high + 0.5)) - 0.5)).sum())
        return CensoredTotal(min(max(middle, bottom), top), bottom, top, NAN, model.code, count, 0, 0.0)
    if model.code:
        return CensoredTotal(NAN, NAN, NAN, NAN, model.code, count, open_count)
    totals = model.simulate(weight)[:, 0]
    if totals.max() - totals.min() <= 1e-12 * totals.max():
        bottom = middle = top = float(totals[0])
    else:
        middle, bottom, top = (float(end) for end in np.quantile(totals, [0.5, 0.5 - level / 2, 0.5 + level / 2]))
    in_open = float((weight * model.expected)[is_open].sum())
    share = min(in_open / middle, 1.0) if middle else 0.0
    return CensoredTotal(middle, bottom, top, NAN, None, count, open_count, share)


def fit_censored(low: ArrayLike, high: ArrayLike) -> CensoredModel:
    """Fit the counts behind ranges; arguments as in `censored_total`. Equal ranges are grouped, so rows are cheap.

    Who asks several questions of one listing gets the same model: the newest two are kept.
    """
    lows = np.nan_to_num(np.asarray(low, float), nan=0.0)
    highs = np.where(np.isnan(np.asarray(high, float)), np.inf, np.asarray(high, float))
    if lows.shape != highs.shape or lows.ndim != 1:
        raise ValueError("low and high: one of each a listing")
    return _fitted(lows.tobytes(), highs.tobytes())


@functools.lru_cache(maxsize=2)
def _fitted(low: bytes, high: bytes) -> CensoredModel:
    """The model of checked ends, as bytes so that they can be a key; its arrays cannot be written to."""
    lows, highs = np.frombuffer(low), np.frombuffer(high)
    if code := _fault(lows, highs):
        return _without(code, lows, highs)
    is_exact = lows == highs
    if is_exact.all():
        return _model(None, lows, lows, highs, np.full(len(lows), -1), rows=1)
    pairs = pd.DataFrame({"low": lows, "high": highs}).groupby(["low", "high"], sort=True)
    sizes = pairs.size()
    low_ends, high_ends = (sizes.index.get_level_values(k).to_numpy(float) for k in (0, 1))
    cells = Cells(low_ends, high_ends, sizes.to_numpy(float), _half(low_ends, high_ends))
    if code := _cell_fault(cells):
        return _without(code, lows, highs)
    loose = np.flatnonzero(~cells.is_exact)
    place = np.full(len(low_ends), -1)
    place[loose] = np.arange(len(loose))
    return _simulated_model(lows, highs, place[pairs.ngroup().to_numpy()], cells)


def _half(low: np.ndarray, high: np.ndarray) -> float:
    """Half a unit where counts are whole, so that 100-199 and 200-299 meet; 0 where ranges meet as they stand."""
    ends = np.concatenate([low, high[np.isfinite(high)]])
    loose = low < high
    meet = np.isin(high[loose], low[loose]).any()
    return 0.0 if meet or (ends != np.round(ends)).any() else 0.5


def _fault(lows: np.ndarray, highs: np.ndarray) -> str | None:
    if len(lows) == 0:
        return "no_listings"
    if (lows < 0).any() or (lows > highs).any() or np.isinf(lows).any():
        return "invalid_ranges"
    is_exact = lows == highs
    return "too_few_listings" if len(lows) < MIN_LISTINGS and not is_exact.all() else None


def _cell_fault(cells: Cells) -> str | None:
    """Whether the ranges say where within them the counts lie: two distinct ones above zero, one of them closed."""
    told = (cells.high > 0) & ~cells.is_vacuous
    if told.sum() < 2 or not np.isfinite(cells.high[told]).any():
        return "one_bucket"
    return None


def _model(
    code: str | None, expected: np.ndarray, lows: np.ndarray, highs: np.ndarray, cell: np.ndarray, *, rows: int
) -> CensoredModel:
    """A model without ranges."""
    none, flat = np.empty((rows, 0)), np.empty(0)
    return CensoredModel(code, expected, lows, highs, cell, none, none, none, flat, flat, np.empty(0, int), none)


def _without(code: str, lows: np.ndarray, highs: np.ndarray) -> CensoredModel:
    return _model(code, np.full(len(lows), NAN), lows, highs, np.full(len(lows), -1), rows=0)


def _simulated_model(lows: np.ndarray, highs: np.ndarray, cell: np.ndarray, cells: Cells) -> CensoredModel:
    rng = np.random.default_rng(SEED)
    told = cells[(cells.high > 0) & ~cells.is_vacuous]
    body = fit_density(told, DRAWS, rng)
    lowest = int(np.flatnonzero(~cells.is_vacuous)[0])
    if not cells.is_exact[lowest] and np.isfinite(cells.high[lowest]):  # nothing tells whether the list ends in it
        body = body.cut_below(cells.start[lowest], cells.stop[lowest], np.arange(DRAWS) % 2 == 0)
    tail = fit_tail(told, DRAWS, rng) if np.isinf(told.high).any() else body
    loose = cells[~cells.is_exact]
    moments = [
        (tail if np.isinf(high) else body).moments(start, stop)
        for start, stop, high in zip(loose.start, loose.stop, loose.high, strict=True)
    ]
    mean, spread, log_mean, log_spread, tilt = (
        np.column_stack([getattr(one, name) for one in moments])
        for name in ("mean", "spread", "log_mean", "log_spread", "tilt")
    )
    chosen, values = [np.empty(0, int)], [np.empty((DRAWS, 0))]
    for place in np.flatnonzero(np.isinf(loose.high) & ~loose.is_vacuous & (loose.size <= _SIMULATED)):
        chosen.append(np.flatnonzero(cell == place))
        values.append(tail.draws(loose.start[place], len(chosen[-1]), rng))
    for place in np.flatnonzero(loose.is_vacuous):  # as the others
        known = np.tile(cells.low, (DRAWS, 1))
        known[:, ~cells.is_exact] = mean
        inside = np.zeros_like(known)
        inside[:, ~cells.is_exact] = spread
        share = np.where(cells.is_vacuous, 0.0, cells.size) / cells.size[~cells.is_vacuous].sum()
        mean[:, place] = known @ share
        spread[:, place] = np.sqrt(np.maximum((known**2 + inside**2) @ share - mean[:, place] ** 2, 0.0))
        tilt[:, place] = 0.0
    return CensoredModel(
        None, np.where(cell < 0, lows, np.median(mean, axis=0)[cell]), lows, highs, cell, mean, spread, tilt,
        log_mean.mean(axis=0), log_spread.mean(axis=0), np.concatenate(chosen), np.concatenate(values, axis=1),
    )  # fmt: skip
