"""Writing to the terminal: UTF-8 everywhere, tables that line up with Chinese characters, progress that logs can take.

Belongs here: every byte that the command line prints.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from shopnb import labels
from shopnb.errors import InputError
from shopnb.labels.letters import columns_of


def speak_utf8() -> None:
    """Make the standard streams UTF-8, whatever the code page of a Windows console; nothing is lost or fatal."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure and (stream.encoding or "").lower().replace("-", "") != "utf8":
            reconfigure(encoding="utf-8", errors="replace")


@contextlib.contextmanager
def ended_on_request() -> Iterator[None]:
    """A request to end (`kill`, a service that is stopped) is what Ctrl-C is, from the first moment of a command."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread: whoever runs us there decides
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def logged(file: str) -> Iterator[None]:
    """Everything that is said and complained of goes to the end of `file`, as does a traceback; "" leaves it be.

    Raises
    ------
    InputError
        `log_unwritable`.
    """
    if not file:
        yield
        return
    path = Path(file).expanduser()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("a", encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError("log_unwritable", file=str(path), what=str(error)) from error
    with stream, contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        try:
            yield
        except Exception:
            traceback.print_exc()
            raise


def say(text: str) -> None:
    """One message for people or, with `--json`, for machines."""
    _write(sys.stdout, text)


def complain(text: str) -> None:
    """An error, on its own stream."""
    _write(sys.stderr, text)


def say_json(value: Any) -> None:
    """One line of JSON."""
    say(json.dumps(value, ensure_ascii=False, allow_nan=False))


def is_live() -> bool:
    """Whether somebody watches: progress may be redrawn in place."""
    return sys.stderr.isatty()


def _write(stream: TextIO, text: str) -> None:
    stream.write(text + "\n")
    stream.flush()


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under their headings, columns lined up, no line drawn.

    Examples
    --------
    >>> print(table(["a", "n"], [["店", "1"], ["xyz", "20"]]))
    a    n
    店   1
    xyz  20
    """
    lines = [list(headings), *(list(row) for row in rows)]
    widths = [max(columns_of(line[column]) for line in lines) for column in range(len(headings))]
    padded = [
        "  ".join(cell + " " * (room - columns_of(cell)) for cell, room in zip(line, widths, strict=True))
        for line in lines
    ]
    return "\n".join(line.rstrip() for line in padded)


class Progress:
    """Long work, told on the error stream: one line that is rewritten on a terminal, dated lines in a log."""

    def __init__(self, lang: str, *, quiet: bool = False) -> None:
        self._lang = lang
        self._quiet = quiet
        self._live = is_live()
        self._shown = 0

    def step(self, done: int, total: int, what: str) -> None:
        """Say that `done` of `total` are done, `what` being the one in hand; nothing where there is nothing to do."""
        if self._quiet or not total:
            return
        text = labels.text("cli.progress", self._lang, done=done, total=total, what=what).rstrip()
        if self._live:
            sys.stderr.write("\r" + text + " " * max(self._shown - columns_of(text), 0))
            sys.stderr.flush()
            self._shown = columns_of(text)
        else:
            complain(f"{dt.datetime.now().astimezone().isoformat(timespec='seconds')} {text}")

    def clear(self) -> None:
        """Make room for a line of output."""
        if self._shown:
            sys.stderr.write("\r" + " " * self._shown + "\r")
            sys.stderr.flush()
            self._shown = 0
