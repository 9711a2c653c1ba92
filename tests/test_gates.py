"""Validity gates: numbers worked out by hand for each trap."""

import math
from datetime import date

import ibis
import pandas as pd
import pytest

from shopnb import open_page, schema, view
from shopnb.intake import import_files
from shopnb.intake.kinds import packaged_kinds
from shopnb.labels import LANGUAGES
from shopnb.metrics import gates, items, stock
from shopnb.metrics.aggregate import aggregate
from shopnb.metrics.periods import Period


def table(**columns):
    return ibis.memtable(pd.DataFrame(columns))


ITEMS = {
    "item_id": ["1001", "1002", "1003"],
    "item_title": ["预售杯", "现货杯", "新杯"],
    "item_visitors": [200, 50, 0],
    "orderers": [8, 5, 0],
    "payers": [0, 4, 0],
    "ordered_amount": [800.0, 250.0, 0.0],
}


def test_presale_items_are_told_by_orders_without_payers():
    found = gates.presale_items(table(**ITEMS))
    (row,) = found.to_dict("records")
    assert row == {
        "item_id": "1001",
        "item_title": "预售杯",
        "item_visitors": 200,
        "orderers": 8,
        "ordered_amount": 800.0,
        "order_conversion": 0.04,
    }


def test_two_days_of_an_item_are_one_presale_item():
    days = {name: [value[0], value[0]] for name, value in ITEMS.items()} | {"orderers": [5, 3], "payers": [0, 0]}
    (row,) = gates.presale_items(table(**days)).to_dict("records")
    assert (row["orderers"], row["item_visitors"], row["order_conversion"]) == (8, 400, 0.02)


WEEK, WEEK_BEFORE = (date(2026, 8, 24), date(2026, 8, 30)), (date(2026, 8, 17), date(2026, 8, 23))


def weeks(orderers, payers):
    """One item over two weeks of 1,000 visitors each; orderers and payers before and now."""
    both = range(2)
    return table(
        start_on=[WEEK_BEFORE[0], WEEK[0]],
        end_on=[WEEK_BEFORE[1], WEEK[1]],
        item_id=["1001" for _ in both],
        item_title=["预售杯" for _ in both],
        item_visitors=[1000, 1000],
        orderers=orderers,
        payers=payers,
        paid_amount=[500.0, 0.0],
        **{name: [0.0, 0.0] for name in ("refunded_amount", "cart_users", "search_visitors")},
    )


def changed(orderers, payers):
    pair = items.item_pair(
        items.item_rows(weeks(orderers, payers), [Period(*WEEK), Period(*WEEK_BEFORE)]),
        Period(*WEEK),
        [Period(*WEEK_BEFORE)],
    )
    (item,) = items.item_changes(pair, now_days=7)
    return item


def test_conversion_of_a_presale_item_is_taken_from_orders():
    """80 of 1,000 ordered, before 60: +2 points; by payments it would have fallen from 5 % to 0."""
    item = changed(orderers=[60, 80], payers=[50, 0])
    assert (item.presale, item.real) == (True, False)
    assert (item.buyers, item.buyers_base) == (80, 60)
    assert item.conversion.estimate == pytest.approx(0.02)


def test_an_item_that_nobody_ordered_either_has_really_fallen():
    item = changed(orderers=[60, 0], payers=[50, 0])
    assert (item.presale, item.real) == (False, True)
    assert item.conversion.estimate == pytest.approx(-0.05)


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
    end = date(2026, 8, 30)
    assert gates.refunds_open(end, known_until=date(2026, 9, 18))
    assert not gates.refunds_open(end, known_until=date(2026, 9, 19))


def test_freight_in_payments():
    paid_at = pd.to_datetime(["2026-09-01", "2026-09-01", None])
    orders = table(paid_at=paid_at, paid_amount=[110.0, 90.0, 0.0], freight_amount=[10.0, 0.0, 8.0])
    assert gates.freight_share(orders) == 0.05
    assert math.isnan(gates.freight_share(orders.filter(orders.paid_amount == 0)))


LINES = {
    "order_id": ["a", "b", "c", "c", "d", "d"],
    "item_id": ["1", "1", "1", "2", "1", "2"],
    "item_code": [None] * 6,
    "item_title": ["杯", "杯", "杯", "壶", "杯", "壶"],
    "unit_price": [70.0, 70.0, 70.0, 30.0, 70.0, None],
    "units": [1, 2, 1, 1, 1, 1],
    "due_amount": [60.0, 100.0, 60.0, 30.0, 1.0, 1.0],
    "paid_amount": [60.0, 100.0, 60.0, 30.0, 1.0, 1.0],
}


def test_a_discount_on_the_order_may_stand_on_one_piece():
    """PR9: a cup is paid ¥60 alone, two for ¥100: on record stand 60 and 40. Order d has a line without a price."""
    found = gates.lowest_price(table(**LINES))
    assert (found.orders, found.item_id, found.usual, found.shared, found.recorded) == (1, "1", 60.0, 50.0, 40.0)
    without = {name: [cell for cell, order in zip(cells, LINES["order_id"], strict=True) if order != "b"]
               for name, cells in LINES.items()}  # fmt: skip
    assert gates.lowest_price(table(**without)) is None


COUNTED = [
    (date(2026, 8, 30), "1", "红", 0, None, 10), (date(2026, 8, 30), "1", "蓝", 70, 30, 10),
    (date(2026, 8, 23), "1", "红", 500, None, 10),  # an older count of the same
    (date(2026, 8, 29), "2", "", -3, None, None), (date(2026, 8, 30), "3", "", 20, None, 15),
    (date(2026, 8, 30), "4", "", 9000, None, None), (date(2026, 8, 30), "5", "", 9, None, None),
    (date(2026, 8, 10), "6", "", 0, None, None), (date(2026, 8, 31), "6", "", 0, None, None),  # too old, too late
]  # fmt: skip


def test_how_long_stock_lasts_by_hand():
    names = ["day", "item_id", "sku", "available", "in_transit", "lead_days"]
    sold = pd.DataFrame({"item_id": ["1", "2", "3", "4", "6"], "units": [70.0, 7.0, 14.0, 7.0, 7.0]})
    found = stock.stock_cover(pd.DataFrame(COUNTED, columns=names), sold, Period(*WEEK)).set_index("item_id")
    assert found["state"].to_dict() == {"2": "out", "1": "broken", "3": "short", "5": "enough", "4": "slow"}
    assert found.loc["1", ["available", "skus", "out", "cover_days", "in_transit"]].tolist() == [70, 2, 1, 7.0, 30]
    assert (found.loc["2", "days_out"], found.loc["3", "cover_days"]) == (1, 10.0)
    assert math.isnan(found.loc["5", "cover_days"])  # sales unknown
    assert stock.stock_cover(pd.DataFrame(COUNTED[-2:], columns=names), sold, Period(*WEEK)).empty


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


ITEM_HEADER = "统计日期,商品ID,商品名称,商品访客数,商品浏览量,下单买家数,下单金额,支付买家数,支付金额"
ORDER_HEADER = "订单编号,买家应付邮费,总金额,买家实际支付金额,订单状态,订单创建时间,订单付款时间,分阶段订单信息"
SCENE_HEADER = "日期,场景ID,场景名字,展现量,点击量,花费,总成交金额,总成交笔数"
TRAPS = {
    "日报_20260831.csv": "统计日期,访客数,支付买家数,支付金额,成功退款金额\n"
    + "\n".join(f"2026-08-{day},1000,10,1000,80" for day in range(17, 31)),
    "【生意参谋平台】商品_全部_2026-08-24_2026-08-30.csv": f"{ITEM_HEADER}\n"
    "2026-08-24 ~ 2026-08-30,1001,预售杯,200,300,8,800,0,0\n"
    "2026-08-24 ~ 2026-08-30,1002,现货杯,200,300,9,900,8,800\n",
    "ExportOrderList202608311030.csv": f"{ORDER_HEADER}\n"
    "9001,10,110,110,交易成功,2026-08-24 10:00:00,2026-08-24 10:01:00,\n"
    "9002,0,90,90,交易成功,2026-08-25 10:00:00,2026-08-25 10:01:00,\n"
    "9003,0,300,50,等待买家付款,2026-08-26 10:00:00,,阶段1已付;阶段2未付\n",
    "营销场景报表_20260831_101500.csv": f"{SCENE_HEADER}\n"
    "2026-08-24,1,关键词推广,1000,50,100,300,3\n2026-08-25,1,关键词推广,1000,50,100,300,3\n",
    "ExportOrderDetailList202608311030.csv": "主订单编号,标题,价格,购买数量,商品ID,买家应付货款,订单付款时间\n"
    "7001,现货杯,60,1,1002,60,2026-08-24 10:00:00\n7002,现货杯,60,2,1002,100,2026-08-25 10:00:00\n",
    "库存_20260830.csv": "商品ID,规格编码,可用数\n1002,红,0\n1002,蓝,5\n",
}


@pytest.fixture(scope="module")
def trapped(tmp_path_factory):
    """A 1688 shop with a presale item, a deposit, freight, and ads exported the day after."""
    folder = tmp_path_factory.mktemp("shops") / "trapped"
    inbox = folder / "inbox"
    inbox.mkdir(parents=True)
    (folder / "shopnb.toml").write_text('name = "工厂"\nplatform = "1688"\n', "utf-8")
    for name, text in TRAPS.items():
        (inbox / name).write_text(text, "utf-8")
    refused = [account for account in import_files([inbox], folder) if account.state == "refused"]
    assert not refused
    return folder


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_says_which_numbers_do_not_mean_what_they_seem_to(trapped, lang):
    page = open_page("shop_overview", shop=str(trapped), start_date="2026-08-24", end_date="2026-08-30", lang=lang)
    told = {note.code: note.text for note in page.view.health}
    assert "4.00%" in told["presale"]  # 8 of 200
    assert "预售杯" in told["presale"]
    assert "250" in told["staged_open"]  # 300 − 50
    assert "5.0%" in told["freight"]  # 10 of 200
    assert "100%" in told["ads_not_mature"]  # no window stated: nothing is mature yet
    assert "40.00" in told["lowest_price"]  # PR9: two of 60 for 100
    parts = [part for section in page.view.sections for part in section.parts]
    (table,) = [part.frame for part in parts if isinstance(part, view.TablePart) and part.id == "stock"]
    assert table["out_of_skus"].tolist() == ["1/2"]
    record = {one["code"] for one in page.record()["health"]}
    assert record >= {"presale", "staged_open", "freight", "ads_not_mature"}
    net = page.record()["figures"]["paid_net_amount"]
    assert (net["value"], net["code"]) == (7 * (1000 - 80), "refunds_open")


def test_the_presale_of_the_sample_is_named_from_the_day_it_began(sample_shop):
    """TRUTH.md, D: 雪山预售 from 20 August on; and a Tmall shop is told nothing of freight."""
    notes = {}
    for end in ("2026-08-16", "2026-08-30"):
        page = open_page("shop_overview", shop=str(sample_shop), end_date=end)
        notes[end] = {note.code: note.text for note in page.view.health}
    assert "presale" not in notes["2026-08-16"]
    assert "雪山预售" in notes["2026-08-30"]["presale"]
    assert not set(notes["2026-08-30"]) & {"freight", "freight_unknown"}


SOURCE_HEADER = "一级来源,二级来源,三级来源,访客数,下单买家数,支付金额,支付买家数"
RENAMED = {
    f"【生意参谋平台】无线店铺流量来源-{start}_{end}.csv": f"{SOURCE_HEADER}\n"
    f"付费流量,{ads},{ads},1000,50,900,{payers}\n"
    f"平台流量,手淘搜索,手淘搜索,2000,90,5000,80\n"
    for start, end, ads, payers in (
        ("2024-02-12", "2024-02-18", "直通车", 40),
        ("2024-02-19", "2024-02-25", "关键词推广", 30),
    )
} | {
    "营销场景报表_20240226_101500.csv": f"{SCENE_HEADER}\n"
    + "\n".join(
        f"2024-02-{day},1,{'直通车' if day < 19 else '关键词推广'},1000,50,{100 if day < 19 else 150},300,3"
        for day in range(12, 26)
    ),
    "日报_20240226.csv": "统计日期,访客数,支付买家数,支付金额\n"
    + "\n".join(f"2024-02-{day},1000,20,1000" for day in range(12, 26)),
}


@pytest.fixture(scope="module")
def renamed(tmp_path_factory):
    """Two weeks of a shop; 直通车 became 关键词推广 on the first day of the second."""
    folder = tmp_path_factory.mktemp("shops") / "renamed"
    folder.joinpath("inbox").mkdir(parents=True)
    for name, text in RENAMED.items():
        folder.joinpath("inbox", name).write_text(text, "utf-8")
    import_files([folder / "inbox"], folder)
    return folder


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_source_runs_through_its_rename_and_the_page_says_so(renamed, lang):
    page = open_page("traffic_sources", shop=str(renamed), lang=lang)
    wide = page.numbers.wide.set_index("name")
    assert wide.loc["关键词推广", ["visitors", "visitors_before", "payers", "payers_before"]].tolist() == [
        1000, 1000, 30, 40,
    ]  # fmt: skip
    assert set(wide.index) == {"关键词推广", "手淘搜索"}
    (note,) = [note.text for note in page.view.health if note.code == "renamed"]
    assert "直通车" in note
    assert "2024-02-19" in note


def test_the_cost_of_an_ad_scene_runs_through_its_rename(renamed):
    """7 × 150 now, 7 × 100 the week before under the old name."""
    page = open_page("shop_overview", shop=str(renamed), end_date="2024-02-25", grain="week")
    (scene,) = page.numbers.scenes
    assert (scene.name, scene.cost, scene.cost_before) == ("关键词推广", 1050.0, 700.0)
    assert "renamed" in {note.code for note in page.view.health}
