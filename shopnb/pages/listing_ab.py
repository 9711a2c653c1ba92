"""The page of a main image, title or detail page test: which version, how sure, how much longer (pages.md 2.4)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from shopnb import labels, view
from shopnb.derived import derived
from shopnb.errors import MissingDataError, ShopnbError
from shopnb.findings import Finding
from shopnb.findings.listing_ab import TestSeen, find_listing, find_rule
from shopnb.metrics.listing_changes import ChangeSeen
from shopnb.metrics.listing_disturbed import Dated
from shopnb.metrics.listing_log import Record
from shopnb.metrics.listing_products import ProductTest, Vote
from shopnb.metrics.listing_rules import Rule
from shopnb.metrics.listing_states import PARTS, Design, State
from shopnb.metrics.listing_tests import SOURCES, ListingTest, list_tests
from shopnb.metrics.periods import Period
from shopnb.pages import listing_ab_notes as health
from shopnb.pages import listing_ab_others as other_designs
from shopnb.pages import listing_ab_screen as screen
from shopnb.pages import listing_ab_sections as sections
from shopnb.pages.base import Page
from shopnb.pages.listing_ab_behind import line_origin
from shopnb.pages.listing_ab_changes import kind_text
from shopnb.pages.listing_ab_designs import Designs, change_name
from shopnb.pages.listing_ab_numbers import OTHER, Numbers
from shopnb.pages.listing_ab_wording import gap_range
from shopnb.pages.record import Figure
from shopnb.pages.wording import days_text
from shopnb.shop import Shop
from shopnb.stats import Estimate

ROTATIONS = ("", "equal", "optimised")
_ALWAYS_TESTS = ("ab_daily", "ab_users")  # every row of these is of a test
LISTED_TESTS = 30  # so many names in the control and in messages


class ListingAb(Page):
    """Listing test: an own table, a creative report, one row a user, the change log, a product test, a vote."""

    slug = "listing_ab"
    days_behind = None  # made when somebody looks, not every day
    needs = ()
    needs_any = SOURCES
    uses = ("changes", "items", "campaigns", "item_period", "item_trend", "votes", "peers")
    remarks = ("refunds",)
    section_keys = ("verdict", "by_day", "behind_click", "planner", "before_after", "products", "votes", "test_log")

    @classmethod
    def lacking(cls, shop: Shop) -> ShopnbError | None:
        """A table of versions with at least one test in it, or a judged change, a product test or a vote."""
        missing = super().lacking(shop)
        if any(shop.has(table) for table in _ALWAYS_TESTS):
            return None
        if list_tests(_tables(shop)) or Designs(shop, (), None).others:
            return None
        return missing or MissingDataError("no_test", report=cls.slug, shop=shop.name)

    def choices(self) -> Mapping[str, Sequence[str]]:
        """Language, rotation, and the tests that are there."""
        names = ["", *dict.fromkeys(test.name for test in self.tests[:LISTED_TESTS])]
        given = str(self.given["test"])
        return {**super().choices(), "rotation": ROTATIONS, "test": names if given in names else [*names, given]}

    # Numbers

    @derived
    def tests(self) -> list[ListingTest]:
        """All tests of the shop: those of versions, the newest first; product tests, judged changes and votes."""
        return [*list_tests(_tables(self.shop)), *self.designs.others]

    @derived
    def designs(self) -> Designs:
        """What the tables say of changes, product tests, votes and past tests."""
        return Designs(self.shop, tuple(self.calendar), self.day("end_date"))

    @derived
    def record_of_tests(self) -> Record:
        """The shop's finished tests, without the one the page is about."""
        return self.designs.record(self.tests, self.numbers.test.name)

    @property
    def change(self) -> ChangeSeen | None:
        """The change that the page is about; None where it is about something else."""
        name = self.numbers.test.name
        if self.numbers.test.source != "changes":
            return None
        return next(one for one in self.designs.changes if change_name(one) == name)

    @derived
    def product_test(self) -> ProductTest | None:
        """The product test that the page is about, else the newest of those named so."""
        test = self.numbers.test
        return self.designs.product_test(test.name) if test.source == "products" else self.designs.products

    @property
    def vote(self) -> Vote | None:
        """The vote that the page is about, else the newest."""
        name = self.numbers.test.name
        return next((one for one in self.designs.votes if one.question == name), next(iter(self.designs.votes), None))

    @derived
    def rules(self) -> Sequence[Rule]:
        """LT9 to LT11 for the version in use."""
        n = self.numbers
        current = n.comparison.current
        if n.counts is None or current is None:
            return ()
        return self.designs.rules(n.counts, current.variant)

    def disturbed_text(self, found: Dated) -> str:
        """What changed, each with its day."""
        return self.listed([self.text("disturbed", day=day, what=kind_text(self, name))
                            for day, name in found])  # fmt: skip

    def compute(self) -> Numbers:
        """The numbers, each worked out when it is asked for; the test asked for must be there."""
        numbers = Numbers(self)
        _ = numbers.test
        return numbers

    def _check(self) -> None:
        super()._check()
        asked = Numbers(self)
        _ = asked.min_effect, asked.planned_days

    def period(self) -> tuple[Period | None, Period | None]:
        """First and last day of the rows looked at; nothing is compared with another period."""
        test = self.numbers.test
        if test.source in OTHER and test.first and test.last:
            return Period(test.first, test.last), None
        return self.numbers.period, None

    def find(self) -> list[Finding]:
        """Findings of the test."""
        n = self.numbers
        if n.test.source in OTHER:
            return other_designs.findings(self)
        last = n.period.end if n.period else None
        seen = TestSeen(n.comparison, n.saving, n.behind, last, screen.words_of(self), n.free)
        decided = find_listing(seen)
        lead = decided[0].code if decided and n.comparison.state is State.SWITCH else None
        return decided + [find_rule(rule, seen, self._rule_words(rule), lead) for rule in self.rules if rule.is_low]

    def _rule_words(self, rule: Rule) -> dict[str, Any]:
        current = self.numbers.comparison.current
        return {
            "current": current.variant if current else "",
            "metric": self.text(f"metric.{rule.metric}"),
            "origin": line_origin(self, rule),
        }

    def metric_name(self) -> str:
        """The metric as people call it; an outcome of a user table speaks for itself."""
        return self.named_metric(self.numbers.comparison.metric, self.lang)

    def named_metric(self, metric: str, lang: str) -> str:
        """A metric, or an outcome of a user table, in a language."""
        if metric in PARTS:
            return labels.text(f"{self.slug}.metric.{metric}", lang)
        return labels.text(f"{self.slug}.outcome", lang, name=metric)

    @property
    def kind(self) -> str:
        """How a difference of the metric is written."""
        return "pp" if self.numbers.comparison.is_share else "signed"

    def amount(self, value: float) -> str:
        """A size of difference without its sign."""
        return labels.format_value(abs(value), self.kind, self.lang).lstrip("+")

    def range_text(self, estimate: Estimate, *, turned: bool = False) -> str:
        """The ends of a difference; `turned` for how much lower."""
        low, high = (-estimate.high, -estimate.low) if turned else (estimate.low, estimate.high)
        return gap_range(low, high, is_share=self.numbers.comparison.is_share, lang=self.lang)

    def figures(self) -> dict[str, Figure]:
        """Rates of all versions, the difference of the best from the current one, the tests, the days."""
        made = self.numbers.comparison
        unit = "share" if made.is_share else "number"
        shown = {
            f"rate.{arm.variant}": Figure(
                arm.rate.estimate, unit, arm.rate.low, arm.rate.high, arm.trials, arm.rate.code
            )
            for arm in made.arms
        }
        gap = made.best.difference if made.best else Estimate(math.nan, code=str(made.state))
        split = "too_few" if made.design in (Design.EQUAL, Design.USERS, Design.TOTALS) else "not_equal_rotation"
        return {
            **shown,
            "difference": Figure(gap.estimate, unit, gap.low, gap.high, sum(arm.trials for arm in made.arms), gap.code),
            "p_value": Figure(made.p_value, "share", code=None if made.p_value >= 0 else str(made.state)),
            "sample_ratio_p": Figure(made.sample_ratio_p, "share", code=None if made.sample_ratio_p >= 0 else split),
            "days": Figure(float(made.days) if made.days else math.nan, "days", code=None if made.days else "no_days"),
        }

    # First screen

    def period_line(self) -> str:
        """The line under the title."""
        n = self.numbers
        design = self.text(f"design.{n.comparison.design}")
        period, _ = self.period()
        span = days_text(period, self.lang) if period else self.text("no_period")
        return self.text("period", test=n.test.name, versions=n.test.versions, span=span, design=design)

    def quiet(self) -> str:
        """What is said where nothing stands out."""
        return self.text("quiet")

    def verdict(self) -> str:
        """One sentence: what to do, with the main figure."""
        return other_designs.verdict(self) if self.numbers.test.source in OTHER else screen.verdict(self)

    def cards(self) -> list[view.Card]:
        """Four to six numbers."""
        return other_designs.cards(self) if self.numbers.test.source in OTHER else screen.cards(self)

    def listed(self, names: Sequence[str]) -> str:
        """The first few names, and how many there are."""
        return health.listed(self, list(names))

    @property
    def rotation(self) -> str:
        """Rotation as the parameter or the table says; "" where nobody does."""
        counts = self.numbers.counts
        return str(self.given["rotation"]) or (counts.rotation if counts else "")

    def chance_text(self, chance: float) -> str:
        """A probability, never written as 0 or 100 %."""
        if math.isnan(chance):
            return labels.MISSING
        return labels.format_value(min(max(chance, 0.01), 0.99), "pct0", self.lang)

    @property
    def trials_kind(self) -> str:
        """What a trial is: impressions, clicks or users."""
        made = self.numbers.comparison
        return "users" if made.design is Design.USERS else PARTS[made.metric][0]

    @property
    def successes_kind(self) -> str:
        """What a success is: clicks, carts …, or users with the outcome."""
        made = self.numbers.comparison
        if made.design is Design.USERS:
            return "outcome_users" if made.is_share else "outcome_total"
        return PARTS[made.metric][1]

    def health_notes(self) -> list[view.Note]:
        """What was set aside, what is missing, how the versions were compared."""
        return health.notes(self)

    def build_section(self, key: str) -> view.Section:
        """One section by key."""
        if key in other_designs.BUILDERS:
            return other_designs.build(self, key)
        return sections.build(self, key)


def _tables(shop: Shop) -> dict[str, Any]:
    return {name: shop.table(name) for name in SOURCES if shop.has(name)}
