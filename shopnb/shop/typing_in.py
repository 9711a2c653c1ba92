"""One row more in a table that people type in, through the import that reads their files: a bad row is never kept.

Belongs here: writing into `tables_in/` without touching what stands there, and listing rows that could not be read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shopnb import labels
from shopnb.errors import InputError, ShopnbError
from shopnb.intake import TYPED_FOLDER, FileAccount, import_files, read_accounts, withdraw
from shopnb.intake.containers import Member
from shopnb.intake.kinds import load_kinds
from shopnb.intake.recognise import recognise
from shopnb.intake.sheets import Sheet, read_sheets
from shopnb.intake.store import rejected_path
from shopnb.intake.textfile import encoding_of
from shopnb.schema import REQUIRED, TABLES


class TypedRowError(InputError):
    """Raised for a typed row that the import cannot read; its sentence says why in the reader's language."""

    def parts(self, lang: str) -> dict[str, str]:
        """The parts of the message, with the column's and the reason's words."""
        told = {"reason": labels.text(f"intake.rejected.{self.values['reason']}", lang)}
        return labels.error_parts(self.code, lang, **{**self.values, **told})


@dataclass(frozen=True)
class BadRow:
    """One row that could not be read: where it stands, and the reason as a key of labels `intake.rejected`."""

    file: str
    row: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class Added:
    """A row that was added, and what takes it back: the file's bytes `before` (None: there was no file) and `after`."""

    file: Path
    before: bytes | None
    after: bytes


def add_row(folder: Path, table: str, values: Mapping[str, str]) -> Added:
    """Write one row at the end of `tables_in/<table>.csv` and import the file; what stands in it stays as it is.

    Parameters
    ----------
    folder : the shop folder. table : a typed table, or one that people also type in.
    values : column name -> what was typed, in any form that the import reads; "" is left empty.

    Raises
    ------
    InputError
        `typed_row` when the import cannot read the row, `typed_twice` when the table has it already, `typed_elsewhere`
        when the table stands in another file of `tables_in/`, `typed_no_column` when the file lacks a column that was
        filled, `file_locked` when another program holds the file. In all of them nothing has changed.
    """
    if not any(values.values()):
        first = TABLES[table][next(iter(REQUIRED.get(table, TABLES[table].key)))]
        raise TypedRowError("typed_row", column=first.platform, value="-", reason="missing_value")
    path = folder / TYPED_FOLDER / f"{table}.csv"
    _refuse_elsewhere(folder, table, path)
    before = _bytes_of(path)
    earlier = import_files([path], folder)[0] if before and before.strip() else FileAccount(path.name)
    if earlier.error:
        raise earlier.error
    after, number = _with_row(folder, table, path, before, values)
    _write(path, after)
    account = import_files([path], folder)[0]
    try:
        _refuse_unread(folder, table, account, number, kept_before=earlier.kept)
    except ShopnbError:
        _restore(path, before)
        if account.state == "imported":
            withdraw(folder, account.digest)
        raise
    return Added(path, before, after)


def take_back(added: Added) -> None:
    """Take an added row out again.

    Raises
    ------
    InputError
        `typed_changed` when the file has been changed since.
    """
    if _bytes_of(added.file) != added.after:
        raise InputError("typed_changed", file=str(added.file))
    _restore(added.file, added.before)


def bad_rows(folder: Path, table: str) -> list[BadRow]:
    """The rows of the typed files of a table that could not be read, in the order of the files."""
    found: list[BadRow] = []
    for account in read_accounts(folder):
        if account.table == table and account.rejected and account.file.startswith(f"{TYPED_FOLDER}/"):
            found += _rejections(folder, account)
    return found


def _rejections(folder: Path, account: FileAccount) -> list[BadRow]:
    text = rejected_path(folder, account).read_text("utf-8-sig")
    return [
        BadRow(row["file"], int(row["row"]), row["column"], row["value"], row["reason"])
        for row in csv.DictReader(io.StringIO(text))
    ]


def _refuse_elsewhere(folder: Path, table: str, path: Path) -> None:
    """A whole table in another file would be replaced by ours, for the newest file is the table."""
    if TABLES[table].slice:
        return
    own = f"{TYPED_FOLDER}/{path.name}"
    for account in read_accounts(folder):
        if account.table == table and account.kept and account.file != own:
            raise InputError("typed_elsewhere", file=account.file, own=own)


def _with_row(
    folder: Path, table: str, path: Path, before: bytes | None, values: Mapping[str, str]
) -> tuple[bytes, int]:
    """The file's bytes with the row at their end, and the number of that row as the import counts."""
    declared = {column.name: column.platform for column in TABLES[table]}
    if before is None or not before.strip(b"\xef\xbb\xbf \r\n"):
        header = _line(list(declared.values()), ",")
        return (header + _line([values.get(name, "") for name in declared], ",")).encode("utf-8-sig"), 2
    member = Member(f"{TYPED_FOLDER}/{path.name}", before)
    sheet = _first_sheet(member)
    found = recognise(sheet, member, [kind for kind in load_kinds(folder) if kind.table.name == table])
    missing = [declared[name] for name, value in values.items() if value and name not in found.columns]
    if missing:
        raise InputError("typed_no_column", file=member.name, columns=", ".join(missing))
    cells = [""] * len(found.headers)
    for name, value in values.items():
        if name in found.columns:
            cells[found.columns[name]] = value
    encoding = encoding_of(member)[0]
    encoding = {"utf-8-sig": "utf-8", "utf-16": "utf-16-be" if before[:2] == b"\xfe\xff" else "utf-16-le"}.get(
        encoding, encoding
    )
    gap = "" if before.decode(encoding, "replace").endswith("\n") else "\r\n"
    after = before + (gap + _line(cells, sheet.delimiter)).encode(encoding)
    return after, len(_first_sheet(Member(member.name, after)).rows)


def _first_sheet(member: Member) -> Sheet:
    sheet = next(iter(read_sheets(member)))
    sheet.gather()
    return sheet


def _line(cells: list[str], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerow([" ".join(cell.split()) for cell in cells])
    return text.getvalue()


def _refuse_unread(folder: Path, table: str, account: FileAccount, number: int, *, kept_before: int) -> None:
    if account.error:
        raise account.error
    for bad in _rejections(folder, account) if account.rejected else ():
        if bad.row == number:
            raise TypedRowError("typed_row", column=bad.column or "-", value=bad.value or "-", reason=bad.reason)
    if account.kept <= kept_before:
        raise InputError("typed_twice", table=table)


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError:
        raise InputError("file_locked", file=str(path)) from None


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError:
        raise InputError("file_locked", file=str(path)) from None


def _restore(path: Path, before: bytes | None) -> None:
    if before is None:
        path.unlink(missing_ok=True)
    else:
        _write(path, before)
