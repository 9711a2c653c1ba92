"""The nbconvert exporter `shopnb`: an executed notebook to one HTML file that opens without a network.

Belongs here: the hook into nbconvert and JupyterLab's export menu. `jupyter nbconvert --to shopnb report.ipynb`.
"""

from __future__ import annotations

from typing import Any

from nbconvert.exporters.exporter import Exporter
from nbformat import NotebookNode
from traitlets import Bool, default

from shopnb.report.beside import beside_files
from shopnb.report.foreign import foreign_parts
from shopnb.report.notebook import read_parts
from shopnb.report.page import page_html


class ShopnbExporter(Exporter):  # type: ignore[misc]  # nbconvert has no types
    """One offline HTML file with living charts; works on any notebook with Altair charts."""

    export_from_notebook = "shopnb report (one offline HTML)"
    output_mimetype = "text/html"
    live = Bool(True, help="Whether charts come alive; without, the page is SVG only.").tag(config=True)

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> tuple[str, Any]:
        """The page of an executed notebook, and the resources as nbconvert wants them."""
        notebook, resources = super().from_notebook_node(nb, resources, **kw)
        name = resources.get("metadata", {}).get("name") or "notebook"
        parts = read_parts(notebook) or foreign_parts(notebook, name)
        files = {name + ending: content for ending, content in beside_files(parts).items()}
        if files:  # nbconvert writes them beside the page; JupyterLab's menu then gives a ZIP
            resources["outputs"] = {**(resources.get("outputs") or {}), **files}
        return page_html(parts, live=self.live, stem=name), resources
