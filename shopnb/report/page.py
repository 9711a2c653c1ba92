"""The one HTML file: pieces of the record laid out, an SVG for each chart, Vega packed once to bring them alive.

Belongs here: assembling, packing, the content security policy. The same parts give the same bytes.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from markupsafe import Markup

from shopnb import labels
from shopnb.report.beside import long_tables
from shopnb.report.notebook import Chart, Parts
from shopnb.report.svg import OutsideDataError, UndrawableError, chart_svg, vega_spec
from shopnb.report.templating import render


@cache
def _asset(name: str) -> bytes:
    return resources.files(__package__).joinpath("assets", name).read_bytes()


@cache
def _vega() -> str:
    return base64.b64encode(_asset("vega.min.js.gz")).decode("ascii")


@cache
def _script() -> str:
    lines = _asset("page.js").decode("utf-8").splitlines()
    return "\n".join(line.strip() for line in lines if line.strip() and not line.strip().startswith("//"))


def _packed(content: Any) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode("utf-8"), 9, mtime=0)).decode("ascii")


def page_html(parts: Parts, *, live: bool = True, stem: str = "") -> str:
    """The report as one HTML file.

    Parameters
    ----------
    parts : what the notebook carries.
    live : whether Vega and the specifications go along; without them the page is SVG only and small.
    stem : name of the page's file without its ending, which the files of long tables share; "" where none lie beside.
    """
    page, lang = parts.page, parts.page["lang"]
    foreign = bool(page.get("foreign"))
    figures = {
        key: _figure(chart, f"chart-{place}", foreign=foreign, lang=lang)
        for place, (key, chart) in enumerate(_in_order(parts).items())
    }
    specs = {figure.id: figure.vega for figure in figures.values() if figure.vega is not None}
    live = live and bool(specs)
    script = _script() if live else ""
    return render(
        "page.html.jinja", lang, page=page, figures=figures, script=Markup(script), vega=_vega() if live else "",
        specs=_packed(specs) if live else "", record=_manifest(parts.record),
        beside={key: stem + ending for key, ending in long_tables(parts).items()} if stem else {},
    )  # fmt: skip


@dataclass(frozen=True)
class _Figure:
    """A chart in the page: the id of its place, its title, its SVG, its Vega (None where it cannot be drawn)."""

    id: str
    title: str
    svg: Markup
    vega: dict[str, Any] | None


def _in_order(parts: Parts) -> dict[str, Chart]:
    """The charts that the page names, in the order shown."""
    named = [block["id"] for one in parts.page["sections"] for block in one["blocks"] if block["kind"] == "chart"]
    missing = [key for key in named if key not in parts.charts]
    if missing:
        raise ValueError(f"the page names charts that the notebook did not show: {', '.join(missing)}")
    return {key: parts.charts[key] for key in named}


def _figure(chart: Chart, place: str, *, foreign: bool, lang: str) -> _Figure:
    """The SVG of a chart and its Vega; a sentence in its place when its data are not inside the notebook."""
    try:
        drawn = Markup(chart_svg(chart.spec, alt=chart.alt, prefix=f"{place}-", title=foreign))
        return _Figure(place, chart.title, drawn, vega_spec(chart.spec, title=foreign))
    except OutsideDataError:
        return _Figure(place, chart.title, _instead("outside_data", lang), None)
    except UndrawableError:
        if not foreign:
            raise
        return _Figure(place, chart.title, _instead("undrawable", lang), None)


def _instead(key: str, lang: str) -> Markup:
    return Markup('<p class="nb-text nb-muted">{}</p>').format(labels.text(f"report.{key}", lang))


def _manifest(record: Mapping[str, Any]) -> Markup:
    """The record as JSON that cannot end its own script element; letters that cannot be seen are written as numbers."""
    text = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    text = "".join(letter if labels.visible(letter) == letter else json.dumps(letter)[1:-1] for letter in text)
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))
