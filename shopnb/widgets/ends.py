"""The ends of a box as sliders: for a finger, for the keyboard, and to the value.

Belongs here: one slider an axis, from value to value that there is, and the box that they stand for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from typing import Any

import pandas as pd

from shopnb import charts, labels

HALF_DAY = 43_200_000  # ms: a box of days reaches to the middle between two
DIGITS = 6  # significant, as the condition is written


class Ends:
    """Sliders over the values of a frame's columns; none for a column of a single value.

    Parameters
    ----------
    columns : field of the chart to the column of the frame.
    names : column to its heading and the kind of its numbers.
    moved : called after a hand moved one, not after `stand`.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        columns: Mapping[str, str],
        names: Mapping[str, tuple[str, str]],
        lang: str,
        moved: Callable[[], None],
    ) -> None:
        self._moved = moved
        self._quiet = False
        self._values = {field: _values(frame[column]) for field, column in columns.items()}
        self.sliders = {
            field: self._slider(self._values[field], *names[columns[field]], lang)
            for field in columns
            if len(self._values[field]) > 1
        }

    @property
    def box(self) -> charts.Box:
        """What the sliders stand for: both ends of every axis, {} where none was moved inwards."""
        spans = {field: slider.index for field, slider in self.sliders.items()}
        if all(span == (0, len(self._values[field]) - 1) for field, span in spans.items()):
            return {}
        whole = {field: (0, len(values) - 1) for field, values in self._values.items()}
        return {field: _reach(self._values[field], *span) for field, span in (whole | spans).items()}

    def stand(self, box: charts.Box) -> None:
        """Follow a box; a slider that has no value inside it, stays."""
        self._quiet = True
        try:
            for field, slider in self.sliders.items():
                low, high = box.get(field, (float("-inf"), float("inf")))
                inside = [place for place, value in enumerate(self._values[field]) if low <= _number(value) <= high]
                if inside:
                    slider.index = inside[0], inside[-1]
        finally:
            self._quiet = False

    def close(self) -> None:
        """Take the sliders away."""
        for slider in self.sliders.values():
            slider.close()

    def _slider(self, values: list[Any], heading: str, kind: str, lang: str) -> Any:
        import ipywidgets

        options = [(labels.format_value(value, kind, lang), place) for place, value in enumerate(values)]
        slider = ipywidgets.SelectionRangeSlider(
            options=options, index=(0, len(options) - 1), description=heading, continuous_update=False
        )
        slider.observe(self._heard, names="index")
        for name in ("jupyter-widgets", "nb-control", "nb-control-slider", "nb-brush-ends"):  # it lacks the first
            slider.add_class(name)
        return slider

    def _heard(self, _: Any) -> None:
        if not self._quiet:
            self._moved()


def _values(column: pd.Series[Any]) -> list[Any]:
    """The different values, in order."""
    return sorted(column.dropna().unique()) if len(column) else []


def _number(value: Any) -> float:
    """A value as the chart counts: days in ms since 1970."""
    return pd.Timestamp(value).timestamp() * 1000 if isinstance(value, pd.Timestamp) else float(value)


def _reach(values: list[Any], first: int, last: int) -> tuple[float, float]:
    """The ends of a box around two values: half a day more for days, rounded outwards for numbers."""
    low, high = _number(values[first]), _number(values[last])
    if isinstance(values[first], pd.Timestamp):
        return low - HALF_DAY, high + HALF_DAY
    outwards = (Context(prec=DIGITS, rounding=way) for way in (ROUND_FLOOR, ROUND_CEILING))
    ends = [float(way.create_decimal_from_float(end)) for way, end in zip(outwards, (low, high), strict=True)]
    return ends[0], ends[1]
