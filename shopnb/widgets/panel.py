"""Controls made from a notebook's parameters cell: one source of name, type, help and default.

The state is the parameters: a control holds nothing that `-p` cannot say.
"""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

from IPython.display import display

from shopnb import labels
from shopnb.widgets.control import Control, make_control
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
        display(Panel(page).box)
        note = html.escape(labels.text("widgets.stale", page.lang))
        stale = f'<style>{_css("stale.css")}</style><p class="nb-stale" lang="{page.lang}">{note}</p>'
        display({"text/html": stale, "text/plain": ""}, raw=True)


def _css(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def styled() -> ipywidgets.Widget:
    """The style of all controls, as a widget that takes no room."""
    import ipywidgets

    return ipywidgets.HTML(f"<style>{_css('controls.css')}</style>", layout=ipywidgets.Layout(display="none"))


def row(title: str, members: Sequence[ipywidgets.Widget]) -> ipywidgets.Widget:
    """Controls in a row that wraps, behind their heading."""
    import ipywidgets

    heading = ipywidgets.HTML(f"<b>{html.escape(title)}</b>").add_class("nb-control-group")
    return ipywidgets.Box([heading, *members]).add_class("nb-control-row")


def button(icon: str, pressed: Any) -> ipywidgets.Button:
    """A small button that does one thing."""
    import ipywidgets

    made = ipywidgets.Button(icon=icon, layout=ipywidgets.Layout(width="auto"))
    made.on_click(lambda _: pressed())
    return made


def _group_of(name: str) -> str:
    return next((group for group, names in GROUPS.items() if name in names), "look")


class Panel:
    """The controls of one page in groups, periods by name, a way back, a way to `-p`, and what goes on."""

    def __init__(self, page: Controlled) -> None:
        import ipywidgets

        self._desk: Desk = desk_of(page)
        self._page = page
        self._quiet = False
        self.controls: dict[str, Control] = {}
        self.spans: ipywidgets.Dropdown | None = None
        self._style = styled()
        self.status = ipywidgets.HTML().add_class("nb-control-status")
        self.reset = button("undo", self._desk.reset)
        self.copy = button("copy", self._turn_copies)
        self.copies = ipywidgets.HTML(layout=ipywidgets.Layout(display="none")).add_class("nb-copies")
        self.box = ipywidgets.VBox().add_class("nb-controls")
        self._desk.fronts["panel"] = self
        self._build()

    def values(self) -> dict[str, Any]:
        """The parameters as the controls stand."""
        return {name: control.value for name, control in self.controls.items()}

    def follow(self) -> None:
        """Stand at the wanted values; in another language every control is made anew."""
        if self._page.lang != self._lang:
            self._build()
        self._quiet = True
        try:
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

    def _build(self) -> None:
        """Make all controls anew in the page's language, standing at the wanted values."""
        import ipywidgets

        lang, offered = self._page.lang, self._page.offered()
        for old in self.controls.values():
            old.widget.close()
        self._lang = lang
        self.controls = {
            one.name: make_control(one, self._desk.wanted[one.name], offered.get(one.name, ()), lang, self._page.slug)
            for one in self._page.declared()
            if one.name not in FIXED
        }
        for name, control in self.controls.items():
            control.widget.observe(lambda _, name=name: self._moved(name), names="value")
        self.spans = self._named_spans(lang)
        for one, key in ((self.reset, "reset"), (self.copy, "copy")):
            one.description = labels.text(f"widgets.{key}", lang)
            one.tooltip = labels.text(f"widgets.{key}_help", lang)
        old_rows = self.box.children
        rows: list[ipywidgets.Widget] = []
        for group in GROUPS:
            members = [one.widget for name, one in self.controls.items() if _group_of(name) == group]
            if group == "period" and self.spans:
                members.insert(0, self.spans)
            if members:
                rows.append(row(labels.text(f"widgets.group.{group}", lang), members))
        foot = ipywidgets.HBox([self.reset, self.copy, self.status]).add_class("nb-control-foot")
        self.box.children = (self._style, *rows, foot, self.copies)
        for old_row in old_rows:
            if old_row not in (self._style, self.copies):
                old_row.close()
        self._write_copies()

    def _named_spans(self, lang: str) -> ipywidgets.Dropdown | None:
        """Periods by name; None where the page has no days to choose."""
        import ipywidgets

        if self.spans:
            self.spans.close()
            self.spans = None
        self._spans = [Span(labels.text("widgets.span_own", lang), "", ""), *self._page.spans()]
        if len(self._spans) == 1 or "start_date" not in self.controls:
            return None
        options = [(one.name, place) for place, one in enumerate(self._spans)]
        spans = ipywidgets.Dropdown(options=options, value=self._span_now())
        spans.description = labels.text("widgets.span", lang)
        spans.add_class("nb-control").add_class("nb-control-span")
        spans.observe(lambda _: self._picked(), names="value")
        return spans

    def _span_now(self) -> int:
        """The place of the named period that the wanted days are; 0 for days of one's own."""
        now = self._desk.wanted["start_date"], self._desk.wanted["end_date"]
        return next((place for place, one in enumerate(self._spans) if place and now == (one.start, one.end)), 0)

    def _picked(self) -> None:
        if self._quiet or self.spans is None or not self.spans.value:
            return
        span = self._spans[self.spans.value]
        self._desk.want(start_date=span.start, end_date=span.end)

    def _moved(self, name: str) -> None:
        if not self._quiet:
            self._desk.want(**{name: self.controls[name].value})

    def _turn_copies(self) -> None:
        hidden = self.copies.layout.display == "none"
        self.copies.layout.display = "flex" if hidden else "none"

    def _write_copies(self) -> None:
        self.copies.value = copies_html(self._page.slug, self._page.declared(), self._page.given, self._page.lang)
