"""On which charts a page's reader may draw a box, and which rows lie in it.

Belongs here: for each such section its chart, its rows, the sentence that tells what chosen rows are together, and the
parameters that they stand for. The section itself, chart and table, is what a headless run shows of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from shopnb import labels, view
from shopnb.metrics import traffic
from shopnb.widgets import Brush

if TYPE_CHECKING:
    from shopnb.pages.base import Page

SHOWN_LETTERS = 200  # of a review
Values = Callable[[pd.DataFrame], dict[str, Any]]


@dataclass(frozen=True)
class _Place:
    """A chart, the table of its section that has its rows (or what makes it), and what chosen rows tell and set.

    `columns`: field of an axis to the column of the table's frame; `kinds` of their numbers.
    """

    chart: str
    table: Callable[[Any], view.TablePart | None]
    columns: Mapping[str, str]
    kinds: Sequence[str]
    values: Values
    sets: Values


def has_place(page: Page, section: str) -> bool:
    """Whether a box may be drawn in a section, where its chart has enough behind it."""
    return (page.slug, section) in _PLACES


def brush(page: Page, section: str) -> Brush | None:
    """What a box on a section's chart filters; None where the section has no such chart now."""
    place = _PLACES.get((page.slug, section))
    if place is None:
        return None
    parts = _parts(page, section)
    chart = next((part for part in parts if isinstance(part, view.ChartPart) and part.id == place.chart), None)
    table = place.table(page) if chart else None
    if chart is None or table is None:
        return None
    columns = place.columns.items()
    names = {
        column: (_axis(chart, field) or labels.heading(column, page.lang), kind)
        for (field, column), kind in zip(columns, place.kinds, strict=True)
    }
    told = lambda rows: _told(page, section, place, rows)  # noqa: E731
    return Brush(chart, _dated(table), place.columns, told, place.sets, names, page.shop.settings.currency)


def _parts(page: Page, section: str) -> Sequence[Any]:
    return page.section_shown(section).parts


def _axis(chart: view.ChartPart, field: str) -> str:
    """The title of the axis that shows a field; "" without one."""
    shown = [layer.get("encoding", {}).get(channel, {}) for layer in chart.spec["layer"] for channel in "xy"]
    titles = [(one.get("axis") or {}).get("title") for one in shown if one.get("field") == field]
    return next((title for title in titles if title), "")


def _own_table(section: str, id: str) -> Callable[[Page], view.TablePart | None]:
    """The section's own table."""
    return lambda page: next(
        (part for part in _parts(page, section) if isinstance(part, view.TablePart) and part.id == id), None
    )


def _rated_sources(page: Page) -> view.TablePart | None:
    """The sources that have a dot: those with a rate, small ones that are pooled left out."""
    table = _own_table("matrix", "matrix")(page)
    if table is None:
        return None
    frame = table.frame[table.frame["rate"].notna() & (table.frame["source"] != traffic.POOLED)]
    return view.TablePart(table.id, frame, table.columns)


def _said_reviews(page: Page) -> view.TablePart:
    """Every review with a text and a day, complaints first, then the newest."""
    from shopnb.pages.review_analysis_numbers import spot_label  # its module builds on Page, which asks this one

    reviews = page.numbers.said.reviews
    known = reviews[reviews["day"].notna()].sort_values(["negative", "day"], ascending=False, kind="stable")
    spots = [spot_label(page, row.item_id, row.sku) or labels.MISSING for row in known.itertuples()]
    words = {True: page.text("evidence.negative"), False: page.text("evidence.not_negative")}
    frame = known.assign(
        spot=spots, judged_as=known["negative"].map(words), review_text=known["text"].str.slice(0, SHOWN_LETTERS)
    )
    columns = [("day", "day_short"), ("judged_as", "text"), ("review_text", "text"), ("spot", "text")]
    return page.table("said", frame, columns)


def _dated(table: view.TablePart) -> view.TablePart:
    """The table with days that can be compared."""
    if "day" not in table.frame:
        return table
    frame = table.frame.assign(day=pd.to_datetime(table.frame["day"]))
    return view.TablePart(table.id, frame, table.columns)


def _told(page: Page, section: str, place: _Place, rows: pd.DataFrame) -> str:
    with labels.money_in(page.shop.settings.currency):
        return labels.text(f"widgets.brush.told.{section}", page.lang, **place.values(rows))


def _days(rows: pd.DataFrame) -> dict[str, Any]:
    return {"days": rows["day"].nunique(), "first": rows["day"].min().date(), "last": rows["day"].max().date()}


def _span(rows: pd.DataFrame) -> dict[str, Any]:
    return {"start_date": f"{rows['day'].min():%Y-%m-%d}", "end_date": f"{rows['day'].max():%Y-%m-%d}"}


def _sales(rows: pd.DataFrame) -> dict[str, Any]:
    paid, visitors = float(rows["paid_amount"].sum()), float(rows["visitors"].sum())
    return {**_days(rows), "paid": paid, "mean": paid / len(rows), "visitors": visitors}


def _sources(rows: pd.DataFrame) -> dict[str, Any]:
    return {"count": len(rows), "visitors": float(rows["visitors"].sum()), "paid": float(rows["paid_amount"].sum())}


def _goods(rows: pd.DataFrame) -> dict[str, Any]:
    prices = rows["price"]
    return {"count": len(rows), "low": prices.min(), "high": prices.max(), "sold": float(rows["sold_low"].sum())}


def _said(rows: pd.DataFrame) -> dict[str, Any]:
    negative = int(rows["negative"].sum())
    return {**_days(rows), "count": len(rows), "negative": negative, "share": negative / len(rows)}


def _prices(rows: pd.DataFrame) -> dict[str, Any]:
    """Whole edges of a band that holds the chosen prices."""
    low, high = math.floor(rows["price"].min()), math.floor(rows["price"].max()) + 1
    return {"bands": [str(low), str(high)]} if low > 0 else {}


_PLACES = {
    ("shop_overview", "normal"): _Place(
        "normal", _own_table("normal", "normal"), {"day": "day"}, ["day_short"], _sales, _span
    ),
    ("traffic_sources", "matrix"): _Place(
        "matrix",
        _rated_sources,
        {"x": "visitors", "y": "rate"},
        ["int", "pct2"],
        _sources,
        lambda rows: {"sources": list(rows["label"])},
    ),
    ("listing_ab", "by_day"): _Place(
        "by_day", _own_table("by_day", "by_day"), {"day": "day"}, ["day_short"], _days, _span
    ),
    ("review_analysis", "trend"): _Place("trend", _said_reviews, {"day": "day"}, ["day_short"], _said, _span),
    ("market_sizing", "page_one"): _Place(
        "page_one",
        _own_table("page_one", "page_one_goods"),
        {"x": "price", "y": "sold_low"},
        ["money2", "number"],
        _goods,
        _prices,
    ),
}
