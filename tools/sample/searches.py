"""市场 · 搜索排行: words of the category by rank; ranges for numbers, dashes where the platform hides them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sample.workbook import Cell, columns, write_csv
from sample.world import World

CATEGORY = "保温杯"
CORES = ("保温杯", "水杯", "吸管杯", "保温壶", "水壶", "焖烧杯", "随行杯", "泡茶杯")
WORDS = columns(
    "大容量,女,男,儿童,学生,316,便携,高颜值,车载,带吸管,网红,1000ml,户外,刻字,办公室,迷你,咖啡,智能,钛,送礼"
)
LADDER = (100, 150, 300, 600, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)
CONVERSIONS = ("0% ~ 1%", "1% ~ 2.5%", "2.5% ~ 5%", "5% ~ 7.5%", "7.5% ~ 10%", "-")
ROWS = 160


def _step(value: int) -> str:
    return f"{value // 10_000}万" if value >= 10_000 else str(value)


def popularity(people: float) -> str:
    """The range that the newest edition shows."""
    for low, high in zip(LADDER, LADDER[1:], strict=False):
        if people < high:
            return f"{_step(low)} ~ {_step(high)}"
    return f"{_step(LADDER[-2])} ~ {_step(LADDER[-1])}"


def write_searches(folder: Path, world: World, start: date, end: date) -> None:
    """One period's ranking; popularity falls with rank."""
    draw = world.stream(f"searches/{start}")
    words = [core + word if draw.happens(0.6) else word + core for core in CORES for word in WORDS]
    words = ["保温杯", "水杯", *draw.shuffled(words)][:ROWS]
    rows: list[list[Cell]] = [["排名", "搜索词", "搜索人气", "点击率", "支付转化率"]]
    for rank, word in enumerate(words, 1):
        people = 90_000 / rank**0.9
        clicks = f"{draw.around(62, 0.2):.0f}%"
        conversion = draw.pick(CONVERSIONS, (0.16, 0.22, 0.20, 0.09, 0.03, 0.30))
        rows.append([str(rank), word, popularity(people), clicks, conversion])
    write_csv(folder / f"{CATEGORY}_搜索排行_{start}_{end}.csv", rows, "utf-8")
