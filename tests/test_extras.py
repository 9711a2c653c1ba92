"""What lies beside a page: CSV of long tables, workbook, digest, pictures; and hostile text on every way out."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import struct
import time
import zipfile
from dataclasses import replace

import demo
import openpyxl
import pandas as pd
import pytest

from shopnb import charts, labels, report, tables
from shopnb.report import card, picture
from shopnb.report.beside import beside_files
from shopnb.report.check import check_page
from shopnb.report.digest import LIMIT, digest
from shopnb.report.exporter import ShopnbExporter
from shopnb.report.notebook import read_parts
from shopnb.report.page import page_html
from shopnb.report.workbook import workbook
from shopnb.view import Note, Section, TableColumn, TablePart, TextPart

LONG = 201


def long_table() -> TablePart:
    frame = pd.DataFrame({"title": [f"{demo.HOSTILE[turn % 6]} {turn}" for turn in range(LONG)], "n": range(LONG)})
    return TablePart("long.one", frame, (TableColumn("title", "标题"), TableColumn("n", "=n", "int")), rows=10)


@pytest.fixture(scope="module", params=["zh", "en"])
def parts(request):
    page = demo.demo_page(request.param)
    first, *others = page.sections
    return read_parts(
        demo.demo_notebook(replace(page, sections=(replace(first, parts=(*first.parts, long_table())), *others)))
    )


def test_a_table_of_over_200_rows_lies_beside_the_page_and_is_linked_by_its_name(parts):
    files = beside_files(parts)
    assert list(files) == [".long_one.csv"]
    rows = list(csv.reader(io.StringIO(files[".long_one.csv"].decode("utf-8-sig"))))
    assert len(rows) == LONG + 1
    assert rows[0] == ["标题", "'=n"]
    parts = replace(parts, page={**parts.page, "sections": parts.page["sections"][:1]})
    html = page_html(parts, stem="day & night")
    assert 'download href="day%20%26%20night.long_one.csv"' in html
    assert check_page(html, parts, ["day & night.long_one.csv"]) == []
    assert any("outside_address" in fault for fault in check_page(html, parts))
    assert "long_one.csv" not in page_html(parts)


def test_nbconvert_writes_the_long_table_too():
    page = demo.demo_page("en")
    section = replace(page.sections[0], parts=(*page.sections[0].parts, long_table()))
    notebook = demo.demo_notebook(replace(page, sections=(section,)))
    html, resources = ShopnbExporter().from_notebook_node(notebook, {"metadata": {"name": "out"}})
    assert list(resources["outputs"]) == ["out.long_one.csv"]
    assert 'href="out.long_one.csv"' in html


@pytest.mark.parametrize("text", ["=1+1", " =1", "+1", "-1+2", "@sum(a1)", "\t=1", "\u202e=1", "\uff1d1", "\u200b@x"])
def test_no_cell_of_a_csv_is_a_formula(text):
    part = TablePart("t", pd.DataFrame({"a": [text]}), (TableColumn("a", "A"),))
    assert tables.table_csv(tables.table_content(part)).splitlines()[1].startswith(("'", "\"'"))


def test_a_number_in_a_csv_stays_a_number():
    part = TablePart("t", pd.DataFrame({"a": [-0.1, 1e-9, float("inf")]}), (TableColumn("a", "A", "ratio"),))
    assert tables.table_csv(tables.table_content(part)) == 'A\n-0.1\n1e-09\n""\n'


def test_the_workbook_holds_a_summary_and_every_table_whole(parts):
    book = openpyxl.load_workbook(io.BytesIO(workbook(parts)))
    assert len(book.sheetnames) == 1 + len(parts.page["tables"])
    assert book.sheetnames[0] == labels.text("report.workbook.summary", parts.page["lang"])
    assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name) for name in book.sheetnames)
    sizes = [(sheet.max_row, sheet.max_column) for sheet in book.worksheets[1:]]
    assert sizes == [(len(table["rows"]) + 1, len(table["columns"])) for table in parts.page["tables"]]
    assert all(sheet.freeze_panes == "B2" for sheet in book.worksheets[1:])
    said = {cell.value for row in book.worksheets[0].iter_rows() for cell in row}
    assert parts.page["glance"]["verdict"] in said
    assert 0.0376 in said  # a figure, as a number
    sheet = next(sheet for sheet in book.worksheets[1:] if sheet.max_row == 10)
    assert [sheet["C2"].value, sheet["C2"].number_format] == [0.0202, "0.00%"]
    assert sheet["D3"].value == pytest.approx(-0.31)  # a change of −0.31 percentage points


def test_no_cell_of_the_workbook_is_a_formula_or_a_link(parts):
    with zipfile.ZipFile(io.BytesIO(workbook(parts))) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/worksheets/")]
        assert not any("rels" in name and "sheet" in name for name in archive.namelist())
    assert not any("<f>" in sheet or "<hyperlink" in sheet for sheet in sheets)


def test_the_same_report_gives_the_same_workbook_a_moment_later(parts):
    first = workbook(parts)
    time.sleep(2.1)  # a ZIP knows two seconds
    assert workbook(parts) == first


def test_a_digest_has_at_most_300_characters_no_link_and_the_verdict(parts):
    text = digest(parts)
    assert len(text.rstrip()) <= LIMIT
    assert labels.text("report.digest.sample", parts.page["lang"]).strip() in text
    assert text.splitlines()[1] == parts.page["glance"]["verdict"]
    assert text.splitlines()[2].startswith("1. ")


@pytest.mark.parametrize(
    "link", ["https://example.com/a?b=1", "www.example.com", "example.com/x", "javascript:alert(1)"]
)
def test_links_in_a_name_do_not_reach_the_digest(parts, link):
    glance = {**parts.page["glance"], "title": f"店 {link} 名", "verdict": f"看 {link} 吧。", "findings": []}
    text = digest(replace(parts, page={**parts.page, "glance": glance}))
    assert "example" not in text
    assert "javascript" not in text
    assert "吧。" in text


def png_size(data: bytes) -> tuple[int, int]:
    assert data.startswith(b"\x89PNG")
    return struct.unpack(">II", data[16:24])


def test_without_a_browser_the_first_screen_is_drawn(parts, tmp_path, monkeypatch):
    monkeypatch.setattr(picture, "find_browser", lambda: None)
    width, height = png_size(picture.first_screen(parts, tmp_path))
    assert width == 780
    assert 1200 < height < 3000
    with pytest.raises(picture.BrowserError):
        picture.whole_page(parts, tmp_path)


def test_the_drawn_card_holds_what_the_first_screen_says_and_runs_nothing(parts):
    drawn = card.card_svg(parts)
    assert not re.search(r"<(script|image|a|foreignObject)\b|\son\w+=|href", re.sub(r">[^<]*<", "><", drawn))
    assert "&lt;/script&gt;" in drawn
    assert all(labels.visible(one["value"]) in drawn for one in parts.page["glance"]["cards"])


@pytest.mark.slow
@pytest.mark.usefixtures("chromium")
def test_with_a_browser_picture_and_pdf_are_made(parts, tmp_path):
    width, height = png_size(picture.first_screen(parts, tmp_path / "png"))
    assert (width, height >= 1688) == (780, True)
    assert picture.whole_page(parts, tmp_path / "pdf").startswith(b"%PDF")


BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def test_marks_that_turn_the_line_reach_neither_page_nor_files(parts):
    html = page_html(parts, stem="x")
    shown = re.sub(r'<script type="application/json".*?</script>', "", html, flags=re.DOTALL)
    assert not BIDI.search(shown)
    assert not BIDI.search(digest(parts) + card.card_svg(parts))
    assert not any(BIDI.search(content.decode()) for content in beside_files(parts).values())
    for sheet in openpyxl.load_workbook(io.BytesIO(workbook(parts))).worksheets:
        assert not any(BIDI.search(str(cell.value)) for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize("hostile", demo.HOSTILE)
def test_the_index_shows_hostile_text_and_runs_nothing(hostile):
    record = {"title": hostile, "verdict": hostile,
              "findings": [dict.fromkeys(("text", "money", "action", "owner"), hostile) | {"amount": 1.0}]}  # fmt: skip
    row = {"shop": hostile, "report": hostile, "state": "done", "path": "a/b.html", "record": record}
    failed = {**row, "state": "failed", "record": {}, "error": {"problem": hostile, "fix": hostile}}
    html = report.index_page([row, failed], "zh")
    assert not re.search(r'<script|<img|<svg|(href|src)="\s*javascript:', html)
    assert not BIDI.search(html)


EVIL = (
    "<!--<script>", "]]><script>alert(1)</script>", "a\x00b\x07c\x1bd\x7f", "\ud800 lone", "\u2066\u202ereversed\u2069",
    "line\u2028break\nnext\r\n=1+1", "' onmouseover=alert(1) '", "{{ 7*7 }}{% raw %}", "datum['x'] + signal(y)",
    "\u200b=HYPERLINK(\"x\")", "&lt;b&gt;", "cup " * 400,
)  # fmt: skip
NOT_SHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def evil_parts(text):
    """A page with the text in every place where a shop's own words can stand."""
    page = demo.demo_page("en")
    stored = text.encode("utf-8", "ignore").decode("utf-8")  # tables cannot hold half of a letter
    frame = pd.DataFrame({"source": [stored, "cup"], "n": [1.0, 2.0]})
    table = TablePart(text, frame, (TableColumn("source", text), TableColumn("n", "N", "int", bar=True)), caption=text)
    long = TablePart("long", pd.DataFrame({"source": [stored] * LONG}), (TableColumn("source", text),), rows=2)
    bars = pd.DataFrame({"label": [stored, "cup"], "value": [1.0, -2.0]})
    chart = charts.chart_diverging(bars, id="c", title=text, alt=text, lang="en")
    lines = pd.DataFrame(
        {"day": [dt.date(2026, 1, 1), dt.date(2026, 1, 2)], "series": [stored] * 2, "value": [1.0, 2.0]}
    )
    drawn = charts.chart_lines(lines, id="l", title=text, alt=text, lang="en", value_title=text)
    card = replace(page.screen.cards[0], label=text, suffix=text, value=text, lines=(text, text))
    finding = replace(
        page.screen.findings[0], headline=text, money=text, action=text, owner=text, review_on=text, mind=text
    )
    screen = replace(
        page.screen,
        title=text,
        period=text,
        verdict=text,
        cards=(card,),
        findings=(finding,),
        due=(text,),
        notes=(text,),
    )
    section = Section("s", text, (chart, drawn, table, long, TextPart(text)), how_to_read=text)
    return read_parts(
        demo.demo_notebook(
            replace(
                page,
                screen=screen,
                sections=(section,),
                health=(Note("x", text),),
                methods=((text, text),),
                footer=(text,),
            )
        )
    )


@pytest.mark.parametrize("text", EVIL, ids=range(len(EVIL)))
def test_evil_text_in_every_place_runs_nothing_and_breaks_nothing(text):
    parts = evil_parts(text)
    html = page_html(parts, stem="x")
    html.encode("utf-8")
    faults = [fault for fault in check_page(html, parts, ["x.long.csv"]) if not fault.startswith("too_large")]
    assert faults == []
    assert not NOT_SHOWN.search(html)
    record = re.search(r'<script type="application/json" id="record">(.*?)</script>', html, flags=re.DOTALL)[1]
    assert json.loads(record)["findings"][0]["text"] == text  # the record keeps what was there
    said = digest(parts)
    assert len(said.rstrip()) <= LIMIT
    assert not NOT_SHOWN.search(said.replace("\n", ""))
    assert not NOT_SHOWN.search(card.card_svg(parts))
    for content in beside_files(parts).values():
        cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
        assert not any(NOT_SHOWN.search(cell) or cell.lstrip().startswith(("=", "+", "-", "@")) for cell in cells)
    book = openpyxl.load_workbook(io.BytesIO(workbook(parts)))
    assert len(book.sheetnames) == 3
    row = {"shop": text, "report": text, "state": "done", "path": "a.html", "record": parts.record, "due": text}
    index = report.index_page([row, row | {"state": "failed", "error": {"problem": text, "fix": text}}], "en")
    index.encode("utf-8")
    assert not NOT_SHOWN.search(index)
    assert not re.search(r"<script|\son\w+=[^\"]*>", re.sub(r'"[^"]*"|>[^<]*', "", index))
