"""Controls made from a notebook's parameters cell: one source of name, type, help and default.

The state is the parameters: a control holds nothing that `-p` cannot say.
"""

from __future__ import annotations

import atexit
import gc
import html
import os
from collections.abc import Mapping, Sequence
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING, Any

from IPython.display import display

from shopnb import labels
from shopnb.widgets.control import Control, make_control, reword
from shopnb.widgets.copying import copies_html
from shopnb.widgets.desk import FIXED, Controlled, Desk, desk_of
from shopnb.widgets.dials import Span

if TYPE_CHECKING:
    import ipywidgets

GROUPS = {  # all others are what the page looks at
    "period": ("start_date", "end_date", "grain", "compare"),
    "look": (),
    "assumed": (
        "margin_rate", "assumptions", "units_per_buyer", "sold_window_days", "min_effect", "from_source", "to_source",
        "moved_visitors", "planned_days",
    ),
    "reader": ("lang",),
}  # fmt: skip


def is_interactive() -> bool:
    """Whether somebody sits before it: JupyterLab's kernels carry a session name, headless ones do not."""
    return "JPY_SESSION_NAME" in os.environ


def controls(page: Controlled) -> None:
    """Show a control for each parameter; headless, nothing."""
    if is_interactive():
        _spare_the_collector()
        display(Panel(page).box)
        note = html.escape(labels.text("widgets.stale", page.lang))
        stale = f'<style>{_css("stale.css")}</style><p class="nb-stale" lang="{page.lang}">{note}</p>'
        display({"text/html": stale, "text/plain": ""}, raw=True)


def _spare_the_collector() -> None:
    """Take what the process holds by now, most of it libraries, from the garbage collector, once.

    It would go through all of it in the midst of every few redraws, a fifth of a second each time.
    """
    if not gc.get_freeze_count():
        gc.freeze()
        atexit.register(gc.unfreeze)  # at the end all is cleared as ever


def _css(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def styled() -> ipywidgets.Widget:
    """The style of all controls, as a widget that takes no room."""
    import ipywidgets

    return ipywidgets.HTML(f"<style>{_css('controls.css')}</style>", layout=ipywidgets.Layout(display="none"))


def row(title: str, members: Sequence[ipywidgets.Widget]) -> ipywidgets.Widget:
    """Controls in a row that wraps, behind their heading."""
    import ipywidgets

    headed = ipywidgets.HTML(heading(title)).add_class("nb-control-group")
    return ipywidgets.Box([headed, *members]).add_class("nb-control-row")


def heading(title: str) -> str:
    """The heading of a row."""
    return f"<b>{html.escape(title)}</b>"


def button(icon: str, pressed: Any) -> ipywidgets.Button:
    """A small button that does one thing."""
    import ipywidgets

    made = ipywidgets.Button(icon=icon, layout=ipywidgets.Layout(width="auto"))
    made.on_click(lambda _: pressed())
    return made


def _options(spans: Sequence[Span]) -> list[tuple[str, int]]:
    return [(one.name, place) for place, one in enumerate(spans)]


def _group_of(name: str) -> str:
    return next((group for group, names in GROUPS.items() if name in names), "look")


class Panel:
    """The controls of one page in groups, periods by name, a way back, a way to `-p`, and what goes on."""

    def __init__(self, page: Controlled) -> None:
        import ipywidgets

        self._desk: Desk = desk_of(page)
        self._page = page
        self._quiet = False
        self._lang = page.lang
        self._offered = page.offered()
        self.controls = self._made()
        self._spans = self._named_spans()
        self.spans: ipywidgets.Dropdown | None = self._spans_offered()
        self.status = ipywidgets.HTML().add_class("nb-control-status")
        self.reset = button("undo", self._desk.alone(self._desk.reset))
        self.copy = button("copy", self._turn_copies)
        self.copies = ipywidgets.HTML(layout=ipywidgets.Layout(display="none")).add_class("nb-copies")
        self._rows = {group: row("", members) for group in GROUPS if (members := self._members(group))}
        foot = ipywidgets.HBox([self.reset, self.copy, self.status]).add_class("nb-control-foot")
        self.box = ipywidgets.VBox([styled(), *self._rows.values(), foot, self.copies]).add_class("nb-controls")
        self._desk.fronts["panel"] = self
        self._head()
        self._hide_spans()
        self._write_copies()

    def values(self) -> dict[str, Any]:
        """The parameters as the controls stand."""
        return {name: control.value for name, control in self.controls.items()}

    def follow(self) -> None:
        """Stand at the wanted values, in the page's language, and offer what there is with them."""
        self._quiet = True
        try:
            self._reword()
            for name, control in self.controls.items():
                if control.value != self._desk.wanted[name]:
                    control.value = self._desk.wanted[name]
            if self.spans:
                self.spans.value = self._span_now()
        finally:
            self._quiet = False
        self._write_copies()

    def say(self, written: str) -> None:
        """What goes on, in the line under the controls."""
        self.status.value = written

    def _made(self) -> dict[str, Control]:
        """A control for each parameter that can be moved, standing at the wanted values."""
        made = {}
        for one in self._page.declared():
            if one.name not in FIXED:
                value, choices = self._desk.wanted[one.name], self._offered.get(one.name, ())
                made[one.name] = make_control(one, value, choices, self._lang, self._page.slug)
                made[one.name].widget.observe(self._desk.alone(partial(self._moved, one.name)), names="value")
        return made

    def _members(self, group: str) -> list[ipywidgets.Widget]:
        members = [one.widget for name, one in self.controls.items() if _group_of(name) == group]
        return [self.spans, *members] if group == "period" and self.spans else members

    def _reword(self) -> None:
        """Everything in another language, or what is offered otherwise now."""
        is_other, self._lang = self._page.lang != self._lang, self._page.lang
        before, self._offered = self._offered, self._page.offered()
        for one in self._page.declared():
            choices = self._offered.get(one.name, ())
            if one.name in self.controls and (is_other or choices != before.get(one.name, ())):
                value = self._desk.wanted[one.name]
                reword(self.controls[one.name], one, value, choices, self._lang, self._page.slug)
        spans = self._named_spans()
        if self.spans and spans != self._spans:
            self._spans = spans
            with self.spans.hold_sync():
                self.spans.description = labels.text("widgets.span", self._lang)
                self.spans.options = _options(self._spans)
                self.spans.value = self._span_now()
            self._hide_spans()
        if is_other:
            self._head()

    def _head(self) -> None:
        """Headings of the rows, and the words on the buttons."""
        for group, made in self._rows.items():
            made.children[0].value = heading(labels.text(f"widgets.group.{group}", self._lang))
        for one, key in ((self.reset, "reset"), (self.copy, "copy")):
            with one.hold_sync():
                one.description = labels.text(f"widgets.{key}", self._lang)
                one.tooltip = labels.text(f"widgets.{key}_help", self._lang)

    def _named_spans(self) -> list[Span]:
        """Periods by name, behind the place for days of one's own."""
        return [Span(labels.text("widgets.span_own", self._lang), "", ""), *self._page.spans()]

    def _spans_offered(self) -> ipywidgets.Dropdown | None:
        """Periods to choose by name, out of sight while there are none; None where the page has no days to choose."""
        import ipywidgets

        if "start_date" not in self.controls:
            return None
        spans = ipywidgets.Dropdown(
            options=_options(self._spans), value=self._span_now(), description=labels.text("widgets.span", self._lang)
        )
        spans.add_class("nb-control").add_class("nb-control-span")
        spans.observe(self._desk.alone(self._picked), names="value")
        return spans

    def _hide_spans(self) -> None:
        if self.spans:
            self.spans.layout.display = None if len(self._spans) > 1 else "none"

    def _span_now(self) -> int:
        """The place of the named period that the wanted days are; 0 for days of one's own."""
        now = self._desk.wanted["start_date"], self._desk.wanted["end_date"]
        return next((place for place, one in enumerate(self._spans) if place and now == (one.start, one.end)), 0)

    def _picked(self, change: Mapping[str, Any]) -> None:
        if not self._quiet and change["new"]:
            span = self._spans[change["new"]]
            self._desk.want(start_date=span.start, end_date=span.end)

    def _moved(self, name: str, change: Mapping[str, Any]) -> None:
        """Want what the hand chose, even where the control was put back meanwhile by a redraw of before."""
        if not self._quiet:
            self._desk.want(**{name: self.controls[name].read(change["new"])})

    def _turn_copies(self) -> None:
        hidden = self.copies.layout.display == "none"
        self.copies.layout.display = "flex" if hidden else "none"

    def _write_copies(self) -> None:
        self.copies.value = copies_html(self._page.slug, self._page.declared(), self._page.given, self._page.lang)
