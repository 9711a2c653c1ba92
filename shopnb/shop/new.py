"""A new shop folder: where to drop exports, tables to type in, and settings with their explanations.

Belongs here: what `shopnb new-shop` writes. All sentences are labels.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import xlsxwriter

from shopnb import labels
from shopnb.errors import InputError
from shopnb.intake import TYPED_FOLDER
from shopnb.schema import TABLES, Table
from shopnb.shop.settings import FILE_NAME, read_settings

_ALSO_TYPED = ("ab_daily",)  # typed in by people, though platforms export it too


def new_shop(
    folder: str | Path,
    *,
    name: str = "",
    currency: str = "CNY",
    time_zone: str = "Asia/Shanghai",
    platform: str = "taobao",
    lang: str = "",
) -> Path:
    """Make a shop folder: `inbox/`, `tables_in/` with a CSV a table, `shopnb.toml`.

    The CSVs in `tables_in/` hold their header only; the same with two example lines lie in `tables_in/templates/`, as
    CSV and as a workbook. Templates are never read; a filled workbook put into `tables_in/` is.

    Parameters
    ----------
    folder : made with its parents; may exist as long as it has no `shopnb.toml`.
    name : the shop's name; "" takes the folder's.
    lang : language of the reports and of the comments; "" takes the system's.

    Raises
    ------
    InputError
        `shop_exists`, or `settings_value` for a value that a setting cannot have.
    """
    place = Path(folder)
    settings = place / FILE_NAME
    if settings.exists():
        raise InputError("shop_exists", folder=str(place))
    lang = lang or labels.system_language()
    for inner in ("inbox", TYPED_FOLDER, f"{TYPED_FOLDER}/templates"):
        place.joinpath(inner).mkdir(parents=True, exist_ok=True)
    for table in TABLES.values():
        if table.typed or table.name in _ALSO_TYPED:
            _write_templates(place / TYPED_FOLDER, table)
    given = {"name": name or place.resolve().name, "currency": currency, "time_zone": time_zone, "platform": platform}
    quoted = {key: json.dumps(value, ensure_ascii=False) for key, value in given.items()}
    settings.write_text(
        labels.text("intake.template.settings", lang, **quoted, lang=json.dumps(lang)), encoding="utf-8"
    )
    try:
        read_settings(place)
    except InputError:
        settings.unlink()
        raise
    return place


def _write_templates(folder: Path, table: Table) -> None:
    """The empty table, and beside it the one with two example lines, as CSV and as a workbook."""
    header = [column.platform for column in table]
    examples = list(csv.reader(labels.text(f"intake.examples.{table.name}", "zh").strip().splitlines()))
    for path, rows in ((folder / f"{table.name}.csv", []), (folder / "templates" / f"{table.name}.csv", examples)):
        if not path.exists():
            text = io.StringIO()
            csv.writer(text, lineterminator="\r\n").writerows([header, *rows])
            path.write_bytes(text.getvalue().encode("utf-8-sig"))
    _write_workbook(folder / "templates" / f"{table.name}.xlsx", [header, *examples])


def _write_workbook(path: Path, rows: list[list[str]]) -> None:
    """All cells are text, so that a spreadsheet keeps ids and dates as they are typed."""
    if path.exists():
        return
    with xlsxwriter.Workbook(str(path)) as book:
        text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "num_format": "@"})
        sheet = book.add_worksheet(path.stem)
        sheet.set_column(0, len(rows[0]) - 1, 14, text)
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, cell, text if number else bold)
