"""The section on where complaints gather: items, SKUs, sizes and colours, stars, and which way sizes miss."""

from __future__ import annotations

import math
import re

import pandas as pd

from shopnb import charts, labels, view
from shopnb.metrics import reviews as metrics
from shopnb.metrics import reviews_more
from shopnb.pages import review_analysis_payment as payment
from shopnb.pages.aspects import aspect_names
from shopnb.pages.base import Page
from shopnb.pages.review_analysis_more import NOTHING, Part, Parts, known_columns, ranged
from shopnb.pages.review_analysis_numbers import Numbers, item_label, spot_label

_SURE = 0.05
_SIZE = re.compile(
    r"\d*[xX]*[sSmMlL]|均码|\d+(?:\.\d+)?\s*(?:ml|ML|mL|L|升|cm|CM|码|寸|英寸|g|kg|斤|米|片|包|支|只装)?"
)
_SKU_PARTS = re.compile(r"[;；,，/|+·]|\s{1,}")


def where(page: Page) -> Parts:
    """Shares by item and SKU with what is said most, by size and colour, by star, and which way sizes miss."""
    n: Numbers = page.numbers
    if n.now.empty or (n.now["item_id"] == "").all():
        return page.muted("where.no_items"), NOTHING, *_where_more(page)
    worst = [one for one in n.counts if one.negative and one.aspect != "overall"][:6]
    spots = metrics.places(n.now, n.said.reviews["negative"])
    spots = spots.sort_values(["reviews", "item_id", "sku"], ascending=[False, True, True])
    shown = spots.head(10)
    if len(shown) == 1:
        return page.muted("where.one_only"), _where_table(page, spots), *_where_more(page)
    if not worst or (shown["reviews"] < metrics.LEAST_CELL).all():
        return page.muted("where.too_few", count=metrics.LEAST_CELL), _where_table(page, spots), *_where_more(page)
    names = aspect_names(page)
    counted = metrics.complaints_by_place(n.said, n.now)
    cells = []
    for row in shown.itertuples():
        for one in worst:
            count = int(counted.get((row.item_id, row.sku, one.aspect), 0))
            enough = row.reviews >= metrics.LEAST_CELL
            share = count / row.reviews
            written = labels.format_value(share, "pct", page.lang) if enough else f"{count}/{row.reviews}"
            cells.append((spot_label(page, row.item_id, row.sku), names[one.aspect], share, written, enough))
    frame = pd.DataFrame(cells, columns=["row", "column", "value", "text", "enough"])
    title = page.text("where.title_none")
    if n.place and n.lead:
        here = n.spots.iloc[0]
        title = page.text(
            "where.title", spot=spot_label(page, n.place.item_id, n.place.sku), aspect=names[n.lead.aspect],
            count=n.place.marked, whole=int(here["reviews"]),
        )  # fmt: skip
    chart = charts.chart_heat(frame, id="where", title=title, alt=title, lang=page.lang)
    return chart, _where_table(page, spots), *_where_more(page)


def _where_more(page: Page) -> Parts:
    return sku_table(page), _star_table(page), sizing_table(page)


def _star_table(page: Page) -> Part:
    """Reviews by the stars that buyers gave; no star is its own row, for 0 means not rated."""
    n: Numbers = page.numbers
    stars = n.now["stars"].astype(float)
    if stars.isna().all():
        return NOTHING
    if stars.notna().sum() < metrics.LEAST_REVIEWS:
        return page.muted("where.no_stars", count=metrics.LEAST_REVIEWS)
    bad = n.said.opinions[(n.said.opinions["polarity"] == "negative") & (n.said.opinions["aspect"] != "overall")]
    names = aspect_names(page)
    shown = []
    for star in (5.0, 4.0, 3.0, 2.0, 1.0, math.nan):
        rows = n.now[stars.isna() if math.isnan(star) else stars == star]
        if rows.empty:
            continue
        most = bad[bad["review"].isin(rows.index)].drop_duplicates(["review", "aspect"])["aspect"].value_counts()
        negative = int(rows["negative"].sum())
        found = metrics.share(negative, len(rows), least=metrics.LEAST_CELL)
        said = page.text("where.most", aspect=names[most.index[0]], count=int(most.iloc[0])) if len(most) else ""
        shown.append(
            {
                "star": page.text("where.not_rated") if math.isnan(star) else page.text("where.star", star=int(star)),
                "reviews_with_text": len(rows),
                "negative_range": ranged(page, found, negative, len(rows)),
                "most_said": said or labels.MISSING,
            }
        )
    columns = [("star", "text"), ("reviews_with_text", "int"), ("negative_range", "text"), ("most_said", "text")]
    return page.table("where_stars", pd.DataFrame(shown), columns)


def _where_table(page: Page, spots: pd.DataFrame) -> view.TablePart:
    n: Numbers = page.numbers
    names = aspect_names(page)
    most: dict[tuple[str, str], tuple[str, int]] = {}
    for (item_id, sku, aspect), count in metrics.complaints_by_place(n.said, n.now).items():
        if count > most.get((item_id, sku), ("", 0))[1]:
            most[item_id, sku] = aspect, int(count)
    rows = []
    for row in spots.itertuples():
        aspect, count = most.get((row.item_id, row.sku), ("", 0))
        found = metrics.share(row.marked, row.reviews, least=metrics.LEAST_CELL)
        rows.append(
            {
                "item": item_label(page, row.item_id) if row.item_id else labels.MISSING,
                "sku": row.sku or labels.MISSING,
                "reviews_with_text": row.reviews,
                "negative_range": ranged(page, found, int(row.marked), int(row.reviews)),
                "most_said": page.text("where.most", aspect=names[aspect], count=count) if count else labels.MISSING,
                "negative_paid": payment.paid_span(page, _negative_of(n.now, row.item_id, row.sku)),
            }
        )
    columns = [
        ("item", "text"), ("sku", "text"), ("reviews_with_text", "int"), ("negative_range", "text"),
        ("most_said", "text"), ("negative_paid", "text"),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=[name for name, _ in columns])
    return page.table("where", frame, known_columns(frame, columns), rows=10)


def _negative_of(now: pd.DataFrame, item_id: str, sku: str) -> pd.Index:
    return now.index[now["negative"] & (now["item_id"] == item_id) & (now["sku"] == sku)]


def sku_table(page: Page) -> Part:
    """Negative shares by size and by colour, wherever SKUs name them."""
    n: Numbers = page.numbers
    rows = []
    for index, sku in n.now["sku"].items():
        for part in filter(None, _SKU_PARTS.split(sku)):
            value = re.split(r"[:：]", part)[-1].strip()
            if value:
                rows.append((page.text("where.size" if _SIZE.fullmatch(value) else "where.colour"), value, index))
    frame = pd.DataFrame(rows, columns=["attribute", "value", "review"]).drop_duplicates()
    frame = frame.assign(negative=n.now["negative"].reindex(frame["review"]).to_numpy(dtype=bool))
    grouped = frame.groupby(["attribute", "value"])["negative"].agg(["sum", "size"]).reset_index()
    grouped = grouped[grouped["size"] >= metrics.LEAST_CELL].sort_values(
        ["attribute", "size", "value"], ascending=[True, False, True]
    )
    if frame.empty:
        return NOTHING
    if len(grouped) < 2:
        return page.muted("where.no_attributes", count=metrics.LEAST_CELL)
    shown = [
        {
            "attribute": attribute,
            "attribute_value": value,
            "reviews_with_text": int(whole),
            "negative_range": ranged(page, metrics.share(bad, whole, least=metrics.LEAST_CELL)),
        }
        for attribute, value, bad, whole in grouped.itertuples(index=False)
    ]
    columns = [
        ("attribute", "text"), ("attribute_value", "text"), ("reviews_with_text", "int"), ("negative_range", "text"),
    ]  # fmt: skip
    return page.table("where_attributes", pd.DataFrame(shown), columns, rows=12)


def sizing_table(page: Page) -> Part:
    """The sizing note: which way sizes miss, and what the page should say."""
    n: Numbers = page.numbers
    found = reviews_more.sizing(n.said, n.now)
    if found.empty and not n.marked("size")[n.now.index].any():
        return NOTHING
    if found.empty:
        return page.muted("where.no_sizing", count=metrics.LEAST_MENTIONS)
    shown = []
    for row in found.itertuples():
        way = "mixed" if row.chance > _SURE else "big" if row.big > row.small else "small"
        shown.append(
            {
                "item": item_label(page, row.item_id) if row.item_id else page.text("where.all_items"),
                "too_big": row.big,
                "too_small": row.small,
                "size_right": row.right,
                "sizing_note": page.text(f"where.sizing.{way}" if row.worn else f"where.sizing.unworn_{way}"),
            }
        )
    columns = [
        ("item", "text"), ("too_big", "int"), ("too_small", "int"), ("size_right", "int"), ("sizing_note", "text"),
    ]  # fmt: skip
    return page.table("sizing", pd.DataFrame(shown), columns)
