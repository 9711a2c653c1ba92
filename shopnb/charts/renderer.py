"""Altair charts that an analyst makes beside ours: shown without a network in JupyterLab, papermill and the page.

Belongs here: the Altair renderer `shopnb`. Altair's own default asks a CDN for its script, and its Vega-Lite 6 mime is
neither drawn by JupyterLab 4 nor let through by papermill.
"""

from __future__ import annotations

from typing import Any

import altair

from shopnb.charts import theme
from shopnb.view import CHART_MIME

NAME = "shopnb"
_OPTIONS = {"renderer": "svg", "actions": False, "scaleFactor": 0.02}  # what JupyterLab stores on saving stays small


def offline(spec: dict[str, Any], **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a notebook displays for a chart: output data and metadata.

    A width of "container" becomes a number: in JupyterLab the container is 0 px wide and the chart never comes.
    """
    shown = {**spec, "width": theme.WIDTH} if spec.get("width") == "container" else spec
    return {CHART_MIME: shown, "text/plain": "<Altair chart>"}, {CHART_MIME: {"embed_options": _OPTIONS}}


def use_offline() -> None:
    """Make `shopnb` Altair's renderer, unless somebody chose another."""
    altair.renderers.register(NAME, offline)
    if altair.renderers.active == "default":
        altair.renderers.enable(NAME)


def active_renderer() -> str:
    """The name of the renderer that Altair uses now."""
    return str(altair.renderers.active)
