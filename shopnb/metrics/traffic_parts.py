"""The shop's visitors by device, content, page and history, from the daily report (TR17, TR25, TR26, TR31).

Belongs here: lines beside the sources. Devices and pages overlap in people, so parts do not add up to the shop.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import ibis
import pandas as pd

from shopnb.metrics.periods import Period
from shopnb.metrics.traffic import LEAST_BUYERS, LEAST_VISITORS, LEVEL
from shopnb.stats import Estimate, proportion_interval

DEVICES = ("wireless", "pc")
PARTS = ("live", "video", "article", "item", "shop_page", "new", "returning")
_SUMMED = (
    "visitors",
    "page_views",
    "paid_amount",
    *(f"{part}_visitors" for part in PARTS),
    *(f"{name}_{part}" for part in DEVICES for name in ("visitors", "payers", "paid_amount")),
)
_COLUMNS = ["part", "visitors", "share", "visitors_before", "payers", "rate", "rate_low", "rate_high", "paid_share"]


@dataclass(frozen=True)
class VisitorParts:
    """Visitor-days of each part that the report has for every day of the period, and pages a visitor.

    `frame` : one row per part: `part` (wireless, pc, live, video, article, item, shop_page, new, returning),
    `visitors`, `share` (of the shop's), `visitors_before` (NaN without all days of it), and for devices `payers`,
    `rate`, `rate_low`, `rate_high` (90 %), `paid_share`. `views` : pages seen ÷ visitor-days, NaN where unknown.
    """

    frame: pd.DataFrame
    views: float


def visitor_parts(shop_daily: ibis.Table | None, now: Period | None, before: Period | None) -> VisitorParts:
    """The parts of the shop's visitors of a period; none without the daily report or with a day of it missing."""
    none = VisitorParts(pd.DataFrame(columns=_COLUMNS), math.nan)
    if shop_daily is None or now is None:
        return none
    first, last = min(before or now, now).start, now.end
    inside = shop_daily.filter(shop_daily.day.between(ibis.literal(first), ibis.literal(last)))
    days = inside.select("day", *_SUMMED).to_pandas()
    days[list(_SUMMED)] = days[list(_SUMMED)].astype(float)
    days["day"] = pd.to_datetime(days["day"]).dt.date
    sums, earlier = (_sums(days, period) for period in (now, before))
    if not sums["visitors"] > 0:
        return none
    rows = [_row(part, sums, earlier) for part in (*DEVICES, *PARTS) if sums[_column(part)] > 0]
    return VisitorParts(pd.DataFrame(rows, columns=_COLUMNS), float(sums["page_views"] / sums["visitors"]))


def _column(part: str) -> str:
    return f"visitors_{part}" if part in DEVICES else f"{part}_visitors"


def _row(part: str, sums: pd.Series, earlier: pd.Series) -> tuple[str | float, ...]:
    visitors = float(sums[_column(part)])
    payers = float(sums.get(f"payers_{part}", math.nan))
    enough = visitors >= LEAST_VISITORS and LEAST_BUYERS <= payers <= visitors
    rate = proportion_interval(payers, visitors, level=LEVEL) if enough else Estimate(math.nan)
    paid = (
        float(sums.get(f"paid_amount_{part}", math.nan) / sums["paid_amount"]) if sums["paid_amount"] > 0 else math.nan
    )
    share = visitors / float(sums["visitors"])
    return (part, visitors, share, float(earlier[_column(part)]), payers, rate.estimate, rate.low, rate.high, paid)


def _sums(days: pd.DataFrame, period: Period | None) -> pd.Series:
    """Sums over a period of the columns that have a value on each of its days; NaN for the others."""
    inside = days[period.holds(days["day"])] if period else days.iloc[:0]
    return inside[list(_SUMMED)].sum(min_count=max(period.days if period else 1, 1))
