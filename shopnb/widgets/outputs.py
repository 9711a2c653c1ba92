"""Outputs of a notebook that can be redrawn in place; the same headless and in JupyterLab."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
        self._is_redrawing = False

    @contextmanager
    def redrawing(self) -> Iterator[None]:
        """Inside it, outputs are put in place; should that fail midway, all stand again as they were."""
        before = dict(self._drawn)
        self._is_redrawing = True
        try:
            yield
        except (Exception, KeyboardInterrupt):
            for name, blocks in before.items():
                self._put(name, blocks)
            raise
        finally:
            self._is_redrawing = False

    def carries_style(self, name: str) -> bool:
        """Whether the output of that name carries the style of all: the first one does, and whoever is run again."""
        if not self._shown or (name in self._shown and not self._is_redrawing):
            self._styled.add(name)
        return name in self._styled

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._shown))

    def show(self, name: str, blocks: Sequence[Block], *, lang: str) -> None:
        """Display `blocks` under `name`; while redrawing, put those that differ into the outputs that are there."""
        if not (self._is_redrawing and name in self._shown):
            self._drawn[name] = list(blocks)
            bundles = [_bundle(block) for block in blocks]
            self._shown[name] = [
                display(data, metadata=metadata, raw=True, display_id=True) for data, metadata in bundles
            ]
        else:
            self._put(name, _fitted(blocks, len(self._shown[name]), lang))

    def _put(self, name: str, blocks: list[Block]) -> None:
        """Put those of `blocks` that differ into the outputs of that name, which are as many."""
        places = zip(self._shown[name], blocks, self._drawn[name], strict=True)
        changed = [(handle, *_bundle(block)) for handle, block, before in places if block != before]
        for handle, data, metadata in changed:
            handle.update(data, metadata=metadata, raw=True)
        self._drawn[name] = blocks

    def emit(self, mime: str, data: Any, *, in_place: bool = False) -> None:
        """Hand data to whoever reads the notebook afterwards, `in_place` of those of before; nothing is drawn."""
        bundle = {mime: data, "text/plain": ""}
        if in_place:
            self._emitted[mime].update(bundle, raw=True)
        else:
            self._emitted[mime] = display(bundle, raw=True, display_id=True)
