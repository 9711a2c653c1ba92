"""Features of the polarity model: hashed character n-grams, counts of the clause layer, values of words."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import sparse

from shopnb.text.cleaning import cut
from shopnb.text.lexicon import lexicon
from shopnb.text.opinions import scan
from shopnb.text.word_values import VALUES, valued

LONGEST_GRAM = 3
COUNTS = 13  # columns of `counts`
MEASURES = COUNTS + VALUES  # columns of `measures`
DENIED = {1: "\ue000", -1: "\ue001"}  # one sign of its own for every denied complaint, one for denied praise
_TURNS = ("但", "可是", "可惜", "不过", "就是", "只是")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_CHARACTERS = 600  # of a review that the n-grams see


def grams(texts: list[str], *, bits: int, longest: int = LONGEST_GRAM) -> sparse.csr_matrix:
    """Which n-grams of 1 to `longest` characters each text holds, hashed to 2**bits columns.

    Returns
    -------
    csr_matrix of float32, one row a cleaned text: 1 / sqrt(distinct n-grams) where present; an empty text is empty.
    """
    short = [text[:_CHARACTERS] for text in texts]
    codes = np.frombuffer("".join(short).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    sizes = np.array([len(text) for text in short], dtype=np.int64)
    rows = np.repeat(np.arange(len(short), dtype=np.int64), sizes)
    keys = []
    rolling = np.zeros(len(codes), dtype=np.uint64)
    for length in range(1, longest + 1):
        if len(codes) < length:
            break
        starts = len(codes) - length + 1
        rolling = (rolling[:starts] + codes[length - 1 :] + np.uint64(length)) * _MULTIPLIER
        rolling ^= rolling >> np.uint64(29)
        inside = rows[:starts] == rows[length - 1 :]
        column = (rolling[inside] >> np.uint64(64 - bits)).astype(np.int64)
        keys.append((rows[:starts][inside] << bits) | column)
    sorted_keys = np.sort(np.concatenate(keys)) if keys else np.zeros(0, dtype=np.int64)
    distinct = sorted_keys[np.diff(sorted_keys, prepend=-1) > 0]
    pointers = np.searchsorted(distinct >> bits, np.arange(len(texts) + 1))
    present = np.diff(pointers)
    weights = np.repeat(1 / np.sqrt(np.maximum(present, 1)), present).astype(np.float32)
    columns = (distinct & ((1 << bits) - 1)).astype(np.int32)
    return sparse.csr_matrix((weights, columns, pointers), shape=(len(texts), 1 << bits))


def measures(texts: list[str]) -> tuple[npt.NDArray[np.float64], list[str]]:
    """Counts of the clause layer and values of the words, one row a text, and the texts as `counts` has them."""
    found, seen = counts(texts)
    return np.hstack([found, valued(seen)]), seen


def counts(texts: list[str]) -> tuple[npt.NDArray[np.float64], list[str]]:
    """What the clause layer finds in each cleaned text, one row a text, and the texts as the n-grams shall see them.

    Columns: balance of good and bad opinions, balance of clauses, sign of the last and of the first opinion, capped
    logs of good and of bad opinions, bad opinion after a contrast, no opinion at all, length, denied complaints,
    denied praise, balance and sign of the last opinion divided by the clauses (a single clause is what its words
    say). In the texts a denied complaint (没有色差) or praise (不够大) is one sign, which hides the word from n-grams.
    """
    known = lexicon()
    found = np.zeros((len(texts), COUNTS))
    seen = list(texts)
    for row, text in enumerate(texts):
        signs: list[int] = []
        by_clause: list[int] = []
        turned = 0
        denied = {1: 0, -1: 0}
        for clause in cut(text):
            opinions, _ = scan(clause, known)
            here = [opinion.sign for opinion in opinions if opinion.sign]
            signs += here
            by_clause.append(sum(here))
            turned += sum(here) < 0 and clause.startswith(_TURNS)
            for opinion in opinions:
                if opinion.denied:
                    denied[opinion.denied] += 1
                    seen[row] = seen[row].replace(opinion.word, DENIED[opinion.denied], 1)
        found[row] = (*_counted(signs, by_clause, turned, len(text)), *_brief(signs, by_clause, denied))
    return found, seen


def _counted(signs: list[int], by_clause: list[int], turned: int, length: int) -> tuple[float, ...]:
    good, bad = signs.count(1), signs.count(-1)
    good_clauses, bad_clauses = sum(sign > 0 for sign in by_clause), sum(sign < 0 for sign in by_clause)
    return (
        (good - bad) / (good + bad + 1),
        (good_clauses - bad_clauses) / (good_clauses + bad_clauses + 1),
        signs[-1] if signs else 0,
        signs[0] if signs else 0,
        math.log1p(min(good, 8)),
        math.log1p(min(bad, 8)),
        min(turned, 2),
        not signs,
        math.log1p(length) / 5,
    )


def _brief(signs: list[int], by_clause: list[int], denied: dict[int, int]) -> tuple[float, ...]:
    clauses = max(len(by_clause), 1)
    balance = (signs.count(1) - signs.count(-1)) / (len(signs) + 1)
    return min(denied[1], 3), min(denied[-1], 3), balance / clauses, (signs[-1] if signs else 0) / clauses


def typicality(sentences: list[str]) -> npt.NDArray[np.float64]:
    """How well each sentence stands for all of them, 0-1: cosine of its character pairs with their mean.

    Examples
    --------
    >>> typicality(["杯盖漏水", "杯子漏水了", "很贵"]).argmin()
    np.int64(2)
    """
    if not sentences:
        return np.zeros(0)
    pairs = grams(sentences, bits=13, longest=2).astype(np.float64)
    mean = np.asarray(pairs.mean(axis=0)).ravel()
    return np.asarray(pairs @ mean) / max(float(np.linalg.norm(mean)), 1e-12)
