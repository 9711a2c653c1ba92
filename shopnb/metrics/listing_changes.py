"""Changes of a title, picture, detail page or price, judged before against after beside a control.

Belongs here: which metric a kind of change is judged by (pages.md 4.5), the series of the item and of its control, the
days that may be used, and what follows. The estimate is `stats.before_after`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import ibis
import numpy as np
import pandas as pd

from shopnb.memory import remembered
from shopnb.metrics.listing_controls import outside_control
from shopnb.metrics.listing_refunds import enough_refunds, refunded
from shopnb.metrics.periods import Event
from shopnb.stats import BeforeAfter, before_after

WINDOW = 28  # days on either side at most
LEAST_SIDE = 7  # days on either side at least
TREND_P = 0.05  # series that drifted apart before the change, this unlikely by chance, are no control
PRICED = ("价格", "优惠", "赠品")
# kind of change: (metric, brake, days until it may be judged); pages.md 4.5
JUDGED_BY = {
    "主图": ("click_rate", "item_cart_rate", 7),
    "SKU图": ("item_cart_rate", "item_conversion", 14),
    "标题": ("search_visitors", "search_conversion", 14),
    "详情": ("item_cart_rate", "item_conversion", 14),
    "价格": ("paid_per_visitor", "item_conversion", 14),
    "优惠": ("paid_per_visitor", "item_conversion", 14),
    "赠品": ("spend_per_buyer", "item_conversion", 28),
}
# metric: (of what, how many, how it varies); a level has no denominator and is compared in logarithms, as amounts are
_SERIES = {
    "click_rate": ("impressions", "clicks", "rate"),
    "item_cart_rate": ("item_visitors", "cart_users", "rate"),
    "item_conversion": ("item_visitors", "payers", "rate"),
    "search_conversion": ("search_visitors", "search_payers", "rate"),
    "search_visitors": ("", "search_visitors", "level"),
    "paid_per_visitor": ("item_visitors", "paid_amount", "amount"),
    "spend_per_buyer": ("payers", "paid_amount", "amount"),
    "refund_rate": ("payers", "refunded", "rate"),
}
_AMOUNT_NOISE = 2.0  # squared relative error of an amount over n buyers is about this / n: who buys, and for how much


class ChangeState(StrEnum):
    """What can be said of a change."""

    WORKED = "worked"
    REFUNDS = "refunds"  # worked, and more of the orders come back
    HURT = "hurt"
    UNCLEAR = "unclear"
    EARLY = "early"  # the metric's days have not passed
    NO_CONTROL = "no_control"
    NO_DATA = "no_data"
    CONFOUNDED = "confounded"  # price, campaign or another change too near
    DRIFTING = "drifting"  # item and control ran apart before the change already


@dataclass(frozen=True)
class ChangeSeen:
    """One change of the log and what became of its metric.

    `effect`: net of the control, share points for a rate, else a relative change (log). `brake`: the same for the
    metric that must not suffer. `refunds`: the same for refunds requested soon after payment (`listing_refunds`), a
    buyer of that day. `first`, `last`: days used. `near`: what cut the window, as written in the log.
    `series`: one row a unit, `start`, `value`, `control` (in the metric's own unit), `is_after`. `control`: what the
    control is: same (items of the category), items (any others), peers, market; "" without one.
    """

    day: dt.date
    item_id: str
    kind: str
    metric: str
    state: ChangeState
    effect: BeforeAfter
    brake_metric: str = ""
    brake: BeforeAfter = BeforeAfter(math.nan)
    refunds: BeforeAfter = BeforeAfter(math.nan)
    is_share: bool = True
    before: float = math.nan
    after: float = math.nan
    first: dt.date | None = None
    last: dt.date | None = None
    near: tuple[str, ...] = ()
    controls: int = 0
    series: pd.DataFrame | None = None
    control: str = ""

    @property
    def is_judged(self) -> bool:
        """Whether there is a number to show."""
        return self.effect.is_known


def item_units(
    item_period: ibis.Table | None,
    item_trend: ibis.Table | None,
    ads: ibis.Table | None,
    refunds: ibis.Table | None = None,
) -> pd.DataFrame:
    """Counts of every item by day and by week: what exports of the period, of ads and of refund cases say.

    Returns
    -------
    DataFrame, one row per item and unit
        `item_id`, `start` (date), `length` (1 or 7 days) and the counts that `JUDGED_BY` needs, NaN where no file has
        them.
    """
    counted = {name for parts in _SERIES.values() for name in parts[:2] if name}
    wanted = sorted(counted - {"impressions", "clicks", "refunded"})
    frames = []
    if item_period is not None:
        rows = item_period.select("item_id", "start_on", "end_on", "search_payment_conversion", *wanted).to_pandas()
        start, end = (pd.to_datetime(rows[name]) for name in ("start_on", "end_on"))
        rows["length"], rows["start"] = (end - start).dt.days + 1, start.dt.date
        frames.append(rows[rows["length"].isin([1, 7])])
    if item_trend is not None:
        rows = item_trend.select("item_id", "day", "search_payment_conversion", *wanted).to_pandas()
        frames.append(rows.assign(length=1, start=pd.to_datetime(rows["day"]).dt.date))
    columns = ["item_id", "start", "length", "search_payment_conversion", *wanted]
    empty = pd.DataFrame(columns=columns)
    items = pd.concat([frame[columns] for frame in frames], ignore_index=True) if frames else empty
    items[wanted] = items[wanted].astype(float)
    by_rate = items["search_payment_conversion"].astype(float) * items["search_visitors"]
    items["search_payers"] = items["search_payers"].fillna(by_rate)
    items = items.drop(columns="search_payment_conversion").drop_duplicates(["item_id", "start", "length"])
    items = items.assign(refunded=refunded(items, refunds))
    if ads is None:
        return items.assign(impressions=np.nan, clicks=np.nan)
    shown = _ad_days(ads)
    return items.merge(shown, on=["item_id", "start", "length"], how="outer")


def _ad_days(ads: ibis.Table) -> pd.DataFrame:
    """Impressions and clicks of every item by day, from the finest report that names items; natural ones are not in."""
    named = ads.filter(ads.item_id.notnull() & ads.level.isin(["item", "creative"]))
    rows = named.group_by(["item_id", "day", "level"]).aggregate(
        impressions=named.impressions.sum(), clicks=named.clicks.sum()
    )
    frame = rows.order_by(["item_id", "day", "level"]).to_pandas()
    frame = frame.drop_duplicates(["item_id", "day"], keep="last")
    frame = frame.assign(start=pd.to_datetime(frame["day"]).dt.date, length=1)
    counts = frame[["impressions", "clicks"]].astype(float)
    return frame[["item_id", "start", "length"]].assign(impressions=counts["impressions"], clicks=counts["clicks"])


@remembered
def judge_changes(
    changes: pd.DataFrame, units: pd.DataFrame, *, events: Sequence[Event], categories: Mapping[str, str],
    last_day: dt.date, outside: pd.DataFrame,
) -> list[ChangeSeen]:  # fmt: skip
    """Every change of an item that has a metric, the newest first.

    Parameters
    ----------
    changes : the change log (schema `changes`). units : from `item_units`.
    events : campaigns and festivals. categories : item -> category, for choosing controls.
    last_day : the report's today; later days are not read.
    outside : from `listing_controls.outside_series`: the control where no item of the shop can be one.
    """
    known = changes.dropna(subset=["day", "item_id"])
    known = known[known["change"].isin(JUDGED_BY) & (pd.to_datetime(known["day"]).dt.date <= last_day)]
    rows = units[units["start"] <= last_day] if len(units) else units
    around = _Around(changes, rows, events, categories, outside[outside["start"] <= last_day])
    made = [
        _judge(str(row.item_id), pd.Timestamp(row.day).date(), str(row.change), around)
        for row in known.drop_duplicates(["day", "item_id", "change"]).itertuples()
    ]
    return sorted(made, key=lambda one: (-one.day.toordinal(), one.item_id, one.kind))


@dataclass(frozen=True)
class _Around:
    """What every change is judged in: the log, the items' units, campaigns, categories, series from outside."""

    changes: pd.DataFrame
    units: pd.DataFrame
    events: Sequence[Event]
    categories: Mapping[str, str]
    outside: pd.DataFrame


def _judge(item_id: str, day: dt.date, kind: str, around: _Around) -> ChangeSeen:
    metric, brake_metric, earliest = JUDGED_BY[kind]
    units = around.units
    if metric == "click_rate" and not units.loc[units["item_id"] == item_id, "impressions"].notna().any():
        metric = "search_visitors"
    start, end, near = _window(item_id, day, kind, around.changes, around.events)
    others, same = _controls(item_id, around.changes, units, around.categories, (start, end))
    series, control = unit_series(units, item_id, others, metric, outside=around.outside, span=(start, end), change=day)
    shown: dict[str, Any] = {
        "item_id": item_id,
        "day": day,
        "kind": kind,
        "metric": metric,
        "near": near,
        "controls": len(others),
        "control": ("same" if same else "items") if control == "items" else control,
    }
    nothing = BeforeAfter(math.nan, code="too_few_units")
    cut = min((day - start).days, (end - day).days + 1) < LEAST_SIDE
    if series is None or len(series) == 0:
        return ChangeSeen(**shown, state=ChangeState.CONFOUNDED if cut else ChangeState.NO_DATA, effect=nothing)
    effect = _estimate(series)
    brakes, _ = unit_series(units, item_id, others, brake_metric, outside=around.outside, span=(start, end), change=day)
    brake = _estimate(brakes) if brakes is not None and len(brakes) else nothing
    asked, _ = unit_series(units, item_id, others, "refund_rate", outside=around.outside, span=(start, end), change=day)
    refunds = _estimate(asked) if enough_refunds(units, item_id, (start, day, end)) and asked is not None else nothing
    is_share = _SERIES[metric][2] == "rate"
    after = series["is_after"]
    level = series["shown"].groupby(after).mean()
    last = max(series["start"]) + dt.timedelta(days=int(series["length"].iloc[0]) - 1)
    state = _state(effect, cut=cut, days_after=(last - day).days + 1, earliest=earliest)
    if state is ChangeState.WORKED and refunds.is_known and refunds.low > 0:
        state = ChangeState.REFUNDS
    return ChangeSeen(
        **shown, state=state, effect=effect, refunds=refunds, brake_metric=brake_metric, brake=brake,
        is_share=is_share, before=float(level.get(False, math.nan)), after=float(level.get(True, math.nan)),
        first=min(series["start"]), last=last, series=series,
    )  # fmt: skip


def _state(effect: BeforeAfter, *, cut: bool, days_after: int, earliest: int) -> ChangeState:
    if cut:
        return ChangeState.CONFOUNDED
    if days_after < earliest:
        return ChangeState.EARLY
    if not effect.is_known:
        return ChangeState.NO_DATA
    if effect.code == "no_control":
        return ChangeState.NO_CONTROL
    if effect.trend_p < TREND_P:
        return ChangeState.DRIFTING
    apart = effect.low > 0 or effect.high < 0
    if not apart or effect.placebo_share > 0.1:
        return ChangeState.UNCLEAR
    return ChangeState.WORKED if effect.estimate > 0 else ChangeState.HURT


def _window(
    item_id: str, day: dt.date, kind: str, changes: pd.DataFrame, events: Sequence[Event]
) -> tuple[dt.date, dt.date, tuple[str, ...]]:
    """First and last day that nothing else disturbs, at most 28 on either side, and what else there was."""
    start, end = day - dt.timedelta(days=WINDOW), day + dt.timedelta(days=WINDOW - 1)
    near = []
    for at, name in disturbances(item_id, changes, events, skip=(day, kind)):
        if not start <= at <= end:
            continue
        near.append(name)
        if at <= day:
            start = max(start, at)
        if at >= day:
            end = min(end, at - dt.timedelta(days=1))
    return start, end, tuple(dict.fromkeys(near))


def disturbances(
    item_id: str, changes: pd.DataFrame, events: Sequence[Event], *, skip: tuple[dt.date, str] | None = None
) -> list[tuple[dt.date, str]]:
    """Days from which an item's numbers are not what they were: its other changes, the shop's prices, campaigns.

    A campaign disturbs on the day it begins and on the day after its end.
    """
    found = []
    for row in changes.dropna(subset=["day", "change"]).itertuples():
        at, kind = pd.Timestamp(row.day).date(), str(row.change)
        own = row.item_id == item_id
        whole_shop = pd.isna(row.item_id) and row.object == "店铺"
        if skip == (at, kind) and own:
            continue
        if (own and (kind in JUDGED_BY or kind in PRICED)) or (whole_shop and kind in PRICED):
            found.append((at, kind))
    for event in events:
        if event.kind == "campaign":
            found += [(event.period.start, event.name), (event.period.end + dt.timedelta(days=1), event.name)]
    return sorted(found)


def _controls(
    item_id: str, changes: pd.DataFrame, units: pd.DataFrame, categories: Mapping[str, str],
    span: tuple[dt.date, dt.date],
) -> tuple[list[str], bool]:  # fmt: skip
    """Items of the same category that did not change in the window; all unchanged items where there are none.

    And whether they are of the same category.
    """
    days = pd.to_datetime(changes["day"]).dt.date
    inside = changes[(days >= span[0]) & (days <= span[1]) & changes["change"].isin([*JUDGED_BY, *PRICED])]
    quiet = set(units["item_id"].dropna()) - set(inside["item_id"].dropna()) - {item_id}
    mine = categories.get(item_id)
    same = {other for other in quiet if mine and categories.get(other) == mine}
    return sorted(same or quiet), bool(same)


def unit_series(
    units: pd.DataFrame, item_id: str, others: Sequence[str], metric: str, *, outside: pd.DataFrame,
    span: tuple[dt.date, dt.date], change: dt.date,
) -> tuple[pd.DataFrame | None, str]:  # fmt: skip
    """The item's metric and the control's, one row a day; a week where days do not reach.

    Returns
    -------
    DataFrame, one row a unit: start, length, is_after, value, variance, control, control_variance (as compared), shown,
    shown_control (in the metric's own unit). None where neither days nor weeks have three units on both sides.
    str: what the control is: items, peers, market, "" for none.
    """
    alone = None
    for length in (1, 7):
        rows = units[(units["length"] == length) & (units["start"] >= span[0])]
        ends = rows["start"].map(lambda day, days=length: day + dt.timedelta(days=days - 1))
        rows = rows[(ends <= span[1]) & ((ends < change) | (rows["start"] >= change))]
        own = _metric_of(rows[rows["item_id"] == item_id], metric)
        if own is None:
            continue
        after = own["start"] >= change
        if min(after.sum(), (~after).sum()) < (3 if length == 1 else 2):
            continue
        frame = own.assign(length=length, is_after=after.to_numpy())
        items = _metric_of(rows[rows["item_id"].isin(others)], metric)
        found = (items, "items") if items is not None else None
        found = found or outside_control(outside, metric, length, change=change, starts=own["start"])
        if found is not None:
            named = {"value": "control", "variance": "control_variance", "shown": "shown_control"}
            return frame.merge(found[0].rename(columns=named), on="start", how="left").reset_index(drop=True), found[1]
        alone = frame if alone is None else alone
    if alone is None:
        return None, ""
    return alone.assign(control=np.nan, control_variance=np.nan, shown_control=np.nan), ""


def _metric_of(rows: pd.DataFrame, metric: str) -> pd.DataFrame | None:
    """`start`, `value`, `variance`, `shown`: sums of all items given, by unit."""
    below, above, kind = _SERIES[metric]
    needed = [name for name in (below, above) if name]
    if kind == "amount":
        needed = [*needed, "payers"]
    sums = rows.dropna(subset=needed).groupby("start")[list(dict.fromkeys(needed))].sum()
    sums = sums[(sums > 0).all(axis=1)] if kind != "rate" else sums[sums[below] > 0]
    if sums.empty:
        return None
    top = sums[above]
    if kind == "rate":
        share = top / sums[below]
        pooled = min(max(float(top.sum() / sums[below].sum()), 1e-6), 1 - 1e-6)
        made = pd.DataFrame({"value": share, "variance": pooled * (1 - pooled) / sums[below], "shown": share})
    elif kind == "level":
        made = pd.DataFrame({"value": np.log(top), "variance": 1 / top, "shown": top})
    else:
        per = top / sums[below]
        made = pd.DataFrame({"value": np.log(per), "variance": _AMOUNT_NOISE / sums["payers"], "shown": per})
    return made.reset_index()


def _estimate(series: pd.DataFrame) -> BeforeAfter:
    return before_after(series, is_after=series["is_after"])
