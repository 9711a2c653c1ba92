"""What the sources of the traffic page cost, what their visitors are worth, and what to do with each."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import pandas as pd

from shopnb import sources
from shopnb.metrics import source_worth, traffic
from shopnb.metrics.periods import Period
from shopnb.metrics.source_worth import Worth
from shopnb.metrics.traffic import Whole
from shopnb.pages.base import Page

REFUND_DAYS = 28  # refunds ÷ payment of so many days up to the end stand for the refund share
WINDOW_DAYS = 15  # attribution of ads where the report does not name its window (pages.md 4.2)


@dataclass(frozen=True)
class Spending:
    """What ads cost by source: from the ad report (`ads`), else the daily report (`daily`), else "" (unknown)."""

    way: str = ""
    cost: dict[str, float] | None = None
    deals: dict[str, float] | None = None
    window_days: float = math.nan
    missing: tuple[dt.date, ...] = ()

    @property
    def known(self) -> bool:
        """Whether any cost is known."""
        return bool(self.way)

    @property
    def returns(self) -> dict[str, float]:
        """Source to attributed payment ÷ cost."""
        costs, deals = self.cost or {}, self.deals or {}
        return {name: deals[name] / costs[name] for name in deals if costs.get(name, 0) > 0}

    @property
    def whole_return(self) -> float:
        """Attributed payment ÷ cost over all scenes of the ad report; NaN without one."""
        names = [name for name in (self.deals or {}) if not math.isnan((self.cost or {}).get(name, math.nan))]
        cost = sum((self.cost or {})[name] for name in names)
        return sum((self.deals or {})[name] for name in names) / cost if cost > 0 else math.nan

    @property
    def total(self) -> float:
        """All costs, NaN where none is known."""
        return sum(self.cost.values()) if self.cost else math.nan


def refund_share(page: Page, days: pd.DataFrame, period: Period | None) -> float:
    """The shop's own setting, else refunds ÷ payment of the last days up to the end; NaN where neither is known."""
    if page.shop.settings.refund_rate is not None:
        return page.shop.settings.refund_rate
    if days.empty:
        return math.nan
    end = period.end if period else days["day"].max()
    recent = days[(days["day"] <= end) & (days["day"] > end - dt.timedelta(days=REFUND_DAYS))]
    both = recent[recent["refunded_amount"].notna() & recent["paid_amount"].notna()]
    paid = float(both["paid_amount"].sum())
    return float(both["refunded_amount"].sum()) / paid if paid > 0 else math.nan


def spending(page: Page, period: Period | None, days: pd.DataFrame, names: sources.SourceNames) -> Spending:
    """Costs of a period by source; affiliate commission always comes from the daily report."""
    if period is None:
        return Spending()
    inside = days[period.holds(days["day"])] if len(days) else days
    by_day: dict[str, float] = {}
    if len(inside) == period.days:
        for source, column in names.cost_columns.items():
            if inside[column].notna().all():
                by_day[source] = float(inside[column].sum())
    missing: list[dt.date] = []
    if page.shop.has("ad_daily"):
        ads, missing = source_worth.ad_costs(page.shop.table("ad_daily"), period, names.scene)
        if len(ads) and not missing:
            commission = {name: cost for name, cost in by_day.items() if name not in names.scenes.values()}
            cost = dict(zip(ads["source"], ads["cost"], strict=True))
            deals = dict(zip(ads["source"], ads["deal_amount"], strict=True))
            return Spending("ads", {**commission, **cost}, deals, float(ads["window_days"].iloc[0]))
    return Spending("daily" if by_day else "", by_day or None, None, math.nan, tuple(missing))


def with_costs(wide: pd.DataFrame, spending: Spending) -> tuple[pd.DataFrame, float]:
    """Each paid source's cost: 0 for free ones, shared by visitors where a scene pays for several, NaN where unknown.

    Returns the frame with `cost` and the spending that belongs to no source of the export.
    """
    costs = spending.cost or {}
    owner = [
        next((part for part in reversed(path.split("/")) if part in costs), "") if group == "paid" else ""
        for path, group in zip(wide["source"], wide["group"], strict=True)
    ]
    shared = wide.assign(owner=owner)
    weight = shared["visitors"] / shared.groupby("owner")["visitors"].transform("sum")
    cost = [
        0.0 if group != "paid" else costs[name] * part if name else math.nan
        for group, name, part in zip(wide["group"], owner, weight.fillna(0.0), strict=True)
    ]
    unmatched = math.fsum(value for name, value in costs.items() if name not in owner)
    return wide.assign(cost=cost), unmatched


def priced(
    page: Page, wide: pd.DataFrame, now: Whole, worth: Worth, spending: Spending, window_open: bool
) -> pd.DataFrame:
    """Sources that stand alone and the pooled rest, with margins a visitor, own changes and verdicts."""
    kept = traffic.pooled(wide, now.rate)
    small = kept["source"] == traffic.POOLED
    member = wide[~wide["source"].isin(kept["source"])]
    kept.loc[small, "cost"] = member["cost"].sum(min_count=1) if member["cost"].notna().all() else math.nan
    kept.loc[small, "label"] = page.text("pooled", count=len(member))
    priced = source_worth.per_visitor(kept, worth).merge(traffic.own_changes(kept), on="source", how="left")
    if not spending.known or math.isnan(worth.margin_rate):
        verdict = ["keep" if enough and source != traffic.POOLED else "too_few" for enough, source in zip(
            priced["enough"], priced["source"], strict=True)]  # fmt: skip
    else:
        verdict = source_worth.verdicts(
            priced, returns=spending.returns, break_even=worth.break_even, window_open=window_open
        )
    return priced.assign(verdict=verdict)


def window_open(page: Page, period: Period | None, spending: Spending) -> bool:
    """Whether the last clicks of the period can still bring payments: the data end before the window does."""
    if period is None or not spending.known:
        return False
    window = WINDOW_DAYS if math.isnan(spending.window_days) else int(spending.window_days)
    ends = [span[1] for name in ("ad_daily", "shop_daily") if page.shop.has(name) and (span := page.shop.days(name))]
    return max([period.end, *ends]) < period.end + dt.timedelta(days=window)
