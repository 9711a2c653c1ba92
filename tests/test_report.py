"""The page: one file, no address, the same bytes; its checks; the pages of a batch; notebooks of other people."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from importlib import resources
from pathlib import Path

import altair
import demo
import nbformat
import pytest

from shopnb import report
from shopnb.report.check import check_page
from shopnb.report.exporter import ShopnbExporter
from shopnb.report.notebook import read_parts
from shopnb.report.page import page_html
from shopnb.report.svg import OutsideDataError, chart_svg, vega_spec

# sha256 of build/vega.min.js in the npm package vega 6.2.0
VEGA = "ea6a5936381d06f912466354e2b6a20eb66c4d41f1ca9dff1e0236dfee6ee392"


@pytest.fixture(scope="module")
def notebook():
    return demo.demo_made("zh")[0]


@pytest.fixture(scope="module")
def html():
    return demo.demo_made("zh")[1]


def _changed(html: str, old: str, new: str) -> str:
    assert old in html
    return html.replace(old, new, 1)


def test_vega_is_the_published_file_with_its_licence():
    packed = resources.files("shopnb.report").joinpath("assets", "vega.min.js.gz").read_bytes()
    assert hashlib.sha256(gzip.decompress(packed)).hexdigest() == VEGA
    notices = (Path(__file__).parents[1] / "THIRD_PARTY_NOTICES").read_text(encoding="utf-8")
    assert "Vega 6.2.0" in notices
    assert resources.files("shopnb.report").joinpath("assets", "vega.LICENSE").is_file()


def test_the_page_passes_its_own_checks(notebook, html):
    assert check_page(html, read_parts(notebook)) == []


def test_twelve_charts_fit_the_budget_of_six(html):
    assert len(html.encode("utf-8")) < 600_000


def test_without_living_charts_the_page_is_small_and_runs_nothing(notebook):
    html = page_html(read_parts(notebook), live=False)
    assert len(html.encode("utf-8")) < 200_000
    assert "script-src &#39;none&#39;" in html
    assert re.findall(r"<script(?! type=)", html) == []


def test_the_same_notebook_gives_the_same_bytes(notebook, html):
    assert ShopnbExporter().from_notebook_node(notebook)[0] == html


def test_the_only_script_is_the_one_the_policy_names(html):
    scripts = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode("utf-8")).digest()).decode()
    assert len(scripts) == 1
    assert f"script-src &#39;sha256-{digest}&#39;" in html


def test_the_record_travels_inside_and_cannot_end_its_element(html):
    record = re.search(r'<script type="application/json" id="record">(.*?)</script>', html, flags=re.DOTALL)[1]
    assert json.loads(record)["findings"][2]["text"] == demo.HOSTILE[0]


def test_svg_text_takes_the_fonts_of_the_page(html):
    drawn = re.findall(r"<svg viewBox.*?</svg>", html, flags=re.DOTALL)
    assert len(drawn) == 12
    assert not any("font-family" in svg or "@font-face" in svg for svg in drawn)
    assert all('role="img"' in svg and "aria-label=" in svg for svg in drawn)
    assert not re.search(r"\d\.\d\d", "".join(re.findall(r' d="[^"]*"', "".join(drawn))))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("<main", '<img src="https://example.com/a.png"><main', "outside_address"),
        ("<main", '<link rel="stylesheet" href="//example.com/a.css"><main', "outside_address"),
        ("<style>", "<style>@import 'https://example.com/a.css';", "outside_address"),
        ("<main", "<b onclick=alert(1)>x</b><main", "event_handler"),
        ("<main", "<iframe></iframe><main", "forbidden_element"),
        ("<main", "<script>alert(1)</script><main", "foreign_script"),
        ("<main", "<p>NaN</p><main", "unknown_shown: NaN"),
        ("<main", "<p>¥nan</p><main", "unknown_shown: nan"),
        ("<main", "<p>None</p><main", "unknown_shown: None"),
        ("<main", "<p>Traceback (most recent call last)</p><main", "unknown_shown: Traceback"),
        ('lang="zh-CN"', 'lang="en"', "wrong_language"),
        ("Content-Security-Policy", "X-Policy", "no_policy"),
        ("<main", "<svg></svg><main", "charts: 13 drawn, 12 expected"),
        ("「316大容量」转化", "「317大容量」转化", "missing_finding"),
    ],
)
def test_faults_are_found(notebook, html, old, new, fault):
    broken = html.replace(old, new) if fault == "missing_finding" else _changed(html, old, new)
    assert any(found.startswith(fault) for found in check_page(broken, read_parts(notebook)))


def test_a_page_over_the_limit_is_a_fault(notebook, html):
    padded = _changed(html, "<main", "<!--" + "x" * 1_000_000 + "--><main")
    assert [found.partition(":")[0] for found in check_page(padded, read_parts(notebook))] == ["too_large"]


def test_words_that_only_look_unknown_are_no_fault(notebook, html):
    fine = _changed(html, "<main", "<p>None of these, banana, 南nan京-nan</p><main")
    assert check_page(fine, read_parts(notebook)) == []


def test_a_chart_that_was_named_but_not_shown_is_our_mistake(notebook):
    parts = read_parts(notebook)
    bare = type(parts)(parts.record, parts.page, {})
    with pytest.raises(ValueError, match="daily"):
        page_html(bare)


def test_data_outside_are_never_fetched():
    spec = {"data": {"url": "https://example.com/a.csv"}, "mark": "point", "encoding": {}}
    for draw in (lambda: vega_spec(spec), lambda: chart_svg(spec, alt="a", prefix="p")):
        with pytest.raises(OutsideDataError):
            draw()


def test_the_drawing_keeps_only_known_elements():
    link = {"mark": {"type": "text", "href": "https://example.com/a"}, "data": {"values": [{"a": 1}]},
            "encoding": {"text": {"value": "<script>alert(1)</script>"}}}  # fmt: skip
    drawn = chart_svg(link, alt='"><script>', prefix="p")
    assert "example.com" not in drawn
    assert "<script" not in drawn
    assert "<a" not in drawn
    assert ">&lt;script&gt;alert(1)&lt;/script&gt;</text>" in drawn


def _other_notebook():
    chart = {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "mark": "bar", "title": "Cups",
             "data": {"values": [{"a": "x", "b": 1}]},
             "encoding": {"x": {"field": "a"}, "y": {"field": "b"}}}  # fmt: skip
    outside = chart | {"data": {"url": "https://example.com/a.csv"}}
    outputs = [
        nbformat.v4.new_output("display_data", data={"application/vnd.vegalite.v6+json": chart}),
        nbformat.v4.new_output("display_data", data={"application/vnd.vegalite.v5+json": chart}),
        nbformat.v4.new_output("display_data", data={"application/vnd.vegalite.v5+json": outside}),
        nbformat.v4.new_output(
            "display_data",
            data={
                "text/html": "<style>b{}</style><script>alert(1)</script><table onclick=x><tr><td>7<img src=x></table>"
            },
        ),
        nbformat.v4.new_output("stream", text="<b>done</b>"),
    ]
    text = "# My <b>cups</b>\n\n[out](https://example.com) ![pic](https://example.com/a.png) <img src=x onerror=y>"
    cells = [nbformat.v4.new_markdown_cell(text, id="a"), nbformat.v4.new_code_cell("1", outputs=outputs, id="b")]
    return nbformat.v4.new_notebook(cells=cells)


def test_any_altair_notebook_becomes_a_readable_offline_page():
    html, resources_ = ShopnbExporter().from_notebook_node(_other_notebook())
    assert resources_["output_extension"] == ".html"
    assert 'lang="en"' in html
    assert html.count("<svg viewBox") == 2
    assert "cannot be drawn offline" in html
    assert "<td>7</td>" in html
    assert "alert(1)" not in html
    assert "&lt;b&gt;done&lt;/b&gt;" in html
    assert not re.search(r"(src|href)=[\"']?(http|//)", html)


def test_a_failed_report_says_why_and_stands_alone():
    parts = {
        "en": {"problem": "Columns are missing: <b>访客数</b>.", "where": "日报.xlsx", "fix": "Export it again."},
        "zh": {"problem": "缺少这些列:<b>访客数</b>。", "where": "日报.xlsx", "fix": "重新导出。"},
    }
    html = report.failure_page(
        shop="禾木",
        report="shop_overview",
        day="2026-08-30",
        lang="zh",
        code="missing_columns",
        parts=parts,
        cell="load",
    )
    assert html.index("重新导出。") < html.index("Export it again.")
    assert "<dd>load</dd>" in html
    assert "这份报告没有做成" in html
    assert "&lt;b&gt;访客数" in html
    assert "重新导出。" in html
    assert "missing_columns" in html


def _row(shop: str, state: str, **more):
    return {"shop": shop, "report": "shop_overview", "state": state, "path": f"{shop}/x y.html", "record": {}} | more


def test_the_index_puts_missing_data_first_then_failures_then_money():
    def record(*amounts):
        return {"title": "Overview", "findings": [{"text": f"finding {a}", "amount": a, "money": ""} for a in amounts]}

    rows = [
        _row("a", "done", record=record(-100.0, 5.0)),
        _row("b", "failed", error={"problem": "it broke", "fix": "mend it"}),
        _row("c", "skipped", path="", error={"problem": "orders missing", "fix": ""}),
        _row("d", "done", record=record(300.0, None)),
        _row("d", "skipped", path="", error={"problem": "reviews missing", "fix": ""}) | {"report": "review_analysis"},
        _row("quiet <shop>", "done", record={"title": "Overview", "findings": []}),
    ]
    html = report.index_page(rows, "en")
    assert "reviews missing" not in html  # nobody asked for that report, the shop has another
    order = ["orders missing", "it broke", "finding 300.0", "finding -100.0", "finding 5.0", "quiet &lt;shop&gt;"]
    assert [html.index(text) for text in order] == sorted(html.index(text) for text in order)
    assert "finding None" not in html
    assert 'href="d/x%20y.html"' in html
    assert "5 shops: 3 reports to read, 1 failed; 1 shop lacks data." in html
    assert html.index("<details") < html.index("quiet &lt;shop&gt;")


def _finding(amount, text="", **values):
    return {"text": text or f"finding {amount}", "amount": amount, "money": "", "confidence": 0.9, "values": values}


def test_one_cause_in_two_reports_of_a_shop_is_one_line_with_the_larger_amount():
    overview = {"findings": [_finding(-200.0, "the scene", scene="ads"), _finding(-70.0, "cup falls", item="cup")]}
    traffic = {"findings": [_finding(-180.0, "the source", source="ads"), _finding(60.0, "cup gains", item="cup")]}
    rows = [
        _row("a", "done", record=overview) | {"report": "shop_overview", "path": "a/o.html"},
        _row("a", "done", record=traffic) | {"report": "traffic_sources", "path": "a/t.html"},
        _row("b", "done", record=traffic) | {"report": "traffic_sources", "path": "b/t.html"},
    ]
    html = report.index_page(rows, "en")
    assert html.count("the scene") == 1
    assert html.count("the source") == 1  # of shop b only
    line = html[html.index("the scene") : html.index("the source")]
    assert 'href="a/o.html"' in line
    assert 'href="a/t.html"' in line
    assert html.count("cup falls") == 1
    assert html.count("cup gains") == 2  # a gain and a loss are not one cause


def test_a_finding_that_is_not_sure_stays_out_of_the_index():
    record = {"findings": [_finding(900.0, "a guess") | {"confidence": 0.5}, _finding(1.0, "certain")]}
    html = report.index_page([_row("a", "done", record=record)], "en")
    assert "certain" in html
    assert "a guess" not in html


def test_a_file_that_three_reports_wait_for_is_named_once_a_shop():
    error = {"problem": "the daily file is missing", "fix": "download it"}
    rows = [_row("a", "not_ready", path="", error=error) | {"report": one} for one in ("shop_overview", "x", "y")]
    html = report.index_page(rows, "en")
    assert html.count("the daily file is missing") == 1
    assert "1 shop: 0 reports to read, 0 failed; 1 shop lacks data." in html


def test_a_report_nobody_asked_for_does_not_make_its_shop_one_that_lacks_data():
    grey = {"path": "", "error": {"problem": "no reviews", "fix": "get them"}, "report": "review_analysis"}
    quiet = [row for n in range(9) for row in (_row(f"s{n}", "done"), _row(f"s{n}", "skipped") | grey)]
    late = [_row(f"late{n:02}", "done", due="2026-08-30") for n in range(12)]
    html = report.index_page([*quiet, *late], "en")
    assert "21 shops: 21 reports to read, 0 failed; 12 shops lack data." in html
    assert "Nothing to do in 9 shops" in html
    head = html[: html.index("Findings of all shops")]
    assert head.count("The data should reach 2026-08-30") == 12
    assert "s0" not in head
    assert head.index("late09") < head.index("<details") < head.index("late10")


def test_a_shop_whose_data_end_early_is_told_which_file_to_export():
    record = {"health": [{"code": "stale_data", "text": "Ends on 30 Aug. To export: Daily report (here)."}]}
    html = report.index_page([_row("a", "done", due="2026-08-31", record=record)], "en")
    assert "To export: Daily report (here)." in html[: html.index("Findings of all shops")]


@pytest.mark.parametrize("options", [{}, {"template": "inline"}])
def test_charts_that_altair_showed_as_html_with_a_script_are_drawn(options):
    made = altair.Chart({"values": [{"a": 1, "b": "</script><b>"}]}).mark_point().encode(x="a:Q", tooltip="b:N")
    with altair.renderers.enable("html", **options):
        shown = nbformat.v4.new_output("display_data", data=made._repr_mimebundle_())
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=[shown], id="a")])
    html, _ = ShopnbExporter().from_notebook_node(notebook)
    assert html.count('<div class="nb-chart"') == 1
    assert 'role="img"' in html
    assert "jsdelivr" not in html
    assert len(html) < 330_000  # Vega once, not the script of the output
