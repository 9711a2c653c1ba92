"""What a visitor of a traffic source costs and brings: ad costs by source, margin a visitor after ads, what to do.

Belongs here: everything about sources that needs money. Who came and who bought is `traffic`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass

import ibis
import pandas as pd
from scipy import special

from shopnb.metrics.periods import Period
from shopnb.metrics.traffic import LEVEL, POOLED, SUMMED
from shopnb.stats import Estimate, proportion_interval

_TRUNK = ("label", "name", "group", "source")
_LEVELS = ("account", "scene", "plan", "unit", "item", "creative")  # of the ad reports, the coarsest first


def ad_costs(
    ad_daily: ibis.Table, period: Period, source_of: Callable[[str], str]
) -> tuple[pd.DataFrame, list[dt.date]]:
    """What the ad scenes cost and brought over a period.

    Parameters
    ----------
    ad_daily : Table of schema `ad_daily`. Of each tool one level is read, the coarsest, and one window.
    source_of : ad scene, or the tool of an old report that has no scenes (直通车), to traffic source.

    Returns
    -------
    DataFrame, one row per source: `source`, `cost`, `deal_amount` (attributed, before refunds), `window_days` (NaN
    where the report does not say); and the days of the period that the report lacks.
    """
    rows, window = _ad_rows(ad_daily.filter(ad_daily.day.between(ibis.literal(period.start), ibis.literal(period.end))))
    if rows.empty:
        return pd.DataFrame(columns=["source", "cost", "deal_amount", "window_days"]), []
    present = set(pd.to_datetime(rows["day"]).dt.date)
    every = [period.start + dt.timedelta(days=turn) for turn in range(period.days)]
    printed = rows["scene"].fillna(rows["tool"])
    named = rows.assign(source=[source_of(name) if isinstance(name, str) else "" for name in printed])
    summed = named.groupby("source", sort=True)[["cost", "deal_amount"]].sum(min_count=1).reset_index()
    return summed.assign(window_days=window), [day for day in every if day not in present]


def ad_days(ad_daily: ibis.Table) -> pd.DataFrame:
    """What all ads cost and brought by day: `day`, `cost`, `deal_amount` (attributed to the day of the click)."""
    rows, _ = _ad_rows(ad_daily)
    made = rows.assign(day=pd.to_datetime(rows["day"]).dt.date).groupby("day", sort=True)
    return made[["cost", "deal_amount"]].sum(min_count=1).reset_index()


def _ad_rows(ad_daily: ibis.Table) -> tuple[pd.DataFrame, float]:
    """Rows of each tool's coarsest level under the longest attribution window, and that window (NaN: not said)."""
    rows = ad_daily.select("day", "level", "tool", "scene", "window_days", "cost", "deal_amount").to_pandas()
    rows[["window_days", "cost", "deal_amount"]] = rows[["window_days", "cost", "deal_amount"]].astype(float)
    rows = _coarsest(rows)
    window = float(rows["window_days"].max()) if len(rows) else math.nan
    return (rows if math.isnan(window) else rows[rows["window_days"] == window]), window


def _coarsest(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of each tool's coarsest level; a day that the report of all tools has is not counted from theirs."""
    depth = rows["level"].map({name: turn for turn, name in enumerate(_LEVELS)})
    rows = rows[depth == depth.groupby(rows["tool"].fillna("")).transform("min")]
    whole = rows.loc[rows["tool"].isna(), "day"]
    return rows[rows["tool"].isna() | ~rows["day"].isin(whole)]


@dataclass(frozen=True)
class Worth:
    """How payment turns into margin: `margin_rate` × (1 − `refund_share`). NaN margin: nobody typed one."""

    margin_rate: float
    refund_share: float

    @property
    def kept(self) -> float:
        """Share of payment that stays as margin, refunds counted as lost sales."""
        return self.margin_rate * (1 - (0.0 if math.isnan(self.refund_share) else self.refund_share))

    @property
    def break_even(self) -> float:
        """Return on ad spend at which nothing is lost: 1 ÷ [margin rate × (1 − refund share)]; NaN without a rate."""
        return 1 / self.kept if self.kept > 0 else math.nan


def per_visitor(sources: pd.DataFrame, worth: Worth) -> pd.DataFrame:
    """What a visitor of each source brought, after ads.

    Parameters
    ----------
    sources : rows with `visitors`, `buyers`, `paid_amount`, `cost` (0 where a source is free, NaN where unknown).

    Returns
    -------
    `sources` with `rate`, `rate_low`, `rate_high` (90 %), `value` (payment a visitor), `spend` (payment a buyer),
    `cost_per_visitor`, and `margin`, `margin_low`, `margin_high`: margin a visitor after ads, its range from
    that of the rate. NaN where a part is unknown.
    """
    visitors = sources["visitors"].where(sources["visitors"] > 0)
    rates = [
        proportion_interval(row.buyers, row.visitors, level=LEVEL)
        if row.enough and not math.isnan(row.buyers)
        else Estimate(math.nan)
        for row in sources.itertuples()
    ]
    spend = sources["paid_amount"] / sources["buyers"].where(sources["buyers"] > 0)
    cost = sources["cost"] / visitors
    made = sources.assign(
        rate=[rate.estimate for rate in rates],
        rate_low=[rate.low for rate in rates],
        rate_high=[rate.high for rate in rates],
        value=sources["paid_amount"] / visitors,
        spend=spend,
        cost_per_visitor=cost,
        margin=sources["paid_amount"] / visitors * worth.kept - cost,
    )
    return made.assign(
        margin=made["margin"].where(made["enough"]),
        margin_low=made["rate_low"] * spend * worth.kept - cost,
        margin_high=made["rate_high"] * spend * worth.kept - cost,
    )


def trunks(sources: pd.DataFrame, worth: Worth) -> pd.DataFrame:
    """Sources added up to the second level, where a platform shows one source in several parts (手淘推荐: 首页推荐 …).

    Returns
    -------
    One row per second level: as from `per_visitor`, with `label` (the level's name where it holds several sources),
    `group` and `enough` on both sides. People overlap in the sums as they do between sources.
    """
    columns = [*SUMMED, *(f"{name}_before" for name in SUMMED)]
    found = []
    for (group, _, second), members in sources.groupby(["group", "source_1", "source_2"], sort=False):
        parts = members.groupby("label", sort=False) if not second or len(members) == 1 else [(second, members)]
        for label, part in parts:
            row = part[columns].sum(min_count=1).to_dict()
            cost = part["cost"].sum() if part["cost"].notna().all() else math.nan
            enough = {side: bool(part[side].any()) for side in ("enough", "enough_before")}
            found.append(
                {"label": label, "name": label, "group": group, "source": label, **row, "cost": cost, **enough}
            )
    return per_visitor(pd.DataFrame(found, columns=[*_TRUNK, *columns, "cost", "enough", "enough_before"]), worth)


def verdicts(sources: pd.DataFrame, *, returns: dict[str, float], break_even: float, window_open: bool) -> list[str]:
    """What to do with each source: `more`, `keep`, `less`, `less_open` (attribution still running) or `too_few`.

    Parameters
    ----------
    sources : from `per_visitor`, with `group` and `cost`.
    returns : source to attributed return on spend of its ad scene.

    Notes
    -----
    less: paid, margin a visitor after ads below 0 over its whole range, and the ad report's own return, where there is
    one, below break-even too. more: enough volume and margin above 0 over its whole range; for a free source also a
    rate above the mean of all sources that can be grown. Own visitors (cart, my Taobao) come because they want to buy:
    they cannot be grown and are never `more`.
    """
    grown = sources[(sources["group"] != "own") & sources["buyers"].notna()]
    mean = float(grown["buyers"].sum() / grown["visitors"].sum()) if grown["visitors"].sum() else math.nan
    found = []
    for row in sources.itertuples():
        if not row.enough or row.source == POOLED:
            found.append("too_few")
        elif row.group == "paid" and row.margin_high < 0 and not returns.get(row.name, 0.0) >= break_even:
            found.append("less_open" if window_open else "less")
        elif row.group != "own" and row.margin_low > 0 and (row.group == "paid" or row.rate_low > mean):
            found.append("more")
        else:
            found.append("keep")
    return found


def ad_regions(ad_daily: ibis.Table, period: Period) -> pd.DataFrame:
    """What the ads cost and brought by region (TR29), from a regional ad report.

    Returns
    -------
    DataFrame, one row per region, largest cost first: `region`, `clicks`, `cost`, `deal_amount`, `deal_orders`,
    `returns` (deals ÷ cost) with `returns_low`, `returns_high` (90 %, orders as Poisson); empty without such a report.
    """
    inside = ad_daily.filter(
        (ad_daily.level == "region") & ad_daily.day.between(ibis.literal(period.start), ibis.literal(period.end))
    )
    sums = {name: inside[name].sum() for name in ("clicks", "cost", "deal_amount", "deal_orders")}
    rows = inside.group_by("region").agg(**sums).to_pandas().dropna(subset=["region", "cost"])
    rows[list(sums)] = rows[list(sums)].astype(float)
    rows = rows[rows["cost"] > 0].sort_values(["cost", "region"], ascending=[False, True], ignore_index=True)
    orders, per_order = rows["deal_orders"], rows["deal_amount"] / rows["deal_orders"].where(rows["deal_orders"] > 0)
    if orders.sum() > 0:  # a region without deals: what one would have brought
        per_order = per_order.fillna(rows["deal_amount"].sum() / orders.sum())
    low, high = (special.gammaincinv(orders.clip(lower=1e-9) + more, chance) for more, chance in ((0, 0.05), (1, 0.95)))
    return rows.assign(
        returns=rows["deal_amount"] / rows["cost"],
        returns_low=low * per_order / rows["cost"],
        returns_high=high * per_order / rows["cost"],
    )
