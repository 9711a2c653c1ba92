"""The model bent to one shop's own good and bad marks, with its error measured on marks it has not seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import expit

from shopnb.text.cleaning import clean
from shopnb.text.features import grams
from shopnb.text.fitting import fit
from shopnb.text.model import packaged

LEAST_MARKS = 40  # of good and of bad reviews each; with fewer the shipped model stays as it is
MOST_MARKS = 6000  # the newest so many are learned from
_FOLDS = 5
_LEAST_REVIEWS = 5  # that hold an n-gram
_BITS = 15
_SCORE_SCALE, _GRAM_SCALE, _PENALTY = 1.0, 3.0, 4.0  # the shipped score moves freely, the shop's own n-grams little
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Adapted:
    """P(positive) after a look at the shop's marks, as if good and bad were equally frequent.

    `error` and `error_shipped` are shares of marked reviews judged wrongly, good and bad counted half each, the first
    on marks left out of fitting; NaN with fewer than `LEAST_MARKS` of either. `used` tells whether fitting helped:
    where it does not, `chance` is the shipped model's and `error` equals `error_shipped`.
    """

    chance: Floats
    marked: int
    error: float
    error_shipped: float
    used: bool


def adapted(reviews: list[str], marks: Floats) -> Adapted:
    """The chances of `reviews`, oldest first, given the shop's own marks.

    Parameters
    ----------
    marks : 1 good, 0 bad, NaN not marked; one a review. A marked review is judged by a model that has not seen it.
    """
    texts = clean(reviews)
    scores = packaged().scores(texts)
    known = np.flatnonzero(~np.isnan(marks))[-MOST_MARKS:]
    good = marks[known] == 1
    if min(good.sum(), (~good).sum()) < LEAST_MARKS:
        return Adapted(np.asarray(expit(scores)), len(known), math.nan, math.nan, used=False)
    letters = grams(texts, bits=_BITS, longest=2) * _GRAM_SCALE
    often = np.bincount(letters[known].indices, minlength=letters.shape[1]) >= _LEAST_REVIEWS
    features = sparse.hstack([sparse.csr_matrix(scores[:, None] * _SCORE_SCALE), letters[:, often]]).tocsr()
    whole = _fitted(features[known], good)
    bent = features @ whole[:-1] + whole[-1]
    turn = np.arange(len(known)) % _FOLDS
    for fold in range(_FOLDS):
        out = turn == fold
        part = _fitted(features[known[~out]], good[~out])
        bent[known[out]] = features[known[out]] @ part[:-1] + part[-1]
    shipped, error = _error(scores[known], good), _error(bent[known], good)
    if error >= shipped:
        return Adapted(np.asarray(expit(scores)), len(known), shipped, shipped, used=False)
    return Adapted(np.asarray(expit(bent)), len(known), error, shipped, used=True)


def _fitted(features: sparse.csr_matrix, good: npt.NDArray[np.bool_]) -> Floats:
    """Weights and bias, both sides weighing the same."""
    weights = np.where(good, 0.5 / good.sum(), 0.5 / (~good).sum()) * len(good)
    return fit(features, good.astype(float), weights, penalty=_PENALTY, steps=25)


def _error(scores: Floats, good: npt.NDArray[np.bool_]) -> float:
    return float(((scores[good] <= 0).mean() + (scores[~good] > 0).mean()) / 2)
