"""Reviews joined to the orders that they are about: by day of payment, at equal age, and what was refunded.

Belongs here: the join by order id. What reviews say of orders through days alone is `reviews_orders`'.
Order ids are read here and go no further: neither `Said` nor a page holds one.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from shopnb.metrics.periods import Period
from shopnb.metrics.reviews import HISTORY_DAYS, LEAST_REVIEWS, LEVEL, Onset, Said
from shopnb.metrics.reviews_orders import LEAST_CASES, RefundsSeen
from shopnb.stats import ChangePoint, proportion_interval, rate_change_point

LATEST = 25  # days after payment: later reviews are few, and do not count for how late reviews come
COME_IN = 0.8  # share of reviews that come within the age at which days of payment are compared
LEAST_SHARE = 0.5  # of a day's paid orders in the daily report that the order file must hold


@dataclass(frozen=True)
class Bought:
    """Reviews with text by day of payment.

    `paid` is the day of payment (None where the order is not in the files) by row of `Said.reviews`, `orders` the paid
    orders by day of payment. `lags` are the days after payment between which 80 % of reviews come, `age` those within
    which `COME_IN` have come: days of payment are compared by what was said of them up to that age, for complaints come
    sooner than praise.
    """

    paid: pd.Series
    orders: pd.Series
    lags: tuple[int, int]
    age: int

    @property
    def known(self) -> int:
        """Reviews with text whose order is known."""
        return int(self.paid.notna().sum())


def join_orders(said: Said, reviews: ibis.Table, orders: ibis.Table, end: dt.date) -> Bought | None:
    """Reviews joined to paid orders; None where fewer than `LEAST_REVIEWS` are old enough to tell how late they come.

    Parameters
    ----------
    reviews, orders : tables of the schema; ids are compared as text.
    end : the page's last day.
    """
    dated = orders.filter(orders.paid_at.notnull(), orders.paid_amount > 0)
    placed = dated.select("order_id", paid_day=dated.paid_at.date())
    asked = reviews.filter(reviews.order_id.notnull()).select("review_id", "order_id")
    found = asked.join(placed, "order_id").select("review_id", "paid_day").to_pandas().drop_duplicates("review_id")
    if found.empty:
        return None
    days = pd.Series(pd.to_datetime(found["paid_day"]).dt.date.to_numpy(), index=found["review_id"])
    paid = said.reviews["review_id"].map(days)
    paid = paid.astype(object).where(paid.notna(), None)  # in this order: a column of NaN alone would stay one
    counted = placed.group_by("paid_day").agg(orders=placed.count()).order_by("paid_day").to_pandas()
    by_day = pd.Series(
        counted["orders"].to_numpy(float), index=list(pd.to_datetime(counted["paid_day"]).dt.date), dtype=float
    )
    late = _lags(said, paid)
    ripe = late[paid.map(lambda day: day is not None and (end - day).days >= LATEST).astype(bool) & (late <= LATEST)]
    if len(ripe) < LEAST_REVIEWS:
        return None
    first, age, last = (math.ceil(value) for value in np.quantile(ripe, (0.1, COME_IN, 0.9)))
    return Bought(paid, by_day, (first, last), age)


def _lags(said: Said, paid: pd.Series) -> pd.Series:
    """Days from payment to review; NaN where either is unknown or a review comes before its payment."""
    days = [
        (written - bought).days if written is not None and bought is not None else math.nan
        for written, bought in zip(said.reviews["day"], paid, strict=True)
    ]
    lags = pd.Series(days, index=said.reviews.index, dtype=float)
    return lags.where(lags >= 0)


def by_payment(said: Said, bought: Bought, marked: pd.Series, end: dt.date) -> pd.DataFrame:
    """Reviews of each day of payment that came within `bought.age` days of it.

    Returns
    -------
    DataFrame, one row a day of payment that is so old, within `HISTORY_DAYS`, with paid orders
        `day`, `orders` (paid that day), `reviews` (with text), `negative`, `marked`.
    """
    in_time = _lags(said, bought.paid) <= bought.age
    rows = pd.DataFrame(
        {"day": bought.paid, "negative": said.reviews["negative"], "marked": marked.reindex(said.reviews.index)}
    )[in_time]
    sums = rows.groupby("day")[["negative", "marked"]].sum().assign(reviews=rows.groupby("day").size())
    ripe = [day for day in bought.orders.index if bought.age <= (end - day).days < HISTORY_DAYS]
    frame = sums.reindex(ripe).fillna(0).astype(int)
    return frame.assign(orders=bought.orders[ripe]).rename_axis("day").reset_index()


def weeks_of_payment(days: pd.DataFrame) -> pd.DataFrame:
    """Days of payment by week.

    Parameters
    ----------
    days : as `by_payment` returns them.

    Returns
    -------
    DataFrame, one row a week, oldest first
        `first`, `last` (days of payment in it), `orders`, `reviews`, `negative`, `marked`, and of `negative` and
        `marked` per 1,000 orders `…_value`, `…_low`, `…_high` (Wilson).
    """
    if days.empty:
        return pd.DataFrame()
    moments = pd.to_datetime(days["day"])
    monday = (moments - pd.to_timedelta(moments.dt.day_of_week, unit="D")).dt.date
    grouped = days.groupby(monday)
    weeks = grouped[["orders", "reviews", "negative", "marked"]].sum()
    weeks = weeks.assign(first=grouped["day"].min(), last=grouped["day"].max())
    for name in ("negative", "marked"):
        found = [
            proportion_interval(float(min(part, whole)), float(whole), level=LEVEL)
            for part, whole in zip(weeks[name], weeks["orders"], strict=True)
        ]
        for kind, pick in (("value", "estimate"), ("low", "low"), ("high", "high")):
            weeks[f"{name}_{kind}"] = [1000 * float(getattr(one, pick)) for one in found]
    return weeks.reset_index(drop=True)


def since_payment(days: pd.DataFrame) -> Onset:
    """Since which day of payment marked reviews are more frequent per order; a fall is not looked for.

    Parameters
    ----------
    days : as `by_payment` returns them. Code `too_few` below `LEAST_CASES` marked reviews.
    """
    if days.empty or days["marked"].sum() < LEAST_CASES:
        return Onset(ChangePoint(code="too_few"))
    cases = days["marked"].to_numpy(float)
    step = rate_change_point(cases, np.maximum(days["orders"].to_numpy(float), cases))
    if step.code or step.rate_after <= step.rate_before:
        return Onset(ChangePoint(code=step.code or "no_change"))
    listed = list(days["day"])
    return Onset(step, listed[step.first], listed[step.low], listed[step.high])


def paid_span(bought: Bought, rows: pd.Index) -> tuple[dt.date, dt.date] | None:
    """The days of payment between which 80 % of some reviews lie; None below `LEAST_CASES` known ones."""
    known = sorted(day for day in bought.paid.reindex(rows) if day is not None and day == day)
    if len(known) < LEAST_CASES:
        return None
    cut = len(known) // 10
    return known[cut], known[-1 - cut]


def sides_of_change(
    said: Said, bought: Bought, rows: pd.DataFrame, spans: tuple[Period, Period], end: dt.date
) -> list[pd.DataFrame]:
    """Reviews of two spans of payment, come within `bought.age` days of it; younger days of payment are left out."""
    ripe = end - dt.timedelta(days=bought.age)
    in_time = (_lags(said, bought.paid) <= bought.age).reindex(rows.index)
    days = bought.paid.reindex(rows.index)
    return [
        rows[
            in_time & days.map(lambda day, p=span: day is not None and p.start <= day <= min(p.end, ripe)).astype(bool)
        ]
        for span in spans
    ]


def refunded(said: Said, rows: pd.Index, reviews: ibis.Table, refunds: ibis.Table) -> RefundsSeen:
    """Refunds of the very orders that some reviews are about, whatever their reason and day.

    `cases_before` and `amount_before` are those of all reviews with text, to compare with.
    """
    asked = reviews.filter(reviews.order_id.notnull()).select("review_id", "order_id")
    found = asked.join(refunds.select("order_id", "refund_id", "refunded_amount"), "order_id").to_pandas()
    found = found[found["review_id"].isin(said.reviews["review_id"])].drop_duplicates("refund_id")
    chosen = found[found["review_id"].isin(said.reviews.loc[rows, "review_id"])]
    return RefundsSeen(
        chosen["order_id"].nunique(),
        float(chosen["refunded_amount"].sum()),
        found["order_id"].nunique(),
        float(found["refunded_amount"].sum()),
    )
