"""What each word is worth by published word lists, and what the words of a text come to.

The lists know words that no labelled review has held. `word_values.npz` holds a hash and two values a word: rated by
people, and learned from texts marked by feeling (`tools/word_values.py`); no text.
"""

from __future__ import annotations

import io
import zlib
from functools import cache, lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt
import rjieba

from shopnb.text.cleaning import cut

STEPS = 100  # of a value of 1 in the file
VALUES = 18  # columns of `valued`: nine for each of the two values
_DENIED = -0.7  # what a value counts behind a negator
_NEGATORS = (
    "不",
    "没",
    "没有",
    "无",
    "别",
    "未",
    "不会",
    "不是",
    "不太",
    "不够",
    "毫无",
    "从不",
    "不要",
    "不能",
    "没什么",
)
_CHARACTERS = 600  # of a text that are read
_UNKNOWN, _CUT, _NEGATOR = 0, 1, 2  # rows of the table before those of words
Floats = npt.NDArray[np.float64]


def key(word: str) -> int:
    """The word's hash, the same everywhere."""
    return zlib.crc32(word.encode())


@cache
def _table() -> tuple[dict[int, int], Floats]:
    """The file, read once: hash to row, and the two values of each row."""
    stored = resources.files(__package__).joinpath("word_values.npz").read_bytes()
    with np.load(io.BytesIO(stored), allow_pickle=False) as file:
        keys, values = file["keys"], file["values"]
    first = _NEGATOR + 1
    rows = dict(zip(keys.tolist(), range(first, first + len(keys)), strict=True))
    rows |= {key(word): _NEGATOR for word in _NEGATORS}
    return rows, np.vstack([np.zeros((first, 2)), values / STEPS])


@lru_cache(maxsize=100_000)
def _row(word: str) -> int:
    return _table()[0].get(key(word), _UNKNOWN)


def valued(texts: list[str]) -> Floats:
    """What the words of each cleaned text come to, one row a text.

    Columns, first of the rated and then of the learned values: good and bad, each by the square root of the words;
    their balance; no valued word at all; the last, the first, the best and the worst clause; the mean clause. A word
    right behind a negator, or one unvalued word after it, counts the other way round and less.
    """
    rows, texts_of_rows, lengths = _read(texts)
    sizes = np.array(lengths)
    clause = np.cumsum(rows == _CUT) - (rows == _CUT)  # each clause ends in a cut
    of_clause = texts_of_rows[rows == _CUT]
    found = [_summed(worth, texts_of_rows, clause, of_clause, sizes) for worth in _worth(rows).T]
    return np.hstack(found)


def _read(texts: list[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], list[int]]:
    """Rows of the table, word by word with a cut behind each clause; the text of each; how many each text has."""
    rows: list[int] = []
    lengths = []
    for text in texts:
        start = len(rows)
        for clause in cut(text[:_CHARACTERS]):
            rows += map(_row, rjieba.cut(clause))
            rows.append(_CUT)
        lengths.append(len(rows) - start)
    return np.array(rows, dtype=np.int64), np.repeat(np.arange(len(texts)), lengths), lengths


def _worth(rows: npt.NDArray[np.int64]) -> Floats:
    """The two values of each word where it stands."""
    worth = _table()[1][rows]
    before = np.concatenate([[_CUT], rows[:-1]])
    further = np.concatenate([[_CUT, _CUT], rows[:-2]])[: len(rows)]
    found = np.empty_like(worth)
    for column in range(2):
        silent = (_table()[1][before, column] == 0) & (before != _CUT)
        denied = (before == _NEGATOR) | ((further == _NEGATOR) & silent)
        found[:, column] = np.where(denied, _DENIED, 1.0) * worth[:, column]
    return found


def _summed(
    worth: Floats,
    texts: npt.NDArray[np.int64],
    clause: npt.NDArray[np.int64],
    of_clause: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.int64],
) -> Floats:
    """The nine columns of one value."""
    many = len(sizes)
    good = np.bincount(texts, np.maximum(worth, 0), minlength=many)
    bad = np.bincount(texts, np.maximum(-worth, 0), minlength=many)
    some = np.bincount(texts, worth != 0, minlength=many)
    of_each = np.bincount(clause, worth, minlength=len(of_clause))
    held = np.unique(of_clause)  # texts that have a clause at all
    first = np.searchsorted(of_clause, held)
    sides = np.zeros((4, many))
    if len(held):
        last = np.append(first[1:], len(of_clause)) - 1
        best, worst = np.maximum.reduceat(of_each, first), np.minimum.reduceat(of_each, first)
        sides[:, held] = of_each[last], of_each[first], best, worst
    root = np.sqrt(sizes + 1)
    clauses = np.maximum(np.bincount(of_clause, minlength=many), 1)
    balance = (good - bad) / (good + bad + 1)
    return np.column_stack([good / root, bad / root, balance, some == 0, *sides, (good - bad) / clauses])
