"""How a batch goes, told as it goes: a live table on a terminal, dated lines in a log, JSON lines for machines.

Belongs here: those three, from the same events. What happened is decided elsewhere.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from shopnb import labels
from shopnb.cli import terminal
from shopnb.runner import Job, Plan, Result

if TYPE_CHECKING:
    from rich.table import Table

_REDRAWN_PER_SECOND = 4
_STATES = ("done", "unchanged", "failed", "not_ready", "skipped")


class Teller:
    """Tells of a plan while it runs; a context, because a live table has to be taken off the screen again."""

    def __init__(self, lang: str, planned: Plan, *, as_json: bool) -> None:
        self._lang = lang
        self._as_json = as_json
        self._jobs = len(planned.jobs)
        self._total = len(planned.jobs) + len(planned.set_aside)
        self._processes = 1
        self._began = time.monotonic()
        self._ended: Counter[str] = Counter()
        self._running: dict[tuple[str, str], float] = {}
        self._spent: list[float] = []
        self._live = _Live(self.table) if terminal.is_live() and not as_json else None

    def __enter__(self) -> Teller:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def begin(self, processes: int, out: Path) -> None:
        """Say what is about to run."""
        self._processes = processes
        values = {"count": self._jobs, "processes": processes, "out": str(out)}
        self._say(labels.text("cli.run.started", self._lang, **values))

    def begun(self, job: Job) -> None:
        """A job starts to run."""
        self._running[job.shop_label, job.report] = time.monotonic()
        if self._as_json:
            terminal.say_json({"event": "started", "shop": job.shop_label, "report": job.report})

    def tell(self, result: Result) -> None:
        """A job has ended, or was set aside."""
        self._ended[result.state] += 1
        if self._running.pop((result.shop, result.report), None) and result.state != "unchanged":
            self._spent.append(result.seconds)
        if self._as_json:
            terminal.say_json({"event": "finished", **result.as_row(self._lang)})
            return
        told = {"shop": result.shop, "report": result.report or labels.text("cli.run.whole_shop", self._lang)}
        state = labels.text(f"cli.run.{result.state}", self._lang)
        ran = result.state not in ("unchanged", "skipped") and result.seconds
        seconds = labels.text("cli.run.took", self._lang, seconds=round(result.seconds, 1)) if ran else ""
        stale = labels.text("cli.run.due", self._lang, end=result.end, due=result.due) if result.due else ""
        skipped = result.failure if result.state == "skipped" else None
        why = skipped.parts[self._lang]["problem"] if skipped else seconds
        line = labels.text("cli.run.line", self._lang, state=state, why=why, stale=stale, **told)
        self._say(line.rstrip())
        if result.failure and not skipped:
            terminal.complain("  " + result.failure.text(self._lang).replace("\n", "\n  "))

    def _say(self, line: str) -> None:
        """A line for people; in a log with the time and how far the batch is."""
        if self._as_json:
            return
        if not sys.stdout.isatty() and not self._live:
            stamp = dt.datetime.now().astimezone().isoformat(timespec="seconds")
            line = f"{stamp} [{self._ended.total()}/{self._total}] {line}"
        terminal.say(line)

    def table(self) -> Table:
        """The live table: how many are done, running, failed; what runs now; the time left."""
        from rich.table import Table

        now = time.monotonic()
        waiting = self._total - self._ended.total() - len(self._running)
        counts = {"running": len(self._running), "waiting": max(waiting, 0)}
        counts |= {state: self._ended[state] for state in _STATES if state == "done" or self._ended[state]}
        shown = Table.grid(padding=(0, 2))
        shown.add_row(
            "  ".join(labels.text(f"cli.live.{key}", self._lang, count=count) for key, count in counts.items()),
            self._time_left(),
        )
        for (shop, report), since in self._running.items():
            shown.add_row(f"  {shop} · {report}", labels.text("cli.run.took", self._lang, seconds=round(now - since)))
        return shown

    def _time_left(self) -> str:
        """In minutes or seconds, from the reports that ran so far; "" before the first has ended."""
        if not self._spent:
            return ""
        left = self._total - self._ended.total()
        seconds = sum(self._spent) / len(self._spent) * left / self._processes
        minutes = round(seconds / 60)
        key = "minutes_left" if minutes > 1 else "seconds_left"
        return labels.text(f"cli.live.{key}", self._lang, count=minutes if minutes > 1 else max(round(seconds), 1))

    def close(self, results: Sequence[Result], out: Path, run_id: str) -> None:
        """Say what became of all of them, and where to look."""
        counts = {state: sum(result.state == state for result in results) for state in _STATES}
        stale = sum(bool(result.due) for result in results)
        seconds = round(time.monotonic() - self._began, 1)
        index = str(out / "index.html")
        if self._as_json:
            said = {"event": "ended", "run": {"id": run_id, "seconds": seconds}, **counts, "stale": stale}
            terminal.say_json({**said, "total": len(results), "index": index})
            return
        mark = labels.text("cli.list_mark", self._lang)
        listed = mark.join(
            labels.text(f"cli.live.{state}", self._lang, count=count) for state, count in counts.items() if count
        )
        self._say(labels.text("cli.run.summary", self._lang, total=len(results), listed=listed, seconds=seconds))
        if stale:
            self._say(labels.text("cli.run.stale", self._lang, count=stale))
        self._say(labels.text("cli.run.open", self._lang, path=index))


class _Live:
    """rich's live display on the error stream; what is printed meanwhile scrolls above it."""

    def __init__(self, drawn: Callable[[], Table]) -> None:
        from rich.console import Console
        from rich.live import Live

        to_screen = sys.stdout.isatty()
        self._shown = Live(
            get_renderable=drawn, console=Console(stderr=True, highlight=False, markup=False),
            refresh_per_second=_REDRAWN_PER_SECOND, transient=True, redirect_stdout=to_screen,
        )  # fmt: skip

    def start(self) -> None:
        """Begin to draw."""
        self._shown.start()

    def stop(self) -> None:
        """Take it off the screen."""
        self._shown.stop()
