"""Listing tests: daily counts of each version, or one row a user."""

from __future__ import annotations

from shopnb.schema.columns import Table, count, label, money

AB_DAILY = Table(
    "ab_daily",
    "one row per test, version, day and device; day is null for a table without days",
    (
        label("test", "测试名"),
        label("day", "日期", "date"),
        label("variant", "版本"),
        label("item_id", "商品ID"),
        label("rotation", "分配方式"),  # equal, optimised or "" (unknown)
        count("impressions", "展现"),
        count("clicks", "点击"),
        count("carts", "加购"),
        count("payers", "支付买家"),
        money("cost", "花费"),
        count("refunds", "退款"),  # of the payers of the row, as far as they are known
        label("device", "终端"),  # "" or null: all devices together
    ),
    key=("test", "day", "variant", "device"),
    slice=("test", "day", "variant"),  # versions come in a file each, weeks in a file each
    day="day",
    added=("refunds", "device"),
)

AB_USERS = Table(
    "ab_users",
    "one row per user of a test",
    (
        label("test"),
        label("user_id", personal="hash"),
        label("variant"),
        label("measures", "", "measures"),  # outcome name to value; yes/no outcomes are 1 and 0
    ),
    key=("test", "user_id"),
    slice=("test",),
)
