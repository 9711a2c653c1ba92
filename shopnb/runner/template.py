"""The template process: imports what notebooks and workers import, then forks them on request, and does nothing else.

Belongs here: that process, which `forks` starts and asks. It opens no database, draws nothing and has one Python
thread; before every fork it counts its threads, and it refuses when there is one that it does not know.

A request is one message (JSON, with open files beside it) on a connection of its own; the answer is the process id,
then, when the process has ended, its exit status. A connection that closes ends its process: whoever asked for a
process cannot leave it behind. When the owner goes, all go.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import random
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

MESSAGE_BYTES = 1 << 17
IMPORTED = (
    "shopnb.pages",
    "duckdb",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "ibis.backends.duckdb",
    "ibis.backends.duckdb.converter",
    "ibis.expr.types.groupby",
    "ibis.formats.pandas",
    "pyarrow_hotfix",
    "pandas.io.formats.csvs",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "sqlite3",
    "tornado.platform.asyncio",
    "shopnb.runner.kernel",
    "papermill",
    "nbformat",
    "shopnb.report.beside",
    "shopnb.report.batch",
    "shopnb.report.check",
    "shopnb.report.page",
    "shopnb.runner.workers",
)
_HARMLESS_THREADS = {"jemalloc_bg_thd"}  # of pyarrow's allocator, which knows how to be forked
_PR_SET_PDEATHSIG = 1
_MEMORY_SHORT_SCORE = "500"  # when memory runs out the system ends kernels before templates and workers


@dataclass
class _Children:
    """Processes forked so far that have not been waited for, with the connections of those who asked for them."""

    by_pid: dict[int, socket.socket] = field(default_factory=dict)

    def pid_of(self, connection: socket.socket) -> int | None:
        return next((pid for pid, held in self.by_pid.items() if held is connection), None)

    def signal(self, connection: socket.socket, number: int) -> None:
        """Signal the process and the group that it leads, unless it has ended."""
        pid = self.pid_of(connection)
        if pid is None:
            return
        try:
            os.killpg(pid, number)
        except ProcessLookupError:  # not the leader of a group yet
            os.kill(pid, number)

    def reap(self) -> list[tuple[socket.socket, int]]:
        """Connection and exit status (negative: the signal) of processes that have ended."""
        ended = []
        for pid in list(self.by_pid):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                ended.append((self.by_pid.pop(pid), os.waitstatus_to_exitcode(status)))
        return ended


def main(arguments: list[str]) -> None:
    """Import, serve requests; in a forked process, become what was asked for."""
    listener, owner = (socket.socket(fileno=int(number)) for number in arguments)
    if sys.path[0] == "" or Path(sys.path[0]) == Path.cwd():
        del sys.path[0]  # as ipykernel's own launcher does
    for name in IMPORTED:
        importlib.import_module(name)
    importlib.import_module("shopnb.pages").read_ahead()
    gc.collect()
    gc.freeze()  # collections in forked processes leave these pages shared
    with contextlib.suppress(OSError):  # an owner that has gone is seen below
        owner.send(b"r")  # ready
    become = _serve(listener, owner)
    if become is None:
        os._exit(0)  # nothing to tidy up, and frozen objects would be reported as leaks
    gc.unfreeze()
    become()


def _serve(listener: socket.socket, owner: socket.socket) -> Callable[[], None] | None:
    """Answer requests until the owner goes (None), or, in a forked process, return what it is to do."""
    children = _Children()
    wake, waker = socket.socketpair()
    waker.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    with selectors.DefaultSelector() as selector:
        for one in (listener, owner, wake):
            selector.register(one, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                ready = key.fileobj
                assert isinstance(ready, socket.socket)
                if ready is owner:
                    for connection in children.by_pid.values():
                        children.signal(connection, signal.SIGKILL)
                    shutil.rmtree(Path(listener.getsockname()).parent, ignore_errors=True)
                    return None
                if ready is wake:
                    wake.recv(4096)
                    for connection, status in children.reap():
                        _tell(connection, {"status": status})
                        if connection not in selector.get_map():
                            connection.close()
                elif ready is listener:
                    selector.register(listener.accept()[0], selectors.EVENT_READ)
                else:
                    become = _answer(ready, children, selector)
                    if become is not None:
                        _let_go(selector, waker)
                        return become


def _let_go(selector: selectors.BaseSelector, waker: socket.socket) -> None:
    """In a forked process: close what belongs to the template."""
    inherited = [key.fileobj for key in list(selector.get_map().values())]
    selector.close()
    signal.set_wakeup_fd(-1)
    for one in (*inherited, waker):
        assert isinstance(one, socket.socket)
        one.close()


def _answer(
    connection: socket.socket, children: _Children, selector: selectors.BaseSelector
) -> Callable[[], None] | None:
    """One message of a connection: a process is wanted, a signal is to be sent, or nobody is there any more."""
    try:
        message, files, _, _ = socket.recv_fds(connection, MESSAGE_BYTES, 8)
    except OSError:
        message, files = b"", []
    if not message:
        children.signal(connection, signal.SIGKILL)
        selector.unregister(connection)
        if children.pid_of(connection) is None:
            connection.close()
        return None
    asked = json.loads(message)
    if "signal" in asked:
        children.signal(connection, asked["signal"])
        return None
    reason = unsafe()
    template = os.getpid()
    pid = -1 if reason else _fork()
    if pid == 0:
        return lambda: _Request(**asked, files=files).become(template)
    for number in files:
        os.close(number)
    if reason:
        _tell(connection, {"refused": reason})
    else:
        children.by_pid[pid] = connection
        _tell(connection, {"pid": pid})
    return None


def _tell(connection: socket.socket, answer: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # who asked has gone; the end of its connection says so too
        connection.send(json.dumps(answer).encode())


def unsafe() -> str:
    """Why this process must not be forked; "" where it may be. A second thread could hold a lock for ever."""
    if threading.active_count() > 1:
        return "threads: " + ", ".join(thread.name for thread in threading.enumerate())
    tasks = Path("/proc/self/task")
    names = [_comm(task) for task in tasks.iterdir() if task.name != str(os.getpid())]
    unknown = sorted(set(names) - _HARMLESS_THREADS)
    return f"native threads: {', '.join(unknown)}" if unknown else ""


def _comm(task: Path) -> str:
    try:
        return (task / "comm").read_text(encoding="utf-8").strip()
    except OSError:  # ended meanwhile
        return next(iter(_HARMLESS_THREADS))


def _fork() -> int:
    with warnings.catch_warnings():
        # Python 3.12 warns of every second thread, also of the one that is harmless; `unsafe` has looked
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


@dataclass(frozen=True)
class _Request:
    """What a forked process is to be, and the surroundings that a started process would have had."""

    kind: str
    arguments: list[str]
    environment: dict[str, str]
    folder: str
    umask: int
    files: list[int]

    def become(self, template: int) -> None:
        """Take on the surroundings, then run."""
        self._detach(template)
        self._surround()
        if self.kind == "kernel":
            _run_kernel(self.arguments, ready=self.files[3])
        else:
            _run_worker(self.arguments[0], self.files[3])

    def _detach(self, template: int) -> None:
        os.setsid()
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        if self.kind == "kernel":
            # a kernel whose template is killed would have nobody to end it
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != template:
                os._exit(1)
            with contextlib.suppress(OSError):  # a container that gives no say in this
                Path("/proc/self/oom_score_adj").write_text(_MEMORY_SHORT_SCORE, encoding="ascii")

    def _surround(self) -> None:
        for number, given in enumerate(self.files[:3]):
            os.dup2(given, number)
            os.close(given)
        os.environ.clear()
        os.environ.update(self.environment)
        time.tzset()
        tempfile.tempdir = None
        os.chdir(self.folder)
        os.umask(self.umask)
        random.seed()
        if numpy := sys.modules.get("numpy"):
            numpy.random.seed()  # else every kernel would draw the same numbers


def _run_kernel(arguments: list[str], ready: int) -> None:
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = arguments
    kernel = IPKernelApp.instance()
    kernel.initialize(arguments[1:])
    os.close(ready)  # who asked sees the end of the pipe: the kernel's sockets are open
    kernel.start()


def _run_worker(address: str, descriptor: int) -> None:
    from shopnb.runner import forks, workers

    forks.use(address)
    workers.serve(Connection(descriptor))
    os._exit(0)  # all is published; frozen objects would be reported as leaks
