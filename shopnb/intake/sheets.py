"""A plain file to raw sheets: rows of cells, decided by the bytes and not by the file's name.

Belongs here: the sheet as pieces of rows, and which reader a file needs. The readers are `textfile` and `workbook`.
Does not belong here: what a header or a value means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from shopnb.errors import InputError
from shopnb.intake import ole
from shopnb.intake.containers import Member
from shopnb.intake.values import BLANKS

PIECE_ROWS = 20_000

Cell = Any  # str, int, float, bool, date, datetime, time, timedelta or None
Row = list[Cell]


class BrokenRow(list[Cell]):
    """A line with a quote that is never closed: shown as it stands, to be rejected and counted."""


@dataclass
class Sheet:
    """One sheet: its name ("" for text files) and its rows, cut after the last filled one.

    Parameters
    ----------
    rows : the first rows; all of them unless the sheet is long.
    more : the rows after those; read once, while the first are worked on.
    is_text : from a text file: every cell is a str; `delimiter` stands between them.
    damaged : characters of the file that could not be read.
    uncomputed : formulas, in the first part of the workbook, whose value was never computed: their cells are empty.
    share : how much of the file has been read, 0-1.
    """

    name: str
    rows: list[Row]
    more: Iterator[Row] = iter(())
    is_text: bool = False
    delimiter: str = ","
    damaged: int = 0
    uncomputed: int = 0
    share: Callable[[], float] = lambda: 1.0

    @property
    def is_long(self) -> bool:
        """Whether the sheet has, or may have, more rows than its first piece."""
        return len(self.rows) >= PIECE_ROWS

    def pieces_after(self) -> Iterator[list[Row]]:
        """The rows after the first ones, in pieces."""
        while piece := list(islice(self.more, PIECE_ROWS)):
            yield piece

    def gather(self) -> None:
        """Read all rows; what is decided over a whole sheet needs them."""
        self.rows += self.more


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds nothing that can be seen."""
    return cell is None or (isinstance(cell, str) and not cell.strip(BLANKS))


def sheet_of(name: str, rows: Iterable[Row], **known: Any) -> Sheet:
    """A sheet of rows that are read when they are asked for."""
    filled = _without_empty_end(rows)
    return Sheet(name, list(islice(filled, PIECE_ROWS)), filled, **known)


def _without_empty_end(rows: Iterable[Row]) -> Iterator[Row]:
    empty: list[Row] = []
    for row in rows:
        if all(is_blank(cell) for cell in row):
            empty.append(row)
            continue
        if empty:
            yield from empty
            empty = []
        yield row


def read_sheets(member: Member) -> Iterator[Sheet]:
    """The sheets of a file that hold anything, one after the other.

    Raises
    ------
    InputError
        `file_encrypted`, `file_unreadable`, `workbook_too_large` or `file_empty`.
    """
    from shopnb.intake import textfile, workbook  # they make sheets

    is_workbook = member.head[:4] == b"PK\x03\x04" or member.head[:8] == ole.MAGIC
    found = False
    for sheet in workbook.read(member) if is_workbook else textfile.read(member):
        if sheet.rows:
            found = True
            yield sheet
    if not found:
        raise InputError("file_empty", file=member.name)
