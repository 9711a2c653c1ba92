"""Control series from outside the shop: what the peers did, what the category did.

Belongs here: the peers' figures that people type in and the category's index, as one frame by metric. Where the shop
has items that did not change, those are the control (`metrics.listing_changes`); these stand in for them.
"""

from __future__ import annotations

import datetime as dt

import ibis
import numpy as np
import pandas as pd

LEAST_UNITS = 3  # on either side of a change
COLUMNS = ["metric", "origin", "start", "length", "value", "variance", "shown"]
_PEERS = {  # the platform's name of a peer figure: (metric of a change, whether it is a rate)
    "点击率": ("click_rate", True),
    "加购率": ("item_cart_rate", True),
    "支付转化率": ("item_conversion", True),
    "商品支付转化率": ("item_conversion", True),
    "搜索引导支付转化率": ("search_conversion", True),
    "搜索引导访客数": ("search_visitors", False),
    "访客价值": ("paid_per_visitor", False),
    "访客平均价值": ("paid_per_visitor", False),
    "UV价值": ("paid_per_visitor", False),
    "客单价": ("spend_per_buyer", False),
}


def outside_series(peers: pd.DataFrame, market: ibis.Table | None) -> pd.DataFrame:
    """Days and weeks of the peers and of the category.

    Parameters
    ----------
    peers : rows of the table `peers` (may be empty); the newest note of a period counts.
    market : table `market_index`; the category with the most periods is taken.

    Returns
    -------
    DataFrame, one row per metric, origin (`peers`, `market`) and unit
        `start`, `length` (1 or 7 days), `value` (a share, else a logarithm), `variance` (0: how much units vary is
        estimated), `shown`. The category's traffic index stands for visitors from search only: an index rises and falls
        with what it measures, not in proportion.
    """
    frames = [_peer_rows(peers), _market_rows(market)]
    found = pd.concat([frame for frame in frames if len(frame)], ignore_index=True) if any(map(len, frames)) else None
    return pd.DataFrame(columns=COLUMNS) if found is None else found[COLUMNS]


def _peer_rows(peers: pd.DataFrame) -> pd.DataFrame:
    if peers.empty:
        return pd.DataFrame(columns=COLUMNS)
    rows = peers.dropna(subset=["start_on", "end_on", "peer_mean"])
    rows = rows[rows["metric"].isin(list(_PEERS)) & (rows["peer_mean"] > 0)].sort_values("noted_on")
    rows = rows.drop_duplicates(["metric", "start_on", "end_on"], keep="last")
    kinds = rows["metric"].map(_PEERS)
    shown = rows["peer_mean"].astype(float)
    is_rate = kinds.map(lambda kind: kind[1]).astype(bool)
    return _units(
        rows.assign(
            metric=kinds.map(lambda kind: kind[0]), origin="peers", shown=shown, variance=0.0,
            value=shown.where(is_rate, np.log(shown)),
        )
    )  # fmt: skip


def _market_rows(market: ibis.Table | None) -> pd.DataFrame:
    if market is None:
        return pd.DataFrame(columns=COLUMNS)
    known = market.filter(market.level == "category", market.traffic_index_low > 0, market.end_on.notnull())
    rows = known.select("category", "start_on", "end_on", "traffic_index_low", "traffic_index_high").to_pandas()
    if rows.empty:
        return pd.DataFrame(columns=COLUMNS)
    names = rows["category"].fillna("")
    rows = rows[names == names.value_counts(sort=False).sort_index().idxmax()]
    shown = (rows["traffic_index_low"].astype(float) + rows["traffic_index_high"].astype(float)) / 2
    rows = rows.assign(
        metric="search_visitors", origin="market", shown=shown, value=np.log(shown), variance=0.0,
        start_on=rows["start_on"].fillna(rows["end_on"]),
    )  # fmt: skip
    return _units(rows.dropna(subset=["shown"]).drop_duplicates(["start_on", "end_on"]))


def _units(rows: pd.DataFrame) -> pd.DataFrame:
    start, end = (pd.to_datetime(rows[name]) for name in ("start_on", "end_on"))
    made = rows.assign(start=start.dt.date, length=(end - start).dt.days + 1)
    return made[made["length"].isin([1, 7])].sort_values(["metric", "origin", "start"], ignore_index=True)


def outside_control(
    outside: pd.DataFrame, metric: str, length: int, *, change: dt.date, starts: pd.Series
) -> tuple[pd.DataFrame, str] | None:
    """The control of one metric for units of `length` days that begin on `starts`, peers before the category.

    None where neither has three such units before the change and three after it.
    """
    rows = outside[(outside["metric"] == metric) & (outside["length"] == length)]
    for origin in ("peers", "market"):
        found = rows[(rows["origin"] == origin) & rows["start"].isin(set(starts))]
        after = found["start"] >= change
        if min(after.sum(), (~after).sum()) >= LEAST_UNITS:
            return found[["start", "value", "variance", "shown"]], origin
    return None
