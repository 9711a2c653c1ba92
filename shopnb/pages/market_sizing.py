"""How large a market is, where money and goods do not match, who holds it, what page one asks (pages.md 2.2)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from shopnb import labels, view
from shopnb.findings import Finding
from shopnb.findings.market import HIT, LEAST_GOODS, MarketBasis, Positions, find_market
from shopnb.metrics import market
from shopnb.metrics.periods import Period
from shopnb.pages import market_sizing_cards as cards
from shopnb.pages import market_sizing_sections as sections
from shopnb.pages.base import Page
from shopnb.pages.market_sizing_numbers import Numbers
from shopnb.pages.record import Figure
from shopnb.stats import Estimate
from shopnb.view import Note


class MarketSizing(Page):
    """Market sizing from search listings."""

    slug = "market_sizing"
    days_behind = None  # made when somebody looks, not every day
    needs = ("listing",)
    uses = ("items", "competitors", "market_index", "shop_daily", "item_period")
    section_keys = (
        "size", "bands", "concentration", "attributes", "page_one", "reach", "rivals", "season", "categories",
    )  # fmt: skip

    def choices(self) -> Mapping[str, Sequence[str]]:
        """Language, and the searches that were imported."""
        queries = market.snapshots(self.shop.table("listing"))["query"].drop_duplicates()
        return {**super().choices(), "query": ["", *queries]}

    def compute(self) -> Numbers:
        """The numbers, each worked out when it is asked for; the search asked for must be there."""
        numbers = Numbers(self)
        _ = numbers.query
        return numbers

    def _check(self) -> None:
        super()._check()
        asked = Numbers(self)
        _ = asked.factor, asked.edges, asked.assumed

    def _basis(self) -> MarketBasis:
        costs = self.numbers.costs
        if math.isnan(costs.margin_rate):
            return MarketBasis("payment", 1.0)
        return MarketBasis("margin", costs.margin_rate * (1 - costs.refund_rate))

    def period(self) -> tuple[Period | None, Period | None]:
        """The day of the snapshot; a listing without a day has no period."""
        day = self.numbers.snapshot_on
        return (Period(day, day) if day else None), None

    def find(self) -> list[Finding]:
        """Where to stand: band, price, attribute, category; what to keep out of; when to order."""
        n = self.numbers
        places = Positions(
            bands=n.bands, held=n.held, words=n.words, words_in_band=n.words_in_band,
            own_prices=tuple(self._own_prices()), choice=n.choice, query=n.query, year=n.year,
        )  # fmt: skip
        return find_market(places, basis=self._basis(), today=n.snapshot_on)

    def _own_prices(self) -> list[float]:
        frame = self.numbers.goods.frame
        return sorted(frame.loc[frame["shop_name"] == self.numbers.own_shop, "price"].dropna())

    def figures(self) -> dict[str, Figure]:
        """Size, growth, concentration, own share, page one, reach."""
        n = self.numbers
        currency = self.shop.settings.currency
        monthly = f"{currency}/30d"
        listed = n.page_one.table.set_index("measure")["median"]
        money, steps = n.size.money, n.reach.steps.set_index("step")

        def known(value: Estimate, unit: str, count: float | None = None) -> Figure:
            return Figure(value.estimate, unit, value.low, value.high, count, value.code)

        margin = steps.loc["margin"]
        return {
            "market_units": known(n.size.units, "count/30d", n.size.units.listings),
            "market_money": known(money, monthly, money.listings),
            "shown_money": Figure(n.size.shown_money, monthly, n=money.listings, code="no_sales"),
            "market_money_beyond": known(n.size.beyond, monthly),
            "growth": known(n.growth.growth, "share", n.growth.matched),
            "cr4": known(n.held.leaders[4], "share", len(n.held.shops)),
            "cr8": known(n.held.leaders[8], "share", len(n.held.shops)),
            "cr20": known(n.held.leaders[20], "share", len(n.held.shops)),
            "hhi": known(n.held.hhi, "index"),
            "gini": known(n.held.gini, "index"),
            "brand_cr4": known(n.held_by_brand.leaders[4], "share"),
            "own_share": known(n.bands.own_share, "share"),
            "goods": Figure(len(n.goods.frame), "count", n=n.goods.lines),
            "page_one_price": Figure(float(listed.get("price", math.nan)), currency, code="no_price"),
            "page_one_sold": Figure(float(listed.get("sold", math.nan)), "count", code="no_sales"),
            "reach_margin": Figure(margin["best"], monthly, margin["low"], margin["high"], code=self._reach_code()),
            "break_even_units": known(n.reach.break_even_units, "count/30d"),
        }

    def _reach_code(self) -> str:
        n = self.numbers
        if n.reach.code:
            return str(n.reach.code)
        return "no_share" if n.reach.share_from == "none" else "no_margin"

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

    def sold(self, low: float) -> str:
        """The low end of shown sales: "from" it where goods show it as a step, itself where they show a number."""
        goods = self.numbers.goods.frame.dropna(subset=["sold_low"])
        shown = goods[goods["sold_low"] == goods["sold_low"][goods["sold_low"] <= low].max()]
        is_exact = bool((shown["sold_low"] == shown["sold_high"]).all())
        return self.text("card.exactly" if is_exact else "card.at_least", sold=round(low))

    def window_ending(self) -> str:
        """Ending of the labels that must say 30 days while nobody has answered which days the shown sales cover."""
        return "" if self.given["sold_window_days"] else "_30_days"

    def quiet(self) -> str:
        """What is said where nothing stands out."""
        n = self.numbers
        if n.goods.has_sales:
            return self.text("quiet" if n.size.money.is_known else "quiet_unknown")
        return self.text("quiet_no_sales" if len(n.goods.frame) else "quiet_nothing")

    def verdict(self) -> str:
        """One sentence with one main figure."""
        n, money = self.numbers, self.numbers.size.money
        if math.isnan(money.estimate):
            if n.goods.frame.empty:
                return self.text("verdict.nothing", lines=n.goods.lines)
            return self.text(
                "verdict.supply_only" if not n.goods.has_sales else "verdict.unknown", goods=len(n.goods.frame)
            )
        exact = "_exact" if money.low == money.high else ""
        key = f"verdict.size{exact}{self.window_ending()}"
        sentence = self.text(key, money=money.estimate, low=money.low, high=money.high)
        band, leads = self.best_band(), "" if self.given["sold_window_days"] else "shares."
        if band is None:
            four = self.numbers.held.leaders[4].estimate
            alone = "_alone" if leads and math.isnan(four) else ""
            said = self.text(f"verdict.{leads}no_band{alone}", four=four)
        else:
            one_good = band["ratio_rest"] < HIT * band["ratio"]
            said = self.text(
                f"verdict.{leads}band{'_rest' if one_good else ''}",
                band=self.band_name(band["low"], band["high"]),
                ratio=float(band["ratio"]),
                rest=float(band["ratio_rest"]),
                goods=float(band["goods_share"]),
                share=float(band["money_share"]),
            )
        return self.text("verdict.shares_first" if leads else "verdict.size_first", size=sentence, said=said)

    def cards(self) -> list[view.Card]:
        """Four to six numbers."""
        return cards.cards(self)

    def health_notes(self) -> list[Note]:
        """What the shown numbers mean and leave out."""
        n = self.numbers
        notes = []
        if n.goods.has_sales:
            window = int(self.given["sold_window_days"])
            if n.size.units.low != n.size.units.high:
                notes.append(Note("buckets", self.text("health.buckets")))
            notes.append(
                Note("window", self.text("health.window", days=window), "")
                if window
                else Note("window_unknown", self.text("health.window_unknown"), "attention")
            )
            if n.size.units.low == n.size.units.high:
                notes.append(Note("exact_numbers", self.text("health.exact")))
            falling = n.falling if n.falling.is_known else n.growth.falling
            if falling.is_known:
                kind = market.kind_of(falling)
                notes.append(Note(kind, self.text(f"health.{kind}", share=falling.estimate)))
        elif len(n.goods.frame):
            notes.append(Note("no_sales", self.text("health.no_sales"), "attention"))
        if len(n.goods.frame) < LEAST_GOODS:
            notes.append(Note("few_goods", self.text("health.few_goods", count=len(n.goods.frame)), "attention"))
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
