"""Validity gates: numbers worked out by hand for each trap."""

import math
from datetime import date

import ibis
import pandas as pd
import pytest

from shopnb import schema
from shopnb.intake.kinds import packaged_kinds
from shopnb.metrics import gates
from shopnb.metrics.aggregate import aggregate


def table(**columns):
    return ibis.memtable(pd.DataFrame(columns))


ITEMS = {
    "item_id": ["1001", "1002", "1003"],
    "item_visitors": [200, 50, 0],
    "orderers": [8, 5, 0],
    "payers": [0, 4, 0],
    "ordered_amount": [800.0, 250.0, 0.0],
}


def test_presale_items_are_told_by_orders_without_payers():
    found = gates.presale_items(table(**ITEMS))
    assert found.to_dict("records") == [
        {"item_id": "1001", "item_visitors": 200, "orderers": 8, "ordered_amount": 800.0, "order_conversion": 0.04}
    ]


def test_conversion_of_a_presale_item_is_taken_from_orders():
    found = gates.conversions(table(**ITEMS)).set_index("item_id")
    assert list(found["basis"]) == ["orderers", "payers", "payers"]
    assert found["conversion"].tolist()[:2] == [0.04, 0.08]
    assert math.isnan(found.loc["1003", "conversion"])
    assert found["code"].tolist()[:2] == ["presale", None]


def test_staged_orders_and_what_is_due_of_them():
    orders = table(
        order_id=["1", "2", "3", "4"],
        state=["等待买家付款", "交易成功", "交易关闭", "交易成功"],
        staged_payment=["阶段1已付;阶段2未付", "全部已付", "阶段1已付", None],
        paid_at=pd.to_datetime([None, "2026-09-02", None, "2026-09-03"]),
        total_amount=[100.0, 80.0, 60.0, 50.0],
        paid_amount=[20.0, 80.0, 10.0, 50.0],
    )
    assert gates.staged_payments(orders) == gates.Staged(2, 1, 80.0)


def test_net_sales_are_open_while_refunds_are_to_come():
    recent = gates.gross_net(1000.0, 80.0, end=date(2026, 8, 30), known_until=date(2026, 9, 18))
    settled = gates.gross_net(1000.0, 80.0, end=date(2026, 8, 30), known_until=date(2026, 9, 19))
    assert (recent.net, recent.code) == (920.0, "refunds_open")
    assert (settled.net, settled.code) == (920.0, None)


def test_freight_in_payments():
    paid_at = pd.to_datetime(["2026-09-01", "2026-09-01", None])
    orders = table(paid_at=paid_at, paid_amount=[110.0, 90.0, 0.0], freight_amount=[10.0, 0.0, 8.0])
    assert gates.freight_share(orders) == 0.05
    assert math.isnan(gates.freight_share(orders.filter(orders.paid_amount == 0)))


def test_days_inside_the_attribution_window_are_not_mature():
    """Downloaded on 31 August with a window of 3 days: the 27th is the last day that cannot grow."""
    ads = table(
        day=[date(2026, 8, 26), date(2026, 8, 27), date(2026, 8, 28), date(2026, 8, 20)],
        window_days=[3.0, 3.0, 3.0, None],
        cost=[10.0, 20.0, 30.0, 40.0],
    )
    assert gates.mature_until(date(2026, 8, 31), 3) == date(2026, 8, 27)
    assert gates.immature_share(ads, exported_on=date(2026, 8, 31)) == pytest.approx(0.7)


def test_one_item_in_a_paid_and_an_unpaid_place():
    listing = table(
        query=["杯"] * 4,
        snapshot_on=[date(2026, 8, 30)] * 4,
        item_id=["1", "1", "2", "3"],
        is_paid_slot=[True, False, True, False],
    )
    (row,) = gates.paid_and_organic(listing).to_dict("records")
    assert (row["item_id"], row["paid_places"], row["organic_places"]) == ("1", 1, 1)


def test_every_index_of_the_platform_is_declared_one_and_not_added():
    for name, declared in schema.TABLES.items():
        for column in declared:
            if column.platform.endswith(("指数", "人气")):
                assert column.arithmetic is schema.Arithmetic.INDEX, (name, column.name)
    for kind in packaged_kinds():
        for header, column in kind.headers.items():
            if header.endswith(("指数", "人气")) and column in kind.table:
                assert kind.table[column].arithmetic is schema.Arithmetic.INDEX, (kind.name, header)
    days = pd.DataFrame({"end_on": [date(2026, 8, 1), date(2026, 8, 2)], "click_popularity": [1.0, 2.0]})
    summed = aggregate(days, schema.TABLES["search_rank"], columns=["click_popularity"])
    assert math.isnan(summed["click_popularity"][0])
    assert summed.attrs["codes"] == {"click_popularity": "index_not_added"}
