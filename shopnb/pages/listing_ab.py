"""The page of a main image, title or detail page test: which version, how sure, how much longer (pages.md 2.4)."""

from __future__ import annotations

import datetime as dt
import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import pandas as pd

from shopnb import labels, view
from shopnb.errors import MissingDataError, ParameterError, ShopnbError
from shopnb.findings import Finding
from shopnb.findings.listing_ab import TestSeen, find_listing
from shopnb.metrics import listing_ab as metrics
from shopnb.metrics.listing_brakes import after_click, braked, is_confounded
from shopnb.metrics.listing_changes import ChangeSeen
from shopnb.metrics.listing_disturbed import Dated, Disturbed
from shopnb.metrics.listing_log import Record
from shopnb.metrics.listing_money import Saving, saving
from shopnb.metrics.listing_plan import plan_test
from shopnb.metrics.listing_products import ProductTest, Vote
from shopnb.metrics.listing_states import BY_DAY, DECIDED, LEAST_DAYS, LONGEST, PARTS, Arm, Comparison, Design, State
from shopnb.metrics.listing_tests import SOURCES, Counts, ListingTest, counts_of, list_tests, outcomes_of
from shopnb.metrics.periods import Period
from shopnb.pages import listing_ab_notes as health
from shopnb.pages import listing_ab_others as other_designs
from shopnb.pages import listing_ab_sections as sections
from shopnb.pages.base import Figure, Page
from shopnb.pages.listing_ab_designs import Designs, change_name
from shopnb.pages.listing_ab_numbers import Numbers, gap_range
from shopnb.pages.wording import days_text
from shopnb.shop import Shop
from shopnb.stats import Estimate

ROTATIONS = ("", "equal", "optimised")
LISTED_TESTS = 30  # so many names in the control and in messages
_NOT_CERTAIN = (State.TOO_FEW, State.SAMPLE_RATIO, State.CONFOUNDED, State.NO_COMMON)
_OTHER = {
    "changes": (Design.BEFORE_AFTER, State.CHANGE),
    "products": (Design.PRODUCTS, State.PRODUCTS),
    "votes": (Design.VOTES, State.VOTES),
}
_UNPRICED = Saving(math.nan, math.nan, math.nan, math.nan, "not_click_rate")


class ListingAb(Page):
    """Listing test: an own table, a creative report, one row a user, the change log, a product test, a vote."""

    slug = "listing_ab"
    days_behind = None  # made when somebody looks, not every day
    needs = ()
    needs_any = SOURCES
    uses = ("changes", "items", "campaigns", "item_period", "item_trend", "votes", "peers")
    section_keys = ("verdict", "by_day", "behind_click", "planner", "before_after", "products", "votes", "test_log")

    @classmethod
    def lacking(cls, shop: Shop) -> ShopnbError | None:
        """A table of versions with at least one test in it, or a judged change, a product test or a vote."""
        missing = super().lacking(shop)
        if list_tests(_tables(shop)) or Designs(shop, (), None).others:
            return None
        return missing or MissingDataError("no_test", report=cls.slug, shop=shop.name)

    def choices(self) -> Mapping[str, Sequence[str]]:
        """Language, rotation, and the tests that are there."""
        names = ["", *dict.fromkeys(test.name for test in self.tests[:LISTED_TESTS])]
        given = str(self.given["test"])
        return {**super().choices(), "rotation": ROTATIONS, "test": names if given in names else [*names, given]}

    # Numbers

    @cached_property
    def tests(self) -> list[ListingTest]:
        """All tests of the shop: those of versions, the newest first; product tests, judged changes and votes."""
        return [*list_tests(_tables(self.shop)), *self.designs.others]

    @cached_property
    def designs(self) -> Designs:
        """What the tables say of changes, product tests, votes and past tests."""
        return Designs(self.shop, tuple(self.events), self.day("end_date"))

    @cached_property
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

    @cached_property
    def product_test(self) -> ProductTest | None:
        """The product test that the page is about, else the newest of those named so."""
        test = self.numbers.test
        return self.designs.product_test(test.name) if test.source == "products" else self.designs.products

    @property
    def vote(self) -> Vote | None:
        """The vote that the page is about, else the newest."""
        name = self.numbers.test.name
        return next((one for one in self.designs.votes if one.question == name), next(iter(self.designs.votes), None))

    def _forget(self) -> None:
        super()._forget()
        for name in ("tests", "designs", "record_of_tests", "product_test"):
            self.__dict__.pop(name, None)

    def compute(self) -> Numbers:
        """Choose the test, recognise its design, compare its versions."""
        test = self._test()
        rotation, effect = self.choice("rotation"), float(self.given["min_effect"])
        if not 0 <= effect < 1:
            raise ParameterError("parameter_share", report=self.slug, name="min_effect", found=effect)
        if self.given["planned_days"] < 0:
            raise ParameterError(
                "parameter_positive", report=self.slug, name="planned_days", found=self.given["planned_days"]
            )
        rate = self.margin_rate()
        if test.source in _OTHER:
            design, state = _OTHER[test.source]
            made = Comparison("click_rate", design, state)
            return Numbers(test, made, _UNPRICED, plan_test(made), rate)
        table = self.shop.table(test.source)
        if test.source == "ab_users":
            return self._users(test, outcomes_of(table, test), effect, rate)
        counts = counts_of(table, test, start=self.day("start_date"), end=self.day("end_date"))
        if counts.daily.empty:
            if counts.refused:
                raise MissingDataError("no_true_rows", report=self.slug, test=test.name, rows=_refused_count(counts))
            raise MissingDataError(
                "no_days_in_period",
                report=self.slug,
                start=self.given["start_date"],
                end=self.given["end_date"],
                first=test.first,
                last=test.last,
            )
        return self._daily(test, counts, rotation, effect, rate)

    def _test(self) -> ListingTest:
        given = str(self.given["test"])
        if not given:
            return self.tests[0]
        for test in self.tests:
            if given in (test.name, *test.key):
                return test
        names = [test.name for test in self.tests]
        near = difflib.get_close_matches(given, names, n=1)
        listed = ", ".join(names[:5])
        raise ParameterError("unknown_test", report=self.slug, found=given, known=listed, nearest=(near or names)[0])

    def _metric(self, known: Sequence[str], default: str) -> str:
        """The metric asked for, by its key or its name in the report's language."""
        given = str(self.given["metric"])
        if given == "auto":
            return default
        for key in known:
            if given == key or any(given == self._metric_name(key, lang) for lang in labels.LANGUAGES):
                return key
        raise ParameterError(
            "parameter_choice", report=self.slug, name="metric", found=given, allowed=", ".join(("auto", *known))
        )

    def _control(self, counts: Counts | pd.DataFrame) -> str:
        given = str(self.given["control"])
        daily = counts.daily if isinstance(counts, Counts) else counts
        known = sorted(daily["variant"].unique())
        if given and given not in known:
            raise ParameterError(
                "parameter_choice", report=self.slug, name="control", found=given, allowed=", ".join(known)
            )
        return metrics.current_of(daily, given)

    def _users(self, test: ListingTest, outcomes: pd.DataFrame, effect: float, rate: float) -> Numbers:
        names = list(dict.fromkeys(outcomes["outcome"]))
        if not names:
            raise MissingDataError("no_outcomes", report=self.slug, test=test.name)
        yes_no = [name for name in names if outcomes.loc[outcomes["outcome"] == name, "is_yes_no"].all()]
        metric = self._metric(names, (yes_no or names)[-1])
        control = self._control(outcomes)
        compared = {
            name: metrics.compare_users(outcomes, metric=name, control=control, min_effect=effect) for name in names
        }
        caps = dict(zip(outcomes["outcome"], outcomes["cap"], strict=True))
        plan = plan_test(compared[metric])
        return Numbers(test, compared[metric], _UNPRICED, plan, rate, others=compared, caps=caps)

    def _daily(self, test: ListingTest, counts: Counts, rotation: str, effect: float, rate: float) -> Numbers:
        metric = self._metric(tuple(PARTS), "click_rate")
        design, control = metrics.design_of(counts, rotation), self._control(counts)
        compared = {
            name: metrics.compare_counts(
                counts, metric=name, design=design, control=control, min_effect=effect,
                planned_days=int(self.given["planned_days"]),
            )
            for name in PARTS
        }  # fmt: skip
        made, disturbed = compared[metric], self._disturbed(counts)
        calm = self._calm(made, counts, disturbed)
        if is_confounded(made, disturbed, calm):
            made = replace(made, state=State.CONFOUNDED)
        best = made.best
        behind = {
            name: after_click(counts, name, control, best.variant)
            for name in ("cart_rate", "payment_conversion")
            if best is not None
        }
        if "cart_rate" in behind:
            made = braked(made, compared["cart_rate"], behind["cart_rate"])
        cost = counts.daily["cost"].sum(min_count=1) / max(counts.daily["day"].nunique(), 1)
        return Numbers(
            test,
            made,
            saving(counts, made),
            plan_test(made, cost_per_day=float(cost)),
            rate,
            counts=counts,
            others=compared,
            behind=behind,
            disturbed=disturbed,
            calm=calm,
        )

    def _disturbed(self, counts: Counts) -> Disturbed:
        """Prices and campaigns that changed while the versions ran."""
        if not counts.dated:
            return Disturbed()
        days = counts.daily["day"]
        return self.designs.disturbed(counts.item_ids, days.min(), days.max())

    def _calm(self, made: Comparison, counts: Counts, disturbed: Disturbed) -> Comparison | None:
        """The comparison without the days of shared campaigns; None where too few days are left."""
        if not disturbed.days or made.design not in BY_DAY or not made.arms:
            return None
        left = counts.daily[~counts.daily["day"].isin(disturbed.days)].reset_index(drop=True)
        if made.arms[0].variant not in set(left["variant"]) or left["day"].nunique() < LEAST_DAYS:
            return None
        return metrics.compare_counts(
            replace(counts, daily=left), metric=made.metric, design=made.design, control=made.arms[0].variant,
            min_effect=made.zone,
        )  # fmt: skip

    def disturbed_text(self, found: Dated) -> str:
        """What changed, each with its day."""
        return self.listed([self.text("disturbed", day=day, what=other_designs.kind_text(self, name))
                            for day, name in found])  # fmt: skip

    def period(self) -> tuple[Period | None, Period | None]:
        """First and last day of the rows looked at; nothing is compared with another period."""
        test = self.numbers.test
        if test.source in _OTHER and test.first and test.last:
            return Period(test.first, test.last), None
        return self.numbers.period, None

    def find(self) -> list[Finding]:
        """Findings of the test."""
        n = self.numbers
        if n.test.source in _OTHER:
            return other_designs.findings(self)
        last = n.period.end if n.period else None
        after = n.behind.get("cart_rate", Estimate(math.nan, code="missing_column"))
        return find_listing(TestSeen(n.comparison, n.saving, after, last, self._words()))

    def _words(self) -> dict[str, Any]:
        made = self.numbers.comparison
        best = made.best
        if best is None:
            return {}
        return {
            "winner": best.variant,
            "current": made.arms[0].variant,
            "metric": self.metric_name(),
            "gap_text": self.amount(abs(best.difference.estimate)),
            "zone_text": self.amount(made.zone),
            "cart_text": self._cart_text(),
        }

    def metric_name(self) -> str:
        """The metric as people call it; an outcome of a user table speaks for itself."""
        return self._metric_name(self.numbers.comparison.metric, self.lang)

    def _metric_name(self, metric: str, lang: str) -> str:
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
            "difference": Figure(gap.estimate, unit, gap.low, gap.high, _trials(made), gap.code),
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
        n, made = self.numbers, self.numbers.comparison
        if n.test.source in _OTHER:
            return other_designs.verdict(self)
        values: dict[str, Any] = {"metric": self.metric_name(), "test": n.test.name}
        values["disturbed"] = self.disturbed_text(n.disturbed.own or n.disturbed.shared)
        if made.arms:
            values |= {"variant": made.arms[0].variant, "days": made.days, "fewest": _fewest(made)}
        if made.state is State.NO_COUNTS:
            values["columns"] = self._needed_columns()
        if made.best is None:
            told = self.text(f"design.{self.rotation}") if self.rotation else ""
            key = "undated_told" if made.state is State.UNDATED and told else str(made.state)
            return self.text(f"verdict.{key}", **values, design=told)
        gap = made.best.difference
        values |= self._words() | {
            "range": self.range_text(gap, turned=made.state is State.KEEP),
            "high_text": self.amount(gap.high),
            "risk": max(1 - made.best.chance, 0.01),
            "wait": made.wait_days,
            "longest": LONGEST,
            "p": made.sample_ratio_p,
            "way": self.text("higher" if gap.estimate >= 0 else "lower"),
        }
        if made.state is State.WAIT:
            return self._unfinished(values)
        sentence = self.text(f"verdict.{made.state}", **values)
        if made.state is State.SWITCH:
            money = n.saving
            if money.code:
                return sentence + self.text("verdict.stop")
            ends = labels.format_range(money.low, money.high, "money", self.lang)
            return sentence + self.text("verdict.saves", amount=money.amount, range=ends)
        return sentence

    def listed(self, names: Sequence[str]) -> str:
        """The first few names, and how many there are."""
        return health.listed(self, list(names))

    def _cart_text(self) -> str:
        gap = self.numbers.behind.get("cart_rate", Estimate(math.nan))
        return labels.format_value(abs(gap.estimate), "pp", self.lang).lstrip("+")

    @property
    def rotation(self) -> str:
        """Rotation as the parameter or the table says; "" where nobody does."""
        counts = self.numbers.counts
        return str(self.given["rotation"]) or (counts.rotation if counts else "")

    def _unfinished(self, values: dict[str, Any]) -> str:
        n = self.numbers
        last = n.period.end if n.period else dt.date.min
        until = last + dt.timedelta(days=int(n.comparison.wait_days))
        cost = n.cost_per_day * n.comparison.wait_days
        key = "verdict.wait" if math.isnan(cost) else "verdict.wait_cost"
        return self.text(key, **values, until=until, cost=cost)

    def _needed_columns(self) -> str:
        parts = PARTS[self.numbers.comparison.metric]
        mark = labels.text("common.list_mark", self.lang)
        return mark.join(labels.heading(part, self.lang) for part in parts)

    def cards(self) -> list[view.Card]:
        """Four to six numbers."""
        made = self.numbers.comparison
        if self.numbers.test.source in _OTHER:
            return other_designs.cards(self)
        if not made.arms:
            return []
        shown = [self._arm_card(arm) for arm in made.arms[:4]]
        best = made.best
        if best is None or made.state in (State.UNDATED, State.ONE_DAY):
            return shown
        certain = math.nan if made.state in _NOT_CERTAIN else best.chance
        line = self.text("chance_line", winner=best.variant, current=made.arms[0].variant)
        chance = view.Card(self.text("chance"), self.chance_text(certain), lines=(line,))
        if not made.days:
            return [*shown, chance]
        return [*shown, chance, self._days_card()]

    def _days_card(self) -> view.Card:
        made = self.numbers.comparison
        decided = made.state in DECIDED
        days = 0.0 if decided else made.wait_days
        value = labels.format_value(days, "int", self.lang)
        if made.state is State.HOPELESS:
            value = self.text("days_never", longest=LONGEST)
        line = self.text("days_enough" if decided else "days_so_far", days=made.days)
        return view.Card(self.text("to_go"), value, lines=(line,))

    def chance_text(self, chance: float) -> str:
        """A probability, never written as 0 or 100 %."""
        if math.isnan(chance):
            return labels.MISSING
        return labels.format_value(min(max(chance, 0.01), 0.99), "pct0", self.lang)

    def _arm_card(self, arm: Arm) -> view.Card:
        made = self.numbers.comparison
        kind = "pct2" if made.is_share else "number"
        lines = [self.text(f"trials.{self.trials_kind}", count=arm.trials)]
        direction: view.Direction = ""
        if not arm.enough:
            lines.append(self.text("too_few"))
        elif arm.difference.is_known:
            gap = labels.format_value(arm.difference.estimate, self.kind, self.lang)
            lines.insert(0, self.text("than_current", gap=gap))
            direction = "up" if arm.difference.estimate > 0 else "down"
        tone: view.Tone = ""
        if made.state is State.SWITCH and arm is made.best:
            tone = "good"
        return view.Card(
            label=arm.variant if len(arm.variant) <= 12 else f"{arm.variant[:11]}…",
            suffix=self.text("current") if arm.is_current else "",
            value=labels.format_value(arm.rate.estimate, kind, self.lang),
            lines=tuple(lines),
            direction=direction,
            tone=tone,
        )

    @property
    def trials_kind(self) -> str:
        """What a trial is: impressions, clicks or users."""
        made = self.numbers.comparison
        return "users" if made.design is Design.USERS else PARTS[made.metric][0]

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


def _refused_count(counts: Counts) -> int:
    return sum(len(rows) for rows in counts.refused.values())


def _trials(made: Comparison) -> float:
    return sum(arm.trials for arm in made.arms)


def _fewest(made: Comparison) -> float:
    return min(arm.successes for arm in made.arms)
