"""Orders, refunds and reviews. Buyers are keyed hashes; names, phones and addresses never arrive."""

from __future__ import annotations

from shopnb.schema.columns import Column, Table, count, label, money, running

ORDERS = Table(
    "orders",
    "one row per parent order",
    (
        label("order_id", "订单编号"),
        label("buyer_id", "买家会员名", personal="hash"),
        money("due_amount", "买家应付货款"),
        money("freight_amount", "买家应付邮费"),
        money("total_amount", "总金额"),
        money("paid_amount", "买家实际支付金额"),
        label("state", "订单状态"),
        label("created_at", "订单创建时间", "timestamp"),
        label("paid_at", "订单付款时间", "timestamp"),
        label("item_title", "宝贝标题"),
        count("units", "宝贝总数量"),
        label("close_reason", "订单关闭原因"),
        label("staged_payment", "分阶段订单信息"),
        money("refunded_amount", "退款金额"),
        label("province", "省份"),
    ),
    key=("order_id",),
    slice=("order_id",),
    day="paid_at",
)

REFUNDS = Table(
    "refunds",
    "one row per refund case",
    (
        label("refund_id", "退款编号"),
        label("order_id", "订单编号"),
        label("item_id", "商品ID"),
        label("item_title", "宝贝标题"),
        label("sku", "商品属性"),
        money("refunded_amount", "退款金额"),
        label("reason", "退款原因"),
        label("refund_type", "退款类型"),
        label("dispatch_state", "发货状态"),
        label("state", "退款状态"),
        label("paid_at", "订单付款时间", "timestamp"),
        label("applied_at", "申请时间", "timestamp"),
        label("closed_at", "完结时间", "timestamp"),
    ),
    key=("refund_id",),
    slice=("refund_id",),
    day="closed_at",
)

REVIEWS = Table(
    "reviews",
    "one row per review",
    (
        label("review_id"),  # digest of item, SKU, time, text and the how-manieth copy in its file
        label("item_id", "商品id"),
        label("sku_id", "skuid"),
        label("sku", "颜色分类"),
        label("reviewed_at", "评价时间", "timestamp"),
        label("text", "评论", personal="mask"),
        label("follow_up", "追评内容", personal="mask"),
        label("follow_up_at", "追评时间", "timestamp"),
        label("mark", "评价分类"),
        Column("stars", "", "int", "score"),  # 1-5; null when not rated
        label("shop"),  # own, or the rival's name
        label("order_id", "订单编号"),  # joins a review to its payment; shown nowhere
    ),
    key=("review_id",),
    slice=("review_id",),
    day="reviewed_at",
    added=("order_id",),
)

ACCOUNT_TOTALS = Table(
    "account_totals",
    "one row per period and type of entry of the shop's money account",
    (
        label("start_on", "", "date"),
        label("end_on", "账期", "date"),
        label("entry_type", "业务类型"),
        count("entries", "笔数"),
        money("income_amount", "收入金额"),
        money("expense_amount", "支出金额"),
    ),
    key=("start_on", "end_on", "entry_type"),
    slice=("start_on", "end_on"),
    day="end_on",
)

ORDER_LINES = Table(
    "order_lines",
    "one row per line of a parent order",
    (
        label("line_id", "子订单编号"),
        label("order_id", "主订单编号"),
        label("item_title", "标题"),
        money("unit_price", "价格"),
        count("units", "购买数量"),
        label("item_id", "商品ID"),
        label("item_code", "商家编码"),
        label("outer_code", "外部系统编号"),
        label("sku", "商品属性"),
        label("bundle", "套餐信息"),
        label("state", "订单状态"),
        money("due_amount", "买家应付货款"),
        money("paid_amount", "买家实际支付金额"),
        label("refund_state", "退款状态"),
        money("refunded_amount", "退款金额"),
        label("created_at", "订单创建时间", "timestamp"),
        label("paid_at", "订单付款时间", "timestamp"),
    ),
    key=("order_id", "line_id"),
    slice=("order_id",),
    day="paid_at",
)

PARCELS = Table(
    "parcels",
    "one row per order line and the carrier that took it; tracking numbers stay outside",
    (
        label("line_id", "子订单编号"),
        label("order_id", "主订单编号"),
        label("item_code", "商家编码"),
        label("item_title", "商品标题"),
        label("carrier", "物流公司"),
        label("sent_at", "发货时间", "timestamp"),
    ),
    key=("order_id", "line_id"),
    slice=("order_id",),
)

ACCOUNT_ENTRIES = Table(
    "account_entries",
    "one row per entry of the shop's money account (支付宝, 店铺账单)",
    (
        label("entry_id", "账务流水号"),
        label("order_id", "商户订单号"),
        label("happened_at", "发生时间", "timestamp"),
        label("entry_type", "业务类型"),
        label("fee"),  # which fee, one of the words that the kind lists; notes themselves stay outside
        money("income_amount", "收入金额"),
        money("expense_amount", "支出金额"),
        running("balance", "账户余额", unit="money"),
        label("channel", "交易渠道"),
    ),
    key=("entry_id",),
    slice=("entry_id",),
    day="happened_at",
)
