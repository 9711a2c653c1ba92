"""The machine's view of a page: its numbers under stable names, with what they were made of (design: report record)."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shopnb.findings import Finding
from shopnb.pages import provenance
from shopnb.pages.wording import finding_view

if TYPE_CHECKING:
    from shopnb.pages.base import Page


@dataclass(frozen=True)
class Figure:
    """One number of the record. `value` is NaN when it cannot be known, and then `code` says why."""

    value: float
    unit: str
    low: float = math.nan
    high: float = math.nan
    n: float | None = None
    code: str | None = None


def record_of(page: Page) -> dict[str, Any]:
    """The record of a page, without the clock; amounts of findings in the currency that is in force."""
    period, compare = page.period()
    shown = page.view
    return {
        "report": page.slug,
        "title": shown.screen.title,
        "shop": page.shop.name,
        "lang": page.lang,
        "currency": page.shop.settings.currency,
        "period": {
            "start": period.start.isoformat() if period else None,
            "end": period.end.isoformat() if period else None,
            "compare": f"{compare.start.isoformat()}..{compare.end.isoformat()}" if compare else None,
        },
        "verdict": shown.screen.verdict,
        "parameters": {**page.given, "shop": page.shop.folder.name},
        "inputs": provenance.inputs(page),
        "figures": {name: _figure_json(figure) for name, figure in page.figures().items()},
        "findings": [_finding_json(page, finding) for finding in page.found],
        "health": [{"code": note.code, "text": note.text} for note in shown.health],
        "versions": provenance.versions(),
    }


def _finding_json(page: Page, finding: Finding) -> dict[str, Any]:
    shown = finding_view(finding, page.lang)
    return {
        "code": finding.code,
        "domain": finding.domain,
        "amount": _number(finding.amount),
        "low": _number(finding.low),
        "high": _number(finding.high),
        "unit": f"{page.shop.settings.currency}/30d",
        "basis": finding.basis,
        "confidence": _number(finding.confidence),
        "values": {key: _plain(value) for key, value in finding.values.items()},
        "text": shown.headline,
        "money": shown.money,
        "action": shown.action,
        "owner": shown.owner,
        "review_on": finding.review_on.isoformat() if finding.review_on else None,
        "same_cause_as": finding.same_cause_as,
    }


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float):
        return _number(value)
    return value if isinstance(value, str | int | bool | type(None)) else [_plain(part) for part in value]


def _figure_json(figure: Figure) -> dict[str, Any]:
    value = _number(figure.value)
    return {
        "value": value,
        "low": _number(figure.low),
        "high": _number(figure.high),
        "unit": figure.unit,
        "n": figure.n if figure.n is None else _number(float(figure.n)),
        "code": figure.code if value is not None else figure.code or "unknown",
    }
