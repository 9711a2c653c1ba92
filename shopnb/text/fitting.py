"""Weighted logistic regression with an L2 penalty, for the shipped model and for a shop's own marks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import optimize, sparse
from scipy.special import expit

Floats = npt.NDArray[np.float64]


def fit(features: sparse.csr_matrix, labels: Floats, weights: Floats, *, penalty: float, steps: int) -> Floats:
    """One weight a column by L-BFGS, and last the bias, which is not penalised.

    Parameters
    ----------
    labels : 1 or 0, one a row. weights : how much each row counts.
    """
    size = features.shape[1]
    flipped = features.T.tocsr()
    sides = 2 * labels - 1

    def loss(at: Floats) -> tuple[float, Floats]:
        margin = sides * (features @ at[:size].astype(features.dtype) + at[size])
        slope = -(weights * sides * expit(-margin))
        value = float((weights * np.logaddexp(0, -margin)).sum() + 0.5 * penalty * (at[:size] ** 2).sum())
        return value, np.append(flipped @ slope.astype(features.dtype) + penalty * at[:size], slope.sum())

    options = {"maxiter": steps, "maxcor": 8}
    return np.asarray(optimize.minimize(loss, np.zeros(size + 1), jac=True, method="L-BFGS-B", options=options).x)
