"""Choosing in a living chart: a click on a name of the legend, a bar or a dot leaves it strong and pales the rest.

Belongs here: the selections and what they do. A second click, or one beside the marks, takes the choice back; a drawing
that does not live shows everything.
"""

from __future__ import annotations

from typing import Any

import altair

from shopnb.charts import frames

_PALE = 0.18


def by_legend(field: str) -> altair.Parameter:
    """The names of a field, chosen in the legend."""
    return altair.selection_point(name=f"pick_{field}", fields=[field], bind="legend", toggle="true")


def by_mark(field: str) -> altair.Parameter:
    """The names of a field, chosen on the marks themselves."""
    return altair.selection_point(name=f"pick_{field}", fields=[field], on="click", toggle="true")


def strong(*picks: altair.Parameter, opacity: float = 1) -> Any:
    """Opacity of a mark: `opacity` where it is chosen or nothing is, else pale."""
    chosen = picks[0]
    for pick in picks[1:]:
        chosen = chosen & pick
    return frames.either(altair.OpacityValue, chosen, opacity, _PALE)


def with_picks(marks: altair.Chart, *picks: altair.Parameter) -> altair.Chart:
    """The layer on which the choosing happens; its name is fixed, since Altair would count names up."""
    return marks.add_params(*picks).properties(name="picked")
