"""The sample shop regenerates, its files agree with one another, and what TRUTH.md names is in them.

Cells are read with plain readers, not with shopnb's intake, so that this file and the intake check each other.
"""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "sample"
INBOX = SAMPLE / "inbox"


def sheet(path: Path) -> list[list[str]]:
    with path.open("rb") as file:
        return CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()


def number(text: str) -> float:
    if text.endswith("%"):
        return float(text[:-1]) / 100
    return float(text.replace(",", ""))


@pytest.fixture(scope="module")
def daily() -> dict[str, dict[str, str]]:
    """Daily cells by day, the newest export winning."""
    days: dict[str, dict[str, str]] = {}
    for path in sorted(INBOX.glob("日报_*.xlsx")):
        header, *rows = sheet(path)
        for row in rows:
            days[row[0]] = dict(zip(header, row, strict=True))
    return dict(sorted(days.items()))


def items(period: str) -> dict[str, dict[str, str]]:
    rows = sheet(INBOX / f"【生意参谋平台】商品_全部_{period}.xls")
    start = next(n for n, row in enumerate(rows) if row[0] == "统计日期")
    return {row[1]: dict(zip(rows[start], row, strict=True)) for row in rows[start + 1 :]}


def total(daily, name: str, start: str, end: str) -> float:
    return sum(number(row[name]) for day, row in daily.items() if start <= day <= end)


def same_content(made: Path, committed: Path) -> bool:
    """Equal bytes; for zip containers equal members, since the compressor belongs to the Python build."""
    if made.read_bytes() == committed.read_bytes():
        return True
    if made.suffix not in (".xlsx", ".zip"):
        return False
    with zipfile.ZipFile(made) as one, zipfile.ZipFile(committed) as two:
        return one.namelist() == two.namelist() and all(one.read(name) == two.read(name) for name in one.namelist())


def generated(folder: Path) -> dict[str, Path]:
    parts = ("inbox", "tables_in")
    files = [path for part in parts for path in (folder / part).rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path for path in [*files, folder / "shopnb.toml"]}


@pytest.fixture(scope="module")
def regenerated(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("made")
    subprocess.run([sys.executable, ROOT / "tools" / "make_sample.py", "--out", out], check=True)
    return out


@pytest.mark.parametrize("shop", ["sample", "sample-small"])
def test_committed_files_are_what_the_generator_writes(regenerated, shop):
    made, committed = generated(regenerated / shop), generated(ROOT / "data" / shop)
    assert sorted(made) == sorted(committed)
    assert [name for name in made if not same_content(made[name], committed[name])] == []


def test_sample_stays_small():
    assert sum(path.stat().st_size for path in generated(SAMPLE).values()) < 3_000_000


def test_daily_header_is_the_real_one(shared_data):
    with (shared_data / "exports" / "sycm_shop_daily_119cols_1row.csv").open(encoding="utf-8-sig", newline="") as file:
        real = next(csv.reader(file))
    for path in INBOX.glob("日报_*.xlsx"):
        header, *rows = sheet(path)
        assert header == real
        assert len(rows) == 30
        assert [row[0] for row in rows] == sorted((row[0] for row in rows), reverse=True)


def test_days_are_gapless_over_fourteen_weeks(daily):
    assert (min(daily), max(daily), len(daily)) == ("2026-05-25", "2026-08-30", 98)


def test_item_header_stands_on_the_fifth_row():
    with (INBOX / "【生意参谋平台】商品_全部_2026-08-30_2026-08-30.xls").open("rb") as file:
        rows = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert rows[4][:2] == ["统计日期", "商品ID"]
    assert len(rows[4]) == 38


@pytest.mark.parametrize("day", ["2026-08-17", "2026-08-24", "2026-08-30"])
def test_item_amounts_sum_to_the_shops(daily, day):
    by_item = items(f"{day}_{day}").values()
    for name in ("支付金额", "支付件数", "成功退款金额", "下单金额"):
        assert sum(number(row[name]) for row in by_item) == pytest.approx(number(daily[day][name]), abs=0.005)
    payers, visitors = (sum(number(row[name]) for row in by_item) for name in ("支付买家数", "商品访客数"))
    assert payers >= number(daily[day]["支付买家数"])
    assert visitors > number(daily[day]["商品访客数"])


def test_week_of_items_agrees_with_its_days():
    week = items("2026-08-24_2026-08-30")
    days = [items(f"2026-08-{day}_2026-08-{day}") for day in range(24, 31)]
    for item_id, row in week.items():
        amount = sum(number(day[item_id]["支付金额"]) for day in days)
        assert number(row["支付金额"]) == pytest.approx(amount, abs=0.005)
        assert number(row["商品访客数"]) < sum(number(day[item_id]["商品访客数"]) for day in days)


def test_parts_of_a_day_sum_to_the_whole(daily):
    for row in daily.values():
        value = {
            name: number(row[name]) for name in row if row[name] != "NULL" and name not in ("统计日期", "店铺名称")
        }
        assert value["支付新买家数"] + value["支付老买家数"] == value["支付买家数"]
        assert value["新访客数"] + value["老访客数"] == value["访客数"]
        assert value["无线端支付金额"] + value["PC端支付金额"] == pytest.approx(value["支付金额"], abs=0.005)
        assert value["无线端访客数"] + value["PC端访客数"] >= value["访客数"]
        assert value["支付转化率"] == pytest.approx(value["支付买家数"] / value["访客数"], abs=0.00005)
        assert value["正面评价数"] + value["负面评价数"] <= value["评价数"]
        assert value["支付金额"] <= value["下单金额"]


def test_overlapping_exports_restate_ads_and_commission():
    header, *rows = sheet(next(INBOX.glob("日报_20260824_*.xlsx")))
    early = dict(zip(header, rows[0], strict=True))
    header, *rows = sheet(next(INBOX.glob("日报_20260831_*.xlsx")))
    late = next(dict(zip(header, row, strict=True)) for row in rows if row[0] == early["统计日期"])
    assert {name for name in header if early[name] != late[name]} == {
        "关键词推广花费", "精准人群推广花费", "智能场景花费", "淘宝客佣金",
    }  # fmt: skip


def test_truth_mix_shift_lowers_conversion_while_buyers_stay(daily):
    before, after = ("2026-08-17", "2026-08-23"), ("2026-08-24", "2026-08-30")
    visitors = [total(daily, "访客数", *week) for week in (before, after)]
    payers = [total(daily, "支付买家数", *week) for week in (before, after)]
    assert visitors == [41389, 47023]
    assert payers[0] / visitors[0] == pytest.approx(0.0439, abs=0.0001)
    assert payers[1] / visitors[1] == pytest.approx(0.0376, abs=0.0001)
    assert total(daily, "精准人群推广花费", *after) > 1.4 * total(daily, "精准人群推广花费", *before)


def test_truth_hero_item_converts_less_and_is_complained_about(daily):
    weeks = ["2026-08-10_2026-08-16", "2026-08-17_2026-08-23", "2026-08-24_2026-08-30"]
    hero = [items(week)["684201537701"] for week in weeks]
    rates = [number(row["商品支付转化率"]) for row in hero]
    assert rates[2] < 0.85 * min(rates[:2])
    negative = [total(daily, "负面评价数", *week.split("_")) for week in weeks]
    assert negative[2] > 1.6 * negative[0]


def test_trap_content_launch_costs_no_buyers(daily):
    before, after = ("2026-07-13", "2026-07-19"), ("2026-07-20", "2026-07-26")
    assert total(daily, "访客数", *after) > 1.1 * total(daily, "访客数", *before)
    assert total(daily, "支付买家数", *after) > 0.96 * total(daily, "支付买家数", *before)
    assert total(daily, "短视频访客数", *after) > 10 * total(daily, "短视频访客数", *before)


def test_trap_refunds_follow_the_campaign(daily):
    def share(start: str, end: str) -> float:
        return total(daily, "成功退款金额", start, end) / total(daily, "支付金额", start, end)

    assert share("2026-06-22", "2026-06-28") > 1.3 * share("2026-07-27", "2026-08-16")


def test_trap_presale_is_ordered_and_not_paid():
    presale = items("2026-08-24_2026-08-30")["684201537715"]
    assert number(presale["下单买家数"]) > 30
    assert (presale["支付买家数"], presale["商品支付转化率"]) == ("0", "0.00%")


def test_ordinary_days_vary_like_a_shop(daily):
    sales = [number(row["支付金额"]) for day, row in daily.items() if "2026-07-20" <= day <= "2026-08-14"]
    mean = sum(sales) / len(sales)
    spread = (sum((value - mean) ** 2 for value in sales) / (len(sales) - 1)) ** 0.5 / mean
    assert 0.05 < spread < 0.13


def tree(name: str) -> dict[tuple[str, str, str], dict[str, str]]:
    """Leaves of a source file by path; subtotals with parts below them left out."""
    with (INBOX / f"【生意参谋平台】无线店铺流量来源-{name}.xls").open("rb") as file:
        rows = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python(skip_empty_area=False)
    found = {tuple(row[:3]): dict(zip(rows[5], row, strict=True)) for row in rows[6:]}
    return {
        path: cells
        for path, cells in found.items()
        if path[1] != "汇总"
        and not (path[2] == "汇总" and any(other[:2] == path[:2] and other != path for other in found))
    }


BEFORE, LAST_WEEK = "2026-08-17_2026-08-23", "2026-08-24_2026-08-30"


@pytest.mark.parametrize(("copy", "columns"), [("", 43), ("(1)", 39)])
def test_source_trees_have_the_platforms_columns(copy, columns):
    assert {len(cells) for cells in tree(LAST_WEEK + copy).values()} == {columns}


def test_truth_mix_outweighs_rate_and_no_source_falls_beyond_noise():
    before, after = tree(BEFORE), tree(LAST_WEEK)
    after = {(path[0], path[1].replace("智能场景", "万相台"), path[2]): cells for path, cells in after.items()}
    assert sorted(before) == sorted(after)
    v0, v1, p0, p1 = (
        {path: number(cells[name]) for path, cells in side.items()}
        for name, side in (("访客数", before), ("访客数", after), ("支付买家数", before), ("支付买家数", after))
    )
    share0, share1 = ({k: v[k] / sum(v.values()) for k in v} for v in (v0, v1))
    rate0, rate1 = {k: p0[k] / v0[k] for k in v0}, {k: p1[k] / v1[k] for k in v1}
    mix = sum((share1[k] - share0[k]) * (rate0[k] + rate1[k]) / 2 for k in v0)
    rate = sum((share0[k] + share1[k]) / 2 * (rate1[k] - rate0[k]) for k in v0)
    assert mix + rate == pytest.approx(sum(p1.values()) / sum(v1.values()) - sum(p0.values()) / sum(v0.values()))
    assert -0.0050 < mix < -0.0033
    assert -0.0033 < rate < -0.0020
    for k in v0:
        error = (rate0[k] * (1 - rate0[k]) / v0[k] + rate1[k] * (1 - rate1[k]) / v1[k]) ** 0.5
        assert abs(rate1[k] - rate0[k]) < 1.6 * error


def test_sources_overlap_under_one_rule_and_not_under_the_other(daily):
    day = tree("2026-08-30_2026-08-30")
    assert sum(number(cells["访客数"]) for cells in day.values()) > 1.1 * number(daily["2026-08-30"]["访客数"])
    last_touch = sum(number(cells["访客数"]) for cells in tree(LAST_WEEK + "(1)").values())
    assert last_touch < total(daily, "访客数", "2026-08-24", "2026-08-30")


def test_trap_one_source_changes_its_name():
    assert {path[1] for path in tree(BEFORE)} ^ {path[1] for path in tree(LAST_WEEK)} == {"万相台", "智能场景"}


def report(name: str) -> list[dict[str, str]]:
    """Rows of an ad report: GB18030 CSV in a zip."""
    with zipfile.ZipFile(INBOX / f"{name}.zip") as archive:
        text = archive.read(f"{name}.csv").decode("gb18030")
    return list(csv.DictReader(io.StringIO(text)))


def test_scene_header_is_the_real_one(shared_data):
    path = shared_data / "exports" / "alimama_scene_report_71cols_2rows_gb18030.csv"
    with path.open(encoding="gb18030", newline="") as file:
        assert list(report("营销场景报表_20260831_101500")[0]) == next(csv.reader(file))


def test_scene_costs_are_those_of_the_daily_report(daily):
    for row in report("营销场景报表_20260831_101500")[:30]:
        assert number(row["花费"]) == pytest.approx(number(daily[row["日期"]][f"{row['场景名字']}花费"]), abs=0.005)


def test_trap_deals_arrive_after_the_first_export():
    def deals(name: str, day: str) -> float:
        return sum(float(row["总成交金额"]) for row in report(name) if row["日期"] == day)

    assert deals("营销场景报表_20260831_101500", "2026-08-23") > deals("营销场景报表_20260824_101500", "2026-08-23")
    assert deals("营销场景报表_20260831_101500", "2026-08-01") == deals("营销场景报表_20260824_101500", "2026-08-01")


def test_truth_crowd_ads_lose_money():
    week = [row for row in report("营销场景报表_20260831_101500") if row["日期"] >= "2026-08-24"]
    crowd = [row for row in week if row["场景名字"] == "精准人群推广"]
    cost = sum(float(row["花费"]) for row in crowd)
    assert cost == pytest.approx(7940, abs=1)
    assert 0.7 < sum(float(row["总成交金额"]) for row in crowd) / cost < 0.9


def rates(rows: list[dict[str, str]], version: str, top: str, bottom: str) -> dict[str, tuple[float, float]]:
    sums: dict[str, tuple[float, float]] = {}
    for row in rows:
        one, two = sums.get(row[version], (0.0, 0.0))
        sums[row[version]] = (one + float(row[top]), two + float(row[bottom]))
    return sums


def z_score(one: tuple[float, float], two: tuple[float, float]) -> float:
    pooled = (one[0] + two[0]) / (one[1] + two[1])
    return (two[0] / two[1] - one[0] / one[1]) / (pooled * (1 - pooled) * (1 / one[1] + 1 / two[1])) ** 0.5


def test_truth_image_b_wins_within_days():
    rows = report("创意报表_20260831_102000")
    by_day = []
    for day in sorted({row["日期"] for row in rows}):
        clicks = rates([row for row in rows if row["日期"] == day], "创意名称", "点击量", "展现量")
        a, b = clicks["A现用图"], clicks["B办公桌场景"]
        by_day.append((b[0] / b[1] - a[0] / a[1], 1 / (1 / a[1] + 1 / b[1])))
    assert len(by_day) == 7
    within = sum(gap * weight for gap, weight in by_day) / sum(weight for _, weight in by_day)
    pooled = rates(rows, "创意名称", "点击量", "展现量")
    a, b = pooled["A现用图"], pooled["B办公桌场景"]
    assert 0.0042 < within < 0.0062
    assert within < b[0] / b[1] - a[0] / a[1]
    assert z_score(a, b) > 4
    carts = rates(rows, "创意名称", "总购物车数", "点击量")
    assert abs(z_score(carts["A现用图"], carts["B办公桌场景"])) < 1.3


def test_trap_equal_images_and_titles_differ_by_chance_only():
    images = rates(report("创意报表_20260804_102000"), "创意名称", "点击量", "展现量")
    assert abs(z_score(*images.values())) < 1.3
    with (SAMPLE / "tables_in" / "ab_daily.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for top, bottom in (("点击", "展现"), ("加购", "点击"), ("支付买家", "点击"), ("退款", "支付买家")):
        assert abs(z_score(*rates(rows, "版本", top, bottom).values())) < 1.3


@pytest.fixture(scope="module")
def reviews() -> list[dict[str, str]]:
    header, *rows = sheet(INBOX / "商品评价_20260831.xlsx")
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_review_counts_are_those_of_the_daily_report(daily, reviews):
    for day in ("2026-07-02", "2026-08-18", "2026-08-30"):
        assert sum(row["评价时间"].startswith(day) for row in reviews) == number(daily[day]["评价数"])


def test_truth_leaks_are_told_of_one_colour_from_18_august(reviews):
    leaks = [
        row
        for row in reviews
        if any(word in row["评论"] for word in ("漏水", "渗水", "滴水", "打湿", "湿了", "一晃就漏"))
        and not any(word in row["评论"] for word in ("不漏", "没漏", "别家", "担心"))
    ]
    blue = [row["评价时间"][:10] for row in leaks if row["颜色分类"] == "雾蓝"]
    assert len([day for day in blue if day >= "2026-08-18"]) >= 20
    assert len([day for day in blue if day < "2026-08-18"]) <= 2
    assert len(leaks) - len(blue) < 25


def test_reviews_hold_defaults_and_worries_that_did_not_come_true(reviews):
    texts = [row["评论"] for row in reviews]
    assert 0.5 < sum(text == "此用户没有填写评价。" for text in texts) / len(texts) < 0.75
    assert any("担心会漏水,结果完全不漏" in text for text in texts)
    assert len({text for text in texts}) > 500


def test_truth_quality_refunds_of_the_leaking_colour(daily):
    header, *rows = sheet(INBOX / "退款管理_20260831.xlsx")
    cases = [dict(zip(header, row, strict=True)) for row in rows]
    for day in ("2026-07-02", "2026-08-23", "2026-08-30"):
        closed = sum(float(case["买家退款金额"]) for case in cases if case["退款完结时间"].startswith(day))
        assert closed == pytest.approx(number(daily[day]["成功退款金额"]), abs=0.005)
    quality = [case for case in cases if case["买家退款原因"] == "质量问题" and case["商品编码"] == "HM-316L-01"]
    late = [case for case in quality if case["退款完结时间"] >= "2026-08-18"]
    assert (len(quality) - len(late), len(late)) == (4, 32)


def test_orders_agree_with_the_daily_report_and_hold_no_person(daily):
    text = next(INBOX.glob("ExportOrderList*.csv")).read_bytes().decode("gbk")
    orders = list(csv.DictReader(io.StringIO(text)))
    assert len(orders[0]) == 37
    for day in ("2026-08-17", "2026-08-24", "2026-08-30"):
        paid = sum(float(row["买家实际支付金额"]) for row in orders if row["订单付款时间"].startswith(day))
        assert paid == pytest.approx(number(daily[day]["支付金额"]), abs=0.005)
    assert {row["收货人姓名"][:5] for row in orders} == {"测试收件人"}
    assert {row["联系手机"] for row in orders} == {"'13000000000"}
    assert {row["买家支付宝账号"] for row in orders} == {"test@example.com"}
    assert len({row["订单编号"] for row in orders}) == len(orders)


@pytest.fixture(scope="module")
def offers() -> list[dict[str, str]]:
    """Distinct lines of the listing without placeholders."""
    text = (INBOX / "保温杯大容量_20260830.csv").read_bytes().decode("gb18030")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 1182
    distinct = {tuple(row.values()): row for row in rows}
    assert len(distinct) == 887
    return [row for row in distinct.values() if float(row["售价"]) < 90000]


def low_end(shown: str) -> float:
    text = shown.removesuffix("人付款").removesuffix("+")
    return float(text[:-1]) * 10_000 if text.endswith("万") else float(text)


def test_truth_price_band_and_concentration(offers):
    amounts = [float(row["售价"]) * low_end(row["付款情况"]) for row in offers]
    in_band = [60 <= float(row["售价"]) < 90 for row in offers]
    items_share = sum(in_band) / len(offers)
    money_share = sum(a for a, inside in zip(amounts, in_band, strict=True) if inside) / sum(amounts)
    assert 0.12 < items_share < 0.15
    assert 0.24 < money_share < 0.30
    by_shop: dict[str, float] = {}
    for row, amount in zip(offers, amounts, strict=True):
        by_shop[row["店铺名称"]] = by_shop.get(row["店铺名称"], 0) + amount
    assert 0.26 < sum(sorted(by_shop.values())[-4:]) / sum(amounts) < 0.32


def test_truth_straw_cups_sell_in_that_band(offers):
    band = [row for row in offers if 60 <= float(row["售价"]) < 90]
    amounts = [float(row["售价"]) * low_end(row["付款情况"]) for row in band]
    straw = ["吸管" in row["商品名称"] for row in band]
    assert 0.17 < sum(straw) / len(band) < 0.26
    assert sum(a for a, is_straw in zip(amounts, straw, strict=True) if is_straw) > 0.32 * sum(amounts)


def test_own_items_stand_in_the_listing_with_their_buyers(offers):
    own = {row["商品名称"][:8]: row["付款情况"] for row in offers if row["店铺名称"].startswith("禾木杯具")}
    assert len(own) == 4
    assert own["禾木316不锈钢"] == "2000+人付款"


def test_tiny_shop_is_tiny():
    buyers: dict[str, int] = {}
    for path in sorted((ROOT / "data" / "sample-small" / "inbox").glob("日报_*.xlsx")):
        header, *rows = sheet(path)
        buyers |= {row[0]: int(row[header.index("支付买家数")]) for row in rows}
    assert len(buyers) == 40
    assert 3 < sum(buyers.values()) / 40 < 8
