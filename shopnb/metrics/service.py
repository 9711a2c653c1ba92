"""Service over time: scores read together (RV2, RV3), negative reviews per parcel, days from payment to signature.

Belongs here: the daily report's service columns. Why people complain is `reviews`.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import ibis
import pandas as pd

from shopnb.metrics.gates import REFUND_LAG_DAYS
from shopnb.metrics.periods import Period
from shopnb.stats import Estimate, proportion_interval

SCORES = ("description_score", "logistics_score", "service_score")
MOVED = 0.015  # a rolling half-year score that moves by more in a period has moved; shown with two digits


@dataclass(frozen=True)
class Scores:
    """The three scores at the end of two periods, and how to read their moves.

    `reading` is level (none moved), common (two or three fell: look for the common cause, RV2), lone (one fell while
    the others did not: scoring is crude, watch, RV3), better (some rose, none fell), "" where unknown.
    """

    now: dict[str, float]
    before: dict[str, float]
    reading: str


def scores(days: pd.DataFrame, now: Period, before: Period) -> Scores | None:
    """The last known scores of both periods; None where the report has none."""
    sides = []
    for period in (now, before):
        inside = days[period.holds(days["day"])]
        sides.append({name: _last(inside[name]) for name in SCORES})
    if all(math.isnan(value) for value in sides[0].values()):
        return None
    moves = [sides[0][name] - sides[1][name] for name in SCORES]
    if any(map(math.isnan, moves)):
        return Scores(sides[0], sides[1], "")
    fell, rose = sum(move <= -MOVED for move in moves), sum(move >= MOVED for move in moves)
    reading = "common" if fell >= 2 else "lone" if fell else "better" if rose else "level"
    return Scores(sides[0], sides[1], reading)


def _last(values: pd.Series) -> float:
    known = values.dropna()
    return float(known.iloc[-1]) if len(known) else math.nan


@dataclass(frozen=True)
class Service:
    """Negative reviews per signed parcel with its range, and days from payment to signature (median of the days)."""

    negatives: float
    parcels: float
    negative_rate: Estimate
    sign_days: float


def service(days: pd.DataFrame, period: Period) -> Service:
    """Service of a period; NaN where a column is missing. Reviews lag parcels, so the rate is of a period's own."""
    inside = days[period.holds(days["day"])]
    negatives, parcels = (float(inside[name].sum(min_count=1)) for name in ("negative_reviews", "parcels_signed"))
    possible = not math.isnan(negatives) and 0 <= negatives <= parcels
    rate = proportion_interval(negatives, parcels, level=0.9) if possible else Estimate(math.nan)
    seconds = inside.loc[inside["pay_to_sign_seconds"] > 0, "pay_to_sign_seconds"]  # 0: no parcel was signed that day
    return Service(negatives, parcels, rate, float(seconds.median()) / 86400 if len(seconds) else math.nan)


REFUND_WINDOW, LEAST_REFUND_DAYS = 90, 28


def refund_rate(orders: ibis.Table, end: dt.date) -> Estimate:
    """Orders refunded so far ÷ orders paid, of the last 90 days less those whose refunds still come in (RV11).

    Parameters
    ----------
    orders : Table of schema `orders`.
    end : last day of the period; the days whose refunds are open (`gates.REFUND_LAG_DAYS`) are left out.

    Returns
    -------
    Share 0-1 of orders, with its 90 % range; unknown where the file covers fewer than 28 of these days or no refunds.
    """
    last = end - dt.timedelta(days=REFUND_LAG_DAYS)
    days = Period(end - dt.timedelta(days=REFUND_WINDOW - 1), last)
    dated = orders.filter(orders.paid_at.notnull(), orders.paid_amount > 0).mutate(day=orders.paid_at.date())
    inside = dated.filter(dated.day.between(ibis.literal(days.start), ibis.literal(days.end)))
    sums = inside.aggregate(
        days=inside.day.nunique(),
        paid=inside.count(),
        told=inside.refunded_amount.notnull().sum(),
        refunded=(inside.refunded_amount > 0).sum(),
    ).to_pandas()
    row = sums.iloc[0]
    if row["days"] < LEAST_REFUND_DAYS or not row["told"]:
        return Estimate(math.nan)
    return proportion_interval(float(row["refunded"]), float(row["paid"]), level=0.9)
