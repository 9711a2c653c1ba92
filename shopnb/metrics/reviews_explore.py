"""From a number to the sentences behind it: by aspect, item, period and what is said."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from shopnb import text
from shopnb.memory import remembered
from shopnb.metrics.reviews import Said

COLUMNS = ["day", "item_id", "sku", "clause", "aspect", "opinion", "polarity", "text", "follow_up", "negative"]


@remembered
def sentences(
    said: Said,
    *,
    aspect: str = "",
    item: str = "",
    polarity: str = "",
    start: dt.date | None = None,
    end: dt.date | None = None,
    most: int = 50,
) -> pd.DataFrame:
    """The clauses that speak of an aspect, the most typical first, each with its whole review.

    Parameters
    ----------
    aspect : key such as `leak`; "" for all. item : item id; "" for all.
    polarity : positive, negative or neutral; "" for all.
    start, end : days, both included; None leaves that side open. With either, reviews without a day are left out.

    Returns
    -------
    DataFrame, one row a review, aspect and polarity, at most `most`
        `day` (None where unknown), `item_id`, `sku` ("" where unknown), `clause`, `aspect`, `opinion`, `polarity`,
        `text`, `follow_up`, `negative` (whether the review as a whole is judged so); indexed by row of `said.reviews`.
        `attrs["reviews"]` is how many reviews it was chosen from, `attrs["found"]` how many of them speak so.
    """
    reviews = said.reviews
    inside = reviews["item_id"].eq(item) if item else pd.Series(True, index=reviews.index)
    if start is not None or end is not None:
        first, last = start or dt.date.min, end or dt.date.max
        inside &= reviews["day"].map(lambda day: day is not None and first <= day <= last).astype(bool)
    chosen = said.opinions[said.opinions["review"].isin(reviews.index[inside])]
    for name, value in (("aspect", aspect), ("polarity", polarity)):
        if value:
            chosen = chosen[chosen[name] == value]
    once = chosen.drop_duplicates(["review", "aspect", "polarity"])
    order = np.argsort(-text.typicality(once["clause"].tolist()), kind="stable")
    shown = once.iloc[order].head(most).join(reviews.drop(columns="chance"), on="review")
    found = shown.set_index("review")[COLUMNS].rename_axis(None)
    found.attrs = {"reviews": int(inside.sum()), "found": int(once["review"].nunique())}
    return found
