"""店铺日报: the 119-column self-service report, one row a day, newest first, text cells as the platform writes them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from sample.aftermath import COMPLAINT, NO_TEXT, PRAISE
from sample.catalogue import SHOP_NAME, SOURCE
from sample.draw import Stream
from sample.plan import days_between
from sample.workbook import Cell, grouped, percent, write_xlsx, yuan
from sample.world import Order, World


def _devices(*names: str) -> list[str]:
    return [prefix + name for name in names for prefix in ("", "无线端", "PC端")]


HEADER: list[str] = [
    "统计日期", "店铺名称", "访客数", "直播间访客数", "短视频访客数", "图文访客数", "店铺页访客数", "3D应用访客数",
    "无线端访客数", "PC端访客数",
    *_devices(
        "浏览量", "商品访客数", "商品浏览量", "平均停留时长", "跳失率", "商品收藏买家数", "商品收藏次数", "加购人数",
        "支付金额", "支付买家数", "支付子订单数", "支付件数", "下单金额", "下单买家数", "下单件数", "人均浏览量",
        "下单转化率", "支付转化率", "客单价", "UV价值", "老访客数", "新访客数", "加购件数",
    ),
    "支付新买家数",
    *_devices("支付老买家数"),
    "老买家支付金额", "全站推广花费", "关键词推广花费", "精准人群推广花费", "智能场景花费", "淘宝客佣金",
    "成功退款金额", "评价数", "有图评价数", "正面评价数", "负面评价数", "老买家正面评价数", "老买家负面评价数",
    "支付父订单数", "揽收包裹数", "发货包裹数", "派送包裹数", "签收成功包裹数", "平均支付_签收时长(秒)",
    "描述相符评分", "物流服务评分", "服务态度评分",
    *_devices("下单-支付转化率", "支付商品数", "关注店铺人数"),
    "会员总数", "新增会员数", "活跃会员数", "会员成交金额", "会员成交人数",
]  # fmt: skip

COMMISSION = 0.06
MEMBERS_AT_START = 41_800


@dataclass
class Ledger:
    """Events of the world by the day on which they happen: refunds, reviews, parcels."""

    refunded: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    reviewed: dict[date, list[Order]] = field(default_factory=lambda: defaultdict(list))
    sent: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    signed: dict[date, list[Order]] = field(default_factory=lambda: defaultdict(list))


def open_ledger(world: World) -> Ledger:
    """Sort what follows the orders by day."""
    ledger = Ledger()
    for order in world.orders():
        if order.refund:
            ledger.refunded[order.refund.closed_at.date()] += order.refund.amount
        if order.review:
            ledger.reviewed[order.review.at.date()].append(order)
        if order.sent_on and order.signed_on:
            ledger.sent[order.sent_on] += 1
            ledger.signed[order.signed_on].append(order)
    return ledger


def daily_row(world: World, ledger: Ledger, day: date) -> dict[str, str]:
    """One day's cells by header, as first and finally reported (see `restated` for the days in between)."""
    draw = world.stream(f"daily/{day}")
    facts = _Row()
    _traffic_cells(facts, world, day, draw)
    _order_cells(facts, world, day)
    _rate_cells(facts, draw)
    _cost_cells(facts, world, day)
    _after_sale_cells(facts, world, ledger, day, draw)
    _member_cells(facts, world, day, draw)
    facts.cells |= {"统计日期": day.isoformat(), "店铺名称": SHOP_NAME}
    return facts.cells


class _Row:
    """Cells under construction, and the numbers behind them."""

    def __init__(self) -> None:
        self.cells: dict[str, str] = {}
        self.numbers: dict[str, int] = {}

    def count(self, name: str, value: int) -> None:
        self.numbers[name] = value
        self.cells[name] = grouped(value)

    def money(self, name: str, fen: int) -> None:
        self.numbers[name] = fen
        self.cells[name] = yuan(fen)

    def people(self, name: str, total: int, on_pc: int, on_both: int = 0) -> None:
        """Devices overlap in people: wireless and PC sum to a little more than all."""
        self.count(name, total)
        self.count("无线端" + name, total - on_pc + on_both)
        self.count("PC端" + name, on_pc)

    def parts(self, name: str, wireless: int, on_pc: int) -> None:
        """Things rather than people: the devices sum to the whole."""
        for prefix, value in (("", wireless + on_pc), ("无线端", wireless), ("PC端", on_pc)):
            self.count(prefix + name, value)


def _traffic_cells(row: _Row, world: World, day: date, draw: Stream) -> None:
    facts = world.days[day]
    visitors, on_pc = facts.visitors, draw.successes(facts.visitors, 0.031)
    live, video = facts.people[SOURCE["直播"]], facts.people[SOURCE["短视频"]]
    row.people("访客数", visitors, on_pc, draw.count(on_pc * 0.08))
    row.count("直播间访客数", round(live * 1.08))
    row.count("短视频访客数", round(video * 1.12))
    row.count("图文访客数", draw.count(visitors * 0.006))
    row.count("店铺页访客数", draw.successes(visitors, 0.088))
    row.count("3D应用访客数", 0)
    views = sum(sum(by_item) for by_item in facts.item_people)
    with_item = min(visitors, round(views / 1.3))
    item_views = round(draw.around(views * 2.35, 0.02))
    pc_views = round(item_views * 0.017)
    shop_views = draw.count(visitors * 0.31)
    row.people("商品访客数", with_item, min(on_pc, round(on_pc * 0.95)), draw.count(on_pc * 0.07))
    row.parts("商品浏览量", item_views - pc_views, pc_views)
    row.parts("浏览量", item_views - pc_views + shop_views, pc_views + round(on_pc * 0.1))
    carts = sum(sum(by_item) for by_item in facts.cart_people)
    favourites = sum(sum(by_item) for by_item in facts.favourite_people)
    row.people("加购人数", round(carts * 0.93), round(carts * 0.006))
    row.parts("加购件数", round(draw.around(carts * 1.16, 0.01)), round(carts * 0.007))
    row.people("商品收藏买家数", round(favourites * 0.95), round(favourites * 0.008))
    row.parts("商品收藏次数", round(favourites * 1.02), round(favourites * 0.008))
    old, old_pc = draw.successes(visitors, 0.262), draw.successes(on_pc, 0.16)
    wireless = row.numbers["无线端访客数"]
    row.people("老访客数", old, old_pc)
    for prefix, whole in (("", visitors), ("无线端", wireless), ("PC端", on_pc)):
        row.count(prefix + "新访客数", whole - row.numbers[prefix + "老访客数"])
    row.people("关注店铺人数", draw.count(visitors * 0.0045), 0)


def _order_cells(row: _Row, world: World, day: date) -> None:
    orders = world.days[day].orders
    paid = [order for order in orders if order.paid_at]
    for device, chosen in (("", None), ("无线端", False), ("PC端", True)):
        ours = [order for order in paid if chosen in (None, order.is_pc)]
        placed = [order for order in orders if chosen in (None, order.is_pc)]
        row.money(f"{device}支付金额", sum(order.amount for order in ours))
        row.count(f"{device}支付买家数", _buyers(ours))
        row.count(f"{device}支付子订单数", sum(len(order.lines) for order in ours))
        row.count(f"{device}支付件数", _units(ours))
        row.money(f"{device}下单金额", sum(order.amount for order in placed))
        row.count(f"{device}下单买家数", _buyers(placed))
        row.count(f"{device}下单件数", _units(placed))
        row.count(f"{device}支付老买家数", _buyers([order for order in ours if order.is_returning]))
        row.count(f"{device}支付商品数", len({line.item for order in ours for line in order.lines}))
        row.cells[f"{device}下单-支付转化率"] = percent(_buyers(ours), _buyers(placed))
    row.count("支付新买家数", row.numbers["支付买家数"] - row.numbers["支付老买家数"])
    row.money("老买家支付金额", sum(order.amount for order in paid if order.is_returning))
    row.count("支付父订单数", len(paid))


def _buyers(orders: Sequence[Order]) -> int:
    return len({order.buyer for order in orders})


def _units(orders: Sequence[Order]) -> int:
    return sum(line.units for order in orders for line in order.lines)


def _rate_cells(row: _Row, draw: Stream) -> None:
    number = row.numbers
    for device, dwell, bounce in (("", 17.2, 0.532), ("无线端", 16.4, 0.529), ("PC端", 92.0, 0.62)):
        visitors, payers = number[f"{device}访客数"], number[f"{device}支付买家数"]
        amount = number[f"{device}支付金额"]
        row.cells[f"{device}平均停留时长"] = f"{draw.around(dwell, 0.03):.2f}"
        row.cells[f"{device}跳失率"] = f"{draw.around(bounce, 0.012):.2%}"
        row.cells[f"{device}人均浏览量"] = f"{number[f'{device}浏览量'] / visitors:.2f}" if visitors else "0"
        row.cells[f"{device}下单转化率"] = percent(number[f"{device}下单买家数"], visitors)
        row.cells[f"{device}支付转化率"] = percent(payers, visitors)
        row.cells[f"{device}客单价"] = yuan(round(amount / payers)) if payers else "0"
        row.cells[f"{device}UV价值"] = yuan(round(amount / visitors)) if amount else "NULL"


def _cost_cells(row: _Row, world: World, day: date) -> None:
    facts = world.days[day]
    row.cells["全站推广花费"] = "NULL"
    for name in ("关键词推广", "精准人群推广", "智能场景"):
        row.money(f"{name}花费", facts.ad_cost[SOURCE[name]])
    sold = sum(order.amount for order in facts.paid_orders() if order.source == SOURCE["淘宝客"])
    row.money("淘宝客佣金", round(sold * COMMISSION))


def _after_sale_cells(row: _Row, world: World, ledger: Ledger, day: date, draw: Stream) -> None:
    row.money("成功退款金额", ledger.refunded[day])
    reviews = ledger.reviewed[day]
    told = [(order.review.says if order.review else NO_TEXT, order.is_returning) for order in reviews]
    row.count("评价数", len(reviews))
    row.count("有图评价数", draw.successes(sum(says != NO_TEXT for says, _ in told), 0.27))
    for name, kind in (("正面", PRAISE), ("负面", COMPLAINT)):
        row.count(f"{name}评价数", sum(says == kind for says, _ in told))
        row.count(f"老买家{name}评价数", sum(says == kind and old for says, old in told))
    sent, signed = ledger.sent[day], ledger.signed[day]
    row.count("揽收包裹数", sent)
    row.count("发货包裹数", sent)
    row.count("派送包裹数", round(draw.around(len(signed), 0.03)))
    row.count("签收成功包裹数", len(signed))
    waits = [(day - order.created_at.date()).days * 86400 + 3600 for order in signed]
    row.cells["平均支付_签收时长(秒)"] = f"{sum(waits) / len(waits):.2f}" if waits else "0.00"
    worse = 0.01 if world.setting.planted and day >= date(2026, 8, 26) else 0.0
    row.cells["描述相符评分"] = f"{4.83 - worse:.2f}"
    row.cells["物流服务评分"] = "4.85"
    row.cells["服务态度评分"] = "4.86"


def _member_cells(row: _Row, world: World, day: date, draw: Stream) -> None:
    before = [moment for moment in world.days if moment <= day]
    joined = {moment: world.days[moment].visitors // 210 for moment in before}
    paid = [order for order in world.days[day].paid_orders() if order.is_returning]
    row.count("会员总数", round(MEMBERS_AT_START * world.setting.scale) + sum(joined.values()))
    row.count("新增会员数", joined[day])
    row.count("活跃会员数", draw.successes(world.days[day].visitors, 0.047))
    row.money("会员成交金额", sum(order.amount for order in paid[::2]))
    row.count("会员成交人数", _buyers(paid[::2]))


def restated(cells: dict[str, str], age_days: int) -> dict[str, str]:
    """The day as an export made `age_days` after it shows it: commission not settled, false clicks not paid back."""
    settled = 0.72 if age_days <= 3 else 0.93 if age_days <= 10 else 1.0
    changed = dict(cells)
    changed["淘宝客佣金"] = yuan(round(float(cells["淘宝客佣金"]) * 100 * settled))
    if age_days <= 2:
        for name in ("关键词推广花费", "精准人群推广花费", "智能场景花费"):
            changed[name] = yuan(round(float(cells[name]) * 100 * 1.011))
    return changed


def write_daily(
    folder: Path, world: World, made_on: date, last: date, days: int = 30, columns: Sequence[str] = HEADER
) -> None:
    """One export: `days` rows up to `last`, newest first, made on `made_on`."""
    ledger = open_ledger(world)
    first = max(world.setting.start, last - timedelta(days=days - 1))
    rows: list[list[Cell]] = [list(columns)]
    for day in reversed(days_between(first, last)):
        cells = restated(daily_row(world, ledger, day), (made_on - day).days)
        rows.append([cells[name] for name in columns])
    mark = hashlib.sha256(f"{world.setting.seed}/{made_on}".encode()).hexdigest()[:8]
    write_xlsx(folder / f"日报_{made_on:%Y%m%d}_{mark}.xlsx", "data", rows)
