"""A page whose data end before the day that a scheduled run expects says so; a page in time does not."""

import shutil
from pathlib import Path

import pytest

from shopnb.errors import ParameterError
from shopnb.pages import open_page

SMALL = Path(__file__).parents[1] / "data" / "sample-small"
LAST = "2026-08-30"  # of its daily reports


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shops") / "small"
    shutil.copytree(SMALL, folder, ignore=shutil.ignore_patterns("tables", "reports"))
    return str(folder)


def told(shop, due, lang):
    """The line under the title, and the notes on the data."""
    page = open_page("shop_overview", shop=shop, due_date=due, lang=lang)
    record = page.record()
    assert record["period"]["end"] == LAST
    return page.first_screen().period, {note["code"]: note["text"] for note in record["health"]}


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("zh", "应到8月31日的数据还没导入,下面只到8月30日。"),
        ("en", "Data up to 31 Aug are not in yet; what follows ends on 30 Aug."),
    ],
)
def test_data_that_are_not_in_yet_are_named_in_the_title_line_and_with_the_data(shop, lang, sentence):
    line, notes = told(shop, "2026-08-31", lang)
    assert line.endswith(sentence)
    assert notes["stale_data"].startswith(sentence)
    assert "生意参谋 > 取数" in notes["stale_data"]  # and which file to export, which the index of a batch tells


@pytest.mark.parametrize("due", ["", LAST, "2026-08-01"])
def test_data_in_time_are_not_remarked_upon(shop, due):
    line, notes = told(shop, due, "en")
    assert "not in yet" not in line
    assert "stale_data" not in notes


def test_a_due_day_that_is_none_is_refused(shop):
    with pytest.raises(ParameterError) as caught:
        open_page("shop_overview", shop=shop, due_date="yesterday").first_screen()
    assert caught.value.code == "parameter_day"
