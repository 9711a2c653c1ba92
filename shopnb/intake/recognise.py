"""A raw sheet to the export kind it is: the header row is found by what stands in it, wherever it stands.

Belongs here: scoring kinds against rows, the remarks on what spoke for a kind, the error when none fits.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import accumulate, pairwise
from typing import Any

from shopnb.errors import InputError
from shopnb.intake.account import Remark
from shopnb.intake.containers import Member
from shopnb.intake.kinds import Bare, Kind, bare, fold
from shopnb.intake.personal import is_personal, mask_phones
from shopnb.intake.sheets import Cell, Row, Sheet, is_blank

_MIN_TEXTS = 3
HEADERS_TOLD = 6  # of those that a file was recognised by
MAX_COLUMNS = 2_000  # filled header cells; the widest export known has 119
_WHOLE = frozenset(
    {
        "",
        "全部",
        "全部终端",
        "所有终端",
        "全店",
        "整体",
        "合计",
        "总计",
        "汇总",
        "本期",
        "当期",
        "本店",
        "我的",
        "all",
        "total",
        "overall",
    }
)  # group names over a column that leave its own name as it is
_NUMBERS = re.compile(r"[\d\s.,:/+%¥()-]+$")
HEADER_ROWS, MOST_HEADER_ROWS = 15, 60  # banners of 0 to 7 rows are known; a longer preface is looked through last


@dataclass
class Recognised:
    """A sheet of a known kind.

    Parameters
    ----------
    kind, sheet : what and where.
    outcomes : header -> cell and parser of the outcomes of a user, found in the first piece.
    by_name : whether something was taken from, or looked for in, the file's name: under another name the same bytes
        say something else.
    day_orders : date column -> whether the day or the month stands first in dates that have the year last.
    currency : the one that most amounts of the first piece name, "" where they name none; None before it is read.
    header_row : index of the header in the sheet's rows; -1 for bare texts without a header.
    columns : column name -> index of the cell; helpers start with `_`.
    headers : the header cells as they stand.
    """

    kind: Kind
    sheet: Sheet
    header_row: int
    columns: dict[str, int]
    headers: list[str]
    unknown: list[str] = field(default_factory=list)
    personal: list[str] = field(default_factory=list)
    why: list[Remark] = field(default_factory=list)
    unsure: list[Remark] = field(default_factory=list)
    outcomes: dict[str, tuple[int, Callable[[Any], Any]]] = field(default_factory=dict)
    by_name: bool = False
    day_orders: dict[str, str] = field(default_factory=dict)
    currency: str | None = None

    def explain(self, code: str, **values: Any) -> None:
        """Note once what spoke for a reading; a long sheet comes in several pieces."""
        remark = {"code": code, **values}
        if remark not in self.why:
            self.why.append(remark)

    def doubt(self, code: str, **values: Any) -> None:
        """Note once what was assumed."""
        remark = {"code": code, **values}
        if remark not in self.unsure:
            self.unsure.append(remark)

    @staticmethod
    def lone_day(periods: set[tuple[date, date]]) -> date | None:
        """The day, when all rows carry one and the same day."""
        start, end = next(iter(periods))
        return start if len(periods) == 1 and start == end else None

    @property
    def banner(self) -> list[str]:
        """The filled cells above the header, as text."""
        rows = self.sheet.rows[: max(self.header_row, 0)]
        return [str(cell).strip() for row in rows for cell in row if not is_blank(cell)]


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else "" if cell is None else str(cell)


def _candidate_rows(sheet: Sheet, first: int, end: int) -> list[tuple[int, list[str]]]:
    rows = []
    for index, row in enumerate(sheet.rows[first:end], first):
        cells = [_text(cell) for cell in row]
        if any(fold(cell) for cell in cells):
            while cells and not fold(cells[-1]):
                cells.pop()
            rows.append((index, cells))
    return rows


@dataclass(frozen=True)
class _Fit:
    """How well a row is the header of a kind.

    Parameters
    ----------
    known : columns of the kind that the row names.
    missing : headers that the kind needs and the row lacks.
    extra : headers that show the row to be another, mostly finer, export.
    share : of the row's headers that the kind knows.
    is_named : whether the words around the rows are as the kind wants them.
    """

    kind: Kind
    row: int
    cells: list[str]
    known: int
    missing: list[str]
    extra: list[str]
    share: float
    is_named: bool

    @property
    def is_full(self) -> bool:
        return not self.missing and not self.extra and self.share >= self.kind.least_share and self.is_named

    @property
    def is_near(self) -> bool:
        """Half of what the kind needs is there, and for a typed-in table half of the row is its own."""
        needs = len(self.kind.needs) + bool(self.kind.any_of)
        return 2 * len(self.missing) <= needs and (not self.kind.table.typed or self.share >= 0.5)

    @property
    def nearness(self) -> tuple[float, int]:
        """More of the needs, then more columns."""
        return -len(self.missing) / len(self.kind.needs), self.known


def _fit(kind: Kind, row: int, cells: list[str], around: str) -> _Fit:
    folded = {fold(cell) for cell in cells} - {""}
    folded |= {bare(cell) for cell in folded}
    names = [kind.column_of(cell) for cell in cells if fold(cell)]
    columns = {name for name in names if name}
    missing = [kind.shown(word) for word in kind.needs if not kind.has(word, folded, columns)]
    if kind.any_of and sum(kind.has(word, folded, columns) for word in kind.any_of) < kind.any_of_least:
        missing.append(" / ".join(kind.shown(word) for word in kind.any_of[:4]))
    extra = [word for word in kind.without if kind.has(word, folded, set())]
    is_named = not kind.named or bool(re.search(kind.named, around))
    return _Fit(kind, row, cells, len(columns), missing, extra, len(columns) / max(len(names), 1), is_named)


def recognise(sheet: Sheet, member: Member, kinds: Sequence[Kind]) -> Recognised:
    """The kind whose columns the sheet has most of.

    Raises
    ------
    InputError
        `unknown_columns`, naming the nearest kind and what it lacks; `other_export`, naming the nearest kind and the
        column that tells them apart; `unknown_file`. Cells that no kind knows are not repeated: a file without a
        header would put its data, personal or not, into the message.
    """
    rows = _candidate_rows(sheet, 0, HEADER_ROWS)
    words = [member.name, sheet.name, *(cell for _, cells in rows[:3] for cell in cells)]
    around = "\n".join(words)
    if any(len(cells) > MAX_COLUMNS for _, cells in rows):
        raise InputError("sheet_too_wide", file=member.name, sheet=sheet.name or "-", most=MAX_COLUMNS)
    fits = [_fit(kind, row, cells, around) for row, cells in rows for kind in kinds]
    full = [fit for fit in fits if fit.is_full]
    pairs = _two_lines(rows, {fit.row for fit in full})
    if pairs:
        full = [fit for fit in full if fit.row not in pairs]
        full += [
            fit for row, cells in pairs.items() for kind in kinds if (fit := _fit(kind, row, cells, around)).is_full
        ]
    if not full:
        below = _candidate_rows(sheet, HEADER_ROWS, MOST_HEADER_ROWS)
        full = [fit for row, cells in below for kind in kinds if (fit := _fit(kind, row, cells, around)).is_full]
    if not full:
        texts = _bare_texts(sheet, member, kinds)
        if texts is None:
            raise _unknown(member, sheet, [fit for fit in fits if fit.known and fit.is_near])
        return texts

    def rank(fit: _Fit) -> tuple[bool, int, int, bool]:
        return bool(fit.kind.named), fit.known, len(fit.kind.needs), fit.kind.table.name in member.stem.lower()

    best = max(full, key=lambda fit: (*rank(fit), -fit.row))
    if best.kind.bare and sheet.is_text and len(best.cells) == 1:
        sheet = _one_column(sheet)
    others = sorted({fit.kind.name for fit in full if rank(fit) == rank(best)} - {best.kind.name})
    found = _mapped(sheet, best.kind, best.row, best.cells)
    found.by_name = bool(best.kind.named)
    filled = sum(bool(fold(cell)) for cell in best.cells)
    headers = [best.cells[index].strip() for index in sorted(found.columns.values())]
    found.why.append({"code": "columns_known", "known": len(headers), "of": filled, "headers": headers[:HEADERS_TOLD]})
    if best.row in pairs:
        found.why.append({"code": "header_of_two_rows", "row": best.row, "second": best.row + 1})
    elif best.row:
        found.why.append({"code": "header_below_banner", "row": best.row + 1})
    if others:
        found.unsure.append({"code": "kind_tie", "others": ", ".join(others)})
    return found


def _group(group: str, cell: str) -> str:
    """The group name that holds for a cell: its own, or that of the cell before."""
    return cell.strip() or group


def _two_lines(rows: Sequence[tuple[int, list[str]]], full: Set[int]) -> dict[int, list[str]]:
    """Headers of two lines, group names above the names: row of the lower line -> names, as one line would have them.

    A cell without a lower name has its name above. A name that stands under several groups is that of the whole where
    its group says so (全部, 本期), else it gets the group before it: `PC端` and `访客数` are `PC端访客数`. A header
    that is one by itself (`full`) is left alone, but where the groups above tell its repeated names apart.
    """
    found = {}
    for (row, upper), (below, lower) in pairwise(rows):
        if below != row + 1 or row in full or any(_NUMBERS.match(cell) for cell in lower if fold(cell)):
            continue
        if any(":" in fold(cell) for cell in upper):  # a banner: what stands behind a colon is no group name
            continue
        width = max(len(upper), len(lower))
        upper, lower = ([*cells, *[""] * (width - len(cells))] for cells in (upper, lower))
        groups = list(accumulate(upper, _group))
        under: dict[str, set[str]] = {}
        for name, group in zip(lower, groups, strict=True):
            under.setdefault(fold(name), set()).add(group)
        repeated = {name for name, known in under.items() if name and len(known) > 1}
        if repeated or (below not in full and len(under) > _MIN_TEXTS):
            found[below] = [
                f"{group}{name}"
                if fold(name) in repeated and fold(group) not in _WHOLE
                else name
                if fold(name)
                else top
                for top, name, group in zip(upper, lower, groups, strict=True)
            ]
    return found


def _bare_texts(sheet: Sheet, member: Member, kinds: Sequence[Kind]) -> Recognised | None:
    """A lone column of sentences as the kind that such a column is; None when the sheet is something else.

    Sentences: most are longer than a name and hold letters. A short first one above longer ones is a header, and one
    that names personal data is never read. Commas in a text that nobody quoted make cells of differing number; rows
    that all have the same number are a table whose header is missing, and may hold anything.
    """
    filled = [[str(cell) for cell in row if not is_blank(cell)] for row in sheet.rows]
    if len(filled) < _MIN_TEXTS or not (_are_lone(filled) or (sheet.is_text and _are_uneven(filled))):
        return None
    texts = [sheet.delimiter.join(row).strip() for row in filled]
    if is_personal(fold(texts[0])) or sum(_is_sentence(text) for text in texts) < 0.6 * len(texts):
        return None
    kind = next((kind for kind in kinds if kind.bare and _may_be_bare(kind.bare, member)), None)
    if kind is None or kind.bare is None:
        return None
    headed = not _is_sentence(texts[0])
    lone = _one_column(sheet)
    found = Recognised(kind, lone, 0 if headed else -1, {kind.bare.column: 0}, [texts[0] if headed else ""])
    found.unsure.append({"code": "bare_texts"})
    return found


def _may_be_bare(wanted: Bare, member: Member) -> bool:
    is_note = member.name.lower().endswith(".txt")
    return not is_note or bool(re.search(wanted.txt_named, member.stem.lower()))


def _are_lone(filled: Sequence[Sequence[str]]) -> bool:
    """Whether nearly every row has one cell."""
    return sum(len(row) == 1 for row in filled) >= 0.8 * len(filled)


def _are_uneven(filled: Sequence[Sequence[str]]) -> bool:
    """Whether the number of cells is that of no table: it changes from row to row."""
    counts = Counter(len(row) for row in filled[1:])
    return max(counts.values()) < 0.8 * (len(filled) - 1)


def _one_column(sheet: Sheet) -> Sheet:
    """The sheet with the cells of each row put together again, as they stood in the text file."""

    def whole(row: Row) -> Row:
        return [sheet.delimiter.join(str(cell) for cell in row if not is_blank(cell)).strip()]

    return replace(sheet, rows=[whole(row) for row in sheet.rows], more=map(whole, sheet.more))


def _is_sentence(text: str) -> bool:
    return len(text) >= 6 and sum(char.isalpha() for char in text) > len(text) // 2


def _unknown(member: Member, sheet: Sheet, near: list[_Fit]) -> InputError:
    values = {"file": member.name, "sheet": sheet.name or "-"}
    if not near:
        return InputError("unknown_file", **values)
    nearest = max(near, key=lambda fit: fit.nearness)
    values["nearest"] = nearest.kind.title
    if not nearest.missing:
        return InputError("other_export", **values, extra=", ".join(nearest.extra) or "-")
    known = ", ".join(cell.strip() for cell in nearest.cells if nearest.kind.column_of(cell))
    return InputError("unknown_columns", **values, missing=", ".join(nearest.missing), found=known)


def _mapped(sheet: Sheet, kind: Kind, row: int, cells: list[str]) -> Recognised:
    """Headers to columns; exact names first, so that a bracketed variant does not take their place."""
    columns: dict[str, int] = {}
    exact = [(index, kind.headers.get(fold(cell))) for index, cell in enumerate(cells)]
    loose = [(index, kind.column_of(cell)) for index, cell in enumerate(cells)]
    for index, name in (*exact, *loose):
        if name and name not in columns and index not in columns.values():
            columns[name] = index
    rest = [
        mask_phones(cell.strip())[:60]
        for index, cell in enumerate(cells)
        if fold(cell) and index not in columns.values()
    ]
    taken = {fold(cells[index]) for index in columns.values()}
    twice = list(dict.fromkeys(cell for cell in rest if fold(cell) in taken))
    personal = [cell for cell in rest if is_personal(fold(cell))]
    unknown = [cell for cell in rest if cell not in personal]
    found = Recognised(kind, sheet, row, columns, cells, unknown=unknown, personal=personal)
    if twice:
        found.doubt("header_twice", headers=", ".join(twice[:HEADERS_TOLD]))
    return found
