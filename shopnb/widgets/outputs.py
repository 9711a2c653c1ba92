"""Outputs of a notebook that can be redrawn in place; the same headless and in JupyterLab."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import Any

from IPython.display import DisplayHandle, display

from shopnb import charts, labels
from shopnb.view import ChartPart

Block = str | ChartPart


def _bundle(block: Block) -> tuple[dict[str, Any], dict[str, Any]]:
    """One output as data and metadata."""
    return ({"text/html": block}, {}) if isinstance(block, str) else charts.mime_bundle(block)


def _fitted(blocks: Sequence[Block], places: int, lang: str) -> list[Block]:
    """`blocks` for so many outputs: empty ones where there are fewer, the last one takes what is more.

    A chart needs an output of its own, which only a run of the cell can add: the last output names it and says so.
    """
    if len(blocks) <= places:
        return [*blocks, *[""] * (places - len(blocks))]
    rest = (block if isinstance(block, str) else _named(block, lang) for block in blocks[places - 1 :])
    return [*blocks[: places - 1], "".join(rest)]


def _named(chart: ChartPart, lang: str) -> str:
    """The sentence that stands where a chart has no output."""
    sentence = labels.text("widgets.run_again", lang, title=chart.title)
    return f'<div class="nb nb-cell" lang="{lang}"><p>{html.escape(sentence)}</p></div>'


class Handles:
    """Outputs by name, in the order first shown; showing a name again while redrawing updates it in place."""

    def __init__(self) -> None:
        self._shown: dict[str, list[DisplayHandle]] = {}
        self._drawn: dict[str, list[Block]] = {}
        self._emitted: dict[str, DisplayHandle] = {}
        self._styled: set[str] = set()
        self.redrawing = False

    def carries_style(self, name: str) -> bool:
        """Whether the output of that name carries the style of all: the first one does, and whoever is run again."""
        if not self._shown or (name in self._shown and not self.redrawing):
            self._styled.add(name)
        return name in self._styled

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._shown))

    def show(self, name: str, blocks: Sequence[Block], *, lang: str) -> None:
        """Display `blocks` under `name`; while redrawing, put those that differ into the outputs that are there."""
        if not (self.redrawing and name in self._shown):
            self._drawn[name] = list(blocks)
            bundles = [_bundle(block) for block in blocks]
            self._shown[name] = [
                display(data, metadata=metadata, raw=True, display_id=True) for data, metadata in bundles
            ]
            return
        handles = self._shown[name]
        fitted = _fitted(blocks, len(handles), lang)
        for handle, block, before in zip(handles, fitted, self._drawn[name], strict=True):
            if block != before:
                data, metadata = _bundle(block)
                handle.update(data, metadata=metadata, raw=True)
        self._drawn[name] = fitted

    def emit(self, mime: str, data: Any) -> None:
        """Hand data to whoever reads the notebook afterwards; nothing is drawn."""
        bundle = {mime: data, "text/plain": ""}
        if self.redrawing and mime in self._emitted:
            self._emitted[mime].update(bundle, raw=True)
        else:
            self._emitted[mime] = display(bundle, raw=True, display_id=True)
