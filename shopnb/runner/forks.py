"""Processes forked from the template: starting the template, asking it for a process, watching that process.

Belongs here: the asking side of `template`. Where forking is not there or not safe, `fork` gives None and the caller
starts an ordinary process: the same results, later.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from shopnb.runner.template import MESSAGE_BYTES

SOCKET = "template"  # name of its socket in its folder
SWITCH = "SHOPNB_FORK"  # 0 turns forking off
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_LOOK_SECONDS = 0.5
_ANSWER_LOOKS = 240
_END_SECONDS = 5
_STARTS = 4  # a template that dies more often is not started again
_SHAPING = ("PYTHON", "LD_", "ARROW_")  # variables that change what was imported, or how


def surroundings() -> dict[str, str]:
    """Environment variables of templates, workers and kernels.

    `JPY_SESSION_NAME` would make a headless page show its widgets; it is inherited when shopnb is started from
    JupyterLab.
    """
    kept = {name: value for name, value in os.environ.items() if name != "JPY_SESSION_NAME"}
    # the debugger, which nobody uses here, would warn of frozen modules
    quiet = {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    return {**kept, **dict.fromkeys(ONE_THREAD, "1"), **quiet, "PYTHONIOENCODING": "utf-8"}


def possible() -> bool:
    """Whether this system has what forking needs. macOS has it but its libraries do not bear it."""
    return sys.platform == "linux" and os.environ.get(SWITCH) != "0" and hasattr(socket, "recv_fds")


class Forked:
    """A forked process, with the methods of `subprocess.Popen` that a kernel's keeper calls."""

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._connection = connection
        self._looking = threading.Lock()  # a watch may end it while its keeper waits

    def poll(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        return self._look(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Exit status, when it has ended.

        Raises
        ------
        subprocess.TimeoutExpired
            When it has not, after `timeout` seconds.
        """
        status = self._look(timeout)
        if status is None:
            raise subprocess.TimeoutExpired("forked process", timeout or 0.0)
        return status

    def send_signal(self, number: int) -> None:
        """Signal it and what it started; SIGKILL waits until it is gone."""
        if self.poll() is not None:
            return
        try:
            self._connection.settimeout(_END_SECONDS)
            self._connection.send(json.dumps({"signal": number}).encode())
        except OSError:
            return
        if number == signal.SIGKILL:
            self._look(_END_SECONDS)

    def kill(self) -> None:
        """End it now."""
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """Make sure that it ends, without waiting for it."""
        self._connection.close()
        if self.returncode is None:
            self.returncode = -signal.SIGKILL

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def _look(self, seconds: float | None) -> int | None:
        if self.returncode is not None or not self._looking.acquire(blocking=seconds != 0):
            return self.returncode
        try:
            return self._hear(seconds)
        finally:
            self._looking.release()

    def _hear(self, seconds: float | None) -> int | None:
        if self.returncode is None:
            try:
                self._connection.settimeout(seconds)
                told = self._connection.recv(MESSAGE_BYTES)
            except (BlockingIOError, TimeoutError):
                return None
            except OSError:
                told = b""
            # an end without a word: the template was killed, and its kernels with it
            self.returncode = json.loads(told)["status"] if told else -signal.SIGKILL
            self._connection.close()
        return self.returncode


class Template:
    """The template process of this process: started when made, started again when it dies, gone with its owner."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="shopnb-")
        self.address = str(Path(self._folder) / SOCKET)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(self.address)
        self._listener.listen(128)
        self.shape = _shape(surroundings())
        self._starts = 0
        self._start()

    def _start(self) -> None:
        theirs, self.life = socket.socketpair()
        self._works = False
        files = (self._listener.fileno(), theirs.fileno())
        code = "import sys; from shopnb.runner.template import main; main(sys.argv[1:])"
        command = [sys.executable, "-c", code, *map(str, files)]
        self.process = subprocess.Popen(
            command, pass_fds=files, env=surroundings(), stdin=subprocess.DEVNULL, start_new_session=True
        )
        self._starts += 1
        theirs.close()

    def _has_worked(self) -> bool:
        """Whether it has imported everything and served."""
        if not self._works and self.life.fileno() >= 0:
            with contextlib.suppress(OSError):
                self._works = bool(self.life.recv(1, socket.MSG_DONTWAIT))
        return self._works

    def mend(self) -> bool:
        """Start the process again where it has died; False where that has been tried too often.

        Requests that came meanwhile wait at the address, which stays.
        """
        if self._starts == 0:
            return False
        works = self._has_worked()
        if self.process.poll() is None:
            return True
        self.life.close()
        if self._starts >= _STARTS or not works:  # it cannot import, or it dies again and again
            self.end()
            self._starts = 0
            return False
        self._start()
        return True

    def end(self) -> None:
        """End the process and all that it forked."""
        if not self._has_worked():  # it is importing and has forked nothing
            self.process.kill()
        self._listener.close()
        self.life.close()
        try:
            self.process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


_own: Template | None = None
_foreign: tuple[str, dict[str, str]] | None = None
_refused = ""


def shared() -> Template | None:
    """The template that this process owns, started when first asked for; None where it cannot fork."""
    global _own
    if not possible():
        return None
    if _own is None:
        try:
            _own = Template()
        except OSError:
            return None
        atexit.register(_own.end)
    return _own if _own.mend() else None


def refusal() -> str:
    """Why a process cannot be forked here, after trying it; "" where it works."""
    if not possible():
        return SWITCH if os.environ.get(SWITCH) == "0" else sys.platform
    ours, theirs = socket.socketpair()
    with ours, theirs:
        forked = fork("worker", [""], environment=surroundings(), folder=str(Path.cwd()), beside=theirs.fileno())
    if forked is None:
        return _refused or "fork"
    forked.close()
    return ""


def mend() -> None:
    """Start this process's template again where it has died."""
    if _own is not None:
        shared()


def use(address: str) -> None:
    """In a worker: ask the template at `address`, which another process owns."""
    global _foreign
    _foreign = address, _shape(os.environ)


def template_folder() -> Path | None:
    """The private folder of the template that `fork` asks, removed with it; None where there is none."""
    known = _known()
    return Path(known[0]).parent if known else None


def _known() -> tuple[str, dict[str, str]] | None:
    """Address of the template to ask, and the variables that shaped it."""
    if _foreign is None and (template := shared()):
        return template.address, template.shape
    return _foreign


def fork(
    kind: str, arguments: Sequence[str], *, environment: Mapping[str, str], folder: str, beside: int
) -> Forked | None:
    """A process forked from the template.

    Parameters
    ----------
    kind : "kernel" (arguments as of ipykernel's launcher) or "worker" (the template's address).
    environment : all its environment variables.
    folder : its working directory.
    beside : an open file it gets besides standard input, output and error.

    Returns
    -------
    Forked, or None where an ordinary process has to be started.
    """
    known = _known()
    if known is None or known[1] != _shape(environment):
        return None
    asked = {
        "kind": kind, "arguments": list(arguments), "environment": dict(environment), "folder": folder,
        "umask": _umask(),
    }  # fmt: skip
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        connection.settimeout(_LOOK_SECONDS)
        connection.connect(known[0])
        socket.send_fds(connection, [json.dumps(asked).encode()], [0, 1, 2, beside])
        told = json.loads(_answer(connection) or b"{}")
    except OSError:
        told = {}
    if "pid" not in told:
        global _refused
        _refused = told.get("refused", "")
        connection.close()
        return None
    return Forked(connection, told["pid"])


def _answer(connection: socket.socket) -> bytes:
    """What the template says, as long as it is alive; it may still be importing."""
    connection.settimeout(_LOOK_SECONDS)
    for _ in range(_ANSWER_LOOKS):
        try:
            return connection.recv(MESSAGE_BYTES)
        except TimeoutError:
            if _own is not None and not _own.mend():
                return b""
    return b""


def _shape(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_SHAPING) or name in ONE_THREAD}


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
