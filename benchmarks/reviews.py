"""How well reviews are judged: accuracy and AUC by trade, each trade left out of training in turn, and seconds.

    python benchmarks/reviews.py REVIEWS.csv[.gz] … tools/phrases.toml [--aspects REVIEWS.csv LABELS.csv]
        [--beside PYTHON]

Beside it a plain logistic regression on character 1-3-grams, trained on the same reviews. With `--aspects`, F1 (review
level, micro) of aspect × polarity on cosmetics reviews labelled by people, over two halves of the reviews; nothing was
trained on those. With `--beside`, SnowNLP and cnsenti as they come, on a sample of each trade: PYTHON is the
interpreter of an environment of their own (`pip install snownlp cnsenti`), for they are no dependencies of shopnb.
"""

from __future__ import annotations

import argparse
import json
import subprocess
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
from shopnb.text.fitting import fit

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
import train_polarity as training  # noqa: E402 - a script beside this folder

SIGNS = {"positive": "正面", "negative": "负面", "neutral": "中性"}
Floats = npt.NDArray[np.float64]


def area(labels: Floats, scores: Floats) -> float:
    """AUC: the chance that a good review scores above a bad one."""
    good = labels.sum()
    return float((rankdata(scores)[labels == 1].sum() - good * (good + 1) / 2) / (good * (len(labels) - good)))


def plain_scores(
    features: sparse.csr_matrix, labels: Floats, chosen: npt.NDArray[np.bool_], left: npt.NDArray[np.bool_]
) -> Floats:
    """Scores of the left-out reviews from plain n-grams alone, every review with weight 1."""
    found = fit(features[chosen], labels[chosen], np.ones(int(chosen.sum())), penalty=1.0, steps=60)
    return np.asarray(features[left] @ found[:-1] + found[-1])


def trades(files: list[str]) -> None:
    """One line a trade, each left out of training."""
    frame = pd.concat([training.texts_of(file) for file in files], ignore_index=True)
    labelled = training.read(files)
    reviews = ~labelled.own
    plain = grams(clean(frame["review"].astype(str).tolist()), bits=training.BITS, longest=3) * training.GRAM_SCALE
    rows = []
    for trade in dict.fromkeys(labelled.trades[reviews]):
        left = labelled.trades == trade
        labels = labelled.labels[left]
        model = training.train(labelled, ~left)
        weights = model.weights.astype(float)[labelled.columns] / training.GRAM_SCALE
        own = labelled.letters[left] @ weights + labelled.counted[left] @ model.count_weights + model.bias
        base = plain_scores(plain, labelled.labels, reviews & ~left, left)
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


OTHERS = """
import json, sys, time
given = json.load(sys.stdin)
from snownlp import SnowNLP
from cnsenti import Sentiment
counted = Sentiment()
def dictionary(text):
    found = counted.sentiment_count(text)
    return (found["pos"] - found["neg"]) / (found["pos"] + found["neg"] + 1)
def bayes(text):
    return SnowNLP(text).sentiments - 0.5
answer = {}
for name, judge in (("SnowNLP", bayes), ("cnsenti", dictionary)):
    judge(given[0])
    start = time.perf_counter()
    scores = [judge(text) if text.strip() else 0.0 for text in given]
    answer[name] = {"scores": scores, "seconds": time.perf_counter() - start}
print("ANSWER" + json.dumps(answer))
"""


def beside(files: list[str], python: str, *, each: int = 400) -> None:
    """SnowNLP and cnsenti on up to `each` reviews of a trade; SnowNLP was trained on books, computers and hotels."""
    frame = pd.concat([training.texts_of(file) for file in files], ignore_index=True)
    frame = frame[~frame["cat"].astype(str).str.startswith(training.OWN)]
    some = frame.groupby("cat", sort=False).sample(each, random_state=0, replace=True).drop_duplicates("review")
    texts, labels = some["review"].astype(str).tolist(), some["label"].to_numpy(float)
    ran = subprocess.run(  # noqa: S603 - an interpreter that the user names
        [python, "-c", OTHERS], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    answer = json.loads(ran.stdout.rsplit("ANSWER", 1)[1])
    for name, found in answer.items():
        scores = np.array(found["scores"])
        by_trade = {}
        for trade in dict.fromkeys(some["cat"]):
            here = (some["cat"] == trade).to_numpy()
            by_trade[trade] = (
                f"{((scores[here] > 0) == labels[here]).mean():.3f}/{area(labels[here], scores[here]):.3f}"
            )
        print(f"{name} (accuracy/AUC):", by_trade)
        print(f"{name}: {1000 * found['seconds'] / len(texts):.2f} s a thousand reviews")


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
    for name, half in (("all", {0, 1}), ("even ids", {0}), ("odd ids", {1})):
        heard, known = ({one for one in side if one[0] % 2 in half} for side in (said, true))
        right = len(heard & known)
        print(f"cosmetics, {name}: F1 {2 * right / (len(heard) + len(known)):.3f}", end=", ")
        print(f"precision {right / len(heard):.3f}, recall {right / len(known):.3f}")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description="Accuracy and speed of shopnb.text")
    parser.add_argument("files", nargs="+", help="CSV files with label, review and cat; TOML files of phrases")
    parser.add_argument("--aspects", nargs=2, metavar=("REVIEWS", "LABELS"), help="cosmetics reviews and their labels")
    parser.add_argument("--beside", metavar="PYTHON", help="interpreter that has snownlp and cnsenti")
    given = parser.parse_args()
    seconds(given.files)
    if given.beside:
        beside(given.files, given.beside)
    if given.aspects:
        cosmetics(*given.aspects)
    trades(given.files)


if __name__ == "__main__":
    main()
