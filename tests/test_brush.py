"""A box on a chart: the rows inside it, its ends as sliders, and what they stand for as code and parameters."""

import html
import re
from pathlib import Path

import demo
import pandas as pd
import pytest
from test_widgets import FakePage

from shopnb import charts, open_page, parameters
from shopnb.pages import brushes
from shopnb.view import TableColumn, TablePart
from shopnb.widgets import Brush
from shopnb.widgets.brush import Brushing
from shopnb.widgets.ends import Ends

DAYS = pd.DataFrame({
    "day": pd.to_datetime(["2026-08-24", "2026-08-25", "2026-08-26", "2026-08-27"]), "visitors": [10, 20, 30, 40],
})  # fmt: skip
AUGUST_25 = 1787616000000  # midnight UTC, ms since 1970


class BrushedPage(FakePage):
    """A page whose section has a chart of days, while it has one."""

    has_chart = True
    currency = "CNY"
    rows = DAYS
    columns = TableColumn("day", "日期", "iso"), TableColumn("visitors", "访客", "int")

    def brush(self, section):
        chart = demo.all_charts("zh")[0]
        table = TablePart("days", self.rows, self.columns)
        told = lambda rows: f"{rows['visitors'].sum()} 人"  # noqa: E731
        sets = lambda rows: {"start_date": f"{rows['day'].min():%Y-%m-%d}", "end_date": f"{rows['day'].max():%Y-%m-%d}"}  # noqa: E731
        names = {"day": ("日期", "iso")}
        return Brush(chart, table, {"day": "day"}, told, sets, names, self.currency) if self.has_chart else None


@pytest.fixture
def brushing():
    return Brushing(BrushedPage(), "days")


def drag(brushing, first, last):
    """What the browser says when a box is drawn."""
    brushing._chart.set_state({"_vl_selections": {"brush": {"value": {"day": [first, last]}, "store": []}}})


def test_a_box_keeps_the_rows_inside_and_says_how_to_get_them(brushing):
    brushing.open.click()
    assert brushing.chosen.equals(DAYS)
    drag(brushing, AUGUST_25 - 1000, AUGUST_25 + 2 * 86_400_000 - 1000)
    assert list(brushing.chosen["visitors"]) == [20, 30]
    assert "50 人" in brushing.table.value
    assert "2026-08-24" not in brushing.table.value
    code = html.unescape(re.sub("<[^>]*>", "", brushing.code.value))
    assert code == """page.points("days").query('"2026-08-25" <= day <= "2026-08-26"')"""
    brushing.clear.click()
    assert brushing.chosen.equals(DAYS)
    assert brushing.clear.layout.display == "none"


def test_a_box_beside_all_points_keeps_none_and_offers_nothing(brushing):
    brushing.open.click()
    drag(brushing, AUGUST_25 + 1000, AUGUST_25 + 2000)
    assert brushing.chosen.empty
    assert brushing.take.layout.display == "none"


def test_what_a_box_holds_becomes_parameters_on_demand(brushing):
    brushing.open.click()
    drag(brushing, AUGUST_25, AUGUST_25)
    assert brushing._page.asked == []
    brushing.take.click()
    assert brushing._page.given["start_date"] == brushing._page.given["end_date"] == "2026-08-25"
    assert list(brushing.chosen["visitors"]) == [20]  # what is drawn is still the same


def test_a_section_without_its_chart_offers_no_box_until_it_is_back(brushing):
    brushing._page.has_chart = False
    brushing.follow()
    assert brushing.box.layout.display == "none"
    brushing._page.has_chart = True
    brushing.follow()
    assert brushing.box.layout.display == "flex"
    assert not brushing.is_open


@pytest.mark.parametrize(("slug", "section"), sorted(brushes._PLACES))
def test_a_box_filters_the_rows_that_the_chart_draws(slug, section, sample_shop):
    page = open_page(slug, shop=str(sample_shop))
    found = page.brush(section)
    rows = page.points(section)
    drawn = {row[field] for data in found.chart.spec["datasets"].values() for row in data for field in found.columns
             if field in row}  # fmt: skip
    for field, name in found.columns.items():
        for value in rows[name].dropna().unique()[:20]:
            shown = f"{value:%Y-%m-%d}" if field == "day" else float(f"{value:.6g}")
            assert shown in drawn or section == "trend"  # drawn by week
    sets = found.sets(rows.head(3))
    checked = parameters.check(slug, page.declared(), {**page.given, **sets})
    assert {name: checked[name] for name in sets} == sets != {}


def code_of(brushing):
    return html.unescape(re.sub("<[^>]*>", "", brushing.code.value))


def drawn_box(brushing):
    """The box that the chart is drawn with."""
    return brushing._chart.spec["params"][-1].get("value")


def test_the_script_was_bundled_of_what_is_installed(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "tools"))
    from living_chart import stamp

    script = charts.brushing._offline()._esm
    assert script.partition("\n")[0] == stamp(), "run tools/living_chart.py"


def test_it_says_how_many_rows_of_how_many_are_chosen(brushing):
    brushing.open.click()
    assert re.findall(r"\d+", brushing.count.value) == ["4"]
    drag(brushing, AUGUST_25 - 1000, AUGUST_25 + 2 * 86_400_000 - 1000)
    assert re.findall(r"\d+", brushing.count.value) == ["4", "2"]


def test_sliders_choose_like_a_box_and_follow_one(brushing):
    brushing.open.click()
    slider = brushing._ends.sliders["day"]
    slider.index = (1, 3)
    assert list(brushing.chosen["visitors"]) == [20, 30, 40]
    assert drawn_box(brushing) == {"x": [AUGUST_25 - 43_200_000, AUGUST_25 + 2 * 86_400_000 + 43_200_000]}
    drag(brushing, AUGUST_25 - 1000, AUGUST_25 + 86_400_000)
    assert slider.index == (1, 2)
    assert list(brushing.chosen["visitors"]) == [20, 30]


def test_taking_the_box_away_draws_the_chart_anew(brushing):
    brushing.open.click()
    first = brushing._chart.spec
    drag(brushing, AUGUST_25, AUGUST_25)
    brushing.clear.click()
    assert brushing._chart.spec != first  # else the browser hears of no change, and the box stays
    assert drawn_box(brushing) is None
    assert brushing._ends.sliders["day"].index == (0, 3)


def test_a_control_that_changes_other_things_leaves_the_box_and_one_that_changes_the_rows_does_not(brushing):
    brushing.open.click()
    drag(brushing, AUGUST_25, AUGUST_25)
    brushing.follow()
    assert list(brushing.chosen["visitors"]) == [20]
    brushing._page.rows = DAYS.assign(visitors=DAYS["visitors"] + 1)
    brushing.follow()
    assert list(brushing.chosen["visitors"]) == [11, 21, 31, 41]
    assert drawn_box(brushing) is None


def test_money_beside_the_chart_is_in_the_currency_of_the_shop(brushing):
    brushing._page.currency = "USD"
    brushing._page.columns = (TableColumn("visitors", "Paid", "money"),)
    brushing.follow()
    brushing.open.click()
    assert "$40" in brushing.table.value
    assert "¥" not in brushing.table.value


def test_ends_between_numbers_are_written_so_that_the_outermost_are_inside():
    frame = pd.DataFrame({"rate": [0.0050301810865, 0.0207207207, 0.1118335500650], "visitors": [716.0, 900.0, 900.0]})
    names = {"rate": ("rate", "pct2"), "visitors": ("visitors", "int")}
    moved = []
    ends = Ends(frame, {"x": "visitors", "y": "rate"}, names, "en", lambda: moved.append(1))
    assert ends.box == {}
    ends.sliders["y"].index = (0, 1)
    assert ends.box == {"x": (716.0, 900.0), "y": (0.00503018, 0.0207208)}
    ends.stand({"x": (800.0, 1000.0), "y": (0.2, 0.3)})  # nothing lies so high
    assert ends.sliders["x"].index == (1, 1)
    assert ends.sliders["y"].index == (0, 1)
    assert moved == [1]


@pytest.mark.parametrize(("slug", "section"), sorted(brushes._PLACES))
def test_the_line_of_code_gives_the_rows_that_the_sliders_chose(slug, section, sample_shop):
    page = open_page(slug, shop=str(sample_shop))
    brushing = Brushing(page, section)
    brushing.open.click()
    everything = len(brushing.chosen)
    slider = next(iter(brushing._ends.sliders.values()))
    slider.index = (1, len(slider.options) - 2)
    values = [value for _, value in slider.options]
    assert 0 < len(brushing.chosen) < everything
    assert len(values) > 3
    pd.testing.assert_frame_equal(eval(code_of(brushing), {"page": page}), brushing.chosen)
