"""The overview finds what is planted in the sample and nothing else; it says what it lacks."""

import json
import math

import pandas as pd
import pytest

from shopnb import open_page, schema
from shopnb.errors import MissingDataError, ParameterError
from shopnb.intake import import_files
from shopnb.labels import LANGUAGES, format_value
from shopnb.metrics.overview import SPLIT_PARTS

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


def test_the_sample_week_is_carried_down_to_items_and_sources(last_week):
    n = last_week.numbers
    change = n.now.paid_amount - n.before.paid_amount
    for found in (n.item_parts, n.source_parts):
        rows = found.rows
        above = rows[rows["kind"] != "shop"]
        for name in SPLIT_PARTS:
            assert math.fsum(above[name]) == pytest.approx(n.split[name], rel=1e-9)
        assert math.fsum(above["total"]) == pytest.approx(change, rel=1e-9)
    # truth 1: the leaking item is the first, by its conversion
    lead = n.item_parts.lead
    assert n.item_parts.names[lead["part"]] == "316大容量"
    assert min(SPLIT_PARTS, key=lambda name: lead[name]) == "payment_conversion"
    # truth 2: more visitors went where fewer buy, so the sources' mix adds by visitors and takes by conversion
    mix = n.source_parts.rows.set_index("kind").loc["mix"]
    assert mix["visitor_days"] > 0 > mix["payment_conversion"]
    # a rule that counts each purchase once was chosen where there are two
    assert n.source_parts.rule == "最后一次访问来源"
    tables = {part.id: part for part in last_week.build_section("moved").parts if hasattr(part, "frame")}
    assert tables["parts_items"].frame["label"].iloc[-1] == "全店合计"
    assert "316大容量" in tables["parts_items"].caption
    assert "最后一次访问来源" in tables["parts_sources"].caption


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


def test_from_the_daily_report_alone_every_section_says_what_it_lacks(tmp_path):
    days = [(f"2026-08-{day:02d}", 1000, 40, 2800 + 10 * day, 90) for day in range(1, 31)]
    import_files([daily_csv(tmp_path / "files", days)], tmp_path / "shop")
    page = opened(tmp_path / "shop")
    assert sum(page.numbers.split.values()) == pytest.approx(490)  # 10 a day more than a week ago, seven days
    said = {key: [part.text for part in page.build_section(key).parts if hasattr(part, "text")]
            for key in page.section_keys}  # fmt: skip
    assert sum("商品_全部" in text or "流量来源" in text for text in said["moved"]) == 2
    assert any("商品_全部" in text for text in said["items"])
    assert all("nan" not in text.lower() for texts in said.values() for text in texts)


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


def test_the_funnel_prices_its_weakest_step_against_the_peers(last_week):
    found = last_week.numbers.funnel
    now = last_week.numbers.now
    assert math.prod(step.own.estimate for step in found.steps) == pytest.approx(now.payment_conversion, abs=1e-12)
    assert found.against == "peers"
    assert found.weakest.name == "orderers"
    # peers.csv: 4.45 % order of 8.60 % who add to cart
    assert found.weakest.reference == pytest.approx(0.0445 / 0.086)
    assert found.whole.reference == pytest.approx(0.0415)
    assert found.whole.gain_low < found.whole.gain < found.whole.gain_high
    chart, why, *_ = last_week.build_section("funnel").parts
    assert "加购→下单" in chart.title
    # the two amounts are told together: the whole way, and by how much the other steps are ahead
    gains = (found.whole.gain, found.weakest.gain - found.whole.gain)
    assert all(format_value(gain, "money", "zh") in why.text for gain in gains)


def test_the_change_log_comes_back_with_what_came_of_it(last_week):
    state = {(one.change, one.metric): one.state for one in last_week.numbers.outcomes}
    assert state["短视频直播", "访客数"] == "worked"  # trap B: more people watching
    assert state["标题", "搜索引导访客数"] in {"unclear", "did_not"}  # truth 7: it did nothing
    assert state["推广预算", "访客数"] == "early"
    assert 1 <= len(last_week.view.screen.due) <= 5
    assert any("人群推广" in line and "没用" in line for line in last_week.view.screen.due)


def test_new_and_old_buyers_sum_to_the_change_of_payment(last_week):
    from shopnb.metrics import overview

    n = last_week.numbers
    kinds = overview.buyer_kinds(n.now, n.before)
    change = n.now.paid_amount - n.before.paid_amount
    assert sum(one.by_number + one.by_spend for one in kinds) == pytest.approx(change, abs=1e-6)


def test_the_plan_says_what_is_behind(last_week):
    goals = {goal.name: goal.state for goal in last_week.numbers.target.goals}
    assert goals["paid_amount"] == "inside"
    assert goals["ad_cost_limit"] == "over"


def odd_days(folder, name, rows):
    """A daily report with a refund column under a file name that says when it was exported."""
    file = daily_csv(folder, [])
    table = schema.TABLES["shop_daily"]
    header = [table[column].platform for column in ("day", "visitors", "payers", "paid_amount", "refunded_amount")]
    lines = [",".join(header), *(",".join(str(value) for value in row) for row in rows)]
    target = file.with_name(name)
    target.write_text("\n".join(lines), encoding="utf-8")
    file.unlink()
    return target


def test_a_day_exported_before_it_was_over_is_left_out_and_named(tmp_path):
    rows = [(f"2026-08-{day:02d}", 1000, 40, 2800, 100) for day in range(1, 31)]
    rows[-1] = ("2026-08-30", 310, 9, 600, 0)
    import_files([odd_days(tmp_path / "files", "日报_2026-08-30 11-20-00.csv", rows)], tmp_path / "shop")
    page = opened(tmp_path / "shop")
    assert page.numbers.period.end.day == 29
    assert any(note.code == "partial_day" for note in page.view.health)
    assert page.found == []


def test_no_visitors_and_negative_refunds_leave_no_nonsense(tmp_path):
    rows = [(f"2026-08-{day:02d}", 1000, 40, 2800, 100) for day in range(1, 31)]
    rows[-3] = ("2026-08-28", 0, 0, 0, 0)
    rows[-2] = ("2026-08-29", 1000, 40, 2800, -350)
    import_files([odd_days(tmp_path / "files", "日报_2026-08-31.csv", rows)], tmp_path / "shop")
    page = opened(tmp_path / "shop", margin_rate=0.4)
    assert all("nan" not in text.lower() and "inf" not in text.lower().split() for text in words(page))
    now = page.numbers.now
    assert now.refunded_amount == pytest.approx(5 * 100 - 350)
    assert now.margin == pytest.approx((6 * 2800 - 150) * 0.4)
    assert now.payment_conversion == pytest.approx(240 / 6000)


@pytest.mark.parametrize("grain", ["day", "week"])
def test_a_shop_that_nobody_visits_any_more_is_told_so_with_its_usual_worth(tmp_path, grain):
    rows = [(f"2026-08-{day:02d}", 1000 + day, 40, 2800 + day, 10) for day in range(1, 31)]
    rows[23:] = [(f"2026-08-{day:02d}", 0, 0, 0, 10) for day in range(24, 31)]
    import_files([odd_days(tmp_path / "files", "日报_2026-08-31.csv", rows)], tmp_path / "shop")
    page = opened(tmp_path / "shop", grain=grain, margin_rate=0.4)
    assert not [text for text in words(page) if "nan" in text.lower() or "inf" in text.lower()]
    fallen = [one for one in page.found if one.code == "visitors_fell"]
    assert [one.code for one in page.found] == [one.code for one in fallen]
    if grain == "day":  # four same weekdays before: about ¥2,800 a day × 40 % × 30 days
        assert fallen[0].amount == pytest.approx(-2800 * 30 * 0.4, rel=0.05)


def test_two_days_are_read_as_days(tmp_path):
    days = [("2026-08-29", 431, 2, 10638, 39), ("2026-08-30", 400, 0, 0, 20)]
    import_files([daily_csv(tmp_path / "files", days)], tmp_path / "shop")
    page = opened(tmp_path / "shop")
    assert page.numbers.period.days == 1
    assert "0 位买家" in page.view.screen.verdict


def test_a_months_target_may_stand_in_the_settings(tmp_path):
    rows = [(f"2026-08-{day:02d}", 1000, 40, 2800, 90) for day in range(1, 31)]
    import_files([daily_csv(tmp_path / "files", rows)], tmp_path / "shop")
    (tmp_path / "shop" / "shopnb.toml").write_text('[targets]\n"2026-08" = 90000\n', encoding="utf-8")
    page = opened(tmp_path / "shop")
    assert page.numbers.target.goal == 90_000
    assert page.numbers.target.reached == 30 * 2800
    assert page.view.screen.progress.share == pytest.approx(84_000 / 90_000)


def test_a_target_that_is_no_month_is_refused(tmp_path):
    from shopnb.errors import InputError
    from shopnb.shop.settings import read_settings

    (tmp_path / "shopnb.toml").write_text("[targets]\naugust = 90000\n", encoding="utf-8")
    with pytest.raises(InputError, match="settings_value"):
        read_settings(tmp_path)
