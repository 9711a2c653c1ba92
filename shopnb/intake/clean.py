"""A recognised sheet to canonical columns: rows sorted out, cells parsed by column, every row accounted for.

Belongs here: empty, repeated and subtotal rows, parsing on unique values, rejected rows. Columns that must be made
of others are made in `derive`; the last check and the Arrow table are `check`'s.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shopnb.intake import currency, dates, masking, personal, values
from shopnb.intake.faults import BadValue
from shopnb.intake.kinds import fold, percent_column, scale_of
from shopnb.intake.recognise import Recognised
from shopnb.intake.sheets import BrokenRow, Cell, Row, is_blank
from shopnb.schema import Arithmetic, Column

EXAMPLE = "【示例】"  # marks the lines of a template that are no data
NOTE = "#"  # begins the lines around the rows of a bill
_NOTE_WORDS = re.compile(r"(?:注|备注|说明|制表|制表人|数据来源|数据说明|note|source)\s*[::]|[*※]")
_NOTE_LETTERS = 4  # a lone cell with so many letters is a remark; 9月3日 and Sep 5 have fewer
_NOTHING = frozenset({"", "-", "--", " ", None})
_SUM_ENDS = ("合计", "总计", "小计", "汇总")
_MANY = 100  # distinct cells from which reading them together is faster
_LIKE_AN_ID = 10**10  # phone numbers and ids are greater; no outcome of a user is
Parser = Callable[[Any], Any]
_AHEAD = frozenset({"start_at", "end_at", "review_on", "from_on", "listed_on"})  # typed days that may lie ahead


@dataclass(frozen=True)
class Rejection:
    """One rejected row: its number in the sheet (from 1), the column, the value as it may be shown, and why."""

    row: int
    column: str
    value: str
    reason: str


@dataclass
class Cleaned:
    """The rows of one sheet as columns, and what became of the others.

    Parameters
    ----------
    columns : stored field name, or helper `_name`, to values; all of one length.
    raw : column name to the cells as they stood, for `<name>_text`.
    rows : sheet row number of each kept row.
    """

    columns: dict[str, list[Any]]
    raw: dict[str, list[Cell]]
    rows: list[int]
    read: int
    dropped: Counter[str] = field(default_factory=Counter)
    rejections: list[Rejection] = field(default_factory=list)

    def keep(self, wanted: Sequence[bool], reason: str) -> None:
        """Drop the rows that are not wanted, counted under `reason`."""
        lost = len(wanted) - sum(wanted)
        if lost:
            self.dropped[reason] += lost
            self._take([index for index, want in enumerate(wanted) if want])

    def _take(self, indices: list[int]) -> None:
        for store in (self.columns, self.raw):
            for name, cells in store.items():
                store[name] = [cells[index] for index in indices]
        self.rows = [self.rows[index] for index in indices]

    def reject(self, faults: dict[int, Rejection]) -> None:
        """Take the rows at these indices out and list them."""
        self.rejections += [faults[index] for index in sorted(faults)]
        self._take([index for index in range(len(self.rows)) if index not in faults])


def clean(found: Recognised, below: list[Row], first: int, *, near: datetime, key: Callable[[], bytes]) -> Cleaned:
    """Parse rows below the header.

    Parameters
    ----------
    found : the recognised sheet.
    below : its rows below the header, or a piece of them; `first` is the number in the sheet, from 1, of the first.
    near : the file's time, for dates without a year.
    key : gives the shop folder's secret, for keyed hashes.
    """
    rows, numbers, cleaned = _sort_out(found, below, first)
    faults: dict[int, Rejection] = {}
    discreet = bool(found.personal) or any(column.personal for column in found.kind.table)
    whole = len({len(row) for row in rows}) == 1
    turned: list[Any] = list(zip(*rows, strict=True)) if whole else []
    for name, index in found.columns.items():
        if whole and index < len(turned):
            cells = turned[index]
        else:
            cells = [row[index] if index < len(row) else None for row in rows]
        if _column(found, name).dtype in {"date", "timestamp"}:
            order = found.day_orders.setdefault(name, "") or dates.day_order(set(cells))
            found.day_orders[name] = order
            if order == "year":
                found.doubt("two_digit_years")
            cells = [dates.year_first(cell, order) for cell in cells] if order else cells
        parser = _parser(found, name, near=near, key=key)
        parsed, bad = _parse_unique(cells, parser)
        if _is_priced(_column(found, name)):
            bad |= dict.fromkeys(_foreign(found, cells, rows), "other_currency")
        if _column(found, name).dtype in {"date", "timestamp"}:
            bad |= dict.fromkeys(() if name in _AHEAD else dates.far_ahead(parsed, near), "date_out_of_range")
            read = {cell for cell, day in zip(cells, parsed, strict=True) if day is not None}
            if not all(map(dates.has_year, read)):
                found.doubt("year_guessed")
        elif _column(found, name).arithmetic is Arithmetic.UNIQUE:
            impossible = {people for people in set(parsed) - {None} if people < 0}
            if impossible:
                bad |= {row: "below_zero" for row, people in enumerate(parsed) if people in impossible}
        for row_index, reason in bad.items():
            if row_index not in faults:
                header = found.headers[index].strip()
                value = _shown(cells[row_index], discreet or bool(_column(found, name).personal))
                faults[row_index] = Rejection(numbers[row_index], header, value, reason)
        _store(cleaned, found, name, parsed)
        if f"{name}_text" in found.kind.table:
            cleaned.raw[name] = cells
    cleaned.rows = numbers
    if found.kind.rest:
        _outcomes(cleaned, found, rows, faults)
    _missing(cleaned, found, faults)
    cleaned.reject(faults)
    return cleaned


def _column(found: Recognised, name: str) -> Column:
    return found.kind.table[name] if name in found.kind.table else Column(name)


def _shown(cell: Cell, discreet: bool) -> str:
    text = str(cell).strip()[:80]
    return personal.mask_all(text) if discreet else personal.mask_phones(text)


def _sort_out(found: Recognised, below: list[Row], first: int) -> tuple[list[Row], list[int], Cleaned]:
    """The data rows, their numbers in the sheet, and the count of those left out."""
    header = [fold(cell) for cell in found.headers]
    key_cells = {found.columns[name] for name in found.kind.table.key if name in found.columns}
    key_cells |= {found.columns[name] for name in ("_period",) if name in found.columns} | {0}
    is_tree = sum(name in found.columns for name in found.kind.tree) > 1  # there 汇总 may be a source without parts
    words = found.kind.subtotals - ({"汇总"} if is_tree else set())
    needed = [found.columns[name] for name in found.kind.required if name in found.columns]
    rows, numbers = [], []
    cleaned = Cleaned({}, {}, [], read=len(below))
    for number, row in enumerate(below, first):
        if all(is_blank(cell) for cell in row):
            cleaned.dropped["empty_row"] += 1
        elif isinstance(row, BrokenRow):
            cleaned.rejections.append(Rejection(number, "", "", "open_quote"))
        elif _is_note(row, found):
            cleaned.dropped["note_row"] += 1
        elif str(row[0]).strip().startswith(EXAMPLE):
            cleaned.dropped["example_row"] += 1
        elif row[0] is not None and fold(str(row[0])) == header[0] and _folded(row[: len(header)]) == header:
            cleaned.dropped["repeated_header"] += 1
        elif any(_is_word(row[i], words) for i in key_cells if i < len(row)) or _is_unnamed_sum(row, needed, words):
            cleaned.dropped["subtotal"] += 1
        elif len(row) > len(header) and not all(is_blank(cell) for cell in row[len(header) :]):
            cleaned.rejections.append(Rejection(number, "", "", "too_many_cells"))
        else:
            rows.append(row)
            numbers.append(number)
    return rows, numbers, cleaned


def _is_note(row: Row, found: Recognised) -> bool:
    """Whether a row is a remark: begun by #, or one cell of words in a column that holds no words."""
    is_marked = str(row[0]).startswith(NOTE)
    if not is_marked and len(row) > 1 and row[0] and row[1]:
        return False  # as nearly all rows are
    filled = [index for index, cell in enumerate(row) if not is_blank(cell)]
    if is_marked and 2 * len(filled) <= len(found.headers):
        return True
    if len(filled) != 1 or len(found.columns) < 3 or not isinstance(row[filled[0]], str):
        return False
    text = str(row[filled[0]]).strip().lower()
    column = _column(found, next((name for name, index in found.columns.items() if index == filled[0]), "_"))
    if column.personal:
        return False  # what people wrote is no remark
    holds_words = column.name in found.kind.table and column.dtype == "text" and not column.name.endswith("_id")
    return bool(_NOTE_WORDS.match(text)) or (not holds_words and sum(char.isalpha() for char in text) >= _NOTE_LETTERS)


def _folded(row: list[Cell]) -> list[str]:
    return ["" if cell is None else fold(str(cell)) for cell in row]


def _is_word(cell: Cell, words: Set[str]) -> bool:
    """Whether a cell is one of these folded words; most cells are too long to be."""
    return isinstance(cell, str) and len(cell) < 12 and fold(cell) in words


def _is_unnamed_sum(row: Row, needed: Sequence[int], words: Set[str]) -> bool:
    """Whether a row without its id or day says in another cell that it sums others up (全店合计)."""
    if not any(i < len(row) and row[i] in _NOTHING for i in needed):
        return False
    texts = [fold(cell) for cell in row if isinstance(cell, str) and len(cell) < 12]
    return any(text in words or text.endswith(_SUM_ENDS) for text in texts if text)


def _parse_unique(cells: Sequence[Cell], parser: Parser) -> tuple[list[Any], dict[int, str]]:
    """Parse each distinct cell once; `True`, `1` and `1.0` are distinct."""
    plain = set(map(type, cells)) <= {str, type(None)}
    keys: Sequence[Any] = cells if plain else [(type(cell), cell) for cell in cells]
    distinct = set(keys)
    parsed: dict[Any, Any] = {}
    if plain and parser in {values.parse_number, values.parse_int} and len(distinct) > _MANY:
        parsed = {**values.plain_numbers(list(distinct - {None}), whole=parser is values.parse_int)}
    reasons: dict[Any, str] = {}
    for key in distinct.difference(parsed):
        try:
            parsed[key] = parser(key if plain else key[1])
        except BadValue as fault:
            parsed[key] = None
            reasons[key] = fault.reason
    bad = {index: reasons[key] for index, key in enumerate(keys) if key in reasons} if reasons else {}
    return list(map(parsed.__getitem__, keys)), bad


def _parser(found: Recognised, name: str, *, near: datetime, key: Callable[[], bytes]) -> Parser:
    """The parser of a column: by its meaning, then by its type."""
    if name == "_period":
        return _unless_blank(lambda cell: dates.parse_period(cell, near=near))
    if name.startswith("_"):
        return values.clean_text
    column = found.kind.table[name]
    if name in found.kind.words:
        listed = found.kind.words[name]
        return lambda cell: next((word for word in listed if word in str(cell or "")), None)
    if column.personal == "mask":
        return lambda cell: masking.masked(values.clean_text(cell))
    if column.personal == "hash":
        secret = key()
        return lambda cell: _buyer(cell, secret)
    if name == "province":
        return lambda cell: personal.province_of(values.clean_text(cell) or "")
    if _is_priced(column):
        return lambda cell: values.parse_range(currency.without_currency(cell))
    if column.ranged:
        return values.parse_range
    if name == "end_at":
        return _unless_blank(lambda cell: dates.parse_end(cell, near=near))
    if (found.kind.table.name, name) == ("targets", "period"):
        return _unless_blank(lambda cell: dates.parse_month_or_day(cell, near=near))
    if column.dtype in {"date", "timestamp"}:
        parse = dates.parse_date if column.dtype == "date" else dates.parse_timestamp
        return _unless_blank(lambda cell: parse(cell, near=near, future=name in _AHEAD))
    if (scale := scale_of(found.headers[found.columns[name]])) != 1 and column.dtype in {"int", "float"}:
        return lambda cell: _scaled(cell, scale, whole=column.dtype == "int")
    if column.unit == "seconds":
        return values.parse_seconds
    if percent_column(found.headers[found.columns[name]], column):
        return _percent
    if column.dtype == "text" and name.endswith("_id"):
        return values.parse_id
    return {
        "int": values.parse_int,
        "float": values.parse_number,
        "bool": values.parse_bool,
    }.get(column.dtype, values.clean_text)


def _is_priced(column: Column) -> bool:
    """Whether a column holds prices as a listing shows them, with or without a currency."""
    return column.ranged and column.unit == "money"


def _foreign(found: Recognised, cells: Sequence[Cell], rows: Sequence[Row]) -> list[int]:
    """The rows whose price is in another currency than that of most, by the price itself or by a column of its own."""
    place = found.columns.get("_currency", -1)
    named = [row[place] if 0 <= place < len(row) else None for row in rows]
    known = {cell: currency.currency_of(cell) for cell in {*cells, *named} if isinstance(cell, str)}
    if not any(known.values()):
        found.currency = found.currency or ""
        return []
    marks = [known.get(str(cell), "") or known.get(str(name), "") for cell, name in zip(cells, named, strict=True)]
    if found.currency is None:
        found.currency = currency.spoken(marks)
    if found.currency not in {"", "CNY"}:
        found.doubt("priced_in", currency=found.currency)
    return currency.foreign(marks, found.currency)


def _unless_blank(parse: Parser) -> Parser:
    def parser(cell: Cell) -> Any:
        return None if isinstance(cell, str | None) and values.clean_text(cell) is None else parse(cell)

    return parser


def _scaled(cell: Cell, scale: float, *, whole: bool) -> float | None:
    """A plain number under a header that says 万 is so many ten thousands; one that says so itself is read as such."""
    number = values.parse_number(cell)
    if number is not None and not (isinstance(cell, str) and cell.strip()[-1:] in {"千", "万", "亿", "元"}):
        number = round(number * scale, 6)
    return number if number is None or not whole else int(number)


def _percent(cell: Cell) -> float | None:
    """A plain number under a header with (%) is a percentage; one with its own sign is already read as such."""
    number = values.parse_number(cell)
    return number if number is None or (isinstance(cell, str) and "%" in cell) else round(number / 100, 12)


def _buyer(cell: Cell, key: bytes) -> str | None:
    """A buyer as a keyed hash; a name that the platform has masked (t**3) stands for many people: None."""
    try:
        name = values.parse_id(cell)
    except BadValue:
        name = None
    return personal.keyed_hash(name, key) if name and "*" not in name else None


def _store(cleaned: Cleaned, found: Recognised, name: str, parsed: list[Any]) -> None:
    if name not in found.kind.table or not found.kind.table[name].ranged:
        cleaned.columns[name] = parsed
        return
    low, high = found.kind.table[name].stored_names
    cleaned.columns[low] = [ends[0] if ends else None for ends in parsed]
    cleaned.columns[high] = [ends[1] if ends else None for ends in parsed]


def _missing(cleaned: Cleaned, found: Recognised, faults: dict[int, Rejection]) -> None:
    """Reject rows without a value in a required column that the file has."""
    for name in found.kind.required:
        if name not in found.columns:
            continue
        header = found.headers[found.columns[name]].strip()
        for index, value in enumerate(cleaned.columns[name]):
            if value is None and index not in faults:
                faults[index] = Rejection(cleaned.rows[index], header, "", "missing_value")


def _outcomes(cleaned: Cleaned, found: Recognised, rows: list[Row], faults: dict[int, Rejection]) -> None:
    """The other columns that are numbers, or yes and no, throughout become helpers `_outcome <header>`.

    Which they are is decided once; in a later piece of a long sheet a cell that is none is a fault.
    """
    if not found.outcomes:
        for header in list(found.unknown):
            index = next(i for i, cell in enumerate(found.headers) if cell.strip()[:60] == header)
            cells = [row[index] if index < len(row) else None for row in rows]
            parsers: tuple[Parser, ...] = (values.parse_number, values.parse_bool)
            fitting = next((parse for parse in parsers if _all_fit(cells, parse)), None)
            if fitting:
                found.outcomes[header] = index, fitting
                found.unknown.remove(header)
    for header, (index, parse) in found.outcomes.items():
        parsed, bad = _parse_unique([row[index] if index < len(row) else None for row in rows], parse)
        for row_index, reason in bad.items():
            faults.setdefault(row_index, Rejection(cleaned.rows[row_index], header, "", reason))
        cleaned.columns[f"_outcome {header}"] = [None if value is None else float(value) for value in parsed]


def _all_fit(cells: list[Cell], parse: Parser) -> bool:
    parsed, bad = _parse_unique(cells, parse)
    return not bad and all(value is None or abs(value) < _LIKE_AN_ID for value in parsed)
