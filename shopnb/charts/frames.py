"""From tidy frames to the small, clean records that a specification carries.

Belongs here: rounding, days as text, names made safe to draw, and wrapping a finished chart into `view.ChartPart`.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ParamSpec

import altair
import pandas as pd
from altair.utils import schemapi

from shopnb import labels
from shopnb.charts import theme
from shopnb.labels import letters
from shopnb.memory import remembered
from shopnb.view import ChartPart

_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_DIGITS = 6  # significant figures that a drawing needs

Records = list[dict[str, Any]]
_Given = ParamSpec("_Given")


def form(draw: Callable[_Given, ChartPart]) -> Callable[_Given, ChartPart]:
    """A form of chart: remembered, and put together without Altair's check of every piece, half of the work.

    What a form makes of its frame is checked where it is tested.
    """

    @remembered
    @functools.wraps(draw)
    def drawn(*given: _Given.args, **named: _Given.kwargs) -> ChartPart:
        with schemapi.debug_mode(False):
            return draw(*given, **named)

    return drawn


def safe(text: Any) -> str:
    """A name fit to draw: without control characters and marks that turn the direction of writing."""
    return labels.visible(str(text))


def plain(value: Any) -> Any:
    """One cell as JSON: floats of six significant figures, days as ISO text, unknown as null."""
    if value is None or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, dt.date):
        return value.strftime("%Y-%m-%d")
    number = float(value)
    if not math.isfinite(number):
        return None
    rounded = float(f"{number:.{_DIGITS}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def records(frame: pd.DataFrame, names: Sequence[str]) -> Records:
    """The rows of a frame, only the named columns; a column that the frame lacks is null."""
    there = [name for name in names if name in frame.columns]
    rows = frame.loc[:, there].to_dict("records")
    return [{name: plain(row.get(name)) for name in names} for row in rows]


def known(value: Any) -> bool:
    """Whether a number is there at all."""
    return plain(value) is not None


def write(value: Any, kind: str, lang: str) -> str:
    """A value as shown; unknown is an en dash."""
    return labels.format_value(value if known(value) else None, kind, lang)


def write_range(low: Any, high: Any, kind: str, lang: str) -> str:
    """A range as shown, in brackets; "" where an end is unknown."""
    if not (known(low) and known(high)):
        return ""
    span = labels.format_range(float(low), float(high), kind, lang)
    if kind == "pp":  # the value before it names the unit
        span = span.replace(labels.text("screen.pp_unit", lang), "")
    return labels.text("screen.in_brackets", lang, text=span)


def clip(text: str, columns: float) -> str:
    """`text` cut to so many half-width columns, with an ellipsis where something is missing."""
    if letters.columns_of(text) <= columns:
        return text
    kept = ""
    for c in text:
        if letters.columns_of(kept + c) > columns - 1:
            break
        kept += c
    return kept + "…"


def write_day(value: Any, lang: str) -> str:
    """A day with its weekday."""
    day = pd.Timestamp(value)
    return f"{labels.format_value(day, 'day', lang)} {labels.format_value(day, 'weekday', lang)}"


def inline(rows: Records) -> altair.InlineData:
    """Rows as data of one layer; a tuple, for Altair copies a list cell by cell at every step of a composition."""
    return altair.InlineData(values=tuple(rows))


def either(channel: Callable[..., Any], when: Any, then: Any, otherwise: Any) -> Any:
    """A channel that is one value where a condition holds and another elsewhere.

    Here as wherever a form names what a channel shows, its class is named: Altair would try all of them.
    """
    return channel(**altair.condition(when, altair.value(then), altair.value(otherwise)))


def tips(*pairs: tuple[str, str]) -> list[altair.Tooltip]:
    """Tooltip lines: (field that holds the written value, its name)."""
    return [altair.Tooltip(f"{field}:N", title=safe(name) or " ") for field, name in pairs]


def finish(
    chart: altair.LayerChart | altair.Chart, *, id: str, title: str, alt: str, lang: str, height: int
) -> ChartPart:
    """The finished part: numeric width, our config, a wrapped title, nothing that differs from run to run."""
    with altair.data_transformers.enable(consolidate_datasets=True):
        chart.width, chart.height = theme.WIDTH, height  # `properties` would copy all of it once more
        spec = chart.to_dict(validate=False)
    spec["datasets"] = {name: list(rows) for name, rows in spec.get("datasets", {}).items()}
    _drop_empty_layers(spec)
    spec["$schema"] = _SCHEMA
    spec["config"] = _used(theme.config(), spec)
    spec["description"] = safe(alt)
    spec["title"] = {"text": letters.wrap(title, 76 if lang == "en" else 68)}
    return ChartPart(id=id, title=title, alt=alt, spec=spec)


def _used(config: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    """The sections of a config that the chart has a use for: a notebook carries them once a chart."""
    told = [channel for layer in _units(spec) for channel in layer.get("encoding", {}).items()]
    tones = [of for name, of in told if name in ("color", "size", "opacity") and "field" in of]
    has_axis = any(name in ("x", "y") and "field" in of and of.get("axis", {}) is not None for name, of in told)
    unused = [
        *([] if any(of.get("legend", {}) is not None for of in tones) else ["legend"]),
        *([] if has_axis else ["axis", "axisY"]),
        *([] if any(not {"range"} & set(of.get("scale") or {}) for of in tones) else ["range"]),
    ]
    return {name: part for name, part in config.items() if name not in unused}


def _units(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A chart and all its layers."""
    yield spec
    for layer in spec.get("layer", ()):
        yield from _units(layer)


def _drop_empty_layers(spec: dict[str, Any]) -> None:
    """Leave out layers without rows beside layers with rows: they draw nothing, and Vega misses their extent."""
    empty = {name for name, rows in spec.get("datasets", {}).items() if not rows}
    kept = [layer for layer in spec["layer"] if "params" in layer or layer.get("data", {}).get("name") not in empty]
    if not empty or not kept:
        return
    spec["layer"] = kept
    named = {layer.get("data", {}).get("name") for layer in kept}
    spec["datasets"] = {name: rows for name, rows in spec["datasets"].items() if rows or name in named}
