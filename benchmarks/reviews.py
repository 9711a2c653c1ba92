"""How well reviews are judged: accuracy and AUC by trade, each trade left out of training in turn, and seconds.

    python benchmarks/reviews.py REVIEWS.csv[.gz] … [--aspects REVIEWS.csv LABELS.csv]

Beside it a plain logistic regression on character 1-3-grams, trained on the same reviews. With `--aspects`, F1 (review
level, micro) of aspect × polarity on cosmetics reviews labelled by people; nothing was trained on those.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.special import expit
from scipy.stats import rankdata

from shopnb import text
from shopnb.text.cleaning import clean
from shopnb.text.features import grams

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
import train_polarity as training  # noqa: E402 - a script beside this folder

SIGNS = {"positive": "正面", "negative": "负面", "neutral": "中性"}
Floats = npt.NDArray[np.float64]


def area(labels: Floats, scores: Floats) -> float:
    """AUC: the chance that a good review scores above a bad one."""
    good = labels.sum()
    return float((rankdata(scores)[labels == 1].sum() - good * (good + 1) / 2) / (good * (len(labels) - good)))


def plain_scores(features: sparse.csr_matrix, labels: Floats, chosen: npt.NDArray[np.bool_]) -> Floats:
    """Scores of the left-out reviews from plain n-grams alone, every review with weight 1."""
    found = training.fit(features[chosen], labels[chosen], np.ones(int(chosen.sum())), penalty=1.0)
    return np.asarray(features[~chosen] @ found[:-1] + found[-1])


def trades(files: list[str]) -> None:
    """One line a trade, each left out of training."""
    frame = pd.concat([pd.read_csv(file) for file in files], ignore_index=True).dropna(subset=["review"])
    texts = frame["review"].astype(str).tolist()
    plain = grams(clean(texts), bits=training.BITS, longest=3) * training.GRAM_SCALE
    labelled = training.read(files)
    size = 1 << training.BITS
    rows = []
    for trade in dict.fromkeys(labelled.trades):
        chosen = labelled.trades != trade
        labels = labelled.labels[~chosen]
        model = training.train(labelled, chosen)
        left = labelled.features[~chosen]
        own = np.asarray(left[:, :size] @ (model.weights.astype(float) / training.GRAM_SCALE))
        own = own + np.asarray(left[:, size:] @ model.count_weights) + model.bias
        base = plain_scores(plain, labelled.labels, chosen)
        rows.append(
            {
                "trade": trade,
                "reviews": len(labels),
                "accuracy": ((expit(own) > 0.5) == labels).mean(),
                "AUC": area(labels, own),
                "plain accuracy": ((base > 0) == labels).mean(),
                "plain AUC": area(labels, base),
            }
        )
    table = pd.DataFrame(rows)
    mean = table.drop(columns=["trade", "reviews"]).mean()
    print(table.round(4).to_string(index=False))
    print("mean of trades:", mean.round(4).to_dict())


def seconds(files: list[str]) -> None:
    """Seconds a thousand reviews, polarity and aspects."""
    texts = pd.read_csv(files[0])["review"].dropna().astype(str).sample(1000, random_state=0).tolist()
    text.polarity(texts[:1])
    start = time.perf_counter()
    text.polarity(texts)
    middle = time.perf_counter()
    text.aspects(texts)
    print(f"1,000 reviews: polarity {middle - start:.3f} s, aspects {time.perf_counter() - middle:.3f} s")


def cosmetics(reviews: str, labels: str) -> None:
    """F1 of (review, category, polarity) triples."""
    given, gold = pd.read_csv(reviews), pd.read_csv(labels)
    found = text.aspects(given["Reviews"].astype(str).tolist(), scheme="cosmetics")
    ids = given["id"].to_numpy()[found["review"].to_numpy()]
    said = set(zip(ids, found["aspect"], found["polarity"].map(SIGNS), strict=True))
    true = set(zip(gold["id"], gold["Categories"], gold["Polarities"], strict=True))
    right = len(said & true)
    print(f"cosmetics: F1 {2 * right / (len(said) + len(true)):.3f}, precision {right / len(said):.3f}", end=", ")
    print(f"recall {right / len(true):.3f} over {len(given):,} reviews")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description="Accuracy and speed of shopnb.text")
    parser.add_argument("files", nargs="+", help="CSV files with the columns label, review and cat")
    parser.add_argument("--aspects", nargs=2, metavar=("REVIEWS", "LABELS"), help="cosmetics reviews and their labels")
    given = parser.parse_args()
    seconds(given.files)
    if given.aspects:
        cosmetics(*given.aspects)
    trades(given.files)


if __name__ == "__main__":
    main()
