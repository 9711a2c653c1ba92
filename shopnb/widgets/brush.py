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
from shopnb.widgets.ends import Ends
from shopnb.widgets.panel import button, row, styled

SHOWN = 60  # rows; the whole is in the CSV below them


@dataclass(frozen=True)
class Brush:
    """What a box on a chart filters.

    `columns`: field of the chart's x axis, then of its y axis, to the column of the table's frame; a column of days
    makes a box of days. `told` says in a sentence what chosen rows are together; `sets` gives the parameters that they
    stand for, {} where there are none. `names`: column to its heading and the kind of its numbers; money is in
    `currency`, an ISO code.
    """

    chart: ChartPart
    table: TablePart
    columns: Mapping[str, str]
    told: Callable[[pd.DataFrame], str]
    sets: Callable[[pd.DataFrame], dict[str, Any]]
    names: Mapping[str, tuple[str, str]]
    currency: str

    def is_like(self, other: Brush | None) -> bool:
        """Whether the same is drawn and listed."""
        if other is None or self.chart != other.chart or self.table.columns != other.table.columns:
            return False
        return bool(self.table.frame.equals(other.table.frame))


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
    """The button that opens a brush, the living chart, the ends of the box as sliders, and the table beside it."""

    def __init__(self, page: Brushed, section: str) -> None:
        import ipywidgets

        self._page, self._section = page, section
        self._desk = desk_of(page)
        self._brush: Brush | None = None
        self._chart: Any = None
        self._ends: Ends | None = None
        self.chosen = pd.DataFrame()
        self.open = button("crop", self._desk.alone(self._turn))
        self.hint = ipywidgets.HTML().add_class("nb-control-status")
        self.take = button("check", self._desk.alone(self._take))
        self.clear = button("times", self._desk.alone(self._draw))
        self.count = ipywidgets.HTML().add_class("nb-brush-count")
        self.table = ipywidgets.HTML().add_class("nb-brush-table")
        self.code = ipywidgets.HTML().add_class("nb-copies")
        self._title = ipywidgets.HTML().add_class("nb-brush-title")
        self._tools = ipywidgets.VBox()
        chosen = ipywidgets.HBox([self.count, self.clear, self.take]).add_class("nb-brush-chosen")
        self._left = ipywidgets.VBox([self._title]).add_class("nb-brush-left")
        self._beside = ipywidgets.VBox([chosen, self.table, self.code]).add_class("nb-brush-beside")
        self._body = ipywidgets.Box([self._left, self._beside]).add_class("nb-brush-body")
        head = ipywidgets.HBox([self.open, self.hint]).add_class("nb-brush-head")
        self.box = (
            ipywidgets.VBox([styled(), head, self._tools, self._body]).add_class("nb-answer").add_class("nb-brush")
        )
        self._desk.fronts[f"brush.{section}"] = self
        self._show(opened=False)
        self.follow()

    @property
    def is_open(self) -> bool:
        """Whether the living chart is there."""
        return bool(self._body.layout.display != "none")

    def follow(self) -> None:
        """Draw anew what is open and has changed; nothing is offered where the section has no such chart."""
        before, self._brush = self._brush, self._page.brush(self._section)
        self.box.layout.display = "flex" if self._brush else "none"
        for one, key in ((self.open, "close" if self.is_open else "open"), (self.take, "take"), (self.clear, "clear")):
            one.description = labels.text(f"widgets.brush.{key}", self._page.lang)
        self._say()
        if self._brush and self.is_open and not (self._ends and self._brush.is_like(before)):
            self._draw()

    def say(self, written: str) -> None:
        """What goes on elsewhere stands beside the controls that were moved."""

    def _say(self) -> None:
        written = html.escape(labels.text(f"widgets.brush.{'hint_open' if self.is_open else 'hint'}", self._page.lang))
        self.hint.value = f'<span class="nb-said" role="status">{written}</span>'

    def _show(self, *, opened: bool) -> None:
        self._tools.layout.display = self._body.layout.display = "flex" if opened else "none"

    def _turn(self) -> None:
        self._show(opened=not self.is_open)
        if not self.is_open and self._ends:
            self._ends.close()
            self._ends = None
        self.follow()

    def _draw(self) -> None:
        """The chart without a box, sliders over all values, and all rows."""
        brush, lang = self._brush, self._page.lang
        if brush is None:
            return
        self._title.value = f'<p lang="{lang}">{html.escape(brush.chart.title)}</p>'
        if self._chart is None:
            self._chart = charts.living(brush.chart, list(brush.columns), told=self._desk.alone(self.choose))
            self._chart.add_class("nb-brush-chart").add_class(f"nb-brush-{'xy'[: len(brush.columns)]}")
            self._left.children = (self._title, self._chart)
        else:
            self._redraw({})
        if self._ends:
            self._ends.close()
        with labels.money_in(brush.currency):
            self._ends = Ends(brush.table.frame, brush.columns, brush.names, lang, self._desk.alone(self._slid))
        self._tools.children = (row(labels.text("widgets.brush.ends", lang), list(self._ends.sliders.values())),)
        self.choose({})

    def _redraw(self, box: charts.Box) -> None:
        if self._brush is not None:
            charts.redraw(
                self._chart, self._brush.chart, list(self._brush.columns), box=box, told=self._desk.alone(self.choose)
            )

    def _slid(self) -> None:
        """The chart with the box that the sliders stand for, and its rows."""
        if self._ends is not None:
            box = self._ends.box
            self._redraw(box)
            self.choose(box)

    def choose(self, box: charts.Box) -> None:
        """Show the rows in the box; all where there is none."""
        brush, lang = self._brush, self._page.lang
        if brush is None:
            return
        asked = condition(brush.table.frame, brush.columns, box)
        self.chosen = brush.table.frame.query(asked) if asked else brush.table.frame
        if self._ends is not None:
            self._ends.stand(box)
        shown = replace(brush.table, frame=self.chosen, rows=SHOWN, folded=False, caption="")
        told = f'<p class="nb-how">{html.escape(brush.told(self.chosen))}</p>' if asked and len(self.chosen) else ""
        with labels.money_in(brush.currency):
            rows = tables.table_html(shown, lang)
        self.table.value = f'<div class="nb nb-cell" lang="{lang}">{told}{rows}</div>'
        said = labels.text(
            f"widgets.brush.{'chosen' if asked else 'all'}", lang, rows=len(self.chosen), total=len(brush.table.frame)
        )
        self.count.value = f'<span class="nb-said" role="status">{html.escape(said)}</span>'
        code = f'page.points("{self._section}")' + (f".query('{asked}')" if asked else "")
        self.code.value = f"<pre>{html.escape(code)}</pre>"
        self.take.layout.display = "" if asked and len(self.chosen) and brush.sets(self.chosen) else "none"
        self.clear.layout.display = "" if asked else "none"

    def _take(self) -> None:
        """The whole page follows what was chosen."""
        if self._brush is not None and len(self.chosen):
            self._desk.want(**self._brush.sets(self.chosen))
