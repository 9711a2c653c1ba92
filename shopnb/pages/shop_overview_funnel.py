"""Section of the overview: the funnel against peers or the own best weeks, chat, and the listing funnel."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from shopnb import charts, labels, view
from shopnb.metrics.funnel import Step
from shopnb.pages.base import Page
from shopnb.pages.shop_overview_wording import Parts
from shopnb.pages.wording import with_range


def funnel(page: Page) -> Parts:
    """The steps against peers or own best weeks, chat, and the listing funnel."""
    n = page.numbers
    rates = (_three_rates(page), _cart_or_favourite(page))
    if len(n.funnel.steps) < 2 or not n.enough:
        why = page.muted("funnel.too_few" if n.funnel.steps else "funnel.missing")
        return why, *rates, _chat(page), _listing(page)
    weakest = n.funnel.weakest
    frame = pd.DataFrame(
        [
            {
                "label": _step_name(page, step),
                "own": step.own.estimate,
                "peer": step.reference,
                "bold": step is weakest,
            }
            for step in n.funnel.steps
        ]
    )
    who = page.text(f"funnel.against.{n.funnel.against or 'nothing'}")
    if weakest:
        basis = page.text(f"funnel.basis.{n.basis.name}")
        title = page.text(
            "funnel.title", step=_step_name(page, weakest), who=who, gain=_gain(page, weakest), basis=basis
        )
    else:
        title = page.text("funnel.title_level" if n.funnel.against else "funnel.title_alone", who=who)
    alt = page.text("funnel.alt", count=len(frame), title=title)
    chart = charts.chart_funnel(frame, id="funnel", title=title, alt=alt, lang=page.lang)
    return chart, _whole(page, who), _funnel_table(page), *rates, _chat(page), _listing(page)


def _step_name(page: Page, step: Step) -> str:
    return page.text(
        "funnel.step", start=page.text(f"funnel.stage.{step.start}"), end=page.text(f"funnel.stage.{step.name}")
    )


def _whole(page: Page, who: str) -> view.TextPart | None:
    """Why the money of the whole funnel is not that of its weakest step."""
    weakest, whole = page.numbers.funnel.weakest, page.numbers.funnel.whole
    if weakest is None or whole is None or math.isnan(whole.gain):
        return None
    ahead = weakest.gain - whole.gain
    key = "whole_level" if not whole.is_short else "whole_ahead" if ahead > 0 else "whole_behind"
    values = {"own": whole.own.estimate, "reference": whole.reference, "gain": whole.gain, "ahead": abs(ahead)}
    return view.TextPart(page.text(f"funnel.{key}", step=_step_name(page, weakest), who=who, **values))


def _three_rates(page: Page) -> view.TextPart | None:
    """Click rate, conversion and sell-through side by side (FN20); those that are known."""
    n = page.numbers
    sold = n.goods.sold / n.goods.shown if n.goods else math.nan
    clicks = n.listing.click_rate if n.listing else math.nan
    known = [
        page.text(f"funnel.rate.{name}", value=value)
        for name, value in (
            (f"click_{n.listing.way}" if n.listing else "", clicks),
            ("conversion", n.now.payment_conversion if n.enough else math.nan),
            ("sold", sold),
        )
        if not math.isnan(value)
    ]
    if len(known) < 2:
        return None
    return view.TextPart(page.text("funnel.rates", listed=labels.text("common.list_mark", page.lang).join(known)))


def _cart_or_favourite(page: Page) -> view.TextPart | None:
    """Bounds of 收藏加购率 (FN25)."""
    n = page.numbers
    low, high = n.cart_or_favourite
    if math.isnan(low):
        return page.muted("funnel.no_favourites")
    return view.TextPart(page.text("funnel.cart_or_favourite", range=labels.format_range(low, high, "pct", page.lang)))


def _funnel_table(page: Page) -> view.TablePart:
    n = page.numbers
    steps = [(_step_name(page, step), step) for step in n.funnel.steps]
    if n.funnel.whole:
        steps.append((page.text("funnel.whole", step=_step_name(page, n.funnel.whole)), n.funnel.whole))
    rows = [
        {
            "step": name,
            "people": step.people,
            "own_rate": with_range(page.lang, step.own),
            "reference_rate": step.reference,
            "gap": step.own.estimate - step.reference,
            "gain": _gain(page, step),
        }
        for name, step in steps
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
