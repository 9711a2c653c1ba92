"""The numbers of the listing test page: which test, which metric, which comparison."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from shopnb import labels
from shopnb.derived import PartOf, derived
from shopnb.errors import MissingDataError, ParameterError
from shopnb.metrics import listing_ab as metrics
from shopnb.metrics.listing_brakes import after_click, braked, is_confounded
from shopnb.metrics.listing_disturbed import Disturbed
from shopnb.metrics.listing_effects import Devices, devices_of, trend_of
from shopnb.metrics.listing_money import Natural, Saving, free_search, saving, value_gap
from shopnb.metrics.listing_plan import Plan, plan_test
from shopnb.metrics.listing_states import BY_DAY, GUARDS, LEAST_DAYS, PARTS, Comparison, Design, State
from shopnb.metrics.listing_tests import Counts, ListingTest, counts_of, outcomes_of
from shopnb.metrics.listing_users import compare_users, is_refund
from shopnb.metrics.periods import Period
from shopnb.stats import EffectTrend, Estimate

if TYPE_CHECKING:
    from shopnb.pages.listing_ab import ListingAb

OTHER = {
    "changes": (Design.BEFORE_AFTER, State.CHANGE),
    "products": (Design.PRODUCTS, State.PRODUCTS),
    "votes": (Design.VOTES, State.VOTES),
}
_UNPRICED = Saving(math.nan, math.nan, math.nan, math.nan, "not_click_rate")


class Numbers(PartOf["ListingAb"]):
    """All numbers of the page, each worked out when it is first asked for, from the parameters it reads."""

    # What is compared

    @derived
    def test(self) -> ListingTest:
        """The test that the page is about."""
        return _test(self._whole)

    @property
    def _is_other(self) -> bool:
        """Whether it is a judged change, a product test or a vote: then no versions are compared here."""
        return self.test.source in OTHER

    @property
    def margin_rate(self) -> float:
        """Share of payment left after goods, packing, parcel and platform fees; NaN when nobody typed it."""
        return self._whole.margin_rate()

    @property
    def min_effect(self) -> float:
        """The smallest difference that matters; `parameter_share` for what is none."""
        effect = float(self.given["min_effect"])
        if not 0 <= effect < 1:
            raise ParameterError("parameter_share", report=self._whole.slug, name="min_effect", found=effect)
        return effect

    @property
    def planned_days(self) -> int:
        """Length of the test fixed before it began, 0: none; `parameter_negative` for fewer."""
        days = int(self.given["planned_days"])
        if days < 0:
            raise ParameterError("parameter_negative", report=self._whole.slug, name="planned_days", found=days)
        return days

    @derived
    def _outcomes(self) -> pd.DataFrame | None:
        """One row a user and outcome; None for a table of counts."""
        if self.test.source != "ab_users":
            return None
        outcomes = outcomes_of(self._whole.shop.table("ab_users"), self.test)
        if outcomes.empty:
            raise MissingDataError("no_outcomes", report=self._whole.slug, test=self.test.name)
        return outcomes

    @derived
    def counts(self) -> Counts | None:
        """Counts by version, by day where there are days; None for a table of users and for other designs."""
        page, test = self._whole, self.test
        if self._is_other or test.source == "ab_users":
            return None
        counts = counts_of(page.shop.table(test.source), test, start=page.day("start_date"), end=page.day("end_date"))
        if not counts.daily.empty:
            return counts
        if counts.refused:
            raise MissingDataError("no_true_rows", report=page.slug, test=test.name, rows=_refused_count(counts))
        raise MissingDataError("no_test_days", test=test.name, first=test.first, last=test.last)

    @derived
    def period(self) -> Period | None:
        """First and last day of the rows; None without days."""
        if self.counts is None or not self.counts.dated:
            return None
        days = self.counts.daily["day"].dropna()
        return Period(days.min(), days.max())

    @property
    def cost_per_day(self) -> float:
        """Spend a day of all versions; NaN where the file has none."""
        if self.counts is None:
            return math.nan
        daily = self.counts.daily
        return float(daily["cost"].sum(min_count=1) / max(daily["day"].nunique(), 1))

    @property
    def caps(self) -> dict[str, float]:
        """Where amounts of a user table are capped."""
        found = self._outcomes
        return {} if found is None else dict(zip(found["outcome"], found["cap"], strict=True))

    @derived
    def _metric(self) -> str:
        outcomes = self._outcomes
        if outcomes is None:
            return _metric(self._whole, tuple(PARTS), "click_rate")
        names = list(dict.fromkeys(outcomes["outcome"]))
        chosen_from = [name for name in names if not is_refund(name)] or names
        yes_no = [name for name in chosen_from if outcomes.loc[outcomes["outcome"] == name, "is_yes_no"].all()]
        return _metric(self._whole, chosen_from, (yes_no or chosen_from)[-1])

    @derived
    def _control(self) -> str:
        rows = self._outcomes if self.counts is None else self.counts.daily
        return "" if rows is None else _control(self._whole, rows)

    # What comes of it

    @derived
    def others(self) -> dict[str, Comparison]:
        """The comparison on every metric that the table can give."""
        effect, control = self.min_effect, self._control
        if self._outcomes is not None:
            names = dict.fromkeys(self._outcomes["outcome"])
            return {
                name: compare_users(self._outcomes, metric=name, control=control, min_effect=effect) for name in names
            }
        if self.counts is None:
            return {}
        design, planned = metrics.design_of(self.counts, self._whole.choice("rotation")), self.planned_days
        return {
            name: metrics.compare_counts(
                self.counts, metric=name, design=design, control=control, min_effect=effect, planned_days=planned
            )
            for name in PARTS
        }

    @derived
    def disturbed(self) -> Disturbed:
        """Prices and campaigns that changed while the versions ran."""
        return Disturbed() if self.counts is None else _disturbed(self._whole, self.counts)

    @derived
    def _judged(self) -> tuple[Comparison, Comparison | None]:
        """The comparison on the primary metric before what comes after the click, and the calm one."""
        if self._is_other:
            design, state = OTHER[self.test.source]
            return Comparison("click_rate", design, state), None
        made = self.others[self._metric]
        return (made, None) if self.counts is None else _without_campaigns(made, self.counts, self.disturbed)

    @property
    def calm(self) -> Comparison | None:
        """The comparison without the days of campaigns that all versions met, where enough days are left."""
        return self._judged[1]

    @property
    def _best(self) -> str:
        """The version that the page is about beside the current one; "" for none."""
        best = self._judged[0].best
        return best.variant if best is not None else ""

    @derived
    def behind(self) -> dict[str, Estimate]:
        """Rates after the click, the winner's less the current version's."""
        if self._outcomes is not None:
            return _refunds_of_users(self.others, self._metric)
        if self.counts is None or not self._best:
            return {}
        names = ("cart_rate", "payment_conversion", *GUARDS)
        return {name: after_click(self.counts, name, self._control, self._best) for name in names}

    @derived
    def comparison(self) -> Comparison:
        """The comparison on the primary metric, held back by what comes after the click."""
        made = self._judged[0]
        if self._is_other:
            return made
        return braked(made, self.others["cart_rate"] if self.counts else None, self.behind)

    @derived
    def saving(self) -> Saving:
        """What the winner saves."""
        return _UNPRICED if self.counts is None else saving(self.counts, self.comparison)

    @derived
    def plan(self) -> Plan:
        """How long a next test takes."""
        cost = {} if self.counts is None else {"cost_per_day": self.cost_per_day}
        return plan_test(self.comparison, **cost)

    @derived
    def natural(self) -> Natural | None:
        """Natural exposure of the tested items."""
        if self.counts is None or not self._best or not self.counts.dated:
            return None
        return self._whole.designs.natural(self.counts.item_ids, max(self.counts.daily["day"]))

    @derived
    def free(self) -> Estimate:
        """What the winner brings in free search, from `natural`."""
        if self.counts is None or not self._best:
            return Estimate(math.nan, code="not_click_rate")
        return free_search(self.natural, self.comparison, self.margin_rate)

    @derived
    def value(self) -> Estimate:
        """Margin less spend of 1,000 impressions, winner's less the current version's."""
        if self.counts is None or not self._best:
            return Estimate(math.nan, code="missing_column")
        return value_gap(self.counts, self._control, self._best, margin_rate=self.margin_rate)

    @derived
    def trend(self) -> EffectTrend:
        """How the daily difference moves."""
        if self.counts is None or not self._best:
            return EffectTrend(math.nan, code="too_few_days")
        return trend_of(self.counts, self.comparison.metric, self._control, self._best)

    @derived
    def devices(self) -> Devices:
        """The difference on each device."""
        if self.counts is None or not self._best:
            return Devices()
        return devices_of(self.counts, self.comparison.metric, self._control, self._best)


def _test(page: ListingAb) -> ListingTest:
    given = str(page.given["test"])
    if not given:
        return page.tests[0]
    for test in page.tests:
        if given in (test.name, *test.key):
            return test
    names = [test.name for test in page.tests]
    near = [name for name in names if given in name] or difflib.get_close_matches(given, names, n=1)
    raise ParameterError("unknown_test", report=page.slug, found=given, known=names[:5], nearest=(near or names)[0])


def _metric(page: ListingAb, known: Sequence[str], default: str) -> str:
    """The metric asked for, by its key or its name in the report's language."""
    given = str(page.given["metric"])
    if given == "auto":
        return default
    for key in known:
        if given == key or any(given == page.named_metric(key, lang) for lang in labels.LANGUAGES):
            return key
    raise ParameterError("parameter_choice", report=page.slug, name="metric", found=given, allowed=["auto", *known])


def _control(page: ListingAb, daily: pd.DataFrame) -> str:
    given = str(page.given["control"])
    known = sorted(daily["variant"].unique())
    if given and given not in known:
        raise ParameterError("parameter_choice", report=page.slug, name="control", found=given, allowed=known)
    return metrics.current_of(daily, given)


def _refunds_of_users(compared: dict[str, Comparison], metric: str) -> dict[str, Estimate]:
    """The refund outcome of the best version minus the current one's, where the table has one."""
    best = compared[metric].best
    for name in filter(is_refund, compared):
        arms = compared[name].arms if best is not None and name != metric else ()
        for arm in arms:
            if best is not None and arm.variant == best.variant and not arm.is_current:
                return {"refund_rate": arm.difference}
    return {}


def _without_campaigns(made: Comparison, counts: Counts, disturbed: Disturbed) -> tuple[Comparison, Comparison | None]:
    """The comparison that counts, and the one without the days of shared campaigns.

    Versions that take turns are judged without those days; versions side by side with them.
    """
    calm = _calm(made, counts, disturbed)
    if is_confounded(made, disturbed, calm):
        return replace(made, state=State.CONFOUNDED), calm
    return (calm if calm is not None and made.design is Design.SWITCHBACK else made), calm


def _disturbed(page: ListingAb, counts: Counts) -> Disturbed:
    """Prices and campaigns that changed while the versions ran."""
    if not counts.dated:
        return Disturbed()
    days = counts.daily["day"]
    return page.designs.disturbed(counts.item_ids, days.min(), days.max())


def _calm(made: Comparison, counts: Counts, disturbed: Disturbed) -> Comparison | None:
    """The comparison without the days of shared campaigns; None where too few days are left."""
    if not disturbed.days or made.design not in (*BY_DAY, Design.SWITCHBACK) or not made.arms:
        return None
    left = counts.daily[~counts.daily["day"].isin(disturbed.days)].reset_index(drop=True)
    if made.arms[0].variant not in set(left["variant"]) or left["day"].nunique() < LEAST_DAYS:
        return None
    calm = metrics.compare_counts(
        replace(counts, daily=left), metric=made.metric, design=made.design, control=made.arms[0].variant,
        min_effect=made.zone,
    )  # fmt: skip
    return replace(calm, missing_days=made.missing_days)


def _refused_count(counts: Counts) -> int:
    return sum(len(rows) for rows in counts.refused.values())
