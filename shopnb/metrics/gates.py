"""Validity gates: where a number of the platform does not mean what it seems to (domain.md, section 15).

Belongs here: one function a trap, from canonical tables to small frames or amounts with a code. That indices are never
added and people never counted twice is `aggregate`'s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import pandas as pd

REFUND_LAG_DAYS = 20  # refunds follow payment within about this many days (pages.md 4.2)


def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom else math.nan


def is_presale(orderers: float, payers: float) -> bool:
    """Whether an item was ordered and not yet paid (QA1), so that its 支付转化率 of 0 is no conversion.

    Examples
    --------
    >>> is_presale(8, 0), is_presale(8, 1), is_presale(0, 0), is_presale(math.nan, 0)
    (True, False, False, False)
    """
    return orderers > 0 and payers == 0


def presale_items(item_period: ibis.Table) -> pd.DataFrame:
    """Items that were ordered and not yet paid (QA1): their 支付转化率 of 0 is no conversion.

    Parameters
    ----------
    item_period : rows of schema `item_period` of one period: its export, or those of its days, which are summed.

    Returns
    -------
    DataFrame, one row per item with orders > 0 and payers = 0, sorted by orders, largest first
        `item_id`, `item_title`, `item_visitors`, `orderers`, `ordered_amount` (float), `order_conversion` (share 0-1,
        NaN without visitors): what to show in place of the payment conversion.
    """
    summed = ("item_visitors", "orderers", "payers", "ordered_amount")
    sums = item_period.group_by("item_id").aggregate(
        item_title=item_period.item_title.max(), **{name: item_period[name].sum() for name in summed}
    )
    rows = sums.filter((sums.orderers > 0) & (sums.payers == 0)).drop("payers").to_pandas()
    visitors = rows["item_visitors"].astype("float64")
    rows["order_conversion"] = rows["orderers"].astype("float64") / visitors.where(visitors > 0)
    return rows.sort_values(["orderers", "item_id"], ascending=[False, True], ignore_index=True)


@dataclass(frozen=True)
class Staged:
    """Orders paid in stages: a deposit first, the rest on the day that the platform counts.

    `open` are those whose rest is not paid; their money is not in any day's 支付金额 yet.
    """

    orders: int
    open: int
    due_amount: float


def staged_payments(orders: ibis.Table) -> Staged:
    """Orders in stages and what is still due of them.

    Parameters
    ----------
    orders : rows of schema `orders`; closed orders (交易关闭) are left out.
    """
    alive = ~orders.state.fill_null("").contains("关闭")
    staged = orders.filter(orders.staged_payment.notnull() & (orders.staged_payment != "") & alive)
    is_open = staged.paid_at.isnull()
    rest = staged.total_amount - staged.paid_amount.fill_null(0)
    found = staged.aggregate(
        orders=staged.count(), open=staged.count(where=is_open), due=rest.sum(where=is_open)
    ).to_pandas()
    orders, still_open, due = found.iloc[0]
    return Staged(int(orders), int(still_open), 0.0 if pd.isna(due) else float(due))


def refunds_open(end: date, *, known_until: date) -> bool:
    """Whether refunds of a period are still to come, so that its sales net of refunds will shrink (QA9).

    Tiers, rankings and 支付金额 count orders that were refunded later: gross and net are shown side by side.

    Parameters
    ----------
    end : last day of the period. known_until : last day of the data.

    Examples
    --------
    >>> refunds_open(date(2026, 8, 30), known_until=date(2026, 8, 30))
    True
    """
    return known_until - end < timedelta(days=REFUND_LAG_DAYS)


def freight_share(orders: ibis.Table) -> float:
    """Share of freight in what buyers paid, 0-1 (1688 counts it in 支付金额); NaN without paid orders.

    Multiply a 1688 支付金额 by 1 − this share before it is compared with Taobao's.
    """
    paid = orders.filter(orders.paid_at.notnull() & (orders.paid_amount > 0))
    summed = paid.aggregate(freight=paid.freight_amount.sum(), paid=paid.paid_amount.sum()).to_pandas().iloc[0]
    return _ratio(*(math.nan if pd.isna(value) else float(value) for value in (summed["freight"], summed["paid"])))


def mature_until(exported_on: date, window_days: int | None) -> date | None:
    """Last day whose ad deals can no longer grow: the whole attribution window had passed when the report was made.

    Parameters
    ----------
    exported_on : day on which the report was downloaded. window_days : 转化周期; None when the report does not say.

    Examples
    --------
    >>> mature_until(date(2026, 8, 31), 15), mature_until(date(2026, 8, 31), None)
    (datetime.date(2026, 8, 15), None)
    """
    return None if window_days is None else exported_on - timedelta(days=window_days + 1)


def immature_share(ad_daily: ibis.Table, *, exported_on: date) -> float:
    """Share of ad cost, 0-1, on days whose deals may still grow; NaN without cost.

    Rows without a stated window count as not yet mature.
    """
    rows = ad_daily.group_by("day", "window_days").aggregate(cost=ad_daily.cost.sum()).to_pandas()
    cost, open_ = 0.0, 0.0
    for day, window, amount in rows.dropna(subset=["cost"]).itertuples(index=False):
        last = mature_until(exported_on, None if pd.isna(window) else int(window))
        cost += float(amount)
        open_ += float(amount) if last is None or pd.Timestamp(day).date() > last else 0.0
    return _ratio(open_, cost)


def paid_and_organic(listing: ibis.Table) -> pd.DataFrame:
    """Items seen both in a paid and in an unpaid place of one listing: observed duplicates, to be counted once.

    Returns
    -------
    DataFrame, one row per query, snapshot and item, sorted
        `query`, `snapshot_on`, `item_id`, `paid_places`, `organic_places` (int).
    """
    known = listing.filter(listing.item_id.notnull() & listing.is_paid_slot.notnull())
    counted = known.group_by("query", "snapshot_on", "item_id").aggregate(
        paid_places=known.is_paid_slot.cast("int64").sum(), organic_places=(~known.is_paid_slot).cast("int64").sum()
    )
    both = counted.filter((counted.paid_places > 0) & (counted.organic_places > 0))
    return both.to_pandas().sort_values(["query", "item_id"], ignore_index=True)


@dataclass(frozen=True)
class LowestPrice:
    """What discounts on whole orders did to the lowest price that the platform may have on record (QA10).

    `orders` of several pieces were paid below the sum of their usual prices. `item_id`, `item_title` : the item that it
    pulls down most; `usual` is what one piece of it costs, `shared` with the discount spread evenly, `recorded` with
    all of it on one piece, as the platform may book it.
    """

    orders: int
    item_id: str
    item_title: str
    usual: float
    shared: float
    recorded: float


def recorded_low(usual: float, discount: float) -> float:
    """The lowest price on record after a discount on the whole order (PR9): all of it may be booked on one piece.

    Examples
    --------
    Two pieces of 60, 10 off each: the buyer pays 100, on record stand 60 and 40, not 50 and 50.

    >>> recorded_low(60.0, 20.0)
    40.0
    """
    return max(usual - discount, 0.0)


def lowest_price(order_lines: ibis.Table) -> LowestPrice | None:
    """The item whose lowest price on record may have been pulled down most by discounts on whole orders (QA10, PR9).

    Parameters
    ----------
    order_lines : rows of schema `order_lines`. An order with a line whose price, pieces or payment is unknown is not
        used. The usual price of an item is the median paid for a lone piece, else the price printed.

    Returns
    -------
    None without an order of several pieces that was paid more than 1 % below its usual prices.
    """
    lines = order_lines.select(
        "order_id", "item_title", "unit_price", "units",
        item=ibis.coalesce(order_lines.item_id, order_lines.item_code, order_lines.item_title),
        amount=ibis.coalesce(order_lines.due_amount, order_lines.paid_amount),
    ).to_pandas()  # fmt: skip
    needed = ["item", "unit_price", "units", "amount"]
    lines = lines[lines[needed].notna().all(axis=1).groupby(lines["order_id"]).transform("all")]
    pieces = lines.groupby("order_id")["units"].transform("sum")
    alone = lines[pieces == 1].groupby("item")["amount"].median()
    several = lines[(pieces > 1) & (lines["units"] > 0)]
    several = several.assign(usual=several["item"].map(alone).fillna(several["unit_price"]).astype(float))
    several["worth"] = several["usual"] * several["units"]
    sums = several.groupby("order_id")[["worth", "amount"]].transform("sum")
    found = several[(sums["worth"] - sums["amount"] > 0.01 * sums["worth"]) & (sums["worth"] > 0)]
    if found.empty:
        return None
    discount = (sums["worth"] - sums["amount"])[found.index]
    recorded = pd.Series([recorded_low(*pair) for pair in zip(found["usual"], discount, strict=True)], found.index)
    worst = found.loc[(recorded / found["usual"]).idxmin()]
    shared = float(worst["usual"] * sums.loc[worst.name, "amount"] / sums.loc[worst.name, "worth"])
    title = "" if pd.isna(worst["item_title"]) else str(worst["item_title"])
    orders = found["order_id"].nunique()
    return LowestPrice(orders, str(worst["item"]), title, float(worst["usual"]), shared, float(recorded[worst.name]))
