"""The common ground of charts of rows: a name and a value on one line, the mark beneath it over the whole width.

Belongs here: their layout in pixels, x scales, whiskers, base lines and legends. Names stand above their marks, so
that a long Chinese name is whole on a phone 390 px wide; only x has a scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair

from shopnb import labels
from shopnb.charts import frames, theme
from shopnb.labels import letters

NAME, BAR, BETWEEN, GAP = 17, 11, 3, 14  # px: a line of text, one bar, between bars, to the next row
_COLUMN, _LINE = 6.4, 318  # px: a half-width column of text, a line on a phone


def layout(rows: frames.Records, *, bars: int = 1) -> int:
    """Give each row its pixels (`y_name`, `y_text`, `y`, `y2`, `y_mid`); returns the height of all.

    Where a name and its value do not fit on one line of a phone, the values of all rows stand on a line of their own.
    """
    apart = any(letters.columns_of(f"{row['label']}  {row['text']}") * _COLUMN > _LINE for row in rows)
    text = NAME * (1 + apart)
    step = text + bars * (BAR + BETWEEN) + GAP
    for place, row in enumerate(rows):
        top = place * step
        row |= {"y_name": top + 11, "y_text": top + 11 + NAME * apart, "apart": apart}
        row |= {"y": top + text, "y2": top + text + BAR, "y_mid": top + text + BAR / 2}
    return max(len(rows), 1) * step - GAP + 2


def at(field: str) -> altair.Y:
    """A place in pixels."""
    return altair.Y(f"{field}:Q", scale=None, axis=None)


def names(rows: frames.Records) -> altair.LayerChart:
    """The text above the marks: `label` at the left, `text` at the right or, where too long for that, below it."""
    lines = [
        {key: row[key] for key in ("text", "y_name", "y_text")} | {"label": frames.clip(row["label"], _LINE / _COLUMN)}
        for row in rows
    ]
    base = altair.Chart(frames.inline(lines))
    apart = any(row["apart"] for row in rows)
    name = base.mark_text(align="left", baseline="alphabetic").encode(
        x=altair.XValue(0), y=at("y_name"), text=altair.Text("label:N")
    )
    value = base.mark_text(
        align="left" if apart else "right", baseline="alphabetic", fontWeight=600, color=theme.STRONG
    ).encode(x=altair.XValue(0 if apart else "width"), y=at("y_text"), text=altair.Text("text:N"))
    return altair.layer(name, value)


def x_scale(field: str, kind: str, lang: str, domain: list[float], *, axis: bool = False) -> altair.X:
    """The x channel of one layer, all layers on the same domain."""
    shown = altair.Axis(
        labelExpr=theme.number_axis(kind, lang), tickCount=4, title=None, labelFlush=True, offset=6, grid=False
    )
    return altair.X(f"{field}:Q", scale=altair.Scale(domain=domain, nice=False), axis=shown if axis else None)


def domain(
    rows: frames.Records, fields: tuple[str, ...], *, zero: bool = True, also: tuple[float, ...] = ()
) -> list[float]:
    """Smallest and largest of the fields, a little wider; never of length 0."""
    found = [row[field] for row in rows for field in fields if row.get(field) is not None]
    found += [*also, *([0.0] if zero else [])]
    low, high = (min(found), max(found)) if found else (0.0, 0.0)
    room = (high - low) * 0.02 or abs(high) * 0.1 or 1.0
    return [
        frames.plain(low - room if low < 0 or not zero else low),
        frames.plain(high + room if high > 0 or not zero or high == low else high),
    ]


def whiskers(rows: frames.Records, x: altair.X, *, width: float = 1.6, color: str = theme.STRONG) -> altair.Chart:
    """A line from `low` to `high` at `y_mid`, where both are known."""
    there = [row for row in rows if row.get("low") is not None and row.get("high") is not None]
    marks = altair.Chart(frames.inline(there)).mark_rule(color=color, strokeWidth=width, strokeCap="round")
    return marks.encode(x=x, x2=altair.X2("high:Q"), y=at("y_mid"))


def base_line(value: float, rows: frames.Records, x: altair.X, *, dash: bool = False) -> altair.Chart:
    """An upright line at a value, beside each row's mark; `x` shows the field `at`."""
    pieces = [{"at": frames.plain(value), "y": row["y"] - 2, "y2": row["y2"] + 2} for row in rows]
    line = altair.Chart(frames.inline(pieces))
    marks = line.mark_rule(color=theme.INK, strokeWidth=1, strokeDash=[3, 2] if dash else [1, 0], opacity=0.8)
    return marks.encode(x=x, y=at("y"), y2=altair.Y2("y2:Q"))


def legend(series: list[str], *, line: bool = False, above: int = 0) -> altair.Legend:
    """A legend above the chart, in as many columns as a phone is wide; `above`: px kept free beneath it."""
    widest = max((letters.columns_of(name) for name in series), default=1) * 6.2 + 34
    columns = max(1, min(len(series), int(theme.PHONE_WIDTH // widest)))
    return altair.Legend(
        columns=columns, symbolType="stroke" if line else "square", offset=(24 if line else 12) + above
    )


def told(*fields: str, lang: str) -> list[altair.Tooltip]:
    """Tooltip lines under their usual names (`screen.tip.<field>`)."""
    return frames.tips(*((field, labels.text(f"screen.tip.{field}", lang)) for field in fields))


def with_range(raw: Mapping[Any, Any], field: str, kind: str, lang: str) -> str:
    """A value and, in brackets, its range where `low` and `high` are known and not both the value itself."""
    if raw.get("low") == raw.get("high") == raw[field]:
        return frames.write(raw[field], kind, lang)
    span = frames.write_range(raw.get("low"), raw.get("high"), kind.removeprefix("signed_"), lang)
    return f"{frames.write(raw[field], kind, lang)} {span}".rstrip()
