"""【生意参谋平台】商品_全部: the 38-column item ranking of a day or a period, a BIFF workbook with four banner rows."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from sample.catalogue import HERO, ITEMS, SOURCE, Item
from sample.plan import PHASES, PRESALE_FROM, days_between
from sample.workbook import Cell, grouped, percent, write_xls
from sample.world import Order, World

HEADER = [
    "统计日期", "商品ID", "商品名称", "主商品ID", "商品类型", "货号", "商品状态", "商品标签", "商品访客数",
    "商品浏览量", "平均停留时长", "商品详情页跳出率", "商品收藏人数", "商品加购件数", "商品加购人数", "下单买家数",
    "下单件数", "下单金额", "下单转化率", "支付买家数", "支付件数", "支付金额", "商品支付转化率", "支付新买家数",
    "支付老买家数", "老买家支付金额", "聚划算支付金额", "访客平均价值", "成功退款金额", "竞争力评分",
    "年累计支付金额", "月累计支付金额", "月累计支付件数", "搜索引导支付转化率", "搜索引导访客数",
    "搜索引导支付买家数", "结构化详情引导转化率", "结构化详情引导成交占比",
]  # fmt: skip

REVISITS = 0.036  # people who come back on another day of the period, per log of its length
SEARCH = SOURCE["手淘搜索"]


class ItemBook:
    """Orders and refunds of every item by day; one pass over the world serves all item files."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.orders: dict[tuple[date, int], list[Order]] = defaultdict(list)
        self.refunded: dict[tuple[date, int], int] = defaultdict(int)
        for order in world.orders():
            for item in {line.item for line in order.lines}:
                self.orders[order.created_at.date(), item].append(order)
            if order.refund:
                line = order.lines[order.refund.line]
                self.refunded[order.refund.closed_at.date(), line.item] += order.refund.amount

    def amounts(self, days: Sequence[date], item: int) -> tuple[int, int]:
        """Paid amount (fen) and units of an item over days."""
        lines = [
            line
            for day in days
            for order in self.orders[day, item]
            if order.paid_at
            for line in order.lines
            if line.item == item
        ]
        return sum(line.amount for line in lines), sum(line.units for line in lines)


def distinct(visits: int, days: int) -> int:
    """People of a period from person-days: some come back on another day."""
    return round(visits * (1 - REVISITS * math.log(days)))


def item_cells(book: ItemBook, start: date, end: date, item: int) -> dict[str, Cell]:
    """One row: an item over a period."""
    facts, days = ITEMS[item], days_between(start, end)
    plans = [book.world.days[day] for day in days]
    visitors = distinct(sum(day.seen(item) for day in plans), len(days))
    found = distinct(sum(day.item_people[SEARCH][item] for day in plans), len(days))
    carts = distinct(sum(by_item[item] for day in plans for by_item in day.cart_people), len(days))
    favourites = distinct(sum(by_item[item] for day in plans for by_item in day.favourite_people), len(days))
    draw = book.world.stream(f"items/{start}/{end}/{facts.item_id}")
    cells: dict[str, Cell] = {
        "统计日期": end.isoformat() if start == end else f"{start}~{end}",
        "商品ID": facts.item_id, "商品名称": facts.title, "主商品ID": facts.item_id, "商品类型": "普通商品",
        "货号": facts.code, "商品状态": "当前在线", "商品标签": "预售" if facts.presale else "-",
        "商品访客数": grouped(visitors), "商品浏览量": grouped(round(draw.around(visitors * 2.4, 0.02))),
        "平均停留时长": f"{draw.around(19.5, 0.05):.2f}", "商品详情页跳出率": f"{draw.around(0.61, 0.02):.2%}",
        "商品收藏人数": grouped(favourites), "商品加购件数": grouped(round(carts * 1.15)),
        "商品加购人数": grouped(carts),
        "竞争力评分": str(round(draw.around(62 + 8 * facts.appeal, 0.02))),
        "搜索引导访客数": grouped(found), "结构化详情引导转化率": "-", "结构化详情引导成交占比": "-",
    }  # fmt: skip
    cells |= _sales_cells(book, days, item, visitors, found)
    return cells


def _sales_cells(book: ItemBook, days: Sequence[date], item: int, visitors: int, found: int) -> dict[str, Cell]:
    placed = [order for day in days for order in book.orders[day, item]]
    paid = [order for order in placed if order.paid_at]
    payers = {order.buyer for order in paid}
    returning = {order.buyer for order in paid if order.is_returning}
    by_search = {order.buyer for order in paid if order.source == SEARCH}
    amount, units = book.amounts(days, item)
    placed_lines = [line for order in placed for line in order.lines if line.item == item]
    old_amount = sum(line.amount for o in paid if o.is_returning for line in o.lines if line.item == item)
    first, last = book.world.setting.first, days[-1]
    month = days_between(last.replace(day=1), last)
    month_amount, month_units = book.amounts(month, item)
    year_amount, _ = book.amounts(days_between(first, last), item)
    refunded = sum(book.refunded[day, item] for day in days)
    juhuasuan = sum(book.amounts([day], item)[0] for day in days if _in_juhuasuan(day)) if item == HERO else 0
    return {
        "下单买家数": grouped(len({order.buyer for order in placed})),
        "下单件数": grouped(sum(line.units for line in placed_lines)),
        "下单金额": _money(sum(line.amount for line in placed_lines)),
        "下单转化率": percent(len({order.buyer for order in placed}), visitors),
        "支付买家数": grouped(len(payers)), "支付件数": grouped(units), "支付金额": _money(amount),
        "商品支付转化率": percent(len(payers), visitors),
        "支付新买家数": grouped(len(payers - returning)), "支付老买家数": grouped(len(returning)),
        "老买家支付金额": _money(old_amount), "聚划算支付金额": _money(juhuasuan),
        "访客平均价值": _money(round(amount / visitors)) if visitors else "-", "成功退款金额": _money(refunded),
        "年累计支付金额": _money(year_amount + _before_simulation(ITEMS[item])),
        "月累计支付金额": _money(month_amount), "月累计支付件数": grouped(month_units),
        "搜索引导支付转化率": percent(len(by_search), found), "搜索引导支付买家数": grouped(len(by_search)),
    }  # fmt: skip


def _money(fen: int) -> str:
    return f"{fen / 100:,.2f}"


def _before_simulation(item: Item) -> int:
    """The year's sales before the first simulated day, fen."""
    return round(item.visits * item.appeal * item.price * 210)


def _in_juhuasuan(day: date) -> bool:
    return any(phase.name == "聚划算" and phase.share_of(day) > 0 for phase in PHASES)


def write_items(folder: Path, book: ItemBook, start: date, end: date) -> None:
    """One export of the item ranking, best seller first; items not yet listed are absent."""
    listed = [number for number, item in enumerate(ITEMS) if not item.presale or end >= PRESALE_FROM]
    rows = [item_cells(book, start, end, number) for number in listed]
    order = sorted(range(len(rows)), key=lambda n: -book.amounts(days_between(start, end), listed[n])[0])
    banner: list[list[Cell]] = [
        ["【生意参谋平台】商品排行"],
        [f"统计时间：{start} ~ {end}"],
        ["终端：所有终端    商品范围：全部"],
        [],
    ]
    table = [[rows[n][name] for name in HEADER] for n in order]
    write_xls(folder / f"【生意参谋平台】商品_全部_{start}_{end}.xls", "商品_全部", [*banner, HEADER, *table])
