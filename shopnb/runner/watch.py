"""What a report may use, and which cell is running: looked at from beside while its kernel works.

Belongs here: limits of time and memory, which end the kernel, and news of the running cell for whoever listens in
this process.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import psutil

_LOOK_SECONDS = 0.1
_MB = 1 << 20

_listener: Callable[[str], None] = lambda _: None  # noqa: E731


def listen(listener: Callable[[str], None]) -> None:
    """Have the tag of every cell that starts in this process told to `listener`."""
    global _listener
    _listener = listener


class Watch:
    """Ends a kernel that is over its limits.

    `exceeded` is then `report_timeout` or `report_memory`, else ""; `end_of_kernel` says how a kernel ended that
    nobody asked to end.

    Parameters
    ----------
    seconds : wall time from now; 0: no limit.
    memory_mb : resident memory of the kernel; 0: no limit.
    """

    def __init__(self, seconds: float, memory_mb: int) -> None:
        self.exceeded = ""
        self.cell = ""
        self._process: Any = None
        self._until = time.monotonic() + seconds if seconds else None
        self._memory = memory_mb * _MB
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, process: Any) -> None:
        """Look after the process of a kernel, which has `pid` and `kill()`."""
        self._process = process
        if self._until is None and not self._memory:
            return
        self._over.clear()
        self._thread = threading.Thread(target=self._look, args=(process,), daemon=True, name="watch")
        self._thread.start()

    def end(self) -> None:
        """The notebook is done, or broken off."""
        self._over.set()
        if self._thread:
            self._thread.join()
            self._thread = None

    @property
    def end_of_kernel(self) -> str:
        """The signal or the exit status; "" where the kernel has not ended or never began."""
        status = self._process.poll() if self._process else None
        if status is None:
            return ""
        return signal.Signals(-status).name if status < 0 else f"exit status {status}"

    def cell_begins(self, tag: str) -> None:
        """Note the cell that runs."""
        self.cell = tag
        _listener(tag)

    def _look(self, process: Any) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            if self._until is not None and time.monotonic() > self._until:
                self.exceeded = "report_timeout"
            elif self._memory and _resident(process.pid) > self._memory:
                self.exceeded = "report_memory"
            if self.exceeded:
                process.kill()
                return


def _resident(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:  # ended meanwhile
        return 0
