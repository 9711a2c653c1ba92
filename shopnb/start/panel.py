"""What every panel of the start page does: show itself or its static twin, speak the page's language, redraw.

Belongs here: that frame, and turning every failure into a sentence in place.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from shopnb import widgets
from shopnb.start import parts
from shopnb.start.desk import Desk
from shopnb.start.work import StoppedError

if TYPE_CHECKING:
    import ipywidgets


class Panel(ABC):
    """One part of the start page."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._box: ipywidgets.Widget | None = None
        self._lang = ""
        self._of = ""  # the shop folder that the panel's words are about
        self._quiet = False
        self.at_work = False  # this panel's own work goes on beside the page

    @abstractmethod
    def twin(self) -> Markup:
        """What the panel says without any control."""

    @abstractmethod
    def build(self) -> Sequence[ipywidgets.Widget]:
        """The controls, made anew in the page's language."""

    @abstractmethod
    def redraw(self) -> None:
        """Bring the controls in step with the desk."""

    def show(self) -> None:
        """Show the panel: controls where somebody sits before it, else its static twin."""
        if not widgets.is_interactive():
            parts.show_html(self.twin(), self.desk.lang)
            return
        self.make()
        parts.show_widget(self._box, self.desk.lang)

    def make(self) -> ipywidgets.Widget:
        """The panel as one widget."""
        import ipywidgets

        self.said = parts.html("", "nb-start-said")
        if self._box is None:
            self.progress = ipywidgets.IntProgress(bar_style="info", layout={"display": "none"})
            self.progress.add_class("nb-start-progress")
            self.cancel = parts.button("", self._cancelled, icon="stop")
            self.cancel.layout.display = "none"
            self._box = ipywidgets.VBox().add_class("nb-start")
            self.desk.on_change(self.guarded(self._changed))
        self._lang = self.desk.lang
        self.cancel.description = self.desk.text("cancel")
        self._box.children = (parts.html(parts.style(), "nb-start-style"), *self.build())
        self.redraw()
        return self._box

    def _changed(self) -> None:
        opened = str(self.desk.folder) if self.desk.shop else ""
        if opened != self._of:
            self._of = opened
            self.forget()
        if self._lang != self.desk.lang:
            self.make()
        else:
            self.redraw()

    def forget(self) -> None:
        """Another shop is open: what was said of the one before goes."""
        self.say("")

    def say(self, text: str, look: str = "") -> None:
        """What goes on or went wrong, in the panel's own line."""
        role = "alert" if look == "attention" else "status"
        self.said.value = f'<div role="{role}">{parts.lines(text, look)}</div>' if text else ""

    def guarded(self, function: Callable[[], None]) -> Callable[[], None]:
        """A handler whose failures are sentences in place."""

        def call() -> None:
            try:
                function()
            except Exception as error:  # ours: a traceback would go where the operator never looks
                self.say(parts.sentence(error, self.desk.lang), "attention")

        return call

    @contextlib.contextmanager
    def silently(self) -> Iterator[None]:
        """Controls set in here are set by the page, not by a person: their handlers do nothing."""
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before

    def moved(self, function: Callable[[Any], None]) -> Callable[[Any], None]:
        """A handler of a control that a person moves; it is given the new value."""

        def call(change: Any) -> None:
            if not self._quiet:
                self.guarded(lambda: function(change["new"]))()

        return call

    def beside(self, task: Callable[[], object], ended: Callable[[object], None]) -> None:
        """Do something long beside the page, with the panel's progress bar and its cancel button."""
        if self.desk.work.is_busy:
            self.redraw()  # a control that was moved shows again what is
            self.say(self.desk.text("busy"), "attention")
            return
        self._running(True)
        self.desk.work.begin(task, ended=lambda given: self._ended(ended, given), failed=self._failed)

    def step(self, done: int, total: int, what: str) -> None:
        """From inside the work: how far it is."""
        self.desk.work.check()
        self.desk.work.tell(self._stepped, done, total, what)

    def _stepped(self, done: int, total: int, what: str) -> None:
        self.progress.max, self.progress.value = max(total, 1), done
        if what:
            self.say(self.desk.text("progress", done=done, total=total, what=what), "working")

    def _running(self, now: bool) -> None:
        self.at_work = now
        for one in (self.progress, self.cancel):
            one.layout.display = "" if now else "none"
        self.progress.value = 0

    def _ended(self, ended: Callable[[object], None], given: object) -> None:
        self._running(False)
        self.guarded(lambda: ended(given))()

    def _failed(self, error: BaseException) -> None:
        self._running(False)
        if isinstance(error, StoppedError):
            self.say(self.desk.text("cancelled"))
        else:
            self.say(parts.sentence(error, self.desk.lang), "attention")
        self.desk.changed()

    def _cancelled(self) -> None:
        if self.desk.work.is_busy:
            self.say(self.desk.text("cancelling"))
            self.desk.work.stop()
