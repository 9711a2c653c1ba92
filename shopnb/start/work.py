"""One long piece of work at a time beside the page: in a thread, told of on the kernel's own loop, stopped on request.

Belongs here: keeping the page alive while files are read or reports run. What is done is the caller's function.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class StoppedError(Exception):
    """Raised inside the work when somebody asked it to stop."""


class Work:
    """What is going on beside the page; without a running loop (a test, plain Python) it is done on the spot."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.is_busy = False
        self.when_stopped: Callable[[], None] = lambda: None

    def begin(
        self, task: Callable[[], T], *, ended: Callable[[T], None], failed: Callable[[BaseException], None]
    ) -> None:
        """Do `task` beside the page; then, on the loop, `ended` with what it gave or `failed` with what it raised."""
        assert not self.is_busy
        self.is_busy = True
        self._stop.clear()
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None
            self._do(task, ended, failed)
            return
        threading.Thread(target=self._do, args=(task, ended, failed), daemon=True).start()

    def _do(self, task: Callable[[], T], ended: Callable[[T], None], failed: Callable[[BaseException], None]) -> None:
        try:
            given = task()
        except Exception as error:
            self.tell(self._over, failed, error)
        else:
            self.tell(self._over, ended, given)

    def _over(self, then: Callable[[Any], None], given: Any) -> None:
        self.is_busy = False
        self.when_stopped = lambda: None
        then(given)

    def tell(self, function: Callable[..., None], *given: Any) -> None:
        """From inside the work: call something on the loop, where widgets may be touched."""
        if self._loop is None:
            function(*given)
        else:
            self._loop.call_soon_threadsafe(function, *given)

    def stop(self) -> None:
        """Ask the work to end; it does at its next `check`, or at once where it can be ended from outside."""
        self._stop.set()
        self.when_stopped()

    def check(self) -> None:
        """From inside the work: end here when somebody asked for it."""
        if self._stop.is_set():
            raise StoppedError
