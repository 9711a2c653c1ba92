"""Stock beside sales: how long it lasts, which sizes and colours are out, what lies too long (PF20, PF22).

Belongs here: the typed or exported stock table against the items of a period. A sold-out size lowers conversion without
any page getting worse, so the overview says it before anybody changes a page.
"""

from __future__ import annotations

import math

import ibis
import pandas as pd

from shopnb.metrics.periods import Period

SLOW_DAYS = 180  # stock for longer than this at the present pace lies too long; our line, no platform's
OLD_DAYS = 14  # a count of stock older than this says nothing about the period's end

STATES = ("out", "broken", "short", "slow", "enough")


def sold_units(item_period: ibis.Table | None, period: Period) -> pd.DataFrame:
    """Pieces that each item sold in the period: `item_id`, `units`; from its own export, else from those of its days.

    Empty without an item export that covers the period.
    """
    if item_period is None:
        return pd.DataFrame({"item_id": [], "units": []})
    start, end = ibis.literal(period.start), ibis.literal(period.end)
    days = item_period.filter((item_period.start_on == item_period.end_on) & item_period.end_on.between(start, end))
    for rows, spans in ((item_period.filter((item_period.start_on == start) & (item_period.end_on == end)), 1),
                        (days, period.days)):  # fmt: skip
        if rows.end_on.nunique().execute() == spans:
            return rows.group_by("item_id").agg(units=rows.paid_units.sum()).order_by("item_id").to_pandas()
    return pd.DataFrame({"item_id": [], "units": []})


def stock_cover(stock: pd.DataFrame, sold: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The newest count of each item's stock up to the period's end, against what it sold a day.

    Parameters
    ----------
    stock : rows of table `stock`: day, item_id, sku, available, in_transit, lead_days.
    sold : one row per item of the period: `item_id`, `units` (NaN where the export has none).

    Returns
    -------
    DataFrame, one row per item with a count of the last `OLD_DAYS` days, worst state first, then shortest cover
        `item_id`, `day`, `available` (pieces, minus where oversold), `skus`, `out` (of them without a piece),
        `days_out` (counted days of the period on which the whole item had none), `in_transit`, `lead_days` (NaN where
        unknown), `sold_a_day`, `cover_days` (infinite where nothing sold, NaN where sales are unknown), and `state`:
        `out`, `broken` (some sizes without a piece), `short` (lasts less than the lead time), `slow` (lasts longer than
        `SLOW_DAYS`), `enough`.
    """
    days = pd.to_datetime(stock["day"]).dt.date
    earliest = period.shifted(-OLD_DAYS).end
    recent = stock.assign(day=days)[(days <= period.end) & (days > earliest) & stock["available"].notna()]
    if recent.empty:
        return pd.DataFrame(columns=["item_id", "state"])
    newest = recent[recent["day"] == recent.groupby("item_id")["day"].transform("max")]
    made = newest.groupby("item_id", sort=True).agg(
        day=("day", "max"),
        available=("available", "sum"),
        skus=("available", "size"),
        out=("available", lambda pieces: int((pieces <= 0).sum())),
        lead_days=("lead_days", "max"),
    )
    made["in_transit"] = newest.groupby("item_id")["in_transit"].sum(min_count=1)
    daily = recent[period.holds(recent["day"])].groupby(["item_id", "day"])["available"].sum()
    made["days_out"] = (daily <= 0).groupby("item_id").sum().reindex(made.index).fillna(0).astype(int)
    made["sold_a_day"] = sold.set_index("item_id")["units"].reindex(made.index).astype(float) / period.days
    made["cover_days"] = made["available"].clip(lower=0) / made["sold_a_day"].where(made["sold_a_day"] > 0)
    made.loc[(made["sold_a_day"] == 0) & (made["available"] > 0), "cover_days"] = math.inf
    made = made.reset_index()
    made["state"] = [_state(row) for row in made.to_dict("records")]
    order = made["state"].map(STATES.index)
    return (
        made.assign(order=order)
        .sort_values(["order", "cover_days", "item_id"], ignore_index=True)
        .drop(columns="order")
    )


def _state(row: dict[str, float]) -> str:
    if row["available"] <= 0:
        return "out"
    if row["out"]:
        return "broken"
    if row["cover_days"] < row["lead_days"]:  # False where one is unknown
        return "short"
    return "slow" if row["cover_days"] > SLOW_DAYS else "enough"
