"""Sections of the overview by item: mix against rate, who pulls and who drags, quadrants, hero concentration."""

from __future__ import annotations

import math

import pandas as pd

from shopnb import charts, labels, view
from shopnb.metrics.items import Quadrant
from shopnb.pages.base import Page
from shopnb.pages.shop_overview_stock import stock
from shopnb.pages.shop_overview_wording import LEAST_BUYERS, LEAST_VISITORS, Parts
from shopnb.stats import proportion_interval

SURE_QUADRANT = 0.7  # below it an item's quadrant is not named
LEAST_CHANGE = 0.05  # of payment, before its parts are told as shares


def mix(page: Page) -> Parts:
    """Whether who came changed or what the same items did (TR4, FN11)."""
    n = page.numbers
    if n.mix is None or n.mix.code:
        return page.muted("mix.no_items"), _visitor_kinds(page), _devices(page)
    names = {item.item_id: page.item_name(item.item_id, item.title) for item in n.items}
    parts = n.mix.parts.assign(
        label=[names[part] for part in n.mix.parts["part"]],
        total=lambda frame: frame["mix_effect"] + frame["rate_effect"],
    )
    top = parts.reindex(parts["total"].abs().sort_values(ascending=False, kind="stable").index)
    whole = pd.DataFrame(
        [
            {"label": page.text("mix.mix"), "value": n.mix.mix.estimate, "low": math.nan, "high": math.nan},
            {
                "label": page.text("mix.rate"),
                "value": n.mix.rate.estimate,
                "low": n.mix.rate.low,
                "high": n.mix.rate.high,
            },
        ]
    )
    real = not n.mix.rate.low <= 0 <= n.mix.rate.high
    title = page.text("mix.title_real" if real else "mix.title_noise", mix=n.mix.mix.estimate, rate=n.mix.rate.estimate)
    if n.mix.is_reversed:
        title = page.text("mix.title_reversed", mix=n.mix.mix.estimate, rate=n.mix.rate.estimate)
    alt = page.text(
        "mix.alt",
        change=n.mix.change.estimate,
        mix=n.mix.mix.estimate,
        rate=n.mix.rate.estimate,
        low=n.mix.rate.low,
        high=n.mix.rate.high,
    )
    chart = charts.chart_diverging(whole, id="mix", title=title, alt=alt, lang=page.lang, kind="pp")
    columns = [
        ("label", "text"),
        ("share_after", "pct"),
        ("share_before", "pct"),
        ("rate_after", "pct2"),
        ("rate_before", "pct2"),
        ("mix_effect", "pp"),
        ("rate_effect", "pp"),
    ]
    return chart, page.table("mix", top, columns, rows=5, signed=("mix_effect", "rate_effect")), _devices(page)


def _visitor_kinds(page: Page) -> view.TablePart | view.TextPart | None:
    """Without items: visitors of item pages against all visitors (viewers of live and video are the rest)."""
    n = page.numbers
    if math.isnan(n.now.item_visitor_days):
        return page.muted("mix.no_item_visitors")
    if not n.comparable or math.isnan(n.before.item_visitor_days):
        return None
    rows = [
        {
            "label": page.text(f"mix.kind.{side}"),
            "visitors": one.visitor_days,
            "item_share": one.item_visitor_days / one.visitor_days if one.visitor_days else math.nan,
            "item_rate": one.payer_days / one.item_visitor_days if one.item_visitor_days else math.nan,
            "rate": one.payment_conversion,
        }
        for side, one in (("now", n.now), ("before", n.before))
    ]
    columns = [("label", "text"), ("visitors", "int"), ("item_share", "pct"), ("item_rate", "pct2"), ("rate", "pct2")]
    return page.table("kinds", pd.DataFrame(rows), columns)


def _devices(page: Page) -> view.TextPart:
    """Wireless and PC in one line: PC is a few per cent (TR17)."""
    n = page.numbers
    inside = n.days[n.period.holds(n.days["day"])]
    visitors, pc, payers, all_payers = (
        float(inside[name].sum(min_count=1)) for name in ("visitors", "visitors_pc", "payers_pc", "payers")
    )
    if math.isnan(pc) or not visitors:
        return page.muted("mix.no_devices")
    rate = payers / pc if pc >= 100 and payers >= 5 else math.nan
    key = "mix.devices_only" if not n.enough else "mix.devices" if not math.isnan(rate) else "mix.devices_few"
    return view.TextPart(page.text(key, share=pc / visitors, rate=rate, whole=all_payers / visitors), muted=True)


def items(page: Page) -> Parts:
    """Which items moved, for real or not, and where each stands."""
    n = page.numbers
    if not n.items or n.pair is None:
        return page.muted("items.missing"), *stock(page)
    top = n.items[:10]
    frame = pd.DataFrame(
        [
            {
                "label": page.item_name(item.item_id, item.title),
                "value": item.paid_amount - item.paid_amount_base,
                "low": math.nan,
                "high": math.nan,
                "bold": item.real,
            }
            for item in top
        ]
    )
    real = [item for item in n.items if item.real]
    title = (
        page.text(
            "items.title_real", item=page.item_name(real[0].item_id, real[0].title), change=real[0].conversion.estimate
        )
        if real
        else page.text("items.title_none", count=len(n.items))
    )
    alt = page.text("items.alt", count=len(top), item=frame["label"].iloc[0], amount=float(frame["value"].iloc[0]))
    chart = charts.chart_diverging(frame, id="items", title=title, alt=alt, lang=page.lang, kind="signed_money")
    way = page.muted(f"items.way_{n.pair.way}", bases=len(n.pair.bases))
    return chart, _item_table(page), way, _quadrant_chart(page), _goods(page), *stock(page)


def _item_table(page: Page) -> view.TablePart:
    n = page.numbers
    whole = sum(item.paid_amount for item in n.items)
    change = whole - sum(item.paid_amount_base for item in n.items)
    change = change if abs(change) >= LEAST_CHANGE * whole else math.nan  # of hardly any change there are no shares
    quadrants = _quadrant_words(page)
    rows = []
    for item in n.items:
        enough = item.visitors >= LEAST_VISITORS and item.buyers >= LEAST_BUYERS
        verdict = (
            "too_few"
            if not enough
            else "presale"
            if item.presale
            else "normal"
            if not item.real
            else "mend"
            if item.conversion.estimate < 0
            else "widen"
        )
        rate = proportion_interval(item.buyers, item.visitors) if enough else None
        rows.append(
            {
                "item": page.item_name(item.item_id, item.title),
                "id": f"…{item.item_id[-4:]}",
                "item_visitors": item.visitors,
                "conversion": labels.MISSING
                if rate is None
                else labels.text(
                    "common.with_range_by_orders" if item.presale else "common.with_range",
                    page.lang,
                    value=labels.format_value(rate.estimate, "pct2", page.lang),
                    range=labels.format_range(rate.low, rate.high, "pct2", page.lang),
                ),
                "conversion_change": item.conversion.estimate if enough else math.nan,
                "cart_rate": item.cart_users / item.visitors if item.visitors else math.nan,
                "paid_amount": item.paid_amount,
                "paid_change": item.paid_amount - item.paid_amount_base,
                "refunded_amount": item.refunded_amount,
                "share": item.paid_amount / whole if whole else math.nan,
                "search_visitors": item.search_visitors,
                "verdict": page.text(f"items.verdict.{verdict}"),
                "share_of_change": (item.paid_amount - item.paid_amount_base) / change,
                "quadrant": quadrants.get(item.item_id, labels.MISSING),
            }
        )
    columns = [
        ("item", "text"),
        ("verdict", "text"),
        ("item_visitors", "int"),
        ("conversion", "text"),
        ("conversion_change", "pp"),
        ("cart_rate", "pct"),
        ("paid_amount", "money"),
        ("paid_change", "signed_money"),
        ("refunded_amount", "money"),
        ("share", "pct"),
        ("search_visitors", "int"),
        ("share_of_change", "pct"),
        ("quadrant", "text"),
    ]
    return page.table(
        "items",
        pd.DataFrame(rows),
        columns,
        rows=10,
        signed=("paid_change", "conversion_change"),
        bars=("share",),
    )


def _quadrant_chart(page: Page) -> view.ChartPart | view.TextPart:
    """Items on two rates with the cut lines (PF1)."""
    n = page.numbers
    if n.quadrants is None:
        return page.muted("items.no_quadrants")
    found = n.quadrants
    paid = {item.item_id: item.paid_amount for item in n.items}
    frame = pd.DataFrame(
        [
            {
                "label": page.item_name(one.item_id, one.title),
                "x": one.first,
                "y": one.second,
                "y_low": math.nan,
                "y_high": math.nan,
                "size": paid[one.item_id],
            }
            for one in found.items
        ]
    )
    sure = [one for one in found.items if one.probability >= SURE_QUADRANT]
    name = page.text(f"items.axis.{found.way}")
    counts = {key: sum(one.name == key for one in sure) for key in ("promote", "page", "image", "replace")}
    title = page.text("items.quadrants_title", unsure=len(found.items) - len(sure), **counts)
    alt = page.text("items.quadrants_alt", count=len(found.items), axis=name, title=title)
    return charts.chart_scatter(
        frame, id="quadrants", title=title, alt=alt, lang=page.lang, x_kind="pct", y_kind="pct2", x_title=name,
        y_title=labels.heading("payment_conversion", page.lang), x_line=found.first_cut, y_line=found.second_cut,
    )  # fmt: skip


def _quadrant_words(page: Page) -> dict[str, str]:
    """Item id to its quadrant in words with how sure it is; "not clear" below `SURE_QUADRANT`."""
    found = page.numbers.quadrants
    if found is None:
        return {}
    mending = {item.item_id for item in page.numbers.items if item.real and item.conversion.estimate < 0}

    def word(one: Quadrant) -> str:
        if one.probability < SURE_QUADRANT:
            return page.text("items.quadrant.unsure")
        key = "mend_first" if one.name == "promote" and one.item_id in mending else one.name
        return page.text(f"items.quadrant.{key}", chance=one.probability)

    return {one.item_id: word(one) for one in found.items}


def _goods(page: Page) -> view.TextPart | None:
    """Hero concentration (PF14) and sell-through (FN21)."""
    n = page.numbers
    if n.goods is None:
        return None
    titles = {item.item_id: item.title for item in n.items}
    return view.TextPart(
        page.text(
            "items.goods",
            item=page.item_name(n.goods.top_item, titles[n.goods.top_item]),
            share=n.goods.top_share,
            three=n.goods.top_three_share,
            sold=n.goods.sold,
            shown=n.goods.shown,
        )
    )
