"""Answers that are asked for beside a section: sliders, pickers and buttons above its chart.

They set parameters like every control, so the section that a headless run draws is their static twin. Belongs here:
the row of dials of a section, and the calculator of two rates.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from IPython.display import display

from shopnb import labels
from shopnb.parameters import Parameter
from shopnb.widgets.brush import Brushed, Brushing
from shopnb.widgets.control import Control, make_control, reword
from shopnb.widgets.desk import Controlled, desk_of
from shopnb.widgets.dials import Dial, name_of, with_entry
from shopnb.widgets.panel import button, heading, is_interactive, row, styled

FINE = 0.001  # steps of a share that need a second decimal
Four = tuple[float, float, float, float]
First = Callable[[], Four | None]
Sentence = Callable[[float, float, float, float], str]


def answers(page: Controlled, section: str) -> None:
    """Show the dials of a section above it; headless, or where it has none, nothing."""
    if is_interactive() and page.dials(section):
        display(Answer(page, section).box)


def brushing(page: Brushed, section: str) -> None:
    """Show the button that opens a brush on a section's chart; headless nothing."""
    if is_interactive():
        display(Brushing(page, section).box)


def calculator(page: Controlled, first: First, sentence: Sentence) -> None:
    """Show a calculator of two rates, filled in with `first`; headless, or where that is None, nothing."""
    if is_interactive() and first() is not None:
        display(Calculator(page, first, sentence).box)


class Answer:
    """The dials of one section, following the wanted values like the panel."""

    def __init__(self, page: Controlled, section: str) -> None:
        import ipywidgets

        self._page, self._section = page, section
        self._desk = desk_of(page)
        self._quiet = False
        self._lang = page.lang
        self.controls: dict[str, Control] = {}
        self._dials: tuple[Dial, ...] = ()
        self._offered = page.offered()
        self._style = styled()
        self.told = ipywidgets.HTML().add_class("nb-answer-told")
        self.status = ipywidgets.HTML().add_class("nb-control-status")
        self.reset = button("undo", self._desk.alone(self._reset))
        self.box = ipywidgets.VBox().add_class("nb-answer")
        self._desk.fronts[f"answer.{section}"] = self
        self._build()

    def follow(self) -> None:
        """Stand at the values in force, between their ends and among the choices of now, in the page's language."""
        dials, offered = tuple(self._page.dials(self._section)), self._page.offered()
        if [_kind(one) for one in dials] != [_kind(one) for one in self._dials]:
            self._build()
            return
        self._quiet = True
        try:
            is_other, self._lang = self._page.lang != self._lang, self._page.lang
            if is_other:
                self._head()
            before, self._offered = self._offered, offered
            for one in filter(_is_plain, dials):
                if is_other or offered.get(one.parameter) != before.get(one.parameter):
                    reword(self.controls[one.parameter + one.entry], *self._plain(one))
            for one in dials:
                _put(self.controls[one.parameter + one.entry], one, self._value(one), self._lang)
            self._dials = dials
        finally:
            self._quiet = False
        self._tell()

    def say(self, written: str) -> None:
        """What goes on, beside the dials."""
        self.status.value = written

    def _value(self, dial: Dial) -> Any:
        return dial.value if dial.high else self._desk.wanted[dial.parameter]

    def _build(self) -> None:
        self._lang = self._page.lang
        self._dials = tuple(self._page.dials(self._section))
        self._offered = self._page.offered()
        for old in self.controls.values():
            old.widget.close()
        self.controls = {}
        for dial in self._dials:
            control = (
                make_control(*self._plain(dial))
                if _is_plain(dial)
                else _dial_control(dial, self._value(dial), self._lang)
            )
            key = dial.parameter + dial.entry
            control.widget.observe(self._desk.alone(partial(self._moved, key)), names="value")
            self.controls[key] = control
        self._row = row("", [*(one.widget for one in self.controls.values()), self.reset])
        self._head()
        self.box.children = (self._style, self._row, self.told, self.status)
        self._tell()

    def _plain(self, dial: Dial) -> tuple[Parameter, Any, Sequence[Any], str, str]:
        """What the control of a parameter is made of."""
        name = dial.parameter
        declared = next(one for one in self._page.declared() if one.name == name)
        return declared, self._desk.wanted[name], self._offered.get(name, ()), self._lang, self._page.slug

    def _tell(self) -> None:
        written = self._page.told(self._section)
        self.told.value = f'<span lang="{self._lang}">{html.escape(written)}</span>'
        self.told.layout.display = "" if written else "none"

    def _head(self) -> None:
        self._row.children[0].value = heading(labels.text("widgets.group.try", self._lang))
        self.reset.description = labels.text("widgets.reset", self._lang)

    def _moved(self, key: str, change: Mapping[str, Any]) -> None:
        if self._quiet:
            return
        value = self.controls[key].read(change["new"])
        dial = next(one for one in self._dials if one.parameter + one.entry == key)
        if dial.entry:
            written = list(self._desk.wanted[dial.parameter] or dial.base)
            names = [name_of(one) for one in written]
            written += [one for one in dial.along if name_of(one) not in names]
            value = with_entry(written, dial.entry, value)
        self._desk.want(**{dial.parameter: value})

    def _reset(self) -> None:
        """Back to the notebook's values of these parameters alone."""
        self._desk.want(**{one.parameter: self._desk.first[one.parameter] for one in self._dials})


def _is_plain(dial: Dial) -> bool:
    """Whether it is the control that fits the parameter."""
    return not (dial.high or dial.buttons)


def _kind(dial: Dial) -> tuple[Any, ...]:
    """What makes another widget of it."""
    return dial.parameter, dial.entry, bool(dial.high), bool(dial.buttons), _is_whole(dial), dial.is_share


def _is_whole(dial: Dial) -> bool:
    return float(dial.step).is_integer() and not dial.is_share


def _name(dial: Dial, lang: str) -> str:
    return dial.label or labels.text(f"parameters.{dial.parameter}", lang)


def _put(control: Control, dial: Dial, value: Any, lang: str) -> None:
    """Put a control that is there to a dial's value, with its ends, buttons and name of now."""
    with control.widget.hold_sync():
        if dial.buttons and control.widget.options != tuple(dial.buttons):
            control.widget.options = tuple(dial.buttons)
        if dial.high:
            number = int if _is_whole(dial) else float
            with control.widget.hold_trait_notifications():  # no end passes the other on the way
                control.widget.min, control.widget.max = number(dial.low), number(dial.high)
                control.value = value
        elif control.value != value:
            control.value = value
        if not _is_plain(dial):
            control.widget.description = _name(dial, lang)


def _dial_control(dial: Dial, value: Any, lang: str) -> Control:
    import ipywidgets

    name = _name(dial, lang)
    if dial.buttons:
        chosen = value if value in [choice for _, choice in dial.buttons] else None
        widget = ipywidgets.ToggleButtons(options=tuple(dial.buttons), value=chosen, description=name)
        return Control(
            widget.add_class("nb-control").add_class("nb-control-buttons").add_class(f"nb-control-{dial.parameter}"),
            lambda shown: "" if shown is None else shown,
            lambda written: written if written in [choice for _, choice in widget.options] else None,
        )
    whole = _is_whole(dial)
    kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
    number = int if whole else float
    slider = kind(
        value=number(min(max(value, dial.low), dial.high)), min=number(dial.low), max=number(dial.high),
        step=number(dial.step), description=name, continuous_update=False,
        readout_format=(".2%" if dial.step < FINE else ".1%") if dial.is_share else ("d" if whole else ".2f"),
    )  # fmt: skip
    classed = slider.add_class("nb-control").add_class("nb-control-slider")
    classed.add_class(f"nb-control-{dial.entry if dial.entry and not dial.entry.isdigit() else dial.parameter}")
    return Control(classed, number, lambda written: number(min(max(written, slider.min), slider.max)))


class Calculator:
    """Two rates from four typed numbers: the difference, its range, and whether it is more than chance."""

    def __init__(self, page: Controlled, first: First, sentence: Sentence) -> None:
        import ipywidgets

        self._page, self._sentence, self._numbers = page, sentence, first
        self._first = first() or (0, 0, 0, 0)
        self.inputs = [
            ipywidgets.IntText(value=int(value), continuous_update=False)
            .add_class("nb-control").add_class("nb-control-number")
            for value in self._first
        ]  # fmt: skip
        for one in self.inputs:
            one.observe(lambda _: self._reckon(), names="value")
        self.said = ipywidgets.HTML().add_class("nb-control-status").add_class("nb-calculated")
        self._back = button("undo", self._reset)
        self._row = row("", [*self.inputs, self._back])
        self.box = ipywidgets.VBox([styled(), self._row, self.said]).add_class("nb-answer")
        desk_of(page).fronts["calculator"] = self
        self._word()

    def follow(self) -> None:
        """Speak the page's language; numbers that nobody typed are those of the test that is shown now."""
        before, self._first = self._first, self._numbers() or self._first
        if [one.value for one in self.inputs] == [int(value) for value in before]:
            self._reset()
        self._word()

    def say(self, written: str) -> None:
        """What goes on elsewhere stands beside the controls that were moved."""

    def _word(self) -> None:
        lang = self._page.lang
        self._row.children[0].value = heading(labels.text("widgets.calculator.title", lang))
        self._back.description = labels.text("widgets.reset", lang)
        for one, key in zip(self.inputs, ("shown_a", "hit_a", "shown_b", "hit_b"), strict=True):
            one.description = labels.text(f"widgets.calculator.{key}", lang)
        self._reckon()

    def _reckon(self) -> None:
        said = self._sentence(*(float(one.value) for one in self.inputs))
        self.said.value = f'<span class="nb-said" role="status">{html.escape(said)}</span>'

    def _reset(self) -> None:
        for one, value in zip(self.inputs, self._first, strict=True):
            one.value = int(value)
