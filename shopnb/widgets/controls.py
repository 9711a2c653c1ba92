"""Controls made from a notebook's parameters cell: one source of name, type, help and default.

The state is the parameters: a control holds nothing that `-p` cannot say. Moving one calls the page's `update`, which
recomputes with the functions of a headless run.
"""

from __future__ import annotations

import datetime as dt
import html
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from IPython.display import display

from shopnb import labels
from shopnb.errors import ShopnbError
from shopnb.parameters import Parameter

if TYPE_CHECKING:
    import ipywidgets

FIXED = ("shop",)  # chosen in the parameters cell: another shop is another run
DAYS = ("start_date", "end_date")


class Controlled(Protocol):
    """What a page offers to its controls."""

    given: dict[str, Any]

    @property
    def lang(self) -> str:
        """Language of the labels."""

    def declared(self) -> tuple[Parameter, ...]:
        """The parameters in the order of the cell."""

    def choices(self) -> Mapping[str, Sequence[str]]:
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


class Panel:
    """The controls of one page, a reset button, and one line that says what is going on."""

    def __init__(self, page: Controlled) -> None:
        import ipywidgets

        self._page = page
        self._initial = dict(page.given)
        self._quiet = False
        self.by_name = {
            parameter.name: self._control(parameter) for parameter in page.declared() if parameter.name not in FIXED
        }
        for name, control in self.by_name.items():
            control.add_class(f"nb-control-{name}")
            control.observe(lambda _, name=name: self._moved(name), names="value")
        self._status = ipywidgets.HTML()
        reset = ipywidgets.Button(description=labels.text("widgets.reset", page.lang), icon="undo")
        reset.on_click(lambda _: self._reset())
        layout = ipywidgets.Layout(flex_flow="row wrap", grid_gap="4px 16px")
        self.box = ipywidgets.VBox(
            [ipywidgets.Box([*self.by_name.values(), reset], layout=layout), self._status]
        ).add_class("nb-controls")

    def _control(self, parameter: Parameter) -> ipywidgets.ValueWidget:
        import ipywidgets

        page, value = self._page, self._page.given[parameter.name]
        choices = list(page.choices().get(parameter.name, ()))
        look: dict[str, Any] = {
            "description": labels.text(f"parameters.{parameter.name}", page.lang),
            "tooltip": parameter.help,
            "style": {"description_width": "initial"},
        }
        if parameter.name in DAYS:
            return ipywidgets.DatePicker(value=dt.date.fromisoformat(value) if value else None, **look)
        if parameter.type == "bool":
            return ipywidgets.Checkbox(value=value, **look)
        if parameter.type == "list[str]":
            known = [*choices, *(part for part in value if part not in choices)]
            return ipywidgets.SelectMultiple(options=known, value=tuple(value), rows=min(6, max(2, len(known))), **look)
        if choices:
            named = [(self._choice(parameter.name, choice), choice) for choice in choices]
            return ipywidgets.Dropdown(options=named, value=value, **look)
        if parameter.type == "int":
            return ipywidgets.IntText(value=value, continuous_update=False, **look)
        if parameter.type == "float":
            return ipywidgets.FloatText(value=value, step=0.01, continuous_update=False, **look)
        return ipywidgets.Text(value=value, continuous_update=False, **look)

    def _choice(self, name: str, choice: str) -> str:
        """A choice in words, where the labels have one: sources and items speak for themselves."""
        key = f"parameters.choices.{name}.{choice or 'empty'}"
        return labels.text(key, self._page.lang) if labels.has(key, self._page.lang) else choice

    def _value(self, name: str) -> Any:
        value = self.by_name[name].value
        if name in DAYS:
            return value.isoformat() if value else ""
        return list(value) if isinstance(value, tuple) else value

    def _moved(self, name: str) -> None:
        if not self._quiet:
            self._apply({name: self._value(name)})

    def _apply(self, changed: Mapping[str, Any]) -> None:
        self._say("working")
        try:
            self._page.update(**changed)
        except ShopnbError as error:
            self._status.value = f'<span role="alert">{html.escape(error.text(self._page.lang))}</span>'
        else:
            self._say("done")

    def _say(self, key: str) -> None:
        self._status.value = f'<span role="status">{html.escape(labels.text(f"widgets.{key}", self._page.lang))}</span>'

    def _reset(self) -> None:
        self._quiet = True
        try:
            for name, control in self.by_name.items():
                value = self._initial[name]
                if name in DAYS:
                    value = dt.date.fromisoformat(value) if value else None
                control.value = tuple(value) if isinstance(value, list) else value
        finally:
            self._quiet = False
        self._apply({name: self._initial[name] for name in self.by_name})
