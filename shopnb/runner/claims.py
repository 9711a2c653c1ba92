"""Who works on a report: a lock of the operating system, which ends with the process that holds it.

Belongs here: taking and letting go. Files of locks stay where they are: removing them would let two processes hold
two files of one name. A process that is killed lets go, so no lock is ever stale.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

HOME = ".shopnb"  # in the folder of a batch: accounts, locks, the journal
_BUSY = {errno.EACCES, errno.EAGAIN, errno.EDEADLK, errno.EWOULDBLOCK}
_WITHOUT_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}
_LOOK_AGAIN_SECONDS = 0.1


@contextlib.contextmanager
def claimed(path: Path) -> Iterator[bool]:
    """Hold the lock of `path` for the block; False where another process (or another block) holds it.

    Raises
    ------
    OSError
        When the file of the lock cannot be made: a full disk, a folder that cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        yield _taken(descriptor)
    finally:
        os.close(descriptor)  # lets go as well


@contextlib.contextmanager
def waited_for(path: Path) -> Iterator[None]:
    """Hold the lock of `path` for the block, after waiting for it."""
    while True:
        with claimed(path) as mine:
            if mine:
                yield
                return
        time.sleep(_LOOK_AGAIN_SECONDS)


def _taken(descriptor: int) -> bool:
    try:
        _lock(descriptor)
    except OSError as error:
        if error.errno in _WITHOUT_LOCKS:  # some network folders have none: better unguarded than not at all
            return True
        if error.errno in _BUSY:
            return False
        raise
    return True


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
