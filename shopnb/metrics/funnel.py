"""The funnel (FN1 to FN9): who stays, adds to cart, orders and pays; chat and silence; what the weakest step costs.

Belongs here: rates of one step to the next, of the shop and of its peers or its own best weeks. The steps multiply to
the payment conversion, so a step's shortfall has a price.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import ibis
import pandas as pd

from shopnb.metrics.peers import Peer
from shopnb.metrics.periods import Period
from shopnb.stats import Estimate, proportion_interval, ratio_interval

STAGES = ("visitors", "stayed", "cart_users", "orderers", "payers")
PEER_METRICS = {"stayed": "跳失率", "cart_users": "加购率", "orderers": "下单转化率", "payers": "支付转化率"}
LEVEL = 0.90
HALF = 0.5  # people won at a step buy at least half as often as those who pass it today: an assumption
BEST_WEEKS, WEEKS_BACK = 4, 13
LEAST_VISITORS, LEAST_BUYERS = 100, 5


@dataclass(frozen=True)
class Step:
    """From the stage `start` to the stage `name`: `people` of `base`, both summed over days.

    `own` : their ratio with its range over days. `reference` : the peers', or that of the own best weeks; NaN where
    unknown. `gain`, `gain_low`, `gain_high` : money per 30 days if this step alone reached the reference and the others
    stayed; 0 where the step is not below it.
    """

    name: str
    start: str
    people: float
    base: float
    own: Estimate
    reference: float = math.nan
    gain: float = math.nan
    gain_low: float = math.nan
    gain_high: float = math.nan

    @property
    def is_short(self) -> bool:
        """Whether the step lies below its reference beyond chance."""
        return not math.isnan(self.reference) and self.own.high < self.reference


@dataclass(frozen=True)
class Funnel:
    """The steps in order, and all of them as one. `against` is peers, best_weeks or "" (nothing to compare with)."""

    steps: tuple[Step, ...]
    against: str = ""
    whole: Step | None = None  # from the first stage to the last

    @property
    def weakest(self) -> Step | None:
        """The step below its reference beyond chance that would bring the most; None where there is none."""
        short = [step for step in self.steps if step.is_short and step.gain > 0]
        return max(short, key=lambda step: step.gain, default=None)


def stages(days: pd.DataFrame) -> pd.DataFrame:
    """People at each stage, one row a day; a stage that the export does not have is left out.

    `stayed` = visitors × (1 − 跳失率): bounced visitors are a share of the same day's visitors (FN1, FN2). Days that
    lack a stage which others have are NaN there.
    """
    kept = days.assign(stayed=days["visitors"] * (1 - days["bounce_rate"]))
    there = [name for name in STAGES if kept[name].notna().any()]
    return kept[["day", *there]]


def funnel(
    days: pd.DataFrame, period: Period, peers: dict[str, Peer], clean: Sequence[Period], *, worth: float
) -> Funnel:
    """The funnel of a period against the peers, else against the own best weeks.

    Parameters
    ----------
    days : the daily report (`overview.daily`).
    peers : stage to the peers' level of its metric (`PEER_METRICS`), as copied.
    clean : earlier weeks without campaigns, for want of peers; the `BEST_WEEKS` of highest conversion among the last
        `WEEKS_BACK` are the reference. They were the best partly by luck.
    worth : money that one buyer more a period brings per 30 days.
    """
    table = stages(days)
    inside = table[period.holds(table["day"])]
    names = [name for name in table.columns[1:] if inside[name].notna().all() and len(inside)]
    levels = {name: _peer_level(name, peers) for name in names}
    with_peers = [name for name in names if not math.isnan(levels[name])]
    if len(with_peers) > 1:
        names, reference, against = with_peers, _between(levels, with_peers), "peers"
    else:
        reference = _best_weeks(table, clean, names)
        against = "best_weeks" if reference else ""
    steps = []
    for before, name in zip(names, names[1:], strict=False):
        own = _ratio(inside, name, before)
        steps.append(
            Step(
                name, before, float(inside[name].sum()), float(inside[before].sum()), own, reference.get(name, math.nan)
            )
        )
    buyers = float(inside["payers"].sum()) if "payers" in inside else math.nan
    priced = tuple(_priced(step, buyers * worth) for step in steps)
    if not priced:
        return Funnel((), against)
    reached = math.prod(step.reference for step in priced)
    ends = _ratio(inside, names[-1], names[0])
    whole = Step(names[-1], names[0], priced[-1].people, priced[0].base, ends, reached)
    return Funnel(priced, against, _priced(whole, buyers * worth))


def _peer_level(name: str, peers: dict[str, Peer]) -> float:
    """A stage's people per visitor at the peers; the first stage is 1."""
    if name == "visitors":
        return 1.0
    mean = peers[name].mean if name in peers else math.nan
    return 1 - mean if name == "stayed" else mean


def _between(levels: dict[str, float], names: Sequence[str]) -> dict[str, float]:
    return {name: levels[name] / levels[before] for before, name in zip(names, names[1:], strict=False)}


def _best_weeks(table: pd.DataFrame, clean: Sequence[Period], names: Sequence[str]) -> dict[str, float]:
    """Step rates over the best weeks together; {} where there are fewer weeks than twice as many."""
    weeks = [table[week.holds(table["day"])] for week in clean[:WEEKS_BACK]]
    weeks = [week for week in weeks if len(week) and not week[list(names)].isna().any(axis=None)]
    if len(weeks) < 2 * BEST_WEEKS or not {"visitors", "payers"} <= set(names):
        return {}
    weeks.sort(key=lambda week: float(week["payers"].sum() / week["visitors"].sum()), reverse=True)
    best = pd.concat(weeks[:BEST_WEEKS])
    return {
        name: float(best[name].sum() / best[before].sum())
        for before, name in zip(names, names[1:], strict=False)
        if best[before].sum() > 0
    }


def _ratio(inside: pd.DataFrame, name: str, before: str) -> Estimate:
    """A step's rate; its range from the scatter over days, on one day from the counts."""
    top, bottom = float(inside[name].sum()), float(inside[before].sum())
    if len(inside) > 1:
        return ratio_interval(inside[name], inside[before], level=LEVEL)
    return proportion_interval(min(round(top), round(bottom)), round(bottom), level=LEVEL)


def _priced(step: Step, all_worth: float) -> Step:
    """The step with the money that reaching its reference would bring."""
    if math.isnan(step.reference) or not step.own.estimate or math.isnan(step.own.low) or step.own.low <= 0:
        return step
    more = [max(0.0, step.reference / rate - 1) for rate in (step.own.estimate, step.own.high, step.own.low)]
    return replace(step, gain=more[0] * all_worth, gain_low=HALF * more[1] * all_worth, gain_high=more[2] * all_worth)


def cart_or_favourite(days: pd.DataFrame, period: Period) -> tuple[float, float]:
    """Bounds of 收藏加购率 (FN25), people who favoured or added to cart ÷ visitors; NaN without both columns.

    The platform counts a person who did both once; two columns only bound that: the larger of the two, and their sum.
    """
    inside = days.loc[period.holds(days["day"]), ["visitors", "cart_users", "favouriters"]]
    visitors = float(inside["visitors"].sum())
    if inside.empty or inside.isna().any(axis=None) or not visitors:
        return math.nan, math.nan
    both = inside[["cart_users", "favouriters"]]
    most = both.sum(axis=1).clip(upper=inside["visitors"])
    return float(both.max(axis=1).sum()) / visitors, float(most.sum()) / visitors


@dataclass(frozen=True)
class Chat:
    """Customer service in the funnel (FN3 to FN6). Shares 0-1 with their ranges; unknown where a number is missing."""

    enquiry_rate: Estimate  # chatters ÷ visitors
    enquiry_conversion: Estimate  # payers who chatted ÷ chatters
    silent_conversion: Estimate  # payers who did not chat ÷ visitors who did not chat


def chat(service: pd.DataFrame, days: pd.DataFrame, period: Period) -> Chat | None:
    """Enquiry rate, enquiry conversion and silent conversion of a period.

    Parameters
    ----------
    service : DataFrame, one row per day of customer service (schema `service`); may be empty.

    Returns
    -------
    None where the two reports do not both cover every day.
    """
    own = days[period.holds(days["day"])]
    typed = service.dropna(subset=["day", "chatters"]) if len(service) else service
    if typed.empty:
        return None
    typed = typed.assign(day=pd.to_datetime(typed["day"]).dt.date)
    both = own[["day", "visitors", "payers"]].merge(typed, on="day")
    if len(both) < period.days or both["visitors"].isna().any():
        return None
    sums = both[["visitors", "payers", "chatters"]].sum()
    paid = float(both["enquiry_payers"].sum()) if both["enquiry_payers"].notna().all() else math.nan

    def share(top: float, bottom: float) -> Estimate:
        possible = not math.isnan(top) and 0 <= top <= bottom
        return proportion_interval(top, bottom, level=LEVEL) if possible else Estimate(math.nan)

    return Chat(
        share(sums["chatters"], sums["visitors"]),
        share(paid, sums["chatters"]),
        share(sums["payers"] - paid, sums["visitors"] - sums["chatters"]),
    )


@dataclass(frozen=True)
class Listing:
    """The listing funnel (FN9) of what was shown: impressions → clicks → visits → cart → order → pay.

    `shown` and `clicked` are of the ads, for only they have impressions (`way` ads), or of the whole 1688 shop (`way`
    shop: impressions → visitors). The item stages count a person once an item.
    """

    way: str
    shown: float
    clicked: float
    item_visits: float
    carts: float
    orderers: float
    payers: float

    @property
    def click_rate(self) -> float:
        """Clicks ÷ impressions; NaN without impressions."""
        return self.clicked / self.shown if self.shown else math.nan


def listing(
    ad_daily: ibis.Table | None, days: pd.DataFrame, items: pd.DataFrame | None, period: Period
) -> Listing | None:
    """The listing funnel of a period.

    Parameters
    ----------
    ad_daily : Table of schema `ad_daily`, None without one; the coarsest level that covers every day is read.
    items : item sums of the period, one row per item; None without them.

    Returns
    -------
    None where neither impressions nor items are there. A missing part is NaN.
    """
    own = days[period.holds(days["day"])]
    if len(own) == period.days and own["impressions"].notna().all():
        way, shown, clicked = "shop", float(own["impressions"].sum()), float(own["visitors"].sum())
    else:
        way, (shown, clicked) = "ads", _ad_clicks(ad_daily, period)
    names = ("item_visitors", "cart_users", "orderers", "payers")
    sums = [math.nan] * 4 if items is None else [float(items[name].sum(min_count=1)) for name in names]
    if math.isnan(shown) and all(map(math.isnan, sums)):
        return None
    return Listing(way, shown, clicked, *sums)


def _ad_clicks(ad_daily: ibis.Table | None, period: Period) -> tuple[float, float]:
    """Impressions and clicks of all ads over the period; NaN where no level of the report covers every day."""
    if ad_daily is None:
        return math.nan, math.nan
    inside = ad_daily.filter(ad_daily.day.between(ibis.literal(period.start), ibis.literal(period.end)))
    by = inside.group_by(["level", "window_days", "day"]).agg(
        impressions=inside.impressions.sum(), clicks=inside.clicks.sum()
    )
    rows = by.to_pandas()
    for level in ("account", "scene", "plan", "item"):
        found = rows[rows["level"] == level]
        found = found[found["window_days"].isna() | (found["window_days"] == found["window_days"].max())]
        if found["day"].nunique() == period.days:
            return float(found["impressions"].sum()), float(found["clicks"].sum())
    return math.nan, math.nan
