"""The density of numbers known only by range, smooth on the log scale.

Belongs here: the cells (distinct ranges and how many numbers each holds) and the penalised spline through them. How
an open range ends is `open_tail`'s business, totals are `censored`'s.

Log density is a cubic B-spline with many knots, its third differences penalised, so that a lognormal (a parabola) and
a Pareto tail (a line) cost nothing and neighbouring ranges say how a range is filled (ungrouping by a penalised
composite link model: Eilers 2007, Rizzi, Gampe and Eilers 2015). How smooth is decided by the marginal likelihood and
stays uncertain: every draw has its own smoothness and its own coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import BSpline

KNOT = 0.35  # between knots, log scale
STEP = 0.07  # of the grid on which densities are summed, log scale; finer where ranges are narrow
REACH = 2.0  # log scale: exact numbers so far below the first range still say how it is filled
EXACT_BIN = 0.25  # exact numbers are joined into bins this wide
TAIL_CAP = 1000.0  # no number is taken to exceed its open range's low end by more
SMOOTHNESS = 10.0 ** np.arange(-2.0, 7.5, 0.75)
_SLOPE, _CURVE = 3.0, 2.0  # weak prior scales of the log density's slope and curvature
_NEWTON = 30
_ABOVE = (
    0.5,
    1.5,
)  # log scale, over the end of a lowest range: the line that goes on into it; nearer, the spline bends


@dataclass(frozen=True)
class Cells:
    """Distinct ranges in ascending order and how many listings each has; `half` is 0.5 where numbers are whole."""

    low: np.ndarray
    high: np.ndarray
    size: np.ndarray
    half: float = 0.5

    @property
    def start(self) -> np.ndarray:
        """Lower end on the log scale, half a unit below; counts of 0 in a range sit just above 0."""
        return np.asarray(np.log(np.maximum(self.low - self.half, 0.25)))

    @property
    def stop(self) -> np.ndarray:
        """Upper end on the log scale; infinite where open."""
        return np.asarray(np.log(np.maximum(self.high + self.half, 0.3)))

    @property
    def is_exact(self) -> np.ndarray:
        """Whether a range is one number."""
        return np.asarray(self.low == self.high)

    @property
    def is_vacuous(self) -> np.ndarray:
        """Whether a range says nothing."""
        return np.asarray((self.low <= 0) & np.isinf(self.high))

    def __getitem__(self, chosen: np.ndarray) -> Cells:
        return Cells(self.low[chosen], self.high[chosen], self.size[chosen], self.half)


@dataclass(frozen=True)
class Density:
    """Draws of a density on a fine grid of the log scale: rows are draws."""

    edges: np.ndarray
    weight: np.ndarray  # draw x step: density x width

    def _steps(self, start: float, stop: float) -> slice:
        first = int(np.searchsorted(self.edges, start - 1e-9))
        last = int(np.searchsorted(self.edges, min(stop, self.edges[-1]) - 1e-9))
        return slice(first, max(last, first + 1))

    def moments(self, start: float, stop: float) -> Moments:
        """Moments of the number and its log within a range, one a draw."""
        steps = self._steps(start, stop)
        weight = self.weight[:, steps]
        logs = ((self.edges[:-1] + self.edges[1:]) / 2)[steps]
        value = np.exp(logs)
        total = weight.sum(axis=1)
        mean, log_mean = weight @ value / total, weight @ logs / total
        spread = np.sqrt(np.maximum(weight @ value**2 / total - mean**2, 0.0))
        log_spread = np.sqrt(np.maximum(weight @ logs**2 / total - log_mean**2, 0.0))
        return Moments(mean, spread, log_mean, log_spread, weight @ (value * logs) / total - mean * log_mean)

    def cut_below(self, start: float, stop: float, rows: np.ndarray) -> Density:
        """In some draws the lowest range is filled from its upper end only, as where a list ends with it.

        There the log density goes on from above the range as a straight line and stops where the range has its share;
        a range that the line does not fill stays as it is, and all where the ranges end too soon to give a line.
        """
        if self.edges[-1] < stop + _ABOVE[1]:
            return self
        steps, above = self._steps(start, stop), self._steps(stop + _ABOVE[0], stop + _ABOVE[1])
        width, logs = np.diff(self.edges), (self.edges[:-1] + self.edges[1:]) / 2
        seen = np.log(np.maximum(self.weight[:, above] / width[above], 1e-300))
        away = logs[above] - logs[above].mean()
        slope = seen @ away / np.square(away).sum()
        line = seen.mean(axis=1)[:, None] + slope[:, None] * (logs[steps] - logs[above].mean())
        filled = np.exp(line) * width[steps]
        share = self.weight[:, steps].sum(axis=1, keepdims=True)
        reached = np.cumsum(filled[:, ::-1], axis=1)[:, ::-1]
        kept = np.clip(share - (reached - filled), 0.0, filled)
        weight = self.weight.copy()
        chosen = np.flatnonzero(rows & (reached[:, 0] > share[:, 0]))
        weight[chosen, steps] = kept[chosen]
        return Density(self.edges, weight)

    def draws(self, start: float, count: int, rng: np.random.Generator) -> np.ndarray:
        """`count` numbers of an open range for each draw of the parameters."""
        steps = self._steps(start, np.inf)
        edges = self.edges[steps.start : steps.stop + 1]
        chance = np.cumsum(self.weight[:, steps], axis=1)
        values = np.empty((len(chance), count))
        for row, ladder in enumerate(chance):
            at = rng.random(count) * ladder[-1]
            values[row] = np.exp(np.interp(at, np.concatenate([[0.0], ladder]), edges))
        return values


@dataclass(frozen=True)
class Moments:
    """Of a number within a range, one a draw: mean, standard deviation, both of its log, covariance of the two."""

    mean: np.ndarray
    spread: np.ndarray
    log_mean: np.ndarray
    log_spread: np.ndarray
    tilt: np.ndarray


def fit_density(cells: Cells, draws: int, rng: np.random.Generator) -> Density:
    """Draws of the density over the ranges of `cells` (exact numbers far below them left out)."""
    start, stop, size = _to_fit(cells)
    edges = _grid(np.concatenate([start, stop, cells.start, np.minimum(cells.stop, stop.max())]), start.min())
    middle, width = (edges[:-1] + edges[1:]) / 2, np.diff(edges)
    basis = _basis(middle)
    first, last = np.searchsorted(edges, start - 1e-9), np.searchsorted(edges, stop - 1e-9)
    base, rough = _penalties(basis.shape[1])
    theta = np.full(basis.shape[1], np.log(size.sum() / width.sum()))
    fits = []
    for smooth in SMOOTHNESS[::-1]:
        penalty = base + smooth * rough
        theta, hessian, score = _mode(theta, penalty, basis, width, first, last, size)
        sign, determinant = np.linalg.slogdet(hessian)
        fits.append((theta, hessian, score + (len(theta) - 3) / 2 * np.log(smooth) - determinant / 2))
    scores = np.array([fit[2] for fit in fits])
    chance = np.exp(scores - scores.max())
    chosen = rng.multinomial(draws, chance / chance.sum())
    noise = rng.standard_normal((draws, len(theta)))
    thetas, done = np.empty((draws, len(theta))), 0
    for (theta, hessian, _), count in zip(fits, chosen, strict=True):
        if count:
            root = np.linalg.cholesky(hessian)
            part = slice(done, done + count)
            thetas[part] = theta + np.linalg.solve(root.T, noise[part].T).T
            done += count
    shape = thetas @ basis.T
    return Density(edges, np.exp(shape - shape.max(axis=1, keepdims=True)) * width)


def _to_fit(cells: Cells) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ends and sizes of what the spline goes through: ranges, open ones cut far out, and bins of exact numbers."""
    exact, loose = cells[cells.is_exact], cells[~cells.is_exact]
    top = float(max(loose.start.max() + np.log(TAIL_CAP), loose.stop[np.isfinite(loose.stop)].max(initial=-np.inf)))
    top = top if np.isinf(loose.high).any() else float(loose.stop.max())
    floor = float(loose.start.min()) - REACH
    near = exact[(exact.low > 0) & (exact.start > floor)]
    start, stop, size = loose.start, np.minimum(loose.stop, top), loose.size
    if not len(near.low):
        return start, stop, size
    low, high = float(near.start.min()), float(near.stop.max())
    marks = np.exp(np.linspace(low, high, max(int(np.ceil((high - low) / EXACT_BIN)), 1) + 1))
    marks = np.unique(np.log(np.round(marks + near.half) - near.half)) if near.half else np.log(marks)
    marks[0], marks[-1] = min(marks[0], low), max(marks[-1], high)
    place = np.searchsorted(marks, np.log(near.low), side="right") - 1
    taken = np.bincount(np.clip(place, 0, len(marks) - 2), near.size, len(marks) - 1)
    return np.concatenate([marks[:-1], start]), np.concatenate([marks[1:], stop]), np.concatenate([taken, size])


def _grid(ends: np.ndarray, bottom: float) -> np.ndarray:
    marks = np.unique(np.round(ends[np.isfinite(ends) & (ends >= bottom - 1e-9)], 12))
    pieces = [
        np.linspace(a, b, max(int(np.ceil((b - a) / STEP)), 1), endpoint=False)
        for a, b in zip(marks, marks[1:], strict=False)
    ]
    return np.concatenate([*pieces, marks[-1:]])


def _basis(middle: np.ndarray) -> np.ndarray:
    """Cubic B-splines on equally spaced knots at the grid's middles: steps x coefficients."""
    span = middle[-1] - middle[0]
    count = max(int(np.ceil(span / KNOT)), 2)
    gap = (span + 1e-6) / count
    knots = middle[0] - 5e-7 + gap * np.arange(-3, count + 4)
    return np.asarray(BSpline.design_matrix(middle, knots, 3).toarray())


def _penalties(count: int) -> tuple[np.ndarray, np.ndarray]:
    """A weak prior of slope and curvature as a whole, and the penalty of third differences."""
    one, two, three = (np.diff(np.eye(count), order, axis=0) for order in (1, 2, 3))
    weak = one.T @ one / (_SLOPE * KNOT) ** 2 / count + two.T @ two / (_CURVE * KNOT**2) ** 2 / count
    return weak + 1e-6 * np.eye(count), three.T @ three


def _mode(
    theta: np.ndarray,
    penalty: np.ndarray,
    basis: np.ndarray,
    width: np.ndarray,
    first: np.ndarray,
    last: np.ndarray,
    size: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, float]:
    """Penalised mode of the coefficients, the information there, and the penalised log likelihood."""

    def value(at: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        mass = np.exp(np.minimum(basis @ at, 60.0)) * width
        ladder = np.concatenate([[0.0], np.cumsum(mass)])
        due = np.maximum(ladder[last] - ladder[first], 1e-300)
        return float(size @ np.log(due) - due.sum() - at @ penalty @ at / 2), mass, due

    best, mass, due = value(theta)
    for _ in range(_NEWTON):
        ladder = np.concatenate([np.zeros((1, len(theta))), np.cumsum(mass[:, None] * basis, axis=0)])
        part = ladder[last] - ladder[first]
        hessian = (part / due[:, None]).T @ part + penalty
        step = np.linalg.solve(hessian, (size / due - 1) @ part - penalty @ theta)
        reach, found = 1.0, None
        while reach > 1e-4 and found is None:
            tried = value(theta + reach * step)
            found = tried if tried[0] >= best - 1e-9 else None
            reach = reach if found else reach / 2
        if found is None:
            break
        theta, gain = theta + reach * step, found[0] - best
        best, mass, due = found
        if gain < 1e-6:
            break
    ladder = np.concatenate([np.zeros((1, len(theta))), np.cumsum(mass[:, None] * basis, axis=0)])
    part = ladder[last] - ladder[first]
    return theta, (part / due[:, None]).T @ part + penalty, best
