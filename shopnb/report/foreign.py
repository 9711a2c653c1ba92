"""A notebook that no shopnb page made: Markdown, charts, tables and pictures as one readable page.

Belongs here: its cells to blocks. Code is left out; HTML that cells printed is reduced to plain tables and text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import bleach  # type: ignore[import-untyped]
import mistune

from shopnb.report.notebook import Chart, Parts, chart_of

_TAGS = frozenset(
    (
        "table",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
        "caption",
        "p",
        "br",
        "b",
        "strong",
        "i",
        "em",
        "code",
        "pre",
    )
    + ("ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "div", "span", "dl", "dt", "dd", "small", "sub", "sup")
)
_SPANS = {"td": ["colspan", "rowspan"], "th": ["colspan", "rowspan", "scope"]}
_SPEC_STARTS = re.compile(r"(?:\}\)\(|\bspec = )\s*(?=\{)")  # where a call of Altair's script names the chart
_HAN = re.compile(r"[\u4e00-\u9fff]")


class _Markdown(mistune.HTMLRenderer):
    """Markdown without raw HTML; pictures and links that point outside become their words."""

    def image(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002
        return super().image(text, url, title) if url.startswith("data:image/") else escape(text)

    def link(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002
        return super().link(text, url, None) if url.startswith("#") else f"{text} ({escape(url)})"


_MARKDOWN = mistune.create_markdown(renderer=_Markdown(escape=True), plugins=["table", "strikethrough"])


def foreign_parts(notebook: Mapping[str, Any], name: str) -> Parts:
    """The page of an ordinary notebook. Its language is 中文 where its Markdown has Chinese characters."""
    written = "\n".join(_source(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    heading = re.search(r"^#+\s+(.+?)\s*#*$", written, flags=re.MULTILINE)
    title = heading[1] if heading else name
    lang = "zh" if _HAN.search(written) else "en"
    charts: dict[str, Chart] = {}
    blocks: list[dict[str, str]] = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            blocks.append({"kind": "html", "html": f'<div class="nb-prose">{_MARKDOWN(_source(cell))}</div>'})
        elif cell["cell_type"] == "code":
            blocks += _cell_blocks(cell, charts, title)
    page = {
        "slug": name, "lang": lang, "title": title, "description": title,
        "screen": "", "health": "", "methods": "", "footer": "", "sample": False, "foreign": True,
        "sections": [{"key": "notebook", "question": "", "blocks": blocks}],
    }  # fmt: skip
    return Parts({}, page, charts)


def _source(cell: Mapping[str, Any]) -> str:
    source = cell["source"]
    return "".join(source) if isinstance(source, list) else str(source)


def _cell_blocks(cell: Mapping[str, Any], charts: dict[str, Chart], title: str) -> Iterator[dict[str, str]]:
    for output in cell.get("outputs", []):
        spec = chart_of(output) or _embedded(_joined(output.get("data", {}).get("text/html", "")))
        if spec is not None:
            key = f"chart-{len(charts) + 1}"
            charts[key] = Chart(spec, str(spec.get("description") or f"{title} ({len(charts) + 1})"))
            yield {"kind": "chart", "id": key}
            continue
        html = _output_html(output)
        if html:
            yield {"kind": "html", "html": html}


def _embedded(html: str) -> dict[str, Any] | None:
    """The specification in the HTML of Altair's own renderers, which would load their script from a CDN."""
    if "vegaEmbed" not in html:
        return None
    for start in _SPEC_STARTS.finditer(html):
        try:
            found, _ = json.JSONDecoder().raw_decode(html, start.end())
        except json.JSONDecodeError:
            continue
        if "/schema/vega" in str(found.get("$schema", "")):
            return dict(found)
    return None


def _output_html(output: Mapping[str, Any]) -> str:
    """One output as HTML: a picture, a cleaned table, or the plain text."""
    if output["output_type"] == "error":
        return f'<pre class="nb-pre">{escape(output["ename"])}: {escape(output["evalue"])}</pre>'
    if output["output_type"] == "stream":
        return f'<pre class="nb-pre">{escape(_joined(output["text"]))}</pre>'
    data = output.get("data", {})
    for mime in ("image/png", "image/jpeg"):
        if mime in data:
            coded = re.sub(r"[^A-Za-z0-9+/=]", "", _joined(data[mime]))
            return f'<p><img alt="" src="data:{mime};base64,{coded}"></p>'
    if "text/html" in data:
        raw = re.sub(r"<(script|style)\b.*?</\1\s*>", "", _joined(data["text/html"]), flags=re.DOTALL | re.IGNORECASE)
        return f'<div class="nb-scroll nb-prose">{bleach.clean(raw, tags=_TAGS, attributes=_SPANS, strip=True)}</div>'
    if "text/markdown" in data:
        return f'<div class="nb-prose">{_MARKDOWN(_joined(data["text/markdown"]))}</div>'
    return f'<pre class="nb-pre">{escape(_joined(data["text/plain"]))}</pre>' if "text/plain" in data else ""


def _joined(text: Any) -> str:
    return "".join(text) if isinstance(text, list) else str(text)
