"""Section of the overview: the funnel against peers or the own best weeks, chat, and the listing funnel."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from shopnb import charts, labels, view
from shopnb.metrics.funnel import Step
from shopnb.pages.base import Page
from shopnb.pages.shop_overview_numbers import Parts
from shopnb.pages.wording import with_range


def funnel(page: Page) -> Parts:
    """The steps against peers or own best weeks, chat, and the listing funnel."""
    n = page.numbers
    if len(n.funnel.steps) < 2 or not n.enough:
        why = page.muted("funnel.too_few" if n.funnel.steps else "funnel.missing")
        return why, _chat(page), _listing(page)
    weakest = n.funnel.weakest
    frame = pd.DataFrame(
        [
            {
                "label": page.text(f"funnel.step.{step.name}"),
                "own": step.own.estimate,
                "peer": step.reference,
                "bold": step is weakest,
            }
            for step in n.funnel.steps
        ]
    )
    who = page.text(f"funnel.against.{n.funnel.against or 'nothing'}")
    if weakest:
        whole = n.funnel.whole
        behind = whole is not None and whole.is_short
        title = page.text(
            "funnel.title" if behind else "funnel.title_step",
            step=page.text(f"funnel.step.{weakest.name}"),
            gain=weakest.gain,
            who=who,
            whole=whole.gain if whole else math.nan,
        )
    else:
        title = page.text("funnel.title_level" if n.funnel.against else "funnel.title_alone", who=who)
    alt = page.text("funnel.alt", count=len(frame), title=title)
    chart = charts.chart_funnel(frame, id="funnel", title=title, alt=alt, lang=page.lang)
    return chart, _funnel_table(page), _chat(page), _listing(page)


def _funnel_table(page: Page) -> view.TablePart:
    n = page.numbers
    rows = [
        {
            "step": page.text(f"funnel.step.{step.name}"),
            "people": step.people,
            "own_rate": with_range(page.lang, step.own),
            "reference_rate": step.reference,
            "gap": step.own.estimate - step.reference,
            "gain": _gain(page, step),
        }
        for step in (*n.funnel.steps, *([n.funnel.whole] if n.funnel.whole else []))
    ]
    columns = [("step", "text"), ("gain", "text"), ("own_rate", "text"), ("reference_rate", "pct2"), ("gap", "pp"),
               ("people", "int")]  # fmt: skip
    return page.table("funnel", pd.DataFrame(rows), columns, signed=("gap",))


def _gain(page: Page, step: Step) -> str:
    """Money per 30 days if the step reached the reference, with its range; a word where it is level."""
    if math.isnan(step.gain):
        return labels.MISSING
    if not step.is_short:
        return page.text("funnel.level")
    return labels.text(
        "common.with_range",
        page.lang,
        value=labels.format_value(step.gain, "signed_money", page.lang),
        range=labels.format_range(step.gain_low, step.gain_high, "money", page.lang),
    )


def _chat(page: Page) -> view.TextPart:
    found = page.numbers.chat
    if found is None:
        return page.muted("funnel.no_chat")
    shown = {
        name: with_range(page.lang, getattr(found, name))
        for name in ("enquiry_rate", "enquiry_conversion", "silent_conversion")
    }
    return view.TextPart(page.text("funnel.chat", **shown))


def _listing(page: Page) -> view.TablePart | None:
    """Impressions → clicks → visits → cart → order → pay."""
    found = page.numbers.listing
    if found is None:
        return None
    chain = [
        ("shown", found.shown, math.nan),
        (f"clicked_{found.way}", found.clicked, found.shown),
        ("item_visits", found.item_visits, math.nan),
        ("carts", found.carts, found.item_visits),
        ("orderers", found.orderers, found.item_visits),
        ("payers", found.payers, found.orderers),
    ]
    rows = [
        {"step": page.text(f"funnel.listing.{name}"), "people": count, "step_rate": count / base if base else math.nan}
        for name, count, base in chain
        if not math.isnan(count)
    ]
    columns = [("step", "text"), ("people", "int"), ("step_rate", "pct2")]
    table = page.table("listing", pd.DataFrame(rows), columns)
    return replace(table, caption=page.text("funnel.listing_caption"), folded=True)
