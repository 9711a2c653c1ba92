"""What a shop is ready for: which reports can run on it, what the others lack, which one file to download next.

Belongs here: questions that the planner, `shopnb status` and the start page ask of a page, answered without computing
anything, and the sentences of the answers. Pages are imported when first asked, for the command line must start fast.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shopnb import labels, parameters
from shopnb.errors import ParameterError, ShopnbError
from shopnb.shop import NextDownload, ReportTables, Shop, next_download

if TYPE_CHECKING:
    from shopnb.pages import Page


def needs(slug: str) -> tuple[str, ...]:
    """Tables that a report is about; () for a notebook of the user's own."""
    page = page_of(slug)
    return (*page.needs, *page.needs_any) if page else ()


def tables_of(slug: str) -> ReportTables | None:
    """The tables that a report is made of; None for a notebook of the user's own."""
    page = page_of(slug)
    return ReportTables(page.needs, page.needs_any, page.uses) if page else None


def lacking(shop: Shop, slug: str) -> ShopnbError | None:
    """Why a report cannot run on a shop: the first table it lacks, with the export to download."""
    page = page_of(slug)
    return page.lacking(shop) if page else None


def last_day(shop: Shop, slug: str) -> str:
    """Last day in the tables a report is about, ISO; "" where they have no days."""
    page = page_of(slug)
    return page.last_day(shop) if page else ""


def due(slug: str, day: dt.date) -> str:
    """Day that the data of a report should reach when it is made for `day`, ISO; "" where nobody expects any."""
    page = page_of(slug)
    if page is None or page.days_behind is None:
        return ""
    return (day - dt.timedelta(days=page.days_behind)).isoformat()


def refused(shop: Shop, slug: str, values: Mapping[str, Any]) -> ParameterError | None:
    """Why a report's page would not take these parameters; its own checks, run without computing anything."""
    page = page_of(slug)
    try:
        if page:
            page(shop, values)
    except ParameterError as error:
        return error
    return None


def page_of(slug: str) -> type[Page] | None:
    """The page of a report; None for a notebook of the user's own."""
    from shopnb.pages import PAGES  # pandas, Altair and Ibis: only where a report is looked at

    return PAGES.get(slug)


@dataclass(frozen=True)
class Sight:
    """How much of a report can be seen.

    Parameters
    ----------
    state : `whole`, `part`, or `none`. lacks : tables whose exports show the rest; () for a whole one.
    """

    state: str
    lacks: tuple[str, ...] = ()


def sight(shop: Shop, slug: str) -> Sight:
    """How much of a report can be seen, counted as `following` counts; a notebook of the user's own is whole."""
    tables = tables_of(slug)
    if tables is None:
        return Sight("whole")
    seen = tables.seen(shop.has)
    return Sight("none" if seen == 0 else "whole" if seen == 1 else "part", tables.lacks(shop.has))


def where_to_get(table: str, lang: str) -> str:
    """A table by name and where its export is downloaded."""
    named = labels.text(f"intake.tables.{table}", lang)
    return labels.text("cli.status.lacks_from", lang, table=named, get=labels.text(f"intake.get.{table}", lang))


def following(shop: Shop) -> NextDownload:
    """What of all reports can be seen on a shop now, and the one file that adds most."""
    made_of = {slug: tables for slug in parameters.notebooks() if (tables := tables_of(slug))}
    return next_download(shop.has, made_of)


def report_name(slug: str, lang: str) -> str:
    """A report as its page calls itself; a notebook of the shop's own by its file."""
    return labels.text(f"{slug}.name", lang) if labels.has(f"{slug}.name", lang) else slug


def next_step(following: NextDownload, of: int, lang: str) -> str:
    """How many pages can be seen, and the one file that shows more."""
    pages, half = divmod(2 * following.pages + following.halves, 2)
    key = ("with_half" if pages else "half") if half else "whole"
    said = labels.text(f"cli.status.seen_{key}", lang, pages=pages, of=of)
    if following.halves:
        said += labels.text("cli.status.seen_counted", lang, whole=following.pages, part=following.halves)
    if not following.table:
        return said
    mark = labels.text("cli.list_mark", lang)
    names = mark.join(report_name(slug, lang) for slug in following.opens or following.fills)
    key = f"cli.status.next_{'opens' if following.opens else 'fills'}"
    return said + labels.text(key, lang, reports=names, get=labels.text(f"intake.get.{following.table}", lang))
