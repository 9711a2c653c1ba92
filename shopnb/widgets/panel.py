"""Controls made from a notebook's parameters cell: one source of name, type, help and default.

The state is the parameters: a control holds nothing that `-p` cannot say. Moving one calls the page's `update`, which
recomputes with the functions of a headless run.
"""

from __future__ import annotations

import asyncio
import html
import os
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from IPython.display import display

from shopnb import labels
from shopnb.errors import ShopnbError
from shopnb.parameters import Parameter
from shopnb.widgets.control import Control, make_control

if TYPE_CHECKING:
    import ipywidgets

FIXED = ("shop", "due_date")  # another shop is another run; what data are due is the scheduler's to know
GROUPS = {  # all others are what the page looks at
    "period": ("start_date", "end_date", "grain", "compare"),
    "look": (),
    "assumed": (
        "margin_rate", "assumptions", "units_per_buyer", "sold_window_days", "min_effect",
    ),
    "reader": ("lang",),
}  # fmt: skip
WAIT_SECONDS = 0.25  # a date typed digit by digit is one change


class Controlled(Protocol):
    """What a page offers to its controls."""

    slug: ClassVar[str]
    given: dict[str, Any]

    @property
    def lang(self) -> str:
        """Language of the labels."""

    def declared(self) -> tuple[Parameter, ...]:
        """The parameters in the order of the cell."""

    def choices(self) -> Mapping[str, Sequence[Any]]:
        """Parameter name to the values it may have, for those that have a list."""

    def update(self, **changed: Any) -> None:
        """Set parameters and redraw."""


def is_interactive() -> bool:
    """Whether somebody sits before it: JupyterLab's kernels carry a session name, headless ones do not."""
    return "JPY_SESSION_NAME" in os.environ


def controls(page: Controlled) -> None:
    """Show a control for each parameter; headless, nothing."""
    if is_interactive():
        display(Panel(page).box)


def _group_of(name: str) -> str:
    return next((group for group, names in GROUPS.items() if name in names), "look")


class Panel:
    """The controls of one page in groups, a button that brings the first values back, a line that says what goes on."""

    def __init__(self, page: Controlled) -> None:
        import ipywidgets

        self._page = page
        self._first = dict(page.given)
        self._quiet = False
        self._pending: asyncio.TimerHandle | None = None
        self.controls: dict[str, Control] = {}
        css = resources.files(__package__).joinpath("controls.css").read_text(encoding="utf-8")
        self._style = ipywidgets.HTML(f"<style>{css}</style>", layout=ipywidgets.Layout(display="none"))
        self.status = ipywidgets.HTML().add_class("nb-control-status")
        self.reset = ipywidgets.Button(icon="undo", layout=ipywidgets.Layout(width="auto"))
        self.reset.on_click(lambda _: self._reset())
        self.box = ipywidgets.VBox().add_class("nb-controls")
        self._build(self._first)

    def values(self) -> dict[str, Any]:
        """The parameters as the controls stand."""
        return {name: control.value for name, control in self.controls.items()}

    def _build(self, values: Mapping[str, Any]) -> None:
        """Make all controls anew in the page's language, standing at `values`."""
        import ipywidgets

        lang, choices = self._page.lang, self._page.choices()
        for old in self.controls.values():
            old.widget.close()
        self._lang = lang
        self.controls = {
            one.name: make_control(one, values[one.name], choices.get(one.name, ()), lang, self._page.slug)
            for one in self._page.declared()
            if one.name not in FIXED
        }
        for control in self.controls.values():
            control.widget.observe(self._moved, names="value")
        self.reset.description = labels.text("widgets.reset", lang)
        self.reset.tooltip = labels.text("widgets.reset_help", lang)
        old_rows = self.box.children
        rows: list[ipywidgets.Widget] = []
        for group in GROUPS:
            members = [one.widget for name, one in self.controls.items() if _group_of(name) == group]
            if members:
                rows.append(_row(labels.text(f"widgets.group.{group}", lang), members))
        self.box.children = (
            self._style,
            *rows,
            ipywidgets.HBox([self.reset, self.status]).add_class("nb-control-foot"),
        )
        for row in old_rows:
            if row is not self._style:
                row.close()

    def _moved(self, _: Any) -> None:
        """Recompute when the hand rests: a running event loop collects what comes close together."""
        if self._quiet:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.apply()
            return
        if self._pending:
            self._pending.cancel()
        self._pending = loop.call_later(WAIT_SECONDS, self.apply)

    def apply(self) -> None:
        """Recompute and redraw with the parameters as the controls stand; a mistake is a sentence beside them."""
        self._pending = None
        self._say(labels.text("widgets.working", self._lang), look="nb-busy")
        try:
            self._page.update(**self.values())
        except ShopnbError as error:
            sentence = error.text(self._lang).removeprefix(f"{error.code}: ")
            self._say(sentence, labels.text("widgets.kept", self._lang), look="nb-attention")
        except Exception as error:  # ours: a traceback would go where the operator never looks
            what = f"{type(error).__name__}: {error}"
            self._say(labels.text("widgets.broken", self._lang, what=what), look="nb-attention")
        else:
            if self._page.lang != self._lang:
                self._build(self._page.given)
            self._say(labels.text("widgets.done", self._lang))

    def _say(self, *sentences: str, look: str = "") -> None:
        """What goes on, in the line under the controls."""
        role = "alert" if look == "nb-attention" else "status"
        lines = [html.escape(line) for sentence in sentences for line in sentence.splitlines()]
        self.status.value = f'<span class="nb-said {look}" role="{role}">{"<br>".join(lines)}</span>'

    def _reset(self) -> None:
        self._quiet = True
        try:
            for name, control in self.controls.items():
                control.value = self._first[name]
        finally:
            self._quiet = False
        self.apply()


def _row(title: str, members: Sequence[ipywidgets.Widget]) -> ipywidgets.Widget:
    import ipywidgets

    heading = ipywidgets.HTML(f"<b>{html.escape(title)}</b>").add_class("nb-control-group")
    return ipywidgets.Box([heading, *members]).add_class("nb-control-row")
