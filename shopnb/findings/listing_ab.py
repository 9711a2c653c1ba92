"""Rules of a listing test: what to do with the versions, whether the click is honest, whether the split is sound.

Domain catalogue, section 3: LT9 (image by click rate), LT10 (detail page by carts), LT11 (product), LT12 (looks).
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from typing import Any

from shopnb.findings import Finding
from shopnb.metrics.listing_changes import JUDGED_BY, ChangeSeen, ChangeState
from shopnb.metrics.listing_money import Saving
from shopnb.metrics.listing_products import Product, ProductTest
from shopnb.metrics.listing_rules import Rule
from shopnb.metrics.listing_states import Arm, Comparison, State
from shopnb.stats import Estimate

REVIEW_DAYS = 14  # LT12; pages.md 4.2
_DOMAIN = {"click_rate": "LT9", "cart_rate": "LT10", "payment_conversion": "LT10"}
_NO_AMOUNT = {
    State.KEEP: "keeps_current",
    State.KEEP_ENOUGH: "keeps_current",
    State.LEVEL: "too_small",
    State.WAIT: "not_decided",
    State.HOPELESS: "not_decided",
    State.UNSURE: "not_decided",
    State.SAMPLE_RATIO: "not_decided",
    State.CONFOUNDED: "not_decided",
}


@dataclass(frozen=True)
class TestSeen:
    """What the rules look at.

    `behind`: rates after the click (`cart_rate`, `refund_rate` …), the winner's minus the current version's, where
    known. `words`: names in the report's language that sentences need. `free`: money in free search (case b).
    """

    comparison: Comparison
    saving: Saving
    behind: dict[str, Estimate]
    last_day: dt.date | None
    words: dict[str, Any] = field(default_factory=dict)
    free: Estimate = Estimate(math.nan, code="no_natural_exposure")

    def review(self, days: float) -> dt.date | None:
        """The day to look again; None for a test without days."""
        return self.last_day + dt.timedelta(days=int(days)) if self.last_day and math.isfinite(days) else None


def find_listing(seen: TestSeen) -> list[Finding]:
    """All findings of a test, unranked; none where nothing can be compared."""
    best = seen.comparison.best
    if best is None:
        return []
    decision = [find_decision(seen, best)] if seen.comparison.state in (State.SWITCH, *_NO_AMOUNT) else []
    return [*decision, *find_free_search(seen), *find_clickbait(seen, best), *find_refunds(seen)]


def confidence_of(comparison: Comparison, best: Arm) -> float:
    """Probability that what the page says of the versions is right."""
    if comparison.state is State.SAMPLE_RATIO:
        return 1 - comparison.sample_ratio_p
    if comparison.state is State.CONFOUNDED:
        return 0.95  # that the window is disturbed stands in the change log
    if comparison.state in (State.LEVEL, State.KEEP_ENOUGH):
        return 0.95  # the interval's own level
    chances = [arm.chance for arm in comparison.arms[1:] if not math.isnan(arm.chance)]
    if comparison.state is State.KEEP:
        return min((1 - chance for chance in chances), default=0.95)
    if math.isnan(best.chance):
        return 0.95 if comparison.state is State.SWITCH else 0.5
    return max(best.chance, 1 - best.chance)


def find_decision(seen: TestSeen, best: Arm) -> Finding:
    """Switch, keep, go on or stop; money only for a switch by click rate at the same budget (pages.md 2.4, case a)."""
    made, money = seen.comparison, seen.saving
    switch = made.state is State.SWITCH
    priced = switch and not money.code
    wait = made.wait_days if made.state is State.WAIT else REVIEW_DAYS
    return Finding(
        code=f"listing_{made.state}",
        domain=_DOMAIN.get(made.metric, "LT1"),
        confidence=confidence_of(made, best),
        owner="operator" if made.state is State.SAMPLE_RATIO else "designer",
        basis="margin",
        amount=money.amount if priced else math.nan,
        low=money.low if priced else math.nan,
        high=money.high if priced else math.nan,
        no_amount="" if priced else money.code if switch else _NO_AMOUNT[made.state],
        values={
            **seen.words,
            "gap": best.difference.estimate,
            "low": best.difference.low,
            "high": best.difference.high,
            "rate": best.rate.estimate,
            "rate_current": made.arms[0].rate.estimate,
            "per_click": money.per_click,
            "zone": made.zone,
            "days": made.days,
            "wait_days": made.wait_days,
            "sample_ratio_p": made.sample_ratio_p,
        },
        review_on=seen.review(wait),
    )


def find_clickbait(seen: TestSeen, best: Arm) -> list[Finding]:
    """No fewer clicks, but fewer carts from each: the picture promises what the page does not keep (LT28)."""
    gap = seen.behind.get("cart_rate", _UNKNOWN)
    if seen.comparison.metric != "click_rate" or not gap.is_known or gap.high >= 0 or best.difference.high <= 0:
        return []
    return [_promised(seen, gap, code="clicks_without_carts", domain="LT28", measure="cart", why="not_priced")]


_UNKNOWN = Estimate(math.nan)


def find_refunds(seen: TestSeen) -> list[Finding]:
    """More of the winner's orders come back: the picture sells what the parcel does not hold (pages.md 4.5, brake)."""
    gap = seen.behind.get("refund_rate", _UNKNOWN)
    if not gap.is_known or not gap.low > 0:
        return []
    return [_promised(seen, gap, code="refunds_with_clicks", domain="LT1", measure="refund", why="not_priced_refunds")]


def _promised(seen: TestSeen, gap: Estimate, *, code: str, domain: str, measure: str, why: str) -> Finding:
    """The picture promises more than buyers find; `gap` of `measure` stands in the words, without money (`why`)."""
    return Finding(
        code=code,
        domain=domain,
        confidence=0.95 if math.isnan(gap.p_value) else 1 - gap.p_value / 2,
        owner="designer",
        basis="margin",
        no_amount=why,
        values={**seen.words, f"{measure}_gap": gap.estimate, f"{measure}_low": gap.low, f"{measure}_high": gap.high},
        review_on=seen.review(REVIEW_DAYS),
    )


def find_free_search(seen: TestSeen) -> list[Finding]:
    """What a switch brings in free search (pages.md 2.4, case b); apart from the amount at the same budget."""
    if seen.comparison.state is not State.SWITCH or not seen.free.is_known or not seen.free.low > 0:
        return []
    found = Finding(
        code="listing_free_search",
        domain="LT9",
        confidence=confidence_of(seen.comparison, seen.comparison.arms[1]),
        owner="operator",
        basis="margin",
        amount=seen.free.estimate,
        low=seen.free.low,
        high=seen.free.high,
        values=dict(seen.words),
        review_on=seen.review(REVIEW_DAYS),
        same_cause_as="listing_switch",
    )
    return [found]


_RULE_OWNER = {"LT9": "designer", "LT10": "designer", "LT11": "purchasing"}


def find_rule(rule: Rule, seen: TestSeen, words: dict[str, Any], lead: str | None) -> Finding:
    """LT9 to LT11 for the version in use: below its line, with the probability that it is.

    Parameters
    ----------
    lead : code of the finding that already answers it, a switch; None without.
    """
    return Finding(
        code=f"version_{rule.code.lower()}",
        domain=rule.code,
        confidence=rule.below,
        owner=_RULE_OWNER[rule.code],
        basis="margin",
        no_amount="not_priced",
        values={**words, "rate": rule.rate, "line": rule.line.value, "below": rule.below},
        review_on=seen.review(REVIEW_DAYS),
        same_cause_as=lead if rule.metric == seen.comparison.metric else None,
    )


_CHANGE_CODES = {
    ChangeState.WORKED: "change_worked",
    ChangeState.REFUNDS: "change_refunds",
    ChangeState.HURT: "change_hurt",
    ChangeState.UNCLEAR: "change_unclear",
    ChangeState.EARLY: "change_early",
}


def find_change(change: ChangeSeen, words: dict[str, Any], today: dt.date) -> list[Finding]:
    """Keep a change, roll it back, or wait; nothing where it cannot be judged."""
    code = _CHANGE_CODES.get(change.state)
    if code is None:
        return []
    p_value = change.effect.p_value
    earliest = JUDGED_BY[change.kind][2]
    due = change.day + dt.timedelta(days=earliest) if change.state is ChangeState.EARLY else None
    found = Finding(
        code=code,
        domain="LT1",
        confidence=0.5 if math.isnan(p_value) else 1 - p_value / 2,
        owner="designer" if change.kind in ("主图", "SKU图", "详情") else "operator",
        basis="margin",
        no_amount="change_not_priced",
        values={
            **words, "effect": change.effect.estimate, "low": change.effect.low, "high": change.effect.high,
            "controls": change.controls, "placebo_share": change.effect.placebo_share,
            "refunds": change.refunds.estimate,
        },
        review_on=due or today + dt.timedelta(days=REVIEW_DAYS),
    )  # fmt: skip
    return [found]


_PRODUCT_DOMAIN = {"image": "LT9", "detail": "LT10", "replace": "LT11", "price": "LT10", "push": "AD7"}
_PRODUCT_OWNER = {"image": "designer", "detail": "designer", "replace": "purchasing", "push": "ads"}


def find_product(product: Product, test: ProductTest, words: dict[str, Any]) -> Finding:
    """One item of a product test: push it, or what to change by LT9 to LT11, with the rule's probability."""
    rate = product.rates["cart_rate"]
    return Finding(
        code=f"product_{product.rule}",
        domain=_PRODUCT_DOMAIN[product.rule],
        confidence=product.chance,
        owner=_PRODUCT_OWNER.get(product.rule, "operator"),
        basis="margin",
        no_amount="not_priced",
        values={
            **words, "cart_rate": rate.estimate, "cut": test.cuts["cart_rate"], "days": test.days,
            "click_rate": product.rates["click_rate"].estimate, "click_cut": test.cuts["click_rate"],
        },
        review_on=test.last + dt.timedelta(days=REVIEW_DAYS),
    )  # fmt: skip
