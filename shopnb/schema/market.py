"""The market as the shop sees it: search listings and search words."""

from __future__ import annotations

from shopnb.schema.columns import Column, Table, count, index, label, mean, money, ranged

LISTING = Table(
    "listing",
    "one row per line of a search listing as exported; repeats are kept and handled by metrics.market",
    (
        label("query"),  # the search or category; from a column, else the file's name
        label("snapshot_on", "", "date"),
        Column("position", "", "int", "index"),  # 1-based line in the export
        label("item_id"),
        label("title"),
        label("shop_name"),
        label("brand"),
        label("place"),
        ranged("price", unit="money"),  # one price: low = high
        ranged("sold", unit="count"),  # people or units as shown; open bucket: high is null
        label("sold_text"),  # as shown, verbatim
        count("comments"),
        money("freight"),
        label("is_tmall", "", "bool"),
        label("is_paid_slot", "", "bool"),
        label("service"),  # promises as shown: 包邮, 运费险, 7天无理由, 48小时发货 …
    ),
    key=("query", "snapshot_on", "position"),
    slice=("query", "snapshot_on"),
    day="snapshot_on",
)

SEARCH_RANK = Table(
    "search_rank",
    "one row per search word and period",
    (
        label("category"),
        label("start_on", "", "date"),
        label("end_on", "", "date"),
        Column("rank", "排名", "int", "index"),
        label("word", "搜索词"),
        index("search_popularity", "搜索人气", ranged=True),
        ranged("click_rate", "点击率", unit="share"),
        ranged("payment_conversion", "支付转化率", unit="share"),
        index("click_popularity", "点击人气"),
        mean("growth", "搜索增速", unit="share"),
        ranged("payers", "支付买家数", unit="count"),
        mean("demand_supply", "需求供给比", unit="ratio"),
        mean("tmall_click_share", "天猫商品点击占比", unit="share"),
        Column("online_items", "在线商品数", "float", "count"),  # overlaps between words
        mean("reference_price", "直通车参考价", unit="money"),
    ),
    key=("category", "start_on", "end_on", "word"),
    slice=("category", "start_on", "end_on"),
    day="end_on",
)

MARKET_INDEX = Table(
    "market_index",
    "one row per period and category, shop, brand or item of a market, as `level` says; indices are never added",
    (
        label("start_on", "", "date"),
        label("end_on", "日期", "date"),
        label("level"),  # category, shop, brand, item
        label("category", "分类名称"),
        label("entity_id"),
        label("entity"),
        label("shop_name", "所属店铺"),
        Column("rank", "行业排名", "int", "index"),
        index("trade_index", "交易指数", ranged=True),
        mean("trade_index_change", "交易指数同比", unit="share"),
        mean("trade_index_share", "交易指数占比", unit="share"),
        mean("trade_growth", "交易增长幅度", unit="share"),
        index("traffic_index", "流量指数", ranged=True),
        index("customer_index", "客群指数", ranged=True),
        mean("customer_index_change", "客群指数同比", unit="share"),
        mean("customer_index_share", "客群指数占比", unit="share"),
        index("search_popularity", "搜索人气", ranged=True),
        index("favourite_popularity", "收藏人气", ranged=True),
        index("cart_popularity", "加购人气", ranged=True),
        index("payment_conversion_index", "支付转化指数", ranged=True),
        ranged("paid_suborders", "支付子订单数", unit="count"),
        Column("sellers", "卖家数", "float", "count"),
        Column("paid_sellers", "被支付卖家数", "float", "count"),
        label("is_new", "是否新品", "bool"),
    ),
    key=("start_on", "end_on", "level", "category", "entity_id", "entity", "shop_name"),
    slice=("start_on", "end_on", "level", "category"),
    day="end_on",
)
