"""The shop's own test table: a title test by equal rotation that does nothing."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from sample.plan import WEEKDAYS
from sample.workbook import Cell, write_csv
from sample.world import World

HEADER = ["日期", "测试名", "版本", "商品ID", "展现", "点击", "加购", "支付买家", "花费", "分配方式", "退款"]
ITEM_ID = "684201537703"
START, DAYS = date(2026, 8, 3), 21
IMPRESSIONS, CLICK_RATE, CART_RATE, BUY_RATE = 4_300, 0.031, 0.105, 0.041  # of each title on a day
REFUND_RATE = 0.085
TITLES = ("旧标题", "新标题")


def write_title_test(folder: Path, world: World) -> None:
    """Both titles have the same rates; only chance separates them."""
    draw, later = world.stream("title test"), world.stream("refunds of the title test")
    rows: list[list[Cell]] = [[*HEADER]]
    for number in range(DAYS):
        day = START + timedelta(days=number)
        level = WEEKDAYS[day.weekday()] * draw.around(1.0, 0.05)
        clicking = draw.around(CLICK_RATE, 0.04)
        for title in TITLES:
            shown = draw.count(IMPRESSIONS * level)
            clicks = draw.successes(shown, clicking)
            carts, payers = draw.successes(clicks, CART_RATE), draw.successes(clicks, BUY_RATE)
            counts = (shown, clicks, carts, payers)
            when, refunds = f"{day.year}/{day.month}/{day.day}", later.successes(payers, REFUND_RATE)
            rows.append([when, "儿童吸管-标题测试", title, ITEM_ID, *counts, "", "轮播", refunds])
    write_csv(folder / "ab_daily.csv", rows)
