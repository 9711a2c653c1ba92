"""First screen, sections and tables: order, escaping, the sentence for a cut."""

from __future__ import annotations

import math
import re
from urllib.parse import unquote_to_bytes

import demo
import pandas as pd
import pytest

from shopnb import screen, tables
from shopnb.screen.spark import sparkline
from shopnb.view import CHART_MIME, ChartPart, Section, TableColumn, TablePart, TextPart


@pytest.fixture(scope="module", params=["zh", "en"])
def page(request):
    return demo.demo_page(request.param)


def test_the_first_screen_stands_in_the_order_of_the_page_guide(page):
    html = screen.screen_html(page.screen, page.lang)
    marks = ["nb-line", "nb-verdict", "nb-progress", "nb-cards", "nb-findings", "nb-due", "nb-notes"]
    places = [re.search(rf'class="{mark}[" ]', html).start() for mark in marks]
    assert places == sorted(places)
    assert html.count('class="nb-card') - html.count('class="nb-cards') == 6


def test_sample_data_are_marked(page):
    mark = {"zh": "示例数据", "en": "Sample data"}[page.lang]
    assert mark in screen.screen_html(page.screen, page.lang)


def test_hostile_text_is_escaped_everywhere(page):
    payload = screen.page_payload(page)
    html = payload["screen"] + payload["health"] + payload["methods"]
    html += "".join(block.get("html", "") for one in payload["sections"] for block in one["blocks"])
    assert "<img src=x" not in html
    assert "<svg onload" not in html
    assert "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;" in html
    assert "&amp;lt;" not in html


def test_a_section_has_charts_then_how_to_read_then_the_table():
    chart = ChartPart("c", "t", "a", {})
    table = TablePart("t", pd.DataFrame({"a": ["x"]}), (TableColumn("a", "A"),))
    section = Section("k", "Why?", (chart, table, TextPart("missing", muted=True)), how_to_read="Look.")
    blocks = screen.section_blocks(section, "en")
    assert "Why?" in blocks[0]
    assert blocks[1] is chart
    assert "Look." in blocks[2]
    assert "<table" in blocks[3]
    assert "nb-muted" in blocks[4]


def test_the_payload_names_charts_and_leaves_the_question_to_the_page(page):
    payload = screen.page_payload(page)
    first = payload["sections"][0]
    assert first["blocks"][0] == {"kind": "chart", "id": "daily"}
    assert all("nb-question" not in block.get("html", "") for block in first["blocks"])
    assert payload["sample"] is True
    assert CHART_MIME not in str(payload)


def test_a_sparkline_breaks_where_a_day_is_missing():
    drawn = str(sparkline([1.0, 2.0, None, 3.0, 4.0], 'a "quoted" <week>'))
    assert re.search(r'd="M[\d. ]+L[\d. ]+M[\d. ]+L[\d. ]+"', drawn)
    assert "&lt;week&gt;" in drawn
    assert not sparkline([None, math.nan, 1.0], "")


def _table(rows: int = 3, shown: int = 0) -> TablePart:
    frame = pd.DataFrame({"name": ["=1+1", "<b>", None], "size": [10.0, 5.0, math.nan], "change": [0.01, -0.02, 0.0]})
    columns = (
        TableColumn("name", "Name & more"),
        TableColumn("size", "Size", "int", bar=True),
        TableColumn("change", "Change", "pp", signed=True),
    )
    return TablePart("a.table", frame.head(rows), columns, "Caption <x>", shown)


def test_a_table_has_scopes_bars_signs_and_dashes_for_the_unknown():
    html = tables.table_html(_table(), "en")
    assert html.count('<th scope="col"') == 3
    assert "Name &amp; more" in html
    assert "<caption>Caption &lt;x&gt;</caption>" in html
    assert '<td class="nb-bar nb-b20">10</td>' in html
    assert '<td class="nb-bar nb-b10">5</td>' in html
    assert '<td class="nb-up">+1.00 pp</td>' in html
    assert '<td class="nb-down">−2.00 pp</td>' in html
    assert html.count("<td>–</td>") == 1
    assert '<th scope="row" class="nb-t nb-s">–</th>' in html
    assert "<style" not in html


def test_a_cut_is_said():
    cut = tables.table_html(_table(shown=2), "en")
    assert "The first 2 of 3 rows" in cut
    assert cut.count("<tr>") == 3
    assert "共 3 行" in tables.table_html(_table(shown=2), "zh")
    assert "rows" not in re.sub(r"<table.*?</table>", "", tables.table_html(_table(), "en"))


def test_the_csv_travels_inside_the_page_and_runs_nothing():
    html = tables.table_html(_table(), "en")
    coded = re.search(r'href="data:text/csv;charset=utf-8,([^"]+)"', html)
    text = unquote_to_bytes(coded[1]).decode("utf-8-sig")
    assert text.splitlines() == ["Name & more,Size,Change", "'=1+1,10,0.01", "<b>,5,-0.02", ",,0"]


def test_in_a_notebook_only_a_cut_table_carries_its_rows():
    assert "data:text/csv" not in tables.table_html(_table(), "en", rows_as="csv_if_cut")
    assert "data:text/csv" in tables.table_html(_table(shown=2), "en", rows_as="csv_if_cut")


def test_rows_left_out_of_a_page_are_filled_in_from_its_tables():
    table = _table()
    named = tables.table_html(table, "en", rows_as="named")
    assert len(named) < len(tables.table_html(table, "en"))
    other = {**tables.table_content(_table(0)), "id": "other"}
    assert tables.with_rows(named, [other, tables.table_content(table)]) == tables.table_html(table, "en")


def test_an_empty_table_shows_its_headings():
    assert tables.table_html(_table(0), "zh").count("<th ") == 3


def test_the_same_page_gives_the_same_html(page):
    assert screen.page_payload(page) == screen.page_payload(demo.demo_page.__wrapped__(page.lang))


def test_a_notebooks_cell_brings_the_style_of_all_and_follows_the_lab_theme():
    html = screen.notebook_blocks(['<p class="nb-how">x</p>'], "zh")[0]
    assert html.startswith("<style>")
    assert 'data-jp-theme-light="false"' in html
    assert ":root:root .nb .nb-how{" in html
    assert ":root:root .nb .nb-verdict{" in html
    assert "@media print" not in html
    assert "<style>" not in screen.notebook_blocks(["<p>x</p>"], "zh", is_styled=False)[0]
    assert "http" not in html
    assert html.endswith('<div class="nb nb-cell" lang="zh"><p class="nb-how">x</p></div>')


def test_rules_of_a_cell_can_be_told_apart_at_their_commas():
    assert re.findall(r":(?:is|where|not)\([^)]*,", screen.stylesheet()) == []


def test_neighbouring_html_is_one_output_of_a_cell_and_charts_stand_alone(page):
    chart = next(part for section in page.sections for part in section.parts if isinstance(part, ChartPart))
    blocks = screen.notebook_blocks(["<p>a</p>", chart, "<p>b</p>", "<p>c</p>"], "en")
    assert [block if block is chart else block.count('nb-cell"') for block in blocks] == [1, chart, 1]
    assert "<p>b</p><p>c</p>" in blocks[2]
    assert "<style>" not in blocks[2]


def _luminance(colour: str) -> float:
    """WCAG 2 relative luminance of #rrggbb."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_is_readable_in_both_themes():
    css = screen.stylesheet()
    blocks = [dict(re.findall(r"--([\w-]+): ?(#[0-9a-f]{6})", block)) for block in re.findall(r"\{--paper[^}]*\}", css)]
    assert len(blocks) == 3  # light, dark page, dark notebook
    for colours in blocks:
        for ground in ("paper", "card"):
            for text in ("ink", "soft", "pale", "brand", "accent", "own", "camp", "red", "green"):
                assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
        assert _contrast(colours["good"], colours["good-wash"]) >= 4.5
        assert _contrast(colours["warn"], colours["warn-wash"]) >= 4.5


def _light(colour: str) -> float:
    """Relative luminance, WCAG 2.1."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((_light(one), _light(other)))
    return (high + 0.05) / (low + 0.05)


TEXT_ON = {
    **dict.fromkeys(("ink", "soft", "pale", "brand", "accent", "warn"), ("paper", "card")),
    **dict.fromkeys(("red", "green", "own", "camp"), ("card",)),
    "good": ("good-wash",),
    "card": ("brand", "warn", "good", "pale", "red", "ink"),
}


def test_contrast_is_known_where_the_standard_gives_it():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)  # the palest grey that passes AA on white


@pytest.mark.parametrize("theme", ["light", "dark", "dark cell"])
def test_every_text_colour_can_be_read_on_its_grounds(theme):
    blocks = re.findall(r"--paper:[^}]*", screen.stylesheet())
    assert len(blocks) == 3
    light = dict(re.findall(r"--([\w-]+):(?: )?(#[0-9a-f]{6})", blocks[0]))
    place = ("light", "dark", "dark cell").index(theme)
    colours = light | dict(re.findall(r"--([\w-]+):(?: )?(#[0-9a-f]{6})", blocks[place]))
    pairs = [(text, ground) for text, grounds in TEXT_ON.items() for ground in grounds]
    pairs += [("warn", "warn-wash"), ("accent", "accent-wash"), ("ink", "accent-wash")]
    faint = {pair: round(contrast(*(colours[name] for name in pair)), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in faint.items() if ratio < 4.5} == {}


def test_a_folded_table_opens_under_its_caption():
    table = TablePart(
        "t", pd.DataFrame({"a": ["x"]}), (TableColumn("a", "A"),), caption="All <assumptions>", folded=True
    )
    html = screen.section_blocks(Section("k", "Why?", (table,)), "en")[1]
    assert html.startswith('<details class="nb-fold"><summary>All &lt;assumptions&gt;</summary>')
    assert html.count("<table") == html.count("</details>") == 1
