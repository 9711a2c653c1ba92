"""店铺流量来源: the tree of three levels (39 or 43 columns, header on row 6), and the old file of five columns."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from sample.catalogue import SOURCE, SOURCES
from sample.draw import Stream, added
from sample.plan import days_between
from sample.touches import EVERY, Share, SourceBook
from sample.workbook import Cell, columns, grouped, percent, write_xls, yuan

_CHANGING = columns(
    "访客数,下单金额,下单买家数,下单转化率,支付金额,支付买家数,支付转化率,客单价,UV价值,关注店铺人数,商品收藏人数,加购人数,新访客数"
)
HEADER = [
    "一级来源", "二级来源", "三级来源",
    *[name for metric in _CHANGING for name in (metric, metric + "变化")],
    "直接支付买家数", "收藏商品-支付买家数", "粉丝支付买家数", "加购商品-支付买家数",
    "引导店铺页访客数", "引导店铺页访客数变化", "引导短视频访客数", "引导商品访客数", "种草成交人数", "种草成交金额",
]  # fmt: skip
HEADER_EVERY = [*HEADER, "广告成交金额", "广告成交金额变化", "广告点击量", "广告点击量变化"]
TOTAL = "汇总"
TREE = {
    "平台流量": ("手淘搜索", "手淘推荐"),
    "广告流量": ("关键词推广", "精准人群推广", "智能场景", "淘宝客"),
    "自主访问": ("我的淘宝", "购物车"),
    "内容渠道": ("直播", "短视频"),
}
PARTS = {"手淘推荐": (("首页推荐", 0.56), ("购物后推荐", 0.27), ("其他猜你喜欢", 0.17))}
RENAMED_ON = date(2026, 8, 24)  # 万相台 is called 智能场景 in exports from here on
PARTS_OVERLAP = 1.03  # people who came through two parts of one source


def shown_name(key: str, end: date) -> str:
    """A source's name as the platform showed it at the end of a period."""
    return "万相台" if key == "智能场景" and end < RENAMED_ON else key


def metrics(cell: Share, draw: Stream, *, ads: bool) -> dict[str, float]:
    """The numbers of one source in one period; amounts in fen."""
    placed = sum(order.amount for order in cell.orders)
    visitors, payers = cell.visitors, cell.payers
    values: dict[str, float] = {
        "访客数": visitors, "下单金额": placed, "下单买家数": cell.orderers, "支付金额": cell.amount,
        "支付买家数": payers,
        "下单转化率": cell.orderers / visitors if visitors else 0, "支付转化率": payers / visitors if visitors else 0,
        "客单价": cell.amount / payers if payers else 0, "UV价值": cell.amount / visitors if visitors else 0,
        "关注店铺人数": draw.count(visitors * 0.004), "商品收藏人数": cell.favourites, "加购人数": cell.carts,
        "新访客数": draw.successes(visitors, 0.72), "直接支付买家数": draw.successes(payers, 0.55),
        "收藏商品-支付买家数": draw.successes(payers, 0.06), "粉丝支付买家数": draw.successes(payers, 0.11),
        "加购商品-支付买家数": draw.successes(payers, 0.33), "引导店铺页访客数": draw.successes(visitors, 0.08),
        "引导短视频访客数": draw.successes(visitors, 0.02), "引导商品访客数": draw.successes(visitors, 0.93),
        "种草成交人数": 0, "种草成交金额": 0,
        "广告成交金额": cell.amount if ads else 0, "广告点击量": round(visitors * 1.19) if ads else 0,
    }  # fmt: skip
    return values


def _text(name: str, value: float) -> str:
    if name.endswith("转化率"):
        return f"{value:.2%}"
    if "金额" in name or name in ("客单价", "UV价值"):
        return yuan(round(value))
    return grouped(round(value))


def _cells(now: dict[str, float], before: dict[str, float], header: list[str]) -> list[Cell]:
    cells: list[Cell] = []
    for name in header[3:]:
        metric = name.removesuffix("变化")
        if metric == name:
            cells.append(_text(name, now[name]))
        else:
            cells.append(percent(now[metric] - before[metric], before[metric], undefined="-"))
    return cells


def _merged(cells: list[Share]) -> Share:
    """Several sources as one: people counted once, so fewer than the sum when there is more than one."""
    one = 0.95 if len(cells) > 1 else 1.0
    merged = Share(
        round(sum(cell.visitors for cell in cells) * one),
        round(sum(cell.carts for cell in cells) * one),
        round(sum(cell.favourites for cell in cells) * one),
    )
    for cell in cells:
        merged.orders += cell.orders
        merged.paid += cell.paid
    return merged


def _part(cell: Share, number: int, shares: list[float]) -> Share:
    """One part of a source: its share of the people, and every order by a fixed rule."""
    low, high = added(shares[:number]), added(shares[: number + 1])
    share = shares[number] * PARTS_OVERLAP

    def falls(buyer: int) -> bool:
        return low <= (buyer * 7919 % 1000) / 1000 < high

    return Share(
        round(cell.visitors * share), round(cell.carts * share), round(cell.favourites * share),
        [order for order in cell.orders if falls(order.buyer)], [order for order in cell.paid if falls(order.buyer)],
    )  # fmt: skip


def tree_rows(book: SourceBook, start: date, end: date, rule: str) -> list[list[Cell]]:
    """The table of one period, subtotal rows above their parts, changes against the period before."""
    days = days_between(start, end)
    length = timedelta(days=len(days))
    header = HEADER_EVERY if rule == EVERY else HEADER
    both = (book.period(days, rule), book.period(days_between(start - length, end - length), rule))
    rows: list[list[Cell]] = []

    def add(path: tuple[str, str, str], cells: list[Share], *, ads: bool) -> None:
        now, before = (
            metrics(cell, book.world.stream(f"sources/{path}/{when}/{rule}"), ads=ads)
            for cell, when in zip(cells, (start, start - length), strict=True)
        )
        rows.append([*path, *_cells(now, before, header)])

    for trunk, keys in TREE.items():
        ads = trunk == "广告流量"
        add((trunk, TOTAL, TOTAL), [_merged([side[SOURCE[key]] for key in keys]) for side in both], ads=ads)
        for key in keys:
            cells, name = [side[SOURCE[key]] for side in both], shown_name(key, end)
            if not any(cell.visitors for cell in cells):
                continue
            add((trunk, name, TOTAL), cells, ads=ads)
            shares = [share for _, share in PARTS.get(key, ())]
            for number, (part, _) in enumerate(PARTS.get(key, ())):
                add((trunk, name, part), [_part(cell, number, shares) for cell in cells], ads=ads)
    return rows


def write_sources(folder: Path, book: SourceBook, start: date, end: date, rule: str, copy: int = 0) -> None:
    """One export of the source tree; a second download of the same name gets `(1)` from the browser."""
    header = HEADER_EVERY if rule == EVERY else HEADER
    banner: list[list[Cell]] = [
        ["【生意参谋平台】店铺来源"],
        [f"统计时间：{start} ~ {end}"],
        ["终端：无线端"],
        [f"归属原则：{rule}"],
        [],
    ]
    name = f"【生意参谋平台】无线店铺流量来源-{start}_{end}" + (f"({copy})" if copy else "")
    write_xls(folder / f"{name}.xls", "无线店铺流量来源", [*banner, header, *tree_rows(book, start, end, rule)])


def write_five_columns(folder: Path, book: SourceBook, start: date, end: date) -> None:
    """The old short file: source, detail, visitors with a trailing blank, conversion, spend per buyer."""
    cells = book.period(days_between(start, end), EVERY)
    rows: list[list[Cell]] = [["流量来源", "来源明细", "访客数", "支付转化率", "客单价"]]
    for trunk, keys in TREE.items():
        for key in keys:
            cell = cells[SOURCE[key]]
            spend = f"{cell.amount / cell.payers / 100:.2f}" if cell.payers else ""
            rows.append([trunk, shown_name(key, end), f"{cell.visitors} ", percent(cell.payers, cell.visitors), spend])
    write_xls(folder / f"流量来源_{start}_{end}.xls", "无线流量来源", rows)


assert {key for keys in TREE.values() for key in keys} == {source.key for source in SOURCES}
