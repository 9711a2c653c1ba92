"""The overview finds what is planted in the sample and nothing else; it says what it lacks."""

import json
import math

import pandas as pd
import pytest

from shopnb import open_page, schema
from shopnb.errors import MissingDataError, ParameterError
from shopnb.intake import import_files
from shopnb.labels import LANGUAGES

ORDINARY_WEEKS = ("2026-08-02", "2026-08-09", "2026-08-16")
STANDING = ("精准人群推广", "智能场景")  # ad scenes that lose money every week: truths 3 and 8


def opened(folder, **given):
    return open_page("shop_overview", shop=str(folder), **{"start_date": "", "end_date": "", "lang": "zh", **given})


def words(page):
    view = page.view
    screen = view.screen
    said = [screen.title, screen.period, screen.verdict, screen.quiet, *screen.notes, *screen.due]
    for card in screen.cards:
        said += [card.label, card.value, card.suffix, *card.lines]
    for finding in (*screen.findings, *screen.to_confirm):
        said += [finding.headline, finding.money, finding.action, finding.owner, finding.review_on, finding.mind]
    for section in view.sections:
        said += [section.question, section.how_to_read]
        said += [text for part in section.parts for text in (getattr(part, "title", ""), getattr(part, "alt", ""))]
    return [text for text in said if text]


@pytest.fixture(scope="module")
def last_week(sample_shop):
    return opened(sample_shop)


def test_the_leaking_item_is_found_with_its_money(last_week):
    found = {finding.code: finding for finding in last_week.found}
    fallen = found["item_conversion_fell"]
    assert fallen.values["item"] == "316大容量"
    # TRUTH.md 1: the item's week file falls from about 5.5 % to about 4.3 %
    assert fallen.values["rate_base"] == pytest.approx(0.055, abs=0.003)
    assert fallen.values["rate"] == pytest.approx(0.043, abs=0.003)
    assert fallen.low <= fallen.amount <= fallen.high < 0
    assert fallen.basis == "margin"
    assert fallen.confidence > 0.99


def test_the_overspent_crowd_ads_are_found(last_week):
    scenes = {one.values["scene"]: one for one in last_week.found if one.code == "ad_below_break_even"}
    assert set(scenes) == set(STANDING)
    crowd = scenes["精准人群推广"]
    assert crowd.values["returns"] == pytest.approx(0.81, abs=0.02)
    assert crowd.values["cost"] == pytest.approx(7940, rel=0.01)
    # break-even 1 ÷ [0.42 × (1 − refund share)], refunds about 9 %
    assert crowd.values["break_even"] == pytest.approx(1 / (0.42 * 0.91), rel=0.01)


def test_nothing_else_is_found(last_week):
    assert [finding.code for finding in last_week.found] == [
        "ad_below_break_even",
        "item_conversion_fell",
        "ad_below_break_even",
    ]


@pytest.mark.parametrize("end", ORDINARY_WEEKS)
def test_an_ordinary_week_only_shows_what_stands_every_week(sample_shop, end):
    page = opened(sample_shop, end_date=end)
    assert {finding.values.get("scene") for finding in page.found} <= set(STANDING)
    assert page.numbers.watched["paid_amount"].stands_out is False


def test_the_refund_wave_after_618_is_no_finding(sample_shop):
    for end in ("2026-06-28", "2026-07-05"):
        assert [one.code for one in opened(sample_shop, end_date=end).found if one.code == "refunds_up"] == []


def test_the_base_with_a_festival_is_marked(last_week):
    assert "七夕" in last_week.view.screen.period
    assert any(note.code == "base_holds_event" for note in last_week.view.health)


def test_the_split_sums_to_the_change(last_week):
    figures = last_week.record()["figures"]
    parts = sum(
        figures[f"effect_{name}"]["value"] for name in ("visitor_days", "payment_conversion", "spend_per_buyer")
    )
    change = figures["paid_amount"]["value"] - figures["paid_amount_compare"]["value"]
    assert parts == pytest.approx(change, abs=1e-6)


def test_figures_agree_with_the_rows_in_force(last_week, sample_shop):
    from shopnb.shop import open_shop

    days = open_shop(sample_shop).table("shop_daily").to_pandas()
    week = days[pd.to_datetime(days["day"]).between("2026-08-24", "2026-08-30")]
    figures = last_week.record()["figures"]
    assert len(week) == 7
    assert figures["paid_amount"]["value"] == pytest.approx(week["paid_amount"].sum())
    assert figures["payment_conversion"]["value"] == pytest.approx(week["payers"].sum() / week["visitors"].sum())
    assert (
        figures["payment_conversion"]["low"]
        < figures["payment_conversion"]["value"]
        < figures["payment_conversion"]["high"]
    )


def test_the_record_is_json_without_nan_and_names_its_inputs(last_week):
    record = json.loads(json.dumps(last_week.record(), allow_nan=False))
    assert record["period"] == {"start": "2026-08-24", "end": "2026-08-30", "compare": "2026-08-17..2026-08-23"}
    assert {one["table"] for one in record["inputs"]} >= {"shop_daily", "item_period", "changes"}
    for one in record["inputs"]:
        assert one["read"] == one["kept"] + sum(one["dropped"].values()) + sum(one["rejected"].values())
    unknown = {name: figure for name, figure in record["figures"].items() if figure["value"] is None}
    assert all(figure["code"] for figure in unknown.values())


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("grain", ["day", "week", "four_weeks", "month"])
def test_every_grain_in_both_languages_leaves_nothing_unsaid(sample_shop, grain, lang):
    page = opened(sample_shop, grain=grain, lang=lang)
    assert all("nan" not in text.lower() and "{" not in text for text in words(page))
    assert [section.key for section in page.view.sections] == list(page.section_keys)


def test_redrawing_gives_the_numbers_of_a_fresh_run(sample_shop):
    moved = opened(sample_shop)
    moved.update(grain="month", margin_rate=0.3)
    assert moved.record()["figures"] == opened(sample_shop, grain="month", margin_rate=0.3).record()["figures"]


def test_a_refused_change_leaves_the_page_as_it_was(sample_shop):
    page = opened(sample_shop)
    before = page.record()
    with pytest.raises(ParameterError, match="parameter_choice"):
        page.update(grain="year")
    assert page.record() == before


def daily_csv(folder, days):
    """A daily report of five chosen metrics, as a user's own set."""
    folder.mkdir(parents=True, exist_ok=True)
    table = schema.TABLES["shop_daily"]
    names = ["day", "visitors", "payers", "paid_amount", "cart_users"]
    lines = [",".join(table[name].platform for name in names)]
    lines += [",".join(str(value) for value in day) for day in days]
    file = folder / "日报.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_one_day_says_that_it_is_not_enough(tmp_path):
    file = daily_csv(tmp_path / "files", [("2026-08-30", 431, 2, 10638, 39)])
    import_files([file], tmp_path / "shop")
    page = opened(tmp_path / "shop")
    assert page.found == []
    assert "只有 1 天" in page.view.screen.verdict
    assert page.record()["figures"]["payment_conversion"]["code"] == "too_few_orders"
    assert page.record()["figures"]["paid_amount"]["value"] == 10638


def test_a_hole_in_the_week_is_named_and_nothing_is_concluded(tmp_path):
    days = [(f"2026-08-{day:02d}", 1000, 40, 2800, 90) for day in range(1, 31) if day != 26]
    import_files([daily_csv(tmp_path / "files", days)], tmp_path / "shop")
    page = opened(tmp_path / "shop")
    assert page.numbers.now.missing_days[0].day == 26
    assert "6/7" in page.view.screen.verdict
    assert page.found == []
    assert page.record()["figures"]["paid_amount"]["code"] == "missing_days"
    assert math.isnan(page.numbers.split["visitor_days"])


def test_a_tiny_shop_gets_four_weeks_and_no_alarm():
    page = opened("data/sample-small")
    assert page.numbers.period.days == 28
    assert page.found == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"grain": "wk"}, "parameter_choice"),
        ({"end_date": "30.8."}, "parameter_day"),
        ({"start_date": "2026-08-30", "end_date": "2026-08-01"}, "period_backwards"),
        ({"margin_rate": 42.0}, "parameter_share"),
        ({"margin_rate": "0.4"}, "parameter_type"),
        ({"grian": "day"}, "unknown_parameter"),
    ],
)
def test_wrong_parameters_are_refused(sample_shop, given, code):
    with pytest.raises(ParameterError, match=code):
        opened(sample_shop, **given).record()


def test_a_period_without_data_names_the_days_that_are_there(sample_shop):
    with pytest.raises(MissingDataError, match="no_days_in_period") as caught:
        opened(sample_shop, start_date="2027-01-01", end_date="2027-01-07").record()
    assert "2026-08-30" in caught.value.text("en")


def test_no_table_prints_a_rate_of_two_buyers(tmp_path):
    import_files([daily_csv(tmp_path / "files", [("2026-08-30", 431, 2, 10638, 39)])], tmp_path / "shop")
    page = opened(tmp_path / "shop")
    (table,) = (part for part in page.build_section("moved").parts if hasattr(part, "frame"))
    rows = table.frame.set_index("metric")["now"]
    assert rows["支付转化率"] == "–"
    assert rows["支付金额"] == "¥1.06万"
