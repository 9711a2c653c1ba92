"""Refunds of an item by the day its orders were paid: the brake of a change (pages.md 4.5).

Belongs here: counting cases so that days before and after a change had equally long to be refunded.
"""

from __future__ import annotations

import datetime as dt
import math

import ibis
import pandas as pd

REFUNDED_WITHIN = 10  # days from payment to request; the same on both sides, so that young orders are not kinder
LEAST_BUYERS, LEAST_REFUNDS = 30, 5  # buyers on either side, refunds in all, from which refund rates are compared


def refunded(items: pd.DataFrame, refunds: ibis.Table | None) -> pd.Series:
    """Refund cases of an item by the day its order was paid, requested within `REFUNDED_WITHIN` days.

    NaN for weeks, and for days that the refund export does not reach to the end of those days.
    """
    unknown = pd.Series(math.nan, items.index)
    if refunds is None:
        return unknown
    cases = refunds.select("item_id", "paid_at", "applied_at").to_pandas().dropna()
    if cases.empty:
        return unknown
    paid, asked = (pd.to_datetime(cases[name]).dt.normalize() for name in ("paid_at", "applied_at"))
    first, last = asked.min(), asked.max() - pd.Timedelta(days=REFUNDED_WITHIN)
    soon = cases.assign(start=paid)[(asked - paid).dt.days.between(0, REFUNDED_WITHIN)]
    days = pd.to_datetime(items["start"])
    found = soon.groupby(["item_id", "start"]).size().reindex(pd.MultiIndex.from_arrays([items["item_id"], days]))
    return pd.Series(found.fillna(0).to_numpy(float), items.index).where(
        (items["length"] == 1) & days.between(first, last)
    )


def enough_refunds(units: pd.DataFrame, item_id: str, span: tuple[dt.date, dt.date, dt.date]) -> bool:
    """Whether both sides of the change have buyers enough, and refunds enough in all, of days that are known."""
    start, day, end = span
    own = units[(units["item_id"] == item_id) & units["refunded"].notna() & units["start"].between(start, end)]
    after = own["start"] >= day
    buyers = min(own.loc[after, "payers"].sum(), own.loc[~after, "payers"].sum())
    return bool(buyers >= LEAST_BUYERS and own["refunded"].sum() >= LEAST_REFUNDS)
