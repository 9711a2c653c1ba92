"""The shipped polarity model: hashed n-grams, clause counts and values of words, one logistic regression."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from shopnb.text.cleaning import clean
from shopnb.text.features import grams, measures

MEASURED_ERROR = 0.095  # benchmarks/reviews.py: mean of six trades of goods, each left out of training in turn
_AT_ONCE = 5000  # reviews whose n-grams are in memory together
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """Weights of the 2**bits hashed n-grams and of the measures, and the bias."""

    weights: npt.NDArray[np.float16]
    measure_weights: Floats
    bias: float
    bits: int

    def scores(self, texts: list[str]) -> Floats:
        """Log odds of each cleaned text; 0 where there is nothing to read."""
        measured, seen = measures(texts)
        features = grams(seen, bits=self.bits)
        raw = features.astype(np.float64) @ self.weights.astype(np.float64)
        raw += measured @ self.measure_weights + self.bias
        return np.where(np.diff(features.indptr) > 0, raw, 0.0)


@cache
def packaged() -> Model:
    """The model in the package, read once."""
    stored = resources.files(__package__).joinpath("polarity.npz").read_bytes()
    with np.load(io.BytesIO(stored), allow_pickle=False) as file:
        return Model(
            weights=file["weights"],
            measure_weights=file["measure_weights"],
            bias=float(file["bias"]),
            bits=int(file["bits"]),
        )


def polarity(reviews: list[str]) -> Floats:
    """P(positive) of each review, 0-1, as if good and bad reviews were equally frequent.

    Parameters
    ----------
    reviews : texts of any kind; 0.5 for a text without a single readable sign.

    Examples
    --------
    >>> polarity(["质量很好,没有色差,喜欢", "漏水,差评", ""]).round(1).tolist()
    [1.0, 0.0, 0.5]
    """
    parts = [packaged().scores(clean(reviews[start : start + _AT_ONCE])) for start in range(0, len(reviews), _AT_ONCE)]
    return np.asarray(expit(np.concatenate(parts))) if parts else np.zeros(0)
