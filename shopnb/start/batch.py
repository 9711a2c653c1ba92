"""`shopnb run` beside the page: the same command, its events as they come, ended on request.

Belongs here: the words of the command, the process, its JSON lines. What a batch does is the runner's.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_OF_THE_LAB = ("JPY_", "MPLBACKEND", "IPYTHON")  # would make a headless run take itself for somebody's notebook


@dataclass(frozen=True)
class Outcome:
    """How the command ended: its exit code, and what it complained of."""

    code: int
    complaint: str


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

    def follow(self, heard: Callable[[dict[str, Any]], None]) -> Outcome:
        """Run to the end; `heard` is called with every event."""
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "shopnb", *self._said], stdout=subprocess.PIPE, stderr=complaints,
                stdin=subprocess.DEVNULL, text=True, encoding="utf-8", env=self._environment,
            )  # fmt: skip
            assert self._process.stdout is not None
            with self._process.stdout as told:
                for line in told:
                    if line.startswith("{"):
                        heard(json.loads(line))
            code = self._process.wait()
            complaints.seek(0)
            return Outcome(code, complaints.read().strip())

    def stop(self) -> None:
        """What Ctrl-C does in a terminal: reports that are done stay, the rest goes on another time."""
        if self._process is None or self._process.poll() is not None:
            return
        if sys.platform == "win32":
            self._process.terminate()
        else:
            self._process.send_signal(signal.SIGINT)
