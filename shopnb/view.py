"""What a page is made of, as plain data in one language: cards, findings, charts, tables, sections.

Belongs here: the dataclasses between `pages` (which fills them) and `screen`, `tables`, `widgets` and `report`
(which lay them out). All texts are final: already worded, already formatted, not yet escaped. Imports nothing else
inside the package and computes nothing.
"""

from __future__ import annotations

import base64
import csv
import json
import lzma
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

Tone = Literal["good", "attention", ""]
Direction = Literal["up", "down", "level", ""]

CHART_MIME = "application/vnd.vegalite.v5+json"  # what JupyterLab 4 draws offline and papermill lets through
RECORD_MIME = "application/vnd.shopnb.record+json"


def carried(record: Mapping[str, Any], page: Mapping[str, Any]) -> dict[str, Any]:
    """The content of `RECORD_MIME`: record and page packed.

    Every piece of the page's HTML stands in the notebook once more, as the output of its cell; packed it is a seventh.
    """
    written = json.dumps({"record": record, "page": page}, ensure_ascii=False, separators=(",", ":"))
    packed = lzma.compress(written.encode("utf-8", "surrogatepass"), preset=6)
    return {"packed": base64.b85encode(packed).decode("ascii")}


def carried_parts(content: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Record and page of a `RECORD_MIME` content; a notebook of one's own may hand them over unpacked."""
    if "packed" in content:
        content = json.loads(lzma.decompress(base64.b85decode(content["packed"])).decode("utf-8", "surrogatepass"))
    return dict(content["record"]), dict(content["page"])


def packed_rows(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A specification with its datasets as CSV text, which Vega reads as it stands.

    A notebook's file gives every name and value of a row a line of its own; as text they are a third of it. Datasets
    that CSV cannot tell apart (rows of differing columns, "" beside null) stay rows.
    """
    packed: dict[str, Any] = json.loads(json.dumps(spec))
    formats = {}
    for name, rows in packed.get("datasets", {}).items():
        if parse := _columns_parsed(rows):
            lines = [list(rows[0]), *(row.values() for row in rows)]
            packed["datasets"][name] = "\n".join(",".join(map(_cell, line)) for line in lines)
            formats[name] = {"type": "csv", "parse": {key: kind for key, kind in parse.items() if kind != "text"}}
    for source in _sources(packed):
        if source.get("name") in formats:
            source["format"] = formats[source["name"]]
    return packed


def unpacked_rows(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The specification that `packed_rows` was given; one that is not packed as it is."""
    plain: dict[str, Any] = json.loads(json.dumps(spec))
    parsed = {}
    for source in _sources(plain):
        if isinstance(plain.get("datasets", {}).get(source.get("name")), str) and "format" in source:
            parsed[source["name"]] = source.pop("format")["parse"]
    for name, parse in parsed.items():
        rows = csv.DictReader(line + "\n" for line in plain["datasets"][name].split("\n"))
        plain["datasets"][name] = [{key: _read(text, parse.get(key, "")) for key, text in row.items()} for row in rows]
    return plain


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n') else text


def _columns_parsed(rows: Any) -> dict[str, str]:
    """How each column of a dataset is to be read: number, boolean, string (empty is null) or text; {}: CSV cannot."""
    if not isinstance(rows, list) or not rows or any(list(row) != list(rows[0]) for row in rows) or len(rows[0]) < 2:
        return {}  # an empty line would be a row of one column
    parse = {}
    for key in rows[0]:
        values = [row[key] for row in rows if row[key] is not None]
        has_gaps = len(values) < len(rows)
        if all(isinstance(one, bool) for one in values):
            parse[key] = "boolean"
        elif all(isinstance(one, int | float) and not isinstance(one, bool) for one in values):
            parse[key] = "number"
        elif all(isinstance(one, str) for one in values) and not (has_gaps and "" in values):
            parse[key] = "string" if has_gaps else "text"
        else:
            return {}
    return parse


def _read(text: str, kind: str) -> Any:
    if not kind or not text:
        return text if not kind else None
    return text if kind == "string" else json.loads(text)


def _sources(spec: Any) -> Iterator[dict[str, Any]]:
    """Every `data` of a specification and its layers."""
    if isinstance(spec.get("data"), dict):
        yield spec["data"]
    for layer in spec.get("layer", []):
        yield from _sources(layer)


@dataclass(frozen=True)
class Card:
    """One number of the first screen.

    `label` at most 8 Chinese characters; `suffix` says how it was counted (日合计); `lines` are the changes and
    their bases, at most two; `direction` is where the value went, `tone` whether that is good; `spark` runs to the
    last day, None where a day is missing.
    """

    label: str
    value: str
    suffix: str = ""
    lines: tuple[str, ...] = ()
    direction: Direction = ""
    tone: Tone = ""
    spark: tuple[float | None, ...] = ()
    spark_alt: str = ""


@dataclass(frozen=True)
class FindingView:
    """One finding as shown: headline, money with its range and basis (or why there is none), action, who, when."""

    headline: str
    money: str
    action: str
    owner: str
    review_on: str
    confidence: str
    tone: Tone = ""
    mind: str = ""  # what would change the mind
    same_cause: bool = False  # shown indented, its money is not added


@dataclass(frozen=True)
class Progress:
    """The strip under the verdict: how far a target is reached. `share` is 0-1, may exceed 1."""

    text: str
    share: float


@dataclass(frozen=True)
class Screen:
    """The first screen, in the order shown."""

    title: str  # shop · report
    period: str  # period · comparison, campaigns named
    verdict: str
    cards: tuple[Card, ...]
    findings: tuple[FindingView, ...]
    notes: tuple[str, ...] = ()
    progress: Progress | None = None
    to_confirm: tuple[FindingView, ...] = ()  # low confidence
    due: tuple[str, ...] = ()  # today's list
    quiet: str = ""  # "all within normal noise", shown when there is no finding
    sample: bool = False  # marks sample data


@dataclass(frozen=True)
class ChartPart:
    """One chart. `spec` is a Vega-Lite specification with a numeric width; `alt` a computed sentence."""

    id: str
    title: str
    alt: str
    spec: dict[str, Any]


@dataclass(frozen=True)
class TableColumn:
    """One column of a shown table.

    `name` in the frame, its `heading`, the number `kind` of `labels.numbers`, and whether a bar of the cell's size
    is drawn (`bar`) or its sign colours it (`signed`).
    """

    name: str
    heading: str
    kind: str = "text"
    bar: bool = False
    signed: bool = False


@dataclass(frozen=True)
class TablePart:
    """One table: the whole tidy frame and how its columns are shown; the page shows the first `rows`, 0 for all.

    A `folded` one has a caption, under which the page opens it on a click.
    """

    id: str
    frame: pd.DataFrame
    columns: tuple[TableColumn, ...]
    caption: str = ""
    rows: int = 0
    folded: bool = False


@dataclass(frozen=True)
class TextPart:
    """One paragraph; `muted` is the grey line of a missing file. Without text nothing is shown."""

    text: str
    muted: bool = False


@dataclass(frozen=True)
class Section:
    """One question: charts and tables in the order shown, and how to read them."""

    key: str
    question: str
    parts: tuple[ChartPart | TablePart | TextPart, ...]
    how_to_read: str = ""


@dataclass(frozen=True)
class Note:
    """One line of data health."""

    code: str
    text: str
    tone: Tone = ""


@dataclass(frozen=True)
class Page:
    """A whole page: what the exporter lays out and the record repeats."""

    slug: str
    lang: str
    screen: Screen
    sections: tuple[Section, ...]
    health: tuple[Note, ...]
    methods: tuple[tuple[str, str], ...]  # (term, definition or formula with its source)
    footer: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    currency: str = "CNY"  # of the amounts in its tables
