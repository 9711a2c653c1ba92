"""How large a market is, where money and goods do not match, who holds it, what page one asks (pages.md 2.2)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from shopnb import labels, view
from shopnb.errors import MissingDataError, ParameterError
from shopnb.findings import Finding
from shopnb.findings.market import MarketBasis, find_market
from shopnb.metrics import market
from shopnb.metrics.market import Bands, Concentration, Goods, PageOne, Size
from shopnb.metrics.periods import Period
from shopnb.pages import market_sizing_sections as sections
from shopnb.pages.base import Figure, Page
from shopnb.stats import Estimate
from shopnb.view import Note

FALLING = 0.05  # share of goods whose number fell, from which shown numbers are not cumulative
WINDOWS = (0, 30, 90, 365)  # days behind the shown number; 0: nobody has answered


@dataclass(frozen=True)
class Numbers:
    """All numbers of the page for one set of parameters."""

    query: str
    snapshot_on: dt.date | None
    snapshots: pd.DataFrame
    goods: Goods
    size: Size
    bands: Bands
    held: Concentration
    page_one: PageOne
    factor: float
    basis: MarketBasis
    own_shop: str
    falling: Estimate


class MarketSizing(Page):
    """Market sizing from one search listing."""

    slug = "market_sizing"
    days_behind = None  # made when somebody looks, not every day
    needs = ("listing",)
    uses = ("items", "competitors", "search_rank")
    section_keys = ("size", "bands", "concentration", "page_one")

    def choices(self) -> Mapping[str, Sequence[str]]:
        """Language, and the searches that were imported."""
        queries = market.snapshots(self.shop.table("listing"))["query"].drop_duplicates()
        return {**super().choices(), "query": ["", *queries]}

    def compute(self) -> Numbers:
        """Read one snapshot and size it."""
        table = self.shop.table("listing")
        query, snapshot_on, found = self._snapshot(market.snapshots(table))
        window, per_buyer = int(self.given["sold_window_days"]), float(self.given["units_per_buyer"])
        if window not in WINDOWS:
            raise ParameterError(
                "parameter_choice",
                report=self.slug,
                name="sold_window_days",
                found=window,
                allowed=", ".join(str(days) for days in WINDOWS),
            )
        if per_buyer <= 0:
            raise ParameterError("parameter_positive", report=self.slug, name="units_per_buyer", found=per_buyer)
        factor = per_buyer * 30 / (window or 30)
        goods = market.listing_goods(market.lines_of(table, query, snapshot_on))
        own = self.given["own_shop"] or self.shop.settings.name
        bands = market.price_bands(goods, edges=self._edges(), own_shop=own, factor=factor)
        return Numbers(
            query=query,
            snapshot_on=snapshot_on,
            snapshots=found,
            goods=goods,
            size=market.market_size(goods, factor=factor),
            bands=bands,
            held=market.concentration(goods, own_shop=own, factor=factor),
            page_one=market.page_one(goods, own_shop=own),
            factor=factor,
            basis=self._basis(),
            own_shop=own,
            falling=market.falling_share(table, query),
        )

    def _snapshot(self, found: pd.DataFrame) -> tuple[str, dt.date | None, pd.DataFrame]:
        """The query and day asked for, else the newest; with all snapshots of that query."""
        asked, end = str(self.given["query"]), self.day("end_date")
        chosen = found[found["query"] == asked] if asked else found
        if end:
            chosen = chosen[[day is None or day <= end for day in chosen["snapshot_on"]]]
        if chosen.empty:
            raise MissingDataError(
                "no_snapshot",
                query=asked or labels.MISSING,
                end=end.isoformat() if end else labels.MISSING,
                known=", ".join(dict.fromkeys(found["query"])),
            )
        first = chosen.iloc[0]
        return first["query"], first["snapshot_on"], found[found["query"] == first["query"]]

    def _edges(self) -> list[float]:
        edges = []
        for text in self.given["bands"]:
            try:
                edges.append(float(text))
            except ValueError:
                raise ParameterError("parameter_number", report=self.slug, name="bands", found=text) from None
        return edges

    def _basis(self) -> MarketBasis:
        rate, refunds = self.margin_rate(), self.share("refund_rate") or self.shop.settings.refund_rate or 0.0
        return MarketBasis("payment", 1.0) if math.isnan(rate) else MarketBasis("margin", rate * (1 - refunds))

    def period(self) -> tuple[Period | None, Period | None]:
        """The day of the snapshot; a listing without a day has no period."""
        day = self.numbers.snapshot_on
        return (Period(day, day) if day else None), None

    def find(self) -> list[Finding]:
        """Bands to enter or keep out of, a market held by few."""
        n = self.numbers
        return find_market(n.bands, n.held, basis=n.basis, today=n.snapshot_on)

    def figures(self) -> dict[str, Figure]:
        """Size, concentration, own share, page one."""
        n = self.numbers
        units, money = n.size.units, n.size.money
        four = n.held.leaders[4]
        own = n.bands.own_share
        listed = n.page_one.table.set_index("measure")["median"]
        return {
            "market_units": Figure(units.estimate, "count/30d", units.low, units.high, units.listings, units.code),
            "market_money": Figure(money.estimate, "CNY/30d", money.low, money.high, money.listings, money.code),
            "shown_money": Figure(n.size.shown_money, "CNY/30d", n=money.listings, code="no_sales"),
            "cr4": Figure(four.estimate, "share", four.low, four.high, len(n.held.shops), four.code),
            "hhi": Figure(n.held.hhi.estimate, "index", n.held.hhi.low, n.held.hhi.high, code=n.held.hhi.code),
            "own_share": Figure(own.estimate, "share", own.low, own.high, code=own.code),
            "goods": Figure(len(n.goods.frame), "count", n=n.goods.lines),
            "page_one_price": Figure(float(listed.get("price", math.nan)), "CNY", code="no_price"),
            "page_one_sold": Figure(float(listed.get("sold", math.nan)), "count", code="no_sales"),
        }

    def period_line(self) -> str:
        """The line under the title."""
        n = self.numbers
        day = labels.format_value(n.snapshot_on, "iso", self.lang) if n.snapshot_on else self.text("undated")
        return self.text("period", query=n.query, day=day, lines=n.goods.lines, goods=len(n.goods.frame))

    def best_band(self) -> pd.Series | None:
        """The band that a finding says to enter."""
        n = self.numbers
        for finding in self.found:
            if finding.code in ("enter_band", "enter_open_band"):
                lows = n.bands.frame["low"].fillna(0.0)
                entered = lows == finding.values["low"]
                return n.bands.frame[entered].iloc[0]
        return None

    def band_name(self, low: float, high: float) -> str:
        """A price band as people say it."""
        if math.isnan(high):
            return self.text("band.above", low=low)
        return (
            self.text("band.below", high=high)
            if math.isnan(low) or low == 0
            else self.text("band.between", low=low, high=high)
        )

    def _window(self) -> str:
        """Ending of the labels that must say 30 days while nobody has answered which days the shown sales cover."""
        return "" if self.given["sold_window_days"] else "_30_days"

    def quiet(self) -> str:
        """What is said where nothing stands out."""
        return self.text("quiet" if self.numbers.goods.has_sales else "quiet_no_sales")

    def verdict(self) -> str:
        """One sentence with one main figure."""
        n, money = self.numbers, self.numbers.size.money
        if math.isnan(money.estimate):
            return self.text(
                "verdict.supply_only" if not n.goods.has_sales else "verdict.unknown", goods=len(n.goods.frame)
            )
        exact = "_exact" if money.low == money.high else ""
        key = f"verdict.size{exact}{self._window()}"
        sentence = self.text(key, money=money.estimate, low=money.low, high=money.high)
        band = self.best_band()
        if band is None:
            return sentence + self.text("verdict.no_band")
        return sentence + self.text(
            "verdict.band", band=self.band_name(band["low"], band["high"]), ratio=float(band["ratio"])
        )

    def cards(self) -> list[view.Card]:
        """Four to six numbers."""
        n = self.numbers
        money, units, four, own = n.size.money, n.size.units, n.held.leaders[4], n.bands.own_share

        def ranged(name: str, value: object, kind: str, suffix: str = "", *lines: str) -> view.Card:
            estimate, low, high = (getattr(value, end) for end in ("estimate", "low", "high"))
            known = low < high
            shown = (labels.format_range(low, high, kind, self.lang),) if known else ()
            return view.Card(
                labels.heading(name, self.lang),
                labels.format_value(estimate, kind, self.lang),
                suffix,
                (*shown, *lines),
            )

        cards = [
            ranged("market_money", money, "money", self.text(f"suffix.estimated{self._window()}")),
            ranged("market_units", units, "number", self.text(f"suffix.estimated{self._window()}")),
            ranged("cr4", four, "pct"),
        ]
        band = self.best_band()
        if band is not None:
            ratio = labels.format_range(band["ratio_low"], band["ratio_high"], "ratio", self.lang)
            rest = self.text("card.ratio_rest", ratio=float(band["ratio_rest"]))
            cards.append(
                view.Card(
                    labels.heading("best_band", self.lang),
                    self.band_name(band["low"], band["high"]),
                    lines=(self.text("card.ratio", range=ratio), rest),
                )
            )
        if not math.isnan(own.estimate):
            cards.append(ranged("own_share", own, "pct2", self.text("suffix.own_bands")))
        listed = n.page_one.table.set_index("measure")
        if "sold" in listed.index:
            own_best = listed.loc["sold", "own"]
            line = "" if math.isnan(own_best) else self.text("card.own_best", sold=own_best)
            cards.append(
                view.Card(
                    labels.heading("page_one_sold", self.lang),
                    self.text("card.at_least", sold=listed.loc["sold", "median"]),
                    lines=tuple(filter(None, [line])),
                )
            )
        return cards[:6]

    def health_notes(self) -> list[Note]:
        """What the shown numbers mean and leave out."""
        n = self.numbers
        notes = []
        if n.goods.has_sales:
            window = int(self.given["sold_window_days"])
            notes.append(Note("buckets", self.text("health.buckets")))
            notes.append(
                Note("window", self.text("health.window", days=window), "")
                if window
                else Note("window_unknown", self.text("health.window_unknown"), "attention")
            )
            if n.size.units.low == n.size.units.high:
                notes.append(Note("exact_numbers", self.text("health.exact")))
            if not math.isnan(n.falling.estimate):
                key = "rolling" if n.falling.estimate > FALLING else "cumulative"
                notes.append(Note(key, self.text(f"health.{key}", share=n.falling.estimate)))
        else:
            notes.append(Note("no_sales", self.text("health.no_sales"), "attention"))
        notes.append(Note("coverage", self.text("health.coverage", lines=n.goods.lines)))
        if n.goods.repeats or n.goods.placeholders:
            notes.append(
                Note(
                    "set_aside",
                    self.text("health.set_aside", repeats=n.goods.repeats, placeholders=n.goods.placeholders),
                )
            )
        if n.goods.without_sales and n.goods.has_sales:
            notes.append(Note("without_sales", self.text("health.without_sales", count=n.goods.without_sales)))
        return notes

    def build_section(self, key: str) -> view.Section:
        """One section by key."""
        return sections.build(self, key)
