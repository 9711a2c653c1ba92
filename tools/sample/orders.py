"""ExportOrderList and 退款管理. Every personal column holds an obvious fake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from sample.catalogue import ITEMS, SHOP_NAME
from sample.workbook import Cell, columns, csv_bytes, write_xlsx, write_zip, yuan
from sample.world import Order, World

ORDER_HEADER = columns(
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,买家实际支付积分,"
    "订单状态,买家留言,收货人姓名,收货地址,运送方式,联系电话,联系手机,订单创建时间,订单付款时间,宝贝标题,宝贝种类,物流单号,物流公司,"
    "订单备注,宝贝总数量,店铺Id,店铺名称,订单关闭原因,卖家服务费,买家服务费,发票抬头,是否手机订单,分阶段订单信息,定金排名,修改后的sku,"
    "修改后的收货地址,异常信息"
)
REFUND_HEADER = columns(
    "订单编号,退款编号,支付宝交易号,订单付款时间,商品id,商品编码,退款完结时间,买家会员名称,买家实际支付金额,宝贝标题,买家退款金额,"
    "手工退款/系统退款,售后类型,退款的申请时间,超时时间,退款状态,货物状态,退货物流信息,发货物流信息,客服介入状态,卖家真实姓名,"
    "卖家退货地址,卖家手机,退货物流单号,退货物流公司,买家退款原因,买家退款说明,买家退货时间,责任方,售中或售后,商家备注,完结时间,"
    "部分退款/全部退款"
)
FAKE_NAMES = ("测试收件人甲", "测试收件人乙", "测试收件人丙", "测试收件人丁")
FAKE_PHONE = "13000000000"
FAKE_STREET = "测试市 测试区 演示路0号"
PROVINCES = {
    "广东省": 13, "江苏省": 12, "浙江省": 12, "山东省": 8, "河南省": 7, "四川省": 6, "上海": 6,
    "北京": 5, "湖北省": 5, "安徽省": 5, "河北省": 4, "福建省": 4, "湖南省": 4, "陕西省": 3, "辽宁省": 3, "重庆": 3,
}  # fmt: skip


def _moment(value: datetime | None) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}" if value else ""


def _is_presale(order: Order) -> bool:
    return ITEMS[order.lines[0].item].presale


def order_state(order: Order, known_on: date) -> str:
    """What the back office says on a day."""
    refund = order.refund
    if order.paid_at is None:
        is_old = order.created_at.date() < known_on - timedelta(days=1)
        return "交易关闭" if is_old and not _is_presale(order) else "等待买家付款"
    if refund and refund.closed_at.date() < known_on and refund.amount == order.amount:
        return "交易关闭"
    if order.signed_on and order.signed_on + timedelta(days=7) < known_on:
        return "交易成功"
    return "卖家已发货，等待买家确认" if order.sent_on and order.sent_on < known_on else "买家已付款，等待卖家发货"


def _close_reason(order: Order, state: str) -> str:
    if state != "交易关闭":
        return "订单未关闭"
    return "退款" if order.paid_at else "买家未付款"


def order_row(order: Order, world: World, known_on: date) -> list[Cell]:
    """One parent order; ids carry the marks that keep spreadsheets from rounding them."""
    draw = world.stream(f"order/{order.number}")
    state = order_state(order, known_on)
    due = yuan(order.amount)
    province = draw.pick(list(PROVINCES), list(PROVINCES.values()))
    values = {
        "订单编号": f'="{order.number}"', "买家会员名": f"测试买家{order.buyer}", "买家支付宝账号": "test@example.com",
        "买家应付货款": due, "买家应付邮费": "0", "买家支付积分": "0", "总金额": due, "返点积分": "0",
        "买家实际支付金额": due if order.paid_at else "0", "买家实际支付积分": "0", "订单状态": state,
        "收货人姓名": draw.pick(FAKE_NAMES), "收货地址": f"{province} {FAKE_STREET}", "运送方式": "快递",
        "联系手机": f"'{FAKE_PHONE}", "订单创建时间": _moment(order.created_at), "订单付款时间": _moment(order.paid_at),
        "宝贝标题": "，".join(ITEMS[line.item].title for line in order.lines), "宝贝种类": str(len(order.lines)),
        "物流公司": "测试快递" if order.sent_on and order.sent_on < known_on else "",
        "宝贝总数量": str(sum(line.units for line in order.lines)), "店铺Id": "0", "店铺名称": SHOP_NAME,
        "订单关闭原因": _close_reason(order, state), "卖家服务费": "0", "买家服务费": "0元",
        "是否手机订单": "" if order.is_pc else "手机订单",
        "分阶段订单信息": "阶段1已付款,阶段2待付款" if _is_presale(order) else "",
    }  # fmt: skip
    return [values.get(name, "") for name in ORDER_HEADER]


def write_orders(folder: Path, world: World, days: Sequence[date], made_on: date, *, zipped: bool = False) -> None:
    """The order list of some days, newest first, GBK."""
    orders = [order for day in reversed(days) for order in reversed(world.days[day].orders)]
    rows: list[Sequence[Cell]] = [ORDER_HEADER, *(order_row(order, world, made_on) for order in orders)]
    name, content = f"ExportOrderList{made_on:%Y%m%d}1030", csv_bytes(rows, "gbk")
    if zipped:
        write_zip(folder / f"{name}.zip", f"{name}.csv", content)
    else:
        (folder / f"{name}.csv").write_bytes(content)


def refund_row(order: Order, number: int) -> list[Cell]:
    """One refund case."""
    refund = order.refund
    assert refund is not None
    line = order.lines[refund.line]
    item = ITEMS[line.item]
    is_whole = refund.amount == order.amount
    kind = "仅退款" if refund.is_before_dispatch or refund.amount < line.amount else "退货退款"
    values = {
        "订单编号": order.number, "退款编号": f"30{refund.applied_at:%y%m%d}{number:010d}",
        "支付宝交易号": "测试交易号",
        "订单付款时间": _moment(order.paid_at), "商品id": item.item_id, "商品编码": f"{item.code}-{line.sku + 1:02d}",
        "退款完结时间": _moment(refund.closed_at), "买家会员名称": f"测试买家{order.buyer}",
        "买家实际支付金额": yuan(order.amount), "宝贝标题": item.title, "买家退款金额": yuan(refund.amount),
        "手工退款/系统退款": "系统退款" if refund.is_before_dispatch else "手工退款", "售后类型": kind,
        "退款的申请时间": _moment(refund.applied_at), "退款状态": "退款成功",
        "货物状态": "未发货" if refund.is_before_dispatch else "买家已收到货", "客服介入状态": "未介入",
        "卖家真实姓名": "测试卖家", "卖家退货地址": FAKE_STREET, "卖家手机": FAKE_PHONE, "买家退款原因": refund.reason,
        "售中或售后": "售中", "完结时间": _moment(refund.closed_at),
        "部分退款/全部退款": "全部退款" if is_whole else "部分退款",
    }  # fmt: skip
    return [values.get(name, "") for name in REFUND_HEADER]


def write_refunds(folder: Path, world: World, days: Sequence[date], made_on: date) -> None:
    """All refund cases that closed on some days, newest first."""
    wanted = set(days)
    cases = [order for order in world.orders() if order.refund and order.refund.closed_at.date() in wanted]
    rows = [refund_row(order, number) for number, order in enumerate(cases)]
    rows.sort(key=lambda row: str(row[REFUND_HEADER.index("退款完结时间")]), reverse=True)
    write_xlsx(folder / f"退款管理_{made_on:%Y%m%d}.xlsx", "退款", [REFUND_HEADER, *rows])
