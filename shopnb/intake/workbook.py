"""Workbooks to sheets: `.xlsx`, `.xlsb`, `.ods` and the old `.xls`, which is tried out in a process of its own first.

Belongs here: the limits of a workbook, and what keeps a damaged one from taking this process down.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator

import python_calamine

from shopnb.errors import InputError
from shopnb.intake import ole
from shopnb.intake.containers import Member
from shopnb.intake.sheets import Row, Sheet, sheet_of

MAX_CELLS = 10_000_000  # of one sheet; the reader holds about 70 bytes a cell
MAX_SHEET_BYTES = 500_000_000  # of a sheet's XML, judged before it is read
_UNCOMPUTED = re.compile(rb"<f(?:>[^<]+</f>|\s[^<]*/>|\s[^>]*>[^<]+</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
_LOOKED_AT = 1_000_000  # bytes of a sheet
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_TRIAL_SECONDS = 120
# A damaged .xls can make the reader abort, which no `except` catches; the trial dies instead of us.
_TRIAL = """
import io, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except (ImportError, ValueError, OSError):
    pass
import python_calamine
book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
for name in book.sheet_names:
    book.get_sheet_by_name(name)
"""


def read(member: Member) -> Iterator[Sheet]:
    """The sheets of a workbook, by its content.

    Raises
    ------
    InputError
        `file_encrypted`, `file_unreadable`, or `workbook_too_large` for one that does not fit into memory.
    """
    uncomputed = 0
    if member.head[:8] == ole.MAGIC:
        _try_out(member)
    else:
        uncomputed = _check_size(member)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(member.data))
        seen = [one.name for one in book.sheets_metadata if one.visible == python_calamine.SheetVisibleEnum.Visible]
        for name in seen or book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.total_height * sheet.total_width > MAX_CELLS:
                raise InputError("workbook_too_large", file=member.name, sheet=name, rows=sheet.total_height)
            rows = _Rows(sheet)
            yield sheet_of(name, rows, share=rows.share, uncomputed=uncomputed)
    except python_calamine.PasswordError:
        raise InputError("file_encrypted", file=member.name) from None
    except InputError:
        raise
    except BaseException as error:  # the reader's own panics are no Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise InputError("file_unreadable", file=member.name, detail=type(error).__name__) from None


class _Rows:
    """Rows from the first column on, where the reader leaves out columns that are empty on the left."""

    def __init__(self, sheet: python_calamine.CalamineSheet) -> None:
        self._rows = sheet.iter_rows()
        self._left: Row = [""] * (sheet.start[1] if sheet.start else 0)
        self._total = max(sheet.total_height, 1)
        self._done = 0

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        row = next(self._rows)
        self._done += 1
        return [*self._left, *row] if self._left else row

    def share(self) -> float:
        """How many of the rows have been handed out."""
        return min(self._done / self._total, 1.0)


def _check_size(member: Member) -> int:
    """Refuse a sheet that does not fit into memory; the number of formulas without a value, as far as looked at."""
    try:
        with zipfile.ZipFile(io.BytesIO(member.data)) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist() if "/worksheets/" in info.filename}
            uncomputed = 0
            for name in sizes:
                with archive.open(name) as sheet:
                    uncomputed += len(_UNCOMPUTED.findall(sheet.read(_LOOKED_AT)))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, zlib.error):
        raise InputError("archive_broken", file=member.name) from None
    for name, size in sizes.items():
        if size > MAX_SHEET_BYTES:
            raise InputError("workbook_too_large", file=member.name, sheet=name, rows=round(size / 1_000))
    return uncomputed


def _try_out(member: Member) -> None:
    """Read an old workbook in a process that may die."""
    if _ENCRYPTED_STREAM in member.data:
        raise InputError("file_encrypted", file=member.name)
    if not ole.chains_end(member.data):
        raise InputError("file_unreadable", file=member.name, detail="OLE")
    environment = {**os.environ, "RUST_BACKTRACE": "0"}
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        trial = subprocess.run(
            [sys.executable, "-P", "-c", _TRIAL],
            input=member.data, capture_output=True, timeout=_TRIAL_SECONDS, env=environment, creationflags=hidden,
        )  # fmt: skip
    except (subprocess.TimeoutExpired, OSError):
        raise InputError("file_unreadable", file=member.name, detail="BIFF") from None
    if trial.returncode != 0:
        code = "file_encrypted" if b"PasswordError" in trial.stderr else "file_unreadable"
        raise InputError(code, file=member.name, detail="BIFF")
