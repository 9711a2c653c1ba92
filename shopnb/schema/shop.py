"""The shop's own numbers: one row a day, and one row an item and period."""

from __future__ import annotations

from dataclasses import replace

from shopnb.schema.columns import Column, Table, count, label, mean, money, on_platform, people, ratio, running


def _by_device(column: Column) -> tuple[Column, ...]:
    """The column for all devices, then wireless, then PC, as the daily report lists them.

    Devices overlap in people: 418 + 14 visitors are 431, not 432. No device column is derived from another.
    """

    def on(device: str, prefix: str) -> Column:
        def part(name: str) -> str:
            return f"{name}_{device}" if name else ""

        return replace(
            column,
            name=part(column.name),
            platform=prefix + column.platform,
            numerator=part(column.numerator),
            denominator=part(column.denominator),
            summed_as=part(column.summed_as),
        )

    return column, on("wireless", "无线端"), on("pc", "PC端")


SHOP_DAILY = Table(
    "shop_daily",
    "one row per day",
    (
        label("day", "统计日期", "date"),
        *_by_device(people("visitors", "访客数", summed_as="visitor_days")),
        people("live_visitors", "直播间访客数", summed_as="live_visitor_days"),
        people("video_visitors", "短视频访客数", summed_as="video_visitor_days"),
        people("article_visitors", "图文访客数", summed_as="article_visitor_days"),
        people("shop_page_visitors", "店铺页访客数", summed_as="shop_page_visitor_days"),
        people("app3d_visitors", "3D应用访客数", summed_as="app3d_visitor_days"),
        *_by_device(count("page_views", "浏览量")),
        *_by_device(people("item_visitors", "商品访客数", summed_as="item_visitor_days")),
        *_by_device(count("item_page_views", "商品浏览量")),
        *_by_device(mean("dwell_seconds", "平均停留时长", unit="seconds")),
        *_by_device(mean("bounce_rate", "跳失率", unit="share")),
        *_by_device(people("favouriters", "商品收藏买家数", summed_as="favouriter_days")),
        *_by_device(count("favourites", "商品收藏次数")),
        *_by_device(people("cart_users", "加购人数", summed_as="cart_user_days")),
        *_by_device(money("paid_amount", "支付金额")),
        *_by_device(people("payers", "支付买家数", summed_as="payer_days")),
        *_by_device(count("paid_suborders", "支付子订单数")),
        *_by_device(count("paid_units", "支付件数")),
        *_by_device(money("ordered_amount", "下单金额")),
        *_by_device(people("orderers", "下单买家数", summed_as="orderer_days")),
        *_by_device(count("ordered_units", "下单件数")),
        *_by_device(mean("views_per_visitor", "人均浏览量", unit="count")),
        *_by_device(ratio("order_conversion", "下单转化率", "orderers", "visitors")),
        *_by_device(ratio("payment_conversion", "支付转化率", "payers", "visitors")),
        *_by_device(ratio("spend_per_buyer", "客单价", "paid_amount", "payers", unit="money")),
        *_by_device(ratio("visitor_value", "UV价值", "paid_amount", "visitors", unit="money")),
        *_by_device(people("returning_visitors", "老访客数", summed_as="returning_visitor_days")),
        *_by_device(people("new_visitors", "新访客数", summed_as="new_visitor_days")),
        *_by_device(count("cart_units", "加购件数")),
        people("new_payers", "支付新买家数", summed_as="new_payer_days"),
        *_by_device(people("returning_payers", "支付老买家数", summed_as="returning_payer_days")),
        money("returning_paid_amount", "老买家支付金额"),
        money("ad_cost_sitewide", "全站推广花费"),
        money("ad_cost_keyword", "关键词推广花费"),
        money("ad_cost_audience", "精准人群推广花费"),
        money("ad_cost_smart", "智能场景花费"),
        money("affiliate_commission", "淘宝客佣金"),
        money("refunded_amount", "成功退款金额"),
        count("reviews", "评价数"),
        count("picture_reviews", "有图评价数"),
        count("positive_reviews", "正面评价数"),
        count("negative_reviews", "负面评价数"),
        count("returning_positive_reviews", "老买家正面评价数"),
        count("returning_negative_reviews", "老买家负面评价数"),
        count("paid_orders", "支付父订单数"),
        count("parcels_collected", "揽收包裹数"),
        count("parcels_sent", "发货包裹数"),
        count("parcels_delivering", "派送包裹数"),
        count("parcels_signed", "签收成功包裹数"),
        mean("pay_to_sign_seconds", "平均支付_签收时长(秒)", unit="seconds"),
        running("description_score", "描述相符评分", unit="score"),
        running("logistics_score", "物流服务评分", unit="score"),
        running("service_score", "服务态度评分", unit="score"),
        *_by_device(mean("order_payment_rate", "下单-支付转化率", unit="share")),
        *_by_device(mean("paid_items", "支付商品数", unit="count")),
        *_by_device(people("shop_followers", "关注店铺人数", summed_as="shop_follower_days")),
        running("members", "会员总数", unit="count"),
        count("new_members", "新增会员数"),
        people("active_members", "活跃会员数", summed_as="active_member_days"),
        money("member_paid_amount", "会员成交金额"),
        people("member_payers", "会员成交人数", summed_as="member_payer_days"),
        count("impressions", "展现次数"),
        count("enquiries", "询盘数"),
    ),
    key=("day",),
    slice=("day",),
    day="day",
)

ITEM_PERIOD = Table(
    "item_period",
    "one row per item and period; a day where start_on equals end_on",
    (
        label("start_on", "", "date"),
        label("end_on", "统计日期", "date"),
        label("item_id", "商品ID"),
        label("item_title", "商品名称"),
        label("main_item_id", "主商品ID"),
        label("item_type", "商品类型"),
        label("item_code", "货号"),
        label("item_state", "商品状态"),
        label("item_tags", "商品标签"),
        people("item_visitors", "商品访客数", summed_as="item_visitor_days"),
        count("item_page_views", "商品浏览量"),
        mean("dwell_seconds", "平均停留时长", unit="seconds"),
        mean("bounce_rate", "商品详情页跳出率", unit="share"),
        people("favouriters", "商品收藏人数", summed_as="favouriter_days"),
        count("cart_units", "商品加购件数"),
        people("cart_users", "商品加购人数", summed_as="cart_user_days"),
        people("orderers", "下单买家数", summed_as="orderer_days"),
        count("ordered_units", "下单件数"),
        money("ordered_amount", "下单金额"),
        ratio("order_conversion", "下单转化率", "orderers", "item_visitors"),
        people("payers", "支付买家数", summed_as="payer_days"),
        count("paid_units", "支付件数"),
        money("paid_amount", "支付金额"),
        ratio("payment_conversion", "商品支付转化率", "payers", "item_visitors"),
        people("new_payers", "支付新买家数", summed_as="new_payer_days"),
        people("returning_payers", "支付老买家数", summed_as="returning_payer_days"),
        money("returning_paid_amount", "老买家支付金额"),
        money("juhuasuan_paid_amount", "聚划算支付金额"),
        ratio("visitor_value", "访客平均价值", "paid_amount", "item_visitors", unit="money"),
        money("refunded_amount", "成功退款金额"),
        running("competitiveness_score", "竞争力评分", unit="score"),
        running("year_paid_amount", "年累计支付金额", unit="money"),
        running("month_paid_amount", "月累计支付金额", unit="money"),
        running("month_paid_units", "月累计支付件数", unit="count"),
        ratio("search_payment_conversion", "搜索引导支付转化率", "search_payers", "search_visitors"),
        people("search_visitors", "搜索引导访客数", summed_as="search_visitor_days"),
        people("search_payers", "搜索引导支付买家数", summed_as="search_payer_days"),
        mean("detail_conversion", "结构化详情引导转化率", unit="share"),
        mean("detail_share", "结构化详情引导成交占比", unit="share"),
    ),
    key=("start_on", "end_on", "item_id"),
    slice=("start_on", "end_on"),
    day="end_on",
)

_MEASURES = tuple(column for column in ITEM_PERIOD if column.unit)

ITEM_TREND = Table(
    "item_trend",
    "one row per item and day, from the trend of one item; the other items of the day are not in its file",
    (label("day", "时间", "date"), label("item_id", "商品ID"), *_MEASURES),
    key=("item_id", "day"),
    slice=("item_id", "day"),
    day="day",
)

SKU_PERIOD = Table(
    "sku_period",
    "one row per SKU and period",
    (
        label("start_on", "", "date"),
        label("end_on", "统计日期", "date"),
        label("item_id", "商品ID"),
        label("sku_id", "skuid"),
        label("sku", "sku信息"),
        people("cart_users", "加购人数", summed_as="cart_user_days"),
        count("cart_units", "加购件数"),
        count("paid_units", "支付件数"),
        people("payers", "支付买家数", summed_as="payer_days"),
        money("paid_amount", "支付金额"),
    ),
    key=("start_on", "end_on", "item_id", "sku_id", "sku"),
    slice=("start_on", "end_on", "item_id"),
    day="end_on",
)

ITEM_AUDIENCE = Table(
    "item_audience",
    "one row per item, period, role of the people (visitors, payers) and value of an attribute",
    (
        label("start_on", "", "date"),
        label("end_on", "日期", "date"),
        label("item_id", "商品ID"),
        label("role", "角色"),
        label("attribute", "属性"),
        label("tag", "标签"),
        people("visitors", "访客数", summed_as="visitor_days"),
        mean("share", "占比", unit="share"),
    ),
    key=("start_on", "end_on", "item_id", "role", "attribute", "tag"),
    slice=("start_on", "end_on", "item_id", "role"),
    day="end_on",
)

ITEM_ENQUIRIES = Table(
    "item_enquiries",
    "one row per item and period of what chats with customer service led to",
    (
        label("start_on", "", "date"),
        label("end_on", "统计日期", "date"),
        label("item_id", "商品编号"),
        label("item_title", "商品名称"),
        people("chatters", "咨询人数", summed_as="chatter_days"),
        people("enquirers", "询单人数", summed_as="enquirer_days"),
        people("same_day_enquirers", "当日询单人数", summed_as="same_day_enquirer_days"),
        mean("enquiry_conversion", "询单转化率", unit="share"),
        mean("same_day_conversion", "当日询单转化率", unit="share"),
        people("same_day_payers", "当日付款人数", summed_as="same_day_payer_days"),
        money("same_day_paid_amount", "当日付款金额"),
        people("payers", "最终付款人数", summed_as="payer_days"),
        money("paid_amount", "最终付款金额"),
        count("paid_units", "最终付款件数"),
    ),
    key=("start_on", "end_on", "item_id"),
    slice=("start_on", "end_on"),
    day="end_on",
)

TRADE_SPLIT = Table(
    "trade_split",
    "one row per period, terminal and category of the shop's own sales, or per day and terminal",
    (
        label("start_on", "", "date"),
        label("end_on", "日期", "date"),
        label("terminal", "终端"),
        label("category_1", "一级类目"),
        label("category_2", "二级类目"),
        label("category_3", "叶子类目"),
        money("ordered_amount", "下单金额"),
        people("orderers", "下单买家数", summed_as="orderer_days"),
        money("paid_amount", "支付金额"),
        people("payers", "支付买家数", summed_as="payer_days"),
        mean("paid_share", "支付金额占比", unit="share"),
        mean("payment_conversion", "支付转化率", unit="share"),
        mean("order_payment_rate", "下单-支付转化率", unit="share"),
        ratio("spend_per_buyer", "客单价", "paid_amount", "payers", unit="money"),
    ),
    key=("start_on", "end_on", "terminal", "category_1", "category_2", "category_3"),
    slice=("start_on", "end_on"),
    day="end_on",
)

PLATFORM_SHOP_DAILY = on_platform(SHOP_DAILY)
PLATFORM_ITEM_PERIOD = on_platform(ITEM_PERIOD)
