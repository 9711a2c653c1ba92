"""The numbers of the traffic page."""

from __future__ import annotations

import math
from collections.abc import Callable

import ibis
import pandas as pd

from shopnb import labels, sources
from shopnb.derived import PartOf, derived
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
from shopnb.sources import Rename
from shopnb.stats import MixRate

LISTED_PERIODS = 8  # that an error names, the newest first


class Numbers(PartOf[Page]):
    """All numbers of the page, each worked out when it is first asked for, from the parameters it reads.

    `wide` has every source, `sources` those that stand alone and the pooled rest.
    """

    # What was exported

    @derived
    def choice(self) -> Choice:
        """The export that the page is about and the one compared with."""
        return _choice(self._whole)

    @derived
    def _raw(self) -> tuple[pd.DataFrame, pd.DataFrame | None]:
        """The rows of both exports as they are."""
        table, before = self._whole.shop.table("traffic_period"), self.choice.before
        return traffic.source_rows(table, self.choice.now), traffic.source_rows(table, before) if before else None

    @derived
    def way(self) -> str:
        """How buyers were counted: payment, order or ""."""
        return traffic.conversion_way(self._of_sources)

    @property
    def _of_sources(self) -> list[pd.DataFrame]:
        """The rows of both exports without those of the whole shop."""
        return [side[side["source_1"] != ""] for side in self._raw if side is not None]

    @derived
    def _sides(self) -> list[pd.DataFrame]:
        """The same with buyers, under the names of today."""
        return [self._named(traffic.with_buyers(side, self.way)) for side in self._of_sources]

    def _named(self, rows: pd.DataFrame) -> pd.DataFrame:
        return sources.named(rows, source_names(self._whole), traffic.LEVELS)

    @property
    def is_derived(self) -> bool:
        """Whether buyers were reckoned from a rate."""
        return any(bool(side["derived"].any()) for side in self._sides)

    @property
    def renamed(self) -> list[Rename]:
        """Sources under another name today."""
        return sources.renames((raw for side in self._sides for raw in side["raw"]), source_names(self._whole))

    @property
    def impossible(self) -> list[str]:
        """Sources with more buyers than visitors."""
        return [row.name for side in self._sides for row in side[side["impossible"]].itertuples()]

    @derived
    def days(self) -> pd.DataFrame:
        """The daily report; without rows where there is none."""
        return _daily(self._whole)

    @property
    def _ads(self) -> ibis.Table | None:
        return self._whole.shop.table("ad_daily") if self._whole.shop.has("ad_daily") else None

    # Sources

    @derived
    def _joined(self) -> tuple[pd.DataFrame, float]:
        """Sources of both periods with their costs, and the spending that belongs to none of them."""
        sides = self._sides
        both = traffic.joined(sides[0], sides[1] if self._raw[1] is not None else None)
        return pricing.with_costs(both.assign(label=sources.shown_names(both)), self.spending)

    @property
    def wide(self) -> pd.DataFrame:
        """Every source, one row each."""
        return self._joined[0]

    @property
    def unmatched_cost(self) -> float:
        """Spending that belongs to no source of the export."""
        return self._joined[1]

    @derived
    def now(self) -> Whole:
        """The period as a whole."""
        return traffic.whole(self.wide)

    @derived
    def before(self) -> Whole | None:
        """The period compared with as a whole."""
        return traffic.whole(self.wide, "_before") if self._raw[1] is not None else None

    @derived
    def worth(self) -> Worth:
        """What a payment leaves."""
        return Worth(self._whole.margin_rate(), pricing.refund_share(self._whole, self.days, self.choice.now.period))

    @property
    def basis(self) -> Basis:
        """What findings are reckoned in."""
        return Basis.of(self.worth.margin_rate, self.worth.refund_share)

    @derived
    def spending(self) -> Spending:
        """What ads cost by source."""
        return pricing.spending(self._whole, self.choice.now.period, self.days, source_names(self._whole))

    @derived
    def spending_before(self) -> Spending:
        """The same of the period compared with."""
        return pricing.spending(self._whole, self.compare, self.days, source_names(self._whole))

    @derived
    def window_open(self) -> bool:
        """Whether ads may still bring sales of the period."""
        return pricing.window_open(self._whole, self.choice.now.period, self.spending)

    @derived
    def sources(self) -> pd.DataFrame:
        """Sources that stand alone and the pooled rest, priced."""
        return pricing.priced(self._whole, self.wide, self.now, self.worth, self.spending, self.window_open)

    @derived
    def trunks(self) -> pd.DataFrame:
        """The same by first level."""
        return source_worth.trunks(self.sources[self.sources["source"] != traffic.POOLED], self.worth)

    @derived
    def small(self) -> pd.DataFrame:
        """Rates of sources too small for one of their own, drawn towards the others."""
        return traffic_small.shrunk_rates(self.wide, ~traffic.carries_rate(self.wide["visitors"], self.now.rate))

    @derived
    def odd_spend(self) -> list[str]:
        """Sources whose spend per buyer is not to be believed."""
        return traffic_small.odd_spend(self.wide) if self.way == "payment" else []

    # What changed

    @property
    def _both(self) -> bool:
        return self.before is not None and bool(self.way)

    @derived
    def mix(self) -> MixRate | None:
        """The change of the whole rate, split; None without a period before."""
        return traffic.source_mix(self.sources) if self._both else None

    @derived
    def _spread(self) -> float:
        return source_tree.spend_spread(self.days, self.choice.now.period)

    @derived
    def levels(self) -> list[LevelSplit]:
        """The same split at each level of sources."""
        return source_tree.level_splits(self.wide, spread=self._spread) if self._both else []

    @derived
    def value(self) -> ValueSplit | None:
        """The change of payment a visitor, split."""
        if self.before is None or self.way != "payment":
            return None
        return source_tree.value_split(self.sources, spread=self._spread)

    @derived
    def one_is_festive(self) -> bool:
        """Whether a campaign or festival lies in one of the two periods only."""
        return _one_is_festive(self._whole, self.choice)

    @derived
    def items(self) -> list[ItemChange]:
        """Items whose conversion moved."""
        return _items(self._whole, self.choice)

    @derived
    def _item_sides(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        now, before = (_item_sources(self._whole, one, self._named) for one in (self.choice.now, self.choice.before))
        return now, before

    @derived
    def item_split(self) -> tuple[LevelSplit, pd.DataFrame] | None:
        """The change split by item and source."""
        return source_tree.item_source_split(*self._item_sides, spread=self._spread)

    @derived
    def stays(self) -> pd.DataFrame:
        """How long visitors of a source stay."""
        return traffic_stays.stays_by_source(*self._item_sides)

    # Free search and ads

    @derived
    def reach(self) -> Reach:
        """Visitors of the shop."""
        return traffic.reach(self.choice.now.period, traffic.shop_visitors(self._raw[0]), self.days)

    @derived
    def reach_before(self) -> Reach:
        """The same of the period compared with."""
        raw = self._raw[1]
        if self.choice.before is None or raw is None:
            return Reach()
        return traffic.reach(self.choice.before.period, traffic.shop_visitors(raw), self.days)

    @derived
    def history(self) -> pd.DataFrame:
        """Free search by export."""
        table = self._whole.shop.table("traffic_period")
        return traffic_search.search_history(table, self.choice.now, self._named, self.days)

    @derived
    def month(self) -> MonthSearch | None:
        """Free search of the last month against the one before."""
        table = self._whole.shop.table("traffic_period")
        return traffic_search.month_search(
            table, traffic.slices(table), self.choice.now, self._named, self.days
        )  # fmt: skip

    @derived
    def ad_days(self) -> pd.DataFrame:
        """Ads by day."""
        return source_worth.ad_days(self._ads) if self._ads is not None else pd.DataFrame()

    @derived
    def regions(self) -> pd.DataFrame:
        """Ads by region."""
        return _regions(self._whole, self.choice.now.period)

    @derived
    def lift(self) -> Lift:
        """Whether paid visitors bring free ones."""
        return lift.paid_lift(self._ads, self.days, self._whole.calendar)

    @derived
    def words(self) -> Words | None:
        """Entry words of free search."""
        return _words(self._whole, self.choice)

    # Other questions

    @derived
    def peers(self) -> pd.DataFrame:
        """What was typed in of peers."""
        return _peers(self._whole)

    @derived
    def parts(self) -> VisitorParts:
        """Visitors by device, content, page and history."""
        return _parts(self._whole, self.choice)

    @derived
    def move(self) -> Move | None:
        """The what-if."""
        return _move(self._whole, self.sources, self.worth, self.spending)

    @derived
    def moves(self) -> list[Move]:
        """Half of it, it, and twice as many."""
        return _steps(self.sources, self.move, self.worth.kept)

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


def _item_sources(page: Page, side: Slice | None, naming: Callable[[pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
    """The sources of items of one side; no rows without such a side or such an export."""
    known = side is not None and page.shop.has("traffic_detail")
    empty = TABLES["traffic_detail"].arrow_schema.empty_table()
    table = page.shop.table("traffic_detail") if known else ibis.memtable(empty)
    period, rule = (side.period, side.rule) if side else (None, "")
    return source_tree.item_sources(table, period, rule, naming)


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
            raise ParameterError("parameter_choice", report=page.slug, name=name, found=asked, allowed=named)
        ends.append(asked or default)
    visitors = int(page.given["moved_visitors"])
    if visitors < 1:
        raise ParameterError("parameter_positive", report=page.slug, name="moved_visitors", found=visitors)
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
    rule = page.choice("rule")
    choice = traffic.choose(found, start=start, end=end, rule=rule)
    if choice is not None:
        return choice
    periods = {one.period for one in found if one.period is not None and rule in ("", one.rule)}
    newest = sorted(periods, key=lambda one: (one.end, one.start), reverse=True)[:LISTED_PERIODS]
    there = [f"{one.start} – {one.end}" for one in newest] or labels.MISSING
    code = "no_traffic_period" if start and end else "no_traffic_start" if start else "no_traffic_end"
    raise MissingDataError(code, report=page.slug, table="traffic_period", start=start, end=end, there=there)


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
    rows = items.item_rows(table, [period, *bases, period.before()])
    pair = items.item_pair(rows, period, bases) or items.item_pair(rows, period, [period.before()])
    return items.item_changes(pair, now_days=period.days) if pair else []
