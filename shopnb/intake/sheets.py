"""A plain file to raw sheets: rows of cells, decided by the bytes and not by the file's name.

Belongs here: encodings, delimiters, workbooks, HTML tables. Does not belong here: what a header or a value means.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import python_calamine

from shopnb.errors import InputError
from shopnb.intake import ole
from shopnb.intake.containers import Member

_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_PROBED_BYTES = 4_000
_DAMAGED, _FEW_DAMAGED = "\ufffd", 3
csv.field_size_limit(10_000_000)

Cell = Any  # str, int, float, bool, date, datetime, time, timedelta or None


@dataclass
class Sheet:
    """One sheet: its name ("" for text files) and its rows, cut after the last filled one."""

    name: str
    rows: list[list[Cell]]
    is_text: bool = False  # from a text file: every cell is a str
    damaged: int = 0  # characters of the file that could not be read


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds nothing that can be seen."""
    return cell is None or (isinstance(cell, str) and not cell.strip("\ufeff\u200b \t\r\n\u3000\xa0"))


def read_sheets(member: Member) -> list[Sheet]:
    """All sheets of a file that hold anything.

    Raises
    ------
    InputError
        `file_encrypted`, `file_unreadable` or `file_empty`.
    """
    data = member.data
    if data[:4] == b"PK\x03\x04" or data[:8] == ole.MAGIC:
        sheets = _workbook(member)
    else:
        text, damaged = decode(member)
        is_page = re.match(r"\s*<", text) and "<table" in text[:200_000].lower()
        sheets = _html(text) if is_page else [_csv(member, text)]
        for sheet in sheets:
            sheet.damaged = damaged
    for sheet in sheets:
        _cut_empty_end(sheet.rows)
    sheets = [sheet for sheet in sheets if sheet.rows]
    if not sheets:
        raise InputError("file_empty", file=member.name)
    return sheets


def _cut_empty_end(rows: list[list[Cell]]) -> None:
    while rows and all(is_blank(cell) for cell in rows[-1]):
        rows.pop()


def _workbook(member: Member) -> list[Sheet]:
    """A workbook by content: `.xls`, `.xlsx`, `.xlsb`, `.ods`."""
    if member.data[:8] == ole.MAGIC and _ENCRYPTED_STREAM in member.data:
        raise InputError("file_encrypted", file=member.name)
    if member.data[:8] == ole.MAGIC and not ole.chains_end(member.data):
        raise InputError("file_unreadable", file=member.name, detail="OLE")
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(member.data))
        names = book.sheet_names
        return [Sheet(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in names]
    except python_calamine.PasswordError:
        raise InputError("file_encrypted", file=member.name) from None
    except BaseException as error:  # the reader's own panics are no Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise InputError("file_unreadable", file=member.name, detail=type(error).__name__) from None


def decode(member: Member) -> tuple[str, int]:
    """The text of a file in UTF-8 (with or without BOM), UTF-16 or GB18030, and how many characters are damaged.

    Databases cut texts in the middle of a character, so a few damaged ones do not make another encoding. Bytes with
    more faults than that in every encoding are no text file.
    """
    data = member.data
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="ignore").lstrip("\ufeff"), 0
    probe = data[:_PROBED_BYTES]
    if probe.count(0) > len(probe) // 100:
        odd, even = probe[1::2].count(0), probe[::2].count(0)
        return data.decode("utf-16-le" if odd >= even else "utf-16-be", errors="ignore"), 0
    for encoding in ("utf-8-sig", "gb18030"):
        text = data.decode(encoding, errors="replace").replace("\0", "")
        damaged = text.count(_DAMAGED)
        if damaged <= max(_FEW_DAMAGED, len(text) // 1000):
            return text, damaged
    raise InputError("file_unreadable", file=member.name, detail="encoding")


def _csv(member: Member, text: str) -> Sheet:
    """A delimited text; the delimiter is the one most frequent in the first lines."""
    head = "\n".join(text.splitlines()[:20])
    delimiter = max(",\t;", key=head.count) if any(mark in head for mark in ",\t;") else ","
    try:
        return Sheet("", list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)), is_text=True)
    except csv.Error as error:
        raise InputError("file_unreadable", file=member.name, detail=str(error)) from None


class _TableReader(HTMLParser):
    """Collects the cells of every top-level table of a page; `colspan` fills with blanks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[Cell]]] = []
        self._cell: list[str] | None = None
        self._span = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self._end_cell()
            self.tables[-1].append([])
        elif tag in {"td", "th"} and self.tables:
            self._end_cell()
            if not self.tables[-1]:
                self.tables[-1].append([])
            span = dict(attrs).get("colspan") or "1"
            self._cell, self._span = [], int(span) if span.isdigit() else 1

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th", "tr", "table"}:
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is not None:
            self.tables[-1][-1] += ["".join(self._cell).strip(), *[""] * (min(self._span, 500) - 1)]
            self._cell = None


def _html(text: str) -> list[Sheet]:
    """The tables of an HTML page, which some exports are under the name `.xls`."""
    reader = _TableReader()
    reader.feed(text)
    reader.close()
    return [Sheet("", rows, is_text=True) for rows in reader.tables]
