"""Tidy frames to charts: one theme, generic forms, never computing a number.

Belongs here: the names of the forms and what a notebook emits for a chart. Every form is
`chart_*(frame, *, id, title, alt, lang, …) -> view.ChartPart`; frame columns have fixed plain English names.
"""

from __future__ import annotations

from typing import Any

from shopnb.charts import altair_start  # noqa: F401 (before all that import Altair)
from shopnb.charts.bars import chart_diverging, chart_funnel, chart_paired, chart_stacked_share, chart_waterfall
from shopnb.charts.brushing import Box, living, redraw
from shopnb.charts.days import chart_daily_band, chart_lines
from shopnb.charts.planes import chart_heat, chart_scatter, chart_strip
from shopnb.charts.ranges import chart_intervals, chart_ranges
from shopnb.charts.renderer import NAME as OFFLINE
from shopnb.charts.renderer import active_renderer, offline, use_offline
from shopnb.view import CHART_MIME, ChartPart, packed_rows

__all__ = [
    "OFFLINE",
    "Box",
    "active_renderer",
    "chart_daily_band",
    "chart_diverging",
    "chart_funnel",
    "chart_heat",
    "chart_intervals",
    "chart_lines",
    "chart_paired",
    "chart_ranges",
    "chart_scatter",
    "chart_stacked_share",
    "chart_strip",
    "chart_waterfall",
    "living",
    "mime_bundle",
    "redraw",
]


def mime_bundle(part: ChartPart) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a notebook displays for a chart: output data and metadata.

    The metadata names the chart for the exporter and keeps the picture that JupyterLab stores on saving small; the rows
    are packed, for a notebook is saved with them.
    """
    packed = packed_rows(part.spec)
    packed.pop("description", None)  # the metadata tell it
    data = {CHART_MIME: packed, "text/plain": part.title}
    _, metadata = offline(part.spec)
    return data, {"shopnb": {"chart": part.id, "alt": part.alt, "title": part.title}, **metadata}


use_offline()
