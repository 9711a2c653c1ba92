"""Words of titles: what a title is made of, and which titles hold a word."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import rjieba
from scipy import sparse

_EMPTY = frozenset(
    ("专用", "正品", "官方", "旗舰店", "包邮", "同款", "新款", "网红", "正宗", "特价", "旗舰", "正版")
)  # says nothing
_PUNCTUATION = re.compile(r"^[\W_]+$")


def title_words(title: str) -> list[str]:
    """The distinct words of a title in order; single characters, punctuation and filler left out.

    Examples
    --------
    >>> title_words("正品304不锈钢保温杯吸管杯")
    ['304', '不锈钢', '保温杯', '吸管']
    """
    found = rjieba.cut(title.casefold(), False)
    return list(dict.fromkeys(word for word in found if _says_something(word)))


def _says_something(word: str) -> bool:
    return len(word) > (2 if word.isascii() else 1) and word not in _EMPTY and not _PUNCTUATION.match(word)


def word_table(titles: Sequence[str], *, least: int, most: int) -> tuple[list[str], sparse.csr_matrix]:
    """Which titles hold which word, of words in `least` to `most` titles.

    Returns
    -------
    Words, the most frequent first, and a titles x words matrix of 0 and 1. Of words that stand in exactly the same
    titles (保温 and 保温杯) the longest is kept.
    """
    places: dict[str, int] = {}
    columns, pointers = [], [0]
    for title in titles:
        columns += [places.setdefault(word, len(places)) for word in title_words(title)]
        pointers.append(len(columns))
    whole = sparse.csr_matrix((np.ones(len(columns)), columns, pointers), shape=(len(titles), len(places)))
    words = np.array(list(places), dtype=object)
    used = np.asarray(whole.sum(axis=0)).ravel()
    order = np.array(sorted(np.flatnonzero((used >= least) & (used <= most)), key=lambda k: (-used[k], words[k])), int)
    kept = whole[:, order].tocsc()
    longest: dict[bytes, int] = {}
    for place in range(kept.shape[1]):
        rows = np.sort(kept.indices[kept.indptr[place] : kept.indptr[place + 1]]).tobytes()
        before = longest.get(rows)
        if before is None or len(words[order[place]]) > len(words[order[before]]):
            longest[rows] = place
    chosen = np.array(sorted(longest.values()), int)
    return [str(words[order[place]]) for place in chosen], kept[:, chosen].tocsr()
