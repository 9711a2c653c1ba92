"""Controls made from the parameters cell, and outputs that are redrawn in place."""

import asyncio
import json
import shlex
import threading
import time
from pathlib import Path

import pytest

from shopnb import labels, parameters, widgets
from shopnb.errors import ParameterError
from shopnb.parameters import Parameter, convert
from shopnb.view import CHART_MIME, ChartPart
from shopnb.widgets import Dial, Span, outputs
from shopnb.widgets.answers import Answer
from shopnb.widgets.copying import code_cell, command_line
from shopnb.widgets.desk import TYPED_SECONDS
from shopnb.widgets.panel import GROUPS, Panel

DECLARED = (
    Parameter("shop", "str", "shop", "shop folder"),
    Parameter("start_date", "str", "", "first day"),
    Parameter("end_date", "str", "", "last day"),
    Parameter("lang", "str", "zh", "zh or en"),
    Parameter("grain", "str", "", "day or week"),
    Parameter("query", "str", "", "search"),
    Parameter("bands", "list[str]", [], "edges"),
    Parameter("sources", "list[str]", [], "sources"),
    Parameter("sold_window_days", "int", 0, "days"),
    Parameter("margin_rate", "float", 0.0, "share"),
)


class FakePage:
    """A page that keeps what it was asked for, and refuses what a real one refuses."""

    slug = "market_sizing"

    def __init__(self):
        self.given = {one.name: one.default for one in DECLARED}
        self.asked = []

    @property
    def lang(self):
        return self.given["lang"]

    def declared(self):
        return DECLARED

    def offered(self):
        return {"lang": ("zh", "en"), "grain": ("", "day", "week"), "sources": ("手淘搜索", "购物车")}

    def spans(self):
        return [Span("last week", "2026-08-24", "2026-08-30"), Span("yesterday", "2026-08-30", "2026-08-30")]

    def dials(self, section):
        edges = [float(one) for one in self.given["bands"] or ["20", "40"]]
        cuts = [
            Dial("bands", str(place), f"edge {place}", edge, 1, 99, base=("20", "40"))
            for place, edge in enumerate(edges)
        ]
        rate = Dial("margin_rate", value=self.given["margin_rate"], high=0.9, step=0.01, is_share=True)
        picked = Dial("query", buttons=(("leak 9", "leak"), ("smell 3", "smell")))
        return [*cuts, rate, picked, Dial("grain")] if section == "bands" else []

    def told(self, section):
        return f"edges <{len(self.given['bands'])}>" if section == "bands" else ""

    def hand_over(self):
        self.handed = dict(self.given)

    def redraw(self, **changed):
        self.asked.append(changed)
        checked = parameters.check("fake", DECLARED, {**self.given, **changed})
        if checked["end_date"] and checked["end_date"] < checked["start_date"]:
            raise ParameterError("parameter_day", report="fake", name="end_date", found="<b>")
        if checked["query"] == "fault":
            raise ZeroDivisionError("a < b")
        if checked["query"] == "stop":
            raise KeyboardInterrupt
        self.given = checked


@pytest.fixture
def page():
    return FakePage()


@pytest.fixture
def panel(page):
    return Panel(page)


def widget(panel, name):
    return panel.controls[name].widget


def said(panel):
    return panel.status.value


def test_every_parameter_but_the_shop_has_a_control_that_stands_at_its_value(panel, page):
    assert panel.values() == {name: value for name, value in page.given.items() if name != "shop"}
    assert page.asked == []


def test_a_moved_control_updates_the_page_with_all_values(panel, page):
    widget(panel, "margin_rate").value = 0.4
    assert page.given["margin_rate"] == 0.4
    assert page.asked[-1] == panel.values()
    assert labels.text("widgets.done", "zh") in said(panel)


def test_values_are_written_as_parameters(panel, page):
    widget(panel, "bands").value = "20,35 , 60、99"
    widget(panel, "sources").value = ("购物车",)
    widget(panel, "query").value = "  保温杯 "
    widget(panel, "sold_window_days").value = 30
    panel.controls["start_date"].value = "2026-08-24"
    assert page.given["bands"] == ["20", "35", "60", "99"]
    assert page.given["sources"] == ["购物车"]
    assert page.given["query"] == "保温杯"
    assert page.given["sold_window_days"] == 30
    assert page.given["start_date"] == "2026-08-24"
    widget(panel, "start_date").value = None
    assert page.given["start_date"] == ""


def test_text_and_numbers_apply_when_left_not_at_each_key(panel):
    for name in ("query", "bands", "sold_window_days", "margin_rate"):
        assert widget(panel, name).continuous_update is False


def test_a_mistake_is_a_sentence_in_place_and_is_mended_by_the_next_move(panel, page):
    panel.controls["start_date"].value = "2026-08-24"
    panel.controls["end_date"].value = "2026-08-01"
    assert 'role="alert"' in said(panel)
    assert labels.text("widgets.kept", "zh") in said(panel)
    assert "&lt;b&gt;" in said(panel)
    assert "parameter_day" not in said(panel)
    assert "<b>" not in said(panel)
    assert page.given["end_date"] == ""
    panel.controls["start_date"].value = "2026-07-01"  # the end that was refused counts now
    assert (page.given["start_date"], page.given["end_date"]) == ("2026-07-01", "2026-08-01")
    assert 'role="alert"' not in said(panel)


def test_our_own_fault_is_a_sentence_too(panel):
    widget(panel, "query").value = "fault"
    assert "ZeroDivisionError: a &lt; b" in said(panel)
    assert "Traceback" not in said(panel)


def test_what_is_moved_on_another_thread_while_it_computes_waits_and_is_not_lost(panel, page, monkeypatch):
    inside, go = threading.Event(), threading.Event()
    redraw = page.redraw

    def slow(**changed):
        inside.set()
        assert go.wait(20)
        redraw(**changed)

    monkeypatch.setattr(page, "redraw", slow)
    first = threading.Thread(target=lambda: setattr(widget(panel, "grain"), "value", "day"))
    second = threading.Thread(target=lambda: setattr(widget(panel, "margin_rate"), "value", 0.3))
    first.start()
    assert inside.wait(20)
    second.start()
    while widget(panel, "margin_rate").value != 0.3:
        time.sleep(0.01)
    assert page.asked == []
    go.set()
    for one in (first, second):
        one.join(20)
    assert [(asked["grain"], asked["margin_rate"]) for asked in page.asked] == [("day", 0.0), ("day", 0.3)]
    assert widget(panel, "margin_rate").value == 0.3


def test_a_stopped_redraw_says_so(panel, page):
    widget(panel, "query").value = "stop"
    assert "已停下" in said(panel)
    assert page.given["query"] == ""


def test_it_says_that_it_is_working(panel, page, monkeypatch):
    seen = []
    monkeypatch.setattr(page, "redraw", lambda **_: seen.append(said(panel)))
    widget(panel, "margin_rate").value = 0.1
    assert labels.text("widgets.working", "zh") in seen[0]


def test_reset_brings_the_first_values_back_in_one_update(panel, page):
    widget(panel, "margin_rate").value = 0.4
    widget(panel, "grain").value = "day"
    asked = len(page.asked)
    panel.reset.click()
    assert page.given == {one.name: one.default for one in DECLARED}
    assert len(page.asked) == asked + 1


def test_a_named_period_sets_both_days_and_days_of_ones_own_unset_it(panel, page):
    panel.spans.value = 1
    assert (page.given["start_date"], page.given["end_date"]) == ("2026-08-24", "2026-08-30")
    assert len(page.asked) == 1
    assert panel.controls["start_date"].value == "2026-08-24"
    panel.controls["start_date"].value = "2026-08-30"
    assert panel.spans.value == 2
    panel.controls["start_date"].value = "2026-08-29"
    assert panel.spans.value == 0


def test_the_copied_line_and_cell_give_the_parameters_in_force(panel, page):
    widget(panel, "sources").value = ("手淘搜索", "购物车")
    widget(panel, "margin_rate").value = 0.4
    widget(panel, "query").value = "it's 1"
    widget(panel, "lang").value = "en"
    words = shlex.split(command_line("fake", DECLARED, page.given))
    assert words[:7] == ["shopnb", "run", "fake", "--shop", "shop", "--lang", "en"]
    assert words[7::2] == ["-p"] * 4
    typed = {}
    for name, _, text in (word.partition("=") for word in words[8::2]):
        typed.setdefault(name, []).append(text)
    kinds = {one.name: one for one in DECLARED}
    assert {name: convert("fake", kinds[name], texts) for name, texts in typed.items()} == {
        "sources": ["手淘搜索", "购物车"], "margin_rate": 0.4, "query": "it's 1",
    }  # fmt: skip
    cell = {}
    exec(code_cell(DECLARED, page.given), cell)
    assert {name: cell[name] for name in page.given} == page.given
    assert "sources: list[str] = [" in panel.copies.value
    assert "&quot;手淘搜索&quot;" in panel.copies.value


def test_the_copies_are_opened_and_shut_by_their_button(panel):
    shown = [panel.copies.layout.display]
    for _ in range(2):
        panel.copy.click()
        shown.append(panel.copies.layout.display)
    assert shown == ["none", "flex", "none"]


# Beside a section


@pytest.fixture
def answer(panel, page):
    return Answer(page, "bands")


def test_an_edge_moved_beside_the_section_sets_the_list_and_the_panel_follows(answer, panel, page):
    answer.controls["bands1"].widget.value = 55
    assert page.given["bands"] == ["20", "55"]
    assert "edges &lt;2&gt;" in answer.told.value
    assert widget(panel, "bands").value == "20, 55"
    assert labels.text("widgets.done", "zh") in answer.status.value


def test_a_dial_and_the_panels_control_are_one_parameter(answer, panel, page):
    answer.controls["margin_rate"].widget.value = 0.35
    assert panel.controls["margin_rate"].value == page.given["margin_rate"] == 0.35
    widget(panel, "margin_rate").value = 0.2
    assert answer.controls["margin_rate"].value == 0.2
    answer.controls["query"].widget.value = "smell"
    assert page.given["query"] == "smell"
    assert len(page.asked) == 3


def test_more_edges_make_more_dials(answer, panel, page):
    widget(panel, "bands").value = "10,20,30"
    assert [name for name in answer.controls if name.startswith("bands")] == ["bands0", "bands1", "bands2"]
    answer.controls["bands2"].widget.value = 66
    assert page.given["bands"] == ["10", "20", "66"]


def test_a_refused_dial_says_why_in_both_places_and_reset_mends_it(answer, panel, page):
    answer.controls["query"].widget.value = "leak"
    panel.controls["start_date"].value = "2026-08-24"
    panel.controls["end_date"].value = "2026-08-01"
    assert 'role="alert"' in answer.status.value
    assert 'role="alert"' in said(panel)
    panel.reset.click()
    assert 'role="alert"' not in answer.status.value + said(panel)
    assert page.given["query"] == ""


def test_the_reset_beside_a_section_leaves_other_parameters(answer, panel, page):
    widget(panel, "sold_window_days").value = 30
    answer.controls["bands0"].widget.value = 25
    answer.reset.click()
    assert (page.given["bands"], page.given["sold_window_days"]) == ([], 30)


def test_the_language_switch_names_everything_anew(panel, page):
    widget(panel, "grain").value = "week"
    assert widget(panel, "grain").description == "周期"
    widget(panel, "lang").value = "en"
    assert widget(panel, "grain").description == "Period"
    assert widget(panel, "grain").options == (("automatic", ""), ("day", "day"), ("week", "week"))
    assert widget(panel, "grain").value == "week"
    assert panel.reset.description == "Reset"
    assert "Up to date" in said(panel)
    widget(panel, "margin_rate").value = 0.2
    assert (page.given["grain"], page.given["margin_rate"]) == ("week", 0.2)


def test_moves_close_together_are_one_update(page):
    async def type_a_year():
        panel = Panel(page)
        for year in ("0002", "0020", "0202", "2026"):
            panel.controls["start_date"].value = f"{year}-08-24"
        assert page.asked == []
        await asyncio.sleep(TYPED_SECONDS * 2)

    asyncio.run(type_a_year())
    assert len(page.asked) == 1
    assert page.given["start_date"] == "2026-08-24"


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_every_parameter_of_every_notebook_has_a_name_in_words_and_a_hint(lang):
    for slug, notebook in parameters.notebooks().items():
        for one in parameters.read_parameters(notebook):
            assert labels.has(f"parameters.{one.name}", lang), f"{slug}: {one.name}"
            assert labels.has(f"parameters.help.{one.name}", lang), f"{slug}: {one.name}"


def test_every_group_has_a_name_and_no_parameter_two_groups():
    assert all(labels.has(f"widgets.group.{group}", lang) for group in GROUPS for lang in labels.LANGUAGES)
    grouped = [name for names in GROUPS.values() for name in names]
    assert len(grouped) == len(set(grouped))
    known = {one.name for path in parameters.notebooks().values() for one in parameters.read_parameters(path)}
    assert set(grouped) <= known


def test_headless_no_control_is_made(page, monkeypatch, capsys):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.setattr("shopnb.widgets.panel.Panel", None)  # would raise if it were called
    widgets.controls(page)
    assert capsys.readouterr().out == ""


# Outputs


class Screen:
    """Stands for the notebook: outputs by display id, as shown now."""

    def __init__(self, monkeypatch):
        self.outputs = []
        monkeypatch.setattr(outputs, "display", self.display)

    def display(self, data, *, metadata=None, raw, display_id):
        place = len(self.outputs)
        self.outputs.append((data, metadata))
        return type(
            "Handle", (), {"update": lambda _, data, metadata=None, raw=True: self.put(place, data, metadata)}
        )()

    def put(self, place, data, metadata):
        self.outputs[place] = (data, metadata)

    @property
    def kinds(self):
        return ["chart" if CHART_MIME in data else data.get("text/html") for data, _ in self.outputs]


@pytest.fixture
def notebook(monkeypatch):
    return Screen(monkeypatch)


def chart(title="Sales <up>"):
    return ChartPart("c", title, "alt", {"mark": "bar"})


def redrawn(notebook, first, then):
    handles = widgets.Handles()
    handles.show("section.x", first, lang="en")
    with handles.redrawing():
        handles.show("section.x", then, lang="en")
    return notebook.kinds


def test_the_same_number_of_outputs_is_replaced(notebook):
    assert redrawn(notebook, ["<p>a</p>", chart(), "<p>b</p>"], ["<p>c</p>", chart(), "<p>d</p>"]) == [
        "<p>c</p>", "chart", "<p>d</p>",
    ]  # fmt: skip


def test_fewer_outputs_leave_empty_ones_and_more_come_back(notebook):
    handles = widgets.Handles()
    handles.show("section.x", ["<p>a</p>", chart(), "<p>b</p>"], lang="en")
    with handles.redrawing():
        handles.show("section.x", ["<p>a</p>"], lang="en")
    assert notebook.kinds == ["<p>a</p>", "", ""]
    with handles.redrawing():
        handles.show("section.x", ["<p>a</p>", chart(), "<p>b</p>"], lang="en")
    assert notebook.kinds == ["<p>a</p>", "chart", "<p>b</p>"]


def test_more_outputs_than_there_are_places_are_named_in_the_last_one(notebook):
    shown = redrawn(notebook, ["<p>a</p>", "<p>b</p>"], ["<p>c</p>", "<p>d</p>", chart(), "<p>e</p>"])
    assert shown[0] == "<p>c</p>"
    assert shown[1].startswith("<p>d</p>")
    assert "“Sales &lt;up&gt;”: run this cell again" in shown[1]
    assert shown[1].endswith("<p>e</p>")
    assert len(shown) == 2


def test_one_output_carries_the_style_for_all_and_so_does_one_that_is_run_again(notebook):
    handles = widgets.Handles()
    carried = []
    for name in ("load", "section.x", "section.x"):
        carried.append(handles.carries_style(name))
        handles.show(name, ["<p>a</p>"], lang="en")
    assert carried == [True, False, True]
    with handles.redrawing():
        assert [handles.carries_style(name) for name in ("load", "section.x", "section.y")] == [True, True, False]


def test_what_did_not_change_is_not_drawn_again(notebook):
    handles = widgets.Handles()
    handles.show("section.x", ["<p>a</p>", chart(), "<p>b</p>"], lang="en")
    notebook.outputs.clear()
    notebook.outputs += [None, None, None]
    with handles.redrawing():
        handles.show("section.x", ["<p>a</p>", chart(), "<p>c</p>"], lang="en")
    assert [place for place, one in enumerate(notebook.outputs) if one] == [2]


def test_a_redraw_that_fails_midway_leaves_everything_as_it_stood(notebook):
    handles = widgets.Handles()
    handles.show("section.x", ["<p>a</p>"], lang="en")
    handles.show("section.y", ["<p>b</p>"], lang="en")

    def fail():
        with handles.redrawing():
            handles.show("section.x", ["<p>c</p>"], lang="en")
            assert notebook.kinds == ["<p>c</p>", "<p>b</p>"]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert notebook.kinds == ["<p>a</p>", "<p>b</p>"]


def test_the_record_follows_the_page(notebook):
    handles = widgets.Handles()
    handles.emit("application/x+json", {"n": 1})
    handles.emit("application/x+json", {"n": 2}, in_place=True)
    assert [data["application/x+json"] for data, _ in notebook.outputs] == [{"n": 2}]


@pytest.mark.slow
def test_a_papermill_run_leaves_no_trace_of_controls(tmp_path, monkeypatch):
    import papermill

    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    ran = tmp_path / "out.ipynb"
    papermill.execute_notebook(
        parameters.notebooks()["market_sizing"], ran, cwd=Path(__file__).parents[1], progress_bar=False,
        kernel_name="python3", parameters={"units_per_buyer": 2.0},
    )  # fmt: skip
    content = json.loads(ran.read_text("utf-8"))
    controls = [cell for cell in content["cells"] if "controls" in cell["metadata"]["tags"]]
    assert [cell["outputs"] for cell in controls] == [[]]
    assert "widget" not in json.dumps([content["metadata"], [cell.get("outputs") for cell in content["cells"]]])
