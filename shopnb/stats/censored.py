"""Totals of numbers that are shown as ranges (`500+`): what was really there, with an interval.

Belongs here: the model of counts known only by range, and the totals drawn from it. Closing a platform's ladder and
what the totals mean is `metrics.market`'s business.

The model. Log counts are cut into blocks of neighbouring ranges; within a block the log density is a parabola
(s t - c t^2 / 2): a lognormal where it is curved, a Pareto tail where it is straight (c = 0), so how heavy the tail
is comes from the likelihood and keeps its uncertainty. Its two numbers have a posterior on a grid (flat in the slope
and in sqrt(c)); the mode is the maximum-likelihood fit. Totals are simulated: parameters from the posterior, then
the counts of these very listings within their ranges.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from shopnb.stats.estimate import NAN, Estimate, check_level

DRAWS = 1000
SEED = 20_260_101
MIN_LISTINGS = 20
TAIL_LISTINGS = 2000  # aimed at in the uppermost block; each lower block holds four times more
TAIL_CAP = 1000.0  # no count is taken to exceed its open range's low end by more
_GRID = 33
_STEP = 0.1  # of the log scale, in the numeric integrals
_MAX_CELLS = 100  # cells a block is fitted to; finer ones are joined
_MIN_BLOCK = 40  # listings
_BAD_FIT = 0.15  # p below which a block is made smaller
_TAIL_SLACK = 0.35  # prior: a decade into the open range, the log density falls by 1 or more; soft by this
_TEMPER = 0.75  # of a tail's log likelihood: the parabola is an approximation
_SIMULATED = 4000  # listings of open ranges that are drawn one by one


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
    _cell: np.ndarray = field(repr=False)  # listing -> cell
    _mean: np.ndarray = field(repr=False)  # draw x cell
    _spread: np.ndarray = field(repr=False)  # draw x cell, standard deviation of one listing
    _open: np.ndarray = field(repr=False)  # listings that are drawn one by one
    _values: np.ndarray = field(repr=False)  # draw x those listings

    def simulate(self, weights: ArrayLike, labels: ArrayLike | None = None, count: int = 1) -> np.ndarray:
        """Draws of the weighted total by label: array of `DRAWS` x `count`.

        Parameters
        ----------
        weights : one a listing, finite, >= 0.
        labels : 0 to count - 1, one a listing; -1 leaves it out. None: all are one.
        """
        weight = np.asarray(weights, float)
        label = np.zeros(len(weight), int) if labels is None else np.asarray(labels, int)
        cells = self._mean.shape[1]
        plain = label >= 0
        plain[self._open] = False
        place = label[plain] * cells + self._cell[plain]
        shape = (count, cells)
        first = np.bincount(place, weight[plain], count * cells).reshape(shape)
        second = np.bincount(place, weight[plain] ** 2, count * cells).reshape(shape)
        rng = np.random.default_rng(SEED + 1)
        noise = np.sqrt(np.square(self._spread) @ second.T) * rng.standard_normal((len(self._mean), count))
        ends = [np.bincount(label[plain], weight[plain] * end[plain], count) for end in (self._low, self._high)]
        totals = np.clip(self._mean @ first.T + noise, *ends)
        kept = label[self._open] >= 0
        member = np.zeros((len(self._open), count))
        member[np.flatnonzero(kept), label[self._open][kept]] = weight[self._open][kept]
        return np.asarray(totals + self._values @ member)


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
    Weights and counts are taken to be independent within a range. Same input, same numbers: the draws are seeded.

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
    in_open = float(np.median(model.simulate(weight, np.where(is_open, 0, -1))[:, 0])) if open_count else 0.0
    share = min(in_open / middle, 1.0) if middle else 0.0
    return CensoredTotal(middle, bottom, top, NAN, None, count, open_count, share)


def fit_censored(low: ArrayLike, high: ArrayLike) -> CensoredModel:
    """Fit the counts behind ranges; arguments as in `censored_total`. Equal ranges are grouped, so rows are cheap."""
    lows = np.nan_to_num(np.asarray(low, float), nan=0.0)
    highs = np.where(np.isnan(np.asarray(high, float)), np.inf, np.asarray(high, float))
    if lows.shape != highs.shape or lows.ndim != 1:
        raise ValueError("low and high: one of each a listing")
    if code := _fault(lows, highs):
        return _without(code, lows, highs)
    pairs = pd.DataFrame({"low": lows, "high": highs}).groupby(["low", "high"], sort=True)
    cell = pairs.ngroup().to_numpy()
    sizes = pairs.size()
    low_ends, high_ends = (sizes.index.get_level_values(k).to_numpy(float) for k in (0, 1))
    cells = _Cells(low_ends, high_ends, sizes.to_numpy(float))
    if (low_ends == high_ends).all():
        return _exact_model(lows, highs, cell, low_ends)
    if code := _cell_fault(cells):
        return _without(code, lows, highs)
    return _simulated_model(lows, highs, cell, cells)


@dataclass(frozen=True)
class _Cells:
    """Distinct ranges in ascending order and how many listings each has."""

    low: np.ndarray
    high: np.ndarray
    size: np.ndarray

    @property
    def start(self) -> np.ndarray:
        """Lower end on the log scale, half a unit below; counts of 0 in a range sit just above 0."""
        return np.asarray(np.log(np.maximum(self.low - 0.5, 0.25)))

    @property
    def stop(self) -> np.ndarray:
        """Upper end on the log scale; infinite where open."""
        return np.asarray(np.log(self.high + 0.5))

    def __getitem__(self, chosen: np.ndarray) -> _Cells:
        return _Cells(self.low[chosen], self.high[chosen], self.size[chosen])


def _fault(lows: np.ndarray, highs: np.ndarray) -> str | None:
    if len(lows) == 0:
        return "no_listings"
    if (lows < 0).any() or (lows > highs).any() or np.isinf(lows).any():
        return "invalid_ranges"
    is_exact = lows == highs
    return "too_few_listings" if len(lows) < MIN_LISTINGS and not is_exact.all() else None


def _cell_fault(cells: _Cells) -> str | None:
    """Whether the ranges say where within them the counts lie: two distinct ones above zero, one of them closed."""
    told = (cells.high > 0) & ~_is_vacuous(cells)
    if told.sum() < 2 or not np.isfinite(cells.high[told]).any():
        return "one_bucket"
    return None


def _is_vacuous(cells: _Cells) -> np.ndarray:
    return np.asarray((cells.low <= 0) & np.isinf(cells.high))


def _without(code: str, lows: np.ndarray, highs: np.ndarray) -> CensoredModel:
    none = np.empty((0, 0))
    return CensoredModel(code, np.full(len(lows), NAN), lows, highs, none, none, none, none, none)


def _exact_model(lows: np.ndarray, highs: np.ndarray, cell: np.ndarray, values: np.ndarray) -> CensoredModel:
    no_open = np.empty(0, int)
    mean = values[None, :]
    return CensoredModel(None, lows, lows, highs, cell, mean, np.zeros_like(mean), no_open, np.empty((1, 0)))


def _simulated_model(lows: np.ndarray, highs: np.ndarray, cell: np.ndarray, cells: _Cells) -> CensoredModel:
    rng = np.random.default_rng(SEED)
    mean = np.tile(np.where(cells.low == cells.high, cells.low, NAN), (DRAWS, 1))
    spread = np.where(np.isnan(mean), NAN, 0.0)
    drawn: dict[int, np.ndarray] = {}
    told = np.flatnonzero((cells.high > 0) & ~_is_vacuous(cells))
    for block, density in _fitted_blocks(cells, told, rng):
        for place in block[cells.low[block] < cells.high[block]]:
            mean[:, place], spread[:, place] = density.moments(cells.start[place], cells.stop[place])
            if np.isinf(cells.high[place]):
                drawn[place] = density.draws(cells.start[place], int(min(cells.size[place], _SIMULATED)), rng)
    for place in np.flatnonzero(_is_vacuous(cells)):
        weight = np.where(_is_vacuous(cells), 0.0, cells.size)
        known = np.nan_to_num(mean)
        mean[:, place] = known @ weight / weight.sum()
        spread[:, place] = np.sqrt(
            (known**2 + np.nan_to_num(spread) ** 2) @ weight / weight.sum() - mean[:, place] ** 2
        )
    chosen, values = [np.empty(0, int)], [np.empty((DRAWS, 0))]
    for place, columns in drawn.items():
        members = np.flatnonzero(cell == place)
        if len(members) == columns.shape[1]:
            chosen.append(members)
            values.append(columns)
    expected = np.median(mean, axis=0)[cell]
    return CensoredModel(
        None, expected, lows, highs, cell, mean, spread, np.concatenate(chosen), np.concatenate(values, axis=1)
    )


def _fitted_blocks(cells: _Cells, told: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, _Density]]:
    """Blocks of cells from the top down with their densities, a tail as long as one parabola fits."""
    start, stop, size = cells.start[told], cells.stop[told], cells.size[told]
    reach = np.concatenate([[-np.inf], np.maximum.accumulate(stop)[:-1]])
    cuts = np.flatnonzero(start >= reach - 1e-9)  # no range straddles these
    target, end, ceiling = min(max(0.3 * size.sum(), 150.0), float(TAIL_LISTINGS)), len(told), np.inf
    while end:
        cut = _cut(cuts, size, end, target)
        inside = cells[told[cut:end]]
        density = _fit_block(inside, ceiling, rng)
        while density.fit_p < _BAD_FIT and np.isinf(inside.high).any():
            smaller = _cut(cuts, size, end, size[cut:end].sum() / 2)
            if smaller <= cut or size[smaller:end].sum() < _MIN_BLOCK:
                break
            cut, inside = smaller, cells[told[smaller:end]]
            density = _fit_block(inside, ceiling, rng)
        yield told[cut:end], density
        ceiling, end, target = float(inside.start.min()), cut, max(size[cut:end].sum(), target) * 4


def _cut(cuts: np.ndarray, size: np.ndarray, end: int, target: float) -> int:
    """Where a block that ends at `end` begins: `target` listings, at least four distinct ranges, no scrap left over."""
    for cut in cuts[::-1]:
        if cut and end - cut >= 4 and size[cut:end].sum() >= target and cut >= 4 and size[:cut].sum() >= _MIN_BLOCK:
            return int(cut)
    return 0


@dataclass(frozen=True)
class _Density:
    """Draws of a block's density on a fine grid of the log scale: rows are draws."""

    edges: np.ndarray
    weight: np.ndarray  # draw x step: density x width
    fit_p: float  # of the block's counts under the best fit; 1 where there is nothing to test

    def _steps(self, start: float, stop: float) -> slice:
        first = int(np.searchsorted(self.edges, start - 1e-9))
        last = int(np.searchsorted(self.edges, min(stop, self.edges[-1]) - 1e-9))
        return slice(first, max(last, first + 1))

    def moments(self, start: float, stop: float) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the count within a range, one a draw."""
        steps = self._steps(start, stop)
        weight = self.weight[:, steps]
        value = np.exp((self.edges[:-1] + self.edges[1:]) / 2)[steps]
        total = weight.sum(axis=1)
        mean = weight @ value / total
        return mean, np.sqrt(np.maximum(weight @ value**2 / total - mean**2, 0.0))

    def draws(self, start: float, count: int, rng: np.random.Generator) -> np.ndarray:
        """`count` counts of an open range for each draw of the parameters."""
        steps = self._steps(start, np.inf)
        edges = self.edges[steps.start : steps.stop + 1]
        chance = np.cumsum(self.weight[:, steps], axis=1)
        values = np.empty((len(chance), count))
        for row, ladder in enumerate(chance):
            at = rng.random(count) * ladder[-1]
            values[row] = np.exp(np.interp(at, np.concatenate([[0.0], ladder]), edges))
        return values


def _fit_block(cells: _Cells, ceiling: float, rng: np.random.Generator) -> _Density:
    """Posterior of the block's slope and curvature, and densities drawn from it. `ceiling` ends the block."""
    start, stop, size = _joined(cells)
    top = float(cells.start[np.isinf(cells.high)].max() + np.log(TAIL_CAP)) if np.isinf(stop).any() else ceiling
    top = top if np.isfinite(top) else float(stop.max())
    stop = np.minimum(stop, top)
    loose = cells[cells.low < cells.high]
    ends = np.concatenate([start, stop, loose.start, np.minimum(loose.stop, top), [top]])
    marks = np.unique(np.round(ends, 12))
    pieces = [
        np.linspace(a, b, max(int(np.ceil((b - a) / _STEP)), 1), endpoint=False)
        for a, b in zip(marks, marks[1:], strict=False)
    ]
    edges = np.concatenate([*pieces, marks[-1:]])
    first, last = np.searchsorted(edges, start - 1e-9), np.searchsorted(edges, stop - 1e-9)
    middle = float(np.average(start, weights=size))
    t, width = (edges[:-1] + edges[1:]) / 2 - middle, np.diff(edges)
    is_tail = bool(np.isinf(cells.high).any())
    tail_start = float(cells.start[np.isinf(cells.high)].max()) if is_tail else np.nan
    box = np.array([[-12.0, 12.0], [0.0 if is_tail else -1.5, 3.0]])
    for _ in range(7):
        across = np.linspace(box[0, 0], box[0, 1], _GRID), np.linspace(box[1, 0], box[1, 1], _GRID)
        slope, bend = np.repeat(across[0], _GRID), np.tile(across[1], _GRID)
        fit = _likelihood(_step_weights(slope, bend, t, width), first, last, size)
        if is_tail:
            later = slope - np.square(bend) * (tail_start + np.log(10) - middle)
            fit = fit - np.square(np.maximum(later + 1, 0.0) / _TAIL_SLACK) / 2
        near = fit > fit.max() - 14
        margin = (box[:, 1] - box[:, 0]) / (_GRID - 1) * 1.5
        limits = np.array([[-30.0, 30.0], [box[1, 0] if is_tail and box[1, 0] == 0 else -3.0, 6.0]])
        spots = np.array([[axis[near].min(), axis[near].max()] for axis in (slope, bend)])
        box = np.clip(np.column_stack([spots[:, 0] - margin, spots[:, 1] + margin]), limits[:, :1], limits[:, 1:])
        if is_tail:
            box[1, 0] = max(box[1, 0], 0.0)
    best = np.array([fit.argmax()])
    fit_p = _goodness(_step_weights(slope[best], bend[best], t, width)[0], first, last, size)
    chance = np.exp((fit - fit.max()) * (_TEMPER if is_tail else 1.0))
    chosen = rng.choice(len(fit), DRAWS, p=chance / chance.sum())
    return _Density(edges, _step_weights(slope[chosen], bend[chosen], t, width), fit_p)


def _step_weights(slope: np.ndarray, bend: np.ndarray, t: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Parameters x steps: density x width, up to a constant a row. Curvature c = bend^2, with bend's sign."""
    shape = np.outer(slope, t) - np.outer(bend * np.abs(bend), t**2 / 2)
    return np.asarray(np.exp(shape - shape.max(axis=1, keepdims=True)) * width)


def _likelihood(weight: np.ndarray, first: np.ndarray, last: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Log likelihood of the cells' counts given that all lie in the block."""
    ladder = np.concatenate([np.zeros((len(weight), 1)), np.cumsum(weight, axis=1)], axis=1)
    mass = np.maximum(ladder[:, last] - ladder[:, first], 1e-300)
    return np.asarray(np.log(mass) @ size - size.sum() * np.log(ladder[:, -1]))


def _goodness(weight: np.ndarray, first: np.ndarray, last: np.ndarray, size: np.ndarray) -> float:
    """p of the chi-square test of the cells, joined in order to at least ten listings each."""
    order = np.argsort(first)
    ladder = np.concatenate([[0.0], np.cumsum(weight)])
    expected = (ladder[last] - ladder[first])[order]
    expected = expected / expected.sum() * size.sum()
    group = np.minimum(np.cumsum(expected) // max(10.0, size.sum() / 20), 19).astype(int)
    seen, due = np.bincount(group, size[order]), np.bincount(group, expected)
    freedom = (due > 0).sum() - 3
    if freedom < 1:
        return 1.0
    return float(special.chdtrc(freedom, (np.square(seen - due)[due > 0] / due[due > 0]).sum()))


def _joined(cells: _Cells) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ends and sizes of the cells to fit; where there are too many exact ones, neighbours are joined."""
    start, stop, size = cells.start, cells.stop, cells.size
    is_exact = cells.low == cells.high
    if len(start) <= _MAX_CELLS or not is_exact.any():
        return start, stop, size
    low, high = start[is_exact].min(), stop[is_exact].max()
    bins = np.linspace(low, high + 1e-9, _MAX_CELLS)
    taken = np.bincount(np.searchsorted(bins, start[is_exact], side="right") - 1, size[is_exact], len(bins) - 1)
    other = ~is_exact
    kept = taken > 0
    return (
        np.concatenate([bins[:-1][kept], start[other]]),
        np.concatenate([bins[1:][kept], stop[other]]),
        np.concatenate([taken[kept], size[other]]),
    )
