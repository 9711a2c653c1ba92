"""The tiny shop: 2 to 10 buyers a day, forty days, a self-service report of a few chosen columns and nothing else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sample.daily import write_daily
from sample.world import Setting, simulate

NAME = "小满手作杯(虚构)"
COLUMNS = (
    "统计日期", "访客数", "浏览量", "商品访客数", "加购人数", "商品收藏买家数", "支付买家数", "支付金额",
    "客单价", "支付转化率", "跳失率", "老访客数", "新访客数", "关键词推广花费", "成功退款金额",
)  # fmt: skip
EXPORTS = ((date(2026, 8, 21), date(2026, 8, 20)), (date(2026, 8, 31), date(2026, 8, 30)))
CONFIG = """\
name = "{name}"
platform = "taobao"
currency = "CNY"
time_zone = "Asia/Shanghai"
sample = true
"""


def write_small(folder: Path, seed: int) -> None:
    """Two overlapping exports of thirty days each; nothing is planted, every change is chance."""
    setting = Setting(seed + 1, scale=0.021, first=date(2026, 6, 20), start=date(2026, 7, 22), planted=False)
    world = simulate(setting)
    for made_on, last in EXPORTS:
        write_daily(folder / "inbox", world, made_on, last, columns=COLUMNS)
    (folder / "shopnb.toml").write_bytes(CONFIG.format(name=NAME).encode())
