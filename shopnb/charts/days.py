"""Charts over days and weeks: the daily figure in its normal range, and lines.

Belongs here: everything with a time axis. Days are ISO dates drawn in UTC, so no reader's time zone moves them.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

import altair
import pandas as pd

from shopnb.charts import frames, picking, rows, theme
from shopnb.labels import letters
from shopnb.view import ChartPart

_HALF_DAY = pd.Timedelta(hours=12)


_TICKS = 8
_NAME_LINES, _NAME_COLUMN, _PLOT = 2, 7.0, 280  # names of strips: lines, px a half-width column; px of a phone's plot


def _ticks(days: list[Any]) -> list[int]:
    """At most eight days to name, in milliseconds since 1970: every day, every other, or Mondays."""
    if not days:
        return []
    first, last = pd.Timestamp(min(days)), pd.Timestamp(max(days))
    step = next((step for step in (1, 2, 7, 14, 28, 56, 112) if (last - first).days / step < _TICKS), 364)
    start = first if step < 7 else first + pd.Timedelta(days=-first.weekday() % 7)
    return [int(day.timestamp() * 1000) for day in pd.date_range(start, last, freq=f"{step}D")]


def _day(field: str, lang: str, ticks: list[int]) -> altair.X:
    shown = altair.Axis(
        labelExpr=theme.day_axis(lang), title=None, grid=False, labelFlush=True, labelOverlap="greedy",
        labelSeparation=14, values=ticks,
    )  # fmt: skip
    return altair.X(f"{field}:T", scale=altair.Scale(type="utc"), axis=shown)


def _amount(field: str, kind: str, lang: str, value_title: str, *, zero: bool) -> altair.Y:
    shown = altair.Axis(labelExpr=theme.number_axis(kind, lang), title=frames.safe(value_title) or None, tickCount=4)
    return altair.Y(f"{field}:Q", scale=altair.Scale(zero=zero, nice=True), axis=shown)


@frames.form
def chart_daily_band(
    frame: pd.DataFrame, *, id: str, title: str, alt: str, lang: str, kind: str = "money", value_title: str = "",
    spans: Sequence[tuple[dt.date, dt.date, str]] = (), marks: Sequence[tuple[dt.date, str]] = (), zero: bool = True,
) -> ChartPart:  # fmt: skip
    """One figure a day inside its normal range.

    Parameters
    ----------
    frame : one row per day
        `day` (date), `value`, `expected`, `low`, `high` (NaN where unknown; a gap stays a gap); optional `odd` (bool):
        whether a day outside its range is marked, all where it is missing.
    value_title : what the figure is, with its unit; stands above the axis.
    spans : campaigns and holidays as (first day, last day, name), drawn as strips.
    marks : change log as (day, sign), such as ①.
    zero : whether the axis starts at 0.
    """
    days = frames.records(frame, ("day", "value", "expected", "low", "high"))
    for row, raw in zip(days, frame.to_dict("records"), strict=True):
        row["day_text"] = frames.write_day(raw["day"], lang)
        row["text"] = frames.write(raw["value"], kind, lang)
        row["expected_text"] = frames.write(raw["expected"], kind, lang)
        row["range_text"] = frames.write_range(raw["low"], raw["high"], kind, lang)
        outside = None not in (row["value"], row["low"], row["high"]) and bool(raw.get("odd", True))
        row["tone"] = (
            "up" if outside and row["value"] > row["high"] else "down" if outside and row["value"] < row["low"] else ""
        )
    height = 220
    ticks = _ticks(list(frame["day"]))
    band = _band(days, kind, lang, value_title, ticks, zero=zero)
    chart = altair.layer(*_strips(spans, height, lang, ticks), *band, *_signs(marks, height, lang, ticks))
    return frames.finish(chart, id=id, title=title, alt=alt, lang=lang, height=height)


def _band(
    days: frames.Records, kind: str, lang: str, value_title: str, ticks: list[int], *, zero: bool
) -> list[altair.Chart]:
    """Normal range, expected line, the figure, the days outside, and a target for the pointer."""
    base = altair.Chart(frames.inline(days)).encode(x=_day("day", lang, ticks))
    up, down = theme.up_down(lang)
    y = _amount("value", kind, lang, value_title, zero=zero)
    band = base.mark_area(color=theme.BAND, opacity=0.28).encode(
        y=_amount("low", kind, lang, value_title, zero=zero), y2=altair.Y2("high:Q")
    )
    expected = base.mark_line(color=theme.SOFT, strokeDash=[4, 3], strokeWidth=1.4).encode(
        y=_amount("expected", kind, lang, value_title, zero=zero)
    )
    line = base.mark_line(color=theme.ACCENT, strokeWidth=2, strokeJoin="round").encode(y=y)
    odd = altair.Chart(frames.inline([row for row in days if row["tone"]])).mark_point(filled=True, size=75, opacity=1)
    tones = altair.Scale(domain=["up", "down"], range=[up, down])
    points = odd.encode(x=_day("day", lang, ticks), y=y, color=altair.Color("tone:N", scale=tones, legend=None))
    target = base.mark_rule(strokeWidth=9, opacity=0).encode(
        tooltip=rows.told("day_text", "text", "expected_text", "range_text", lang=lang)
    )
    return [band, expected, line, points, target]


def _strips(
    spans: Sequence[tuple[dt.date, dt.date, str]], height: int, lang: str, ticks: list[int], *, above: int = 0
) -> list[altair.Chart]:
    """Campaign strips with their names above the plot, on lines where neighbours do not meet; `above`: px kept free."""
    if not spans:
        return []
    strips = []
    for (first, last, name), line in zip(spans, _lines(spans, ticks), strict=True):
        start, end = pd.Timestamp(first) - _HALF_DAY, pd.Timestamp(last) + _HALF_DAY
        middle = start + (end - start) / 2
        texts = {"name": frames.safe(name) if line < _NAME_LINES else "", "y": -6 - 14 * line - above}
        strips.append(
            {
                "start": f"{start:%Y-%m-%dT%H:%MZ}",
                "end": f"{end:%Y-%m-%dT%H:%MZ}",
                "middle": f"{middle:%Y-%m-%dT%H:%MZ}",
            }
            | texts
        )
    base = altair.Chart(frames.inline(strips))
    shade = base.mark_rect(color=theme.CAMPAIGN, opacity=0.2).encode(
        x=_day("start", lang, ticks), x2=altair.X2("end:T"), y=altair.YValue(0), y2=altair.Y2Value(height)
    )
    name = base.mark_text(color=theme.CAMPAIGN, fontSize=11, fontWeight=600, baseline="alphabetic").encode(
        x=_day("middle", lang, ticks), y=rows.at("y"), text=altair.Text("name:N")
    )
    return [shade, name]


def _lines(spans: Sequence[tuple[dt.date, dt.date, str]], ticks: list[int]) -> list[int]:
    """For each strip the line of its name, the lowest where it meets no earlier one; `_NAME_LINES`: there is none."""
    shown = max((ticks[-1] - ticks[0]) / 86_400_000, 1) if ticks else 1  # days between the outer ticks
    free = [-math.inf] * _NAME_LINES
    lines = []
    for first, last, name in spans:
        half = letters.columns_of(name) * _NAME_COLUMN / _PLOT * shown / 2
        middle = (pd.Timestamp(first).timestamp() + pd.Timestamp(last).timestamp()) / 2 / 86_400
        line = next((place for place, end in enumerate(free) if middle - half > end), _NAME_LINES)
        if line < _NAME_LINES:
            free[line] = middle + half
        lines.append(line)
    return lines


def _signs(marks: Sequence[tuple[dt.date, str]], height: int, lang: str, ticks: list[int]) -> list[altair.Chart]:
    """The change log along the foot of the plot; signs of days close together stand above one another."""
    if not marks:
        return []
    near = pd.Timedelta(milliseconds=(ticks[-1] - ticks[0]) * 0.06 if ticks else 0)
    signs: frames.Records = []
    before, level = None, 0
    for day, sign in sorted(marks, key=lambda mark: mark[0]):
        crowded = before is not None and pd.Timestamp(day) - before < near
        before, level = pd.Timestamp(day), (level + 1) % 3 if crowded else 0
        signs.append({"day": frames.plain(day), "sign": frames.safe(sign), "y": height - 7 - 14 * level})
    base = altair.Chart(frames.inline(signs)).encode(x=_day("day", lang, ticks))
    line = base.mark_rule(color=theme.OWN, strokeWidth=1, strokeDash=[2, 3]).encode(
        y=altair.YValue(0), y2=altair.Y2Value(height - 14)
    )
    sign = base.mark_text(color=theme.OWN, fontSize=13, fontWeight=600).encode(
        y=rows.at("y"), text=altair.Text("sign:N")
    )
    return [line, sign]


@frames.form
def chart_lines(
    frame: pd.DataFrame, *, id: str, title: str, alt: str, lang: str, kind: str = "number", value_title: str = "",
    zero: bool = False, spans: Sequence[tuple[dt.date, dt.date, str]] = (),
) -> ChartPart:  # fmt: skip
    """One line a series over days or weeks.

    Parameters
    ----------
    frame : one row per day (or week's first day) and series
        `day` (date), `series`, `value` (NaN: a gap), optional `low`, `high` (drawn as a band).
    spans : campaigns and holidays as (first day, last day, name), drawn as strips.
    """
    points = frames.records(frame, ("day", "series", "value", "low", "high"))
    for row, raw in zip(points, frame.to_dict("records"), strict=True):
        row |= {"series": frames.safe(row["series"]), "day_text": frames.write_day(raw["day"], lang)}
        row["text"] = rows.with_range(raw, "value", kind, lang)
    series = list(dict.fromkeys(row["series"] for row in points))
    tones = altair.Scale(domain=series, range=[theme.SERIES[place % len(theme.SERIES)] for place in range(len(series))])
    shown = rows.legend(series, line=True, above=14 * _NAME_LINES if spans else 0) if len(series) > 1 else None
    color = altair.Color("series:N", scale=tones, legend=shown)
    quiet = altair.Color("series:N", scale=tones, legend=None)  # Vega-Lite hears no click in a legend of two marks
    ticks = _ticks(list(frame["day"]))
    pick = picking.by_legend("series")
    base = altair.Chart(frames.inline(points)).encode(x=_day("day", lang, ticks), color=color)
    if len(series) > 1:
        base = base.encode(opacity=picking.strong(pick))
    y = _amount("value", kind, lang, value_title, zero=zero)
    line = base.mark_line(strokeWidth=2, strokeJoin="round").encode(y=y)
    layers = [picking.with_picks(line, pick) if len(series) > 1 else line]
    if any(row["low"] is not None for row in points):
        low = _amount("low", kind, lang, value_title, zero=zero)
        layers.insert(0, base.mark_area(fillOpacity=0.16).encode(y=low, y2=altair.Y2("high:Q"), color=quiet))
    hover = base.mark_point(filled=True, size=26 if len(points) <= 60 else 8, opacity=1)
    layers.append(hover.encode(y=y, color=quiet, tooltip=rows.told("day_text", "series", "text", lang=lang)))
    layers = [*_strips(spans, 220, lang, ticks, above=14 if value_title else 0), *layers]
    whole = altair.layer(*layers).resolve_legend(color="independent")  # one shared legend, some hidden: Vega warns
    return frames.finish(whole, id=id, title=title, alt=alt, lang=lang, height=220)
