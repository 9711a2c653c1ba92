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
    assert visitors == [41819, 46008]
    assert payers[0] / visitors[0] == pytest.approx(0.0438, abs=0.0001)
    assert payers[1] / visitors[1] == pytest.approx(0.0378, abs=0.0001)
    assert total(daily, "精准人群推广花费", *after) > 1.4 * total(daily, "精准人群推广花费", *before)


def test_truth_hero_item_converts_less_and_is_complained_about(daily):
    weeks = ["2026-08-10_2026-08-16", "2026-08-17_2026-08-23", "2026-08-24_2026-08-30"]
    hero = [items(week)["684201537701"] for week in weeks]
    rates = [number(row["商品支付转化率"]) for row in hero]
    assert rates[2] < 0.85 * min(rates[:2])
    negative = [total(daily, "负面评价数", *week.split("_")) for week in weeks]
    assert negative[2] > 3 * negative[0]


def test_trap_content_launch_costs_no_buyers(daily):
    before, after = ("2026-07-13", "2026-07-19"), ("2026-07-20", "2026-07-26")
    assert total(daily, "访客数", *after) > 1.1 * total(daily, "访客数", *before)
    assert total(daily, "支付买家数", *after) > 0.97 * total(daily, "支付买家数", *before)
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
