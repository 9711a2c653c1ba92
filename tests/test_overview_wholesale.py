"""1688 shops on the overview: other cards, few buyers with big orders, scores that only the back office shows."""

import datetime as dt

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from shopnb import open_page, schema
from shopnb.intake import import_files
from shopnb.metrics.big_orders import big_orders
from shopnb.metrics.peers import copied
from shopnb.metrics.periods import Period
from shopnb.metrics.service import refund_rate

END = dt.date(2026, 8, 30)
WEEK = Period(dt.date(2026, 8, 24), END)


def orders_of(rows):
    """Orders of (days before the end, buyer, paid, refunded)."""
    listed = [
        {
            "order_id": str(turn),
            "buyer_id": buyer,
            "paid_amount": paid,
            "refunded_amount": refunded,
            "paid_at": dt.datetime.combine(END - dt.timedelta(days=back), dt.time(10)),
        }
        for turn, (back, buyer, paid, refunded) in enumerate(rows)
    ]
    return ibis.memtable(pa.Table.from_pylist(listed, schema=schema.TABLES["orders"].arrow_schema))


def test_the_largest_customers_and_the_week_without_its_largest_order():
    small = [(back, f"b{back}", 100.0, 0.0) for back in range(7)]
    found = big_orders(orders_of([*small, (3, "big", 2000.0, 0.0), (3, "big", 300.0, 0.0)]), WEEK)
    assert found is not None
    assert (found.buyers, found.paid_amount, found.largest) == (8, 3000.0, 2000.0)
    assert found.top_share == pytest.approx(2700 / 3000)  # the big one and four of ¥100
    assert (found.mean, found.median) == (375.0, 100.0)
    # drawing buyers anew, the big one is there 0 to 3 times in nine draws of ten: 100 to 100 + 3 × 2200 ÷ 8
    assert found.mean_low == 100.0
    assert found.mean_high in {100 + 2200 * times / 8 for times in (2, 3)}
    assert big_orders(orders_of(small[1:]), WEEK) is None  # a day without orders in the file


def test_the_refund_rate_is_of_days_whose_refunds_are_in():
    done = [(back, f"b{back}", 100.0, 100.0 if back % 10 == 0 else 0.0) for back in range(20, 60)]
    still_open = [(back, f"b{back}", 100.0, 100.0) for back in range(20)]
    found = refund_rate(orders_of([*done, *still_open]), END)
    assert found.estimate == pytest.approx(4 / 40)  # days 20, 30, 40 and 50 back
    assert not refund_rate(orders_of(done[:20]), END).is_known


def test_a_copied_metric_is_the_newest_with_an_own_value():
    typed = pd.DataFrame(
        [
            {"noted_on": END - dt.timedelta(days=9), "metric": "介入率", "own": 0.02, "peer_mean": 0.01},
            {"noted_on": END, "metric": "介入率", "own": 0.03, "peer_mean": 0.01},
            {"noted_on": END - dt.timedelta(days=70), "metric": "响应速度", "own": 4.6, "peer_mean": 4.5},
            {"noted_on": END, "metric": "支付转化率", "peer_mean": 0.04},
        ],
        columns=[column.name for column in schema.TABLES["peers"]],
    )
    (found,) = copied(typed, END)
    assert (found.metric, found.own, found.mean) == ("介入率", 0.03, 0.01)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wholesale")
    table = schema.TABLES["shop_daily"]
    names = ["day", "impressions", "visitors", "enquiries", "payers", "returning_payers", "paid_amount"]
    lines = [",".join(table[name].platform for name in names)]
    lines += [f"2026-08-{day:02d},9000,300,12,{day % 2 + 1},1,{2000 + 10 * day}" for day in range(1, 31)]
    file = folder / "核心看板.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    shop = folder / "shop"
    (shop / "tables_in").mkdir(parents=True)
    (shop / "shopnb.toml").write_text('platform = "1688"\n', encoding="utf-8")
    (shop / "tables_in" / "peers.csv").write_text(
        "记录日,指标,本店,同行同层平均\n2026-08-30,90天纠纷率,0.42%,0.30%\n2026-08-30,发货速度,4.6,4.4\n",
        encoding="utf-8",
    )
    import_files([file, shop / "tables_in" / "peers.csv"], shop)
    return open_page("shop_overview", shop=str(shop), start_date="", end_date="", grain="week", lang="zh")


def test_the_cards_are_those_of_1688(page):
    cards = {card.label: card for card in page.view.screen.cards}
    assert list(cards) == ["展现量", "访客数", "询盘数", "支付买家数·日合计", "支付金额", "回头率"]
    assert cards["支付金额"].suffix == "含运费"
    assert cards["询盘数"].value == "84"
    assert cards["回头率"].value == "70.0%"  # one old buyer a day of ten in the week


def test_ten_buyers_a_week_have_no_rate(page):
    assert page.record()["figures"]["payment_conversion"]["code"] == "too_few_orders"


def test_scores_of_the_back_office_stand_beside_the_peers(page):
    tables = [part for part in page.build_section("service").parts if getattr(part, "id", "") == "service"]
    rows = tables[0].frame.set_index("metric")
    assert rows.loc["90天纠纷率(8/30 抄)", ["now", "peer_mean"]].tolist() == ["0.42%", "0.30%"]
    assert rows.loc["发货速度(8/30 抄)", ["now", "peer_mean"]].tolist() == ["4.60", "4.40"]


def test_what_needs_orders_says_so(page):
    said = [part.text for part in page.build_section("moved").parts if hasattr(part, "text")]
    assert any("大客户" in text and "订单" in text for text in said)
