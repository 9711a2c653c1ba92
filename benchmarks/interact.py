"""From the move of a control to the redrawn page, per control and notebook, in JupyterLab and a real browser.

    python benchmarks/interact.py [SLUG…] [--rounds 3]

Starts JupyterLab on a copy of the notebooks and the sample, runs each notebook in Chromium without a network and moves
controls there and back. Printed for each control, median of all moves: `wall`, seconds from the change in the browser
until the page says that it is up to date, the wait for the hand included (0.05 s, for a date 0.15 s); and
`processor`, seconds that the kernel's process used for it (steadier on a busy machine; the record, which is handed over
afterwards, is in it where it is done by then). A value seen for the first time has to be worked out, one that the page
has shown before is found ready, so both are told apart. The line `box` is the button that opens a chart to draw a box
on: until its chart and table are there, first and again.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Page, sync_playwright

from shopnb import labels, parameters

REPOSITORY = Path(__file__).parents[1]
TOKEN = "interact"
SERVER = (
    "--no-browser", "--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}",
    "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None", "--ServerApp.allow_root=True",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
)  # fmt: skip
FLAGS = ("--no-sandbox", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
READY = """() => {
  const opened = [...window.jupyterapp.shell.widgets('main')].find((one) => one.sessionContext);
  if (opened) window.jupyterapp.shell.activateById(opened.id);
  return opened?.sessionContext.session?.kernel?.status === 'idle';
}"""
SAID = "document.querySelector('.nb-controls .nb-said')?.textContent"
BOX = """() => new Promise((done) => {
  const start = performance.now();
  const look = () => {
    const chart = document.querySelector('.nb-brush svg.marks')?.getBoundingClientRect();
    const isThere = chart?.width && document.querySelector('.nb-brush-table tbody tr');
    if (isThere) done((performance.now() - start) / 1000); else requestAnimationFrame(look);
  };
  document.querySelector('.nb-brush-head button').click();
  look();
})"""
SHUT = "() => !document.querySelector('.nb-brush svg.marks')?.getBoundingClientRect().width"
MOVES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {  # control to the values it is moved between
    "shop_overview": (
        ("grain", ("日", "周")), ("compare", ("上一期", "自动")), ("margin_rate", ("0.3", "0.35")),
        ("end_date", ("2026-08-23", "2026-08-30")), ("lang", ("English", "中文")),
    ),
    "traffic_sources": (
        ("margin_rate", ("0.3", "0.35")), ("moved_visitors", ("2000", "3000")), ("rule", ("每一次访问来源", "自动")),
        ("lang", ("English", "中文")),
    ),
    "listing_ab": (
        ("test", ("儿童吸管-标题测试", "最近的")), ("min_effect", ("0.005", "0.01")), ("margin_rate", ("0.3", "0.35")),
        ("planned_days", ("10", "14")), ("lang", ("English", "中文")),
    ),
    "review_analysis": (
        ("aspect", ("质量做工", "自动")), ("start_date", ("2026-08-17", "2026-08-10")), ("lang", ("English", "中文")),
    ),
    "market_sizing": (
        ("units_per_buyer", ("2", "1.5")), ("bands", ("20, 40, 80", "20, 60, 90")), ("margin_rate", ("0.3", "0.35")),
        ("assumptions", ("unit_cost=25", "unit_cost=30")), ("lang", ("English", "中文")),
    ),
}  # fmt: skip


@contextmanager
def lab(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """JupyterLab of this environment on `folder`: its address and process."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "JPY"))}
    own = {f"JUPYTER_{kind}_DIR": str(folder.parent / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        *SERVER,
        f"--ServerApp.port={port}",
        f"--ServerApp.root_dir={folder}",
    ]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env={**clean, **own}, cwd=folder, stdout=quiet, stderr=quiet)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(300):
            with suppress(OSError), urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=2):  # noqa: S310
                break
            time.sleep(0.2)
        yield address, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)


def processor(server: psutil.Process) -> float:
    """Processor seconds of the kernels so far."""
    return sum(sum(one.cpu_times()[:2]) for one in server.children(recursive=True))


def move(page: Page, name: str, value: str) -> None:
    """Change one control of the panel as a person does, and wait until the page is up to date."""
    page.evaluate("document.querySelectorAll('.nb-said').forEach((one) => one.textContent = '')")
    control = page.locator(f".nb-controls .nb-control-{name}")
    if control.locator("select").count():
        control.locator("select").select_option(label=value)
    else:
        control.locator("input").fill(value)
        control.locator("input").press("Enter")
    done = [labels.text("widgets.done", lang) for lang in labels.LANGUAGES]
    page.wait_for_function(f"{done}.includes({SAID})", polling=20)


def standing(page: Page, name: str) -> str:
    """The value at which a control stands, as a person reads it."""
    control = page.locator(f".nb-controls .nb-control-{name}")
    if control.locator("select").count():
        return str(control.locator("select").evaluate("one => one.selectedOptions[0].textContent"))
    return control.locator("input").input_value()


def opened(page: Page, address: str, notebook: str) -> None:
    """A fresh window with the notebook run."""
    page.goto(f"{address}/lab?token={TOKEN}&reset")
    page.wait_for_function("window.jupyterapp?.commands.hasCommand('docmanager:open')")
    page.evaluate("(path) => void window.jupyterapp.commands.execute('docmanager:open', {path})", notebook)
    page.wait_for_function(READY)
    page.evaluate("() => void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(
        "(() => { const all = [...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')];"
        " return all.length && all.every((one) => /\\d/.test(one.textContent)) })()"
    )


def measured(page: Page, server: psutil.Process, slug: str, rounds: int) -> None:
    """Print one line a control."""
    for name, values in MOVES[slug]:
        first: list[tuple[float, float]] = []
        later: list[tuple[float, float]] = []
        seen = {standing(page, name)}
        for _ in range(rounds):
            for value in values:
                wall, used = time.perf_counter(), processor(server)
                move(page, name, value)
                (later if value in seen else first).append((time.perf_counter() - wall, processor(server) - used))
                seen.add(value)
                page.wait_for_timeout(400)  # the record is handed over
        told = [(statistics.median(part) for part in zip(*side, strict=True)) for side in (first, later) if side]
        written = " · ".join(f"wall {wall:5.2f} processor {used:5.2f}" for wall, used in told)
        print(f"{slug:16} {name:16} first / later: {written}", flush=True)


def boxed(page: Page, slug: str) -> None:
    """Print how long a chart to draw a box on takes to open, and to open again."""
    took = []
    opens = page.locator(".nb-brush-head button")
    for _ in range(2):
        opens.scroll_into_view_if_needed()  # JupyterLab draws only what is seen
        took.append(page.evaluate(BOX))
        opens.click()
        page.wait_for_function(SHUT)
    print(f"{slug:16} {'box':16} first / later: wall {took[0]:5.2f} · wall {took[1]:5.2f}", flush=True)


def main() -> None:
    """Measure the notebooks named, else all."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("slugs", nargs="*", default=list(MOVES))
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as home:
        work = Path(home) / "work"
        work.mkdir()
        for notebook in parameters.notebooks().values():
            shutil.copy(notebook, work)
        left_out = shutil.ignore_patterns("tables", "reports")
        shutil.copytree(REPOSITORY / "data" / "sample", work / "data" / "sample", ignore=left_out)
        chromium: Any = shutil.which("chromium") or shutil.which("chromium-browser")
        with lab(work) as (address, server), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(180_000)
            for slug in given.slugs:
                opened(page, address, parameters.notebooks()[slug].name)
                boxed(page, slug)
                measured(page, server, slug, given.rounds)
            browser.close()


if __name__ == "__main__":
    main()
