"""What may mislead on the traffic page, the most important first."""

from __future__ import annotations

import math

from shopnb import labels, view
from shopnb.metrics.periods import Period
from shopnb.pages.base import Page
from shopnb.pages.source_naming import rename_notes
from shopnb.pages.traffic_sources_numbers import Numbers
from shopnb.pages.traffic_sources_pricing import WINDOW_DAYS
from shopnb.pages.traffic_sources_words import need_file, way

LISTED_DAYS, LISTED_SOURCES = 7, 5


def health(page: Page) -> list[view.Note]:
    """What may mislead: overlap, open attribution, renames, another rule, derived buyers, missing files."""
    n: Numbers = page.numbers
    notes: list[view.Note] = []

    def note(code: str, tone: view.Tone = "", **values: object) -> None:
        notes.append(view.Note(code, page.text(f"health.{code}", **values), tone))

    if n.choice.reason:
        notes.append(view.Note(n.choice.reason, need_file(page).text, "attention"))
    if n.choice.skipped:
        note("newer_alone", "attention", start=n.choice.skipped.start, end=n.choice.skipped.end)
    if n.reach.kind == "distinct" and n.reach.distinct:
        note("overlap", ratio=n.now.visitors / n.reach.distinct)
    else:
        note("overlap_unknown")
    if n.window_open:
        note("window_open", days=WINDOW_DAYS if math.isnan(n.spending.window_days) else int(n.spending.window_days))
    notes += rename_notes(n.renamed, page.lang, _shown_days(n))
    if n.one_is_festive:
        note("festive")
    return [*notes, *_of_the_file(page), *_of_money(page)]


def _of_the_file(page: Page) -> list[view.Note]:
    """Rows of the source file that cannot be right, or were derived."""
    n: Numbers = page.numbers
    mark = labels.text("common.list_mark", page.lang)
    notes = []
    for key, sources in n.came_or_went.items():
        text = page.text(f"health.{key}_sources", sources=mark.join(sources[:LISTED_SOURCES]), count=len(sources))
        notes.append(view.Note(f"{key}_sources", text, "attention"))
    if n.is_derived:
        notes.append(view.Note("derived", page.text("health.derived", way=way(page))))
    if n.impossible:
        listed = mark.join(dict.fromkeys(n.impossible))
        notes.append(view.Note("impossible", page.text("health.impossible", sources=listed), "attention"))
    if n.odd_spend:
        text = page.text("health.odd_spend", sources=mark.join(n.odd_spend))
        notes.append(view.Note("odd_spend", text, "attention"))
    if n.now.visitors == 0:
        notes.append(view.Note("no_visitors", page.text("health.no_visitors"), "attention"))
    elif n.now.buyers == 0 and n.before is not None and n.before.enough:
        text = page.text("health.no_buyers", visitors=n.now.visitors, before=n.before.buyers)
        notes.append(view.Note("no_buyers", text, "attention"))
    return notes


def _of_money(page: Page) -> list[view.Note]:
    """Costs that are missing or belong to no source, and the margin rate that nobody typed."""
    n: Numbers = page.numbers
    notes = []
    if n.spending.missing:
        days = [labels.format_value(day, "day_short", page.lang) for day in n.spending.missing[:LISTED_DAYS]]
        listed = labels.text("common.list_mark", page.lang).join(days)
        notes.append(view.Note("ads_missing", page.text("health.ads_missing", days=listed), "attention"))
    if n.unmatched_cost > 0:
        notes.append(view.Note("unmatched", page.text("health.unmatched", amount=n.unmatched_cost)))
    if n.spending.way == "daily":
        notes.append(view.Note("cost_from_daily", page.text("health.cost_from_daily")))
    if math.isnan(n.worth.margin_rate):
        notes.append(view.Note("no_margin_rate", page.text("health.no_margin_rate")))
    return notes


def _shown_days(n: Numbers) -> Period | None:
    """From the first day compared with to the last day shown; None where the export has no days."""
    return n.period and Period((n.compare or n.period).start, n.period.end)
