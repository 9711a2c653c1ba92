"""The notebooks in a real JupyterLab with the network cut: drawn, silent, and equal to the headless run."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from shopnb import labels, open_page, parameters
from shopnb.view import RECORD_MIME, ChartPart

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[1]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-sync", "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
TOKEN = "lab-test"
SERVER = (
    "--no-browser", "--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}",
    "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None", "--LabApp.extension_manager=readonly",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--ServerApp.allow_root=True",
)  # fmt: skip
PATIENCE = 90_000  # milliseconds that one step may take on a loaded machine
SAVED_BYTES = 330_000
KNOWN = ("Starting application in workspace", "Starting WebSocket")  # what JupyterLab itself says
SESSION = "window.jupyterapp.shell.currentWidget?.sessionContext?.session"
CARDS = "[...document.querySelectorAll('.nb-card .nb-value')].map((card) => card.firstChild.textContent.trim())"
PROMPTS = "[...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')].map((one) => one.textContent)"
SAID = "document.querySelector('.nb-said')?.textContent"
TOO_WIDE = """() => [...document.querySelectorAll('.jp-OutputArea-output')]
  .filter((output) => output.scrollWidth > output.clientWidth + 1).map((output) => output.textContent.slice(0, 80))"""


@dataclass(frozen=True)
class Move:
    """A control to move, the value it gets, and the figure that a card shows as a number of that kind."""

    parameter: str
    value: object
    figure: str
    kind: str


MOVES = {
    "shop_overview": Move("grain", "day", "paid_amount", "money"),
    "traffic_sources": Move("margin_rate", 0.3, "margin_per_visitor", "money2"),
    "listing_ab": Move("test", "儿童吸管-标题测试", "rate.", "pct2"),
    "review_analysis": Move("start_date", "2026-08-17", "negative_share", "pct"),
    "market_sizing": Move("units_per_buyer", 2.0, "market_money", "money"),
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A working copy as `shopnb lab` makes one: the notebooks, and the sample where they look for it."""
    work = tmp_path_factory.mktemp("lab") / "work"
    work.mkdir()
    for notebook in parameters.notebooks().values():
        shutil.copy(notebook, work)
    left_out = shutil.ignore_patterns("tables", "reports")
    shutil.copytree(REPOSITORY / "data" / "sample", work / "data" / "sample", ignore=left_out)
    return work


@pytest.fixture(scope="module")
def server(folder):
    """JupyterLab of this environment, with nothing of the user's settings; its address."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "JPY"))}
    own = {f"JUPYTER_{kind}_DIR": str(folder.parent / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")} | {
        "IPYTHONDIR": str(folder.parent / "ipython")
    }
    port = free_port()
    with (folder.parent / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *SERVER, f"--ServerApp.port={port}", f"--ServerApp.root_dir={folder}"],
            env={**clean, **own}, cwd=folder, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            wait_for(f"http://127.0.0.1:{port}/api?token={TOKEN}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def wait_for(address, process):
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2):
            return
        time.sleep(0.2)
    pytest.fail("JupyterLab did not start")


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install Debian's package chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield launched
        launched.close()


class Lab:
    """One window of JupyterLab, one notebook at a time, and all that was said or asked for meanwhile."""

    def __init__(self, browser, server):
        self.page = browser.new_page(viewport={"width": 1280, "height": 900})
        self.page.set_default_timeout(PATIENCE)
        self.said, self.outside = [], []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda one: self.outside.append(one.url) if not local(one.url, server) else None)
        self.page.goto(f"{server}/lab?token={TOKEN}&reset")
        self.page.wait_for_function("window.jupyterapp?.commands.hasCommand('docmanager:open')")

    @contextlib.contextmanager
    def opened(self, name):
        """Open a notebook and wait for its kernel; afterwards close both."""
        self.said.clear()
        self.command("docmanager:open", {"path": name})
        self.page.wait_for_function(f"{SESSION}?.kernel?.status === 'idle'")
        try:
            yield
        finally:
            self.page.evaluate(f"{SESSION}.shutdown().then(() => window.jupyterapp.shell.currentWidget.dispose())")

    def command(self, name, given=None):
        self.page.evaluate(
            "([name, given]) => void window.jupyterapp.commands.execute(name, given)", [name, given or {}]
        )

    def run(self):
        self.command("notebook:run-all-cells")
        cells = self.page.locator(".jp-CodeCell").count()
        self.page.wait_for_function(
            f"{PROMPTS}.filter((one) => /\\d/.test(one)).length === {cells}"
            " || document.querySelector('[data-mime-type=\"application/vnd.jupyter.stderr\"]')"
        )

    def drawn(self, charts):
        """Wait until so many charts stand there, none more."""
        self.page.wait_for_function(f"document.querySelectorAll('.vega-embed svg.marks').length === {charts}")

    def move(self, name, value):
        """Set a control as a person does and wait until the page says that it is up to date."""
        control = self.page.locator(f".nb-control-{name}")
        if control.locator("select").count():
            key = f"parameters.choices.{name}.{value}"
            control.locator("select").select_option(label=labels.text(key, "zh") if labels.has(key, "zh") else value)
        else:
            control.locator("input").fill(str(value))
            control.locator("input").press("Enter")
        self.page.wait_for_function(f"{SAID} && {SAID} !== '{labels.text('widgets.working', 'zh')}'")
        assert self.page.evaluate(SAID) == labels.text("widgets.done", "zh")

    def saved(self, file):
        """Save, and read what stands in the file then."""
        before = file.stat().st_mtime_ns
        self.command("docmanager:save")
        until = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < until:
            self.page.wait_for_timeout(200)
            with contextlib.suppress(json.JSONDecodeError):  # half written
                content = json.loads(file.read_text("utf-8"))
                if file.stat().st_mtime_ns != before:
                    return content
        pytest.fail("JupyterLab did not save")


def local(address, server):
    return address.startswith((server, server.replace("http", "ws"), "data:", "blob:"))


def headless(slug, folder, **given):
    page = open_page(slug, shop=str(folder / "data" / "sample"), **given)
    record = json.loads(json.dumps(page.record()))
    charts = sum(isinstance(part, ChartPart) for section in page.view.sections for part in section.parts)
    return record, [card.value for card in page.view.screen.cards], page.view.screen.verdict, charts


@pytest.fixture(scope="module")
def lab(browser, server):
    return Lab(browser, server)


@pytest.mark.parametrize("slug", parameters.notebooks())
def test_a_notebook_runs_in_the_lab_and_shows_what_a_headless_run_gives(slug, folder, lab):
    move, notebook = MOVES[slug], parameters.notebooks()[slug].name
    _, cards, verdict, charts = headless(slug, folder)
    with lab.opened(notebook):
        lab.run()
        lab.drawn(charts)
        assert lab.page.evaluate(CARDS) == cards
        assert lab.page.locator(".nb-verdict").text_content() == verdict

        lab.move(move.parameter, move.value)
        record, moved_cards, verdict, charts = headless(slug, folder, **{move.parameter: move.value})
        assert moved_cards != cards, "the move changes nothing that a card shows"
        assert lab.page.evaluate(CARDS) == moved_cards
        figure = next(one for name, one in record["figures"].items() if name.startswith(move.figure))
        assert labels.format_value(figure["value"], move.kind, "zh") in lab.page.evaluate(CARDS)
        assert lab.page.locator(".nb-verdict").text_content() == verdict

        lab.drawn(charts)
        assert lab.page.evaluate(TOO_WIDE) == []
        assert [text for text in lab.said if not text.startswith(KNOWN)] == []
        assert lab.outside == []
        kept = lab.saved(folder / notebook)
        assert (folder / notebook).stat().st_size < SAVED_BYTES
        assert kept_record(kept) == record
        assert "state" not in json.dumps(kept["metadata"].get("widgets", {}))


def kept_record(notebook):
    """The record that the Lab's export menu would read after the move."""
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    return next(output["data"][RECORD_MIME] for output in outputs if RECORD_MIME in output["data"])["record"]
