"""Charts over two quantities: scatter, strip, heat map.

Belongs here: everything with two real axes, and where the names of the points go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import altair
import pandas as pd

from shopnb import labels
from shopnb.charts import frames, picking, rows, theme
from shopnb.labels import letters
from shopnb.view import ChartPart

_HEIGHT = 300
_PLOT = 280  # px: nominal width on a phone, for placing names
_NAMED = 10  # so many points get their name
_DOT = 5  # px: half the width that a dot keeps free of the names of others


def _axis(field: str, kind: str, lang: str, name: str, domain: list[float], *, scale: str = "linear") -> dict[str, Any]:
    shown = altair.Axis(labelExpr=theme.number_axis(kind, lang), title=frames.safe(name) or None, tickCount=5)
    return {"shorthand": f"{field}:Q", "axis": shown, "scale": altair.Scale(domain=domain, nice=False, type=scale)}


_Box = tuple[float, float, float, float]  # left, top, right, bottom


def _meets(box: _Box, others: Iterable[_Box]) -> bool:
    return any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in others)


def _pixel(value: float, domain: list[float], length: int) -> float:
    return (value - domain[0]) / (domain[1] - domain[0]) * length


def _places(
    points: frames.Records, among: frames.Records, x_domain: list[float], y_domain: list[float]
) -> frames.Records:
    """Names beside the largest points, each where it meets no other name and no dot: right, left, above, below.

    A name without such a place is left out, it is in the tip; one's own go over the dots of rivals then.

    Parameters
    ----------
    among : all points of the chart, those with a name among them.
    """
    taken: list[_Box] = []
    placed: frames.Records = []
    for point in sorted(points, key=lambda point: -(point.get("size") or 0))[: _NAMED * 2]:
        x, y = _spot(point, x_domain, y_domain)
        others = [other for other in among if other is not point]
        dots, own = _dots(others, x_domain, y_domain), _dots(points if point.get("own") else [], x_domain, y_domain)
        wide = letters.columns_of(point["label"]) * 6.0
        sides = (
            ("left", x + 12, y - 7), ("right", x - 12 - wide, y - 7),
            ("center", x - wide / 2, y - 23), ("center", x - wide / 2, y + 9),
        )  # fmt: skip
        boxes = [(align, (left, top, left + wide, top + 14)) for align, left, top in sides]
        boxes = [(align, box) for align, box in boxes if _is_inside(box) and not _meets(box, taken)]
        clear = [one for one in boxes if not _meets(one[1], dots)]
        if own and not clear:
            clear = [one for one in boxes if not _meets(one[1], own)]
        if clear:
            align, box = clear[0]
            taken.append(box)
            dy = 0 if align != "center" else -16 if box[1] < y else 16
            placed.append({key: point[key] for key in ("x", "y", "label")} | {"align": align, "dy": dy})
        if len(placed) == _NAMED:
            break
    return placed


def _spot(point: Mapping[str, Any], x_domain: list[float], y_domain: list[float]) -> tuple[float, float]:
    """Where a point stands, px from the left and from the top."""
    return _pixel(point["x"], x_domain, _PLOT), _HEIGHT - _pixel(point["y"], y_domain, _HEIGHT)


def _dots(points: frames.Records, x_domain: list[float], y_domain: list[float]) -> list[_Box]:
    spots = [_spot(point, x_domain, y_domain) for point in points]
    return [(left - _DOT, top - _DOT, left + _DOT, top + _DOT) for left, top in spots]


def _is_inside(box: _Box) -> bool:
    return box[0] >= -4 and box[2] <= _PLOT + 6 and box[1] >= 0 and box[3] <= _HEIGHT


def _named(placed: frames.Records, x: dict[str, Any], y: dict[str, Any]) -> list[altair.Chart]:
    layers = []
    for align, dx in (("left", 12), ("right", -12), ("center", 0)):
        for dy in (0, -16, 16):
            chosen = [row for row in placed if row["align"] == align and row["dy"] == dy]
            if chosen:
                marks = altair.Chart(frames.inline(chosen)).mark_text(
                    align=align, dx=dx, dy=dy, baseline="middle", fontSize=11
                )
                layers.append(marks.encode(x=altair.X(**x), y=altair.Y(**y), text=altair.Text("label:N")))
    return layers


@frames.form
def chart_scatter(
    frame: pd.DataFrame, *, id: str, title: str, alt: str, lang: str, x_kind: str = "number", y_kind: str = "pct",
    x_title: str = "", y_title: str = "", x_line: float | None = None, y_line: float | None = None,
) -> ChartPart:  # fmt: skip
    """Names on two axes, with ranges and lines to compare against.

    Parameters
    ----------
    frame : one row per name
        `label`, `x`, `y` (rows without either are left out), optional `y_low`, `y_high` (range of y), `size`.
    x_line, y_line : reference lines, such as the shop's mean.
    """
    given = frame[frame["x"].notna() & frame["y"].notna()]
    points = frames.records(given, ("label", "x", "y", "y_low", "y_high", "size"))
    for row, raw in zip(points, given.to_dict("records"), strict=True):
        row |= {"label": frames.safe(row["label"]), "x_text": frames.write(raw["x"], x_kind, lang)}
        span = frames.write_range(raw.get("y_low"), raw.get("y_high"), y_kind, lang)
        row["y_text"] = f"{frames.write(raw['y'], y_kind, lang)} {span}".rstrip()
    x_domain = _wide(rows.domain(points, ("x",), also=() if x_line is None else (x_line,)), 0.08)
    y_domain = _wide(rows.domain(points, ("y", "y_low", "y_high"), also=() if y_line is None else (y_line,)), 0.06)
    x, y = _axis("x", x_kind, lang, x_title, x_domain), _axis("y", y_kind, lang, y_title, y_domain)
    pick = picking.by_mark("label")
    base = altair.Chart(frames.inline(points)).encode(x=altair.X(**x), opacity=picking.strong(pick, opacity=0.85))
    whisker = base.mark_rule(color=theme.SOFT, strokeWidth=1.4).encode(
        y=altair.Y(**(y | {"shorthand": "y_low:Q"})), y2=altair.Y2("y_high:Q")
    )
    tip = frames.tips(
        ("label", labels.text("screen.tip.label", lang)), ("x_text", x_title or "x"), ("y_text", y_title or "y")
    )
    size = altair.Size("size:Q", scale=altair.Scale(range=[50, 420]), legend=None)
    dots = base.mark_point(filled=True, color=theme.ACCENT).encode(y=altair.Y(**y), tooltip=tip)
    if any(row["size"] is not None for row in points):
        dots = dots.encode(size=size)
    dots = picking.with_picks(dots, pick)
    layers = [
        *_references(x, y, x_line, y_line),
        whisker,
        dots,
        *_named(_places(points, points, x_domain, y_domain), x, y),
    ]
    return frames.finish(altair.layer(*layers), id=id, title=title, alt=alt, lang=lang, height=_HEIGHT)


def _wide(domain: list[float], share: float) -> list[float]:
    """A domain with room above, so that no point is cut at the edge."""
    return [domain[0], frames.plain(domain[1] + (domain[1] - domain[0]) * share)]


def _references(x: dict[str, Any], y: dict[str, Any], x_line: float | None, y_line: float | None) -> list[altair.Chart]:
    style = {"color": theme.INK, "strokeDash": [4, 3], "strokeWidth": 1, "opacity": 0.8}
    layers = []
    if x_line is not None:
        upright = altair.Chart(frames.inline([{"x": frames.plain(x_line)}])).mark_rule(**style)
        layers.append(upright.encode(x=altair.X(**x)))
    if y_line is not None:
        level = altair.Chart(frames.inline([{"y": frames.plain(y_line)}])).mark_rule(**style)
        layers.append(level.encode(y=altair.Y(**y)))
    return layers


@frames.form
def chart_strip(
    frame: pd.DataFrame, *, id: str, title: str, alt: str, lang: str, x_kind: str = "money2", y_kind: str = "number",
    x_title: str = "", y_title: str = "",
) -> ChartPart:  # fmt: skip
    """Many rivals as pale dots, own ones marked by name.

    Parameters
    ----------
    frame : one row per item
        `label`, `x`, `y`, `own` (bool), optional `x_low`, `x_high` (shown counts are buckets).
    """
    given = frame[frame["x"].notna() & frame["y"].notna()]
    points = frames.records(given, ("label", "x", "y", "x_low", "x_high", "own"))
    for row, raw in zip(points, given.to_dict("records"), strict=True):
        row |= {"label": frames.safe(row["label"]), "y_text": frames.write(raw["y"], y_kind, lang)}
        span = frames.write_range(raw.get("x_low"), raw.get("x_high"), x_kind, lang)
        row["x_text"] = f"{frames.write(raw['x'], x_kind, lang)} {span}".rstrip()
    x_domain = _wide(rows.domain(points, ("x", "x_low", "x_high"), zero=False), 0.04)
    y_domain = _wide(rows.domain(points, ("y",)), 0.06)
    x, y = _axis("x", x_kind, lang, x_title, x_domain), _axis("y", y_kind, lang, y_title, y_domain)
    tip = frames.tips(
        ("label", labels.text("screen.tip.label", lang)), ("x_text", x_title or "x"), ("y_text", y_title or "y")
    )
    own = frames.either(altair.ColorValue, "datum.own", theme.OWN, theme.ACCENT)
    dots = altair.Chart(frames.inline(points)).mark_point(filled=True).encode(
        x=altair.X(**x), y=altair.Y(**y), color=own, tooltip=tip,
        opacity=frames.either(altair.OpacityValue, "datum.own", 1, 0.35),
        size=frames.either(altair.SizeValue, "datum.own", 120, 44),
    )  # fmt: skip
    ranged = [row for row in points if row["x_low"] is not None and row["x_high"] is not None]
    spread = altair.Chart(frames.inline(ranged)).mark_rule(color=theme.SOFT, opacity=0.5).encode(
        x=altair.X(**(x | {"shorthand": "x_low:Q"})), x2=altair.X2("x_high:Q"), y=altair.Y(**y)
    )  # fmt: skip
    mine = _places([row for row in points if row["own"]], points, x_domain, y_domain)
    layers = [*([spread] if ranged else []), dots, *_named(mine, x, y)]
    return frames.finish(altair.layer(*layers), id=id, title=title, alt=alt, lang=lang, height=_HEIGHT)


@frames.form
def chart_heat(
    frame: pd.DataFrame, *, id: str, title: str, alt: str, lang: str, row_title: str = "", column_title: str = ""
) -> ChartPart:
    """A table whose cells are as dark as their values, such as repeat purchase by cohort.

    Parameters
    ----------
    frame : one row per cell, rows and columns in the order shown
        `row`, `column`, `value`, `text` (what the cell says), `enough` (bool: false where too few are behind it; the
        cell is then empty of colour).
    """
    cells = frames.records(frame, ("row", "column", "value", "text", "enough"))
    for cell in cells:
        cell |= {key: frames.safe(cell[key]) for key in ("row", "column", "text")}
    across = list(dict.fromkeys(cell["column"] for cell in cells))
    down = list(dict.fromkeys(cell["row"] for cell in cells))
    shown = [cell for cell in cells if cell["enough"] and cell["value"] is not None]
    top = max((cell["value"] for cell in shown), default=1) or 1
    for cell in cells:
        cell["ink"] = "#ffffff" if cell in shown and cell["value"] > top * 0.55 else theme.STRONG
    head = altair.Axis(
        orient="top", labelAngle=0, title=frames.safe(column_title) or None, labelOverlap=True, domain=False
    )
    side = altair.Axis(title=frames.safe(row_title) or None, domain=False)
    x = altair.X("column:O", sort=across, axis=head, scale=altair.Scale(paddingInner=0.06))
    y = altair.Y("row:O", sort=down, axis=side, scale=altair.Scale(paddingInner=0.08))
    tip = frames.tips(
        ("row", row_title or " "), ("column", column_title or " "), ("text", labels.text("screen.tip.text", lang))
    )
    strength = altair.Opacity(
        "value:Q", scale=altair.Scale(domain=[0, frames.plain(top)], range=[0.06, 1]), legend=None
    )
    fill = altair.Chart(frames.inline(shown)).mark_rect(color=theme.ACCENT, cornerRadius=2)
    empty = altair.Chart(frames.inline(cells)).mark_rect(color=theme.BAND, opacity=0.1, cornerRadius=2)
    text = altair.Chart(frames.inline(cells)).mark_text(fontSize=11)
    layers = (
        empty.encode(x=x, y=y, tooltip=tip),
        fill.encode(x=x, y=y, opacity=strength, tooltip=tip),
        text.encode(x=x, y=y, text=altair.Text("text:N"), color=altair.Color("ink:N", scale=None)),
    )
    return frames.finish(altair.layer(*layers), id=id, title=title, alt=alt, lang=lang, height=max(len(down), 1) * 30)
