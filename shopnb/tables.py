"""A shown table as HTML, through pandas Styler: numbers as people read them, bars, signs, a sentence for the cut.

Belongs here: `view.TablePart` to HTML and to CSV. Never computes; everything is escaped here.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Callable
from html import escape
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

from shopnb import labels
from shopnb.view import TableColumn, TablePart

_LEFT = ("text", "iso", "day", "day_short", "weekday", "day_weekday")  # kinds that stand at the left
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_CSV_ROWS = 200  # so many rows travel inside the page
_SHORT = 22  # half-width columns: texts up to here stay on one line
_STEPS = 20  # a bar's length in twentieths of its cell


def table_html(part: TablePart, lang: str) -> str:
    """The table in a box that scrolls by itself on a phone; below it what was cut, and the rows as CSV.

    Numbers are at the right, unknown is an en dash, every header has its scope. A `bar` column has a bar of the
    value's share of the column's largest; a `signed` column takes the colours of up and down.
    """
    shown = part.frame.loc[:, [column.name for column in part.columns]].reset_index(drop=True)
    styler = Styler(shown, uuid=re.sub(r"\W", "-", part.id), cell_ids=False).hide(axis="index")
    styler = styler.set_td_classes(_classes(shown, part))
    for place, column in enumerate(part.columns):
        styler = styler.format(_writer(column.kind, lang), subset=(slice(None), shown.columns[place]))
    styler = styler.format_index(_headings(part), axis="columns")
    table = _tidy(styler.to_html(caption=escape(part.caption) if part.caption else None), part.columns)
    name = escape(part.caption or part.id)
    box = f'<div class="nb-scroll" tabindex="0" role="region" aria-label="{name}">{table}</div>'
    return f'<div class="nb-tablebox" lang="{lang}">{box}{_below(part, lang)}</div>'


def _writer(kind: str, lang: str) -> Callable[[Any], str]:
    def write(value: Any) -> str:
        return escape(labels.format_value(None if pd.isna(value) else value, kind, lang))

    return write


def _headings(part: TablePart) -> Callable[[Any], str]:
    headings = {column.name: escape(column.heading) for column in part.columns}
    return lambda name: headings[name]


def _classes(shown: pd.DataFrame, part: TablePart) -> pd.DataFrame:
    """The CSS classes of every cell: left, bar length, sign."""
    return pd.DataFrame(
        {column.name: _column_classes(shown[column.name], column) for column in part.columns},
        index=shown.index, columns=shown.columns,
    )  # fmt: skip


def _column_classes(values: pd.Series[Any], column: TableColumn) -> list[str]:
    short = column.kind != "text" or all(_width(value) <= _SHORT for value in values)
    left = "nb-t nb-s" if short else "nb-t"
    names = [left if column.kind in _LEFT else "" for _ in values]
    numbers = [None if column.kind in _LEFT or pd.isna(value) else float(value) for value in values]
    longest = max((abs(number) for number in numbers if number is not None), default=0.0) or 1.0
    for place, number in enumerate(numbers):
        if number is None:
            continue
        if column.bar:
            names[place] += f" nb-bar nb-b{max(round(abs(number) / longest * _STEPS), 0)}"
        if column.signed and number:
            names[place] += " nb-up" if number > 0 else " nb-down"
    return [name.strip() for name in names]


def _width(value: Any) -> int:
    """Half-width columns of a cell's text: a Chinese character takes two."""
    return 0 if pd.isna(value) else sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in str(value))


def _tidy(html: str, columns: tuple[TableColumn, ...]) -> str:
    """Styler's table without its own classes and style block, headers with scope."""
    html = re.sub(r"<style[^>]*>.*?</style>\s*", "", html, count=1, flags=re.DOTALL)

    def header(found: re.Match[str]) -> str:
        left = ' class="nb-t"' if columns[int(found[1])].kind in _LEFT else ""
        return f'<th scope="col"{left}>'

    html = re.sub(r'<th[^>]*class="col_heading level0 col(\d+)"[^>]*>', header, html)
    html = re.sub(r'<td[^>]*class="data row\d+ col\d+ ?([^"]*)"[^>]*>', r'<td class="\1">', html)
    return re.sub(r">\s+<", "><", html.replace('<td class="">', "<td>"))


def _below(part: TablePart, lang: str) -> str:
    """What was cut, and the link to the rows as CSV, which works without a network."""
    said = []
    if part.total_rows > len(part.frame):
        said.append(escape(labels.text("screen.cut", lang, shown=len(part.frame), total=part.total_rows)))
    if 0 < len(part.frame) <= _CSV_ROWS:
        coded = base64.b64encode(b"\xef\xbb\xbf" + table_csv(part).encode("utf-8")).decode("ascii")
        name, word = escape(re.sub(r"\W", "_", part.id)), escape(labels.text("screen.as_csv", lang))
        said.append(f'<a download="{name}.csv" href="data:text/csv;base64,{coded}">{word}</a>')
    return f'<p class="nb-cut">{" ".join(said)}</p>' if said else ""


def table_csv(part: TablePart) -> str:
    r"""The rows shown, as CSV with headings; text that a spreadsheet would run as a formula gets a quote before it.

    Examples
    --------
    >>> table_csv(TablePart("t", pd.DataFrame({"title": ["=1+1", "cup"], "n": [-2, 3]}),
    ...     (TableColumn("title", "Title"), TableColumn("n", "Units", "int"))))
    "Title,Units\n'=1+1,-2\ncup,3\n"
    """
    shown = part.frame.loc[:, [column.name for column in part.columns]].map(_neutral)
    headings = [str(_neutral(column.heading)) for column in part.columns]
    return str(shown.to_csv(index=False, header=headings, lineterminator="\n"))


def _neutral(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return "'" + value
    return value
