"""Remarks on a page's data where a number of the platform does not mean what it seems to (domain.md, section 15).

Belongs here: which gate looks at which page's tables, and over which days. The gates themselves are `metrics.gates`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import ibis

from shopnb import labels, sources, view
from shopnb.metrics import gates
from shopnb.metrics.periods import Period
from shopnb.pages.source_naming import rename_notes, source_names

if TYPE_CHECKING:
    from shopnb.pages.base import Page

NAMED = 3  # items named in one remark
LEAST_ORDERERS = 5  # an item with fewer orders may have no payer by chance


def notes(page: Page, own: Sequence[view.Note]) -> list[view.Note]:
    """What the gates have to say about a page beside its `own` notes; each looks only at the page's own tables."""
    told = {note.code for note in own} & {"window_open", "renamed"}
    name = ".".join(("gates", *sorted(told)))
    return page.kept.value(name, page.given, lambda: _notes(page, told))


def _notes(page: Page, told: Collection[str]) -> list[view.Note]:
    period, compare = page.period()
    found = []
    if period:
        found += [*_presale(page, period), *_staged(page, period), *_freight(page, period), *_lowest(page, period)]
        found += [] if "window_open" in told else _ads(page, period)
        found += [] if "renamed" in told else _scenes(page, Period((compare or period).start, period.end))
    return [*found, *_listing(page)]


def _looks_at(page: Page, table: str) -> bool:
    return table in page.tables_read() and page.shop.has(table)


def _note(page: Page, code: str, /, tone: view.Tone = "", **values: Any) -> view.Note:
    return view.Note(code, labels.text(f"gates.{code}", page.lang, **values), tone)


def _listed(page: Page, names: Sequence[str]) -> str:
    return labels.text("common.list_mark", page.lang).join(names[:NAMED])


def _presale(page: Page, period: Period) -> list[view.Note]:
    """Items with orders and no payers: their payment conversion is taken from orders (QA1)."""
    if not _looks_at(page, "item_period"):
        return []
    rows = page.shop.table("item_period")
    start, end = ibis.literal(period.start), ibis.literal(period.end)
    whole = rows.filter((rows.start_on == start) & (rows.end_on == end))
    days = rows.filter((rows.start_on == rows.end_on) & rows.end_on.between(start, end))
    for chosen in (whole, days):
        if chosen.count().execute():
            items = gates.presale_items(chosen)
            items = items[items["orderers"] >= LEAST_ORDERERS]
            break
    else:
        return []
    if items.empty:
        return []
    first = items.iloc[0]
    names = [page.item_name(one.item_id, one.item_title or "") for one in items.itertuples()]
    code = "presale_no_visitors" if math.isnan(first["order_conversion"]) else "presale"
    return [
        _note(
            page,
            code,
            items=_listed(page, names),
            count=len(items),
            item=names[0],
            rate=first["order_conversion"],
            orderers=int(first["orderers"]),
        )
    ]


def _paid_or_open(orders: Any, period: Period) -> Any:
    """Orders made in the period, whether or when they were paid."""
    day = orders.created_at.date()
    return orders.filter(day.between(ibis.literal(period.start), ibis.literal(period.end)))


def _staged(page: Page, period: Period) -> list[view.Note]:
    """Deposits are in no day's payment until the rest is paid."""
    if not _looks_at(page, "orders"):
        return []
    staged = gates.staged_payments(_paid_or_open(page.shop.table("orders"), period))
    if not staged.orders:
        return []
    if not staged.open:
        return [_note(page, "staged_paid", orders=staged.orders)]
    return [_note(page, "staged_open", orders=staged.orders, open=staged.open, due=staged.due_amount)]


def _freight(page: Page, period: Period) -> list[view.Note]:
    """1688 counts freight in its 支付金额; its share comes from the orders of the period."""
    if page.shop.settings.platform != "1688" or not _looks_at(page, "shop_daily"):
        return []
    if not _looks_at(page, "orders"):
        return [_note(page, "freight_unknown")]
    share = gates.freight_share(_paid_or_open(page.shop.table("orders"), period))
    return [_note(page, "freight_unknown")] if math.isnan(share) else [_note(page, "freight", share=share)]


def _lowest(page: Page, period: Period) -> list[view.Note]:
    """Discounts on whole orders may pull down the lowest price on record (QA10)."""
    if not _looks_at(page, "order_lines"):
        return []
    rows = page.shop.table("order_lines")
    found = gates.lowest_price(
        rows.filter(rows.paid_at.date().between(ibis.literal(period.start), ibis.literal(period.end)))
    )
    if found is None:
        return []
    name = page.item_name(found.item_id, found.item_title or found.item_id)
    return [
        _note(
            page,
            "lowest_price",
            item=name,
            orders=found.orders,
            usual=found.usual,
            shared=found.shared,
            recorded=found.recorded,
        )
    ]


def _ads(page: Page, period: Period) -> list[view.Note]:
    """Ad deals of the last days still grow until the attribution window has passed."""
    if not _looks_at(page, "ad_daily"):
        return []
    rows = page.shop.table("ad_daily")
    inside = rows.filter(rows.day.between(ibis.literal(period.start), ibis.literal(period.end)))
    exported = [one.exported_at.date() for one in page.shop.accounts("ad_daily") if one.kept and one.exported_at]
    if not exported:
        return []
    share = gates.immature_share(inside, exported_on=max(exported))
    if math.isnan(share) or not share:
        return []
    return [_note(page, "ads_not_mature", share=share, exported=max(exported))]


def _scenes(page: Page, shown: Period) -> list[view.Note]:
    """Ad scenes that stand under an old name in the days shown."""
    if not _looks_at(page, "ad_daily"):
        return []
    rows = page.shop.table("ad_daily")
    inside = rows.filter(rows.day.between(ibis.literal(shown.start), ibis.literal(shown.end)))
    printed = inside.select("scene").distinct().drop_null("scene").to_pandas()["scene"]
    return rename_notes(sources.renames(sorted(printed), source_names(page)), page.lang, shown)


def _listing(page: Page) -> list[view.Note]:
    """One look at a personalised ranking (QA7), and goods that it shows both as an ad and unpaid."""
    if not _looks_at(page, "listing"):
        return []
    rows, n = page.shop.table("listing"), page.numbers
    day = rows.snapshot_on.isnull() if n.snapshot_on is None else rows.snapshot_on == ibis.literal(n.snapshot_on)
    both = gates.paid_and_organic(rows.filter((rows["query"] == n.query) & day))
    told = [_note(page, "paid_and_organic", count=len(both))] if len(both) else []
    told.append(_note(page, "one_look"))
    return [*told, _note(page, "index")] if _looks_at(page, "search_rank") else told
