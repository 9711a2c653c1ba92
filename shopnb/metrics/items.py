"""Items of a period against their base: who moved for real, who holds the shop up, and which quadrant each is in.

Belongs here: item exports of like periods side by side and what they say. Findings on items are `findings.overview`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import ibis
import numpy as np
import pandas as pd
from scipy import special

from shopnb.memory import remembered
from shopnb.metrics.gates import is_presale
from shopnb.metrics.overview import FINDING_LEVEL
from shopnb.metrics.periods import Period
from shopnb.stats import Estimate, compare_proportions, false_discovery

LEAST_EXPECTED = 5.0  # buyers of a cell from which the chi-square approximation holds


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
    real: bool = False  # holds with the share of false ones among all that hold controlled
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


@remembered
def item_changes(pair: ItemPair, *, now_days: int, level: float = FINDING_LEVEL) -> list[ItemChange]:
    """What each item did now against its base, largest change of payment first.

    Parameters
    ----------
    now_days : length of the period; base sums are scaled to it.
    level : of the marked items at most 1 − level are false on average (Benjamini and Hochberg 1995); on a page where no
        item changed, that is the chance of any mark at all.

    Returns
    -------
    Items of either side; intervals and p values are widened by `dispersion`. `real` holds for changes that pass
    the step-up over all items tested. Intervals are of 95 %. A presale item, ordered and not yet paid, has a
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
    """Which items that could be tested hold; their counts are of separate visits, so the tests do not hang together."""
    tested = [math.nan if item.presale else item.conversion.p_value for item in items]
    real = false_discovery(tested, rate=1 - level)
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


def item_pair(rows: pd.DataFrame, now: Period, bases: Sequence[Period]) -> ItemPair | None:
    """Item sums of `now` and of those `bases` that are there, like with like; None when either side is not there.

    Exports of exactly the period come first, else day exports that cover every day.

    Parameters
    ----------
    rows : DataFrame from `item_rows` of these periods, and of more if need be.
    """
    for way in ("period", "days"):
        sums = _item_sums(rows, [now, *bases], way)
        there = {base: sums[base] for base in bases if base in sums}
        if now in sums and there:
            earlier = [part.assign(which="base", base=turn) for turn, part in enumerate(there.values(), 1)]
            frame = pd.concat([sums[now].assign(which="now", base=0), *earlier], ignore_index=True)
            return ItemPair(frame, tuple(there), way)
    return None


def item_rows(item_period: ibis.Table, periods: Sequence[Period]) -> pd.DataFrame:
    """What `item_pair` asks of these periods, read at once.

    Returns
    -------
    DataFrame, one row an export and item: those that lie inside one of `periods`
        `start_on`, `end_on` (dates), `item_id`, `item_title` and the columns that are summed; in order of days.
    """
    inside = [
        item_period.start_on.between(ibis.literal(period.start), ibis.literal(period.end))
        & item_period.end_on.between(ibis.literal(period.start), ibis.literal(period.end))
        for period in dict.fromkeys(periods)
    ]
    chosen = item_period.filter(ibis.or_(*inside)).select("start_on", "end_on", "item_id", "item_title", *_ITEM_SUMMED)
    rows = chosen.order_by("end_on", "start_on", "item_id").to_pandas()
    for name in ("start_on", "end_on"):
        rows[name] = pd.to_datetime(rows[name]).dt.date
    return rows


def _item_sums(rows: pd.DataFrame, periods: Sequence[Period], way: str) -> dict[Period, pd.DataFrame]:
    """One row per item with its sums over each of `periods`, those left out that are not covered that way."""
    start, end = (rows[name].to_numpy("datetime64[D]") for name in ("start_on", "end_on"))
    found: dict[int, np.ndarray] = {}
    for place, period in enumerate(periods):
        first, last = np.datetime64(period.start), np.datetime64(period.end)
        if way == "period":
            inside = np.flatnonzero((start == first) & (end == last))
        else:
            inside = np.flatnonzero((start == end) & (end >= first) & (end <= last))
            if len(np.unique(end[inside])) < period.days:
                continue
        if len(inside):
            found[place] = inside
    if not found:
        return {}
    places = np.repeat(list(found), [len(inside) for inside in found.values()])
    chosen = rows.iloc[np.concatenate(list(found.values()))].assign(place=places)
    by_item = chosen.groupby(["place", "item_id"], sort=True)
    sums = by_item[list(_ITEM_SUMMED)].sum(min_count=1).astype(float)
    sums = sums.assign(item_title=by_item["item_title"].last()).reset_index()
    return {
        periods[int(place)]: part.drop(columns="place").reset_index(drop=True) for place, part in sums.groupby("place")
    }


@dataclass(frozen=True)
class Quadrant:
    """Where an item stands on two rates (PF1), with the probability that it really stands there.

    `first`, `second` : its two rates; `name` is promote (high, high), page (first high, second low), image (first low,
    second high) or replace; "" where the volume is too small.
    """

    item_id: str
    title: str
    first: float
    second: float
    name: str
    probability: float


@dataclass(frozen=True)
class Quadrants:
    """All items in the plane: `way` is click (paid CTR × conversion) or cart (cart rate × conversion)."""

    way: str
    first_cut: float
    second_cut: float
    items: tuple[Quadrant, ...]


_NAMES = {(True, True): "promote", (True, False): "page", (False, True): "image", (False, False): "replace"}


def quadrants(changes: Sequence[ItemChange], clicks: pd.DataFrame) -> Quadrants | None:
    """The four quadrants of the items of a period.

    Parameters
    ----------
    changes : from `item_changes`.
    clicks : one row per item: `item_id`, `impressions`, `clicks` of the ads; where it covers half of the items'
        visitors the first axis is the paid click rate, else the cart rate, for the item export has no click rate.

    Returns
    -------
    None without two items that carry a rate. Cuts are the means weighted by volume. The probability is that of both
    rates lying on their side of the cut, each as a beta posterior of its counts, taken as independent.
    """
    known = [one for one in changes if one.visitors >= 100 and not one.presale]
    if len(known) < 2:
        return None
    paid = clicks.set_index("item_id") if len(clicks) else pd.DataFrame(columns=["impressions", "clicks"])
    covered = sum(
        one.visitors for one in known if one.item_id in paid.index and paid.loc[one.item_id, "impressions"] >= 100
    )
    way = "click" if covered >= 0.5 * sum(one.visitors for one in known) else "cart"
    counts = []
    for one in known:
        if way == "cart":
            first = (one.cart_users, one.visitors)
        elif one.item_id in paid.index:
            first = (float(paid.loc[one.item_id, "clicks"]), float(paid.loc[one.item_id, "impressions"]))
        else:
            continue
        counts.append((one, first, (one.payers, one.visitors)))
    pairs = [[first for _, first, _ in counts], [second for _, _, second in counts]]
    cuts = [sum(top for top, _ in axis) / sum(bottom for _, bottom in axis) for axis in pairs]
    placed = [_quadrant(one, (first, second), cuts) for one, first, second in counts]
    return Quadrants(way, cuts[0], cuts[1], tuple(placed))


def _quadrant(one: ItemChange, counts: tuple[tuple[float, float], tuple[float, float]], cuts: list[float]) -> Quadrant:
    rates = [top / bottom for top, bottom in counts]
    above = [
        float(special.betaincc(top + 0.5, max(bottom - top, 0.0) + 0.5, cut))
        for (top, bottom), cut in zip(counts, cuts, strict=True)
    ]
    sides = [chance >= 0.5 for chance in above]
    probability = math.prod(chance if high else 1 - chance for chance, high in zip(above, sides, strict=True))
    return Quadrant(one.item_id, one.title, rates[0], rates[1], _NAMES[sides[0], sides[1]], probability)


@dataclass(frozen=True)
class Range:
    """How broad the goods are: `top_share` of payment held by the best item (PF14), and sell-through (FN21).

    `sold` of `shown` items had buyers in the period; `shown` are the items that the export lists.
    """

    top_item: str
    top_share: float
    top_three_share: float
    sold: int
    shown: int


def goods_range(changes: Sequence[ItemChange]) -> Range | None:
    """Hero concentration and sell-through of a period; None without items that sold."""
    now = [one for one in changes if one.visitors > 0 or one.paid_amount > 0]
    whole = sum(one.paid_amount for one in now)
    if whole <= 0:
        return None
    shares = sorted((one.paid_amount / whole for one in now), reverse=True)
    best = max(now, key=lambda one: one.paid_amount)
    return Range(best.item_id, shares[0], sum(shares[:3]), sum(one.payers > 0 for one in now), len(now))


def paid_clicks(ad_daily: ibis.Table, period: Period) -> pd.DataFrame:
    """Impressions and clicks by item from the ads' item report; empty without one."""
    inside = ad_daily.filter(
        (ad_daily.level == "item") & ad_daily.day.between(ibis.literal(period.start), ibis.literal(period.end))
    )
    summed = inside.group_by("item_id").agg(impressions=inside.impressions.sum(), clicks=inside.clicks.sum())
    return summed.order_by("item_id").to_pandas().dropna()
