"""From paths to accounts: read, recognise, clean, check, store; one file's fault never stops the others.

Belongs here: the order of the steps and the state that each file ends in.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa

from shopnb.errors import InputError
from shopnb.intake import check, clean, containers, dates, derive, kinds, recognise, sheets, store
from shopnb.intake.account import FileAccount

MAX_REJECTED_SHARE = 0.2
TIME_ZONE = "Asia/Shanghai"
TYPED_FOLDER = "tables_in"
Progress = Callable[[int, int, str], None]


@dataclass
class _Part:
    """One table found in a file, ready to be stored."""

    account: FileAccount
    rows: pa.Table
    rejections: list[clean.Rejection]


@dataclass
class _Job:
    """What every step of one import needs."""

    folder: Path
    known: tuple[kinds.Kind, ...]
    max_rejected_share: float
    zone: ZoneInfo

    @cached_property
    def key(self) -> bytes:
        """The shop folder's secret, made when the first buyer has to be hashed."""
        return store.hash_key(self.folder)


def import_files(
    paths: Iterable[str | Path],
    folder: str | Path,
    *,
    rebuild: bool = False,
    progress: Progress | None = None,
) -> list[FileAccount]:
    """Read exports where they are into the tables of a shop folder.

    Parameters
    ----------
    paths : files, or folders whose files (also in sub-folders) are read.
    folder : the shop folder; made when it is not there.
    rebuild : read files again that were imported before; also those that another version of the schema stored, whose
        rows no reader can use any more.
    progress : called with files done, files in all, and the file at hand.

    Returns
    -------
    list of FileAccount
        One entry a table found, in the order of the files; a file with three tables gives three, a file that
        cannot be used gives one that is refused and says why. A refused file changes nothing.
    """
    folder, paths = Path(folder), list(paths)
    folder.mkdir(parents=True, exist_ok=True)
    job = _Job(folder, kinds.load_kinds(folder), *_options(folder))
    files = [file for path in paths for file in containers.find_files(Path(path))]
    old = store.outdated(folder) if rebuild else {}
    sources = [folder / name for names in old.values() for name in names]
    files += [file for file in sources if file.exists() and file.resolve() not in {own.resolve() for own in files}]
    accounts: list[FileAccount] = []
    for done, file in enumerate(files):
        if progress:
            progress(done, len(files), file.name)
        accounts += _import_file(file, job, rebuild=rebuild)
    for digest in old:
        store.withdraw(folder, digest)
    accounts += [
        FileAccount(str(path), error=InputError("folder_without_exports", folder=str(path)))
        for path in map(Path, paths)
        if path.is_dir() and not containers.find_files(path)
    ]
    if progress:
        progress(len(files), len(files), "")
    return accounts


def _options(folder: Path) -> tuple[float, ZoneInfo]:
    """`max_rejected_share` under `[intake]` of shopnb.toml, and the shop's time zone."""
    path = folder / "shopnb.toml"
    try:
        given = tomllib.loads(path.read_text("utf-8-sig")) if path.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("settings_unreadable", file=str(path), detail=str(error)) from None
    share = given.get("intake", {}).get("max_rejected_share", MAX_REJECTED_SHARE)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise InputError("settings_value", file=str(path), name="intake.max_rejected_share", value=str(share))
    zone = given.get("time_zone", TIME_ZONE)
    try:
        return float(share), ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        raise InputError("settings_value", file=str(path), name="time_zone", value=str(zone)) from None


def shown_name(file: Path, folder: Path) -> str:
    """The file as accounts name it: relative to the shop folder where it lies inside."""
    whole, home = file.resolve(), folder.resolve()
    return whole.relative_to(home).as_posix() if whole.is_relative_to(home) else str(whole)


def _import_file(file: Path, job: _Job, *, rebuild: bool) -> list[FileAccount]:
    name = shown_name(file, job.folder)
    try:
        data = containers.read_bytes(file)
        sha256, digest = store.digest_of(data)
        path = store.account_path(job.folder, digest)
        if path.exists() and not rebuild:
            return _unchanged(path, name)
    except InputError as error:
        return [FileAccount(name, error=error)]
    modified = datetime.fromtimestamp(file.stat().st_mtime, job.zone).replace(tzinfo=None)
    accounts, parts = [], []
    for member in containers.members(name, data):
        if isinstance(member, InputError):
            accounts.append(FileAccount(str(member.values.get("file", name)), sha256, error=member))
            continue
        read, ready = _read_member(member, job, modified)
        accounts += read
        parts += ready
    for number, part in enumerate(parts, 1):
        part.account.part = number
    for account in accounts:
        account.sha256, account.digest = sha256, digest
    try:
        _store(job, digest, parts)
    except PermissionError:
        return [FileAccount(name, sha256, error=InputError("folder_not_writable", folder=str(job.folder)))]
    return accounts


def _unchanged(path: Path, name: str) -> list[FileAccount]:
    entries = store.read_account(path)
    for entry in entries:
        entry.state = "unchanged"
        entry.file = name + entry.file.removeprefix(entry.source)
    return entries


def _store(job: _Job, digest: str, parts: Sequence[_Part]) -> None:
    """Rows, rejected rows, and the account last."""
    for part in parts:
        if part.rows.num_rows:
            store.write_table(job.folder, part.account, part.rows)
        if part.rejections:
            store.write_rejected(job.folder, part.account, part.rejections)
    if parts:
        store.write_account(job.folder, digest, [part.account for part in parts])


def _read_member(member: containers.Member, job: _Job, modified: datetime) -> tuple[list[FileAccount], list[_Part]]:
    """The entries of one plain file; sheets that are no export count only when no sheet is one."""
    try:
        raw = sheets.read_sheets(member)
    except InputError as error:
        return [FileAccount(member.name, error=error)], []
    accounts, parts, unused, errors = [], [], [], []
    for sheet in raw:
        try:
            found = recognise.recognise(sheet, member, job.known)
        except InputError as error:
            unused.append(sheet.name)
            errors.append(error)
            continue
        account, part = _read_sheet(found, member, job, modified)
        accounts.append(account)
        parts += [part] if part else []
    if not accounts:
        return [FileAccount(member.name, sheet=raw[0].name, error=errors[0])], []
    accounts[0].unsure += [{"code": "sheet_not_used", "sheet": name} for name in unused]
    return accounts, parts


def _exported_at(found: recognise.Recognised, member: containers.Member, modified: datetime) -> datetime:
    """The time in the file's name or the banner, else the file's time."""
    named = dates.stamp_in(member.stem)
    told = next((stamp for text in found.banner if (stamp := dates.banner_stamp(text))), None)
    return named or told or modified.replace(microsecond=0)


def _read_sheet(
    found: recognise.Recognised, member: containers.Member, job: _Job, modified: datetime
) -> tuple[FileAccount, _Part | None]:
    """Clean, derive and check one recognised sheet."""
    table = found.kind.table
    account = FileAccount(member.name, kind=found.kind.name, table=table.name, sheet=found.sheet.name)
    account.exported_at = _exported_at(found, member, modified)
    cleaned = clean.clean(found, near=account.exported_at, key=lambda: job.key)
    derive.derive(cleaned, found, derive.Context(member.stem, tuple(found.banner), account.exported_at))
    rows = check.checked_table(cleaned, table)
    if found.sheet.damaged:
        found.unsure.append({"code": "damaged_text", "characters": found.sheet.damaged})
    account.why, account.unsure = found.why, found.unsure
    account.unknown_columns, account.personal_columns = found.unknown, found.personal
    account.read, account.kept = cleaned.read, rows.num_rows
    account.dropped = dict(cleaned.dropped)
    account.rejected = dict(Counter(fault.reason for fault in cleaned.rejections))
    account.days = _days(cleaned, table.day)
    check.check_account(account)
    account.error = _refusal(account, cleaned, job, typed=table.typed or member.name.startswith(f"{TYPED_FOLDER}/"))
    if account.error:
        return account, None
    account.state = "imported"
    return account, _Part(account, rows, cleaned.rejections)


def _days(cleaned: clean.Cleaned, name: str) -> list[str]:
    days = [day for column in ("start_on", name) for day in cleaned.columns.get(column, []) if day] if name else []
    return [day.isoformat()[:10] for day in (min(days), max(days))] if days else []


def _refusal(account: FileAccount, cleaned: clean.Cleaned, job: _Job, *, typed: bool) -> InputError | None:
    """Why a recognised sheet is not stored; a typed-in table may be empty and its bad rows are only listed."""
    if typed:
        return None
    bad = len(cleaned.rejections)
    if bad > job.max_rejected_share * account.read:
        first = cleaned.rejections[0]
        return InputError(
            "too_many_rejected",
            file=account.file,
            rejected=bad,
            read=account.read,
            limit=job.max_rejected_share,
            row=first.row,
            column=first.column or "-",
            value=first.value or "-",
            reason=first.reason,
        )
    return None if account.kept else InputError("no_rows", file=account.file, sheet=account.sheet or "-")
