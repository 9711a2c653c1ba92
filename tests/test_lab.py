"""The notebooks in a real JupyterLab with the network cut: drawn, silent, and equal to the headless run."""

import contextlib
import html
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from shopnb import labels, open_page, parameters, tables
from shopnb.pages.answers import rates_compared
from shopnb.view import RECORD_MIME, ChartPart, TablePart, TextPart, carried_parts
from shopnb.widgets import brush

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[1]
TOKEN = "lab-test"
SERVER = (
    "--no-browser", "--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}",
    "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None", "--LabApp.extension_manager=readonly",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--ServerApp.allow_root=True",
)  # fmt: skip
PATIENCE = 90_000  # milliseconds that one step may take on a loaded machine
SAVED_BYTES = 200_000
KNOWN = ("Starting application in workspace", "Starting WebSocket")  # what JupyterLab itself says
SLOW = "is taking too long to activate"  # and on a loaded machine
SESSION = "window.jupyterapp.shell.currentWidget?.sessionContext?.session"
READY = """() => {
  const opened = [...window.jupyterapp.shell.widgets('main')].find((one) => one.sessionContext);
  if (opened) window.jupyterapp.shell.activateById(opened.id);
  return opened?.sessionContext.session?.kernel?.status === 'idle';
}"""
CARDS = "[...document.querySelectorAll('.nb-card .nb-value')].map((card) => card.firstChild.textContent.trim())"
PROMPTS = "[...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')].map((one) => one.textContent)"
SAID = "document.querySelector('.nb-controls .nb-said')?.textContent"
TOO_WIDE = """() => [...document.querySelectorAll('.jp-OutputArea-output')]
  .filter((output) => output.scrollWidth > output.clientWidth + 1).map((output) => output.textContent.slice(0, 80))"""


@dataclass(frozen=True)
class Move:
    """A control to move, the value it gets, and the figure that a card shows as a number of that kind.

    `answer` is done with what stands beside a section (or picks a period by name): (what to do, where, with what), the
    parameters that it sets, and the section that tells of it. `brushed` is the section with a box on its chart.
    """

    parameter: str
    value: object
    figure: str
    kind: str
    answer: tuple[str, str, str]
    sets: dict[str, object]
    section: str
    brushed: str


MOVES = {
    "shop_overview": Move(
        "margin_rate", 0.3, "paid_amount", "money",
        ("select", ".nb-control-span select", "昨天(数据最后一天)"),
        {"start_date": "2026-08-30", "end_date": "2026-08-30"}, "normal", "normal",
    ),
    "traffic_sources": Move(
        "margin_rate", 0.3, "margin_per_visitor", "money2",
        ("slide", ".nb-answer .nb-control-moved_visitors", "2000"), {"moved_visitors": 2000}, "what_if", "matrix",
    ),
    "listing_ab": Move(
        "test", "儿童吸管-标题测试", "rate.", "pct2",
        ("slide", ".nb-answer .nb-control-planned_days", "10"), {"planned_days": 10}, "planner", "by_day",
    ),
    "review_analysis": Move(
        "start_date", "2026-08-17", "negative_share", "pct",
        ("click", ".nb-answer .nb-control-aspect button:has-text('客服')", ""), {"aspect": "service"}, "evidence",
        "trend",
    ),
    "market_sizing": Move(
        "units_per_buyer", 2.0, "market_money", "money",
        ("slide", ".nb-answer .nb-control-bands >> nth=1", "35"), {"bands": ["20", "35", "60", "90", "150"]}, "bands",
        "page_one",
    ),
}  # fmt: skip
BEFORE = "?"
WINDOW = {"width": 1280, "height": 900}
BY_FINGER = "market_sizing"
BOXED = """() => [document.querySelector('.nb-brush .nb-copies pre').textContent,
  document.querySelector('.nb-brush-table tbody').textContent]"""
PLACED = """() => {
  const [chart, place, body, beside] = ['svg.marks', '.nb-brush-chart', '.nb-brush-body', '.nb-brush-beside']
    .map((one) => document.querySelector(`.nb-brush ${one}`).getBoundingClientRect());
  return { chart: chart.width, place: place.width, body: body.width, below: beside.top - chart.bottom };
}"""
CALCULATED = ".nb-calculated .nb-said"
LONG_AGO = "2020-01-01"
NO_WIDGET = "Error displaying widget"  # JupyterLab's words where a saved notebook has no control any more
WITHOUT_WIDGET = f"""[...document.querySelectorAll('.jp-OutputArea-child')]
  .filter((one) => one.textContent.includes('{NO_WIDGET}'))"""


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


@contextlib.contextmanager
def serving(folder, said, environment):
    """JupyterLab by the command `said`, with nothing of the user's settings; its address."""
    own = {f"JUPYTER_{kind}_DIR": str(folder.parent / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")} | {
        "IPYTHONDIR": str(folder.parent / "ipython")
    }
    port = free_port()
    said = list(dict.fromkeys([*said, *SERVER, f"--ServerApp.port={port}"]))  # an option comes once
    with (folder.parent / "server.log").open("w") as log:
        process = subprocess.Popen(said, env={**environment, **own}, cwd=folder, stdout=log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{port}/api?token={TOKEN}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def server(folder):
    """JupyterLab of this environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "JPY"))}
    said = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    with serving(folder, said, clean) as address:
        yield address


def wait_for(address, process):
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2):
            return
        time.sleep(0.2)
    pytest.fail("JupyterLab did not start")


class Lab:
    """One window of JupyterLab, one notebook at a time, and all that was said or asked for meanwhile."""

    def __init__(self, browser, server):
        self.page = browser.new_page(viewport=WINDOW)
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
        self.page.wait_for_function(READY)
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
        self.forget_said()
        control = self.page.locator(f".nb-controls .nb-control-{name}")
        if control.locator("select").count():
            key = f"parameters.choices.{name}.{value}"
            control.locator("select").select_option(label=labels.text(key, "zh") if labels.has(key, "zh") else value)
        else:
            control.locator("input").fill(str(value))
            control.locator("input").press("Enter")
        self.up_to_date()

    def forget_said(self):
        """What is said next is of the next move."""
        self.page.evaluate(
            f"document.querySelectorAll('.nb-controls .nb-said').forEach((one) => one.textContent = '{BEFORE}')"
        )

    def refused(self, name, value):
        """Set a day that cannot be; the sentence that is said then."""
        self.page.locator(f".nb-controls .nb-control-{name} input").fill(value)
        self.page.wait_for_selector(".nb-controls .nb-said.nb-attention")
        return self.page.locator(".nb-controls .nb-said").text_content()

    def answer(self, way, where, value):
        """Use what stands beside a section."""
        self.forget_said()
        place = self.page.locator(where)
        if way == "select":
            place.select_option(label=value)
        elif way == "click":
            place.click()
        else:
            place.locator(".widget-readout").fill(value)
            place.locator(".widget-readout").press("Enter")
        self.up_to_date()

    def draw_box(self, *, finger=False):
        """Open the brush and drag a box over the middle of its chart."""
        brush = self.page.locator(".nb-brush")
        brush.locator(".nb-brush-head button").click()
        chart = brush.locator("svg.marks")
        chart.wait_for()
        chart.scroll_into_view_if_needed()
        place = chart.bounding_box()
        way = [
            (place["x"] + across * place["width"], place["y"] + down * place["height"])
            for across, down in ((0.3, 0.25), (0.5, 0.5), (0.9, 0.8))
        ]
        if finger:
            touched = self.page.context.new_cdp_session(self.page)
            for kind, (x, y) in zip(("touchStart", "touchMove", "touchMove"), way, strict=True):
                touched.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
            touched.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
            return
        self.page.mouse.move(*way[0])
        self.page.mouse.down()
        for x, y in way[1:]:
            self.page.mouse.move(x, y)
        self.page.mouse.up()

    def narrow(self, width):
        """Make the window narrow, and wait until the chart of the brush is as wide as its place."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.evaluate("window.jupyterapp.shell.collapseLeft()")
        self.page.wait_for_function(f"Math.abs(({PLACED})().chart - ({PLACED})().place) < 2")
        return self.page.evaluate(PLACED)

    def up_to_date(self):
        working = labels.text("widgets.working", "zh")
        self.page.wait_for_function(f"{SAID} && !['{working}', '{BEFORE}'].includes({SAID})")
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


def charts_of(page):
    return sum(isinstance(part, ChartPart) for section in page.view.sections for part in section.parts)


def expected_of_box(lab, page, section):
    """Wait until the table beside the chart has the rows that pandas chooses by the ends that it names."""
    found = page.brush(section)
    until = time.monotonic() + PATIENCE / 1000
    while True:  # the box is told while it is dragged, its last place last
        code, shown = lab.page.evaluate(BOXED)
        rows = found.table.frame
        for low, name, high in re.findall(r"\"?([^ '\"]+)\"? <= (\w+) <= \"?([^ '\"]+)\"?", code):
            ends = (low, high) if name == "day" else (float(low), float(high))
            rows = rows[rows[name].between(*ends)]
        table = tables.table_html(replace(found.table, frame=rows, rows=brush.SHOWN), "zh")
        body = re.search("<tbody>(.*)</tbody>", table, re.DOTALL)[1]
        if html.unescape(re.sub("<[^>]*>", "", body)) == shown:
            break
        assert time.monotonic() < until, f"{code}: {shown}"
        lab.page.wait_for_timeout(100)
    assert 0 < len(rows) < len(found.table.frame)
    count = labels.text("widgets.brush.chosen", "zh", rows=len(rows), total=len(found.table.frame))
    assert lab.page.locator(".nb-brush-count").text_content() == count


def told_in(page, key):
    """What a section says in words and cells that nobody formats: paragraphs, and texts of its tables."""
    parts = page.view.sections[page.section_keys.index(key)].parts
    texts = [part.text for part in parts if isinstance(part, TextPart) and part.text]
    tables = [part for part in parts if isinstance(part, TablePart) and not part.folded]
    for table in tables:
        named = [column.name for column in table.columns if column.kind == "text"]
        texts += [str(one) for name in named for one in table.frame[name].head(3)]
    assert texts
    return [" ".join(text.split()) for text in texts]


@pytest.fixture(scope="module")
def lab(browser, server):
    return Lab(browser, server)


@pytest.mark.parametrize("slug", parameters.notebooks())
def test_a_notebook_runs_in_the_lab_and_shows_what_a_headless_run_gives(slug, folder, lab):
    move, notebook = MOVES[slug], parameters.notebooks()[slug].name
    with lab.opened(notebook):
        lab.run()
        before = lab.page.evaluate(CARDS)
        lab.move(move.parameter, move.value)
        lab.answer(*move.answer)

        given = {move.parameter: move.value, **move.sets}
        page = open_page(slug, shop=str(folder / "data" / "sample"), **given)
        record = json.loads(json.dumps(page.record()))
        cards = [card.value for card in page.view.screen.cards]
        assert cards != before, "the move changes nothing that a card shows"
        assert lab.page.evaluate(CARDS) == cards
        figure = next(one for name, one in record["figures"].items() if name.startswith(move.figure))
        assert labels.format_value(figure["value"], move.kind, "zh") in cards
        assert lab.page.locator(".nb-verdict").text_content() == page.view.screen.verdict
        said = lab.refused("end_date", LONG_AGO)
        assert said.endswith(labels.text("widgets.kept", "zh"))
        assert labels.text("parameters.end_date", "zh") in said
        assert lab.page.evaluate(CARDS) == cards
        lab.move("end_date", move.sets.get("end_date", ""))
        assert lab.page.evaluate(CARDS) == cards
        shown = " ".join(lab.page.evaluate("document.querySelector('.jp-Notebook').textContent").split())
        assert [text for text in told_in(page, move.section) if text not in shown] == []

        lab.drawn(charts_of(page))
        assert lab.page.evaluate(TOO_WIDE) == []
        lab.draw_box(finger=slug == BY_FINGER)
        lab.page.wait_for_function(f"({BOXED})()[0].includes('.query(')")
        expected_of_box(lab, page, move.brushed)
        if slug == BY_FINGER:
            phone = lab.narrow(390)
            assert phone["place"] <= phone["body"] < 300
            assert phone["below"] >= 0
            expected_of_box(lab, page, move.brushed)  # the box is still there
            lab.page.set_viewport_size(WINDOW)
        assert [text for text in lab.said if not text.startswith(KNOWN) and SLOW not in text] == []
        assert lab.outside == []
        kept = lab.saved(folder / notebook)
        assert (folder / notebook).stat().st_size < SAVED_BYTES
        assert kept_record(kept) == record
        assert "state" not in json.dumps(kept["metadata"].get("widgets", {}))

    with lab.opened(notebook):
        lab.page.locator(".nb-stale").wait_for(state="visible")
        lab.page.wait_for_function(f"{WITHOUT_WIDGET}.length > 0")  # each stands where a control stood
        assert lab.page.evaluate(f"{WITHOUT_WIDGET}.filter((one) => one.offsetParent).length") == 0


def test_the_calculator_reckons_in_place_and_a_restart_leaves_a_sentence(folder, lab):
    with lab.opened(parameters.notebooks()["listing_ab"].name):
        lab.run()
        inputs = lab.page.locator(".nb-answer:has(.nb-calculated) input")
        for place, number in enumerate((20000, 1000, 20000, 1120)):
            inputs.nth(place).fill(str(number))
            inputs.nth(place).press("Enter")
        lab.page.wait_for_function(f"document.querySelector('{CALCULATED}').textContent.includes('5.60%')")
        told = rates_compared(20000, 1000, 20000, 1120, lang="zh")
        assert lab.page.locator(CALCULATED).text_content() == told

        move = MOVES["listing_ab"]
        for rate in ("0.1", "0.2", "0.3"):  # one after another, while it computes
            lab.page.locator(".nb-controls .nb-control-margin_rate input").fill(rate)
            lab.page.locator(".nb-controls .nb-control-margin_rate input").press("Enter")
        lab.page.locator(".nb-controls .nb-control-test select").select_option(label=move.value)
        page = open_page("listing_ab", shop=str(folder / "data" / "sample"), test=move.value, margin_rate=0.3)
        cards = [card.value for card in page.view.screen.cards]
        wanted = json.dumps(["".join(cards), labels.text("widgets.done", "zh")], ensure_ascii=False)
        lab.page.wait_for_function(f"JSON.stringify([{CARDS}.join(''), {SAID}]) === JSON.stringify({wanted})")
        assert lab.page.locator(".nb-verdict").text_content() == page.view.screen.verdict

        stale = lab.page.locator(".nb-stale")
        assert not stale.is_visible()
        lab.page.evaluate(f"{SESSION}.kernel.restart()")
        stale.wait_for(state="visible")
        assert stale.text_content() == labels.text("widgets.stale", "zh")


def kept_record(notebook):
    """The record that the Lab's export menu would read after the move."""
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    return carried_parts(next(output["data"][RECORD_MIME] for output in outputs if RECORD_MIME in output["data"]))[0]
