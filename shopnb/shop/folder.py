"""A shop folder as Ibis tables: the newest export wins per slice, at read time.

Belongs here: finding the folder, keeping `tables/` in step with `tables_in/`, the one statement that picks rows.
"""

from __future__ import annotations

import glob
import itertools
import threading
import weakref
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
from ibis.backends.duckdb import Backend as DuckDB

import shopnb
from shopnb.errors import InputError, MissingDataError
from shopnb.intake import TYPED_FOLDER, FileAccount, Progress, import_files, read_accounts, withdraw
from shopnb.memory import remembered
from shopnb.schema import TABLES
from shopnb.shop.settings import Settings, read_settings

_READINGS = itertools.count()
_ASKING = threading.RLock()  # a kernel's cells and its widgets may be on several threads, the connection is one


class _Backend(DuckDB):  # type: ignore[misc]  # Ibis has no types
    """Embedded DuckDB that answers a question asked before from the memory of the page, where that has one."""

    def execute(self, expr: Any, /, **options: Any) -> Any:
        """The answer, as pandas."""
        return _answer(expr, **options)


@remembered
def _answer(expr: Any, **options: Any) -> Any:
    with _ASKING:
        return DuckDB.execute(_connection(), expr, **options)


@cache
def _connection() -> Any:
    """The one embedded DuckDB of this process: one thread, nothing fetched.

    Ibis's default, too, unless somebody chose one: else it opens another, with threads, when it is first asked.
    """
    one = _Backend().connect(threads=1, autoinstall_known_extensions=False, autoload_known_extensions=False)
    if ibis.options.default_backend is None:
        ibis.set_backend(one)
    return one


def _carry_out(statement: str, given: dict[str, Any] | None = None) -> None:
    with _ASKING:
        _connection().con.execute(statement, given)


class Tables:
    """The tables of a shop that hold rows, as attributes: `shop.tables.shop_daily`."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in TABLES:
            raise AttributeError(name)
        return self._shop.table(name)

    def __dir__(self) -> list[str]:
        return list(self)

    def __iter__(self) -> Iterator[str]:
        return (name for name in TABLES if self._shop.has(name))

    def __repr__(self) -> str:
        return f"Tables({', '.join(self)})"


class Shop:
    """One opened shop folder.

    Parameters
    ----------
    folder : the shop folder.
    settings : what its `shopnb.toml` says.

    Notes
    -----
    The imports in force are read once, when the folder is opened, and each table once, when it is first asked for:
    a page asks a table a dozen questions, and the choice of rows costs more than most of them. `refresh` reads again.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self.settings = settings
        self.tables = Tables(self)
        self._accounts: list[FileAccount] = []
        self._read: dict[str, Any] = {}
        self.reading = 0  # how often the folder was read: what was made of its tables before is of another reading
        self.refresh()

    def __repr__(self) -> str:
        return f"Shop({self.name!r}, {', '.join(self.tables)})"

    @property
    def name(self) -> str:
        """The shop's name as reports show it."""
        return self.settings.name

    def refresh(self) -> None:
        """Read the accounts in force again, and with them the tables."""
        self._accounts = read_accounts(self.folder)
        self._read.clear()
        self.reading += 1

    def accounts(self, table: str = "") -> list[FileAccount]:
        """The imports in force, oldest export first; only those of `table` when it is named."""
        return [account for account in self._accounts if table in ("", account.table)]

    def has(self, table: str) -> bool:
        """Whether an import has filled this table."""
        return any(account.kept for account in self.accounts(table)) if table else False

    def table(self, name: str) -> Any:
        """A canonical table; all rows of a slice come from the newest export that has the slice.

        Raises
        ------
        MissingDataError
            `missing_table`, saying which export fills it and where it is downloaded.
        """
        if name not in TABLES:
            raise KeyError(f"no such table: {name!r}")
        accounts = [account for account in self.accounts(name) if account.kept]
        if not accounts:
            raise MissingDataError("missing_table", table=name, shop=self.name, folder=str(self.folder))
        if name not in self._read:
            self._read[name] = _newest_per_slice(self.folder, name, [account.stem for account in accounts])
        return self._read[name]

    def days(self, table: str) -> tuple[date, date] | None:
        """First and last day that a table covers; None when it is undated or has no rows."""
        spans = [account.days for account in self.accounts(table) if account.days]
        if not spans:
            return None
        return date.fromisoformat(min(span[0] for span in spans)), date.fromisoformat(max(span[1] for span in spans))

    def undo(self, file_or_digest: str | Path) -> list[FileAccount]:
        """Take one import back; it may be named by its file, its file's name, or the first letters of its digest.

        Raises
        ------
        InputError
            `no_such_import`, or `import_ambiguous` when several files have that name.
        """
        word = str(file_or_digest)
        path = Path(word).resolve()
        found = [
            account
            for account in self._accounts
            if (self.folder / account.source).resolve() == path
            or Path(account.source).name == word
            or (len(word) >= 6 and (account.digest.startswith(word) or account.sha256.startswith(word)))
        ]
        digests = {account.digest for account in found}
        if not digests:
            raise InputError("no_such_import", file=word, shop=str(self.folder))
        if len(digests) > 1:
            raise InputError("import_ambiguous", file=word, digests=", ".join(sorted(digest[:8] for digest in digests)))
        withdraw(self.folder, digests.pop())
        self.refresh()
        return found

    def status(self) -> pd.DataFrame:
        """One row a table that holds rows.

        Columns `table`, `imports` (int), `rows` (int, before the newest export wins), `first_on`, `last_on` (date or
        None where undated), `gaps` (list of (first, last) day spans that no export covers).
        """
        rows = []
        for name in self.tables:
            span = self.days(name)
            kept = sum(account.kept for account in self.accounts(name))
            first, last = span or (None, None)
            rows.append((name, len(self.accounts(name)), kept, first, last, self.gaps(name)))
        return pd.DataFrame(rows, columns=["table", "imports", "rows", "first_on", "last_on", "gaps"])

    def gaps(self, table: str) -> list[tuple[date, date]]:
        """Spans of days, inside those that a table covers, that none of its rows has; [] for tables of events.

        Tables by day and by period are complete only when every day is there; a day without an order is no gap.
        """
        declared = TABLES[table]
        by_period = "start_on" in declared
        if not self.has(table) or declared.typed or (declared.day != "day" and not by_period):
            return []
        ends = ["start_on" if by_period else declared.day, declared.day]
        rows = self.table(table)
        spans = rows.select(start=rows[ends[0]], end=rows[ends[1]]).distinct().to_pandas().dropna()
        gaps: list[tuple[date, date]] = []
        reached: date | None = None
        for start, end in sorted((pd.Timestamp(a).date(), pd.Timestamp(b).date()) for a, b in spans.to_numpy()):
            if reached and (start - reached).days > 1:
                gaps.append((reached + timedelta(days=1), start - timedelta(days=1)))
            reached = max(reached or end, end)
        return gaps


def _newest_per_slice(folder: Path, name: str, stems: list[str]) -> Any:
    """The rows in force, read into DuckDB: for each slice those of the last of `stems` that has it.

    One statement, not an expression: Ibis takes longer to write one over so many columns than DuckDB to carry it out.

    Parameters
    ----------
    name : canonical table; names the slice. Columns of a slice may be null; null is a slice of its own.
    stems : the imports in force, oldest export first. Rows of other imports do not exist.
    """
    declared, connection = TABLES[name], _connection()
    types = ibis.Schema.from_pyarrow(declared.arrow_schema)
    lacking = [
        f"NULL::{connection.compiler.type_mapper.to_string(types[one])} AS {_quoted(one)}" for one in declared.added
    ]
    stored = f"FROM read_parquet($files, filename = true, union_by_name = {bool(lacking)})"
    if lacking:  # in files that were written before there were these columns
        stored = f"FROM (SELECT * {stored} UNION ALL BY NAME SELECT {', '.join(lacking)} WHERE false)"
    slices = f"PARTITION BY {', '.join(map(_quoted, declared.slice))}" if declared.slice else ""
    place = f"{name}_{next(_READINGS)}"
    _carry_out(
        f"""
        CREATE TEMP TABLE {place} AS
        SELECT {", ".join(map(_quoted, types.names))}
        FROM (
            SELECT *, max(_rank) OVER ({slices}) AS _newest
            FROM (SELECT *, regexp_extract(filename, $stem, 1) AS _stem {stored})
            JOIN (SELECT unnest($stems) AS _stem, unnest(range(len($stems))) AS _rank) USING (_stem)
        )
        WHERE _rank = _newest
        """,
        {
            "files": f"{glob.escape(folder.resolve().as_posix())}/tables/{name}/*.parquet",
            "stem": r"([0-9a-f]+(?:-\d+)?)\.parquet$",
            "stems": stems,
        },
    )
    with _ASKING:
        table = connection.table(place, database=("temp", "main"))
    weakref.finalize(table.op(), _carry_out, f"DROP TABLE {place}").atexit = False
    return table


def _quoted(column: str) -> str:
    return f'"{column}"'


def find_folder(folder: str | Path) -> Path:
    """A shop folder by path: from the working directory, then from the repository's root.

    Raises
    ------
    InputError
        `shop_not_found`, naming both places.
    """
    root = Path(shopnb.__file__).resolve().parents[1]
    places = [Path.cwd() / folder, root / folder]
    for place in places:
        if place.is_dir():
            return place
    names = dict.fromkeys(str(place) for place in places)
    raise InputError("shop_not_found", shop=str(folder), places=", ".join(names))


def open_shop(folder: str | Path, *, progress: Progress | None = None) -> Shop:
    """Open a shop folder; its inbox is imported when there are no tables yet, changed typed-in tables always.

    Files that cannot be read do not stop the opening: `import_files` says what is wrong with them.
    `progress` is told of every file of a first import, as there.
    """
    place = find_folder(folder)
    settings = read_settings(place)
    _read_inbox_once(place, progress)
    _follow_typed(place)
    return Shop(place, settings)


def _read_inbox_once(folder: Path, progress: Progress | None) -> None:
    """Import the inbox when there are no tables; a first import that was killed is taken up again."""
    begun = folder / "tables" / ".first_import"
    if begun.parent.is_dir() and not begun.exists():
        return
    try:
        begun.parent.mkdir(exist_ok=True)
        begun.touch()
    except PermissionError:
        raise InputError("folder_not_writable", folder=str(folder)) from None
    inbox = folder / "inbox"
    import_files([inbox if inbox.is_dir() else folder], folder, progress=progress)
    begun.unlink(missing_ok=True)


def _follow_typed(folder: Path) -> None:
    """Bring the tables in step with `tables_in/`: changed files are read, files taken away are taken back."""
    typed = folder / TYPED_FOLDER
    before = [account for account in read_accounts(folder) if account.file.startswith(f"{TYPED_FOLDER}/")]
    now = import_files([typed], folder) if typed.is_dir() else []
    in_force = {account.digest for account in now if account.state != "refused"}
    refused = {account.file for account in now if account.state == "refused"}
    for account in before:
        if account.digest not in in_force and account.file not in refused:
            withdraw(folder, account.digest)
