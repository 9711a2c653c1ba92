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
    control = _fitting(parameter, value, _worded(parameter, value, choices, lang, topic))
    control.widget.add_class("nb-control").add_class(f"nb-control-{parameter.name}")
    if parameter.type in ("int", "float"):
        control.widget.add_class("nb-control-number")
    return control


def reword(control: Control, parameter: Parameter, value: Any, choices: Sequence[Any], lang: str, topic: str) -> None:
    """Give a control the words of another language, standing at `value`; a new one would take the page far longer."""
    with control.widget.hold_sync():
        for trait, words in _worded(parameter, value, choices, lang, topic).items():
            setattr(control.widget, trait, words)
        control.value = value


def _worded(parameter: Parameter, value: Any, choices: Sequence[Any], lang: str, topic: str) -> dict[str, Any]:
    """The traits of a control that are in a language: description, tooltip, what is offered, the hint of a list."""

    def words(choice: Any) -> str:
        for key in (f"parameters.choices.{parameter.name}", f"{topic}.{parameter.name}"):
            if labels.has(f"{key}.{choice or 'empty'}", lang):
                return labels.text(f"{key}.{choice or 'empty'}", lang)
        return str(choice) or labels.text("widgets.any", lang)

    traits = {"description": labels.text(f"parameters.{parameter.name}", lang), "tooltip": _help(parameter, lang)}
    offered = [choice if isinstance(choice, tuple) else (words(choice), choice) for choice in choices]
    if parameter.type == "list[str]" and not offered:
        return {**traits, "placeholder": labels.text("widgets.list_hint", lang)}
    if not offered or parameter.name in DAYS or parameter.type == "bool":
        return traits
    chosen = value if parameter.type == "list[str]" else [value]
    known = [choice for _, choice in offered]
    return {**traits, "options": _apart([*offered, *((str(one), one) for one in chosen if one not in known)])}


def _help(parameter: Parameter, lang: str) -> str:
    key = f"parameters.help.{parameter.name}"
    return labels.text(key, lang) if labels.has(key, lang) else parameter.help


def _fitting(parameter: Parameter, value: Any, traits: dict[str, Any]) -> Control:
    import ipywidgets

    if parameter.name in DAYS:
        return Control(ipywidgets.DatePicker(value=_day(value), **traits), _written, _day)
    if parameter.type == "bool":
        return Control(ipywidgets.Checkbox(value=value, indent=False, **traits), _same, _same)
    if parameter.type == "list[str]" and "options" in traits:
        rows = min(5, max(2, len(traits["options"])))
        return Control(ipywidgets.SelectMultiple(value=tuple(value), rows=rows, **traits), list, tuple)
    if parameter.type == "list[str]":
        return Control(ipywidgets.Text(value=", ".join(value), continuous_update=False, **traits), _parts, ", ".join)
    if "options" in traits:
        return Control(ipywidgets.Dropdown(value=value, **traits), _same, _same)
    if parameter.type == "int":
        return Control(ipywidgets.IntText(value=value, continuous_update=False, **traits), _same, _same)
    if parameter.type == "float":
        return Control(ipywidgets.FloatText(value=value, step=0.01, continuous_update=False, **traits), _same, _same)
    return Control(ipywidgets.Text(value=value, continuous_update=False, **traits), str.strip, _same)


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
