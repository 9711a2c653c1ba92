"""A shown table as HTML: numbers as people read them, bars, signs, a sentence for the cut.

Belongs here: `view.TablePart` to HTML, to plain values that travel in the record, and from those to CSV. Never
computes; everything is escaped here.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Literal

import pandas as pd

from shopnb import labels
from shopnb.labels.letters import columns_of
from shopnb.view import TableColumn, TablePart

RowsAs = Literal["csv", "csv_if_cut", "named", "none"]
_LEFT = ("text", "iso", "day", "day_short", "weekday", "day_weekday")  # kinds that stand at the left
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # also full-width
_CSV_ROWS = 200  # so many rows travel inside the page; longer tables are a file beside it
_SHORT = 22  # half-width columns: texts up to here stay on one line
_APART = re.compile(r'[\x00-\x20"#%&\'<>`]')  # signs that an address in HTML writes in hexadecimals
_TO_FILL = "data:text/csv"
_STEPS = 20  # a bar's length in twentieths of its cell


def table_html(part: TablePart, lang: str, *, rows_as: RowsAs = "csv") -> str:
    """The table in a box that scrolls by itself on a phone; below it what was cut, and the rows as CSV.

    Numbers are at the right, unknown is an en dash, every header has its scope; a first column of names heads the
    rows. A `bar` column has a bar of the value's share of the column's largest; a `signed` column takes the colours of
    up and down. `rows_as`: "csv" carries the rows of every table; "csv_if_cut" only where not all are shown; "named"
    leaves an address that `with_rows` fills; "none" has none.
    """
    shown = part.frame.head(part.rows or len(part.frame))
    columns = [
        _column(shown[column.name], column, lang, heads_rows=not place) for place, column in enumerate(part.columns)
    ]
    head = "".join(column[0] for column in columns)
    rows = "".join(f"<tr>{''.join(cells)}</tr>" for cells in zip(*(column[1:] for column in columns), strict=True))
    caption = f"<caption>{_shown(part.caption)}</caption>" if part.caption else ""
    id, name = re.sub(r"\W", "-", part.id), _shown(part.caption or part.id)
    table = f'<table id="T_{id}">{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    box = f'<div class="nb-scroll" tabindex="0" role="region" aria-label="{name}">{table}</div>'
    return f'<div class="nb-tablebox" lang="{lang}">{box}{_below(part, lang, rows_as)}</div>'


def _shown(text: str) -> str:
    return escape(labels.visible(text))


def _column(values: pd.Series[Any], column: TableColumn, lang: str, *, heads_rows: bool) -> list[str]:
    """The header of a column, then its cells; `heads_rows`: a column of names is what its rows are about."""
    side = _side(values, column)
    cells = [_cell('th scope="col"', side, column.heading)]
    element = 'th scope="row"' if heads_rows and side else "td"
    for value, classes in zip(values, _column_classes(values, column, side), strict=True):
        cells.append(_cell(element, classes, labels.format_value(None if pd.isna(value) else value, column.kind, lang)))
    return cells


def _cell(element: str, classes: str, text: str) -> str:
    named = f' class="{classes}"' if classes else ""
    return f"<{element}{named}>{_shown(text)}</{element[:2]}>"


def _side(values: pd.Series[Any], column: TableColumn) -> str:
    """The classes that put a column at the left, on one line where its texts are short; "" for the right."""
    if column.kind not in _LEFT:
        return ""
    short = column.kind != "text" or all(pd.isna(value) or columns_of(str(value)) <= _SHORT for value in values)
    return "nb-t nb-s" if short else "nb-t"


def _column_classes(values: pd.Series[Any], column: TableColumn, side: str) -> list[str]:
    """The CSS classes of every cell: left, bar length, sign."""
    names = [side] * len(values)
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


def _below(part: TablePart, lang: str, rows_as: RowsAs) -> str:
    """What was cut, and the link to the whole table as CSV, which works without a network."""
    said = []
    is_cut = 0 < part.rows < len(part.frame)
    if is_cut:
        said.append(escape(labels.text("screen.cut", lang, shown=part.rows, total=len(part.frame))))
    is_wanted = is_cut if rows_as == "csv_if_cut" else rows_as != "none"
    if len(part.frame) and not is_long(part) and is_wanted:
        name, word = _file_name(part.id), escape(labels.text("screen.as_csv", lang))
        address = _TO_FILL if rows_as == "named" else _address(table_content(part))
        said.append(f'<a download="{name}.csv" href="{address}">{word}</a>')
    return f'<p class="nb-cut">{" ".join(said)}</p>' if said else ""


def _file_name(id: str) -> str:
    return escape(re.sub(r"\W", "_", id))


def _address(content: Mapping[str, Any]) -> str:
    """The rows as an address that a click saves."""
    return "data:text/csv;charset=utf-8,%EF%BB%BF" + _APART.sub(lambda sign: f"%{ord(sign[0]):02X}", table_csv(content))


def with_rows(html: str, contents: Iterable[Mapping[str, Any]]) -> str:
    """HTML whose tables were `named`, with the rows of `table_content` in their addresses."""
    for content in contents:
        named = f'<a download="{_file_name(content["id"])}.csv" href="'
        if f'{named}{_TO_FILL}"' in html:
            html = html.replace(f'{named}{_TO_FILL}"', f'{named}{_address(content)}"')
    return html


def is_long(part: TablePart) -> bool:
    """Whether the whole table is too long to travel inside the page as CSV."""
    return len(part.frame) > _CSV_ROWS


def table_content(part: TablePart) -> dict[str, Any]:
    """The whole table as plain values: `id`, `caption`, `columns` (heading, kind) and `rows`; unknown is null.

    Days are ISO text, numbers have 12 significant digits.
    """
    shown = part.frame.loc[:, [column.name for column in part.columns]]
    return {
        "id": part.id,
        "caption": labels.visible(part.caption),
        "columns": [{"heading": labels.visible(column.heading), "kind": column.kind} for column in part.columns],
        "rows": [[_plain(value) for value in row] for row in shown.itertuples(index=False, name=None)],
    }


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, dt.date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, str):
        return labels.visible(value)
    if isinstance(value, bool | int):
        return value
    number = float(value)
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else float(f"{number:.12g}")


def table_csv(content: Mapping[str, Any]) -> str:
    r"""A table's content as CSV with headings; text that a spreadsheet would run as a formula gets a quote before it.

    Examples
    --------
    >>> table_csv(table_content(TablePart("t", pd.DataFrame({"title": ["=1+1", "cup"], "n": [-2, None]}),
    ...     (TableColumn("title", "Title"), TableColumn("n", "Units", "int")))))
    "Title,Units\n'=1+1,-2\ncup,\n"
    """
    rows = pd.DataFrame([[neutral(value) for value in row] for row in content["rows"]], dtype=object)
    headings = [str(neutral(column["heading"])) for column in content["columns"]]
    return str(rows.reindex(columns=range(len(headings))).to_csv(index=False, header=headings, lineterminator="\n"))


def neutral(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; some of them skip spaces before the sign."""
    if isinstance(value, str) and value.lstrip().startswith(_FORMULA):
        return "'" + value
    return value
