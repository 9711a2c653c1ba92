"""Charts that show how sure a number is: estimates with ranges, differences against what matters.

Belongs here: ranges and intervals, one row a name.
"""

from __future__ import annotations

import altair
import pandas as pd

from shopnb import labels
from shopnb.charts import frames, rows, theme
from shopnb.view import ChartPart


@frames.form
def chart_ranges(frame: pd.DataFrame, *, id: str, title: str, alt: str, lang: str, kind: str = "money") -> ChartPart:
    """Lowest, best and highest estimate of each name.

    Parameters
    ----------
    frame : one row per name
        `label`, `low`, `best`, `high`, optional `struck` (bool: the wrong way of counting, drawn crossed out).
    """
    spans = frames.records(frame, ("label", "low", "best", "high", "struck"))
    for row, raw in zip(spans, frame.to_dict("records"), strict=True):
        row |= {"label": frames.safe(row["label"]), "text": rows.with_range(raw, "best", kind, lang), "start": 0}
        if row["struck"]:
            row["text"] = labels.text("screen.struck", lang, text=row["text"])
    height = rows.layout(spans)
    span = rows.domain(spans, ("low", "best", "high"))
    wrong = [row for row in spans if row["struck"]]
    right = [row for row in spans if not row["struck"]]
    tip = rows.told("label", "text", lang=lang)
    dots = altair.Chart(frames.inline(right)).mark_point(filled=True, size=95, opacity=1, color=theme.ACCENT).encode(
        x=rows.x_scale("best", kind, lang, span), y=rows.at("y_mid"), tooltip=tip
    )  # fmt: skip
    hollow = altair.Chart(frames.inline(wrong)).mark_rect(color=theme.SOFT, opacity=0.45).encode(
        x=rows.x_scale("start", kind, lang, span), x2=altair.X2("best:Q"), y=rows.at("y"), y2=altair.Y2("y2:Q"),
        tooltip=tip,
    )  # fmt: skip
    crossed = altair.Chart(frames.inline(wrong)).mark_rule(color=theme.STRONG, strokeWidth=1.4).encode(
        x=rows.x_scale("start", kind, lang, span), x2=altair.X2("best:Q"), y=rows.at("y_mid")
    )  # fmt: skip
    band = rows.whiskers(right, rows.x_scale("low", kind, lang, span), width=8, color=theme.BAND)
    chart = altair.layer(hollow, crossed, band, dots, rows.names(spans))
    return frames.finish(chart, id=id, title=title, alt=alt, lang=lang, height=height)


@frames.form
def chart_intervals(
    frame: pd.DataFrame, *, id: str, title: str, alt: str, lang: str, kind: str = "pp",
    reference: float = 0.0, too_small: tuple[float, float] | None = None,
) -> ChartPart:  # fmt: skip
    """Values with their ranges against a reference line.

    Parameters
    ----------
    frame : one row per name
        `label`, `value`, `low`, `high`, optional `bold` (bool: beyond noise; the others are then pale).
    reference : where the dashed line stands, in the unit of `value` (0 for differences, 1 for ratios).
    too_small : the zone of differences that do not matter, shaded.
    """
    spans = frames.records(frame, ("label", "value", "low", "high", "bold"))
    some_bold = any(row["bold"] for row in spans)
    for row, raw in zip(spans, frame.to_dict("records"), strict=True):
        row |= {"label": frames.safe(row["label"]), "text": rows.with_range(raw, "value", kind, lang)}
        row["faint"] = some_bold and not row["bold"]
    height = rows.layout(spans)
    also = (reference, *(too_small or ()))
    span = rows.domain(spans, ("value", "low", "high"), zero=False, also=also)
    pale = frames.either(altair.OpacityValue, "datum.faint", 0.55, 1)
    layers = [rows.base_line(reference, spans, rows.x_scale("at", kind, lang, span, axis=True), dash=True)]
    if too_small is not None:
        ends = {"from": frames.plain(too_small[0]), "to": frames.plain(too_small[1])}
        zones = [ends | {"y": row["y"] - 4, "y2": row["y2"] + 4} for row in spans]
        shaded = altair.Chart(frames.inline(zones)).mark_rect(color=theme.BAND, opacity=0.3)
        layers.insert(
            0,
            shaded.encode(
                x=rows.x_scale("from", kind, lang, span, axis=True),
                x2=altair.X2("to:Q"),
                y=rows.at("y"),
                y2=altair.Y2("y2:Q"),
            ),
        )
    whiskers = rows.whiskers(spans, rows.x_scale("low", kind, lang, span, axis=True), width=2.6, color=theme.ACCENT)
    dots = altair.Chart(frames.inline(spans)).mark_point(filled=True, size=80, color=theme.ACCENT).encode(
        x=rows.x_scale("value", kind, lang, span, axis=True), y=rows.at("y_mid"), opacity=pale,
        tooltip=rows.told("label", "text", lang=lang),
    )  # fmt: skip
    chart = altair.layer(*layers, whiskers.encode(opacity=pale), dots, rows.names(spans))
    return frames.finish(chart, id=id, title=title, alt=alt, lang=lang, height=height)
