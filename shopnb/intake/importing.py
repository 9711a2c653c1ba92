"""From paths to accounts: read, recognise, clean, check, store; one file's fault never stops the others.

Belongs here: the order of the steps and the state that each file ends in.
"""

from __future__ import annotations

import errno
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from itertools import chain, count
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shopnb.errors import InputError
from shopnb.intake import check, clean, containers, dates, derive, kinds, recognise, sheets, store
from shopnb.intake.account import FileAccount
from shopnb.intake.leftovers import one_more_import

MAX_REJECTED_SHARE = 0.2
TIME_ZONE = "Asia/Shanghai"
PLATFORM = "taobao"
TYPED_FOLDER = "tables_in"
Progress = Callable[[int, int, str], None]


@dataclass
class _Part:
    """One table found in a file, ready to be stored."""

    account: FileAccount
    rows: store.PartWriter
    rejections: list[clean.Rejection]
    by_name: bool


@dataclass
class _Job:
    """What every step of one import needs."""

    folder: Path
    platform: str
    max_rejected_share: float
    zone: ZoneInfo
    tell: Callable[[str], None] = lambda _text: None
    names: Iterator[int] = field(default_factory=count)

    @cached_property
    def known(self) -> tuple[kinds.Kind, ...]:
        """The kinds of exports, read when there is a file that was not imported before."""
        return kinds.load_kinds(self.folder, self.platform)

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
    share, zone, platform = _options(folder)
    job = _Job(folder, platform, share, zone)
    if (folder / "exports").is_dir():
        _ = job.known  # a kind of the shop's own that is wrong is named, also where no file is new
    files = [file for path in paths for file in containers.find_files(Path(path))]
    old = store.outdated(folder) if rebuild else {}
    sources = [folder / name for names in old.values() for name in names]
    files += [file for file in sources if file.exists() and file.resolve() not in {own.resolve() for own in files}]
    accounts: list[FileAccount] = []
    with one_more_import(folder):
        for done, file in enumerate(files):
            if progress:
                progress(done, len(files), file.name)
                job.tell = partial(_tell, progress, done, len(files), file.name)
            accounts += _import_file(file, job, rebuild=rebuild)
    for digest in old:
        store.withdraw(folder, digest)
    gone = [source for source in sources if not source.exists()]
    accounts += [FileAccount(str(source), error=InputError("file_not_found", file=str(source))) for source in gone]
    accounts += [
        FileAccount(str(path), error=InputError("folder_without_exports", folder=str(path)))
        for path in map(Path, paths)
        if path.is_dir() and not containers.find_files(path)
    ]
    if progress:
        progress(len(files), len(files), "")
    return accounts


def _tell(progress: Progress, done: int, total: int, name: str, text: str) -> None:
    progress(done, total, f"{name} {text}")


def _options(folder: Path) -> tuple[float, ZoneInfo, str]:
    """`max_rejected_share` under `[intake]` of shopnb.toml, the shop's time zone and its platform."""
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
        return float(share), ZoneInfo(zone), str(given.get("platform", PLATFORM))
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        raise InputError("settings_value", file=str(path), name="time_zone", value=str(zone)) from None


def shown_name(file: Path, folder: Path) -> str:
    """The file as accounts name it: relative to the shop folder where it lies inside."""
    whole, home = file.resolve(), folder.resolve()
    return whole.relative_to(home).as_posix() if whole.is_relative_to(home) else str(whole)


def _import_file(file: Path, job: _Job, *, rebuild: bool) -> list[FileAccount]:
    name = shown_name(file, job.folder)
    try:
        sha256 = containers.sha256_of(file)
        digests = [store.digest_of(sha256), store.digest_of(sha256, FileAccount.own_name(name))]
        for path in (store.account_path(job.folder, one) for one in digests):
            if path.exists() and not rebuild:
                return _unchanged(path, name)
        modified = datetime.fromtimestamp(file.stat().st_mtime, job.zone).replace(tzinfo=None)
        accounts, parts = _read_file(name, file, job, modified)
        digest = digests[any(part.by_name for part in parts)]
    except InputError as error:
        return [FileAccount(name, error=error)]
    except OSError as error:  # while pieces of a long file were written
        return [FileAccount(name, error=_not_written(error, job.folder))]
    for number, part in enumerate(parts, 1):
        part.account.part = number
    for account in accounts:
        account.sha256, account.digest = sha256, digest
    try:
        _store(job, digest, parts)
    except OSError as error:
        for part in parts:
            part.rows.discard()
        return [FileAccount(name, sha256, error=_not_written(error, job.folder))]
    if rebuild and digest != digests[0]:
        store.withdraw(job.folder, digests[0])
    return accounts


def _not_written(error: OSError, folder: Path) -> InputError:
    """Why nothing could be written: rights, or the disk."""
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return InputError("folder_not_writable", folder=str(folder))
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return InputError("import_disk_full", folder=str(folder))
    raise error


def _read_file(name: str, file: Path, job: _Job, modified: datetime) -> tuple[list[FileAccount], list[_Part]]:
    """The entries of a file or of the files in an archive."""
    accounts, parts = [], []
    for member in containers.members(name, file):
        if isinstance(member, InputError):
            accounts.append(FileAccount(str(member.values.get("file", name)), error=member))
            continue
        read, ready = _read_member(member, job, modified)
        accounts += read
        parts += ready
    return accounts, parts


def _unchanged(path: Path, name: str) -> list[FileAccount]:
    entries = store.read_account(path)
    for entry in entries:
        entry.state = "unchanged"
        entry.file = name + entry.file.removeprefix(entry.source)
    return entries


def _store(job: _Job, digest: str, parts: Sequence[_Part]) -> None:
    """Rows, rejected rows, and the account last."""
    for part in parts:
        part.rows.commit(part.account)
        if part.rejections:
            store.write_rejected(job.folder, part.account, part.rejections)
    if parts:
        store.write_account(job.folder, digest, [part.account for part in parts])


def _read_member(member: containers.Member, job: _Job, modified: datetime) -> tuple[list[FileAccount], list[_Part]]:
    """The entries of one plain file; sheets that are no export count only when no sheet is one.

    A sheet that turns out to be unreadable halfway refuses the file: nothing of it is kept.
    """
    accounts: list[FileAccount] = []
    parts: list[_Part] = []
    unused: list[str] = []
    errors: list[InputError] = []
    try:
        for sheet in sheets.read_sheets(member):
            try:
                found = recognise.recognise(sheet, member, job.known)
            except InputError as error:
                unused.append(sheet.name)
                errors.append(error)
                continue
            account, part = _read_sheet(found, member, job, modified)
            accounts.append(account)
            parts += [part] if part else []
    except BaseException as error:
        for part in parts:
            part.rows.discard()
        if not isinstance(error, InputError):
            raise
        return [FileAccount(member.name, error=error)], []
    if not accounts:
        return [FileAccount(member.name, sheet=unused[0], error=errors[0])], []
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
    """Clean, derive and check one recognised sheet, piece by piece."""
    table = found.kind.table
    account = FileAccount(member.name, kind=found.kind.name, table=table.name, sheet=found.sheet.name)
    account.exported_at = _exported_at(found, member, modified)
    rows = store.PartWriter(job.folder, table.name, str(next(job.names)))
    try:
        rejections = _read_pieces(found, member, account, rows, job)
        account.rejected = dict(Counter(fault.reason for fault in rejections))
        check.check_account(account)
    except BaseException:
        rows.discard()
        raise
    if found.sheet.damaged:
        found.doubt("damaged_text", characters=found.sheet.damaged)
    if found.sheet.uncomputed:
        found.doubt("formulas_without_value", cells=found.sheet.uncomputed)
    account.why, account.unsure = found.why, found.unsure
    account.unknown_columns, account.personal_columns = found.unknown, found.personal
    typed = table.typed or member.name.startswith(f"{TYPED_FOLDER}/")
    account.error = _refusal(account, rejections, job, typed=typed)
    if account.error:
        rows.discard()
        return account, None
    account.state = "imported"
    by_name = found.by_name and containers.IN_ARCHIVE not in member.name
    return account, _Part(account, rows, rejections, by_name)


def _read_pieces(
    found: recognise.Recognised, member: containers.Member, account: FileAccount, rows: store.PartWriter, job: _Job
) -> list[clean.Rejection]:
    """Every piece of a sheet to the table; counts go into the account."""
    table = found.kind.table
    near = account.exported_at or datetime.fromtimestamp(0, job.zone)
    context = derive.Context(member.stem, tuple(found.banner), near)
    if found.sheet.is_long and derive.needs_all_rows(found, context):
        found.sheet.gather()
    rejections: list[clean.Rejection] = []
    seen: set[bytes] = set()
    first = found.header_row + 2
    below = found.sheet.rows[found.header_row + 1 :]
    found.sheet.rows = found.sheet.rows[: max(found.header_row, 0) + 1]  # the words around stay
    for number, piece in enumerate(chain([below], found.sheet.pieces_after())):
        cleaned = clean.clean(found, piece, first, near=near, key=lambda: job.key)
        derive.derive(cleaned, found, context)
        stored = check.checked_table(cleaned, table, seen)
        if stored.num_rows:
            rows.write(stored)
        first += len(piece)
        account.read += cleaned.read
        account.kept += stored.num_rows
        account.dropped = dict(Counter(account.dropped) + cleaned.dropped)
        account.days = _days(cleaned, table.day, account.days)
        rejections += cleaned.rejections
        if number:
            job.tell(f"{found.sheet.share():.0%}")
    return rejections


def _days(cleaned: clean.Cleaned, name: str, before: list[str]) -> list[str]:
    """First and last day of the rows so far."""
    days = [day for column in ("start_on", name) for day in cleaned.columns.get(column, []) if day] if name else []
    known = [*before, *(day.isoformat()[:10] for day in ((min(days), max(days)) if days else ()))]
    return [min(known), max(known)] if known else []


def _refusal(
    account: FileAccount, rejections: Sequence[clean.Rejection], job: _Job, *, typed: bool
) -> InputError | None:
    """Why a recognised sheet is not stored; a typed-in table may be empty and its bad rows are only listed."""
    if typed:
        return None
    bad = len(rejections)
    if bad > job.max_rejected_share * account.read:
        first = rejections[0]
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
