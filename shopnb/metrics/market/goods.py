"""The goods of a search listing: snapshots, repeats, placeholder prices, the ladder of shown sales.

Belongs here: from the lines of one snapshot to its distinct goods. Nothing is totalled here.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

PLACEHOLDER_PRICE = 99_999.0  # a habit: "not for sale at present"
_PLACEHOLDER_DIGITS = re.compile(r"(6{4,}|8{4,}|9{4,})")  # 8888, 9999: set aside only far above the others
_FAR_ABOVE = 20.0  # times the median price
_TEXTS = ("item_id", "title", "shop_name", "brand", "place", "service")
_BLANKS = re.compile(r"[^\S\n]+")


@dataclass(frozen=True)
class Goods:
    """The distinct goods of one snapshot, and what became of its lines.

    `frame` has one row per good in order of position: `good` (what makes it the same good in another snapshot),
    `title`, `shop_name`, `brand`, `place`, `price` (NaN where the line has none), `sold_low`, `sold_high` (NaN: open),
    `position`, `is_paid` (seen only in paid slots), `is_tmall`, `freight`, `comments`, `service`.
    lines = goods + repeats + placeholders; `paid_lines` are among the lines.
    """

    frame: pd.DataFrame
    lines: int
    repeats: int
    placeholders: int
    paid_lines: int
    without_price: int
    without_sales: int
    open_top: float  # low end of the highest open range, NaN where none is open

    @property
    def has_sales(self) -> bool:
        """Whether any good shows sales."""
        return bool(self.frame["sold_low"].notna().any())


def snapshots(listing: ibis.Table) -> pd.DataFrame:
    """The snapshots of a listing table.

    Returns
    -------
    DataFrame, one row per query and day, newest day and largest first
        `query`, `snapshot_on` (date or None), `lines`.
    """
    counted = listing.group_by(["query", "snapshot_on"]).agg(lines=listing.count()).to_pandas()
    counted["snapshot_on"] = [None if pd.isna(day) else pd.Timestamp(day).date() for day in counted["snapshot_on"]]
    order = [day.toordinal() if day else 0 for day in counted["snapshot_on"]]
    counted = counted.assign(order=order).sort_values(["order", "lines", "query"], ascending=[False, False, True])
    return counted.drop(columns="order").reset_index(drop=True)


def lines_of(listing: ibis.Table, query: str, snapshot_on: object) -> pd.DataFrame:
    """The lines of one snapshot in order of position; columns as in schema `listing`."""
    chosen = listing.filter(listing.query == ibis.literal(query))
    day = chosen.snapshot_on
    chosen = chosen.filter(day.isnull() if snapshot_on is None else day == ibis.literal(snapshot_on))
    return chosen.order_by("position").to_pandas()


def listing_goods(lines: pd.DataFrame) -> Goods:
    """Distinct goods of a snapshot: repeats of paid and organic slots merged, placeholder prices set aside.

    Parameters
    ----------
    lines : DataFrame, one row per line of the listing, columns as in schema `listing`.

    Notes
    -----
    A good is its item id, else its shop and title (width, case and blanks folded). A repeated good keeps its first
    organic line and the largest number shown. A price range counts as its middle. An open range (`1000+`) is closed
    by the ladder's next step (`close_ladder`).
    """
    frame = lines.sort_values("position", kind="stable").reset_index(drop=True)
    frame = frame.astype({name: object for name in _TEXTS if name in frame})  # one that is empty throughout is no text
    price = (frame["price_low"].astype(float) + frame["price_high"].fillna(frame["price_low"]).astype(float)) / 2
    is_placeholder = _is_placeholder(price)
    is_paid = frame["is_paid_slot"].fillna(False).astype(bool)
    frame = frame.assign(price=price, is_paid=is_paid)[~is_placeholder]
    frame = frame.assign(good=_identity(frame)).sort_values(["is_paid", "position"], kind="stable")
    first = frame.drop_duplicates("good").set_index("good")
    twice = frame[frame["good"].duplicated(keep=False)]
    if len(twice):
        first.loc[twice.loc[~twice["is_paid"], "good"].unique(), "is_paid"] = False
        ranked = twice.sort_values(["sold_low", "sold_high"], na_position="first", kind="stable")
        largest = ranked.drop_duplicates("good", keep="last").set_index("good")
        first.loc[largest.index, ["sold_low", "sold_high"]] = largest[["sold_low", "sold_high"]]
    goods = first.sort_values("position").reset_index()
    goods = goods.astype({"sold_low": float, "sold_high": float})
    high, open_top = close_ladder(goods["sold_low"].to_numpy(), goods["sold_high"].to_numpy())
    columns = ["good", "title", "shop_name", "brand", "place", "price", "sold_low", "sold_high", "position", "is_paid"]
    shown = goods.assign(sold_high=high).reindex(columns=[*columns, "is_tmall", "freight", "comments", "service"])
    return Goods(
        frame=shown,
        lines=len(lines),
        repeats=int((~is_placeholder).sum()) - len(goods),
        placeholders=int(is_placeholder.sum()),
        paid_lines=int(is_paid.sum()),
        without_price=int(goods["price"].isna().sum()),
        without_sales=int(goods["sold_low"].isna().sum()),
        open_top=open_top,
    )


def _is_placeholder(price: pd.Series) -> pd.Series:
    """Prices nobody means: 0, 99,999 and above, and rows of one digit far above the median."""
    is_absurd = (price >= PLACEHOLDER_PRICE) | (price <= 0)
    middle = price[~is_absurd].median()
    is_far = price > _FAR_ABOVE * middle
    odd = [place for place, value in price[is_far].items() if _PLACEHOLDER_DIGITS.fullmatch(f"{value:.0f}")]
    return is_absurd | price.index.isin(odd)


def _identity(frame: pd.DataFrame) -> pd.Series:
    """What makes two lines the same good."""
    shops, titles = _folded(frame["shop_name"]), _folded(frame["title"])
    names = [f"{shop}\n{title}" for shop, title in zip(shops, titles, strict=True)]
    by_name = pd.Series(names, index=frame.index, dtype=object)
    by_id = frame["item_id"].where(frame["item_id"].notna() & (frame["item_id"] != ""))
    if by_id.notna().any():
        same_item = by_name.map(by_id.groupby(by_name).first())  # one title of one shop keeps one id
        return ("id " + by_id.fillna(same_item)).fillna("name " + by_name)
    return "name " + by_name


def _folded(texts: pd.Series) -> list[str]:
    """Texts without differences of width, case and blanks; all at once, since a listing may have a million."""
    plain = [str(text) for text in texts.fillna("").to_numpy(object)]
    if not plain:
        return []
    joined = "\n".join(plain)
    if joined.count("\n") >= len(plain):
        joined = "\n".join(text.replace("\n", " ") for text in plain)
    return _BLANKS.sub("", unicodedata.normalize("NFKC", joined).casefold()).split("\n")


def close_ladder(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, float]:
    """Close open ranges by the next step of the ladder that the snapshot shows.

    The next step is the next one seen, or one that must lie between: where three steps of a decade or more are seen,
    their common divisor (500 between 1,000, 1,500 and 3,000). That closes the highest range too, unless it holds more
    listings than the one before it (a last step, where the platform stops counting) or too few steps are seen.

    Returns
    -------
    `high` with NaN only where no step follows, and the low end that stays open (NaN where none).

    Examples
    --------
    >>> closed, top = close_ladder(np.array([47.0, 100.0, 200.0]), np.array([47.0, np.nan, np.nan]))
    >>> closed.tolist(), top
    ([47.0, 199.0, nan], 200.0)
    """
    is_open = ~np.isnan(low) & np.isnan(high)
    steps = np.unique(low[is_open])
    if not len(steps):
        return high.astype(float), math.nan
    decade = np.floor(np.log10(np.maximum(steps, 1)))
    stride = np.array([_stride(steps[decade == power]) for power in decade])
    sizes = np.array([(low[is_open] == step).sum() for step in steps[-2:]])
    is_last = len(sizes) < 2 or sizes[1] > sizes[0] or np.isinf(stride[-1])
    following = np.minimum(np.append(steps[1:], math.inf), steps + stride)
    following[-1] = math.nan if is_last else following[-1]
    closed = high.astype(float).copy()
    closed[is_open] = following[np.searchsorted(steps, low[is_open])] - 1
    return closed, float(steps[-1]) if is_last else math.nan


def _stride(steps: np.ndarray) -> float:
    """The common divisor of a decade's steps; infinite where under three are seen."""
    return float(np.gcd.reduce(steps.astype(np.int64))) if len(steps) >= 3 else math.inf
