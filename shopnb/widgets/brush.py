"""A box drawn on a section's chart, and beside it the rows that lie in it.

Belongs here: what a page says of such a chart, and the widget. The box changes no number: it looks at rows, says in one
line of code how to get the same, and what it holds can be taken over as parameters. The section is its static twin.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import pandas as pd

from shopnb import charts, labels, tables
from shopnb.view import ChartPart, TablePart
from shopnb.widgets.desk import Controlled, desk_of
from shopnb.widgets.panel import button, styled

WIDTH = 430  # px of the chart: its table stands beside it
SHOWN = 60  # rows; the whole is in the CSV below them


@dataclass(frozen=True)
class Brush:
    """What a box on a chart filters.

    `columns`: field of the chart's x axis, then of its y axis, to the column of the table's frame; a column of days
    makes a box of days. `told` says in a sentence what chosen rows are together; `sets` gives the parameters that they
    stand for, {} where there are none.
    """

    chart: ChartPart
    table: TablePart
    columns: Mapping[str, str]
    told: Callable[[pd.DataFrame], str]
    sets: Callable[[pd.DataFrame], dict[str, Any]]


class Brushed(Controlled, Protocol):
    """A page with such charts."""

    def brush(self, section: str) -> Brush | None:
        """What a box on a section's chart filters; None where it has no such chart now."""


def condition(frame: pd.DataFrame, columns: Mapping[str, str], box: charts.Box) -> str:
    """The box as `DataFrame.query` takes it, both ends included; "" for none.

    Examples
    --------
    >>> frame = pd.DataFrame({"day": pd.to_datetime(["2026-08-01", "2026-08-02"]), "price": [20.0, 35.0]})
    >>> condition(frame, {"x": "price"}, {"x": (19.99999, 30.25)})
    '20 <= price <= 30.25'
    >>> condition(frame, {"day": "day"}, {"day": (1785542400001, 1785628800000)})
    '"2026-08-02" <= day <= "2026-08-02"'
    """
    parts = []
    for field, (first, last) in sorted(box.items()):
        name = columns[field]
        if pd.api.types.is_datetime64_any_dtype(frame[name]):
            days = pd.Timestamp(first, unit="ms").ceil("D"), pd.Timestamp(last, unit="ms").floor("D")
            parts.append(f'"{days[0]:%Y-%m-%d}" <= {name} <= "{days[1]:%Y-%m-%d}"')
        else:
            parts.append(f"{first:.6g} <= {name} <= {last:.6g}")
    return " and ".join(parts)


class Brushing:
    """The button that opens a brush, the living chart, and the table beside it."""

    def __init__(self, page: Brushed, section: str) -> None:
        import ipywidgets

        self._page, self._section = page, section
        self._desk = desk_of(page)
        self._brush: Brush | None = None
        self._chart: Any = None
        self.chosen = pd.DataFrame()
        self.open = button("crop", self._turn)
        self.hint = ipywidgets.HTML().add_class("nb-control-status")
        self.take = button("check", self._take)
        self.clear = button("times", self._draw)
        self.table = ipywidgets.HTML().add_class("nb-brush-table")
        self.code = ipywidgets.HTML().add_class("nb-copies")
        beside = [ipywidgets.HBox([self.take, self.clear]).add_class("nb-brush-buttons"), self.table, self.code]
        self._beside = ipywidgets.VBox(beside).add_class("nb-brush-beside")
        self._body = ipywidgets.Box([self._beside]).add_class("nb-brush-body")
        head = ipywidgets.HBox([self.open, self.hint]).add_class("nb-brush-head")
        self.box = ipywidgets.VBox([styled(), head, self._body]).add_class("nb-answer").add_class("nb-brush")
        self._desk.fronts[f"brush.{section}"] = self
        self._body.layout.display = "none"
        self.follow()

    @property
    def is_open(self) -> bool:
        """Whether the living chart is there."""
        return bool(self._body.layout.display != "none")

    def follow(self) -> None:
        """Draw anew what is open; nothing is offered where the section has no such chart."""
        self._brush = self._page.brush(self._section)
        self.box.layout.display = "flex" if self._brush else "none"
        for one, key in ((self.open, "close" if self.is_open else "open"), (self.take, "take"), (self.clear, "clear")):
            one.description = labels.text(f"widgets.brush.{key}", self._page.lang)
        self._say("hint_open" if self.is_open else "hint")
        if self._brush and self.is_open:
            self._draw()

    def say(self, written: str) -> None:
        """What goes on elsewhere stands beside the controls that were moved."""

    def _say(self, key: str) -> None:
        written = html.escape(labels.text(f"widgets.brush.{key}", self._page.lang))
        self.hint.value = f'<span class="nb-said" role="status">{written}</span>'

    def _turn(self) -> None:
        if self.is_open:
            self._body.layout.display = "none"
        else:
            self._say("wait")
            self._body.layout.display = "flex"
        self.follow()

    def _draw(self) -> None:
        """The chart without a box, and all rows."""
        if self._brush is None:
            return
        fields = list(self._brush.columns)
        if self._chart is None:
            self._chart = charts.living(self._brush.chart, fields, width=WIDTH, told=self.choose)
            self._chart.add_class("nb-brush-chart")
            self._body.children = (self._chart, self._beside)
        else:
            charts.redraw(self._chart, self._brush.chart, fields, width=WIDTH, told=self.choose)
        self.choose({})

    def choose(self, box: charts.Box) -> None:
        """Show the rows in the box; all where there is none."""
        brush, lang = self._brush, self._page.lang
        if brush is None:
            return
        asked = condition(brush.table.frame, brush.columns, box)
        self.chosen = brush.table.frame.query(asked) if asked else brush.table.frame
        shown = replace(brush.table, frame=self.chosen, rows=SHOWN, folded=False, caption="")
        told = f'<p class="nb-how">{html.escape(brush.told(self.chosen))}</p>' if asked and len(self.chosen) else ""
        self.table.value = f'<div class="nb nb-cell" lang="{lang}">{told}{tables.table_html(shown, lang)}</div>'
        code = f'page.points("{self._section}")' + (f".query('{asked}')" if asked else "")
        self.code.value = f"<pre>{html.escape(code)}</pre>"
        self.take.layout.display = "" if asked and len(self.chosen) and brush.sets(self.chosen) else "none"
        self.clear.layout.display = "" if asked else "none"

    def _take(self) -> None:
        """The whole page follows what was chosen."""
        if self._brush is not None and len(self.chosen):
            self._desk.want(**self._brush.sets(self.chosen))
