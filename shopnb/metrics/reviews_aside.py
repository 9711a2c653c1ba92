"""Reviews that are set aside and counted, not judged: copies, templates, advertisements and filler."""

from __future__ import annotations

import re

import pandas as pd

from shopnb.schema import LINK_MASK

LONG_TEXT = 15  # letters from which equal texts are no chance
TEMPLATE = 3  # equal long texts on other days, items or SKUs that make a template
_ADVERT = re.compile(
    r"(?:加|\+)\s*(?:v|V|微信|薇信|威信|QQ|qq)|微信号|刷单|刷信誉|兼职.{0,6}(?:日结|加|联系)|日赚|https?://|www\.|t\.cn/"
    + "|"
    + re.escape(LINK_MASK)
)
_FILLER = re.compile(r"(.{1,6}?)\1{4,}")  # 凑字数凑字数凑字数…
_LETTERS = re.compile(r"[\W_]+")


def reasons(worded: pd.DataFrame) -> pd.Series:
    """Why each review is set aside: copy, template, advert, filler; "" for a review that counts.

    Parameters
    ----------
    worded : one row a review with text, oldest first: `item_id`, `sku`, `day`, `read`.

    Notes
    -----
    Copy: the same long text for the same item and SKU on the same day, but for the first. Template: a long text, signs
    apart, that stands `TEMPLATE` times or more in all, but for the first. Filler: a text that is mostly one piece
    repeated. A short 好 may be said a thousand times.
    """
    letters = worded["read"].str.replace(_LETTERS, "", regex=True)
    long = letters.str.len() >= LONG_TEXT
    keyed = worded.assign(letters=letters)
    copy = long & worded.duplicated(["item_id", "sku", "day", "read"])
    template = long & keyed.duplicated("letters") & (keyed.groupby("letters")["read"].transform("size") >= TEMPLATE)
    advert = worded["read"].str.contains(_ADVERT)
    filler = letters.map(_is_filler)
    found = pd.Series("", index=worded.index)
    for name, flags in (("template", template), ("copy", copy), ("filler", filler), ("advert", advert)):
        found = found.mask(flags.astype(bool), name)
    return found


def _is_filler(letters: str) -> bool:
    if len(letters) < LONG_TEXT:
        return False
    repeated = sum(len(run.group(0)) for run in _FILLER.finditer(letters[:500]))
    return repeated > 0.7 * min(len(letters), 500)
