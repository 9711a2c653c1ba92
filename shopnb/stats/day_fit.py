"""Versions compared within days: the effects, how exactly they are known, and how much days vary beyond chance.

Belongs here: the linear algebra behind `rotation` and `sequential`, on arrays (..., days, versions), so that thousands
of simulated tests are fitted by one call. Shapes of frames and codes are their business.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

_MAX_ICC, _LEAST_ICC = 0.5, 1e-7
_STEPS = 26  # halvings of the span of icc on a log scale: seven digits
# standard deviations by which the degrees of freedom are taken low: more on few days and under unequal exposure, where
# a few cells decide the moments
_CAUTION, _CAUTION_DAYS, _CAUTION_UNEQUAL = 0.2, 0.8, 0.45
_MANY_SUCCESSES = 1000.0  # fewer take Student's quantile: degrees of freedom are the successes less the versions
_SPARE_OF_NONE = (
    4.0  # where no extra noise shows, a look's quantile is Student's with this many times the spare degrees
)


@dataclass(frozen=True)
class DayFit:
    """Versions compared within days; every array has the leading dimensions of the counts.

    Attributes
    ----------
    effects : differences of rates, centred at 0 over versions; covariance : of them.
    p_value : of the hypothesis that all are equal within days.
    icc : intra-class correlation of the trials of a version's day, 0 where noise is binomial.
    freedom : degrees of freedom of the noise; infinite where it is taken as binomial and successes are many.
    days : days that compare at least two versions. sizes : effective trials of each version.
    connected : whether the days connect all versions; nothing else is known where they do not.
    """

    effects: np.ndarray
    covariance: np.ndarray
    p_value: np.ndarray
    icc: np.ndarray
    freedom: np.ndarray
    days: np.ndarray
    sizes: np.ndarray
    connected: np.ndarray


def fit_days(successes: np.ndarray, trials: np.ndarray, *, prior_icc: float = 0.0) -> DayFit:
    """Fit counts of shape (..., days, versions).

    Parameters
    ----------
    prior_icc : correlation assumed on the first day, for looks that come before the days can tell. From the second day
        on it counts as one day at most, and as less the more exactly the days themselves tell: weight
        (icc + 1 / mean trials) / prior_icc. 0: what the days show.
    """
    keep = ((trials > 0).sum(axis=-1) > 1) & (trials.sum(axis=-1) > 1)
    x, n = np.where(keep[..., None], successes, 0.0), np.where(keep[..., None], trials, 0.0)
    arms, days = trials.shape[-1], keep.sum(axis=-1)
    cells = (n > 0).sum(axis=(-1, -2))
    spare = np.maximum(cells - days - (arms - 1), 0).astype(float)
    icc = np.where(spare > 0, _icc(x, n, days), 0.0)
    few = np.maximum(x.sum(axis=(-1, -2)) - arms, 1.0)
    few = np.where(few < _MANY_SUCCESSES, few, np.inf)
    typical = n.sum(axis=(-1, -2)) / np.maximum(cells, 1)
    known = np.square(1 + 1 / np.maximum(typical * icc, 1e-9))  # only what icc adds to the noise is estimated
    extra = np.where(np.isfinite(few), np.minimum(spare * known, few), spare)
    freedom = np.where((icc > 0) & (spare > 0), extra, few)
    if prior_icc:
        weight = np.minimum((icc + 1 / np.maximum(typical, 1.0)) / prior_icc, 1.0)
        freedom = np.minimum(np.minimum((spare + weight) * known, _SPARE_OF_NONE * spare), few)
        freedom = np.where(spare > 0, freedom, few)
        icc = np.where(spare > 0, (spare * icc + weight * prior_icc) / (spare + weight), prior_icc)
    sizes, gaps, variance, total = _within(x, n, icc)
    pieces = _pieces(sizes, total)
    design, spread = pieces.sum(axis=-3), (variance[..., None, None] * pieces).sum(axis=-3)
    score = (sizes * gaps).sum(axis=-2)
    inverse = np.linalg.pinv(design, hermitian=True)
    statistic = np.maximum(_quadratic(np.linalg.pinv(spread, hermitian=True), score), 0.0)
    finite = np.where(np.isfinite(freedom), freedom, 1.0)
    by_f = special.fdtrc(arms - 1, np.maximum(finite, 1.0), statistic / max(arms - 1, 1))
    return DayFit(
        effects=np.einsum("...kl,...l->...k", inverse, score),
        covariance=inverse @ spread @ inverse,
        p_value=np.where(np.isfinite(freedom), by_f, special.chdtrc(arms - 1, statistic)),
        icc=icc,
        freedom=freedom,
        days=days,
        sizes=_effective(trials, icc).sum(axis=-2),
        connected=np.linalg.matrix_rank(design, hermitian=True) == arms - 1,
    )


def _effective(trials: np.ndarray, icc: np.ndarray) -> np.ndarray:
    return np.asarray(trials / (1 + np.maximum(trials - 1, 0) * icc[..., None, None]))


def _within(x: np.ndarray, n: np.ndarray, icc: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Effective trials, deviations of rates from the day's rate, the day's variance a trial, effective trials a day."""
    sizes = _effective(n, icc)
    rates = np.divide(x, n, out=np.zeros_like(x), where=n > 0)
    total = sizes.sum(axis=-1)
    day = np.divide((sizes * rates).sum(axis=-1), total, out=np.zeros_like(total), where=total > 0)
    variance = day * (1 - day) * total / np.maximum(total - 1, 1e-9)
    return sizes, np.where(n > 0, rates - day[..., None], 0.0), variance, total


def _pieces(weights: np.ndarray, total: np.ndarray) -> np.ndarray:
    """diag(w) - w w' / sum(w) of every day; nothing for days without weight."""
    inverse = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    diagonal = weights[..., None] * np.eye(weights.shape[-1])
    return np.asarray(diagonal - weights[..., :, None] * weights[..., None, :] * inverse[..., None, None])


def _quadratic(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("...k,...kl,...l->...", vector, matrix, vector))


def _icc(x: np.ndarray, n: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Correlation at which day-to-day differences between versions are as large as expected; 0 if not larger."""
    start = np.zeros(x.shape[:-2])
    shows = _excess(start, x, n, days) > 0
    low, high = np.full_like(start, _LEAST_ICC), np.full_like(start, _MAX_ICC)
    if shows.any():
        for _ in range(_STEPS):
            middle = np.sqrt(low * high)
            above = _excess(middle, x, n, days) > 0
            low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.where(shows, np.sqrt(low * high), 0.0)


def _unequal(n: np.ndarray) -> np.ndarray:
    """How unequally versions were shown within days: 0 equal, towards 1 all to one; the mean over days.

    One less the harmonic over the arithmetic mean of the day's trials.
    """
    there = (n > 0).sum(axis=-1)
    inverse = np.divide(1.0, n, out=np.zeros_like(n), where=n > 0).sum(axis=-1)
    product = n.sum(axis=-1) * inverse
    ratio = np.divide(there**2, product, out=np.ones_like(product), where=product > 0)
    used = np.maximum((there > 1).sum(axis=-1), 1)
    return np.asarray(np.where(there > 1, 1 - ratio, 0.0).sum(axis=-1) / used)


def _excess(icc: np.ndarray, x: np.ndarray, n: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Chi-square of version x day beyond its degrees of freedom, which are taken low by `_CAUTION`."""
    sizes, gaps, variance, _ = _within(x, n, icc)
    useful = variance > 0
    weight = np.where(useful[..., None], sizes / np.where(useful, variance, 1.0)[..., None], 0.0)
    score = (weight * gaps).sum(axis=-2)
    design = np.linalg.pinv(_pieces(weight, weight.sum(axis=-1)).sum(axis=-3), hermitian=True)
    cells = ((n > 0) & useful[..., None]).sum(axis=(-1, -2))
    freedom = np.maximum(cells - useful.sum(axis=-1) - (n.shape[-1] - 1), 1)
    due = due_spread(freedom, days, _unequal(n))
    return np.asarray((weight * np.square(gaps)).sum(axis=(-1, -2)) - _quadratic(design, score) - due)


def due_spread(freedom: np.ndarray, days: np.ndarray, unequal: np.ndarray) -> np.ndarray:
    """The chi-square of version x day above which days are taken to vary beyond chance; a little under `freedom`."""
    caution = _CAUTION + _CAUTION_DAYS / np.maximum(days, 1) + _CAUTION_UNEQUAL * unequal
    return np.asarray(np.maximum(freedom - caution * np.sqrt(2.0 * freedom), 0.3))
