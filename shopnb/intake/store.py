"""What an import leaves in the shop folder: Parquet files, rejected rows, and last of all its account.

Belongs here: names of files, writing under a temporary name and renaming, reading accounts, taking an import back.
An import without an account does not exist for any reader; so a killed one leaves the old state.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from shopnb.errors import InputError
from shopnb.intake.account import FileAccount
from shopnb.intake.clean import Rejection
from shopnb.intake.containers import IN_ARCHIVE
from shopnb.schema import VERSION

REJECTED_HEADER = ("file", "sheet", "row", "column", "value", "reason")


def digest_of(sha256: str, name: str = "") -> str:
    """The digest of bytes and schema version that names the stored files; with the file's name where it counts."""
    return hashlib.sha256(f"{sha256}/{VERSION}{name and '/'}{name}".encode()).hexdigest()[:24]


def account_path(folder: Path, digest: str) -> Path:
    """Where the account of one import lies."""
    return folder / "tables" / "imports" / f"{digest}.json"


def table_path(folder: Path, account: FileAccount) -> Path:
    """Where the rows of one entry lie."""
    return folder / "tables" / account.table / f"{account.stem}.parquet"


def rejected_path(folder: Path, account: FileAccount) -> Path:
    """Where the rejected rows of one entry lie."""
    return folder / "tables" / "rejected" / f"{account.stem}.csv"


def _write(path: Path, data: bytes) -> None:
    """Write under a temporary name in the same folder, then rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


class PartWriter:
    """The rows of one entry, written piece by piece under a temporary name until `commit` or `discard`.

    Parameters
    ----------
    folder : the shop folder. table : canonical table. name : tells the parts of one file apart.
    """

    def __init__(self, folder: Path, table: str, name: str) -> None:
        self._folder = folder
        self._path = folder / "tables" / table / f".{name}.{os.getpid()}.{secrets.token_hex(3)}.tmp"
        self._writer: pq.ParquetWriter | None = None

    def write(self, rows: pa.Table) -> None:
        """Add a piece; the first one makes the file."""
        if self._writer is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(self._path, rows.schema, compression="zstd")
        self._writer.write_table(rows)

    def commit(self, account: FileAccount) -> None:
        """Give the rows their name; without rows there is no file."""
        if self._writer is None:
            return
        self._writer.close()
        with self._path.open("rb+") as file:
            os.fsync(file.fileno())
        self._path.replace(table_path(self._folder, account))

    def discard(self) -> None:
        """Leave nothing behind."""
        if self._writer is not None:
            with contextlib.suppress(OSError):  # a full disk cannot take the file's end either
                self._writer.close()
            self._path.unlink(missing_ok=True)


def write_rejected(folder: Path, account: FileAccount, rejections: Sequence[Rejection]) -> None:
    """Store the rejected rows of one entry as a CSV that Excel opens."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(REJECTED_HEADER)
    for fault in sorted(rejections, key=lambda fault: fault.row):
        cells = (account.file, account.sheet, fault.row, fault.column, fault.value, fault.reason)
        writer.writerow([_harmless(cell) for cell in cells])
    _write(rejected_path(folder, account), text.getvalue().encode("utf-8-sig"))


def _harmless(cell: str | int) -> str | int:
    """A cell that a spreadsheet shows and does not compute."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@"} else cell


def write_account(folder: Path, digest: str, accounts: Sequence[FileAccount]) -> None:
    """Store the account of one file; from now on its rows count."""
    record = {"digest": digest, "schema_version": VERSION, "entries": [account.stored() for account in accounts]}
    _write(account_path(folder, digest), json.dumps(record, ensure_ascii=False, indent=1).encode("utf-8"))


def read_account(path: Path) -> list[FileAccount]:
    """The entries of one account; none when another process has just taken it back.

    Raises
    ------
    InputError
        `tables_outdated` when an older shopnb wrote it.
    """
    try:
        record = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return []
    if record["schema_version"] != VERSION:
        raise InputError("tables_outdated", file=str(path), shop=str(path.parents[2]))
    return [FileAccount.from_stored(entry, "imported") for entry in record["entries"]]


def outdated(folder: Path) -> dict[str, list[str]]:
    """Digest to source files of the accounts that another version of the schema wrote."""
    found = {}
    for path in sorted(folder.joinpath("tables", "imports").glob("*.json")):
        record = json.loads(path.read_text("utf-8"))
        if record["schema_version"] != VERSION:
            found[record["digest"]] = sorted({entry["file"].split(IN_ARCHIVE)[0] for entry in record["entries"]})
    return found


def read_accounts(folder: Path) -> list[FileAccount]:
    """All entries in force, oldest export first; ties by the browser's copy number, then by digest."""
    found = [
        account
        for path in sorted(folder.joinpath("tables", "imports").glob("*.json"))
        for account in read_account(path)
    ]
    return sorted(found, key=lambda account: (str(account.exported_at), account.copy, account.digest, account.part))


def withdraw(folder: Path, digest: str) -> None:
    """Take one import back: its account first, then its files."""
    account_path(folder, digest).unlink(missing_ok=True)
    for kind in ("parquet", "csv"):
        for path in folder.joinpath("tables").glob(f"*/{digest}*.{kind}"):
            path.unlink(missing_ok=True)


def hash_key(folder: Path) -> bytes:
    """The shop folder's secret for keyed hashes; made at first use, readable by its owner only."""
    path = folder / ".key"
    if not path.exists():
        temporary = folder / f".key.{os.getpid()}.tmp"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(temporary, path)  # fails where another process was first, and then its key holds
        except FileExistsError:
            pass
        except OSError:
            temporary.replace(path)
        temporary.unlink(missing_ok=True)
    return bytes.fromhex(path.read_text().strip())
