"""What killed imports left behind: half-written files under temporary names, cleared away by the next import.

Belongs here: telling a killed import from one that is still going on. Every import holds a shared lock while it runs;
who gets it alone is the only one. Where the system has no such locks, a file that is being written cannot be removed.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_LOCK = ".importing"


@contextlib.contextmanager
def one_more_import(folder: Path) -> Iterator[None]:
    """Clear leftovers away unless another import is going on; until the end others leave our files alone.

    A folder that cannot be written to has no leftovers of ours; the import itself will say so.
    """
    with contextlib.ExitStack() as held:
        try:
            lock = held.enter_context((folder / _LOCK).open("ab"))
        except OSError:
            yield
            return
        if _is_alone(lock.fileno()):
            _clear(folder)
        _share(lock.fileno())
        yield


def _is_alone(lock: int) -> bool:
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _share(lock: int) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(OSError):  # a network share without locks
            fcntl.flock(lock, fcntl.LOCK_SH)


def _clear(folder: Path) -> None:
    for pattern in (".key.*.tmp", "tables/*/.*.tmp"):
        for path in folder.glob(pattern):
            with contextlib.suppress(OSError):  # still being written
                path.unlink(missing_ok=True)
