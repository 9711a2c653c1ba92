"""What the first page asks, and what the own goods lack for it (MS9, MS11)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from shopnb.metrics.market.goods import Goods
from shopnb.metrics.market.size import LEVEL, is_own
from shopnb.stats import Estimate, proportion_interval

PAGE_ONE = 60  # goods on the first page (MS9)
SERVICES = {  # what a promise is called in a listing
    "freight_insurance": "运费险",
    "ships_in_48h": "48小时|48h|24小时|24h|次日达|小时发",
    "returns_7_days": "7天|七天|15天|退货包运费",
    "strong_merchant": "实力商家|金牌|品牌直销|源头工厂",
}
_FREE = "包邮|免邮|免运费"
_SHARES = ("free_shipping", "tmall", *SERVICES)


@dataclass(frozen=True)
class PageOne:
    """The first organic goods against the own ones.

    `goods` are the rows compared (at most `PAGE_ONE`); `table` has one row a measure, the largest lack first:
    `measure`, `median` (of a promise: the share of goods that make it, with `low` and `high`), `best` (the better
    quartile), `mean` (MS9), `own` (best own good; a promise: share of own goods; price: median), `gap` (own − median),
    `lack` (how far the own goods fall short, 0-1; 0 where they do not or where more is not better, NaN without own
    goods). NaN where the listing lacks it.
    """

    goods: pd.DataFrame
    table: pd.DataFrame
    own: pd.DataFrame


def page_one(goods: Goods, *, own_shop: str = "", first: int = PAGE_ONE) -> PageOne:
    """What page one asks: price, shown sales (low ends), comments, and the promises that its goods make."""
    frame = goods.frame[~goods.frame["is_paid"]].head(first)
    own = goods.frame[is_own(goods.frame["shop_name"], own_shop)]
    rows = []
    for measure in ("price", "sold", "comments", *_SHARES):
        values, own_values = _values(frame, measure), _values(own, measure)
        if not values.notna().any():
            continue
        is_share = measure in _SHARES
        known = own_values.notna().any()
        typical = "mean" if is_share else "median" if measure == "price" else "max"
        best = float(own_values.agg(typical)) if known else math.nan
        middle = float(values.mean() if is_share else values.median())
        span = _span(values) if is_share else Estimate(middle, math.nan, math.nan)
        top = middle if is_share else float(values.quantile(0.75))
        lack = 0.0 if measure in ("price", "tmall") or not middle else 1 - best / middle
        rows.append(
            (
                measure,
                middle,
                span.low,
                span.high,
                top,
                float(values.mean()),
                best,
                best - middle,
                lack if math.isnan(lack) else max(lack, 0.0),
            )
        )
    names = ["measure", "median", "low", "high", "best", "mean", "own", "gap", "lack"]
    table = pd.DataFrame(rows, columns=names).sort_values("lack", ascending=False, kind="stable", na_position="last")
    return PageOne(frame, table.reset_index(drop=True), own)


def _span(values: pd.Series) -> Estimate:
    return proportion_interval(float(values.sum()), float(values.notna().sum()), level=LEVEL)


def _values(frame: pd.DataFrame, measure: str) -> pd.Series:
    """One measure of each good; promises are 1 or 0, NaN where the listing does not say."""
    if measure in ("price", "comments"):
        return frame[measure].astype(float)
    if measure == "sold":
        return frame["sold_low"].astype(float)
    if measure == "tmall":
        return frame["is_tmall"].astype(float)
    promised = frame["service"].astype("str")
    says = frame["service"].notna()
    if measure == "free_shipping":
        freight = frame["freight"].astype(float)
        free = (freight == 0) | (says & promised.str.contains(_FREE, na=False))
        return pd.Series(np.where(freight.notna() | says, free.astype(float), math.nan), index=frame.index)
    made = promised.str.contains(SERVICES[measure], na=False).astype(float)
    return made.where(says)
