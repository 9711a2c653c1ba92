"""Where visitors come from and which source to grow: mix or rate, the source matrix, free search (pages.md 2.3)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from shopnb import labels, sources, view
from shopnb.errors import ParameterError
from shopnb.findings import Finding
from shopnb.findings.traffic import Seen, find_traffic
from shopnb.metrics import traffic
from shopnb.metrics.periods import Period
from shopnb.pages import traffic_sources_numbers, traffic_sources_sections
from shopnb.pages.base import Figure, Page
from shopnb.pages.shop_overview_numbers import change_text
from shopnb.pages.traffic_sources_numbers import Numbers
from shopnb.stats import Estimate


class TrafficSources(Page):
    """Traffic sources of one export, against the one before it where both were made under one rule."""

    slug = "traffic_sources"
    days_behind = 7  # exported once a week
    needs = ("traffic_period",)
    uses = ("ad_daily", "shop_daily", "item_period", "traffic_detail", "source_groups", "peers", "campaigns", "items")
    notes_shown = 4
    section_keys = ("who_came", "mix_rate", "matrix", "free_search", "words", "lift", "landing", "what_if")

    def choices(self) -> Mapping[str, Sequence[str]]:
        """Language, the rules that the exports were made under, and the sources they name."""
        rules, named = self._offered
        return {**super().choices(), "rule": rules, "sources": named}

    @cached_property
    def _offered(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if not self.shop.has("traffic_period"):
            return ("",), ()
        table = self.shop.table("traffic_period")
        found = table.select(*traffic.LEVELS).distinct().to_pandas().fillna("")
        leaves = {next(part for part in reversed(path) if part) for path in found.to_numpy().tolist() if any(path)}
        rules = {one.rule for one in traffic.slices(table)}
        return tuple(sorted({"", *rules})), tuple(sorted({sources.plain_name(leaf) for leaf in leaves}))

    # Numbers

    def compute(self) -> Numbers:
        """Read the exports that fit and price the sources."""
        numbers = traffic_sources_numbers.compute(self)
        for asked in self.given["sources"]:
            if not traffic_sources_sections.chosen(self, numbers.wide, [asked]).any():
                allowed = ", ".join(numbers.wide["label"])
                raise ParameterError("parameter_choice", report=self.slug, name="sources", found=asked, allowed=allowed)
        return numbers

    def period(self) -> tuple[Period | None, Period | None]:
        """The period of the export and the one compared with."""
        return self.numbers.period, self.numbers.compare

    def find(self) -> list[Finding]:
        """Findings from the sources, where the export has days."""
        n: Numbers = self.numbers
        if n.period is None or not n.way:
            return []
        seen = Seen(
            sources=n.sources[n.sources["source"] != traffic.POOLED],
            trunks=n.trunks,
            now=n.now,
            before=n.before,
            mix=n.mix,
            days=n.period.days,
            end=n.period.end,
            basis=n.basis,
            break_even=n.worth.break_even,
            returns=n.spending.returns,
            window_open=n.window_open,
            one_is_festive=n.one_is_festive,
            items=n.items,
            item_names={item.item_id: self.item_name(item.item_id, item.title) for item in n.items},
        )
        return find_traffic(seen)

    def figures(self) -> dict[str, Figure]:
        """Sums over sources, conversion, the exact split, shares."""
        n: Numbers = self.numbers
        rate = n.now.conversion
        known = n.now.enough and bool(n.way)
        shown = {
            "source_visitors": Figure(n.now.visitors, "count", code="missing_column"),
            "distinct_visitors": Figure(n.reach.distinct, "count", code="no_distinct_visitors"),
            "visitor_days": Figure(n.reach.visitor_days, "count", code="no_daily_report"),
            "overlap": Figure(
                n.now.visitors / n.reach.distinct if n.reach.distinct else math.nan,
                "ratio",
                code="no_distinct_visitors",
            ),
            "paid_share": Figure(n.now.paid_share, "share", n=n.now.visitors, code="zero_denominator"),
            "free_search_share": Figure(n.search_share(), "share", n=n.reach.base, code="no_shop_visitors"),
            "margin_per_visitor": Figure(n.margin_per_visitor(), "CNY", n=n.now.visitors, code="no_margin_or_cost"),
            "ad_cost": Figure(n.spending.total, "CNY", code="no_ad_report"),
            "return_on_spend": Figure(n.spending.whole_return, "ratio", code="no_ad_report"),
            "break_even": Figure(n.worth.break_even, "ratio", code="no_margin_rate"),
        }
        for way in ("payment", "order"):
            code = "too_few" if n.way == way else "missing_column"
            shown[f"{way}_conversion"] = (
                Figure(rate.estimate, "share", rate.low, rate.high, n.now.visitors)
                if known and n.way == way
                else Figure(math.nan, "share", n=n.now.visitors, code=code)
            )
        split: dict[str, Estimate | None] = dict.fromkeys(("change", "mix_effect", "rate_effect"))
        if n.mix is not None and not n.mix.code:
            split = {"change": n.mix.change, "mix_effect": n.mix.mix, "rate_effect": n.mix.rate}
        for name, part in split.items():
            shown[name] = (
                Figure(part.estimate, "share", part.low, part.high)
                if part
                else Figure(math.nan, "share", code=self._why())
            )
        return {name: figure if math.isnan(figure.value) else _plain(figure) for name, figure in shown.items()}

    def _why(self) -> str:
        """Why there is no comparison."""
        return self.numbers.choice.reason or "missing_column"

    # First screen

    def rule_name(self, rule: str) -> str:
        """归属原则 as printed, or that the file does not say."""
        return rule or self.text("rule_unknown")

    def period_line(self) -> str:
        """The line under the title."""
        n: Numbers = self.numbers
        if n.period is None:
            return self.text("period_undated", rule=self.rule_name(n.choice.now.rule))
        values = {"now": self.span(n.period), "rule": self.rule_name(n.choice.now.rule)}
        if n.compare is None:
            return self.text("period_alone", **values)
        return self.text("period", **values, compare=self.span(n.compare))

    def verdict(self) -> str:
        """One sentence with one main figure."""
        n: Numbers = self.numbers
        top = n.wide.iloc[0] if len(n.wide) else None
        alone = {
            "visitors": n.now.visitors,
            "source": "" if top is None else top["label"],
            "share": math.nan if top is None else top["visitors"] / n.now.visitors,
        }
        if n.before is None:
            return self.text(f"verdict.{n.choice.reason}", **alone)
        if n.mix is None or n.mix.code:
            return self.text("verdict.no_rate", **alone, change=n.now.visitors / n.before.visitors - 1)
        change, mix, rate = n.mix.change, n.mix.mix.estimate, n.mix.rate
        values = {"change": change.estimate, "mix": mix, "rate": rate.estimate, "now": n.now.conversion.estimate}
        way = "less" if rate.estimate < 0 else "more"
        changed = "mix_only" if not change.low <= 0 <= change.high else "level"
        key = {"real": f"both_{way}", "likely": f"likely_{way}", "noise": changed}[n.rate_state]
        if n.mix.is_reversed and n.rate_state != "noise":
            key = "reversed"
        return (self.text(f"verdict.{key}", **values) + self._first_step()).strip()

    def _first_step(self) -> str:
        """What to move first: the objects of the two leading findings that ask for a change."""
        moving = ("source_loses", "source_rate_fell", "rate_fell_by_item")
        lead = {one.code: one for one in reversed(self.found) if one.is_sure and one.code in moving}
        objects = [str(one.values.get("item") or one.values["source"]) for one in self.found if one in lead.values()]
        if not objects:
            return "" if self.found or self.numbers.rate_state != "noise" else self.text("verdict.nothing")
        return self.text("verdict.first", object=labels.text("common.list_mark", self.lang).join(objects[:2]))

    def cards(self) -> list[view.Card]:
        """Four to six numbers."""
        n: Numbers = self.numbers
        before = n.before
        visits = [self._change(n.now.visitors, before.visitors if before else math.nan, "int")]
        if n.reach.kind:
            visits.append(self.text(f"card.{n.reach.kind}", visitors=n.reach.base))
        cards = [
            self._card("visits", n.now.visitors, before.visitors if before else math.nan, "int", lines=visits),
            self._rate_card(),
        ]
        if n.reach.kind:
            cards.append(
                self._card("search_share", n.search_share(), n.search_share("_before"), "pct", suffix=n.reach.kind)
            )
        if not math.isnan(n.now.paid_share):
            cards.append(self._card("paid_share", n.now.paid_share, before.paid_share if before else math.nan, "pct"))
        if math.isnan(n.margin_per_visitor()):
            cards += self._plain_cards()
        else:
            now, was = n.margin_per_visitor(), n.margin_per_visitor("_before")
            cards.append(self._card("margin_per_visitor", now, was, "money2", tone="attention" if now < 0 else ""))
        if not math.isnan(n.spending.whole_return):
            cards.append(self._return_card())
        return cards

    def _change(self, now: float, before: float, kind: str) -> str:
        return (
            ""
            if math.isnan(before)
            else self.text("card.than_before", change=change_text(now, before, kind, self.lang))
        )

    def _card(
        self, name: str, now: float, before: float, kind: str, *, suffix: str = "", tone: view.Tone = "",
        lines: Sequence[str] = (),
    ) -> view.Card:  # fmt: skip
        was = "" if math.isnan(before) else self.text("card.before", value=labels.format_value(before, kind, self.lang))
        level = math.isnan(before) or math.isnan(now) or math.isclose(now, before, rel_tol=1e-6)
        return view.Card(
            label=self.text(f"card.label.{name}"),
            value=labels.format_value(now, kind, self.lang),
            suffix=self.text(f"card.suffix.{suffix or name}") if self.has_text(f"card.suffix.{suffix or name}") else "",
            lines=tuple(line for line in (lines or (was,)) if line),
            direction="" if level else "up" if now > before else "down",
            tone=tone,
        )

    def _rate_card(self) -> view.Card:
        n: Numbers = self.numbers
        name = "order_conversion" if n.way == "order" else "payment_conversion"
        if not n.way or not n.now.enough:
            why = (
                self.text("too_few", visitors=n.now.visitors, buyers=n.now.buyers)
                if n.way
                else self.text("card.no_rate")
            )
            return view.Card(self.text(f"card.label.{name}"), labels.MISSING, lines=(why,))
        rate = n.now.conversion
        lines = [self.text("card.range", range=labels.format_range(rate.low, rate.high, "pct2", self.lang))]
        before = n.before.conversion.estimate if n.before and n.before.enough else math.nan
        if line := self._change(rate.estimate, before, "pct2"):
            lines.insert(0, line)
        tone: view.Tone = ""
        if n.mix is not None and n.rate_state == "real":
            tone = "good" if n.mix.rate.estimate > 0 else "attention"
        return self._card(name, rate.estimate, before, "pct2", tone=tone, lines=lines)

    def _plain_cards(self) -> list[view.Card]:
        """Without margin and costs: the largest source's share, and payment a visitor where the export has payment."""
        n: Numbers = self.numbers
        top = n.wide.iloc[0]
        was = float(top["visitors_before"]) / n.before.visitors if n.before and n.before.visitors else math.nan
        lead = self._card("top_share", float(top["visitors"]) / n.now.visitors, was, "pct")
        cards = [replace(lead, lines=(str(top["label"]), *lead.lines))]
        if not math.isnan(n.now.paid_amount):
            earlier = n.before.paid_amount / n.before.visitors if n.before and n.before.visitors else math.nan
            cards.append(self._card("visitor_value", n.now.paid_amount / n.now.visitors, earlier, "money2"))
        return cards

    def _return_card(self) -> view.Card:
        n: Numbers = self.numbers
        now, before = n.spending.whole_return, n.spending_before.whole_return
        lines = (
            []
            if math.isnan(before)
            else [self.text("card.before", value=labels.format_value(before, "ratio", self.lang))]
        )
        if not math.isnan(n.worth.break_even):
            lines.append(self.text("card.break_even", value=n.worth.break_even))
        tone: view.Tone = "attention" if now < n.worth.break_even else ""
        return self._card("return_on_spend", now, before, "ratio", tone=tone, lines=lines)

    def quiet(self) -> str:
        """What is said where nothing stands out."""
        n: Numbers = self.numbers
        if n.before is None or not n.way:
            return self.text("quiet_unknown")
        return self.text("quiet", sources=len(n.sources))

    def health_notes(self) -> list[view.Note]:
        """What may mislead: overlap, open attribution, renames, another rule, derived buyers, missing files."""
        return traffic_sources_sections.health(self)

    def build_section(self, key: str) -> view.Section:
        """One section by key."""
        return traffic_sources_sections.build(self, key)


def _plain(figure: Figure) -> Figure:
    """A known number needs no code."""
    return Figure(figure.value, figure.unit, figure.low, figure.high, figure.n)
