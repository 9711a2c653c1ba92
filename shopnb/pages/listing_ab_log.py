"""The shop's record of finished tests on the listing test page, and what it says of the test at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from shopnb import charts, labels, view
from shopnb.pages.listing_ab_changes import effect_text
from shopnb.pages.listing_ab_wording import Part, Parts

if TYPE_CHECKING:
    from shopnb.pages.listing_ab import ListingAb

SHOWN_TESTS = 14


def test_log(page: ListingAb) -> Parts:
    """Parts of the section on past tests."""
    record = page.record_of_tests
    kinds = {
        "test": "text", "test_days": "text", "log_winner": "text", "early_gap": "text", "final_gap": "text",
        "shrunk_gap": "text", "adopted": "text", "later": "text",
    }  # fmt: skip
    if not record.tests:
        return (page.muted("test_log.none"),)
    rows = []
    for test in record.tests:
        span = labels.text("common.span", page.lang, start=test.first, end=test.last)
        later = effect_text(page, test.later) if test.later and test.later.is_judged else labels.MISSING
        rows.append(
            {
                "test": test.name,
                "test_days": span,
                "log_winner": page.text(f"test_log.state.{_log_state(str(test.state))}", winner=test.winner),
                "early_gap": labels.format_value(test.early, "signed_pct", page.lang),
                "final_gap": labels.format_value(test.final, "signed_pct", page.lang),
                "shrunk_gap": labels.format_value(test.shrunk, "signed_pct", page.lang),
                "adopted": labels.format_value(test.adopted_on, "day_short", page.lang)
                if test.adopted_on
                else labels.MISSING,
                "later": later,
            }
        )
    table = page.table("test_log", pd.DataFrame(rows), list(kinds.items()), rows=SHOWN_TESTS)
    points = pd.DataFrame(
        {
            "label": [test.name for test in record.tests],
            "x": [test.early for test in record.tests],
            "y": [test.final for test in record.tests],
            "y_low": [test.final - 1.96 * test.error for test in record.tests],
            "y_high": [test.final + 1.96 * test.error for test in record.tests],
        }
    ).dropna()
    values = {"tests": len(record.tests), "wins": record.decided, "read": record.read, "turned": record.turned}
    if points.empty:
        return page.muted("test_log.no_early"), _prior_text(page), table
    key = "title_few" if record.turns.code else "title"
    chart = charts.chart_scatter(
        points, id="test_log", title=page.text(f"test_log.{key}", **values), alt=page.text("test_log.alt", **values),
        lang=page.lang, x_kind="signed_pct", y_kind="signed_pct", x_title=page.text("test_log.x"),
        y_title=page.text("test_log.y"), y_line=0.0,
    )  # fmt: skip
    return chart, _prior_text(page), table


def _log_state(state: str) -> str:
    return {"switch": "won", "brake": "lost", "keep": "lost", "keep_enough": "lost"}.get(state, "open")


def _prior_text(page: ListingAb) -> Part:
    record = page.record_of_tests
    if record.prior is None or record.prior.code:
        return page.muted("test_log.no_prior")
    spread = 1.64 * record.prior.spread
    low, high = record.prior.mean - spread, record.prior.mean + spread
    told = page.text("test_log.prior", low=low, high=high)
    if record.turns.is_known:
        ends = labels.format_range(record.turns.low, record.turns.high, "pct0", page.lang)
        told = page.text("test_log.turns", share=record.turns.estimate, range=ends, kept=record.kept) + told
    best, current = page.numbers.comparison.best, page.numbers.comparison.current
    if best is not None and current is not None and best.difference.is_known and page.numbers.counts is not None:
        error = (best.difference.high - best.difference.low) / 2 / 1.96
        weight = record.prior.spread**2 / (record.prior.spread**2 + (error / current.rate.estimate) ** 2)
        found = best.difference.estimate / current.rate.estimate
        told += page.text("test_log.now", found=found, left=record.prior.mean + weight * (found - record.prior.mean))
    return view.TextPart(told)
