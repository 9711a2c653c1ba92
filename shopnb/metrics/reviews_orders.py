"""Reviews beside what was bought: buyers and parcels behind them, refunds of the goods, since which day of payment.

Reviews carry no order: what they say of orders goes through days. Refunds carry the day of payment and say it exactly.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from shopnb.metrics.periods import Period
from shopnb.metrics.reviews import HISTORY_DAYS, LEVEL, Onset
from shopnb.stats import ChangePoint, Estimate, proportion_interval, rate_change_point

LAGS = (7, 20)  # days from payment to review, first and last (pages.md 2.5)
OPEN_DAYS = 7  # the last days of payment: their refunds for a fault are still to come
LEAST_CASES = 5  # fault refunds from which a day of payment is dated
_COLUMNS = ("payers", "paid_orders", "parcels_signed")


def trade_days(shop_daily: ibis.Table | None) -> pd.DataFrame:
    """Days of the daily report in order: `day` (date), `payers`, `paid_orders`, `parcels_signed`; NaN where unknown.

    No rows without a daily report.
    """
    if shop_daily is None:
        return pd.DataFrame(columns=["day", *_COLUMNS])
    frame = shop_daily.select("day", *_COLUMNS).order_by("day").to_pandas()
    frame["day"] = pd.to_datetime(frame["day"]).dt.date
    frame[list(_COLUMNS)] = frame[list(_COLUMNS)].astype(float)
    return frame


@dataclass(frozen=True)
class Behind:
    """How many buyers or parcels stand behind the reviews of a period; `aligned` when counted by day of payment."""

    count: float = math.nan
    aligned: bool = False

    def per_thousand(self, marked: float) -> Estimate:
        """Reviews per 1,000 of them, with a range (Wilson); code `missing_table` where they are not known."""
        if not self.count > 0 or marked > self.count:
            return Estimate(math.nan, code="missing_table")
        found = proportion_interval(marked, self.count, level=LEVEL)
        return Estimate(1000 * found.estimate, 1000 * found.low, 1000 * found.high)


def buyers_behind(days: pd.DataFrame, period: Period | None, *, lags: tuple[int, int] = LAGS) -> Behind:
    """Buyers whose reviews come in the period: the mean over payments `lags` days earlier, each lag as likely.

    Without days so far back, the buyers of the period itself (buyer-days, not aligned).
    """
    if period is None:
        return Behind()
    payers = _by_day(days, "payers")
    shifted = [_sum(payers, period.shifted(-lag)) for lag in range(lags[0], lags[1] + 1)]
    mean = sum(shifted) / len(shifted)
    return Behind(_sum(payers, period)) if math.isnan(mean) else Behind(mean, aligned=True)


def parcels_behind(days: pd.DataFrame, period: Period | None) -> Behind:
    """Parcels signed for in the period, by day of signing: what a complaint of logistics is about."""
    return Behind() if period is None else Behind(_sum(_by_day(days, "parcels_signed"), period))


def _by_day(days: pd.DataFrame, name: str) -> dict[dt.date, float]:
    return dict(zip(days["day"], days[name].astype(float), strict=True))


def _sum(by_day: Mapping[dt.date, float], period: Period) -> float:
    """The sum over a period that is covered day by day; else NaN."""
    days = (period.start + dt.timedelta(days=turn) for turn in range(period.days))
    return math.fsum(by_day.get(day, math.nan) for day in days)


@dataclass(frozen=True)
class RefundsSeen:
    """Refunds of one item and SKU whose reason is a fault of the goods, now and in the period before."""

    cases: int
    amount: float
    cases_before: int
    amount_before: float


FAULT_REASONS = ("质量", "漏", "破损", "损坏", "瑕疵", "故障", "不符", "异味", "掉色", "变形", "污渍", "少件")


def fault_refunds(refunds: ibis.Table, item_id: str, now: Period, before: Period) -> RefundsSeen:
    """Refunds of an item for a fault of the goods, by the day of application."""
    chosen = _for_a_fault(refunds, item_id)
    day = pd.to_datetime(chosen["applied_at"].fillna(chosen["closed_at"])).dt.date
    inside, earlier = (
        chosen[day[chosen.index].map(lambda one, p=period: p.start <= one <= p.end)] if len(chosen) else chosen
        for period in (now, before)
    )
    return RefundsSeen(
        len(inside),
        float(inside["refunded_amount"].sum()),
        len(earlier),
        float(earlier["refunded_amount"].sum()),
    )


def _for_a_fault(refunds: ibis.Table, item_id: str) -> pd.DataFrame:
    names = ("item_id", "reason", "paid_at", "applied_at", "closed_at", "refunded_amount")
    frame = refunds.filter(refunds.item_id == item_id).select(*names).to_pandas()
    faulty = frame["reason"].fillna("").map(lambda given: any(word in given for word in FAULT_REASONS))
    return frame[faulty.astype(bool)]


def paid_since(refunds: ibis.Table, item_id: str, days: pd.DataFrame, end: dt.date) -> Onset:
    """Since which day of payment an item is refunded for a fault more often, per order of the shop paid that day.

    The last `OPEN_DAYS` days of payment are left out: their refunds are still to come, which looks like a fall. A fall
    is never reported (code `no_change`); `too_few` below `LEAST_CASES` refunds or without the orders of the days.
    """
    chosen = _for_a_fault(refunds, item_id)
    first = pd.to_datetime(refunds.applied_at.min().execute())  # what was paid before it has refunds that are not there
    if pd.isna(first):
        return Onset(ChangePoint(code="too_few"))
    start = max(end - dt.timedelta(days=HISTORY_DAYS), first.date())
    looked_at = Period(start, end - dt.timedelta(days=OPEN_DAYS))
    known = days[looked_at.holds(days["day"]) & (days["paid_orders"] > 0)]
    paid = pd.to_datetime(chosen["paid_at"]).dt.date.value_counts()
    cases = np.array([float(paid.get(day, 0)) for day in known["day"]])
    if cases.sum() < LEAST_CASES:
        return Onset(ChangePoint(code="too_few"))
    step = rate_change_point(cases, np.maximum(known["paid_orders"].to_numpy(float), cases))
    if step.code or step.rate_after <= step.rate_before:
        return Onset(ChangePoint(code=step.code or "no_change"))
    listed = list(known["day"])
    return Onset(step, listed[step.first], listed[step.low], listed[step.high])
