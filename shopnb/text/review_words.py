"""Words of reviews as a dictionary cuts them, and the nouns that the lexicon does not know yet."""

from __future__ import annotations

import rjieba

from shopnb.text.cleaning import LONGEST, clean, cut
from shopnb.text.lexicon import Lexicon
from shopnb.text.lexicon import lexicon as packaged_lexicon
from shopnb.text.opinions import scan

_LEAST = 2  # characters of a word: single ones say too little
_TELLING = ("n", "v", "a", "z", "i", "l", "d")  # nouns, verbs, adjectives, idioms, adverbs; not names or numbers


def review_words(reviews: list[str]) -> list[set[str]]:
    """The telling words of each review, each once: two characters or more, no names, numbers or signs.

    Examples
    --------
    >>> sorted(review_words(["杯盖漏水,漏水!"])[0])
    ['杯盖', '漏水']
    """
    return [
        {word for word, kind in rjieba.tag(text[:LONGEST]) if len(word) >= _LEAST and kind.startswith(_TELLING)}
        for text in clean(reviews)
    ]


def new_nouns(reviews: list[str], *, lexicon: Lexicon | None = None) -> list[dict[str, int]]:
    """Nouns beside an opinion of nothing in particular: candidates for an aspect of the shop's own goods.

    Parameters
    ----------
    lexicon : of a shop with words of its own; None for the packaged one.

    Returns
    -------
    One dict a review: noun that the lexicon lacks -> 1, -1 or 0, the sign of what its clause says.

    Examples
    --------
    >>> new_nouns(["刀头很好"])
    [{'刀头': 1}]
    """
    known = lexicon or packaged_lexicon()
    found = []
    for text in clean(reviews):
        here: dict[str, int] = {}
        for clause in cut(text):
            opinions, _ = scan(clause, known)
            loose = [opinion for opinion in opinions if opinion.aspect == "overall"]
            if not loose:
                continue
            sign = loose[-1].sign
            for word, kind in rjieba.tag(clause):
                if kind.startswith("n") and len(word) >= _LEAST and word not in known.seen:
                    here[word] = sign
        found.append(here)
    return found
