"""Train the polarity model that the package ships, from labelled reviews named on the command line.

    python tools/train_polarity.py REVIEWS.csv[.gz] … [--out shopnb/text/polarity.npz]

Each file is a CSV with the columns `label` (1 good, 0 bad), `review` and, for the weights by trade, `cat`. The model
file holds numbers only: hashed n-gram weights, no text. `benchmarks/reviews.py` measures it with each trade left out.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, sparse
from scipy.special import expit

from shopnb.text.cleaning import clean
from shopnb.text.features import COUNTS, counts, grams
from shopnb.text.model import Model

BITS = 19
GRAM_SCALE = 5.0  # n-grams against counts: how freely the n-grams may move
PENALTY = 3.0
LEAST_REVIEWS = 3  # an n-gram in fewer reviews gets no weight
STEPS = 60
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Labelled:
    """Reviews with their features: one row a review."""

    trades: npt.NDArray[np.object_]
    labels: Floats
    features: sparse.csr_matrix  # n-grams times GRAM_SCALE, then the counts


def read(files: list[str]) -> Labelled:
    """All files as features; rows without a text are left out."""
    frame = pd.concat([pd.read_csv(file) for file in files], ignore_index=True).dropna(subset=["review"])
    texts = clean(frame["review"].astype(str).tolist())
    trades = frame["cat"] if "cat" in frame else pd.Series("all", index=frame.index)
    counted, seen = counts(texts)
    features = sparse.hstack([grams(seen, bits=BITS) * GRAM_SCALE, sparse.csr_matrix(counted)]).tocsr()
    return Labelled(trades.to_numpy(object), frame["label"].to_numpy(float), features)


def balance(trades: npt.NDArray[np.object_], labels: Floats) -> Floats:
    """Weight of each review: trades and labels count by the square root of their size, mean 1."""
    weights = np.ones(len(labels))
    for trade in dict.fromkeys(trades):
        for label in (0.0, 1.0):
            same = (trades == trade) & (labels == label)
            weights[same] = 1 / np.sqrt(max(same.sum(), 1))
    return weights / weights.mean()


def fit(features: sparse.csr_matrix, labels: Floats, weights: Floats, *, penalty: float = PENALTY) -> Floats:
    """Weighted logistic regression with an L2 penalty by L-BFGS; the last number is the bias (not penalised)."""
    size = features.shape[1]
    flipped = features.T.tocsr()
    sides = 2 * labels - 1

    def loss(at: Floats) -> tuple[float, Floats]:
        margin = sides * (features @ at[:size] + at[size])
        slope = -(weights * sides * expit(-margin))
        value = float((weights * np.logaddexp(0, -margin)).sum() + 0.5 * penalty * (at[:size] ** 2).sum())
        return value, np.append(flipped @ slope + penalty * at[:size], slope.sum())

    options = {"maxiter": STEPS, "maxcor": 8}
    return np.asarray(optimize.minimize(loss, np.zeros(size + 1), jac=True, method="L-BFGS-B", options=options).x)


def train(given: Labelled, chosen: npt.NDArray[np.bool_]) -> Model:
    """The model from the chosen reviews.

    The n-grams are fitted on all of them. How far to trust them beside the counts is learned from scores on trades
    that the n-grams had not seen, because that is how the model is used.
    """
    size = 1 << BITS
    features, labels, trades = given.features[chosen], given.labels[chosen], given.trades[chosen]
    letters, counted = features[:, :size].tocsr(), features[:, size:].toarray()
    weights = balance(trades, labels)
    unseen = np.zeros(len(labels))
    for trade in dict.fromkeys(trades):
        left = trades == trade
        part = fit(letters[~left], labels[~left], weights[~left])
        unseen[left] = letters[left] @ part[:size] + part[size]
    whole = fit(letters, labels, weights)
    blend = fit(sparse.csr_matrix(np.column_stack([unseen, counted])), labels, weights, penalty=1.0)
    gram_weights = whole[:size] * GRAM_SCALE * blend[0]
    gram_weights[np.bincount(letters.indices, minlength=size) < LEAST_REVIEWS] = 0.0
    return Model(
        gram_weights.astype(np.float16), blend[1 : 1 + COUNTS], float(blend[-1] + blend[0] * whole[size]), BITS
    )


def main() -> None:
    """Read the files, train on all of them, write the model."""
    parser = argparse.ArgumentParser(description="Train the polarity model of shopnb.text")
    parser.add_argument("files", nargs="+", help="CSV files with the columns label, review and cat")
    parser.add_argument("--out", default=str(Path(__file__).parents[1] / "shopnb" / "text" / "polarity.npz"))
    given = parser.parse_args()
    labelled = read(given.files)
    model = train(labelled, np.ones(len(labelled.labels), dtype=bool))
    np.savez_compressed(
        given.out, weights=model.weights, count_weights=model.count_weights, bias=model.bias, bits=model.bits
    )
    print(f"{len(labelled.labels):,} reviews, {len(set(labelled.trades))} trades -> {given.out}")
    print(f"{Path(given.out).stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
