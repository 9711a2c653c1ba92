"""Text files to sheets: encodings, delimiters, quotes that are never closed, HTML tables and XML sheets named `.xls`.

Belongs here: bytes to rows of text. A file is read as a stream; only HTML pages are held whole.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections import deque
from collections.abc import Iterator
from html.parser import HTMLParser

from shopnb.errors import InputError
from shopnb.intake.containers import Member
from shopnb.intake.sheets import BrokenRow, Cell, Row, Sheet, sheet_of

_DAMAGED, _FEW_DAMAGED = "\ufffd", 3
_READ_BYTES = 1_000_000
_HEAD_CHARACTERS = 200_000
_MOST_LINES = 300  # of one record: a review with line breaks has fewer, a quote that is never closed has more
_MEDIA = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"%PDF-", b"\x7fELF", b"Rar!", b"7z\xbc\xaf")
_NO_WRITING = bytes({*range(1, 32), 127} - set(b"\t\n\v\f\r\x1a\x1b"))  # bytes that texts in UTF-8 and GB18030 lack
_NO_WRITING_SHARE = 0.02  # of the first bytes; a text that a database garbled has a few
_NUMBER_LIKE = re.compile(r"[\d\s.,:/+%¥年月日-]+$")
csv.field_size_limit(10_000_000)


def read(member: Member) -> Iterator[Sheet]:
    """The sheets of a text file: one, or one a table of an HTML page.

    Raises
    ------
    InputError
        `not_a_table` for a picture, PDF or program under a table's name, `file_unreadable` for other bytes that are
        no text.
    """
    if _is_binary(member.head):
        raise InputError("not_a_table", file=member.name)
    encoding, damaged = encoding_of(member)
    binary = member.open()
    text = io.TextIOWrapper(binary, encoding, errors=_forgiving(encoding), newline="")
    head = text.read(_HEAD_CHARACTERS)
    text.seek(0)
    if re.match(r"\s*<", head.lstrip("\ufeff")) and "<table" in head.lower():
        with text:
            reader = _TableReader()
            reader.feed(text.read().replace("\0", ""))
            reader.close()
        yield from (sheet_of("", rows, is_text=True, damaged=damaged) for rows in reader.tables)
        return
    size = max(member.size, 1)
    delimiter = _delimiter(head)
    yield sheet_of(
        "",
        _rows(_lines(text), delimiter),
        is_text=True,
        delimiter=delimiter,
        damaged=damaged,
        share=lambda: 1.0 if text.closed else binary.tell() / size,
    )


def _forgiving(encoding: str) -> str:
    return "ignore" if encoding.startswith("utf-16") else "replace"


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    with text:
        for line in text:
            yield line.replace("\0", "") if "\0" in line else line


def encoding_of(member: Member) -> tuple[str, int]:
    """UTF-8 (with or without BOM), UTF-16 or GB18030, and how many characters are damaged.

    Databases cut texts in the middle of a character, so a few damaged ones do not make another encoding. Bytes with
    more faults than that in every encoding are no text file.
    """
    head = member.head
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or head.count(0) > len(head) // 100:
        return _utf_16(head), 0
    for encoding in ("utf-8-sig", "gb18030"):
        damaged, characters = _faults(member, encoding)
        if damaged <= max(_FEW_DAMAGED, characters // 1000):
            return encoding, damaged
    raise InputError("file_unreadable", file=member.name, detail="encoding")


def _is_binary(head: bytes) -> bool:
    """Whether a file is a picture, a PDF or a program: by its first bytes, or by signs that nobody writes."""
    if head.startswith(_MEDIA):
        return True
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or head.count(0) > len(head) // 100:
        text = head.decode(_utf_16(head), "ignore")
        odd = sum(unicodedata.category(one) in {"Cc", "Cn"} and one not in "\t\n\v\f\r" for one in text)
        return odd > len(text) * _NO_WRITING_SHARE
    return len(head) - len(head.translate(None, _NO_WRITING)) > len(head) * _NO_WRITING_SHARE


def _utf_16(head: bytes) -> str:
    """The byte order of UTF-16, by its mark or by where the zeros are."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    return "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"


def _faults(member: Member, encoding: str) -> tuple[int, int]:
    """Damaged characters, and characters read; a file that is clearly of another encoding is left early."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    damaged = characters = 0
    with member.open() as stream:
        while piece := stream.read(_READ_BYTES):
            text = decoder.decode(piece)
            damaged, characters = damaged + text.count(_DAMAGED), characters + len(text)
            if damaged > max(_FEW_DAMAGED, member.size // 1000):
                return damaged, characters
    text = decoder.decode(b"", final=True)
    return damaged + text.count(_DAMAGED), characters + len(text)


def _delimiter(head: str) -> str:
    """The delimiter that is most frequent in the first lines."""
    first = "\n".join(head.splitlines()[:20])
    return max(",\t;|", key=first.count) if any(mark in first for mark in ",\t;|") else ","


class _Feed:
    """Lines for the CSV reader, remembered since the record at hand began, so that they can be given back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self.record: list[str] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if len(self.record) >= _MOST_LINES:
            raise csv.Error("too many lines")
        line = self._again.popleft() if self._again else next(self._lines)
        self.record.append(line)
        return line

    def give_back(self, lines: list[str]) -> None:
        self._again.extendleft(reversed(lines))


def _rows(lines: Iterator[str], delimiter: str) -> Iterator[Row]:
    """The records of a delimited text.

    A quote that is never closed would swallow the rows after it. So a record whose quotes do not fit, or which goes
    over lines that look like rows of their own, is taken apart: its first line becomes a `BrokenRow` and the lines
    after it are read again.
    """
    feed = _Feed(lines)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    before: Row = []
    while True:
        feed.record = []
        try:
            row: Row = next(reader)
            fits = len(feed.record) == 1 or not _swallowed_rows(feed.record, before, delimiter)
        except StopIteration:
            return
        except csv.Error:
            fits = False
        if fits:
            if len(feed.record) == 1:
                before = row
            yield row
            continue
        first, *after = feed.record
        feed.give_back(after)
        reader = csv.reader(feed, delimiter=delimiter, strict=True)
        yield _lone(first, delimiter)


def _lone(line: str, delimiter: str) -> Row:
    """One line by itself: quotes in pairs are only untidy, an odd one is broken."""
    if line.count('"') % 2 == 0 and len(line) < csv.field_size_limit():
        return next(csv.reader([line], delimiter=delimiter))
    return BrokenRow(_plain(line, delimiter))


def _plain(line: str, delimiter: str) -> list[str]:
    return line.rstrip("\r\n").split(delimiter)


def _swallowed_rows(lines: list[str], before: Row, delimiter: str) -> bool:
    """Whether lines inside a record are rows: as many cells as the row before, numbers where that has numbers."""
    width = len(before)
    if width < 2:
        return False
    inner = [_plain(line, delimiter) for line in lines[1:-1]]
    first, last = _plain(lines[0], delimiter), _plain(lines[-1], delimiter)
    if any(_is_like(cells, before) for cells in inner):
        return True
    return width > 2 and len(first) == width and _is_like(last, before)


def _is_like(cells: Row, before: Row) -> bool:
    if len(cells) != len(before):
        return False
    pairs = [(cell.strip(' "\r\n'), other.strip()) for cell, other in zip(cells, before, strict=True)]
    kinds = [
        (bool(_NUMBER_LIKE.match(cell)), bool(_NUMBER_LIKE.match(other))) for cell, other in pairs if cell and other
    ]
    return all(one == other for one, other in kinds) and any(one for one, _ in kinds)


_ROWS, _CELLS = frozenset({"tr", "row"}), frozenset({"td", "th", "cell"})
_MOST_SPAN = 500


class _TableReader(HTMLParser):
    """Collects the cells of every table of a page, or of every sheet of an XML spreadsheet (2003).

    Cells that a merged one covers, beside it or below, are blank.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[Cell]]] = []
        self._cell: list[str] | None = None
        self._across = self._down = self._place = 1
        self._covered: dict[int, int] = {}  # column -> rows, this one too, that a cell above reaches into

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        tag = tag.removeprefix("ss:")
        if tag == "table":
            self.tables.append([])
            self._covered = {}
        elif tag in _ROWS and self.tables:
            self._end_cell()
            self.tables[-1].append([])
            self._covered = {column: rows - 1 for column, rows in self._covered.items() if rows > 1}
        elif tag in _CELLS and self.tables:
            self._end_cell()
            if not self.tables[-1]:
                self.tables[-1].append([])
            given = {name: int(text) for name, text in attrs if text and text.isdecimal()}
            self._cell, self._place = [], given.get("ss:index", 0)
            self._across = given.get("colspan", 1 + given.get("ss:mergeacross", 0))
            self._down = given.get("rowspan", 1 + given.get("ss:mergedown", 0))

    def handle_endtag(self, tag: str) -> None:
        if tag.removeprefix("ss:") in {*_ROWS, *_CELLS, "table"}:
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        row = self.tables[-1][-1]
        while self._covered.get(len(row)) or len(row) + 1 < min(self._place, _MOST_SPAN):
            row.append("")
        start = len(row)
        row += ["".join(self._cell).strip(), *[""] * (min(self._across, _MOST_SPAN) - 1)]
        if self._down > 1:
            self._covered |= dict.fromkeys(range(start, len(row)), self._down)
        self._cell = None
