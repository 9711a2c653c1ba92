"""Aspects of many reviews: one row an opinion, in English keys or in the names of a scheme."""

from __future__ import annotations

import pandas as pd

from shopnb.text.cleaning import clean, cut
from shopnb.text.lexicon import lexicon
from shopnb.text.opinions import scan

_NAMES = {1: "positive", 0: "neutral", -1: "negative"}
_COLUMNS = ["review", "clause", "aspect", "opinion", "polarity"]


def aspects(reviews: list[str], *, scheme: str | None = None) -> pd.DataFrame:
    """What each review says about which aspect.

    Parameters
    ----------
    reviews : texts.
    scheme : None for English keys (`leak`, `logistics` …; `overall` where no aspect is named); `cosmetics` for the 13
        Chinese categories used for cosmetics.

    Returns
    -------
    DataFrame, one row an opinion, in the order read
        `review` (int, position in `reviews`), `clause` (str), `aspect` (str), `opinion` (the word as written, negator
        included), `polarity` (positive, negative or neutral).

    Raises
    ------
    KeyError
        When there is no such scheme.

    Examples
    --------
    >>> aspects(["没有色差,但是漏水"])[["aspect", "opinion", "polarity"]].to_dict("split")["data"]
    [['color', '没有色差', 'positive'], ['leak', '漏水', 'negative']]
    """
    known = lexicon()
    named = known.schemes[scheme] if scheme else {}
    rows: list[tuple[int, str, str, str, str]] = []
    for review, text in enumerate(clean(reviews)):
        carried = ""
        for clause in cut(text):
            found, carried = scan(clause, known, carried)
            for one in found:
                aspect = named.get(one.aspect, named["default"]) if named else one.aspect
                rows.append((review, clause, aspect, one.word, _NAMES[one.sign]))
    return pd.DataFrame(rows, columns=_COLUMNS).astype({"review": "int64"})


def aspect_groups() -> dict[str, str]:
    """Each aspect's side of the business: product, logistics or service."""
    return dict(lexicon().groups)
