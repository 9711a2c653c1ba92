"""Train the polarity model that the package ships, from labelled reviews named on the command line.

    python tools/train_polarity.py REVIEWS.csv[.gz] … tools/phrases.toml [--out shopnb/text/polarity.npz]

A CSV has the columns `label` (1 good, 0 bad), `review` and, for the weights by trade, `cat`. A TOML file has phrases by
trade, good and bad (`phrases.toml`, written for this package). The model file holds numbers only: hashed n-gram
weights, no text. `benchmarks/reviews.py` measures it with each trade left out.
"""

from __future__ import annotations

import argparse
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from shopnb.text.cleaning import clean
from shopnb.text.features import MEASURES, grams, measures
from shopnb.text.fitting import fit
from shopnb.text.model import Model

BITS = 20
GRAM_SCALE = 5.0  # n-grams against the bias: how freely the n-grams may move
PENALTY = 3.0
LEAST_REVIEWS, LEAST_PHRASES = 5, 2  # an n-gram in fewer of both gets no weight
PHRASE_WEIGHT = 3.0  # of a phrase beside a review
FOLDS = 4  # parts of the trades, each scored by n-grams that have not seen it
STEPS = 30
OWN = "own: "  # before the trade of a phrase
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Labelled:
    """Reviews and phrases with their features: one row a text. Only n-grams frequent enough to weigh have a column."""

    trades: npt.NDArray[np.object_]
    labels: Floats
    letters: sparse.csr_matrix
    columns: npt.NDArray[np.int64]  # hash of each column of `letters`
    measured: Floats

    @property
    def own(self) -> Flags:
        """Which rows are phrases of our own."""
        return np.array([str(trade).startswith(OWN) for trade in self.trades])


def texts_of(file: str) -> pd.DataFrame:
    """Columns `cat`, `label`, `review` of a CSV of reviews or a TOML file of phrases."""
    if file.endswith(".toml"):
        given = tomllib.loads(Path(file).read_text(encoding="utf-8"))
        sides = [(OWN + cat, label, sides[name]) for cat, sides in given.items() for name, label in SIDES]
        rows = [(cat, label, phrase) for cat, label, listed in sides for phrase in dict.fromkeys(listed.split())]
        return pd.DataFrame(rows, columns=["cat", "label", "review"])
    frame = pd.read_csv(file).dropna(subset=["review"])
    return frame.assign(cat=frame.get("cat", "all"))[["cat", "label", "review"]]


SIDES = (("good", 1), ("bad", 0))


def read(files: list[str]) -> Labelled:
    """All files as features; rows without a text are left out."""
    frame = pd.concat([texts_of(file) for file in files], ignore_index=True)
    measured, seen = measures(clean(frame["review"].astype(str).tolist()))
    trades = frame["cat"].to_numpy(object)
    own = np.array([str(trade).startswith(OWN) for trade in trades])
    letters = grams(seen, bits=BITS) * GRAM_SCALE
    often = np.bincount(letters[~own].indices, minlength=1 << BITS) >= LEAST_REVIEWS
    often |= np.bincount(letters[own].indices, minlength=1 << BITS) >= LEAST_PHRASES
    columns = np.flatnonzero(often)
    return Labelled(
        trades, frame["label"].to_numpy(float), letters[:, columns].tocsr().astype(np.float32), columns, measured
    )


def balance(trades: npt.NDArray[np.object_], labels: Floats) -> Floats:
    """Weight of each review: trades and labels count by the square root of their size, mean 1."""
    weights = np.ones(len(labels))
    for trade in dict.fromkeys(trades):
        for label in (0.0, 1.0):
            same = (trades == trade) & (labels == label)
            weights[same] = 1 / np.sqrt(max(same.sum(), 1))
    return weights / weights.mean()


def lean(letters: sparse.csr_matrix, labels: Floats) -> npt.NDArray[np.float32]:
    """How one-sided each n-gram is: |log ratio of its share among good and among bad| (Wang and Manning 2012)."""
    present = letters.copy()
    present.data = np.ones_like(present.data)
    shares = []
    for label in (1.0, 0.0):
        held = np.asarray(present[labels == label].sum(axis=0)).ravel() + 1
        shares.append(held / held.sum())
    return np.abs(np.log(shares[0] / shares[1])).astype(np.float32)


def fit_letters(given: Labelled, chosen: Flags) -> Floats:
    """Weights of the n-grams and the bias from the chosen rows: logistic regression on one-sided n-grams first."""
    labels, own = given.labels[chosen], given.own[chosen]
    weights = np.full(len(labels), PHRASE_WEIGHT)
    weights[~own] = balance(given.trades[chosen][~own], labels[~own])
    leaning = lean(given.letters[chosen], labels)
    found = fit((given.letters[chosen] @ sparse.diags(leaning)).tocsr(), labels, weights, penalty=PENALTY, steps=STEPS)
    return np.append(found[:-1] * leaning, found[-1])


def train(given: Labelled, chosen: Flags) -> Model:
    """The model from the chosen rows.

    The n-grams are fitted on all of them. How far to trust them beside the measures is learned from scores on trades
    that the n-grams had not seen, because that is how the model is used.
    """
    trades = list(dict.fromkeys(given.trades[chosen]))
    unseen = np.zeros(len(given.labels))
    for fold in range(FOLDS):
        left = chosen & np.isin(given.trades, trades[fold::FOLDS])
        part = fit_letters(given, chosen & ~left)
        unseen[left] = given.letters[left] @ part[:-1] + part[-1]
    whole = fit_letters(given, chosen)
    labels, own = given.labels[chosen], given.own[chosen]
    weights = np.full(len(labels), PHRASE_WEIGHT)
    weights[~own] = balance(given.trades[chosen][~own], labels[~own])
    blended = sparse.csr_matrix(np.column_stack([unseen, given.measured])[chosen])
    blend = fit(blended, labels, weights, penalty=1.0, steps=200)
    gram_weights = np.zeros(1 << BITS)
    gram_weights[given.columns] = whole[:-1] * GRAM_SCALE * blend[0]
    bias = float(blend[-1] + blend[0] * whole[-1])
    return Model(gram_weights.astype(np.float16), blend[1 : 1 + MEASURES], bias, BITS)


def main() -> None:
    """Read the files, train on all of them, write the model."""
    parser = argparse.ArgumentParser(description="Train the polarity model of shopnb.text")
    parser.add_argument("files", nargs="+", help="CSV files with label, review and cat; TOML files of phrases")
    parser.add_argument("--out", default=str(Path(__file__).parents[1] / "shopnb" / "text" / "polarity.npz"))
    given = parser.parse_args()
    labelled = read(given.files)
    model = train(labelled, np.ones(len(labelled.labels), dtype=bool))
    np.savez_compressed(
        given.out, weights=model.weights, measure_weights=model.measure_weights, bias=model.bias, bits=model.bits
    )
    print(f"{len(labelled.labels):,} texts, {len(set(labelled.trades))} trades -> {given.out}")
    print(f"{Path(given.out).stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
