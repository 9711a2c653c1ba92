"""The panel that runs reports: period, which ones, progress, cancel, and links to the pages as they come."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from shopnb import labels, parameters, readiness
from shopnb.start import parts
from shopnb.start.batch import Batch, Outcome, words
from shopnb.start.desk import Desk
from shopnb.start.links import links
from shopnb.start.panel import Panel
from shopnb.start.workbook import workbook

if TYPE_CHECKING:
    import ipywidgets

AUTO = "auto"  # each report chooses its period by itself
_FAILED = ("failed", "not_ready", "skipped")


class Running(Panel):
    """Reports of a period."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._ended_so: dict[str, Mapping[str, Any]] = {}  # what was told of the reports that ended
        self._left: list[str] = []  # reports of the batch that have not ended

    def twin(self) -> Markup:
        """The command that runs all reports."""
        if self.desk.shop is None:
            return Markup()
        given = self._given(self.desk.start, self.desk.end)
        said = words(self.desk.short(self.desk.folder), [], given, self.desk.lang)
        return self._command(said)

    def build(self) -> Sequence[ipywidgets.Widget]:
        """Period, reports, the button."""
        import ipywidgets

        text = self.desk.text
        self.preset = ipywidgets.ToggleButtons().add_class("nb-start-presets")
        self.preset.observe(self.moved(self._preset), names="value")
        lang = self.desk.lang
        self.start, self.end = (
            parts.field(ipywidgets.DatePicker(value=_day(value)), labels.text(f"parameters.{name}", lang), name=name)
            for name, value in (("start_date", self.desk.start), ("end_date", self.desk.end))
        )
        for one in (self.start, self.end):
            one.observe(self.moved(lambda _: self._dated()), names="value")
        self.checks: dict[str, Any] = {}
        self.states: dict[str, Any] = {}
        rows = []
        for slug in parameters.notebooks():
            check = ipywidgets.Checkbox(description=readiness.report_name(slug, lang), indent=False)
            check.tooltip = labels.text(f"runner.questions.{slug}", lang)
            check.observe(lambda _: self._shown_command(), names="value")
            self.checks[slug], self.states[slug] = check.add_class("nb-start-check"), parts.html()
            rows.append(parts.row(check, self.states[slug]).add_class("nb-start-report"))
        self.go = parts.button(text("run"), self.guarded(self._run), primary=True, icon="play")
        self.command, self.covered = parts.html(), parts.html()
        self._doubts = ""
        dates = parts.row(self.start, self.end)
        foot = parts.row(self.go, self.cancel, self.progress)
        return [self.preset, dates, self.covered, *rows, foot, self.said, self.command]

    def redraw(self) -> None:
        """Periods and reports of the shop that is open."""
        shop, lang, text = self.desk.shop, self.desk.lang, self.desk.text
        found, campaign = self.desk.presets()
        names = {AUTO: text("preset.auto")} | {
            key: campaign if key == "campaign" else text(f"preset.{key}") for key in found
        }
        chosen = self.preset.value if self.preset.value in names else None
        with self.silently():
            self.preset.options = [(name, key) for key, name in names.items()]
            self.preset.value = chosen or (None if self.start.value or self.end.value else AUTO)
        days = self.desk.days()
        said = text("covered", first=days.start, last=days.end) if days else ""
        self.covered.value = str(parts.paragraph(said, "muted")) if said else ""
        for slug, check in self.checks.items():
            error = readiness.lacking(shop, slug) if shop else None
            was_shut = check.disabled
            check.disabled = shop is None or error is not None
            if error is not None and shop is not None:
                table = labels.text(f"intake.tables.{error.values['table']}", lang)
                check.value = False
                self.states[slug].value = str(
                    parts.paragraph(labels.text("cli.status.lacks", lang, table=table), "muted")
                )
            elif was_shut or not self.states[slug].value:
                if was_shut and not self.at_work:
                    self.say(self._doubts, "attention")  # what could not be run before
                check.value = True
                self._retell(slug)
        self.go.disabled = shop is None or self.at_work
        self._shown_command()

    def forget(self) -> None:
        """Reports of another shop are not this one's."""
        super().forget()
        self._ended_so.clear()
        for state in self.states.values():
            state.value = ""

    def chosen(self) -> list[str]:
        """The reports that are ticked."""
        return [slug for slug, check in self.checks.items() if check.value and not check.disabled]

    def _retell(self, slug: str) -> None:
        """What stands beside a report: what became of it, in the page's language, else the question it answers."""
        if slug in self._ended_so:
            self._finished(slug, self._ended_so[slug])
        elif self.at_work and slug in self._left:
            self._state(slug, self.desk.text("waiting"), "muted")
        else:
            self._state(slug, labels.text(f"runner.questions.{slug}", self.desk.lang), "muted")

    def _preset(self, key: str | None) -> None:
        if key is None:
            return
        period = self.desk.presets()[0].get(key)
        with self.silently():
            self.start.value, self.end.value = (period.start, period.end) if period else (None, None)
        self._dated(by_hand=False)

    def _dated(self, *, by_hand: bool = True) -> None:
        if by_hand:
            with self.silently():
                self.preset.value = None
        self.desk.start, self.desk.end = _written(self.start.value), _written(self.end.value)
        self._doubts = self._wrong_period()
        self.say(self._doubts, "attention")
        self._shown_command()

    def _wrong_period(self) -> str:
        """Why the period cannot be run; "" where it can."""
        start, end, covered = self.start.value, self.end.value, self.desk.days()
        if start and end and end < start:
            return self.desk.text("backwards", start=start, end=end)
        outside = covered and ((end and end < covered.start) or (start and start > covered.end))
        if outside and covered:
            return self.desk.text("no_data_then", first=covered.start, last=covered.end)
        return ""

    def _given(self, start: str, end: str) -> dict[str, str]:
        return {name: value for name, value in (("start_date", start), ("end_date", end)) if value}

    def _said(self) -> list[str]:
        given = self._given(self.desk.start, self.desk.end)
        every = self.chosen() == [slug for slug, check in self.checks.items() if not check.disabled]
        return words(self.desk.short(self.desk.folder), [] if every else self.chosen(), given, self.desk.lang)

    def _shown_command(self) -> None:
        self.command.value = str(self._command(self._said())) if self.desk.shop is not None else ""

    def _command(self, said: Sequence[str]) -> Markup:
        line = Markup("<code>{}</code>").format(shlex.join(["shopnb", *said]))
        return parts.fold(self.desk.text("same_command"), parts.paragraph(line))

    def _run(self) -> None:
        if not self.chosen():
            possible = any(not check.disabled for check in self.checks.values())
            self.say(self.desk.text("nothing_chosen" if possible else "nothing_possible"), "attention")
            return
        if wrong := self._wrong_period():
            self.say(wrong, "attention")
            return
        if self.desk.work.is_busy:
            self.say(self.desk.text("busy"), "attention")
            return
        self._left = self.chosen()
        self._ended_so.clear()
        for slug in self._left:
            self._state(slug, self.desk.text("waiting"), "muted")
        given = self._given(self.desk.start, self.desk.end)
        batch = Batch(words(str(self.desk.folder.resolve()), self._left, given, self.desk.lang), self.desk.lang)
        self.say(self.desk.text("starting"), "working")
        self.beside(
            lambda: batch.follow(lambda event: self.desk.work.tell(self._heard, event)),
            lambda outcome: self._over(outcome),  # type: ignore[arg-type]
        )
        self.go.disabled = True
        self.progress.max = len(self._left)
        self.desk.work.when_stopped = batch.stop

    def _heard(self, event: Mapping[str, Any]) -> None:
        slug = str(event.get("report", ""))
        if event["event"] == "started" and slug in self.states:
            self._state(slug, self.desk.text("running"), "strong working")
            self.say(self.desk.text("going_on", done=self.progress.value, total=self.progress.max), "working")
        elif event["event"] == "finished" and slug in self.states:
            self._left = [one for one in self._left if one != slug]
            self._ended_so[slug] = event
            self.progress.value += 1
            self._finished(slug, event)
            self.say(self.desk.text("going_on", done=self.progress.value, total=self.progress.max), "working")
        elif event["event"] == "ended":
            counts = [labels.text(f"cli.live.{key}", self.desk.lang, count=event[key])
                      for key in ("done", "unchanged", "failed", "not_ready") if event[key]]  # fmt: skip
            listed = labels.text("cli.list_mark", self.desk.lang).join(counts)
            self._summary = self.desk.text("ended", listed=listed, seconds=event["run"]["seconds"])

    def _finished(self, slug: str, event: Mapping[str, Any]) -> None:
        state, path = str(event["state"]), str(event["path"])
        page = self.desk.out / path
        if state in _FAILED:
            opened = links(page, self.desk.lang) if path else Markup()
            error = event.get("error", {})
            why = " ".join(filter(None, (error.get("problem", ""), error.get("fix", ""))))
            self._state(slug, parts.shown(f"{self.desk.text(f'state.{state}')}: {why} ") + opened, "attention")
            return
        notebook = workbook(self.desk.folder, slug, self.desk.lang)
        opened = links(page, self.desk.lang, notebook=notebook)
        took = labels.text("cli.run.took", self.desk.lang, seconds=event["seconds"]) if state == "done" else ""
        said = " ".join(filter(None, (self.desk.text(f"state.{state}"), took)))
        self._state(slug, parts.shown(f"{said} · ") + opened, "good")

    def _state(self, slug: str, said: object, look: str) -> None:
        self.states[slug].value = str(parts.paragraph(said, look))

    def _over(self, outcome: Outcome) -> None:
        self.go.disabled = False
        for slug in self._left:
            self._state(slug, self.desk.text("stopped" if outcome.stopped else "not_run"), "muted")
        self.desk.changed()
        if outcome.stopped:
            self.say(self.desk.text("run_cancelled"))
        elif outcome.complaint and self._left:
            self.say(_sentence(outcome.complaint), "attention")
        else:
            self.say(self._summary, "good" if outcome.code in (0, 3) else "attention")

    def _failed(self, error: BaseException) -> None:
        self.go.disabled = False
        super()._failed(error)


def _sentence(complaint: str) -> str:
    """The last complaint of a command, without its code."""
    first, _, rest = complaint.partition("\n")
    code, mark, told = first.partition(": ")
    return (told if mark and code.replace("_", "").isalnum() else first) + (f"\n{rest}" if rest else "")


def _day(written: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(written) if written else None
    except ValueError:
        return None


def _written(day: dt.date | None) -> str:
    return day.isoformat() if day else ""
