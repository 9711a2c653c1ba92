"""The shop's day, week or month: totals, what moved sales, what is normal.

Works from one daily report alone. Every function takes small tables and returns new ones; nothing here words or draws.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import ibis
import pandas as pd

from shopnb.metrics.aggregate import aggregate
from shopnb.metrics.gates import REFUND_LAG_DAYS
from shopnb.metrics.periods import Event, Period, event_days, event_kind
from shopnb.schema import TABLES
from shopnb.stats import decompose_product, normal_band, prediction_interval

AD_COLUMNS = ("ad_cost_sitewide", "ad_cost_keyword", "ad_cost_audience", "ad_cost_smart")
_SUMS = (
    "visitors",
    "payers",
    "paid_amount",
    "item_visitors",
    "cart_users",
    "orderers",
    "live_visitors",
    "video_visitors",
    "article_visitors",
    "new_payers",
    "returning_payers",
    "returning_paid_amount",
    "refunded_amount",
    "affiliate_commission",
    "negative_reviews",
    "parcels_signed",
    "impressions",
    "enquiries",
    *AD_COLUMNS,
)
_READ_ONLY = ("favouriters", "visitors_pc", "payers_pc", "paid_amount_pc", "new_visitors")
_SERVICE = ("description_score", "logistics_score", "service_score", "pay_to_sign_seconds", "bounce_rate", "reviews")
SPLIT_PARTS = ("visitor_days", "payment_conversion", "spend_per_buyer")
ALARM_LEVEL = 0.98  # of a day: less than one odd day a month on a quiet shop
FINDING_LEVEL = 0.99  # of a number or an item: all rules together find something in one quiet week of twenty at most


def daily(shop_daily: ibis.Table) -> pd.DataFrame:
    """The daily report as a small frame, one row a day in order.

    Parameters
    ----------
    shop_daily : Table of schema `shop_daily`.

    Returns
    -------
    DataFrame
        `day` (date) and the columns that this page uses, floats, NaN where the export has none; `ad_cost` is the sum
        of the ad columns that are there, NaN where none is.
    """
    columns = ["day", *_SUMS, *_READ_ONLY, *_SERVICE]
    frame = shop_daily.select(columns).order_by("day").to_pandas()
    frame["day"] = pd.to_datetime(frame["day"]).dt.date
    frame[columns[1:]] = frame[columns[1:]].astype(float)
    return frame.assign(ad_cost=frame[list(AD_COLUMNS)].sum(axis=1, min_count=1))


@dataclass(frozen=True)
class Totals:
    """Sums over one period: money in the shop's currency, people as person-days, NaN where a column is missing.

    `margin` = (paid − refunded by refund day) × margin rate − ads − commission: an estimate; NaN without a rate.
    """

    period: Period
    missing_days: tuple[dt.date, ...]
    paid_amount: float
    visitor_days: float
    payer_days: float
    payment_conversion: float
    spend_per_buyer: float
    visitor_value: float
    item_visitor_days: float
    content_visitor_days: float
    cart_user_days: float
    orderer_days: float
    new_payer_days: float
    returning_payer_days: float
    returning_paid_amount: float
    refunded_amount: float
    recent_paid_amount: float  # mean payment of the last `REFUND_LAG_DAYS` days, times the length of the period
    ad_cost: float
    margin: float
    impressions: float
    enquiries: float

    def at(self, margin_rate: float) -> Totals:
        """The same with the margin at a share of payment kept; NaN at NaN."""
        refunded = 0.0 if math.isnan(self.refunded_amount) else self.refunded_amount
        ads = 0.0 if math.isnan(self.ad_cost) else self.ad_cost
        return replace(self, margin=(self.paid_amount - refunded) * margin_rate - ads)

    @property
    def returning_share(self) -> float:
        """Buyers of a day who had bought within the 365 days before ÷ buyers (回头率); NaN without buyers or column."""
        return _ratio(self.returning_payer_days, self.payer_days)

    @property
    def complete(self) -> bool:
        """Whether every day of the period is there."""
        return not self.missing_days

    @property
    def ad_share(self) -> float:
        """Ad spend (commission included) ÷ payment; NaN without payment or ad columns."""
        return _ratio(self.ad_cost, self.paid_amount)

    @property
    def paid_net_amount(self) -> float:
        """Payment less the refunds of the same days; NaN when either is unknown."""
        return self.paid_amount - self.refunded_amount

    @property
    def refund_share(self) -> float:
        """Refunds by refund day ÷ payment of the same days: not a refund rate of those orders."""
        return _ratio(self.refunded_amount, self.paid_amount)

    @property
    def refund_load(self) -> float:
        """Refunds by refund day ÷ payment of the days they stem from: a peak's refunds do not raise it."""
        return _ratio(self.refunded_amount, self.recent_paid_amount)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def totals_of(days: pd.DataFrame, periods: Sequence[Period]) -> dict[Period, Totals]:
    """Totals of each of `periods`, which may overlap, without a margin; one sum for all, because each costs the same.

    Parameters
    ----------
    days : DataFrame, one row per day, from `daily`.
    """
    inside = {period: days[period.holds(days["day"])] for period in periods}
    rows = [part[["day", *_SUMS]].assign(period=place) for place, part in enumerate(inside.values())]
    if not rows:
        return {}
    columns = [*_SUMS, "payment_conversion", "spend_per_buyer", "visitor_value"]
    summed = aggregate(pd.concat(rows), TABLES["shop_daily"], by=["period"], columns=columns)
    summed = summed.set_index("period").reindex(range(len(rows)))
    return {
        period: _totals(days, period, set(part["day"]), summed.loc[place])
        for place, (period, part) in enumerate(inside.items())
    }


def _totals(days: pd.DataFrame, period: Period, present: set[dt.date], summed: pd.Series) -> Totals:
    recent = days[Period(period.end - dt.timedelta(days=REFUND_LAG_DAYS - 1), period.end).holds(days["day"])]
    every_day = [period.start + dt.timedelta(days=turn) for turn in range(period.days)]
    ad_cost = _sum_known([summed[name] for name in (*AD_COLUMNS, "affiliate_commission")])
    return Totals(
        period=period,
        missing_days=tuple(day for day in every_day if day not in present),
        **{
            name: float(summed[name])
            for name in (
                "paid_amount",
                "visitor_days",
                "payer_days",
                "payment_conversion",
                "spend_per_buyer",
                "visitor_value",
                "item_visitor_days",
                "cart_user_days",
                "orderer_days",
                "new_payer_days",
                "returning_payer_days",
                "returning_paid_amount",
                "refunded_amount",
                "impressions",
                "enquiries",
            )
        },
        content_visitor_days=_sum_known(
            [summed[name] for name in ("live_visitor_days", "video_visitor_days", "article_visitor_days")]
        ),
        recent_paid_amount=float(recent["paid_amount"].mean()) * period.days,
        ad_cost=ad_cost,
        margin=math.nan,
    )


def _sum_known(values: Sequence[float]) -> float:
    known = [float(value) for value in values if not math.isnan(value)]
    return sum(known) if known else math.nan


def sales_split(now: Totals, before: Totals) -> dict[str, float]:
    """The change of payment split into visitors, conversion and spend per buyer; the three sum to it exactly.

    Returns
    -------
    {part: money} for `SPLIT_PARTS`; all NaN when either period lacks a day, a column or a buyer.
    """
    sides = [{name: getattr(side, name) for name in SPLIT_PARTS} for side in (before, now)]
    usable = now.complete and before.complete and all(value > 0 for side in sides for value in side.values())
    return decompose_product(*sides).effects if usable else dict.fromkeys(SPLIT_PARTS, math.nan)


@dataclass(frozen=True)
class BuyerKind:
    """New or old buyers of two periods: how many, what they spent, and what each did to payment.

    `by_number` + `by_spend` is the change of their payment, exactly; old buyers paid within the 365 days before.
    """

    name: str
    buyers: float
    buyers_before: float
    paid: float
    paid_before: float
    by_number: float
    by_spend: float


def buyer_kinds(now: Totals, before: Totals) -> list[BuyerKind]:
    """The change of payment by new and old buyers; the four effects sum to it. [] where a column or day is missing."""
    if not (now.complete and before.complete):
        return []
    found = []
    for name in ("new", "returning"):
        sides = []
        for side in (before, now):
            returning = side.returning_paid_amount
            paid = returning if name == "returning" else side.paid_amount - returning
            sides.append({"number": getattr(side, f"{name}_payer_days"), "paid": paid})
        if any(math.isnan(value) for side in sides for value in side.values()) or not all(s["number"] for s in sides):
            return []
        factors = [{"number": side["number"], "spend": side["paid"] / side["number"]} for side in sides]
        effects = decompose_product(*factors).effects
        found.append(
            BuyerKind(
                name,
                sides[1]["number"],
                sides[0]["number"],
                sides[1]["paid"],
                sides[0]["paid"],
                effects["number"],
                effects["spend"],
            )
        )
    return found


@dataclass(frozen=True)
class Signal:
    """One watched number: now, its mean over normal periods, its normal range (90 %), whether it stands out.

    `confidence` is the probability that it really lies on that side of normal; NaN where there are too few bases.
    """

    name: str
    now: float
    base: float
    low: float
    high: float
    stands_out: bool
    confidence: float

    @property
    def direction(self) -> int:
        """1 above the base, -1 below, 0 where either is unknown."""
        return 0 if math.isnan(self.now) or math.isnan(self.base) else int(math.copysign(1, self.now - self.base))


WATCHED = ("paid_amount", "visitor_days", "payment_conversion", "spend_per_buyer", "refund_load", "ad_share")


def signals(now: Totals, bases: Sequence[Totals]) -> dict[str, Signal]:
    """Each watched number against the same number of the normal periods before.

    The range is a prediction interval on the log scale (Student's t) from the base periods alone: few bases give a
    wide range. A number stands out when it leaves the range of `FINDING_LEVEL`.
    """
    found = {}
    for name in WATCHED:
        value = getattr(now, name)
        history = [getattr(base, name) for base in bases]
        usual = prediction_interval(history, value, level=0.90)
        alarm = prediction_interval(history, value, level=FINDING_LEVEL)
        known = not (math.isnan(value) or math.isnan(alarm.low))
        found[name] = Signal(
            name,
            value,
            usual.estimate,
            usual.low,
            usual.high,
            stands_out=known and not alarm.low <= value <= alarm.high,
            confidence=1 - usual.p_value / 2 if known else math.nan,
        )
    return found


def band(days: pd.DataFrame, events: list[Event], *, level: float = 0.90) -> pd.DataFrame:
    """The normal range of each day's payment from the shop's own weekday pattern and its earlier campaigns.

    Returns
    -------
    DataFrame, one row per day of `days`
        `day`, `value`, `expected`, `low`, `high` (NaN where too few days of its kind came before), `outside` (bool): so
        far out that an ordinary day is there twice in a hundred; a quiet shop has less than one a month.
    """
    weekdays = pd.to_datetime(days["day"]).dt.day_of_week
    usable = ~event_days(events, days["day"]) & days["paid_amount"].notna()
    kinds = [event_kind(events, day) for day in days["day"]]
    normal = normal_band(days["paid_amount"], weekdays, usable, level=level, kinds=kinds)
    frame = pd.DataFrame(
        {
            "day": days["day"],
            "value": days["paid_amount"],
            "expected": normal.expected,
            "low": normal.low,
            "high": normal.high,
        }
    )
    return frame.assign(outside=normal.p_value < 1 - ALARM_LEVEL)


@dataclass(frozen=True)
class AdScene:
    """What one ad scene cost and brought over a period; `cost_before` over the period compared with (NaN: unknown)."""

    name: str
    cost: float
    cost_before: float
    deal_amount: float
    deal_orders: float

    @property
    def return_on_spend(self) -> float:
        """Deals (direct and indirect, before refunds, within the attribution window) ÷ cost; NaN without cost."""
        return _ratio(self.deal_amount, self.cost)


def ad_scenes(ad_daily: ibis.Table, now: Period, before: Period, source_of: Callable[[str], str]) -> list[AdScene]:
    """The scenes of the ad report over two periods, largest cost first; [] where the report does not cover `now`.

    `source_of` gives a scene its name of today, so that one that was renamed keeps its past.
    """
    scenes = ad_daily.filter(ad_daily.level == "scene")
    by_day = scenes.group_by(["day", "scene"]).agg(
        cost=scenes.cost.sum(), deal_amount=scenes.deal_amount.sum(), deal_orders=scenes.deal_orders.sum()
    )
    days = by_day.order_by(["day", "scene"]).to_pandas()
    days["day"] = pd.to_datetime(days["day"]).dt.date
    days["scene"] = [source_of(scene) if isinstance(scene, str) else scene for scene in days["scene"]]
    inside, earlier = days[now.holds(days["day"])], days[before.holds(days["day"])]
    if inside["day"].nunique() < now.days:
        return []
    costs = (
        earlier.groupby("scene")["cost"].sum() if earlier["day"].nunique() == before.days else pd.Series(dtype=float)
    )
    sums = inside.groupby("scene")[["cost", "deal_amount", "deal_orders"]].sum().sort_values("cost", ascending=False)
    return [
        AdScene(
            str(name),
            float(row["cost"]),
            float(costs.get(name, math.nan)),
            float(row["deal_amount"]),
            float(row["deal_orders"]),
        )
        for name, row in sums.iterrows()
    ]
