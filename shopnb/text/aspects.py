"""Aspects of many reviews: one row an opinion, in English keys or in the names of a scheme."""

from __future__ import annotations

import pandas as pd

from shopnb.text.cleaning import clean, cut
from shopnb.text.lexicon import Lexicon
from shopnb.text.lexicon import lexicon as packaged_lexicon
from shopnb.text.opinions import scan

_NAMES = {1: "positive", 0: "neutral", -1: "negative"}
_COLUMNS = ["review", "clause", "aspect", "opinion", "polarity"]


def aspects(reviews: list[str], *, scheme: str | None = None, lexicon: Lexicon | None = None) -> pd.DataFrame:
    """What each review says about which aspect.

    Parameters
    ----------
    reviews : texts.
    scheme : None for English keys (`leak`, `logistics` …; `overall` where no aspect is named); `cosmetics` for the 13
        Chinese categories used for cosmetics.
    lexicon : of a shop with words of its own, from `text.lexicon(…)`; None for the packaged one.

    Returns
    -------
    DataFrame, one row an opinion, in the order read
        `review` (int, position in `reviews`), `clause` (str), `aspect` (str), `opinion` (the word as written, negator
        included), `polarity` (positive, negative or neutral). An aspect that a review names without an opinion on it
        anywhere has one row: `opinion` is "" and `polarity` neutral.

    Raises
    ------
    KeyError
        When there is no such scheme.

    Examples
    --------
    >>> aspects(["没有色差,但是漏水,快递到了"])[["aspect", "opinion", "polarity"]].to_dict("split")["data"]
    [['color', '没有色差', 'positive'], ['leak', '漏水', 'negative'], ['logistics', '', 'neutral']]
    """
    known = lexicon or packaged_lexicon()
    named = known.schemes[scheme] if scheme else {}
    rows: list[tuple[int, str, str, str, str]] = []
    for review, text in enumerate(clean(reviews)):
        first, carried = len(rows), ""
        only_named: dict[str, tuple[int, str]] = {}  # aspect to its place among the rows, and the clause
        for clause in cut(text):
            found, carried = scan(clause, known, carried)
            rows += [(review, clause, one.aspect, one.word, _NAMES[one.sign]) for one in found]
            if carried:
                only_named.setdefault(carried, (len(rows), clause))
        judged = {row[2] for row in rows[first:]}
        for aspect, (place, clause) in reversed(only_named.items()):
            if aspect not in judged:
                rows.insert(place, (review, clause, aspect, "", _NAMES[0]))
    if named:
        rows = [(*row[:2], named.get(row[2], named["default"]), *row[3:]) for row in rows]
    return pd.DataFrame(rows, columns=_COLUMNS).astype({"review": "int64"})


def aspect_groups(lexicon: Lexicon | None = None) -> dict[str, str]:
    """Each aspect's side of the business: product, logistics or service."""
    return dict((lexicon or packaged_lexicon()).groups)
