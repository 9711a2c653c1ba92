"""The numbers of the traffic page, computed once for a set of parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass

import ibis
import pandas as pd

from shopnb import labels, sources
from shopnb.errors import MissingDataError, ParameterError
from shopnb.findings.overview import Basis
from shopnb.findings.traffic import item_behind, rate_state
from shopnb.metrics import (
    items,
    lift,
    moving,
    overview,
    source_tree,
    source_worth,
    traffic,
    traffic_parts,
    traffic_search,
    traffic_small,
    traffic_stays,
    words,
)  # fmt: skip
from shopnb.metrics.items import ItemChange
from shopnb.metrics.lift import Lift
from shopnb.metrics.moving import Move
from shopnb.metrics.periods import Period, events_in, normal_bases
from shopnb.metrics.source_tree import LevelSplit, ValueSplit
from shopnb.metrics.source_worth import Worth
from shopnb.metrics.traffic import Choice, Reach, Slice, Whole
from shopnb.metrics.traffic_parts import VisitorParts
from shopnb.metrics.traffic_search import MonthSearch
from shopnb.metrics.words import Words
from shopnb.pages import traffic_sources_pricing as pricing
from shopnb.pages.base import Page
from shopnb.pages.source_naming import source_names
from shopnb.pages.traffic_sources_pricing import Spending
from shopnb.schema import TABLES
from shopnb.stats import MixRate


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
    month: MonthSearch | None
    items: list[ItemChange]
    renamed: list[sources.Rename]
    impossible: list[str]
    unmatched_cost: float
    peers: pd.DataFrame
    days: pd.DataFrame
    ad_days: pd.DataFrame
    levels: list[LevelSplit]
    value: ValueSplit | None
    item_split: tuple[LevelSplit, pd.DataFrame] | None
    stays: pd.DataFrame
    parts: VisitorParts
    small: pd.DataFrame
    odd_spend: list[str]
    words: Words | None
    lift: Lift
    move: Move | None
    moves: list[Move]  # half of it, it, and twice as many
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
    def both_enough(self) -> bool:
        """Whether both periods have the volume for a rate."""
        return self.before is not None and self.now.enough and self.before.enough

    @property
    def came_or_went(self) -> dict[str, list[str]]:
        """Sources (shown names) large enough for a rate in one period and without a visitor in the other.

        `new` and `lost`, only those that are not empty; {} without a period before or where one side has nobody at all.
        """
        if self.before is None or not (self.now.visitors > 0 and self.before.visitors > 0):
            return {}
        sides = {"new": ("visitors_before", "visitors"), "lost": ("visitors", "visitors_before")}
        found = {}
        for key, (none, some) in sides.items():
            rows = self.wide[self.wide[none].eq(0) & (self.wide[some] >= traffic.LEAST_VISITORS)]
            if len(rows):
                found[key] = rows["label"].tolist()
        return found

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
    worth = Worth(page.margin_rate(), pricing.refund_share(page, days, choice.now.period))
    spending = pricing.spending(page, choice.now.period, days, names)
    spending_before = pricing.spending(page, choice.before.period if choice.before else None, days, names)
    wide, unmatched = pricing.with_costs(wide, spending)
    window_open = pricing.window_open(page, choice.now.period, spending)
    shown = pricing.priced(page, wide, now, worth, spending, window_open)
    spread = source_tree.spend_spread(days, choice.now.period)
    items_now, items_before = (_item_sources(page, one, names) for one in (choice.now, choice.before))

    move = _move(page, shown, worth, spending)

    def naming(rows: pd.DataFrame) -> pd.DataFrame:
        return sources.named(rows, names, traffic.LEVELS)

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
        history=traffic_search.search_history(table, choice.now, naming, days),
        month=traffic_search.month_search(table, traffic.slices(table), choice.now, naming, days),
        items=_items(page, choice),
        renamed=sources.renames((raw for side in sides for raw in side["raw"]), names),
        impossible=[row.name for side in sides for row in side[side["impossible"]].itertuples()],
        unmatched_cost=unmatched,
        peers=_peers(page),
        days=days,
        ad_days=source_worth.ad_days(page.shop.table("ad_daily")) if page.shop.has("ad_daily") else pd.DataFrame(),
        levels=source_tree.level_splits(wide, spread=spread) if before is not None and way else [],
        value=source_tree.value_split(shown, spread=spread) if before is not None and way == "payment" else None,
        item_split=source_tree.item_source_split(items_now, items_before, spread=spread),
        stays=traffic_stays.stays_by_source(items_now, items_before),
        parts=_parts(page, choice),
        small=traffic_small.shrunk_rates(wide, ~traffic.carries_rate(wide["visitors"], now.rate)),
        odd_spend=traffic_small.odd_spend(wide) if way == "payment" else [],
        words=_words(page, choice),
        lift=lift.paid_lift(page.shop.table("ad_daily") if page.shop.has("ad_daily") else None, days, page.calendar),
        move=move,
        moves=_steps(shown, move, worth.kept),
        regions=_regions(page, choice.now.period),
    )


def _item_sources(page: Page, side: Slice | None, names: sources.SourceNames) -> pd.DataFrame:
    """The sources of items of one side; no rows without such a side or such an export."""
    known = side is not None and page.shop.has("traffic_detail")
    empty = TABLES["traffic_detail"].arrow_schema.empty_table()
    table = page.shop.table("traffic_detail") if known else ibis.memtable(empty)
    period, rule = (side.period, side.rule) if side else (None, "")
    return source_tree.item_sources(table, period, rule, lambda rows: sources.named(rows, names, traffic.LEVELS))


def _parts(page: Page, choice: Choice) -> VisitorParts:
    """Visitors by device, content, page and history."""
    table = page.shop.table("shop_daily") if page.shop.has("shop_daily") else None
    return traffic_parts.visitor_parts(table, choice.now.period, choice.before.period if choice.before else None)


def _peers(page: Page) -> pd.DataFrame:
    """Typed peers, the metric without blanks and dots: 手淘搜索·支付转化率 is that of one source."""
    typed = page.frame("peers")
    return typed.assign(metric=typed["metric"].str.replace(r"[\s·・]", "", regex=True))


def _words(page: Page, choice: Choice) -> Words | None:
    if not page.shop.has("traffic_detail"):
        return None
    return words.entry_words(page.shop.table("traffic_detail"), choice.now.period)


def _move(page: Page, shown: pd.DataFrame, worth: Worth, spending: Spending) -> Move | None:
    """The what-if as asked for, else from the paid source that earns least to the one that earns most."""
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
    return moving.move(shown, ends[0], ends[1], float(visitors), kept=worth.kept)


def _steps(shown: pd.DataFrame, asked: Move | None, kept: float) -> list[Move]:
    """The move in smaller and larger, so that what each further visitor is worth less shows."""
    if asked is None:
        return []
    sizes = (max(round(asked.visitors / 2), 1), asked.visitors, 2 * asked.visitors)
    made = [moving.move(shown, asked.giver, asked.taker, float(size), kept=kept) for size in sizes]
    return list({one.visitors: one for one in made if one is not None}.values())


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


def _one_is_festive(page: Page, choice: Choice) -> bool:
    """Whether a campaign or festival lies in one of the two periods only."""
    if choice.before is None or choice.now.period is None or choice.before.period is None:
        return False
    return bool(events_in(page.calendar, choice.now.period)) != bool(events_in(page.calendar, choice.before.period))


def _items(page: Page, choice: Choice) -> list[ItemChange]:
    """Items whose conversion moved against normal periods: what may be behind a change in all sources."""
    if choice.before is None or choice.now.period is None or not page.shop.has("item_period"):
        return []
    table, period = page.shop.table("item_period"), choice.now.period
    span = page.shop.days("item_period")
    bases = normal_bases(period, page.calendar, span[0] if span else period.start, wanted=8)
    pair = items.item_pair(table, period, bases) or items.item_pair(table, period, [period.before()])
    return items.item_changes(pair, now_days=period.days) if pair else []
