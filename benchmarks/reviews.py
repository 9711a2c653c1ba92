"""How well reviews are judged: accuracy and AUC by trade, each trade left out of training in turn; clauses; seconds.

    python benchmarks/reviews.py REVIEWS.csv[.gz] … tools/phrases.toml [--aspects REVIEWS.csv LABELS.csv]
        [--stars REVIEWS.csv] [--beside PYTHON]

Beside it a plain logistic regression on character 1-3-grams, trained on the same reviews, with a 95 % interval of the
difference in accuracy over the same reviews. With `--aspects`, F1 (review level, micro) of aspect × polarity on
cosmetics reviews labelled by people, over two halves of the reviews; nothing was trained on those, so their polarity is
another trade to be judged unseen. With `--stars`, reviews with one or two stars against five, of a file of its own.
With `--beside`, SnowNLP and cnsenti as they come, on a sample of each trade: PYTHON is the interpreter of an
environment of their own (`pip install snownlp cnsenti`), for they are no dependencies of shopnb. Seconds are of one
processor.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.special import logit
from scipy.stats import rankdata, t

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


def compared(name: str, labels: Floats, own: Floats, base: Floats) -> dict[str, object]:
    """One line: accuracy and AUC of both, and what separates their accuracies on the same reviews."""
    right = (own > 0) == labels
    gain = right.astype(float) - ((base > 0) == labels)
    margin = 1.96 * gain.std(ddof=1) / np.sqrt(len(gain))
    return {
        "trade": name,
        "reviews": len(labels),
        "accuracy": right.mean(),
        "AUC": area(labels, own),
        "plain accuracy": ((base > 0) == labels).mean(),
        "plain AUC": area(labels, base),
        "gain low": gain.mean() - margin,
        "gain high": gain.mean() + margin,
    }


def plain_features(texts: list[str]) -> sparse.csr_matrix:
    """What the plain model sees."""
    return grams(clean(texts), bits=training.BITS, longest=3) * training.GRAM_SCALE


def trades(files: list[str]) -> None:
    """One line a trade, each left out of training."""
    frame = pd.concat([training.texts_of(file) for file in files], ignore_index=True)
    labelled = training.read(files)
    reviews = ~labelled.own
    plain = plain_features(frame["review"].astype(str).tolist())
    rows = []
    for trade in dict.fromkeys(labelled.trades[reviews]):
        left = labelled.trades == trade
        model = training.train(labelled, ~left)
        weights = model.weights.astype(float)[labelled.columns] / training.GRAM_SCALE
        own = labelled.letters[left] @ weights + labelled.measured[left] @ model.measure_weights + model.bias
        base = plain_scores(plain, labelled.labels, reviews & ~left, left)
        rows.append(compared(trade, labelled.labels[left], own, base))
    table = pd.DataFrame(rows)
    print(table.round(4).to_string(index=False))
    mean = table.drop(columns=["trade", "reviews", "gain low", "gain high"]).mean()
    print("mean of trades:", mean.round(4).to_dict())
    print(f"errors fewer than plain: {1 - (1 - mean['accuracy']) / (1 - mean['plain accuracy']):.1%}")
    gain = table["accuracy"] - table["plain accuracy"]
    half = t.ppf(0.975, len(gain) - 1) * gain.std() / np.sqrt(len(gain))
    print(f"mean gain {gain.mean():.4f}, 95 % over trades {gain.mean() - half:.4f} to {gain.mean() + half:.4f}")


def unseen(files: list[str], given: dict[str, pd.DataFrame]) -> None:
    """The shipped model, and a plain one trained on all reviews, on files that neither was trained on."""
    frame = pd.concat([training.texts_of(file) for file in files if not file.endswith(".toml")], ignore_index=True)
    everything = [frame["review"].astype(str).tolist(), *(one["review"].tolist() for one in given.values())]
    whole = plain_features(list(itertools.chain.from_iterable(everything)))
    known = np.arange(whole.shape[0]) < len(frame)
    labels = np.concatenate([frame["label"].to_numpy(float), np.zeros(whole.shape[0] - len(frame))])
    base = plain_scores(whole, labels, known, ~known)
    rows, start = [], 0
    for name, one in given.items():
        own = logit(text.polarity(one["review"].tolist()))
        rows.append(compared(name, one["label"].to_numpy(float), own, base[start : start + len(one)]))
        start += len(one)
    print(pd.DataFrame(rows).round(4).to_string(index=False))


def one_sided(reviews: str, labels: str) -> pd.DataFrame:
    """Cosmetics reviews of which all opinions are good, or all bad."""
    given, gold = pd.read_csv(reviews), pd.read_csv(labels)
    signs = gold[gold["Polarities"] != SIGNS["neutral"]].groupby("id")["Polarities"].agg(["min", "nunique"])
    sides = signs.loc[signs["nunique"] == 1, "min"] == SIGNS["positive"]
    kept = given[given["id"].isin(sides.index)]
    return pd.DataFrame({"review": kept["Reviews"].astype(str), "label": kept["id"].map(sides).astype(float)})


def starred(file: str) -> pd.DataFrame:
    """Reviews with one or two stars, bad, and with five, good."""
    given = pd.read_csv(file, encoding="gb18030").dropna(subset=["content"])
    given = given[given["star"].isin([1, 2, 5])]
    return pd.DataFrame({"review": given["content"].astype(str), "label": (given["star"] == 5).astype(float)})


def clauses() -> None:
    """Clauses judged by hand: the share whose sign is right, by `polarity` and by `aspects` where it speaks."""
    folder = Path(__file__).parents[1] / "tests" / "data"
    for name in ("review_clauses", "review_clauses_fresh", "review_clauses_third"):
        with (folder / f"{name}.csv").open(encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["polarity"] != "neutral"]
        texts = [row["clause"] for row in rows]
        good = np.array([row["polarity"] == "positive" for row in rows])
        right = (text.polarity(texts) > 0.5) == good
        found = text.aspects(texts)
        heard = found[found["polarity"] != "neutral"].groupby("review")["polarity"].agg(set)
        alike = [said == {rows[place]["polarity"]} for place, said in heard.items()]
        halves = (
            ""
            if name != "review_clauses"
            else f", half looked at {right[::2].mean():.3f}, other {right[1::2].mean():.3f}"
        )
        print(f"{name}, {len(rows)}: polarity right {right.mean():.3f}{halves}", end="; ")
        print(f"aspects speaks on {len(heard) / len(rows):.3f}, of these right {np.mean(alike):.3f}")
        kinds = pd.Series(right).groupby([row["kind"] for row in rows]).agg(["mean", "size"]).round(3)
        print("  by kind:", {kind: (row["mean"], int(row["size"])) for kind, row in kinds.iterrows()})


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
    start = time.process_time()
    scores = [judge(text) if text.strip() else 0.0 for text in given]
    answer[name] = {"scores": scores, "seconds": time.process_time() - start}
print("ANSWER" + json.dumps(answer))
"""


def beside(files: list[str], python: str, *, each: int = 150) -> None:
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
    """Seconds of one processor a thousand reviews, the best of five; memory of 100,000."""
    texts = pd.read_csv(files[0])["review"].dropna().astype(str).sample(1000, random_state=0).tolist()
    text.polarity(texts[:1])
    spent = []
    for _ in range(5):
        start = time.process_time()
        text.polarity(texts)
        middle = time.process_time()
        text.aspects(texts)
        spent.append((middle - start, time.process_time() - middle))
    first, second = np.min(spent, axis=0)
    print(f"1,000 reviews: polarity {first:.3f} s, aspects {second:.3f} s, both {first + second:.3f} s")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    many = texts * 100
    text.polarity(many)
    text.aspects(many)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"100,000 reviews: {after / 1024:.0f} MB at most, {before / 1024:.0f} MB before")


def cosmetics(reviews: str, labels: str) -> None:
    """F1 of (review, category, polarity) triples."""
    given, gold = pd.read_csv(reviews), pd.read_csv(labels)
    found = text.aspects(given["Reviews"].astype(str).tolist(), scheme="cosmetics")
    true = set(zip(gold["id"], gold["Categories"], gold["Polarities"], strict=True))
    ids = given["id"].to_numpy()
    for name, half, rows in (
        ("all", {0, 1}, found),
        ("even ids", {0}, found),
        ("odd ids", {1}, found),
        ("all, rows with an opinion word", {0, 1}, found[found["opinion"] != ""]),
    ):
        said = set(zip(ids[rows["review"].to_numpy()], rows["aspect"], rows["polarity"].map(SIGNS), strict=True))
        heard, known = ({one for one in side if one[0] % 2 in half} for side in (said, true))
        right = len(heard & known)
        print(f"cosmetics, {name}: F1 {2 * right / (len(heard) + len(known)):.3f}", end=", ")
        print(f"precision {right / len(heard):.3f}, recall {right / len(known):.3f}")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description="Accuracy and speed of shopnb.text")
    parser.add_argument("files", nargs="+", help="CSV files with label, review and cat; TOML files of phrases")
    parser.add_argument("--aspects", nargs=2, metavar=("REVIEWS", "LABELS"), help="cosmetics reviews and their labels")
    parser.add_argument("--stars", metavar="REVIEWS", help="reviews with stars (star, content)")
    parser.add_argument("--beside", metavar="PYTHON", help="interpreter that has snownlp and cnsenti")
    given = parser.parse_args()
    seconds(given.files)
    clauses()
    others = {"cosmetics": one_sided(*given.aspects)} if given.aspects else {}
    others |= {"stars": starred(given.stars)} if given.stars else {}
    if others:
        unseen(given.files, others)
    if given.aspects:
        cosmetics(*given.aspects)
    if given.beside:
        beside(given.files, given.beside)
    trades(given.files)


if __name__ == "__main__":
    main()
