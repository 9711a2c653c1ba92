"""Outputs of a notebook that can be redrawn in place; the same headless and in JupyterLab."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from IPython.display import DisplayHandle, display

from shopnb.view import CHART_MIME, ChartPart

Block = str | ChartPart
_EMPTY: dict[str, Any] = {"text/html": ""}


def mimebundle(block: Block) -> tuple[dict[str, Any], dict[str, Any]]:
    """One output as data and metadata: HTML, or a chart that JupyterLab draws without a network."""
    if isinstance(block, str):
        return {"text/html": block}, {}
    data = {CHART_MIME: block.spec, "text/plain": block.alt}
    return data, {"shopnb": {"chart": block.id, "alt": block.alt, "title": block.title}}


class Handles:
    """Outputs by name, in the order first shown; showing a name again while redrawing updates it in place."""

    def __init__(self) -> None:
        self._shown: dict[str, list[DisplayHandle]] = {}
        self.redrawing = False

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._shown))

    def show(self, name: str, blocks: Sequence[Block]) -> None:
        """Display `blocks` under `name`; while redrawing, put them into the outputs that are there."""
        bundles = [mimebundle(block) for block in blocks]
        if not (self.redrawing and name in self._shown):
            self._shown[name] = [
                display(data, metadata=metadata, raw=True, display_id=True) for data, metadata in bundles
            ]
            return
        handles = self._shown[name]
        bundles += [(_EMPTY, {})] * (len(handles) - len(bundles))
        for handle, (data, metadata) in zip(handles, bundles, strict=True):
            handle.update(data, metadata=metadata, raw=True)

    def emit(self, mime: str, data: Any) -> None:
        """Hand data to whoever reads the notebook afterwards; nothing is drawn."""
        if not self.redrawing:
            display({mime: data, "text/plain": ""}, raw=True)
