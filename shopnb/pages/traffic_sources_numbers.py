"""The numbers of the traffic page, computed once for a set of parameters."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import pandas as pd

from shopnb import labels, sources
from shopnb.errors import MissingDataError, ParameterError
from shopnb.findings.overview import Basis
from shopnb.findings.traffic import item_behind, rate_state
from shopnb.metrics import items, lift, moving, overview, source_tree, source_worth, traffic, words
from shopnb.metrics.items import ItemChange
from shopnb.metrics.lift import Lift
from shopnb.metrics.moving import Move
from shopnb.metrics.periods import Period, events_in, normal_bases
from shopnb.metrics.source_tree import LevelSplit
from shopnb.metrics.source_worth import Worth
from shopnb.metrics.traffic import Choice, Reach, Whole
from shopnb.metrics.words import Words
from shopnb.pages.base import Page
from shopnb.pages.source_naming import source_names
from shopnb.stats import MixRate

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


@dataclass(frozen=True)
class Numbers:
    """All numbers of the page. `wide` has every source, `sources` those that stand alone and the pooled rest."""

    choice: Choice
    way: str  # payment, order or ""
    derived: bool
    wide: pd.DataFrame
    sources: pd.DataFrame
    trunks: pd.DataFrame
    now: Whole
    before: Whole | None
    mix: MixRate | None
    reach: Reach
    reach_before: Reach
    spending: Spending
    spending_before: Spending
    worth: Worth
    basis: Basis
    window_open: bool
    one_is_festive: bool
    history: pd.DataFrame
    items: list[ItemChange]
    renamed: list[sources.Rename]
    impossible: list[str]
    unmatched_cost: float
    peers: pd.DataFrame
    days: pd.DataFrame
    levels: list[LevelSplit]
    item_split: tuple[LevelSplit, pd.DataFrame] | None
    words: Words | None
    lift: Lift
    move: Move | None
    regions: pd.DataFrame

    @property
    def period(self) -> Period | None:
        """Days of the export, None where it has none."""
        return self.choice.now.period

    @property
    def compare(self) -> Period | None:
        """Days of the export compared with."""
        return self.choice.before.period if self.choice.before else None

    @property
    def rate_state(self) -> str:
        """Whether the sources' own conversion moved: `real`, `likely` or `noise`; "" where it cannot be told."""
        if self.mix is None or self.mix.code:
            return ""
        item = item_behind(self.items, self.mix.rate.estimate < 0)
        return rate_state(self.mix, item is not None, one_is_festive=self.one_is_festive)

    def search_share(self, side: str = "") -> float:
        """Visitors of free search ÷ visitors of the shop; NaN where the shop's visitors are not known."""
        whole, reach = (self.before, self.reach_before) if side else (self.now, self.reach)
        if whole is None or math.isnan(reach.base) or not reach.base or reach.kind != self.reach.kind:
            return math.nan
        return whole.search_visitors / reach.base

    def margin_per_visitor(self, side: str = "") -> float:
        """[payment × kept share − ad cost] ÷ visitors summed over sources; NaN without a margin rate or costs."""
        whole, spending = (self.before, self.spending_before) if side else (self.now, self.spending)
        if whole is None or not whole.visitors:
            return math.nan
        return (whole.paid_amount * self.worth.kept - spending.total) / whole.visitors


def compute(page: Page) -> Numbers:
    """Read the exports that fit, join the two periods, price the sources."""
    table = page.shop.table("traffic_period")
    choice = _choice(page)
    names = source_names(page)
    raw_now = traffic.source_rows(table, choice.now)
    raw_before = traffic.source_rows(table, choice.before) if choice.before else None
    raw_sides = [side[side["source_1"] != ""] for side in (raw_now, raw_before) if side is not None]
    way = traffic.conversion_way(raw_sides)
    sides = [sources.named(traffic.with_buyers(side, way), names, traffic.LEVELS) for side in raw_sides]
    wide = traffic.joined(sides[0], sides[1] if raw_before is not None else None)
    wide = wide.assign(label=sources.shown_names(wide))
    now = traffic.whole(wide)
    before = traffic.whole(wide, "_before") if raw_before is not None else None
    days = _daily(page)
    worth = Worth(page.margin_rate(), _refund_share(page, days, choice.now.period))
    spending = _spending(page, choice.now.period, days, names)
    spending_before = _spending(page, choice.before.period if choice.before else None, days, names)
    wide, unmatched = _with_costs(wide, spending)
    window_open = _window_open(page, choice.now.period, spending)
    shown = _priced(page, wide, now, worth, spending, window_open)
    return Numbers(
        choice=choice,
        way=way,
        derived=any(bool(side["derived"].any()) for side in sides),
        wide=wide,
        sources=shown,
        trunks=source_worth.trunks(shown[shown["source"] != traffic.POOLED], worth),
        now=now,
        before=before,
        mix=traffic.source_mix(shown) if before is not None and way else None,
        reach=traffic.reach(choice.now.period, traffic.shop_visitors(raw_now), days),
        reach_before=traffic.reach(choice.before.period, traffic.shop_visitors(raw_before), days)
        if choice.before and raw_before is not None
        else Reach(),
        spending=spending,
        spending_before=spending_before,
        worth=worth,
        basis=Basis.of(worth.margin_rate, worth.refund_share),
        window_open=window_open,
        one_is_festive=_one_is_festive(page, choice),
        history=traffic.search_history(table, choice.now, lambda rows: sources.named(rows, names, traffic.LEVELS)),
        items=_items(page, choice),
        renamed=sources.renames((raw for side in sides for raw in side["raw"]), names),
        impossible=[row.name for side in sides for row in side[side["impossible"]].itertuples()],
        unmatched_cost=unmatched,
        peers=page.frame("peers"),
        days=days,
        levels=source_tree.level_splits(wide) if before is not None and way else [],
        item_split=_item_split(page, choice),
        words=_words(page, choice),
        lift=lift.paid_lift(page.shop.table("ad_daily") if page.shop.has("ad_daily") else None, days, page.events),
        move=_move(page, shown, worth, spending),
        regions=_regions(page, choice.now.period),
    )


def _item_split(page: Page, choice: Choice) -> tuple[LevelSplit, pd.DataFrame] | None:
    """Mix and rate over item × source, where the sources of items are there for both periods."""
    if choice.before is None or choice.now.period is None or choice.before.period is None:
        return None
    if not page.shop.has("traffic_detail"):
        return None
    return source_tree.item_source_split(page.shop.table("traffic_detail"), choice.now.period, choice.before.period)


def _words(page: Page, choice: Choice) -> Words | None:
    if not page.shop.has("traffic_detail"):
        return None
    return words.entry_words(page.shop.table("traffic_detail"), choice.now.period)


def _move(page: Page, shown: pd.DataFrame, worth: Worth, spending: Spending) -> Move | None:
    """The what-if as asked for, else from the paid source that earns least to the one that earns most."""
    kept = worth.kept if not math.isnan(worth.margin_rate) else math.nan
    named = moving.can_be_named(shown)["label"].tolist()
    bought = shown[shown["name"].isin(spending.returns)] if spending.returns else shown  # a commission buys no visitors
    chosen = moving.proposed(bought) or ("", "")
    ends = []
    for name, default in zip(("from_source", "to_source"), chosen, strict=True):
        asked = str(page.given[name])
        if asked and asked not in named:
            raise ParameterError("parameter_choice", report=page.slug, name=name, found=asked, allowed=", ".join(named))
        ends.append(asked or default)
    visitors = int(page.given["moved_visitors"])
    if visitors < 1:
        raise ParameterError(
            "parameter_choice", report=page.slug, name="moved_visitors", found=visitors, allowed=">= 1"
        )
    return moving.move(shown, ends[0], ends[1], float(visitors), kept=kept)


def _regions(page: Page, period: Period | None) -> pd.DataFrame:
    if period is None or not page.shop.has("ad_daily"):
        return pd.DataFrame()
    return source_worth.ad_regions(page.shop.table("ad_daily"), period)


def _choice(page: Page) -> Choice:
    found = traffic.slices(page.shop.table("traffic_period"))
    start, end = page.day("start_date"), page.day("end_date")
    choice = traffic.choose(found, start=start, end=end, rule=page.choice("rule"))
    if choice is None:
        periods = [one.period for one in found if one.period is not None]
        there = ", ".join(f"{one.start}..{one.end}" for one in dict.fromkeys(periods)) or labels.MISSING
        asked = f"{start or '…'}..{end or '…'}"
        raise MissingDataError("no_traffic_period", report=page.slug, asked=asked, there=there)
    return choice


def _daily(page: Page) -> pd.DataFrame:
    if page.shop.has("shop_daily"):
        return overview.daily(page.shop.table("shop_daily"))
    return pd.DataFrame({"day": [], "visitors": []})


def _refund_share(page: Page, days: pd.DataFrame, period: Period | None) -> float:
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


def _spending(page: Page, period: Period | None, days: pd.DataFrame, names: sources.SourceNames) -> Spending:
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


def _with_costs(wide: pd.DataFrame, spending: Spending) -> tuple[pd.DataFrame, float]:
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


def _priced(
    page: Page, wide: pd.DataFrame, now: Whole, worth: Worth, spending: Spending, window_open: bool
) -> pd.DataFrame:
    """Sources that stand alone and the pooled rest, with margins a visitor, own changes and verdicts."""
    mean = now.buyers / now.visitors if now.visitors and not math.isnan(now.buyers) else math.nan
    kept = traffic.pooled(wide, mean)
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


def _window_open(page: Page, period: Period | None, spending: Spending) -> bool:
    """Whether the last clicks of the period can still bring payments: the data end before the window does."""
    if period is None or not spending.known:
        return False
    window = WINDOW_DAYS if math.isnan(spending.window_days) else int(spending.window_days)
    ends = [span[1] for name in ("ad_daily", "shop_daily") if page.shop.has(name) and (span := page.shop.days(name))]
    return max([period.end, *ends]) < period.end + dt.timedelta(days=window)


def _one_is_festive(page: Page, choice: Choice) -> bool:
    """Whether a campaign or festival lies in one of the two periods only."""
    if choice.before is None or choice.now.period is None or choice.before.period is None:
        return False
    return bool(events_in(page.events, choice.now.period)) != bool(events_in(page.events, choice.before.period))


def _items(page: Page, choice: Choice) -> list[ItemChange]:
    """Items whose conversion moved against normal periods: what may be behind a change in all sources."""
    if choice.before is None or choice.now.period is None or not page.shop.has("item_period"):
        return []
    table, period = page.shop.table("item_period"), choice.now.period
    span = page.shop.days("item_period")
    bases = normal_bases(period, page.events, span[0] if span else period.start, wanted=8)
    pair = items.item_pair(table, period, bases) or items.item_pair(table, period, [period.before()])
    return items.item_changes(pair, now_days=period.days) if pair else []
