"""Files and folders to the plain files inside them: archives are opened, nothing is copied or unpacked to disk.

Belongs here: finding files, opening them (and waiting for one that a spreadsheet holds), gzip and zip, their limits.
Does not belong here: what the bytes mean.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import time
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from shopnb.errors import InputError

SUFFIXES = {".csv", ".tsv", ".txt", ".xls", ".xlsx", ".xlsm", ".xlsb", ".ods", ".zip", ".gz", ".htm", ".html"}
MAX_BYTES = 1_000_000_000  # unpacked size of one file; more is a broken or hostile archive
MAX_RATIO = 300  # unpacked over packed, judged above 50 MB: text exports compress 5 to 40 times
IN_ARCHIVE = "!/"  # between an archive's name and that of a file in it
HEAD_BYTES = 4_000
MAX_DEPTH = 2  # a zip in a zip
WAITS = (0.3, 0.7, 1.5)  # seconds between tries at a file that another program holds
_WORKBOOK_PARTS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
_OWN_FOLDERS = {"tables", "reports", "templates"}


@dataclass(frozen=True)
class Member:
    """One plain file: the name as it is shown, and its bytes, or the file that holds them.

    A file on disk is not read into memory unless somebody asks for `data`.
    """

    name: str
    held: bytes | None = None
    path: Path | None = None

    def open(self) -> IO[bytes]:
        """A stream of the bytes."""
        return opened(self.path) if self.path else io.BytesIO(self.held or b"")

    @cached_property
    def data(self) -> bytes:
        """All bytes."""
        if self.held is not None:
            return self.held
        with self.open() as stream:
            return stream.read()

    @cached_property
    def head(self) -> bytes:
        """The first bytes, by which the form of a file is told."""
        with self.open() as stream:
            return stream.read(HEAD_BYTES)

    @cached_property
    def size(self) -> int:
        """Number of bytes."""
        return self.path.stat().st_size if self.path else len(self.data)

    @property
    def stem(self) -> str:
        """The name of the innermost file without folders and suffixes."""
        stem = Path(self.name.rsplit(IN_ARCHIVE, 1)[-1]).name
        while Path(stem).suffix.lower() in SUFFIXES:
            stem = Path(stem).stem
        return stem


def find_files(path: Path) -> list[Path]:
    """The file itself, or the export-like files below a folder in a stable order.

    Hidden files, Excel's lock files (`~$…`) and what shopnb itself wrote into a shop folder are left out.
    """
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob("*") if file.is_file() and _is_export_like(file, path))


def _is_export_like(file: Path, root: Path) -> bool:
    inside = file.relative_to(root)
    if any(part.startswith((".", "~$", "__MACOSX")) for part in inside.parts):
        return False
    if any(part in _OWN_FOLDERS for part in inside.parts[:-1]):
        return False
    return file.suffix.lower() in SUFFIXES


def opened(path: Path) -> IO[bytes]:
    """A file's stream; a file that a spreadsheet holds is tried a few times before it is named."""
    for wait in (*WAITS, None):
        try:
            return path.open("rb")
        except FileNotFoundError:
            raise InputError("file_not_found", file=str(path)) from None
        except PermissionError:
            if wait is None:
                raise InputError("file_locked", file=str(path)) from None
            time.sleep(wait)
        except OSError as error:
            raise InputError("file_unreadable", file=str(path), detail=str(error.strerror)) from None
    raise AssertionError("the last try either returns or raises")


def sha256_of(path: Path) -> str:
    """The digest of a file's bytes.

    Raises
    ------
    InputError
        `file_not_found`, `file_locked`, `file_unreadable` or `file_empty`.
    """
    try:
        with opened(path) as stream:
            if not stream.read(1):
                raise InputError("file_empty", file=str(path))
            stream.seek(0)
            digest = hashlib.sha256()
            while piece := stream.read(8_000_000):
                digest.update(piece)
            return digest.hexdigest()
    except OSError as error:  # parts of a file may be locked, and a drive may go away
        raise InputError("file_unreadable", file=str(path), detail=str(error.strerror)) from None


def members(name: str, path: Path) -> Iterator[Member | InputError]:
    """The plain files in a file: itself, or each file in an archive, or the error that one of them has."""
    yield from _members(Member(name, path=path), depth=0)


def _members(member: Member, *, depth: int) -> Iterator[Member | InputError]:
    head = member.head
    try:
        if head[:2] == b"\x1f\x8b":
            yield from _members(Member(member.name, _gunzip(member.name, member.data)), depth=depth)
        elif head[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
            yield from _zip_members(member.name, member.data, depth)
        else:
            yield member
    except InputError as error:
        yield error


def _limit(name: str, unpacked: int, packed: int) -> None:
    if unpacked > MAX_BYTES or (unpacked > 50_000_000 and unpacked > MAX_RATIO * max(packed, 1)):
        raise InputError("archive_too_large", file=name, megabytes=round(unpacked / 1e6))


def _read_limited(name: str, stream: IO[bytes] | gzip.GzipFile, packed: int) -> bytes:
    """Read to the end, stopping at the limit whatever the archive's directory says."""
    pieces, size = [], 0
    while piece := stream.read(8_000_000):
        pieces.append(piece)
        size += len(piece)
        _limit(name, size, packed)
    return b"".join(pieces)


def _gunzip(name: str, data: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return _read_limited(name, stream, len(data))
    except (OSError, EOFError, zlib.error):
        raise InputError("archive_broken", file=name) from None


def _zip_members(name: str, data: bytes, depth: int) -> Iterator[Member | InputError]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise InputError("archive_broken", file=name) from None
    with archive:
        infos = [info for info in archive.infolist() if info.filename and not info.is_dir()]
        _limit(name, sum(info.file_size for info in infos), len(data))
        if any(info.filename in _WORKBOOK_PARTS for info in infos):
            yield Member(name, data)
            return
        if depth >= MAX_DEPTH:
            raise InputError("archive_too_deep", file=name)
        wanted = [(info, _inner_name(_member_name(info))) for info in infos]
        wanted = [(info, inner) for info, inner in wanted if _is_export_like(Path(inner), Path())]
        if not wanted:
            raise InputError("archive_without_exports", file=name)
        for info, inner in sorted(wanted, key=lambda pair: pair[1]):
            yield from _zip_member(archive, info, f"{name}{IN_ARCHIVE}{inner}", depth)


def _zip_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, depth: int
) -> Iterator[Member | InputError]:
    if info.flag_bits & 1:
        yield InputError("file_encrypted", file=name)
        return
    try:
        with archive.open(info) as stream:
            data = _read_limited(name, stream, info.compress_size)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError):
        yield InputError("archive_broken", file=name)
        return
    except InputError as error:
        yield error
        return
    yield from _members(Member(name, data), depth=depth + 1) if data else [InputError("file_empty", file=name)]


def _inner_name(name: str) -> str:
    """A member's name without ways out of the archive; nothing is unpacked, so it is only a name."""
    parts = name.replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in {"", ".", ".."} and not part.endswith(":"))


def _member_name(info: zipfile.ZipInfo) -> str:
    """The member's name; without the UTF-8 flag Chinese tools write GBK, which zipfile reads as cp437."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename
