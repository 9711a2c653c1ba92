"""The controls of the five notebooks under a careless hand: a sentence in place, the page at its last good state."""

import asyncio
import html
import json
import re
import shlex
import sys
import time
import tomllib
from pathlib import Path

import pytest

from shopnb import labels, open_page, parameters
from shopnb.cli import running
from shopnb.cli.parser import build_parser
from shopnb.derived import Given
from shopnb.errors import MissingDataError
from shopnb.pages import answers
from shopnb.view import RECORD_MIME, carried_parts
from shopnb.widgets import desk, outputs
from shopnb.widgets.answers import Answer
from shopnb.widgets.desk import desk_of
from shopnb.widgets.panel import Panel

EMPTY = re.compile(r"(?<![A-Za-z])(nan|NaN|NaT|None|inf|undefined|Traceback)(?![A-Za-z])")
SENTENCES = Path(labels.__file__).parent
TEST_OF_TITLES = "儿童吸管-标题测试"


class Notebook:
    """One report as an operator has it open: all its cells run, the panel above them."""

    def __init__(self, slug, shop):
        self.outputs = []
        self.page = open_page(slug, shop=str(shop))
        self.page.load()
        self.panel = Panel(self.page)
        self.page.findings()
        for key in self.page.section_keys:
            self.page.section(key)
        self.page.methods()

    def display(self, data, *, metadata=None, raw, display_id):
        place = len(self.outputs)
        self.outputs.append(data)
        return type("Handle", (), {"update": lambda _, data, metadata=None, raw=True: self.put(place, data)})()

    def put(self, place, data):
        self.outputs[place] = data

    def move(self, **values):
        """Set one control as the browser does, days as text; several at once, as within the quarter of a second."""
        if len(values) == 1:
            ((name, value),) = values.items()
            self.panel.controls[name].value = value
        else:
            desk_of(self.page).want(**values)

    @property
    def said(self):
        return html.unescape(re.sub("<[^>]*>", "", self.panel.status.value.replace("<br>", "\n")))

    @property
    def is_refused(self):
        return 'role="alert"' in self.panel.status.value

    @property
    def text(self):
        """What stands in all outputs, in words."""
        drawn = " ".join(one.get("text/html", "") for one in self.outputs)
        return html.unescape(re.sub("<[^>]*>", " ", re.sub(r"<(style|script).*?</\1>", "", drawn, flags=re.DOTALL)))

    @property
    def record(self):
        return carried_parts(next(one[RECORD_MIME] for one in self.outputs if RECORD_MIME in one))[0]

    def headless(self):
        """The record of a run without controls, with the parameters in force."""
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("JPY_SESSION_NAME")
            return json.loads(json.dumps(type(self.page)(self.page.shop, self.page.given).record()))


@pytest.fixture(scope="module")
def interactive():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JPY_SESSION_NAME", "test.ipynb")
        yield patch


@pytest.fixture(scope="module")
def opened(interactive, sample_shop):
    """The notebook of a report, opened once for all tests of it; it is reset before each."""
    there = {}

    def notebook(slug):
        if slug not in there:
            made = there[slug] = Notebook.__new__(Notebook)
            interactive.setattr(outputs, "display", lambda *given, **named: there["now"].display(*given, **named))
            for module in (sys.modules["shopnb.widgets.panel"], sys.modules["shopnb.widgets.answers"]):
                interactive.setattr(module, "display", lambda *_, **__: None)
            there["now"] = made
            made.__init__(slug, sample_shop)
        there["now"] = there[slug]
        there[slug].panel.reset.click()
        assert not there[slug].is_refused
        return there[slug]

    return notebook


NOT_POSSIBLE = {  # slug: control values, code of the refusal
    "shop_overview": [
        ({"start_date": "2026-08-30", "end_date": "2026-08-01"}, "period_backwards"),
        ({"end_date": "2020-01-01"}, "no_days"),
        ({"start_date": "2030-01-01"}, "no_days_since"),
        ({"start_date": "2026-10-01", "end_date": "2026-10-07"}, "no_days_in_period"),
        ({"start_date": "0002-08-24"}, "parameter_year"),
        ({"margin_rate": 30.0}, "parameter_share"),
        ({"margin_rate": -0.1}, "parameter_share"),
    ],
    "traffic_sources": [
        ({"start_date": "2026-08-20"}, "no_traffic_start"),
        ({"end_date": "2026-08-20"}, "no_traffic_end"),
        ({"start_date": "2026-08-20", "end_date": "2026-08-25"}, "no_traffic_period"),
        ({"moved_visitors": 0}, "parameter_positive"),
        ({"moved_visitors": -(10**9)}, "parameter_positive"),
    ],
    "listing_ab": [
        ({"start_date": "2026-08-15", "end_date": "2026-08-19"}, "no_test_days"),
        ({"end_date": "2026-01-01"}, "no_test_days"),
        ({"min_effect": 1e9}, "parameter_share"),
        ({"planned_days": -1}, "parameter_negative"),
        ({"control": "A现用图", "test": TEST_OF_TITLES}, "parameter_choice"),
    ],
    "review_analysis": [
        ({"end_date": "2020-01-01"}, "no_days"),
        ({"start_date": "2030-01-01"}, "no_days_since"),
        ({"start_date": "2026-10-01", "end_date": "2026-10-07"}, "no_days_in_period"),
    ],
    "market_sizing": [
        ({"end_date": "2020-01-01"}, "no_snapshot"),
        ({"bands": ["abc"]}, "parameter_number"),
        ({"bands": ["inf"]}, "parameter_number"),
        ({"bands": ["0", "40"]}, "parameter_positive"),
        ({"units_per_buyer": 0.0}, "parameter_positive"),
        ({"assumptions": ["乱写"]}, "parameter_choice"),
        ({"assumptions": ["unit_cost="]}, "parameter_number"),
        ({"assumptions": ["monthly=-1"]}, "parameter_negative"),
    ],
}  # fmt: skip


def pattern_of(code):
    """What the operator reads of an error in 中文: its sentences, with anything in their places."""
    written = tomllib.loads((SENTENCES / "zh" / "errors.toml").read_text("utf-8"))
    lines = [written[code]["problem"]]
    lines += [
        written[part].replace("{text}", written[code][part]) for part in ("where", "fix") if part in written[code]
    ]
    lines.append(labels.text("widgets.kept", "zh"))
    return re.sub(r"\\{\w+\\}", ".+", re.escape("\n".join(lines)))


@pytest.mark.parametrize("slug", NOT_POSSIBLE)
def test_what_cannot_be_is_a_sentence_in_place_and_the_page_stays(slug, opened):
    notebook = opened(slug)
    before, given = list(notebook.outputs), dict(notebook.page.given)
    for values, code in NOT_POSSIBLE[slug]:
        notebook.move(**values)
        assert notebook.is_refused, f"{values}: {notebook.said}"
        assert re.fullmatch(pattern_of(code), notebook.said), f"{code}: {notebook.said}"
        assert not re.search(
            r"[{}“]”|  |: |:$|[{}]|shop_daily|shop_overview|_sources|_ab|_analysis|_sizing", notebook.said
        )
        assert [one for one, old in zip(notebook.outputs, before, strict=True) if one is not old] == []
        assert dict(notebook.page.given) == given
        desk_of(notebook.page).wanted = {**given}
    notebook.panel.reset.click()
    assert not notebook.is_refused
    assert dict(notebook.page.given) == given


POSSIBLE = {  # at their ends or odd, and still a page
    "shop_overview": [{"start_date": "2026-08-20", "end_date": "2026-09-05", "margin_rate": 0.999999}],
    "traffic_sources": [{"moved_visitors": 10**9}],
    "listing_ab": [{"metric": "favourite_rate", "planned_days": 10**9}],
    "review_analysis": [{"start_date": "2026-07-02", "end_date": "2026-07-02", "aspect": "ingredient"}],
    "market_sizing": [
        {"bands": ["1e9"], "units_per_buyer": 1e9, "own_shop": "<b>没有</b>"},
        {"assumptions": ["price=1e9", "unit_cost=1e9", "reach=0", "lead_days=1e9"]},
    ],
}  # fmt: skip


@pytest.mark.parametrize("slug", POSSIBLE)
def test_what_is_odd_but_possible_leaves_no_hole_in_the_page(slug, opened):
    notebook = opened(slug)
    assert EMPTY.findall(notebook.text) == []
    for values in POSSIBLE[slug]:
        notebook.move(**values)
        assert not notebook.is_refused, f"{values}: {notebook.said}"
        assert EMPTY.findall(notebook.text) == [], values
        notebook.panel.reset.click()


PERIODS = {"shop_overview": slice(5, 6), "traffic_sources": slice(2, 3)}


@pytest.mark.parametrize("slug", PERIODS)
def test_a_period_by_name_gives_what_a_headless_run_gives(slug, opened):
    notebook = opened(slug)
    for name, place in notebook.panel.spans.options[PERIODS[slug]]:
        notebook.panel.spans.value = place
        assert not notebook.is_refused, f"{name}: {notebook.said}"
        days = notebook.page.given["start_date"], notebook.page.given["end_date"]
        assert all(days), name
        assert notebook.record == notebook.headless(), name


def test_all_sources_that_are_offered_can_be_chosen(opened):
    notebook = opened("traffic_sources")
    offered = [value for _, value in notebook.panel.controls["sources"].widget.options]
    notebook.move(sources=offered)
    assert not notebook.is_refused, notebook.said
    for name in ("from_source", "to_source"):
        assert [value for _, value in notebook.panel.controls[name].widget.options] == ["", *offered]


def test_another_test_brings_its_versions_measures_and_periods(opened):
    notebook = opened("listing_ab")
    of_first = notebook.panel.controls["control"].widget.options
    assert [name for name, _ in notebook.panel.spans.options[1:]] == [
        labels.text(f"widgets.spans.{name}", "zh") for name in ("yesterday", "last_week", "this_month", "last_30_days")
    ]  # the campaign ended before it began
    notebook.move(test=TEST_OF_TITLES)
    versions = [arm.variant for arm in notebook.page.numbers.comparison.arms]
    assert [value for _, value in notebook.panel.controls["control"].widget.options] == ["", *versions]
    names = [name for name, _ in notebook.panel.spans.options]
    assert labels.text("widgets.spans.campaign", "zh") in names
    assert labels.text("widgets.spans.yesterday", "zh") not in names  # it ended a week earlier
    notebook.move(control=versions[-1])
    assert not notebook.is_refused, notebook.said
    notebook.panel.reset.click()
    assert notebook.panel.controls["control"].widget.options == of_first


def test_the_note_of_other_tests_leaves_out_the_own_one_however_often_days_were_moved(opened):
    notebook = opened("listing_ab")
    page, given = notebook.page, dict(notebook.page.given)
    for day in range(24, 30):  # more than are kept: the tests are listed anew, the numbers are not
        page.given = Given({**given, "end_date": f"2026-08-{day}"})
        assert page.tests
    page.given = Given(given)
    notebook.move(lang="en")
    (note,) = (one["text"] for one in notebook.record["health"] if one["code"] == "other_tests")
    assert TEST_OF_TITLES in note
    assert page.numbers.test.name not in note


def test_edges_close_together_and_below_one_have_sliders_that_a_browser_can_draw(opened):
    notebook = opened("market_sizing")
    beside = Answer(notebook.page, "bands")
    for bands in (["20", "20.5", "21"], ["0.3", "0.6"]):
        notebook.move(bands=bands)
        assert not notebook.is_refused, notebook.said
        dials = answers.dials(notebook.page, "bands")
        assert len(dials) == len(bands)
        for dial in dials:
            slider = beside.controls[dial.parameter + dial.entry].widget
            assert slider.min < slider.max
            assert slider.min <= slider.value <= slider.max


def test_a_fault_of_ours_after_the_redraw_is_a_sentence_too(opened, monkeypatch):
    notebook = opened("shop_overview")

    def fail():
        raise KeyError("figure")

    monkeypatch.setattr(notebook.page, "hand_over", fail)
    notebook.move(grain="day")
    assert notebook.is_refused
    assert "KeyError" in notebook.said
    monkeypatch.undo()
    notebook.move(grain="week")
    assert not notebook.is_refused


def test_controls_moved_while_it_computes_end_at_the_last_values(opened, monkeypatch):
    notebook = opened("shop_overview")
    redraw, asked = notebook.page.redraw, []

    def slow(**values):
        asked.append((values["grain"], values["margin_rate"]))
        time.sleep(0.05)
        redraw(**values)

    monkeypatch.setattr(notebook.page, "redraw", slow)
    monkeypatch.setattr(desk, "WAIT_SECONDS", 0.01)

    async def hasty():
        notebook.move(grain="day")
        while not asked:
            await asyncio.sleep(0.005)
        for rate in (0.1, 0.2, 0.3):  # came in while it computed: the browser's messages wait their turn
            notebook.move(margin_rate=rate)
        notebook.move(grain="month")
        while len(asked) < 2:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.1)

    asyncio.run(hasty())
    assert asked == [("day", 0.0), ("month", 0.3)]
    assert not notebook.is_refused
    assert (notebook.page.given["grain"], notebook.page.given["margin_rate"]) == ("month", 0.3)
    assert notebook.record == notebook.headless()


def test_the_copied_line_runs_with_the_parameters_on_screen(opened, tmp_path, monkeypatch):
    notebook = opened("market_sizing")
    notebook.move(bands=["30", "80"], units_per_buyer=1.5, assumptions=["unit_cost=25", "ads_rate=0.12"], lang="en")
    line = html.unescape(re.search('<pre class="nb-copy-line">(.*?)</pre>', notebook.panel.copies.value, re.DOTALL)[1])
    ran = []

    def run_batch(planned, **_):
        ran.extend(planned.jobs)
        raise InterruptedError  # all that comes after is the runner's, with tests of its own

    monkeypatch.setattr(running, "run_batch", run_batch)
    monkeypatch.setattr(running, "warm_up", lambda: None)
    with pytest.raises(InterruptedError):
        running.run(build_parser("en").parse_args([*shlex.split(line)[1:], "--out", str(tmp_path)]), "en")
    (job,) = ran
    assert (job.report, dict(job.parameters)) == ("market_sizing", dict(notebook.page.given))
    assert notebook.headless()["figures"] == notebook.record["figures"]


def test_a_bad_value_in_the_parameters_cell_is_a_sentence_in_the_cell_and_no_traceback(sample_shop):
    with pytest.raises(MissingDataError) as refused:
        open_page("shop_overview", shop=str(sample_shop), end_date="2020-01-01").load()
    shown = refused.value._render_traceback_()  # what IPython shows instead, where an error has it
    assert shown[0] == "no_days: 2020-01-01 和之前没有“店铺日报”的数据,店铺总览出不来。"
    assert shown[-2].startswith("Fix: Set Last day (end_date) to 2026-05-25")


def texts_of(tree, path=()):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from texts_of(value, (*path, key))
        elif isinstance(value, str):
            yield ".".join((*path, key)), value


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_a_sentence_that_names_a_parameter_names_its_control_too(lang):
    """`end_date` alone says nothing to who sees a control called 结束日, 结束日 alone nothing to who writes `-p`."""
    declared = {one.name for path in parameters.notebooks().values() for one in parameters.read_parameters(path)}
    folder = SENTENCES / lang
    named = 0
    for file in sorted(folder.glob("*.toml")):
        for key, text in texts_of(tomllib.loads(file.read_text("utf-8"))):
            for found in re.finditer(r" ?[((]([a-z_]+)[))]", text):
                if found[1] in declared:
                    named += 1
                    label = labels.text(f"parameters.{found[1]}", lang)
                    assert text[: found.start()].endswith(label), f"{file.name}: {key}"
    assert named > 20
    for code in ("period_backwards", "no_days", "no_days_since", "no_days_in_period", "no_test_days", "no_snapshot"):
        fix = labels.text(f"errors.{code}.fix", lang, first=1, last=2, table="t", get="g")
        assert "end_date" in fix or "start_date" in fix
