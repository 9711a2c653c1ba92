"""The panel that takes exports in: upload, inbox, what each file was taken for, what can be seen now."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from shopnb import labels, parameters, readiness
from shopnb.intake import IN_ARCHIVE, FileAccount, import_files
from shopnb.intake.containers import SUFFIXES, find_files
from shopnb.shop import telling
from shopnb.shop.inbox import INBOX, receive
from shopnb.start import parts
from shopnb.start.desk import Desk
from shopnb.start.panel import Panel
from shopnb.start.upload import FileUpload, Handed

if TYPE_CHECKING:
    import ipywidgets

LOOK_SECONDS = 2.0  # between two looks at the inbox
LARGEST_MB = 100  # of one uploaded file; larger ones are put into the inbox
_NUMBERS = (3, 4, 5, 6)  # of the table of imports


class Files(Panel):
    """Exports in."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.watch: Any = None
        self._uploaded_now: Mapping[str, Path] = {}
        self._left_out: list[str] = []  # of the files chosen together, what could not be taken

    def twin(self) -> Markup:
        """What each file of the shop was taken for, and which reports can be seen."""
        if self.desk.shop is None:
            return Markup()
        filled = [account for account in self.desk.shop.accounts() if account.read]  # empty templates say nothing
        if not filled:
            return self.seen()
        return self.seen() + parts.fold(self.desk.text("all_files", count=len(filled)), self.told(filled))

    def seen(self) -> Markup:
        """How much can be seen now, the one file that shows more, and the state of each report."""
        shop, lang = self.desk.shop, self.desk.lang
        assert shop is not None
        reports = list(parameters.notebooks())
        step = readiness.next_step(readiness.following(shop), len(reports), lang)
        rows = []
        for slug in reports:
            sight = readiness.sight(shop, slug)
            state = labels.text(f"cli.status.sight.{sight.state}", lang)
            lacking = [readiness.where_to_get(table, lang) for table in sight.lacks] or [labels.text("cli.none", lang)]
            rows.append((readiness.report_name(slug, lang), state, Markup("<br>").join(map(parts.shown, lacking))))
        headings = [self.desk.text(f"column.{key}") for key in ("report", "state", "get")]
        return parts.paragraph(step, "strong") + parts.table(headings, rows, stacked=True)

    def told(self, accounts: Sequence[FileAccount]) -> Markup:
        """The table of imports, why files were refused, and the particulars folded below."""
        lang = self.desk.lang
        made = Markup()
        if refused := [self._refused(one) for one in accounts if one.error]:
            made = parts.table([self.desk.text(f"column.{key}") for key in ("refused", "how")], refused, stacked=True)
        if taken := [telling.import_row(one, lang) for one in accounts if not one.error]:
            headings = [labels.text(f"cli.import.{name}", lang) for name in telling.COLUMNS]
            made += parts.table(headings, taken, numbers=_NUMBERS)
        inside = Markup()
        for files, said in telling.by_particulars(accounts, lang):
            shown = [Path(file).name for file in files[:3]]
            more = [labels.text("cli.import.and_more", lang, count=len(files) - 3)] if files[3:] else []
            inside += parts.lines("\n".join([labels.text("cli.list_mark", lang).join([*shown, *more]), *said]))
        return made + (parts.fold(self.desk.text("particulars"), inside) if inside else Markup())

    def _refused(self, account: FileAccount) -> tuple[str, str]:
        """Why a file was not imported, and what to do; of one whose name says that it holds no table, that alone."""
        error = account.error
        assert error is not None
        named = telling.file_name(account)
        suffix = Path(account.file.split(IN_ARCHIVE)[0]).suffix
        code = "not_a_table" if suffix and suffix.lower() not in SUFFIXES else error.code
        told = labels.error_parts(code, self.desk.lang, **error.values | {"file": named})
        return told["problem"], told["fix"]

    def build(self) -> Sequence[ipywidgets.Widget]:
        """Upload, inbox and watch; the state below."""
        import ipywidgets

        text = self.desk.text
        words = {key: text(f"upload.{key}") for key in ("button", "drop", "going")}
        self.upload = FileUpload(
            lambda came: self.guarded(lambda: self._uploaded(came))(),
            words=words, accept=",".join(sorted(SUFFIXES)), most=LARGEST_MB * 1_000_000,
        )  # fmt: skip
        self.take = parts.button(text("import_inbox"), self.guarded(self._take_inbox), icon="inbox")
        on = self.watch is not None and self.watch.value
        self.watch = ipywidgets.ToggleButton(value=on, description=text("watch"), icon="eye", layout={"width": "auto"})
        self.watch.tooltip = text("watch_hint")
        self.watch.observe(lambda change: self.guarded(lambda: self._watched(change["new"]))(), names="value")
        self.last, self.state = parts.html(), parts.html()
        self.back = parts.button(text("undo_upload"), self.guarded(self._take_back), icon="undo")
        self._show_back({})
        self.hint = parts.html(parts.paragraph(text("files_hint", most=LARGEST_MB, inbox=INBOX), "muted"))
        controls = parts.row(self.take, self.watch, self.progress, self.cancel)
        return [self.upload, controls, self.hint, parts.row(self.said, self.back), self.last, self.state]

    def redraw(self) -> None:
        """The shop's files and what can be seen of them."""
        closed = self.desk.shop is None
        for one in (self.upload, self.take, self.watch):
            one.disabled = closed
        self.state.value = str(self.twin())

    def forget(self) -> None:
        """What became of another shop's files."""
        super().forget()
        self.last.value = ""
        self._show_back({})
        if self.watch.value:
            self._watched_now()

    def _uploaded(self, came: Handed) -> None:
        mark = labels.text("cli.list_mark", self.desk.lang)
        inbox = self.desk.short(self.desk.folder / INBOX)
        told = [
            self.desk.text(key, files=mark.join(names), inbox=inbox)
            for key, names in (("too_large", came.large), ("not_read", came.unread)) if names
        ]  # fmt: skip
        self.say("\n".join(told), "attention")
        received = [receive(self.desk.folder, name, content) for name, content in came.files]
        if received:
            self._left_out = told
            self._import(received, ours=received)

    def _take_inbox(self) -> None:
        inbox = self.desk.folder / INBOX
        inbox.mkdir(exist_ok=True)
        if not find_files(inbox):
            self.say(self.desk.text("inbox_empty", inbox=INBOX), "attention")
            return
        self._import([inbox])

    def _import(self, paths: Sequence[Path], *, ours: Sequence[Path] = (), watched: bool = False) -> None:
        """Import beside the page; files of `ours`, just uploaded, that cannot be used are not kept.

        A `watched` import that found nothing new leaves standing what was said before.
        """
        before = self.said.value
        folder = self.desk.folder
        self.beside(
            lambda: import_files(paths, folder, progress=self.step),
            lambda accounts: self._imported(accounts, ours, before if watched else ""),  # type: ignore[arg-type]
        )

    def _imported(self, accounts: Sequence[FileAccount], ours: Sequence[Path], before: str) -> None:
        folder = self.desk.folder.resolve()
        sources = {path.resolve().relative_to(folder).as_posix(): path for path in ours}
        used = {account.source for account in accounts if account.state != "refused"}
        for source, path in sources.items():
            if source not in used:
                path.unlink(missing_ok=True)
        told = [account for account in accounts if account.state != "unchanged"]
        if before and not told:
            self.said.value = before
            return
        new = [one for one in accounts if one.state == "imported" and one.source in sources]
        self._show_back({one.digest: sources[one.source] for one in new})
        counts = {state: sum(one.state == state for one in accounts) for state in ("imported", "unchanged", "refused")}
        key = "taken_none" if not told else "taken_refused" if counts["refused"] else "taken"
        if self.desk.shop is not None:
            self.desk.shop.refresh()
        self.desk.changed()
        left_out, self._left_out = self._left_out, []
        look = "attention" if counts["refused"] or left_out else "good"
        self.say("\n".join([self.desk.text(key, **counts), *left_out]), look)
        self.last.value = str(self.told(told)) if told else ""

    def _show_back(self, uploaded: Mapping[str, Path]) -> None:
        """Offer to take back what was just uploaded: digest of each import -> its file in the inbox."""
        self._uploaded_now = uploaded
        self.back.layout.display = "" if uploaded else "none"

    def _take_back(self) -> None:
        """The last upload was another shop's, or not meant: its rows and its copies in the inbox go."""
        assert self.desk.shop is not None
        if self.desk.work.is_busy:
            self.say(self.desk.text("busy"), "attention")
            return
        uploaded = self._uploaded_now
        for digest, path in uploaded.items():
            self.desk.shop.undo(digest)
            path.unlink(missing_ok=True)
        self.forget()
        self.desk.changed()
        self.say(self.desk.text("upload_undone", count=len(set(uploaded.values()))))

    def _watched(self, on: bool) -> None:
        if on:
            self._watched_now()
            with contextlib.suppress(RuntimeError):  # without a loop nobody can wait
                self._watching = asyncio.get_running_loop().create_task(self._look())
        else:
            self.say(self.desk.text("not_watching"))

    def _watched_now(self) -> None:
        self.say(self.desk.text("watching", inbox=self.desk.short(self.desk.folder / INBOX)))

    async def _look(self) -> None:
        """Import what is in the inbox, then whenever a file in it is new or has changed, once it stays as it is."""
        seen: dict[str, tuple[int, int]] = {}
        before = self._inbox()
        while self.watch.value:
            await asyncio.sleep(LOOK_SECONDS)
            now = self._inbox()
            if now and now != seen and now == before and not self.desk.work.is_busy:
                seen = now
                self.guarded(lambda: self._import([self.desk.folder / INBOX], watched=True))()
            before = now

    def _inbox(self) -> dict[str, tuple[int, int]]:
        if self.desk.shop is None:
            return {}
        found = {}
        for path in find_files(self.desk.folder / INBOX):
            with contextlib.suppress(OSError):
                at = path.stat()
                found[str(path)] = (at.st_size, at.st_mtime_ns)
        return found
