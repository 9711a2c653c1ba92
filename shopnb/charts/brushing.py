"""A living chart that a box is drawn on, and what the box holds: Altair's `JupyterChart`, without a network.

Belongs here: making it of a finished part. Its script (0.9 MB) goes from the kernel to the browser, never into a saved
notebook, and is made on the first call, which takes about two seconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import altair

from shopnb.view import ChartPart

Box = dict[str, tuple[float, float]]
NAME = "brush"
_REST = 120  # ms that the hand rests before the kernel hears of the box
_SHOWN = {"renderer": "svg", "actions": False}


def living(part: ChartPart, fields: Sequence[str], *, width: int, told: Callable[[Box], None]) -> Any:
    """A widget of the chart; `told` hears the box by field, milliseconds since 1970 for days, {} for none.

    Parameters
    ----------
    fields : the field of the x axis, then that of the y axis where the box has a height.
    """
    made = _offline()(brushable(part, fields, width=width), debounce_wait=_REST, max_wait=False, embed_options=_SHOWN)
    _listen(made, told)
    return made


def redraw(made: Any, part: ChartPart, fields: Sequence[str], *, width: int, told: Callable[[Box], None]) -> None:
    """Draw another chart in the same place, without a box."""
    made.chart = brushable(part, fields, width=width)
    _listen(made, told)


def brushable(part: ChartPart, fields: Sequence[str], *, width: int) -> altair.LayerChart:
    """The chart with a box to draw on the first layer whose axes show `fields`."""
    spec = json.loads(json.dumps(part.spec))
    wanted = dict(zip(("x", "y"), fields, strict=False))
    layer = next(one for one in spec["layer"] if _shows(one, wanted))
    name = layer.setdefault("name", "brushed")
    drawn = {"name": NAME, "select": {"type": "interval", "encodings": list(wanted)}, "views": [name]}
    spec["params"] = [*spec.get("params", []), drawn]
    spec["config"].pop("background")
    return altair.LayerChart.from_dict(
        spec | {"$schema": altair.SCHEMA_URL, "width": width, "background": "transparent"}
    )


def _shows(layer: dict[str, Any], wanted: dict[str, str]) -> bool:
    encoding = layer.get("encoding", {})
    return all(encoding.get(channel, {}).get("field") == field for channel, field in wanted.items())


def _offline() -> Any:
    from altair.jupyter import JupyterChart  # needs anywidget, which only a notebook has a use for

    JupyterChart.enable_offline()
    return JupyterChart


def _listen(made: Any, told: Callable[[Box], None]) -> None:
    made.selections.observe(lambda change: told({key: tuple(ends) for key, ends in change["new"].value.items()}), NAME)
