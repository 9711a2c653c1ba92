"""The listing test page: brakes, devices, rules, what to do now, untrue counts, folders of an older shopnb."""

from __future__ import annotations

import csv
import datetime as dt

import pyarrow.parquet as pq
import pytest

from shopnb import open_page
from shopnb.metrics.listing_states import State
from shopnb.shop import open_shop

FIRST = dt.date(2026, 6, 29)  # a Monday; no campaign of the calendar within five weeks
ITEM = "684201537701"
HEAD = ["日期", "测试名", "版本", "商品ID", "展现", "点击", "加购", "支付买家", "花费", "分配方式", "退款", "终端"]


def wave(turn, number=0):
    return 1 + 0.02 * ((turn * 7 + number * 3) % 5 - 2)


def rows_of(rates, *, length=10, shown=20_000, refunds=(0.08, 0.08), devices=("",), name="首图", first=FIRST):
    """Equal rotation; `refunds` of the first version and of the others."""
    rows = []
    for turn in range(length):
        for number, (variant, rate) in enumerate(rates.items()):
            for device in devices:
                clicks = round(shown * rate * wave(turn, number))
                payers = clicks // 10
                back = round(payers * refunds[min(number, 1)])
                rows.append([first + dt.timedelta(days=turn), name, variant, ITEM, shown, clicks, clicks // 8, payers,
                             200, "轮播", back, device])  # fmt: skip
    return rows


def shop_of(folder, rows, head=HEAD, **typed):
    for place, (names, lines) in {"inbox/ab": (head, rows), **{f"tables_in/{k}": v for k, v in typed.items()}}.items():
        path = folder / f"{place}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([names, *lines])
    return str(folder)


def part(page, section, place):
    return page.build_section(section).parts[place]


def notes(page):
    return {note.code: note.text for note in page.health_notes()}


def test_more_refunds_hold_a_switch_back_in_both_languages(tmp_path):
    shop = shop_of(tmp_path / "shop", rows_of({"A现用": 0.03, "B": 0.04}, refunds=(0.05, 0.3)))
    for lang, words in (("zh", ("先别换", "退款率高")), ("en", ("Do not switch", "refund rate"))):
        page = open_page("listing_ab", shop=shop, lang=lang)
        assert (page.numbers.comparison.state, page.numbers.comparison.brake) == (State.BRAKE, "refund_rate")
        assert all(word in page.verdict() for word in words)
        assert "refunds_with_clicks" in [one.code for one in page.found]
        assert part(page, "behind_click", 1).frame["refunds"].tolist() == pytest.approx([30, 240], abs=3)
        assert "refund_rate_range" in [column.name for column in part(page, "behind_click", 1).columns]
    calm = shop_of(tmp_path / "calm", rows_of({"A现用": 0.03, "B": 0.04}))
    assert open_page("listing_ab", shop=calm).numbers.comparison.state is State.SWITCH


def test_a_folder_stored_before_refunds_and_devices_were_known_still_opens(tmp_path):
    folder = tmp_path / "shop"
    shop_of(folder, rows_of({"A现用": 0.03, "B": 0.04}))
    open_shop(folder)
    (file,) = folder.glob("tables/ab_daily/*.parquet")
    pq.write_table(pq.read_table(file).drop_columns(["refunds", "device"]), file)
    page = open_page("listing_ab", shop=str(folder))
    assert page.numbers.comparison.state is State.SWITCH
    assert page.numbers.behind["refund_rate"].code == "missing_column"
    shop_of(folder / "more", rows_of({"A现用": 0.03, "B": 0.04}, first=FIRST + dt.timedelta(days=10)))
    more = folder / "more" / "inbox" / "ab.csv"
    from shopnb.intake import import_files

    import_files([more.rename(folder / "inbox" / "later.csv")], folder)
    assert open_shop(folder).table("ab_daily").refunds.count().execute() == 20


def test_devices_stand_in_a_table_and_the_trend_in_a_sentence(tmp_path):
    rows = rows_of({"A现用": 0.03, "B": 0.04}, devices=("手机", "电脑"))
    page = open_page("listing_ab", shop=shop_of(tmp_path / "shop", rows))
    assert part(page, "by_day", 4).frame["device"].tolist() == ["手机", "电脑"]
    assert "没有随天数明显变化" in part(page, "by_day", 3).text
    assert page.figures()["rate.B"].n == 400_000
    fading = rows_of({"A现用": 0.03, "B": 0.03}, length=8)
    for row in fading:
        if row[2] == "B":
            row[5] += round(600 * (1 - (row[0] - FIRST).days / 8))
    page = open_page("listing_ab", shop=shop_of(tmp_path / "fading", fading))
    assert "差距在缩小" in part(page, "by_day", 3).text
    assert "fading" in notes(page)


@pytest.mark.parametrize(
    ("rates", "given", "state", "word"),
    [
        ({"A现用": 0.03, "B": 0.035}, {"length": 4, "shown": 4000}, "wait", "继续测"),
        ({"A现用": 0.04, "B": 0.03}, {}, "keep", "停,留用「A现用」"),
        ({"A现用": 0.03, "B": 0.04}, {}, "switch", "停,换「B」"),
        ({"A现用": 0.08, "B": 0.08}, {"length": 20, "shown": 60_000}, "level", "不值得再测"),
    ],
)
def test_the_planner_says_go_on_stop_for_either_or_too_small(tmp_path, rates, given, state, word):
    shop = shop_of(tmp_path / "shop", rows_of(rates, **given))
    page = open_page("listing_ab", shop=shop)
    assert str(page.numbers.comparison.state) == state
    assert word in part(page, "planner", 2).text


def test_the_version_in_use_below_its_line_is_a_finding_with_a_probability(tmp_path):
    peers = ["记录日", "期间起", "期间止", "指标", "同行同层平均"], [[FIRST, FIRST, FIRST, "点击率", "5%"]]
    rows = rows_of({"A现用": 0.03, "B": 0.0301})
    page = open_page("listing_ab", shop=shop_of(tmp_path / "shop", rows, peers=peers))
    (found,) = [one for one in page.found if one.code == "version_lt9"]
    assert found.domain == "LT9"
    assert found.confidence > 0.9
    assert found.same_cause_as is None
    better = rows_of({"A现用": 0.03, "B": 0.04})
    page = open_page("listing_ab", shop=shop_of(tmp_path / "better", better, peers=peers))
    assert [(one.code, one.same_cause_as) for one in page.found] == [
        ("listing_switch", None), ("version_lt9", "listing_switch"),
    ]  # fmt: skip


def test_rows_that_cannot_be_true_never_reach_a_number(tmp_path):
    """Negative counts, more clicks than impressions, no impressions, a version and day twice, a missing day."""
    rows = [row for row in rows_of({"A现用": 0.03, "B": 0.04}) if row[0] != FIRST + dt.timedelta(days=4)]
    late = FIRST + dt.timedelta(days=10)
    wrong = [
        [late, "首图", "A现用", ITEM, -500, 5, 0, 0, 1, "轮播", 0, ""],
        [late, "首图", "B", ITEM, 100, 200, 0, 0, 1, "轮播", 0, ""],
        [late + dt.timedelta(days=1), "首图", "B", ITEM, 0, 0, 0, 0, 1, "轮播", 0, ""],
        [*rows[0][:4], 999, *rows[0][5:]],
        [late + dt.timedelta(days=2), "首图", "B", ITEM, 20_000, 800, 100, 80, 200, "轮播", 90, ""],
    ]
    page = open_page("listing_ab", shop=shop_of(tmp_path / "shop", rows + wrong))
    told = notes(page)
    assert {"negative", "more_clicks_than_impressions", "no_impressions", "missing_days"} <= set(told)
    assert "more_refunds_than_payers" in told
    assert "uneven_days" in told  # B alone on the last day
    figures = page.figures()
    assert (figures["rate.A现用"].n, figures["rate.B"].n) == (9 * 20_000, 10 * 20_000)
    assert figures["sample_ratio_p"].value == 1  # of the days that both were shown
    rows_note = next(note.text for note in page.view.health if "ab_daily" in note.text or "测试" in note.text)
    assert "1" in rows_note


def test_a_test_of_two_finished_ones_is_told_in_counts(tmp_path):
    rows = []
    for number in range(3):
        rates = {"A现用": 0.03, "B": 0.036}
        rows += rows_of(rates, name=f"第{number + 1}次", first=FIRST + dt.timedelta(days=7 * number), length=6)
    page = open_page("listing_ab", shop=shop_of(tmp_path / "shop", rows))
    chart = part(page, "test_log", 0)
    assert page.record_of_tests.read == 2
    assert "才做完 2 个测试" in chart.title
    assert "%" not in chart.title


def test_a_refund_outcome_of_users_is_watched_and_never_the_metric(tmp_path):
    head = ["userid", "version", "bought", "退款"]
    rows = [
        [f"u{turn}", "AB"[turn % 2], int(turn % 20 < (6 if turn % 2 else 4)), int(turn % 50 in (1, 3, 5, 7))]
        for turn in range(8000)
    ]
    page = open_page("listing_ab", shop=shop_of(tmp_path / "shop", rows, head))
    assert page.numbers.comparison.metric == "bought"
    assert page.numbers.comparison.best.difference.low > 0
    assert page.numbers.behind["refund_rate"].low > 0  # only odd users, all of B
    assert page.numbers.comparison.brake == "refund_rate"
