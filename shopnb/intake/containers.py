"""Files and folders to the plain files inside them: archives are opened, nothing is copied or unpacked to disk.

Belongs here: finding files, reading bytes, gzip and zip, their limits. Does not belong here: what the bytes mean.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from shopnb.errors import InputError

SUFFIXES = {".csv", ".tsv", ".txt", ".xls", ".xlsx", ".xlsm", ".xlsb", ".ods", ".zip", ".gz", ".htm", ".html"}
MAX_BYTES = 1_000_000_000  # unpacked size of one file; more is a broken or hostile archive
MAX_RATIO = 300  # unpacked over packed, judged above 50 MB: text exports compress 5 to 40 times
IN_ARCHIVE = "!/"  # between an archive's name and that of a file in it
MAX_DEPTH = 2  # a zip in a zip
_WORKBOOK_PARTS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
_OWN_FOLDERS = {"tables", "reports", "templates"}


@dataclass(frozen=True)
class Member:
    """One plain file: the name as it is shown, and its bytes."""

    name: str
    data: bytes

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


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, or the reason why they cannot be read."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError("file_not_found", file=str(path)) from None
    except PermissionError:
        raise InputError("file_locked", file=str(path)) from None
    except OSError as error:
        raise InputError("file_unreadable", file=str(path), detail=str(error.strerror)) from None
    if not data:
        raise InputError("file_empty", file=str(path))
    return data


def members(name: str, data: bytes, *, depth: int = 0) -> Iterator[Member | InputError]:
    """The plain files in `data`; an archive yields each of its files, or the error that one of them has."""
    try:
        if data[:2] == b"\x1f\x8b":
            yield from members(name, _gunzip(name, data), depth=depth)
        elif data[:4] == b"PK\x03\x04" or data[:4] == b"PK\x05\x06":
            yield from _zip_members(name, data, depth)
        else:
            yield Member(name, data)
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
        wanted = [(info, _member_name(info)) for info in infos]
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
    yield from members(name, data, depth=depth + 1) if data else [InputError("file_empty", file=name)]


def _member_name(info: zipfile.ZipInfo) -> str:
    """The member's name; without the UTF-8 flag Chinese tools write GBK, which zipfile reads as cp437."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename
