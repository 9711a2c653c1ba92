"""What an executed notebook carries: the record, the page, the charts.

Belongs here: reading the record mime and the chart mimes. Nothing else of a notebook is looked at when it has a record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shopnb.tables import with_rows
from shopnb.view import RECORD_MIME, carried_parts, unpacked_rows

_CHART = re.compile(r"application/vnd\.vega(lite)?\.v\d+(\+json|\.json)")


@dataclass(frozen=True)
class Chart:
    """One chart: its specification, the sentence that stands for it, its title ("" where the chart draws its own)."""

    spec: Mapping[str, Any]
    alt: str
    title: str = ""


@dataclass(frozen=True)
class Parts:
    """The record (design: report record), the page of HTML pieces, and the charts by id."""

    record: Mapping[str, Any]
    page: Mapping[str, Any]
    charts: Mapping[str, Chart] = field(default_factory=dict)


def outputs(notebook: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All outputs of all code cells, in order."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            yield from cell.get("outputs", [])


def chart_of(output: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The specification in one output, whatever version its mime names; None where there is no chart."""
    for mime, content in output.get("data", {}).items():
        if _CHART.fullmatch(mime) and isinstance(content, Mapping):
            return content
    return None


def read_parts(notebook: Mapping[str, Any]) -> Parts | None:
    """Record, page and charts of an executed notebook; None where it has no record.

    Of several records (a page redrawn) the last counts, and of several charts of one id the last.
    """
    found: Mapping[str, Any] | None = None
    charts: dict[str, Chart] = {}
    for output in outputs(notebook):
        found = output.get("data", {}).get(RECORD_MIME, found)
        spec, named = chart_of(output), output.get("metadata", {}).get("shopnb", {})
        if spec is not None and "chart" in named:
            charts[named["chart"]] = Chart(unpacked_rows(spec), named.get("alt", ""), named.get("title", ""))
    if found is None:
        return None
    record, page = carried_parts(found)
    tables = page.get("tables", [])
    return Parts(record, {**page, "sections": [_with_rows(one, tables) for one in page["sections"]]}, charts)


def _with_rows(section: Mapping[str, Any], tables: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A section of the page with the rows behind its tables' links; the notebook carries them once."""
    own = [one for one in tables if one["section"] == section["key"]]
    blocks = [{**one, "html": with_rows(one["html"], own)} if "html" in one else one for one in section["blocks"]]
    return {**section, "blocks": blocks}
