"""The shop's visitors by device, content, page and history, from the daily report (TR17, TR25, TR26).

Belongs here: lines beside the sources. Devices and pages overlap in people, so parts do not add up to the shop.
"""

from __future__ import annotations

import ibis
import pandas as pd

from shopnb.metrics.aggregate import aggregate
from shopnb.metrics.periods import Period
from shopnb.metrics.traffic import LEAST_BUYERS, LEAST_VISITORS, LEVEL
from shopnb.schema import TABLES
from shopnb.stats import Estimate, proportion_interval

DEVICES = ("wireless", "pc")
PARTS = ("live", "video", "article", "item", "shop_page", "new", "returning")


def visitor_parts(shop_daily: ibis.Table, now: Period | None, before: Period | None) -> pd.DataFrame:
    """Visitor-days of each part, and the conversion of devices.

    Returns
    -------
    DataFrame, one row per part that the report has for every day of `now`: `part` (wireless, pc, live, video, article,
    item, shop_page, new, returning), `visitors`, `share` (of the shop's visitor-days), `visitors_before` (NaN without
    all days of it), and for devices `payers`, `rate`, `rate_low`, `rate_high` (90 %), `paid_share`.
    """
    columns = ["part", "visitors", "share", "visitors_before", "payers", "rate", "rate_low", "rate_high", "paid_share"]
    sums = [_sums(shop_daily, period) for period in (now, before)]
    whole = sums[0].get("visitors", float("nan"))
    if not whole > 0:
        return pd.DataFrame(columns=columns)
    rows = []
    for part in (*DEVICES, *PARTS):
        name = f"visitors_{part}" if part in DEVICES else f"{part}_visitors"
        visitors, earlier = (one.get(name, float("nan")) for one in sums)
        if not visitors > 0:
            continue
        payers = sums[0].get(f"payers_{part}", float("nan"))
        enough = visitors >= LEAST_VISITORS and payers >= LEAST_BUYERS and payers <= visitors
        rate = proportion_interval(payers, visitors, level=LEVEL) if enough else Estimate(float("nan"))
        paid = sums[0].get(f"paid_amount_{part}", float("nan")) / sums[0]["paid_amount"]
        rows.append((part, visitors, visitors / whole, earlier, payers, rate.estimate, rate.low, rate.high, paid))
    return pd.DataFrame(rows, columns=columns)


def views_per_visitor(shop_daily: ibis.Table, period: Period) -> float:
    """Pages seen in a period ÷ its visitor-days; NaN where a day of it is missing."""
    sums = _sums(shop_daily, period)
    visitors = sums.get("visitors", float("nan"))
    return sums.get("page_views", float("nan")) / visitors if visitors > 0 else float("nan")


def _sums(shop_daily: ibis.Table, period: Period | None) -> dict[str, float]:
    """Column name of the daily report to its sum over a period; only columns that have a value on each of its days."""
    if period is None:
        return {}
    inside = shop_daily.filter(shop_daily.day.between(ibis.literal(period.start), ibis.literal(period.end)))
    wanted = ["visitors", "page_views", "paid_amount", *(f"{part}_visitors" for part in PARTS)]
    wanted += [f"{name}_{part}" for part in DEVICES for name in ("visitors", "payers", "paid_amount")]
    days = int(inside.count().execute())
    if days != period.days:
        return {}
    found = aggregate(inside, TABLES["shop_daily"], columns=wanted)
    codes, names = found.attrs["codes"], found.attrs["names"]
    return {name: float(found[names[name]].iloc[0]) for name in wanted if names[name] not in codes}
