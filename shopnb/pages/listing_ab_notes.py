"""Data health of the listing test page: what was set aside, how versions were compared, what changed meanwhile."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from shopnb import labels, view
from shopnb.metrics.listing_states import ALARM_P, BY_DAY, JUDGED, Design, State
from shopnb.pages.listing_ab_days import trend_word
from shopnb.pages.listing_ab_wording import with_range
from shopnb.stats import Switchback

if TYPE_CHECKING:
    from shopnb.pages.listing_ab import ListingAb

NAMED = 5  # so many days, versions or tests are named in a note


def notes(page: ListingAb) -> list[view.Note]:
    """Lines of data health, the ones that change the reading first."""
    n, made = page.numbers, page.numbers.comparison
    told: list[view.Note] = []
    if made.exaggerates and made.best is not None:
        best = made.best
        sizes = {"pooled": page.amount(best.pooled), "within": page.amount(best.difference.estimate)}
        larger = abs(best.pooled) > abs(best.difference.estimate)
        turned = best.pooled * best.difference.estimate < 0
        key = "turned" if turned else "exaggerates" if larger else "understates"
        told.append(view.Note("pooled_misleads", page.text(f"health.{key}", **sizes)))
    if made.sample_ratio_p < ALARM_P:
        told.append(view.Note("sample_ratio", page.text("health.sample_ratio", p=made.sample_ratio_p), "attention"))
    told += _refused(page)
    if made.days > 1 and made.design in BY_DAY:
        key = "health.looks_planned" if made.planned_days else "health.looks"
        told.append(view.Note("looks", page.text(key, days=made.days, planned=made.planned_days, look=made.look_day)))
    if n.counts is not None and made.state is not State.NO_COUNTS:
        told += _gaps(page)
    told += _turns(page)
    told += _lasting(page)
    told += _context(page)
    return told


def _turns(page: ListingAb) -> list[view.Note]:
    """What was left out of versions that take turns, and whether weekdays are fair."""
    made = page.numbers.comparison
    gap = made.best.difference if made.best else None
    if not isinstance(gap, Switchback):
        return []
    key = "health.washed_out" if gap.washed_out else "health.no_wash"
    found = [view.Note("washed_out", page.text(key, days=gap.washed_out, turns=gap.turns))]
    if gap.code == "uneven_weekdays":
        found.append(view.Note("uneven_weekdays", page.text("health.uneven_weekdays"), "attention"))
    return found


def _lasting(page: ListingAb) -> list[view.Note]:
    """A difference that fades, devices that disagree, refunds that cannot be of the day's orders."""
    n = page.numbers
    found = []
    if n.trend.is_known and n.comparison.state in JUDGED and trend_word(page) == "fading":
        found.append(view.Note("fading", page.text("health.fading"), "attention"))
    if n.devices.turned or n.devices.p_value < ALARM_P:
        key = "devices_turned" if n.devices.turned else "devices_differ"
        found.append(view.Note("devices", page.text(f"health.{key}"), "attention"))
    if n.counts is not None:
        late = int((n.counts.daily["refunds"] > n.counts.daily["payers"]).sum())
        if late:
            found.append(view.Note("more_refunds_than_payers", page.text("health.more_refunds_than_payers", rows=late)))
    return found


def listed(page: ListingAb, names: list[str]) -> str:
    """The first few names, and how many there are."""
    mark = labels.text("common.list_mark", page.lang)
    more = page.text("and_more", count=len(names)) if len(names) > NAMED else ""
    return mark.join(names[:NAMED]) + more


def _refused(page: ListingAb) -> list[view.Note]:
    counts = page.numbers.counts
    if counts is None:
        return []
    made = []
    for reason, rows in counts.refused.items():
        names = [
            f"{labels.format_value(day, 'day_short', page.lang)} {variant}" if day else variant for day, variant in rows
        ]
        text = page.text(f"health.{reason}", rows=len(rows), where=listed(page, names))
        made.append(view.Note(reason, text, "attention"))
    return made


def _gaps(page: ListingAb) -> list[view.Note]:
    """Days that are missing, days without the metric's columns, versions that ran on some days only."""
    n, made = page.numbers, page.numbers.comparison
    assert n.counts is not None  # noqa: S101  checked by the caller
    found = []
    if not n.counts.dated:
        told = made.design is Design.UNDATED and page.rotation
        key = "told" if told else str(made.design)
        return [view.Note("no_days", page.text(f"health.no_days_{key}"), "attention")]
    if made.missing_days:
        days = [labels.format_value(day, "day_short", page.lang) for day in made.missing_days]
        found.append(view.Note("missing_days", page.text("health.missing_days", days=listed(page, days))))
    for name, compared in n.others.items():
        blank = n.counts.daily["day"].nunique() - compared.days
        if compared.arms and blank:
            text = page.text("health.blank_days", metric=page.text(f"metric.{name}"), days=blank)
            found.append(view.Note("blank_days", text))
    partly = [arm.variant for arm in made.arms if arm.days < made.days]
    if partly and made.design in BY_DAY:
        found.append(view.Note("uneven_days", page.text("health.uneven_days", variants=listed(page, partly))))
    return found


def _disturbed(page: ListingAb) -> list[view.Note]:
    """Prices and campaigns that changed: those that forbid a verdict, those that all versions met."""
    n, made = page.numbers, page.numbers.comparison
    if made.state is State.CONFOUNDED:
        changes = page.disturbed_text(n.disturbed.own or n.disturbed.shared)
        return [view.Note("price_changed", page.text("health.price_changed", changes=changes), "attention")]
    if not n.disturbed.shared or made.best is None:
        return []
    if made.design is Design.SWITCHBACK:
        left = page.text("health.left_out", changes=page.disturbed_text(n.disturbed.shared), days=len(n.disturbed.days))
        return [view.Note("campaign_left_out", left, "attention")]
    told = page.text("health.shared", changes=page.disturbed_text(n.disturbed.shared))
    calm = n.calm.best if n.calm else None
    if calm is not None and n.calm is not None and calm.variant == made.best.variant:
        gap = with_range(page, calm.difference, page.kind)
        told += page.text("health.without_days", days=made.days - n.calm.days, gap=gap)
    elif n.disturbed.days:
        told += page.text("health.too_few_calm")
    return [view.Note("shared_campaign", told, "attention")]


def _context(page: ListingAb) -> list[view.Note]:
    """What changed while the test ran, other tests in the tables, what money lacks."""
    n = page.numbers
    found = []
    found += _disturbed(page)
    if n.caps and not math.isnan(cap := n.caps.get(n.comparison.metric, math.nan)):
        found.append(view.Note("capped", page.text("health.capped", cap=cap)))
    own = n.test.source, n.test.name, n.test.key
    others = [test.name for test in page.tests if (test.source, test.name, test.key) != own]
    if others:
        found.append(
            view.Note("other_tests", page.text("health.other_tests", count=len(others), names=listed(page, others)))
        )
    if n.saving.code == "no_cost":
        found.append(view.Note("no_cost", page.text("health.no_cost")))
    return found
