"""One control for one parameter: which widget fits its type, and its value as the parameter is written."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shopnb import labels
from shopnb.parameters import Parameter

if TYPE_CHECKING:
    import ipywidgets

DAYS = ("start_date", "end_date")
_MARKS = re.compile(r"[,，、;；\s]+")


@dataclass
class Control:
    """A widget and the two ways between its value and the parameter's."""

    widget: ipywidgets.ValueWidget
    read: Callable[[Any], Any]
    write: Callable[[Any], Any]

    @property
    def value(self) -> Any:
        """The parameter's value as the control stands."""
        return self.read(self.widget.value)

    @value.setter
    def value(self, value: Any) -> None:
        self.widget.value = self.write(value)


def _same(value: Any) -> Any:
    return value


def make_control(parameter: Parameter, value: Any, choices: Sequence[Any], lang: str, topic: str) -> Control:
    """The control of one parameter, standing at `value`; choices, plain or as (words, value), are offered as a list.

    Labels, hints and choices are in `lang`; words of plain choices come from the common parameters, else from the
    report's own `topic`.
    """

    def words(choice: Any) -> str:
        for key in (f"parameters.choices.{parameter.name}", f"{topic}.{parameter.name}"):
            if labels.has(f"{key}.{choice or 'empty'}", lang):
                return labels.text(f"{key}.{choice or 'empty'}", lang)
        return str(choice) or labels.text("widgets.any", lang)

    offered = [choice if isinstance(choice, tuple) else (words(choice), choice) for choice in choices]
    control = _fitting(parameter, value, offered, lang)
    control.widget.description = labels.text(f"parameters.{parameter.name}", lang)
    control.widget.tooltip = _help(parameter, lang)
    control.widget.add_class("nb-control").add_class(f"nb-control-{parameter.name}")
    if parameter.type in ("int", "float"):
        control.widget.add_class("nb-control-number")
    return control


def _help(parameter: Parameter, lang: str) -> str:
    key = f"parameters.help.{parameter.name}"
    return labels.text(key, lang) if labels.has(key, lang) else parameter.help


def _fitting(parameter: Parameter, value: Any, choices: list[tuple[str, Any]], lang: str) -> Control:
    import ipywidgets

    offered = [choice for _, choice in choices]
    if parameter.name in DAYS:
        return Control(ipywidgets.DatePicker(value=_day(value)), _written, _day)
    if parameter.type == "bool":
        return Control(ipywidgets.Checkbox(value=value, indent=False), _same, _same)
    if parameter.type == "list[str]" and choices:
        known = [*choices, *((part, part) for part in value if part not in offered)]
        rows = min(5, max(2, len(known)))
        return Control(ipywidgets.SelectMultiple(options=known, value=tuple(value), rows=rows), list, tuple)
    if parameter.type == "list[str]":
        empty = labels.text("widgets.list_hint", lang)
        widget = ipywidgets.Text(value=", ".join(value), placeholder=empty, continuous_update=False)
        return Control(widget, _parts, ", ".join)
    if choices:
        known = [*choices, *([] if value in offered else [(str(value), value)])]
        return Control(ipywidgets.Dropdown(options=_apart(known), value=value), _same, _same)
    if parameter.type == "int":
        return Control(ipywidgets.IntText(value=value, continuous_update=False), _same, _same)
    if parameter.type == "float":
        return Control(ipywidgets.FloatText(value=value, step=0.01, continuous_update=False), _same, _same)
    return Control(ipywidgets.Text(value=value, continuous_update=False), str.strip, _same)


def _apart(choices: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Choices of one name told apart by their values."""
    names = [name for name, _ in choices]
    return [(f"{name} · {value}" if names.count(name) > 1 else name, value) for name, value in choices]


def _day(written: str) -> dt.date | None:
    return dt.date.fromisoformat(written) if written else None


def _written(day: dt.date | None) -> str:
    return day.isoformat() if day else ""


def _parts(written: str) -> list[str]:
    return [part for part in _MARKS.split(written) if part]
