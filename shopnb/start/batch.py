"""`shopnb run` beside the page: the same command, its events as they come, ended on request.

Belongs here: the words of the command, the process, its JSON lines. What a batch does is the runner's.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psutil

_OF_THE_LAB = ("JPY_", "MPLBACKEND", "IPYTHON")  # would make a headless run take itself for somebody's notebook

_ENDED, _ENDED_EARLY = 130, 15  # exit code on request; the signal where the command had not begun


@dataclass(frozen=True)
class Outcome:
    """How the command ended: its exit code, what it complained of, whether it was stopped before its end."""

    code: int
    complaint: str
    stopped: bool


def words(folder: str, reports: Sequence[str], given: Mapping[str, str], lang: str) -> list[str]:
    """What stands behind `shopnb` on the command line."""
    said = ["run", *reports, "--shop", folder, "--lang", lang]
    for name, value in given.items():
        said += ["-p", f"{name}={value}"]
    return said


class Batch:
    """One run of `shopnb run --json`."""

    def __init__(self, said: Sequence[str], lang: str) -> None:
        self._said = [*said, "--json"]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OF_THE_LAB)}
        self._environment = {**kept, "SHOPNB_LANG": lang}
        self._process: subprocess.Popen[str] | None = None
        self._asked = False  # to stop

    def follow(self, heard: Callable[[dict[str, Any]], None]) -> Outcome:
        """Run to the end; `heard` is called with every event."""
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "shopnb", *self._said], stdout=subprocess.PIPE, stderr=complaints,
                stdin=subprocess.DEVNULL, text=True, encoding="utf-8", env=self._environment,
            )  # fmt: skip
            assert self._process.stdout is not None
            if self._asked:
                self.stop()
            with self._process.stdout as told:
                for line in told:
                    if line.startswith("{"):
                        heard(json.loads(line))
            code = self._process.wait()
            complaints.seek(0)
            stopped = code in (_ENDED, -_ENDED_EARLY) or (self._asked and code not in (0, 2, 3))
            return Outcome(code, complaints.read().strip(), stopped)

    def stop(self) -> None:
        """What Ctrl-C does in a terminal: reports that are done stay, the rest goes on another time.

        Notes
        -----
        The command is asked to end (SIGTERM), for a kernel ignores SIGINT and so does what it starts. Windows ends it
        without asking: what it had started is ended with it.
        """
        self._asked = True
        if self._process is None or self._process.poll() is not None:
            return
        started = psutil.Process(self._process.pid).children(recursive=True) if sys.platform == "win32" else []
        self._process.terminate()
        for one in started:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
