"""The shop's day, week or month: totals, what moved sales, what is normal, and which items moved.

Works from one daily report alone. Every function takes small tables and returns new ones; nothing here words or draws.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import ibis
import pandas as pd

from shopnb.metrics.aggregate import aggregate
from shopnb.metrics.gates import REFUND_LAG_DAYS, is_presale
from shopnb.metrics.periods import Event, Period, event_days
from shopnb.schema import TABLES
from shopnb.stats import Estimate, compare_proportions, decompose_product, holm, normal_band, prediction_interval

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
    *AD_COLUMNS,
)
_SERVICE = ("description_score", "logistics_score", "service_score", "pay_to_sign_seconds", "bounce_rate", "reviews")
SPLIT_PARTS = ("visitor_days", "payment_conversion", "spend_per_buyer")
LEAST_EXPECTED = 5.0  # buyers of a cell from which the chi-square approximation holds
ALARM_LEVEL = 0.98  # one alarm a month at most on a quiet shop: about five numbers are watched each week


def daily(shop_daily: ibis.Table, *, until: dt.date | None = None) -> pd.DataFrame:
    """The daily report as a small frame, one row a day in order.

    Parameters
    ----------
    shop_daily : Table of schema `shop_daily`.
    until : last day to read, None for all.

    Returns
    -------
    DataFrame
        `day` (date) and the columns that this page uses, floats, NaN where the export has none; `ad_cost` is the sum
        of the ad columns that are there, NaN where none is.
    """
    columns = ["day", *_SUMS, *_SERVICE]
    wanted = shop_daily.select(columns)
    if until is not None:
        wanted = wanted.filter(wanted.day <= ibis.literal(until))
    frame = wanted.order_by("day").to_pandas()
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


def totals(days: pd.DataFrame, period: Period, *, margin_rate: float) -> Totals:
    """Sums of `days` over `period`.

    Parameters
    ----------
    days : DataFrame, one row per day, from `daily`.
    margin_rate : share 0-1 of payment left after goods, packing, parcel and platform fees; NaN when nobody typed it.
    """
    inside = days[period.holds(days["day"])]
    summed = aggregate(
        inside[["day", *_SUMS]],
        TABLES["shop_daily"],
        by=[],
        columns=[*_SUMS, "payment_conversion", "spend_per_buyer", "visitor_value"],
    ).iloc[0]
    recent = days[Period(period.end - dt.timedelta(days=REFUND_LAG_DAYS - 1), period.end).holds(days["day"])]
    every_day = [period.start + dt.timedelta(days=turn) for turn in range(period.days)]
    present = set(inside["day"])
    ad_cost = _sum_known([summed[name] for name in (*AD_COLUMNS, "affiliate_commission")])
    refunded = float(summed["refunded_amount"])
    kept = float(summed["paid_amount"]) - (0.0 if math.isnan(refunded) else refunded)
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
            )
        },
        content_visitor_days=_sum_known(
            [summed[name] for name in ("live_visitor_days", "video_visitor_days", "article_visitor_days")]
        ),
        recent_paid_amount=float(recent["paid_amount"].mean()) * period.days,
        ad_cost=ad_cost,
        margin=kept * margin_rate - (0.0 if math.isnan(ad_cost) else ad_cost),
    )


def _sum_known(values: Sequence[float]) -> float:
    known = [float(value) for value in values if not math.isnan(value)]
    return sum(known) if known else math.nan


def mean_totals(days: pd.DataFrame, periods: Sequence[Period], *, margin_rate: float) -> list[Totals]:
    """Totals of each complete period of `periods`, in the order given."""
    found = [totals(days, period, margin_rate=margin_rate) for period in periods]
    return [one for one in found if one.complete and not math.isnan(one.paid_amount)]


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
    wide range. A number stands out when it leaves the range of `ALARM_LEVEL`.
    """
    found = {}
    for name in WATCHED:
        value = getattr(now, name)
        history = [getattr(base, name) for base in bases]
        usual = prediction_interval(history, value, level=0.90)
        alarm = prediction_interval(history, value, level=ALARM_LEVEL)
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
    """The normal range of each day's payment from the shop's own weekday pattern.

    Returns
    -------
    DataFrame, one row per day of `days`
        `day`, `value`, `expected`, `low`, `high` (NaN where too few ordinary days came before), `outside` (bool).
    """
    weekdays = pd.to_datetime(days["day"]).dt.day_of_week
    usable = ~event_days(events, days["day"]) & days["paid_amount"].notna()
    normal = normal_band(days["paid_amount"], weekdays, usable, level=level)
    frame = pd.DataFrame(
        {
            "day": days["day"],
            "value": days["paid_amount"],
            "expected": normal.expected,
            "low": normal.low,
            "high": normal.high,
        }
    )
    return frame.assign(outside=(frame["value"] < frame["low"]) | (frame["value"] > frame["high"]))


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


def ad_scenes(ad_daily: ibis.Table, now: Period, before: Period) -> list[AdScene]:
    """The scenes of the ad report over two periods, largest cost first; [] where the report does not cover `now`."""
    scenes = ad_daily.filter(ad_daily.level == "scene")
    by_day = scenes.group_by(["day", "scene"]).agg(
        cost=scenes.cost.sum(), deal_amount=scenes.deal_amount.sum(), deal_orders=scenes.deal_orders.sum()
    )
    days = by_day.order_by(["day", "scene"]).to_pandas()
    days["day"] = pd.to_datetime(days["day"]).dt.date
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


@dataclass(frozen=True)
class ItemChange:
    """One item, this period against its base: sums, conversion, and how sure the change of conversion is."""

    item_id: str
    title: str
    visitors: float
    visitors_base: float  # base sums are scaled to the length of the period
    payers: float
    payers_base: float
    paid_amount: float
    paid_amount_base: float
    refunded_amount: float
    refunded_amount_base: float
    cart_users: float
    search_visitors: float
    conversion: Estimate  # difference now − base, in share, with its 95 % interval and p value
    real: bool = False  # survives the correction for many items
    orderers: float = 0.0
    orderers_base: float = 0.0
    presale: bool = False  # ordered and not paid in one of the two periods (QA1): `conversion` is of orders

    @property
    def buyers(self) -> float:
        """Who counts as having bought: payers; of a presale item those who ordered."""
        return self.orderers if self.presale else self.payers

    @property
    def buyers_base(self) -> float:
        """`buyers` of the base, scaled to the length of the period."""
        return self.orderers_base if self.presale else self.payers_base


_ITEM_SUMMED = (
    "item_visitors", "orderers", "payers", "paid_amount", "refunded_amount", "cart_users", "search_visitors",
)  # fmt: skip


def dispersion(pair: ItemPair) -> float:
    """Variance of an item's buyers from base period to base period over the binomial one, pooled over items; >= 1.

    Pearson's chi-square ÷ degrees of freedom; 1 where there is only one base period.
    """
    bases = pair.frame[(pair.frame["which"] == "base") & (pair.frame["item_visitors"] > 0)]
    sums = bases.groupby("item_id")[["payers", "item_visitors"]].transform("sum")
    rate = sums["payers"] / sums["item_visitors"]
    expected = bases["item_visitors"] * rate
    counted = expected >= LEAST_EXPECTED
    squares = ((bases["payers"] - expected) ** 2 / (expected * (1 - rate)))[counted & (rate < 1)]
    freedom = int(counted.sum()) - bases.loc[counted, "item_id"].nunique()
    return max(1.0, float(squares.sum()) / freedom) if freedom > 0 else 1.0


def item_changes(pair: ItemPair, *, now_days: int, level: float = ALARM_LEVEL) -> list[ItemChange]:
    """What each item did now against its base, largest change of payment first.

    Parameters
    ----------
    now_days : length of the period; base sums are scaled to it.
    level : Holm's correction keeps the chance of any false mark on a page below 1 − level.

    Returns
    -------
    Items of either side; intervals and p values are widened by `dispersion`. `real` holds for changes that pass
    Holm's correction over all items tested. Intervals are of 95 %. A presale item, ordered and not yet paid, has a
    payment conversion of 0 that is none: it is compared by its orders and never marked.
    """
    wide = pair.frame.pivot_table(index="item_id", columns="which", values=list(_ITEM_SUMMED), aggfunc="sum").fillna(
        0.0
    )
    titles = pair.frame.groupby("item_id")["item_title"].first()
    scale, spread = now_days / pair.base_days, dispersion(pair)
    found = []
    for item_id, row in wide.iterrows():
        now = {name: float(row.get((name, "now"), 0.0)) for name in _ITEM_SUMMED}
        base = {name: float(row.get((name, "base"), 0.0)) for name in _ITEM_SUMMED}
        presale = any(is_presale(side["orderers"], side["payers"]) for side in (now, base))
        bought = "orderers" if presale else "payers"
        found.append(
            ItemChange(
                item_id=str(item_id),
                title=str(titles[item_id]),
                visitors=now["item_visitors"],
                visitors_base=base["item_visitors"] * scale,
                payers=now["payers"],
                payers_base=base["payers"] * scale,
                paid_amount=now["paid_amount"],
                paid_amount_base=base["paid_amount"] * scale,
                refunded_amount=now["refunded_amount"],
                refunded_amount_base=base["refunded_amount"] * scale,
                cart_users=now["cart_users"],
                search_visitors=now["search_visitors"],
                conversion=compare_proportions(
                    base[bought] / spread,
                    base["item_visitors"] / spread,
                    now[bought] / spread,
                    now["item_visitors"] / spread,
                ),
                orderers=now["orderers"],
                orderers_base=base["orderers"] * scale,
                presale=presale,
            )
        )
    return sorted(
        _mark_real(found, level), key=lambda item: (-abs(item.paid_amount - item.paid_amount_base), item.item_id)
    )


def _mark_real(items: list[ItemChange], level: float) -> list[ItemChange]:
    """Holm's step-down over the items that could be tested."""
    real = holm([math.nan if item.presale else item.conversion.p_value for item in items], level=level)
    return [replace(item, real=holds) for item, holds in zip(items, real, strict=True)]


@dataclass(frozen=True)
class ItemPair:
    """Item sums of a period and of its base, counted the same way.

    `frame` has one row per item and period (`which`: now, base; `base`: 0, then 1, 2 …); `base_days` is the length of
    all base periods together; `way` is `period` (people counted once in each export's period) or `days` (once a day).
    """

    frame: pd.DataFrame
    bases: tuple[Period, ...]
    way: str

    @property
    def base_days(self) -> int:
        """Days of all base periods together."""
        return sum(base.days for base in self.bases)


def item_pair(item_period: ibis.Table, now: Period, bases: Sequence[Period]) -> ItemPair | None:
    """Item sums of `now` and of those `bases` that are there, like with like; None when either side is not there.

    Exports of exactly the period come first, else day exports that cover every day.
    """
    rows = _rows_inside(item_period, [now, *bases])
    for way in ("period", "days"):
        current = _item_sums(rows, now, way)
        earlier = {base: _item_sums(rows, base, way) for base in bases}
        there = {base: sums for base, sums in earlier.items() if not sums.empty}
        if not current.empty and there:
            earlier_sums = [sums.assign(which="base", base=turn) for turn, sums in enumerate(there.values(), 1)]
            frame = pd.concat([current.assign(which="now", base=0), *earlier_sums], ignore_index=True)
            return ItemPair(frame, tuple(there), way)
    return None


def _rows_inside(item_period: ibis.Table, periods: Sequence[Period]) -> pd.DataFrame:
    """The rows of exports of exactly one of `periods`, and of single days inside one of them."""
    inside = [
        item_period.start_on.between(ibis.literal(period.start), ibis.literal(period.end))
        & item_period.end_on.between(ibis.literal(period.start), ibis.literal(period.end))
        for period in periods
    ]
    chosen = item_period.filter(ibis.or_(*inside)).select("start_on", "end_on", "item_id", "item_title", *_ITEM_SUMMED)
    rows = chosen.order_by("end_on", "start_on", "item_id").to_pandas()
    for name in ("start_on", "end_on"):
        rows[name] = pd.to_datetime(rows[name]).dt.date
    return rows


def _item_sums(rows: pd.DataFrame, period: Period, way: str) -> pd.DataFrame:
    """One row per item with its sums over `period`, empty when the period is not covered that way."""
    if way == "period":
        found = rows[(rows["start_on"] == period.start) & (rows["end_on"] == period.end)]
    else:
        found = rows[(rows["start_on"] == rows["end_on"]) & period.holds(rows["end_on"])]
        if found["end_on"].nunique() < period.days:
            found = found.iloc[:0]
    by_item = found.groupby("item_id", sort=True)
    sums = by_item[list(_ITEM_SUMMED)].sum(min_count=1).astype(float)
    return sums.assign(item_title=by_item["item_title"].last()).reset_index()
