"""The numbers of the listing test page for one set of parameters: which test, which metric, which comparison."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from shopnb import labels
from shopnb.errors import MissingDataError, ParameterError
from shopnb.metrics import listing_ab as metrics
from shopnb.metrics.listing_brakes import after_click, braked, is_confounded
from shopnb.metrics.listing_disturbed import Disturbed
from shopnb.metrics.listing_effects import devices_of, trend_of
from shopnb.metrics.listing_money import Saving, free_search, saving, value_gap
from shopnb.metrics.listing_plan import plan_test
from shopnb.metrics.listing_states import BY_DAY, GUARDS, LEAST_DAYS, PARTS, Comparison, Design, State
from shopnb.metrics.listing_tests import Counts, ListingTest, counts_of, outcomes_of
from shopnb.metrics.listing_users import compare_users, is_refund
from shopnb.pages.listing_ab_numbers import Numbers
from shopnb.stats import Estimate

if TYPE_CHECKING:
    from shopnb.pages.listing_ab import ListingAb

OTHER = {
    "changes": (Design.BEFORE_AFTER, State.CHANGE),
    "products": (Design.PRODUCTS, State.PRODUCTS),
    "votes": (Design.VOTES, State.VOTES),
}
_UNPRICED = Saving(math.nan, math.nan, math.nan, math.nan, "not_click_rate")


def compute(page: ListingAb) -> Numbers:
    """Choose the test, recognise its design, compare its versions."""
    test = _test(page)
    rotation, effect = page.choice("rotation"), float(page.given["min_effect"])
    if not 0 <= effect < 1:
        raise ParameterError("parameter_share", report=page.slug, name="min_effect", found=effect)
    if page.given["planned_days"] < 0:
        raise ParameterError(
            "parameter_negative", report=page.slug, name="planned_days", found=page.given["planned_days"]
        )
    rate = page.margin_rate()
    if test.source in OTHER:
        design, state = OTHER[test.source]
        made = Comparison("click_rate", design, state)
        return Numbers(test, made, _UNPRICED, plan_test(made), rate)
    table = page.shop.table(test.source)
    if test.source == "ab_users":
        return _users(page, test, outcomes_of(table, test), effect, rate)
    counts = counts_of(table, test, start=page.day("start_date"), end=page.day("end_date"))
    if counts.daily.empty:
        if counts.refused:
            raise MissingDataError("no_true_rows", report=page.slug, test=test.name, rows=_refused_count(counts))
        raise MissingDataError("no_test_days", test=test.name, first=test.first, last=test.last)
    return _daily(page, test, counts, rotation, effect, rate)


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


def _control(page: ListingAb, counts: Counts | pd.DataFrame) -> str:
    given = str(page.given["control"])
    daily = counts.daily if isinstance(counts, Counts) else counts
    known = sorted(daily["variant"].unique())
    if given and given not in known:
        raise ParameterError("parameter_choice", report=page.slug, name="control", found=given, allowed=known)
    return metrics.current_of(daily, given)


def _users(page: ListingAb, test: ListingTest, outcomes: pd.DataFrame, effect: float, rate: float) -> Numbers:
    names = list(dict.fromkeys(outcomes["outcome"]))
    if not names:
        raise MissingDataError("no_outcomes", report=page.slug, test=test.name)
    chosen_from = [name for name in names if not is_refund(name)] or names
    yes_no = [name for name in chosen_from if outcomes.loc[outcomes["outcome"] == name, "is_yes_no"].all()]
    metric = _metric(page, chosen_from, (yes_no or chosen_from)[-1])
    control = _control(page, outcomes)
    compared = {name: compare_users(outcomes, metric=name, control=control, min_effect=effect) for name in names}
    behind = _refunds_of_users(compared, metric)
    made = braked(compared[metric], None, behind)
    caps = dict(zip(outcomes["outcome"], outcomes["cap"], strict=True))
    return Numbers(test, made, _UNPRICED, plan_test(made), rate, others=compared, caps=caps, behind=behind)


def _refunds_of_users(compared: dict[str, Comparison], metric: str) -> dict[str, Estimate]:
    """The refund outcome of the best version minus the current one's, where the table has one."""
    best = compared[metric].best
    for name in filter(is_refund, compared):
        arms = compared[name].arms if best is not None and name != metric else ()
        for arm in arms:
            if best is not None and arm.variant == best.variant and not arm.is_current:
                return {"refund_rate": arm.difference}
    return {}


def _daily(page: ListingAb, test: ListingTest, counts: Counts, rotation: str, effect: float, rate: float) -> Numbers:
    metric = _metric(page, tuple(PARTS), "click_rate")
    design, control = metrics.design_of(counts, rotation), _control(page, counts)
    compared = {
        name: metrics.compare_counts(
            counts, metric=name, design=design, control=control, min_effect=effect,
            planned_days=int(page.given["planned_days"]),
        )
        for name in PARTS
    }  # fmt: skip
    disturbed = _disturbed(page, counts)
    made, calm = _without_campaigns(compared[metric], counts, disturbed)
    best = made.best
    behind = {
        name: after_click(counts, name, control, best.variant)
        for name in ("cart_rate", "payment_conversion", *GUARDS)
        if best is not None
    }
    made = braked(made, compared["cart_rate"], behind)
    cost = counts.daily["cost"].sum(min_count=1) / max(counts.daily["day"].nunique(), 1)
    found = Numbers(
        test, made, saving(counts, made), plan_test(made, cost_per_day=float(cost)), rate, counts=counts,
        others=compared, behind=behind, disturbed=disturbed, calm=calm,
    )  # fmt: skip
    return found if best is None else _of_best(page, found, counts, control, best.variant)


def _of_best(page: ListingAb, found: Numbers, counts: Counts, control: str, best: str) -> Numbers:
    """With what is read of the best version beside the current one: free search, value, trend, devices."""
    made, rate = found.comparison, found.margin_rate
    natural = page.designs.natural(counts.item_ids, max(counts.daily["day"])) if counts.dated else None
    return replace(
        found,
        natural=natural,
        free=free_search(natural, made, rate),
        value=value_gap(counts, control, best, margin_rate=rate),
        trend=trend_of(counts, made.metric, control, best),
        devices=devices_of(counts, made.metric, control, best),
    )


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
