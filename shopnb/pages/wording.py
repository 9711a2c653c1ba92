"""Findings in words: money with its range and basis, confidence, owner, day to look again."""

from __future__ import annotations

import math

from shopnb import labels, view
from shopnb.findings import LIKELY, SURE, Finding
from shopnb.metrics.periods import Period
from shopnb.stats import Estimate


def days_text(period: Period, lang: str) -> str:
    """The days of a period: one day with its weekday, a month named once, a year where the two ends differ in it."""
    start, end = period.start, period.end
    if period.days == 1:
        return labels.text("common.one_day", lang, start=start)
    if start.year != end.year:
        return labels.text("common.span_of_years", lang, start=start, end=end)
    return labels.text(
        "common.span_in_month" if start.month == end.month else "common.span", lang, start=start, end=end
    )


def with_range(lang: str, found: Estimate, kind: str = "pct2") -> str:
    """A number with its range; the number alone without one, an en dash where it is unknown."""
    if math.isnan(found.estimate):
        return labels.MISSING
    value = labels.format_value(found.estimate, kind, lang)
    if math.isnan(found.low):
        return value
    spread = labels.format_range(found.low, found.high, kind, lang)
    if kind == "pp":  # the value before it names the unit
        spread = spread.replace(labels.text("screen.pp_unit", lang), "")
    return labels.text("common.with_range", lang, value=value, range=spread)


def money_text(finding: Finding, lang: str) -> str:
    """The money of a finding with its range and basis, or why there is none."""
    if math.isnan(finding.amount):
        return labels.text(f"findings.no_amount.{finding.no_amount}", lang)
    key = "findings.money_same_cause" if finding.same_cause_as else "findings.money"
    ends = sorted((abs(finding.low), abs(finding.high)))
    spans_zero = finding.low < 0 < finding.high
    shown_range = (
        labels.format_range(finding.low, finding.high, "signed_money", lang)
        if spans_zero
        else labels.format_range(ends[0], ends[1], "money", lang)
    )
    return labels.text(
        key, lang, basis=labels.text(f"findings.basis.{finding.basis}", lang), amount=finding.amount, range=shown_range
    )


def confidence_text(confidence: float, lang: str) -> str:
    """High (from 90 %), middle (from 70 %) or low."""
    level = "high" if confidence >= SURE else "middle" if confidence >= LIKELY else "low"
    return labels.text(f"findings.confidence.{level}", lang)


def finding_view(finding: Finding, lang: str) -> view.FindingView:
    """A finding as shown and as written into the record."""
    group = f"findings.{finding.code}"
    mind = labels.text(f"{group}.mind", lang, **finding.values) if labels.has(f"{group}.mind", lang) else ""
    review = ""
    if finding.review_on:
        watched = labels.text(f"{group}.watch", lang, **finding.values)
        review = labels.text("findings.review", lang, day=finding.review_on, watch=watched)
    return view.FindingView(
        headline=labels.text(f"{group}.headline", lang, **finding.values),
        money=money_text(finding, lang),
        action=labels.text(f"{group}.action", lang, **finding.values),
        owner=labels.text(f"findings.owner.{finding.owner}", lang),
        review_on=review,
        confidence=confidence_text(finding.confidence, lang),
        tone="" if math.isnan(finding.amount) else "good" if finding.amount > 0 else "attention",
        mind=mind,
        same_cause=finding.same_cause_as is not None,
    )
