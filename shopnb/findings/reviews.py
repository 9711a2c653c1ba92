"""Rules of the review page: a complaint that rose or fell, reviews to answer, selling points (RV4, RV5, RV8)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shopnb.findings import Finding
from shopnb.metrics.items import ItemChange
from shopnb.metrics.periods import Period
from shopnb.metrics.reviews import LEAST_MENTIONS, AspectCount, Onset
from shopnb.metrics.reviews_orders import RefundsSeen
from shopnb.stats import compare_proportions

MONTH_DAYS, WEEK_DAYS = 30, 7
LEAST_PRAISE = 0.05  # share of reviews that a selling point is named in
_POINTS = 3
OWNERS = {"product": "purchasing", "logistics": "warehouse", "service": "aftersale"}


@dataclass(frozen=True)
class Place:
    """The item and SKU where a complaint gathers. `name` and `sku` as shown."""

    item_id: str
    name: str
    sku: str
    marked: int


@dataclass(frozen=True)
class Seen:
    """What the rules look at. `aspects` has names for people, by key; `groups` the side of the business."""

    counts: Sequence[AspectCount]
    names: Mapping[str, str]
    groups: Mapping[str, str]
    end: dt.date | None
    place: Place | None  # of the leading complaint
    since: Onset | None  # of the leading complaint
    refunds: RefundsSeen | None
    conversion: ItemChange | None  # of that item
    paid_since: dt.date | None  # day of payment from which that item is refunded for faults more often
    evidence: Sequence[str]  # what is typically said of the leading complaint
    period: Period | None
    to_answer: int
    within_two_days: int
    answer_chance: float  # mean probability that those to answer really are negative


def leading(counts: Sequence[AspectCount]) -> AspectCount | None:
    """The complaint that the page is about: the one that rose most for real, else the most frequent named one."""
    named = [one for one in counts if one.aspect != "overall" and one.negative >= LEAST_MENTIONS]
    risen = [one for one in named if one.real and one.change.estimate > 0]
    if risen:
        return max(risen, key=lambda one: one.change.estimate)
    return named[0] if named else None


def find_reviews(seen: Seen) -> list[Finding]:
    """All findings of the page, unranked."""
    found = [*find_complaints(seen), *find_to_answer(seen), *find_selling_points(seen)]
    return [one for one in found if one.confidence > 0.5]


def _review(seen: Seen, days: int) -> dt.date | None:
    return seen.end + dt.timedelta(days=days) if seen.end else None


def find_complaints(seen: Seen) -> list[Finding]:
    """Complaints whose share rose or fell for real; refunds of the same item are their money (RV4)."""
    lead = leading(seen.counts)
    found = []
    for one in seen.counts:
        if not one.real or max(one.negative, one.negative_before) < LEAST_MENTIONS:
            continue
        rose = one.change.estimate > 0
        placed = seen.place if rose and lead is one else None
        amount, low, high = _money(seen) if placed else (math.nan, math.nan, math.nan)
        since = seen.since.first if placed and seen.since else None
        code = "complaint_fell" if not rose else "complaint_rose_here" if placed and since else "complaint_rose"
        found.append(
            Finding(
                code=code,
                domain="RV4",
                confidence=1 - one.change.p_value / 2,
                owner=OWNERS[seen.groups[one.aspect]],
                amount=amount,
                low=low,
                high=high,
                no_amount="" if not math.isnan(amount) else "no_refund_reasons",
                values={
                    "aspect": seen.names[one.aspect],
                    "aspect_key": one.aspect,
                    "count": one.negative,
                    "share": one.negative_share.estimate,
                    "share_before": one.negative_before / one.reviews_before,
                    "item": placed.name if placed else "",
                    "item_id": placed.item_id if placed else "",
                    "sku": placed.sku if placed else "",
                    "here": placed.marked if placed else 0,
                    "since": since,
                    "paid_since": seen.paid_since if placed else None,
                    "evidence": list(seen.evidence) if lead is one else [],
                    "refund_cases": seen.refunds.cases if seen.refunds and placed else 0,
                },
                review_on=_review(seen, 8),
            )
        )
    return found


def _money(seen: Seen) -> tuple[float, float, float]:
    """Refunds for a fault above those of the period before, per 30 days; the range from the number of cases.

    Without them, payment lost by a conversion of the item that fell for real: one of the two, never their sum.
    """
    refunds, period = seen.refunds, seen.period
    if refunds is None:
        return conversion_loss(seen.conversion)
    if refunds is None or period is None or refunds.cases <= refunds.cases_before:
        return math.nan, math.nan, math.nan
    each = refunds.amount / refunds.cases * MONTH_DAYS / period.days
    extra = refunds.cases - refunds.cases_before
    spread = 1.645 * math.sqrt(refunds.cases + refunds.cases_before)
    return -extra * each, -(extra + spread) * each, -(extra - spread) * each


def conversion_loss(moved: ItemChange | None) -> tuple[float, float, float]:
    """Payment per 30 days lost by the fallen conversion of an item (7 days seen), with its range; NaN if none fell."""
    if moved is None or not moved.real or moved.conversion.estimate >= 0 or not moved.payers:
        return math.nan, math.nan, math.nan
    each = moved.paid_amount / moved.payers * moved.visitors / WEEK_DAYS * MONTH_DAYS
    found = moved.conversion
    return found.estimate * each, found.low * each, found.high * each


def find_to_answer(seen: Seen) -> list[Finding]:
    """Negative reviews of the last days: what to answer them, never how to get them changed (RV8)."""
    if not seen.to_answer or seen.end is None:
        return []
    lead = leading(seen.counts)
    return [
        Finding(
            code="reviews_to_answer",
            domain="RV8",
            confidence=seen.answer_chance,
            owner="aftersale",
            no_amount="answer_only",
            values={
                "count": seen.to_answer,
                "recent": seen.within_two_days,
                "aspect": seen.names[lead.aspect if lead else "overall"],
            },
            review_on=_review(seen, 2),
        )
    ]


def find_selling_points(seen: Seen) -> list[Finding]:
    """What buyers praise by themselves: a picture to test (RV5, LT3)."""
    praised = sorted(
        (one for one in seen.counts if seen.groups[one.aspect] == "product" and one.aspect != "overall"),
        key=lambda one: (-one.positive, one.aspect),
    )
    shown = [one for one in praised[:_POINTS] if one.positive_share.estimate >= LEAST_PRAISE]
    if not shown or shown[0].positive < 2 * LEAST_MENTIONS:
        return []
    rest = praised[len(shown)] if len(praised) > len(shown) else None
    ahead = compare_proportions(rest.positive if rest else 0, shown[0].reviews, shown[0].positive, shown[0].reviews)
    return [
        Finding(
            code=f"selling_points_{len(shown)}",
            domain="RV5",
            confidence=1 - ahead.p_value / 2 if not math.isnan(ahead.p_value) else 0.5,
            owner="copywriter",
            no_amount="test_first",
            values={
                f"{kind}_{turn}": value
                for turn, one in enumerate(shown, 1)
                for kind, value in (("aspect", seen.names[one.aspect]), ("share", one.positive_share.estimate))
            },
            review_on=_review(seen, 14),
        )
    ]
