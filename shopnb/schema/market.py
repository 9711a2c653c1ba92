"""The market as the shop sees it: search listings and search words."""

from __future__ import annotations

from shopnb.schema.columns import Column, Table, count, index, label, money, ranged

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
    ),
    key=("category", "start_on", "end_on", "word"),
    slice=("category", "start_on", "end_on"),
    day="end_on",
)
