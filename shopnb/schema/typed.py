"""Tables that people type in under `tables_in/` (all optional); only the columns of `REQUIRED` must be filled."""

from __future__ import annotations

from shopnb.schema.columns import Column, Table, label


def _number(name: str, platform: str, unit: str) -> Column:
    """A number that a person typed; it stands for its row and is not aggregated."""
    return Column(name, platform, "float", unit)


CHANGES = Table(
    "changes",
    "one row per change that somebody made",
    (
        label("day", "日期", "date"),
        label("time", "时间"),
        label("object", "对象"),
        label("item_id", "商品ID"),
        label("change", "改了什么"),
        label("before", "改前"),
        label("after", "改后"),
        label("metric", "想改善的指标"),
        label("expected", "预期"),
        label("owner", "负责人"),
        label("review_on", "复看日", "date"),
        label("note", "备注"),
    ),
    key=("day", "object", "item_id", "change"),
    day="day",
    typed=True,
)
CAMPAIGNS = Table(
    "campaigns",
    "one row per campaign phase, holiday or other event",
    (
        label("name", "名称"),
        label("phase", "阶段"),
        label("start_at", "开始", "timestamp"),
        label("end_at", "结束", "timestamp"),
        label("item_ids", "参与商品ID"),
        label("strength", "力度"),
        label("note", "备注"),
    ),
    key=("name", "phase", "start_at"),
    typed=True,
)
TARGETS = Table(
    "targets",
    "one row per period and scope",
    (
        label("period", "期间"),
        label("scope", "范围"),
        _number("paid_amount", "支付金额", "money"),
        _number("visitors", "访客数", "count"),
        _number("payment_conversion", "支付转化率", "share"),
        _number("spend_per_buyer", "客单价", "money"),
        _number("ad_cost_limit", "推广花费上限", "money"),
        _number("ad_share_limit", "推广费占比", "share"),
        _number("margin_amount", "毛利", "money"),
        label("day_weights", "日分配权重"),
    ),
    key=("period", "scope"),
    typed=True,
)
COSTS = Table(
    "costs",
    "one row per item or SKU and the day from which its costs hold",
    (
        label("item_id", "商品ID"),
        label("sku", "SKU/商家编码"),
        label("from_on", "生效日", "date"),
        _number("goods_cost", "货品成本", "money"),
        _number("packing_cost", "包装", "money"),
        _number("parcel_cost", "快递费/单", "money"),
        label("note", "备注"),
    ),
    key=("item_id", "sku", "from_on"),
    typed=True,
)
PEERS = Table(
    "peers",
    "one row per metric and period, copied by hand from the back office",
    (
        label("noted_on", "记录日", "date"),
        label("start_on", "期间起", "date"),
        label("end_on", "期间止", "date"),
        label("metric", "指标"),
        _number("own", "本店", ""),
        _number("peer_mean", "同行同层平均", ""),
        _number("peer_best", "同行同层优秀", ""),
        label("tier", "我的层级"),
        label("rank", "行业排名"),
        label("page", "抄自哪页"),
    ),
    key=("noted_on", "metric"),
    day="noted_on",
    typed=True,
    added=("own",),
)
COMPETITORS = Table(
    "competitors",
    "one row per rival item and day noted",
    (
        label("noted_on", "记录日", "date"),
        label("platform", "平台"),
        label("rival_id", "竞品ID/链接"),
        label("shop_name", "店铺"),
        label("shop_type", "店铺类型"),
        label("comparable", "可比"),
        label("own_item_id", "对应我的商品ID"),
        _number("list_price", "标价", "money"),
        _number("final_price", "到手价", "money"),
        Column("sold", "付款人数", "float", "count", ranged=True),
        _number("comments", "评价数", "count"),
        label("selling_point", "主卖点"),
        label("material", "材质/工料"),
        label("picture", "图片"),
        label("detail", "详情"),
        label("service", "服务"),
        label("gift", "赠品"),
        label("campaign", "店内活动"),
        label("promotion", "推广手段"),
        label("words", "成交词"),
        label("feedback", "买家评价"),
        label("note", "备注"),
    ),
    key=("noted_on", "rival_id"),
    day="noted_on",
    typed=True,
)
ITEMS = Table(
    "items",
    "one row per item",
    (
        label("item_id", "商品ID"),
        label("short_name", "简称"),
        label("category", "品类"),
        label("role", "角色"),
        label("owner", "负责人"),
        label("listed_on", "上架日", "date"),
    ),
    key=("item_id",),
    typed=True,
)
SOURCE_GROUPS = Table(
    "source_groups",
    "one row per source name and the day from which it holds",
    (
        label("source", "来源名"),
        label("group", "归类"),
        label("from_on", "起用日", "date"),
        label("old_name", "旧名"),
    ),
    key=("source", "from_on"),
    typed=True,
)
STOCK = Table(
    "stock",
    "one row per item or SKU and day",
    (
        label("day", "日期", "date"),
        label("item_id", "商品ID"),
        label("sku", "SKU"),
        _number("available", "可售", "count"),
        _number("in_transit", "在途", "count"),
        _number("lead_days", "备货天数", "days"),
    ),
    key=("day", "item_id", "sku"),
    day="day",
    slice=("day",),  # a file a week, from the ERP or the chat tool, adds days
    typed=True,
)
SERVICE = Table(
    "service",
    "one row per day of customer service",
    (
        label("day", "日期", "date"),
        _number("chatters", "咨询人数", "count"),
        _number("enquirers", "询单人数", "count"),
        _number("enquiry_payers", "询单支付人数", "count"),
        _number("first_reply_seconds", "平均首响秒", "seconds"),
        _number("agents", "人数", "count"),
    ),
    key=("day",),
    day="day",
    slice=("day",),  # a file a week, from the ERP or the chat tool, adds days
    typed=True,
)
VOTES = Table(
    "votes",
    "one row per option of a vote",
    (
        label("question", "题目"),
        label("option", "选项"),
        _number("votes", "票数", "count"),
        label("voters", "谁投"),
        label("day", "日期", "date"),
    ),
    key=("question", "option", "voters"),
    day="day",
    typed=True,
)

REQUIRED: dict[str, tuple[str, ...]] = {
    "changes": ("day", "object", "change"),
    "campaigns": ("name", "start_at", "end_at"),
    "targets": ("period",),
    "costs": ("item_id",),
    "peers": ("noted_on", "metric"),
    "competitors": ("rival_id",),
    "items": ("item_id",),
    "source_groups": ("source", "group"),
    "stock": ("day", "item_id"),
    "service": ("day",),
    "votes": ("question", "option"),
}

# The words that are offered for a column ; others may be typed.
CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("changes", "object"): ("商品", "店铺", "推广", "客服", "物流"),
    ("changes", "change"): (
        "主图", "标题", "详情", "价格", "SKU图", "优惠", "赠品", "推广预算", "推广出价", "人群", "上新", "下架", "断货",
        "话术",
    ),
    ("changes", "metric"): ("点击率", "加购率", "支付转化率", "访客数", "客单价", "支付金额", "退款率"),
    ("campaigns", "phase"): ("预热", "预售", "爆发", "返场"),
    ("targets", "scope"): ("全店",),
    ("competitors", "shop_type"): ("旗舰", "专营", "C店", "网红"),
    ("competitors", "comparable"): ("是", "否"),
    ("items", "role"): ("爆款", "利润", "引流", "新品", "清仓"),
    ("votes", "voters"): ("老客群", "朋友圈"),
    ("ab_daily", "rotation"): ("轮播", "优选"),
}  # fmt: skip
