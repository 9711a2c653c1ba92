"""The panel of past runs: what stands in the folder of reports, from the records beside the pages."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from shopnb import labels, readiness
from shopnb.start import parts
from shopnb.start.links import links
from shopnb.start.panel import Panel

if TYPE_CHECKING:
    import ipywidgets

SHOWN = 30


@dataclass(frozen=True)
class PastRun:
    """One report that stands in the folder: its page, and its record ({} where it failed)."""

    page: Path
    report: str
    end: str
    at: dt.datetime
    record: dict[str, Any]


def past_runs(out: Path, label: str) -> list[PastRun]:
    """The reports of one shop, made last first.

    Parameters
    ----------
    out : folder of the batch. label : name of the shop folder.
    """
    found = [run for page in (out / label).glob("*.html") if (run := _run_of(page)) is not None]
    return sorted(found, key=lambda run: (run.at, run.report), reverse=True)


def _run_of(page: Path) -> PastRun | None:
    stem = page.name.removesuffix(".html").removesuffix(".failed")
    report, _, end = stem.rpartition("_")
    try:
        at = dt.datetime.fromtimestamp(page.stat().st_mtime, dt.UTC)
        if page.name.endswith(".failed.html"):
            return PastRun(page, report, end, at, {})
        record = json.loads(page.with_suffix(".json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return PastRun(page, report, end, _made(record, at), record)


def _made(record: dict[str, Any], otherwise: dt.datetime) -> dt.datetime:
    """When a report was made: the time in the id of its run."""
    try:
        named = str(record["run"]["id"]).partition("-")[0]
        return dt.datetime.strptime(named, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
    except (KeyError, TypeError, ValueError):
        return otherwise


def was_interrupted(out: Path) -> bool:
    """Whether the last batch in this folder was stopped before its end; the same command goes on where it was.

    Notes
    -----
    A batch that ended takes its journal away. A journal stands for the last batch when the folder's record tells of
    that run, or is older than it (the batch was killed and could not write one).
    """
    told, written = "", 0.0
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        record = out / "batch.json"
        told, written = str(json.loads(record.read_text("utf-8"))["run"]["id"]), record.stat().st_mtime
    for journal in (out / ".shopnb" / "journal").glob("*.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            if json.loads(journal.read_text("utf-8"))["run"] == told or journal.stat().st_mtime > written:
                return True
    return False


class Past(Panel):
    """Past runs."""

    def twin(self) -> Markup:
        """The table of past runs."""
        desk = self.desk
        if desk.shop is None:
            return Markup()
        runs = past_runs(desk.out, desk.folder.resolve().name)
        said = Markup()
        if was_interrupted(desk.out) and not desk.work.is_busy:
            said = parts.paragraph(desk.text("interrupted"), "attention")
        if not runs:
            return said + parts.paragraph(desk.text("no_runs"), "muted")
        headings = [desk.text(f"column.{key}") for key in ("made", "report", "end", "verdict", "open")]
        more = len(runs) - SHOWN
        tail = parts.paragraph(desk.text("more_runs", count=more, folder="reports"), "muted") if more > 0 else Markup()
        return said + parts.table(headings, self._rows(runs[:SHOWN]), stacked=True) + tail

    def _rows(self, runs: Sequence[PastRun]) -> Iterator[list[object]]:
        desk = self.desk
        assert desk.shop is not None
        zone = ZoneInfo(desk.shop.settings.time_zone)
        for run in runs:
            none = labels.text("cli.none", desk.lang)
            said = run.record.get("verdict") or desk.text("state.not_made")
            end = none if run.end == "undated" else run.end
            made = run.at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
            yield [made, readiness.report_name(run.report, desk.lang), end, said, links(run.page, desk.lang)]

    def build(self) -> Sequence[ipywidgets.Widget]:
        """The table, and a button that looks again."""
        self.table = parts.html()
        again = parts.button(self.desk.text("look_again"), self.guarded(self.redraw), icon="refresh")
        return [parts.row(again), self.said, self.table]

    def redraw(self) -> None:
        """Read the folder of reports again."""
        self.table.value = str(self.twin())
