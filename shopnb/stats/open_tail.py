"""How an open range (`100,000+`) ends: the tail behind the highest ranges of a ladder.

Belongs here: the block of upper ranges and the parabola through its log density. Within the block the log density is
s t - c t^2 / 2 with c >= 0: a lognormal where it is curved, a Pareto tail where it is straight (c = 0), so how heavy
the tail is comes from the likelihood and keeps its uncertainty. The two numbers have a posterior on a grid (flat in
the slope and in sqrt(c)); its mode is the maximum-likelihood fit. The block is as long as one parabola fits; where
none does, as long as it was.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from shopnb.stats.ranged_density import TAIL_CAP, Cells, Density

TAIL_LISTINGS = 2000  # aimed at in the block
_GRID = 33
_STEP = 0.1  # of the log scale, in the numeric integrals
_MAX_CELLS = 100  # cells a block is fitted to; finer ones are joined
_MIN_BLOCK = 40  # listings
_BAD_FIT = 0.15  # p below which a block is made smaller
_TAIL_SLACK = 0.35  # prior: a decade into the open range, the log density falls by 1 or more; soft by this
_TEMPER = 0.75  # of the log likelihood: the parabola is an approximation


def fit_tail(cells: Cells, draws: int, rng: np.random.Generator) -> Density:
    """Draws of the density behind the open ranges of `cells`, which hold at least one."""
    reach = np.concatenate([[-np.inf], np.maximum.accumulate(cells.stop)[:-1]])
    cuts = np.flatnonzero(cells.start >= reach - 1e-9)  # no range straddles these
    cut = _cut(cuts, cells.size, min(max(0.3 * cells.size.sum(), 150.0), float(TAIL_LISTINGS)))
    whole = block = _Block(cells[np.arange(cut, len(cells.low))])
    while block.fit_p < _BAD_FIT:
        smaller = _cut(cuts, cells.size, cells.size[cut:].sum() / 2)
        if smaller <= cut or cells.size[smaller:].sum() < _MIN_BLOCK:
            block = whole  # none fits: the longest says most
            break
        cut, block = smaller, _Block(cells[np.arange(smaller, len(cells.low))])
    return block.density(draws, rng)


def _cut(cuts: np.ndarray, size: np.ndarray, target: float) -> int:
    """Where the block begins: `target` listings, at least four distinct ranges."""
    for cut in cuts[::-1]:
        if len(size) - cut >= 4 and size[cut:].sum() >= target:
            return int(cut)
    return 0


class _Block:
    """The posterior of slope and curvature over a block of upper ranges."""

    def __init__(self, cells: Cells) -> None:
        start, stop, size = _joined(cells)
        tail_start = float(cells.start[np.isinf(cells.high)].max())
        top = tail_start + float(np.log(TAIL_CAP))
        stop = np.minimum(stop, top)
        loose = cells[~cells.is_exact]
        marks = np.unique(np.round(np.concatenate([start, stop, loose.start, np.minimum(loose.stop, top), [top]]), 12))
        pieces = [
            np.linspace(a, b, max(int(np.ceil((b - a) / _STEP)), 1), endpoint=False)
            for a, b in zip(marks, marks[1:], strict=False)
        ]
        self._edges = np.concatenate([*pieces, marks[-1:]])
        first, last = np.searchsorted(self._edges, start - 1e-9), np.searchsorted(self._edges, stop - 1e-9)
        middle = float(np.average(start, weights=size))
        self._at = (self._edges[:-1] + self._edges[1:]) / 2 - middle
        self._slope, self._bend, self._fit = self._posterior(first, last, size, tail_start - middle)
        best = np.array([self._fit.argmax()])
        self.fit_p = _goodness(self._weights(best)[0], first, last, size)

    def _posterior(
        self, first: np.ndarray, last: np.ndarray, size: np.ndarray, tail: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Slope, bend = sqrt(curvature) and log posterior on a grid drawn ever closer around the mode."""
        box = np.array([[-12.0, 12.0], [0.0, 3.0]])
        for _ in range(7):
            across = np.linspace(box[0, 0], box[0, 1], _GRID), np.linspace(box[1, 0], box[1, 1], _GRID)
            self._slope, self._bend = np.repeat(across[0], _GRID), np.tile(across[1], _GRID)
            fit = _likelihood(self._weights(np.arange(_GRID**2)), first, last, size)
            later = self._slope - np.square(self._bend) * (tail + np.log(10))
            fit = fit - np.square(np.maximum(later + 1, 0.0) / _TAIL_SLACK) / 2
            near = fit > fit.max() - 14
            margin = (box[:, 1] - box[:, 0]) / (_GRID - 1) * 1.5
            spots = np.array([[axis[near].min(), axis[near].max()] for axis in (self._slope, self._bend)])
            limits = np.array([[-30.0, 30.0], [0.0, 6.0]])
            box = np.clip(np.column_stack([spots[:, 0] - margin, spots[:, 1] + margin]), limits[:, :1], limits[:, 1:])
        return self._slope, self._bend, fit

    def _weights(self, chosen: np.ndarray) -> np.ndarray:
        """Parameters x steps: density x width, up to a constant a row."""
        shape = np.outer(self._slope[chosen], self._at) - np.outer(np.square(self._bend[chosen]), self._at**2 / 2)
        return np.asarray(np.exp(shape - shape.max(axis=1, keepdims=True)) * np.diff(self._edges))

    def density(self, draws: int, rng: np.random.Generator) -> Density:
        """Densities drawn from the posterior."""
        chance = np.exp((self._fit - self._fit.max()) * _TEMPER)
        return Density(self._edges, self._weights(rng.choice(len(self._fit), draws, p=chance / chance.sum())))


def _likelihood(weight: np.ndarray, first: np.ndarray, last: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Log likelihood of the cells' counts given that all lie in the block."""
    ladder = np.concatenate([np.zeros((len(weight), 1)), np.cumsum(weight, axis=1)], axis=1)
    mass = np.maximum(ladder[:, last] - ladder[:, first], 1e-300)
    return np.asarray(np.log(mass) @ size - size.sum() * np.log(ladder[:, -1]))


def _goodness(weight: np.ndarray, first: np.ndarray, last: np.ndarray, size: np.ndarray) -> float:
    """p of the chi-square test of the cells, joined in order to at least ten listings each; 1: nothing to test."""
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


def _joined(cells: Cells) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ends and sizes of the cells to fit; where there are too many exact ones, neighbours are joined."""
    start, stop, size = cells.start, cells.stop, cells.size
    is_exact = cells.is_exact
    if len(start) <= _MAX_CELLS or not is_exact.any():
        return start, stop, size
    bins = np.linspace(start[is_exact].min(), stop[is_exact].max() + 1e-9, _MAX_CELLS)
    taken = np.bincount(np.searchsorted(bins, start[is_exact], side="right") - 1, size[is_exact], len(bins) - 1)
    kept = taken > 0
    return (
        np.concatenate([bins[:-1][kept], start[~is_exact]]),
        np.concatenate([bins[1:][kept], stop[~is_exact]]),
        np.concatenate([taken[kept], size[~is_exact]]),
    )
