"""Writing export files so that the same rows always give the same bytes."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import xlsxwriter
import xlwt

CREATED = datetime(2026, 8, 31, 9, 30)  # noqa: DTZ001 - a fixed stamp inside the workbook
ZIP_DATE = (2026, 8, 31, 9, 30, 0)

Cell = str | int | float | None


def write_xlsx(path: Path, sheet: str, rows: Iterable[Sequence[Cell]]) -> None:
    """One sheet; text stays text (ids, '1,855', '53.83%'), None is an empty cell."""
    book = xlsxwriter.Workbook(str(path), {"in_memory": True, "strings_to_numbers": False, "strings_to_urls": False})
    book.set_properties({"created": CREATED})
    page = book.add_worksheet(sheet)
    for row_number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, str):
                page.write_string(row_number, column, value)
            elif value is not None:
                page.write_number(row_number, column, value)
    book.close()


def write_xls(path: Path, sheet: str, rows: Iterable[Sequence[Cell]]) -> None:
    """One BIFF sheet, as the platform's item report is."""
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet(sheet)
    for row_number, row in enumerate(rows):
        for column, value in enumerate(row):
            if value not in (None, ""):
                page.write(row_number, column, value)
    book.save(str(path))


def csv_bytes(rows: Iterable[Sequence[Cell]], encoding: str) -> bytes:
    """Comma-separated text with Windows line ends, quoted where needed."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(encoding)


def write_csv(path: Path, rows: Iterable[Sequence[Cell]], encoding: str = "utf-8-sig") -> None:
    """One CSV file; Excel's own UTF-8 carries a byte-order mark."""
    path.write_bytes(csv_bytes(rows, encoding))


def write_zip(path: Path, name: str, content: bytes) -> None:
    """A zip archive with one file in it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(name, ZIP_DATE)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, content)


def columns(text: str) -> list[str]:
    """A header row written as one line."""
    return text.split(",")


def yuan(fen: int) -> str:
    """Fen as yuan without trailing zeros: 10638, 24.68."""
    return f"{fen / 100:.2f}".rstrip("0").rstrip(".")


def grouped(number: int) -> str:
    """A count as the platform prints it: 1,855."""
    return f"{number:,}"


def percent(part: float, whole: float, undefined: str = "0.00%") -> str:
    """A share with two decimals: 53.83%."""
    return f"{part / whole:.2%}" if whole else undefined
