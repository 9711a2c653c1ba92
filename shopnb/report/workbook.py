"""A report as one tidy workbook, for people who live in Excel: a summary, then a sheet for each table.

Belongs here: sheets, number formats, widths. The same report gives the same bytes; texts are text, never formulas.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from shopnb import labels
from shopnb.labels.letters import columns_of
from shopnb.report.notebook import Parts

_CREATED = dt.datetime(2000, 1, 1)  # noqa: DTZ001  a fixed day: same report, same bytes
_LONGEST = 32_767  # characters that a cell holds
_NAME = 31  # characters of a sheet's name
_WIDEST, _NARROWEST = 60, 9  # half-width columns
_FIRST_ROWS = 200  # rows that decide a column's width
_DAYS = ("iso", "day", "day_short", "weekday", "day_weekday")
_FORMATS = {
    "number": "0.00", "signed": "+0.00;-0.00;0", "signed_int": "+#,##0;-#,##0;0", "int": "#,##0",
    "money": '"{sign}"#,##0', "money0": '"{sign}"#,##0', "money2": '"{sign}"#,##0.00',
    "signed_money": '+"{sign}"#,##0;-"{sign}"#,##0;"{sign}"0', "pct": "0.0%", "pct2": "0.00%", "pct0": "0%",
    "signed_pct": "+0.0%;-0.0%;0.0%", "ratio": "0.00", "score": "0.00", "pp": "+0.00{unit};-0.00{unit};0.00{unit}",
    "seconds": "0{unit}", "days": "0.0{unit}",
}  # fmt: skip
_EDGES = " '?\uff1f"  # what a sheet's name may not or need not end with
_WHOLE_FROM = 100  # numbers from here on are shown without decimals
_POINTS = 100  # a difference of shares is written in percentage points


def workbook(parts: Parts) -> bytes:
    """All tables of a report and a summary, as an Excel workbook."""
    lang, written = parts.page["lang"], io.BytesIO()
    book = xlsxwriter.Workbook(written, {"in_memory": True})
    book.set_properties({"title": labels.visible(parts.page["title"]), "created": _CREATED})
    sheets = _Sheets(book, lang, labels.currency_sign(parts.record.get("currency", "")))
    sheets.summary(parts)
    questions = {section["key"]: section["question"] for section in parts.page["sections"]}
    for table in parts.page["tables"]:
        sheets.table(table, questions[table["section"]])
    book.close()
    return written.getvalue()


class _Sheets:
    """The sheets of one workbook in one language, `sign` before its amounts."""

    def __init__(self, book: xlsxwriter.Workbook, lang: str, sign: str) -> None:
        self._book = book
        self._lang = lang
        self._sign = sign
        self._names: set[str] = set()
        self._heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._title = book.add_format({"bold": True, "font_size": 13})
        self._text = book.add_format({"valign": "top"})
        self._by_kind: dict[str, Format] = {}

    def table(self, table: Mapping[str, Any], question: str) -> None:
        """One table: headings that stay in sight, numbers as numbers."""
        sheet = self._book.add_worksheet(self._name(table["caption"] or question))
        self._block(sheet, 0, table["columns"], table["rows"])
        sheet.freeze_panes(1, 1)
        if table["rows"] and table["columns"]:
            sheet.autofilter(0, 0, len(table["rows"]), len(table["columns"]) - 1)
        for place, column in enumerate(table["columns"]):
            cells = [row[place] for row in table["rows"][:_FIRST_ROWS]]
            sheet.set_column(place, place, _width(column["heading"], cells, column["kind"], self._lang))

    def summary(self, parts: Parts) -> None:
        """Verdict, main numbers, findings, figures, parameters and state of the data, one below the other."""
        sheet = self._book.add_worksheet(self._name(self._word("summary")))
        row = 0
        for title, headings, kinds, rows in _summary(parts):
            sheet.write_string(row, 0, self._word(title), self._title)
            columns = [
                {"heading": self._word(heading), "kind": kind} for heading, kind in zip(headings, kinds, strict=True)
            ]
            self._block(sheet, row + 1, columns, rows)
            row += len(rows) + 3
        for place, width in enumerate((30, 40, 34, 34, 14, 34)):
            sheet.set_column(place, place, width)

    def _block(self, sheet: Worksheet, top: int, columns: Sequence[Mapping[str, str]], rows: Sequence[Any]) -> None:
        for place, column in enumerate(columns):
            sheet.write_string(top, place, labels.visible(column["heading"]), self._heading)
            for turn, row in enumerate(rows, start=top + 1):
                self._write(sheet, turn, place, row[place], column["kind"])

    def _write(self, sheet: Worksheet, row: int, column: int, value: Any, kind: str) -> None:
        if value is None:
            return
        if isinstance(value, str) and kind in _DAYS:
            sheet.write_datetime(row, column, dt.datetime.fromisoformat(value), self._format("iso"))
        elif isinstance(value, str | bool):
            sheet.write_string(row, column, labels.visible(str(value))[:_LONGEST], self._text)
        else:
            shown = value * _POINTS if kind == "pp" else value
            sheet.write_number(row, column, shown, self._format(_finer(kind, value)))

    def _format(self, kind: str) -> Format:
        if kind not in self._by_kind:
            unit = labels.text(f"report.workbook.{kind}", self._lang) if "{unit}" in _FORMATS.get(kind, "") else ""
            pattern = "yyyy-mm-dd" if kind in _DAYS else _FORMATS.get(kind, "General")
            pattern = pattern.replace("{unit}", f'"{unit}"').replace("{sign}", self._sign)
            self._by_kind[kind] = self._book.add_format({"num_format": pattern, "valign": "top"})
        return self._by_kind[kind]

    def _name(self, wanted: str) -> str:
        """A name that Excel takes and no other sheet has."""
        clean = re.sub(r"[\[\]:*?/\\]", "", labels.visible(wanted)).strip(_EDGES) or "–"
        name, turn = clean[:_NAME], 2
        while name.casefold() in self._names or name.casefold() == "history":
            name, turn = f"{clean[: _NAME - 4]} {turn}", turn + 1
        self._names.add(name.casefold())
        return name

    def _word(self, key: str) -> str:
        return labels.text(f"report.workbook.{key}", self._lang)


_Block = tuple[str, tuple[str, ...], tuple[str, ...], list[list[Any]]]


def _summary(parts: Parts) -> Iterator[_Block]:
    """Blocks of the summary: title, headings, number kinds, rows."""
    glance, record = parts.page["glance"], parts.record
    top = [[glance["title"], glance["period"], glance["verdict"]]]
    yield "verdict", ("report", "period", "verdict"), ("text",) * 3, top
    cards = [
        [f"{card['label']} {card['suffix']}".strip(), card["value"], *_two(card["lines"])] for card in glance["cards"]
    ]
    yield "cards", ("name", "value", "change", "compared"), ("text",) * 4, cards
    said = ("text", "money", "action", "owner", "review_on")
    findings = [[one.get(key) for key in said] for one in record["findings"]]
    yield "findings", ("finding", "money", "action", "owner", "review_on"), ("text",) * 4 + ("iso",), findings
    ends = ("value", "low", "high", "unit")
    figures = [[name, *(one[key] for key in ends)] for name, one in record["figures"].items()]
    yield "figures", ("figure", *ends), ("text", *("number_any",) * 3, "text"), figures
    given = [[name, _joined(value)] for name, value in record["parameters"].items()]
    yield "parameters", ("name", "value"), ("text",) * 2, given
    yield "health", ("note",), ("text",), [[note["text"]] for note in record["health"]]


def _finer(kind: str, value: float) -> str:
    """The kind whose format fits a value: no decimals from 100 and for whole numbers, two for small amounts."""
    whole = float(value).is_integer() or abs(value) >= _WHOLE_FROM
    return {"number": "int", "signed": "signed_int"}.get(kind, kind) if whole else {"money": "money2"}.get(kind, kind)


def _two(lines: Sequence[str]) -> list[str]:
    return [*lines, "", ""][:2]


def _joined(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _width(heading: str, cells: Sequence[Any], kind: str, lang: str) -> int:
    written = [labels.format_value(cell, kind, lang) for cell in cells if not (kind in _DAYS and cell)]
    longest = max((columns_of(text) for text in written), default=0)
    return max(_NARROWEST, min(_WIDEST, max(longest, 12 if kind in _DAYS else 0, min(columns_of(heading), 24)) + 2))
