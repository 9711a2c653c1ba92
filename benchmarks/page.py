"""Size, requests and living charts of one executed notebook: shopnb's page beside stock nbconvert with Altair.

    python benchmarks/page.py [NOTEBOOK.ipynb]

The notebook is one that a run left (the newest under reports/ when none is named). The same charts go through stock
nbconvert with Altair's renderers: `default` (a script from a CDN), `mimetype`, and `html` with the script inline. Every
page is opened in Chromium without a network for ten seconds, on a phone's screen and four times slowed down; first
paint is what the browser itself reports (`first-contentful-paint`).
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import altair
import nbformat
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, sync_playwright

from shopnb.report.exporter import ShopnbExporter
from shopnb.report.notebook import chart_of, outputs

SECONDS = 10
SLOWED = 4
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN"
DRAWN = (
    "[...document.querySelectorAll('canvas, svg.marks')].filter((e) => e.getBoundingClientRect().height > 20).length"
)


def newest() -> Path:
    """The newest executed notebook under reports/."""
    found = sorted(Path("reports").rglob("*.ipynb"), key=lambda path: path.stat().st_mtime)
    if not found:
        sys.exit("no executed notebook under reports/: run `make report`, or name one")
    return found[-1]


def stock(notebook: nbformat.NotebookNode, way: str) -> str:
    """The page of stock nbconvert when the charts were shown with one of Altair's renderers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options: dict[str, Any] = {"template": "inline"} if way == "html inline" else {}
        altair.renderers.enable(way.partition(" ")[0], **options)
        copy = nbformat.from_dict(json.loads(json.dumps(notebook)))
        for output in outputs(copy):
            spec = chart_of(output)
            if spec is not None:
                data = altair.renderers.get()(dict(spec))
                output["data"] = data[0] if isinstance(data, tuple) else data
                output["metadata"] = {}
        return str(HTMLExporter().from_notebook_node(copy)[0])


def pages(notebook: nbformat.NotebookNode) -> Iterator[tuple[str, str]]:
    """Way of making it, page."""
    yield "shopnb", ShopnbExporter().from_notebook_node(notebook)[0]
    yield "shopnb --static", ShopnbExporter(live=False).from_notebook_node(notebook)[0]
    for way in ("default", "mimetype", "html inline"):
        yield f"nbconvert + {way}", stock(notebook, way)


def visit(browser: Browser, file: Path) -> tuple[int, int, int, float]:
    """Requests that leave the page, charts drawn with scripts, charts drawn without, milliseconds to first paint."""
    asked: list[str] = []
    with browser.new_context(offline=True, viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        page.wait_for_timeout(SECONDS * 1000)
        painted = page.evaluate(PAINTED)
        drawn = page.evaluate(DRAWN) if "script-src 'none'" not in file.read_text("utf-8").replace("&#39;", "'") else 0
    with browser.new_context(offline=True, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(file.as_uri())
        still = page.locator(".nb-chart > svg").count()
    outside = [url for url in asked if not url.startswith(("data:", "blob:")) and url != file.as_uri()]
    return len(outside), drawn, still, painted


def main() -> None:
    """Print a line a way, and each size as a multiple of shopnb's."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else newest()
    notebook = nbformat.read(path, as_version=4)
    charts = sum(chart_of(output) is not None for output in outputs(notebook))
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("needs Chromium: install Debian's package chromium")
    print(f"{path.name}: {charts} charts")
    print(f"{'':24}{'bytes':>12}{'x':>7}{'requests':>10}{'alive':>7}{'without scripts':>17}{'first paint ms':>16}")
    first = 0
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for way, html in pages(notebook):
            file = Path(folder) / "page.html"
            file.write_text(html, encoding="utf-8")
            size = len(html.encode("utf-8"))
            first = first or size
            requests, alive, still, painted = visit(browser, file)
            print(f"{way:24}{size:>12,}{size / first:>7.1f}{requests:>10}{alive:>7}{still:>17}{painted:>16.0f}")
        browser.close()


if __name__ == "__main__":
    main()
