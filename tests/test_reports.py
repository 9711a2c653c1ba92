"""All reports of the sample, as `make report` makes them: files, records, pages in a browser with the network cut."""

import json
import re

import pytest
from test_browser import ALIVE, WIDTHS, Visit, first_screen_faults, split_in_print

from shopnb import parameters
from shopnb.cli import main

pytestmark = pytest.mark.slow

SLUGS = tuple(parameters.notebooks())
LANGS = ("zh", "en")
SIZE_LIMIT = 1_000_000
RECORD_KEYS = {
    "report",
    "title",
    "shop",
    "lang",
    "period",
    "parameters",
    "inputs",
    "figures",
    "findings",
    "health",
    "versions",
    "run",
}
FINDING_KEYS = {
    "code",
    "domain",
    "amount",
    "low",
    "high",
    "unit",
    "basis",
    "confidence",
    "values",
    "text",
    "action",
    "owner",
    "review_on",
    "same_cause_as",
}


@pytest.fixture(scope="module")
def made(sample_shop, tmp_path_factory):
    """Folder of all reports by language."""
    folders = {}
    for lang in LANGS:
        folders[lang] = tmp_path_factory.mktemp(f"reports_{lang}")
        given = ["run", "--shop", str(sample_shop), "--out", str(folders[lang]), "--lang", lang, "--jobs", "2"]
        assert main(given) == 0
    return folders


def files(folder, slug, suffix):
    return sorted(folder.glob(f"sample/{slug}_*{suffix}"))


def test_there_are_five_named_reports():
    assert set(SLUGS) == {"shop_overview", "traffic_sources", "listing_ab", "review_analysis", "market_sizing"}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("slug", SLUGS)
def test_each_report_leaves_page_record_and_notebook(made, slug, lang):
    (page,) = files(made[lang], slug, ".html")
    (record_file,) = files(made[lang], slug, ".json")
    assert len(files(made[lang], slug, ".ipynb")) == 1
    assert page.stat().st_size < SIZE_LIMIT
    record = json.loads(record_file.read_text(encoding="utf-8"))
    assert set(record) >= RECORD_KEYS
    assert record["report"] == slug
    assert record["lang"] == lang
    assert page.stem == f"{slug}_{record['period']['end'] or 'undated'}"
    for finding in record["findings"]:
        assert set(finding) >= FINDING_KEYS
        assert 0 <= finding["confidence"] <= 1
        assert finding["text"]
        if finding["amount"] is not None:
            assert finding["low"] <= finding["amount"] <= finding["high"]
    for name, figure in record["figures"].items():
        assert set(figure) >= {"value", "low", "high", "unit", "n", "code"}, name
        if figure["value"] is None:
            assert figure["code"], name
        elif figure["low"] is not None:
            assert figure["low"] <= figure["value"] <= figure["high"], name


@pytest.mark.parametrize("slug", SLUGS)
def test_both_languages_have_the_same_figures(made, slug):
    zh, en = (json.loads(files(made[lang], slug, ".json")[0].read_text(encoding="utf-8")) for lang in LANGS)
    assert zh["figures"] == en["figures"]
    assert [one["code"] for one in zh["findings"]] == [one["code"] for one in en["findings"]]
    assert [one["amount"] for one in zh["findings"]] == [one["amount"] for one in en["findings"]]


@pytest.mark.parametrize("slug", ["shop_overview", "market_sizing"])
def test_a_second_run_gives_the_same_bytes(made, sample_shop, tmp_path, slug):
    assert main(["run", slug, "--shop", str(sample_shop), "--out", str(tmp_path), "--lang", "zh"]) == 0
    (first,), (second,) = files(made["zh"], slug, ".html"), files(tmp_path, slug, ".html")
    assert first.read_bytes() == second.read_bytes()
    once, again = (json.loads(files(folder, slug, ".json")[0].read_text("utf-8")) for folder in (made["zh"], tmp_path))
    assert {**once, "run": None} == {**again, "run": None}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("slug", SLUGS)
def test_each_page_draws_all_charts_in_silence(made, browser, slug, lang):  # noqa: F811
    (page,) = files(made[lang], slug, ".html")
    for width in WIDTHS:
        with Visit(browser, page, width) as visit:
            visit.page.wait_for_function(ALIVE)
            charts = visit.page.locator(".nb-chart").count()
            assert charts >= 3
            assert visit.page.evaluate("document.documentElement.dataset.charts") == str(charts)
            assert visit.page.locator(".nb-live svg").count() == charts
            assert visit.page.evaluate("document.documentElement.scrollWidth") == width
            assert visit.requests == []
            assert visit.said == []


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("slug", SLUGS)
def test_verdict_cards_findings_and_actions_stand_on_the_first_phone_screen(made, browser, slug, lang):  # noqa: F811
    (page,) = files(made[lang], slug, ".html")
    found = first_screen_faults(browser, page)
    record = json.loads(files(made[lang], slug, ".json")[0].read_text(encoding="utf-8"))
    shown = min(3, sum(one["confidence"] >= 0.7 for one in record["findings"]))
    assert found.pop("counted") == 2 + shown * 4
    assert found == {"low": [], "cut": [], "lost": []}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("slug", SLUGS)
def test_print_splits_no_card_no_row_and_no_chart(made, browser, slug, lang):  # noqa: F811
    (page,) = files(made[lang], slug, ".html")
    with Visit(browser, page, 1280) as visit:
        visit.page.wait_for_function(ALIVE)
        pages, split = split_in_print(visit)
        assert 3 <= pages <= 12
        assert split == []


@pytest.mark.parametrize("slug", SLUGS)
def test_no_english_sentence_stands_in_a_chinese_page(made, browser, slug):  # noqa: F811
    (page,) = files(made["zh"], slug, ".html")
    with Visit(browser, page, 1280) as visit:
        shown = visit.page.locator("main").inner_text()
    sentences = re.findall(r"(?:[A-Za-z]{2,}[ ,]+){4,}[A-Za-z]+", shown)
    assert sentences == []
    assert not re.search(r"\bnan\b|\bNone\b|Traceback", shown)


def test_the_index_names_every_report(made):
    index = (made["zh"] / "index.html").read_text(encoding="utf-8")
    rows = json.loads((made["zh"] / "batch.json").read_text(encoding="utf-8"))["reports"]
    assert {row["report"] for row in rows} == set(SLUGS)
    assert all(row["state"] == "done" and row["path"] in index for row in rows)
