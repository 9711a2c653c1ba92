"""The change log (OP10): what somebody changed, and whether the number it was meant for moved since (TR22, OP11).

Belongs here: each logged change against the days before it. Days of campaigns and festivals are left out on both sides;
an item is measured against all other items, so that a day good for everybody is nobody's merit.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ibis
import pandas as pd

from shopnb.memory import remembered
from shopnb.metrics.periods import Event, Period, event_days
from shopnb.stats import Estimate, known_step

SPAN_DAYS = 28  # days looked at on each side
LEAST_DAYS, LEAST_WEEKS = 7, 2  # on each side
CROWD_DAYS = 7  # another change of the same thing within so many days makes the cause unknown
WORTH = 0.05  # change that counts as success where the log names none
LEVEL = 0.90
STATES = ("worked", "did_not", "worse", "unclear", "early")
_DOWN_IS_GOOD = ("refund_share", "ad_share", "bounce_rate", "negative_reviews", "ad_cost")
_Series = Callable[[pd.DataFrame], pd.Series]


def _over(top: str, bottom: str) -> _Series:
    return lambda days: days[top] / days[bottom].where(days[bottom] > 0)


SHOP_METRICS: dict[str, tuple[str, _Series]] = {
    "支付金额": ("paid_amount", lambda days: days["paid_amount"]),
    "访客数": ("visitors", lambda days: days["visitors"]),
    "支付买家数": ("payers", lambda days: days["payers"]),
    "下单买家数": ("orderers", lambda days: days["orderers"]),
    "加购人数": ("cart_users", lambda days: days["cart_users"]),
    "支付转化率": ("payment_conversion", _over("payers", "visitors")),
    "下单转化率": ("order_conversion", _over("orderers", "visitors")),
    "加购率": ("cart_rate", _over("cart_users", "visitors")),
    "客单价": ("spend_per_buyer", _over("paid_amount", "payers")),
    "访客价值": ("visitor_value", _over("paid_amount", "visitors")),
    "退款占比": ("refund_share", _over("refunded_amount", "paid_amount")),
    "推广费占比": ("ad_share", _over("ad_cost", "paid_amount")),
    "跳失率": ("bounce_rate", lambda days: days["bounce_rate"]),
    "负面评价数": ("negative_reviews", lambda days: days["negative_reviews"]),
}
ITEM_METRICS: dict[str, tuple[str, str]] = {  # numerator, denominator ("" for a count)
    "商品访客数": ("item_visitors", ""),
    "访客数": ("item_visitors", ""),
    "搜索引导访客数": ("search_visitors", ""),
    "支付金额": ("paid_amount", ""),
    "支付买家数": ("payers", ""),
    "下单买家数": ("orderers", ""),
    "加购人数": ("cart_users", ""),
    "加购率": ("cart_users", "item_visitors"),
    "支付转化率": ("payers", "item_visitors"),
    "商品支付转化率": ("payers", "item_visitors"),
    "客单价": ("paid_amount", "payers"),
}


@dataclass(frozen=True)
class Outcome:
    """One change and what came of it.

    `effect` : change of the metric as a share of before (against all other items, for an item), with its 90 % range.
    `state` is one of `STATES`; `reason` says why it is unclear: `no_metric`, `no_data`, `campaign`, `crowded`, `noise`.
    """

    day: dt.date
    object: str
    item_id: str
    change: str
    metric: str
    owner: str
    review_on: dt.date | None
    state: str
    reason: str = ""
    effect: Estimate = Estimate(math.nan)
    is_good: bool = True  # whether more of the metric is good


@remembered
def outcomes(
    log: pd.DataFrame, days: pd.DataFrame, item_period: ibis.Table | None, events: list[Event], end: dt.date
) -> list[Outcome]:
    """Every logged change up to `end`, newest first.

    Parameters
    ----------
    log : DataFrame, one row per change (schema `changes`); may be empty.
    days : the daily report. item_period : Table of schema `item_period`, None without one.
    """
    known = log.dropna(subset=["day"]).assign(day=lambda rows: pd.to_datetime(rows["day"]).dt.date)
    known = known[known["day"] <= end].fillna({"item_id": "", "metric": "", "owner": "", "expected": ""})
    items = _item_rows(item_period, end) if item_period is not None else None
    ordinary = days[(days["day"] <= end) & ~event_days(events, days["day"])]
    found = [_outcome(row, known, ordinary, items, events, end) for row in known.itertuples()]
    return sorted(found, key=lambda one: (one.day, one.change), reverse=True)


def _outcome(
    row: object,
    log: pd.DataFrame,
    ordinary: pd.DataFrame,
    items: pd.DataFrame | None,
    events: list[Event],
    end: dt.date,
) -> Outcome:
    day, item_id, metric = row.day, str(row.item_id), str(row.metric)  # type: ignore[attr-defined]
    review = None if pd.isna(row.review_on) else pd.Timestamp(row.review_on).date()  # type: ignore[attr-defined]
    good = SHOP_METRICS.get(metric, (metric,))[0] not in _DOWN_IS_GOOD

    def told(state: str, reason: str = "", effect: Estimate = Outcome.effect) -> Outcome:
        return Outcome(
            day, str(row.object), item_id, str(row.change), metric, str(row.owner), review, state, reason, effect, good  # type: ignore[attr-defined]
        )  # fmt: skip

    if metric not in (ITEM_METRICS if item_id else SHOP_METRICS):
        return told("unclear", "no_metric")
    if any(event.kind == "campaign" and event.period.start <= day <= event.period.end for event in events):
        return told("unclear", "campaign")
    effect = _item_effect(items, item_id, metric, day) if item_id else _shop_effect(ordinary, metric, day)
    if effect.code == "too_few":
        waited = (end - day).days
        return told("early" if waited < 2 * LEAST_DAYS else "unclear", "" if waited < 2 * LEAST_DAYS else "no_data")
    state = judged(effect, worthwhile(str(row.expected)), is_good=good)  # type: ignore[attr-defined]
    if _is_crowded(log, row):
        return told("unclear", "crowded", effect)
    return told(state, "noise" if state == "unclear" else "", effect)


def worthwhile(expected: str) -> float:
    """The success that the log hoped for ("+10%" is 0.1), `WORTH` where it names none.

    Examples
    --------
    >>> worthwhile("+25%"), worthwhile("多一些新访客")
    (0.25, 0.05)
    """
    found = re.search(r"(\d+(?:\.\d+)?)\s*[%％]", expected)
    return float(found[1]) / 100 if found else WORTH


def judged(effect: Estimate, worth: float, *, is_good: bool) -> str:
    """worked: the whole range is better than before; worse: worse; did_not: less than `worth`; else unclear."""
    low, high = (effect.low, effect.high) if is_good else (-effect.high, -effect.low)
    if low > 0:
        return "worked"
    if high < 0:
        return "worse"
    return "did_not" if high < worth else "unclear"


def _is_crowded(log: pd.DataFrame, row: object) -> bool:
    """Whether the same thing was changed otherwise within a week; the shop as a whole is changed by shop entries."""
    same = log[(log["item_id"] == row.item_id) & (log["object"] == row.object)]  # type: ignore[attr-defined]
    near = [abs((other - row.day).days) for other in same.loc[same["change"] != row.change, "day"]]  # type: ignore[attr-defined]
    return any(gap <= CROWD_DAYS for gap in near)


def _sides(starts: pd.Series, ends: pd.Series, day: dt.date) -> tuple[pd.Series, pd.Series]:
    """Which periods lie wholly before and wholly after the change, within `SPAN_DAYS`."""
    reach = dt.timedelta(days=SPAN_DAYS)
    return (ends < day) & (starts >= day - reach), (starts > day) & (ends <= day + reach)


def _shop_effect(ordinary: pd.DataFrame, metric: str, day: dt.date) -> Estimate:
    before, after = _sides(ordinary["day"], ordinary["day"], day)
    values = SHOP_METRICS[metric][1](ordinary)
    known = values.notna() & (values > 0)
    if min((before & known).sum(), (after & known).sum()) < LEAST_DAYS:
        return Estimate(math.nan, code="too_few")
    used = (before | after) & known
    weekdays = pd.to_datetime(ordinary["day"]).dt.day_of_week
    return known_step(values[used], after[used], weekdays[used], level=LEVEL)


def _item_rows(item_period: ibis.Table, end: dt.date) -> pd.DataFrame:
    names = sorted({name for pair in ITEM_METRICS.values() for name in pair if name})
    rows = item_period.filter(item_period.end_on <= ibis.literal(end)).select("start_on", "end_on", "item_id", *names)
    frame = rows.to_pandas()
    for name in ("start_on", "end_on"):
        frame[name] = pd.to_datetime(frame[name]).dt.date
    return frame


def _item_effect(items: pd.DataFrame | None, item_id: str, metric: str, day: dt.date) -> Estimate:
    """The item against all other items of the same exports: by days, else by weeks."""
    if items is None:
        return Estimate(math.nan, code="too_few")
    lengths = [(end - start).days + 1 for start, end in zip(items["start_on"], items["end_on"], strict=True)]
    for length, least in ((1, LEAST_DAYS), (7, LEAST_WEEKS)):
        rows = items[[one == length for one in lengths]]
        compared = _against_others(rows, item_id, metric)
        before, after = _sides(compared["start_on"], compared["end_on"], day)
        if min(before.sum(), after.sum()) >= least:
            used = before | after
            return known_step(compared.loc[used, "value"], after[used], [0] * int(used.sum()), level=LEVEL)
    return Estimate(math.nan, code="too_few")


def _against_others(rows: pd.DataFrame, item_id: str, metric: str) -> pd.DataFrame:
    """One row per period: the item's number ÷ that of all other items together; periods without either are left out."""
    top, bottom = ITEM_METRICS[metric]
    own = rows["item_id"] == item_id
    sums = {
        side: rows[which].groupby(["start_on", "end_on"]).sum(numeric_only=True)
        for side, which in (("own", own), ("others", ~own))
    }
    value = pd.Series(1.0, index=sums["own"].index.intersection(sums["others"].index))
    for side, sign in (("own", 1), ("others", -1)):
        part = sums[side][top] / (sums[side][bottom] if bottom else 1.0)
        value = value * part.reindex(value.index) ** sign
    frame = value.rename("value").reset_index()
    return frame[frame["value"].gt(0) & frame["value"].lt(math.inf)].sort_values("start_on", ignore_index=True)


@dataclass(frozen=True)
class Recheck:
    """An earlier finding that is due: what it was about, and what its number says now (`state` as of `Outcome`)."""

    code: str
    object: str
    found_on: dt.date
    then: float
    now: float
    state: str


def due(found: Sequence[Outcome], period: Period) -> list[Outcome]:
    """The changes whose day to look again lies in the period or the week up to its end."""
    start = min(period.start, period.end - dt.timedelta(days=6))
    return [one for one in found if one.review_on is not None and start <= one.review_on <= period.end]
