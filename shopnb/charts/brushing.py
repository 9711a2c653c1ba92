"""A living chart that a box is drawn on, and what the box holds: Altair's `JupyterChart`, without a network.

Belongs here: making it of a finished part. Its script (0.9 MB, `living.js` bundled by `tools/living_chart.py`: Altair's
own would be bundled in each session, for two seconds) goes from the kernel to the browser, never into a saved notebook.
"""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import altair

from shopnb.view import ChartPart

Box = Mapping[str, tuple[float, float]]
NAME = "brush"
_MARK = {"fill": "#2f74b5", "fillOpacity": 0.12, "stroke": "#2f74b5", "strokeOpacity": 0.6}
_REST = 120  # ms that the hand rests before the kernel hears of the box
_SHOWN = {"renderer": "svg", "actions": False}
_TURNS = itertools.count()


def living(part: ChartPart, fields: Sequence[str], *, told: Callable[[Box], None]) -> Any:
    """A widget of the chart, as wide as its place and without the title, which a narrow place would cut.

    Parameters
    ----------
    fields : the field of the x axis, then that of the y axis where the box has a height.
    told : hears the box by field, milliseconds since 1970 for days, {} for none.
    """
    chart = _Finished(part, fields, {})
    made = _offline()(chart, debounce_wait=_REST, max_wait=False, embed_options=_SHOWN)
    _listen(made, told)
    return made


def redraw(made: Any, part: ChartPart, fields: Sequence[str], *, box: Box, told: Callable[[Box], None]) -> None:
    """Draw another chart in the same place, with a box on it; {} for none."""
    made.chart = _Finished(part, fields, box)
    _listen(made, told)


def brushable(part: ChartPart, fields: Sequence[str], box: Box) -> dict[str, Any]:
    """The specification with a box to draw on the first layer whose axes show `fields`."""
    spec: dict[str, Any] = json.loads(json.dumps(part.spec))
    wanted = dict(zip(("x", "y"), fields, strict=False))
    layer = next(one for one in spec["layer"] if _shows(one, wanted))
    name = layer.setdefault("name", "brushed")
    drawn = {"name": NAME, "select": _interval(wanted), "views": [name]}
    if box:
        drawn["value"] = {channel: list(box[field]) for channel, field in wanted.items()}
    spec["params"] = [*spec.get("params", []), drawn]
    spec["config"].pop("background")
    spec.pop("title")
    return spec | {"$schema": altair.SCHEMA_URL, "background": "transparent"}


class _Finished(altair.LayerChart):  # type: ignore[misc]  # Altair is untyped here
    """A chart whose specification is there already: put together and checked piece by piece it would take 0.2 s."""

    def __init__(self, part: ChartPart, fields: Sequence[str], box: Box) -> None:
        select = altair.IntervalSelectionConfig(**_interval(dict(zip(("x", "y"), fields, strict=False))))
        turn = {"turn": next(_TURNS)}  # else one drawn to take a box away would be no change
        params = [altair.TopLevelSelectionParameter(name=NAME, select=select)]
        super().__init__(layer=[], params=params, usermeta=turn)
        spec = brushable(part, fields, box) | {"usermeta": turn}
        object.__setattr__(self, "_spec", spec)  # Altair would take it for a property of charts

    def to_dict(self, *_: Any, **__: Any) -> dict[str, Any]:
        """The specification."""
        return dict(self._spec)


def _interval(wanted: Mapping[str, str]) -> dict[str, Any]:
    return {"type": "interval", "encodings": list(wanted), "mark": _MARK}


def _shows(layer: dict[str, Any], wanted: Mapping[str, str]) -> bool:
    encoding = layer.get("encoding", {})
    return all(encoding.get(channel, {}).get("field") == field for channel, field in wanted.items())


@cache
def _offline() -> Any:
    """The class of the widget."""
    from altair.jupyter import JupyterChart  # needs anywidget, which only a notebook has a use for

    script = gzip.decompress(resources.files(__package__).joinpath("living.js.gz").read_bytes()).decode("utf-8")
    return type("LivingChart", (JupyterChart,), {"_esm": script, "_css": ""})


def _listen(made: Any, told: Callable[[Box], None]) -> None:
    made.selections.observe(lambda change: told({key: tuple(ends) for key, ends in change["new"].value.items()}), NAME)
