"""Writing a file so that a reader sees the old one or the whole new one, and what a full disk is called.

Belongs here: temporary names, renaming, sweeping up after a process that was killed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from pathlib import Path

CHARACTERLESS = "replace"  # half a character pair, from a file name or a frame of the user's own, is written as "?"
_PART = ".part"
_SWEPT_AFTER_SECONDS = 3600
_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}


def write_text(path: Path, text: str) -> None:
    """Write a whole file under another name, then rename it; nothing is left of it when the disk is full."""
    under_way = path.with_name(f".{path.name}.{os.getpid()}{_PART}")
    try:
        under_way.write_text(text, encoding="utf-8", errors=CHARACTERLESS, newline="\n")
        under_way.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            under_way.unlink(missing_ok=True)
        raise


def is_full(error: OSError) -> bool:
    """Whether an error says that there is no room on the disk."""
    return error.errno in _FULL


def sweep(out: Path) -> None:
    """Remove what processes that were killed over an hour ago left half written in the folder of a batch."""
    oldest = time.time() - _SWEPT_AFTER_SECONDS
    for path in out.rglob(f".*{_PART}"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()
