"""Where visitors come from and which source to grow: mix or rate, the source matrix, free search (pages.md 2.3)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from shopnb import labels, sources, view
from shopnb.derived import derived
from shopnb.errors import ParameterError
from shopnb.findings import Finding
from shopnb.findings.traffic import Seen, find_traffic
from shopnb.metrics import traffic
from shopnb.metrics.periods import Period
from shopnb.pages import traffic_sources_cards, traffic_sources_sections
from shopnb.pages.base import Page
from shopnb.pages.record import Figure
from shopnb.pages.traffic_sources_health import health
from shopnb.pages.traffic_sources_numbers import Numbers
from shopnb.pages.traffic_sources_words import chosen


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

    @derived
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
        """The numbers, each worked out when it is asked for; what was asked of periods and sources is checked."""
        numbers = Numbers(self)
        _ = numbers.choice
        for asked in self.given["sources"]:
            if not chosen(self, numbers.wide, [asked]).any():
                allowed = [*numbers.wide["label"]]
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
            mix=n.mix if n.both_enough else None,
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
        visitors = n.now.visitors or math.nan
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
            "cost_per_visitor": Figure(n.spending.total / visitors, "CNY", n=n.now.visitors, code="no_ad_report"),
            "visitor_value": Figure(n.now.paid_amount / visitors, "CNY", n=n.now.visitors, code="no_payment"),
            "break_even": Figure(n.worth.break_even, "ratio", code="no_margin_rate"),
        }
        for way in ("payment", "order"):
            code = "too_few" if n.way == way else "missing_column"
            shown[f"{way}_conversion"] = (
                Figure(rate.estimate, "share", rate.low, rate.high, n.now.visitors)
                if known and n.way == way
                else Figure(math.nan, "share", n=n.now.visitors, code=code)
            )
        shown |= self._split_figures()
        return {name: figure if math.isnan(figure.value) else _plain(figure) for name, figure in shown.items()}

    def _split_figures(self) -> dict[str, Figure]:
        """The exact splits of conversion and of payment a visitor."""
        n: Numbers = self.numbers
        none = Figure(math.nan, "share", code=self._why())
        shown = dict.fromkeys(("change", "mix_effect", "rate_effect"), none)
        if n.mix is not None and not n.mix.code:
            parts = zip(shown, (n.mix.change, n.mix.mix, n.mix.rate), strict=True)
            shown = {name: Figure(part.estimate, "share", part.low, part.high) for name, part in parts}
        names = ("value_change", "value_mix_effect", "value_conversion_effect", "value_spend_effect")
        if n.value is None:
            return shown | dict.fromkeys(names, Figure(math.nan, "CNY", code=self._why()))
        ranged = (n.value.split.change, n.value.split.mix, n.value.conversion, n.value.spend)
        return shown | {
            name: Figure(part.estimate, "CNY", part.low, part.high) for name, part in zip(names, ranged, strict=True)
        }

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
        if not n.now.visitors > 0:
            return self.text("verdict.no_visitors")
        top = n.wide.iloc[0]
        alone = {"visitors": n.now.visitors, "source": top["label"], "share": top["visitors"] / n.now.visitors}
        if n.before is None:
            return self.text(f"verdict.{n.choice.reason}", **alone)
        if not n.before.visitors > 0:
            return self.text("verdict.no_visitors_before", **alone)
        moved = {"visitors": n.now.visitors, "change": n.now.visitors / n.before.visitors - 1}
        if n.mix is None or n.mix.code:
            return self.text("verdict.no_rate", **moved)
        if not n.both_enough:
            return self.text("verdict.too_few", **moved, buyers=n.now.buyers)
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
            calm = not self.found and self.numbers.rate_state == "noise" and not self.numbers.came_or_went
            return self.text("verdict.nothing") if calm else ""
        return self.text("verdict.first", object=labels.text("common.list_mark", self.lang).join(objects[:2]))

    def cards(self) -> list[view.Card]:
        """Four to six numbers."""
        return traffic_sources_cards.cards(self)

    def quiet(self) -> str:
        """What is said where nothing stands out."""
        n: Numbers = self.numbers
        if n.before is None or not n.way:
            return self.text("quiet_unknown")
        if not n.both_enough:
            return self.text("quiet_small", visitors=n.now.visitors, buyers=n.now.buyers)
        if n.came_or_went:
            return self.text("quiet_changed")
        return self.text("quiet", sources=len(n.sources))

    def health_notes(self) -> list[view.Note]:
        """What may mislead: overlap, open attribution, renames, another rule, derived buyers, missing files."""
        return health(self)

    def build_section(self, key: str) -> view.Section:
        """One section by key."""
        return traffic_sources_sections.build(self, key)


def _plain(figure: Figure) -> Figure:
    """A known number needs no code."""
    return Figure(figure.value, figure.unit, figure.low, figure.high, figure.n)
