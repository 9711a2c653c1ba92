"""The listing test page for changes, turns, product tests and votes, and for campaigns that fall into a test."""

from __future__ import annotations

import csv
import datetime as dt
import math

import pandas as pd
import pytest

from shopnb import open_page
from shopnb.metrics.listing_brakes import is_confounded
from shopnb.metrics.listing_disturbed import Disturbed, disturbed_days
from shopnb.metrics.listing_states import Arm, Comparison, Design, State
from shopnb.metrics.periods import Event, Period
from shopnb.stats import Estimate

FIRST = dt.date(2026, 6, 29)  # a Monday; no campaign of the calendar within five weeks
ITEM = "684201537701"
VERSIONS = ["日期", "测试名", "版本", "商品ID", "展现", "点击", "加购", "支付买家", "花费", "分配方式"]
ITEMS = [
    "统计日期",
    "商品ID",
    "商品名称",
    "商品访客数",
    "商品浏览量",
    "商品加购人数",
    "下单买家数",
    "支付买家数",
    "支付金额",
]
ADS = [
    "日期",
    "计划名字",
    "计划ID",
    "主体ID",
    "主体名称",
    "展现量",
    "点击量",
    "花费",
    "总购物车数",
    "总成交笔数",
    "转化周期",
]
CHANGES = ["日期", "对象", "商品ID", "改了什么"]
CAMPAIGNS = ["名称", "阶段", "开始", "结束", "参与商品ID"]


def day(turn):
    return FIRST + dt.timedelta(days=turn)


def wave(turn, item=0):
    """A little up and down that differs by item and day, for sums that are not exact."""
    return 1 + 0.02 * ((turn * 7 + item * 3) % 5 - 2)


def make(folder, **tables):
    """A shop folder: `inbox_…` files into the inbox, the others typed in."""
    for name, (head, rows) in tables.items():
        place = (
            folder / "inbox" / f"{name[6:]}.csv" if name.startswith("inbox_") else folder / "tables_in" / f"{name}.csv"
        )
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([head, *rows])
    (folder / "inbox").mkdir(exist_ok=True)
    return str(folder)


def changed(lift, *, fall=1.0):
    """Six items over four weeks; the first one's cart rate rises by `lift` on the 15th day."""
    rows = []
    for turn in range(28):
        for item in range(6):
            rate = 0.08 * wave(turn, item) * (fall if turn >= 14 else 1) + (lift if item == 0 and turn >= 14 else 0)
            carts = round(900 * rate)
            rows.append([day(turn), f"68420153770{item + 1}", f"杯{item}", 900, 1800, carts, 40, 36, 2400])
    return ITEMS, rows


def versions(length=14, *, turns=False):
    rows = []
    for turn in range(length):
        for number, name in enumerate("AB"):
            if not turns or turn % 2 == number:
                clicks = round(9000 * (0.04 + 0.008 * number) * wave(turn, number))
                rotation = "" if turns else "轮播"
                rows.append([day(turn), "首图", name, ITEM, 9000, clicks, clicks // 10, clicks // 30, 200, rotation])
    return VERSIONS, rows


def whole(shop, **given):
    """The page, every section made in both languages."""
    pages = [open_page("listing_ab", shop=shop, lang=lang, **given) for lang in ("en", "zh")]
    parts = [[len(section.parts) for section in page.view.sections] for page in pages]
    assert parts[0] == parts[1]
    assert len(parts[0]) == 8
    assert min(parts[0]) >= 1
    return pages[1]


def test_a_change_of_the_page_is_judged_by_carts_net_of_the_other_items(tmp_path):
    log = CHANGES, [[day(14), "商品", ITEM, "详情"]]
    shop = make(tmp_path / "shop", inbox_items=changed(0.02, fall=1.1), changes=log)
    page = whole(shop)
    assert page.change.metric == "item_cart_rate"
    assert page.change.effect.estimate == pytest.approx(0.02, abs=0.001)  # the 0.008 that all items rose is taken off
    assert page.change.controls == 5
    assert "改详情" in page.view.screen.verdict
    assert [one.code for one in page.found] == ["change_worked"]


REFUNDS = ["退款编号", "商品ID", "订单付款时间", "申请时间", "退款金额"]


def refund_cases(after):
    """Two cases a day of each of six items, of the first `after` from the 15th day on, asked three days later."""
    rows = [["last", ITEM, day(27), day(37), 60]]  # the export reaches ten days past the last day
    for turn in range(28):
        for item in range(6):
            count = after if item == 0 and turn >= 14 else 2
            rows += [
                [f"{turn}-{item}-{n}", f"68420153770{item + 1}", day(turn), day(turn + 3), 60] for n in range(count)
            ]
    return REFUNDS, rows


@pytest.mark.parametrize(("after", "state"), [(2, "worked"), (8, "refunds")])
def test_more_refunds_hold_a_change_back(tmp_path, after, state):
    """36 buyers a day: 2 of 36 come back, then 8 of 36 of the changed item."""
    log = CHANGES, [[day(14), "商品", ITEM, "详情"]]
    shop = make(tmp_path / "shop", inbox_items=changed(0.02), inbox_refunds=refund_cases(after), changes=log)
    page = whole(shop)
    assert page.change.state == state
    assert page.change.refunds.estimate == pytest.approx((after - 2) / 36, abs=0.003)
    assert [one.code for one in page.found] == [f"change_{state}"]
    assert ("退款率也高了" in page.view.screen.verdict) is (state == "refunds")


def test_refunds_of_young_orders_are_not_compared(tmp_path):
    """The export ends on the day of the change: no order paid after it has had ten days."""
    log = CHANGES, [[day(14), "商品", ITEM, "详情"]]
    head, rows = refund_cases(8)
    early = [row for row in rows if row[3] <= day(14)]
    shop = make(tmp_path / "shop", inbox_items=changed(0.02), inbox_refunds=(head, early), changes=log)
    assert not open_page("listing_ab", shop=shop).change.refunds.is_known


def test_kinds_of_change_are_in_the_language_of_the_report(tmp_path):
    log = CHANGES, [[day(14), "商品", ITEM, "详情"], [day(3), "店铺", "", "优惠"]]
    shop = make(tmp_path / "shop", inbox_items=changed(0.02), changes=log)
    page = open_page("listing_ab", shop=shop, lang="en")
    assert "detail page" in page.view.screen.verdict
    (section,) = [one for one in page.view.sections if one.key == "before_after"]
    table = section.parts[-1]
    assert table.frame["changed"].tolist() == ["detail page"]


def test_turns_by_day_are_recognised_and_not_called_uneven(tmp_path):
    page = whole(make(tmp_path / "shop", inbox_ab=versions(16, turns=True)))
    assert page.numbers.comparison.design is Design.SWITCHBACK
    assert page.numbers.comparison.best.difference.estimate == pytest.approx(0.008, abs=0.001)
    notes = {note.code: note.text for note in page.health_notes()}
    assert "uneven_days" not in notes
    assert "16 轮" in notes["washed_out"]


def test_items_of_a_product_test_are_told_what_to_do(tmp_path):
    """Equal exposure; clicks or carts far from the others' decide what each item needs."""
    rates = [(0.05, 0.14), (0.05, 0.08), (0.05, 0.03), (0.02, 0.08)]
    rows = []
    for turn in range(5):
        for item, (click, cart) in enumerate(rates):
            clicks = round(6000 * click * wave(turn, item))
            parts = [6000, clicks, clicks, round(clicks * cart), 3, 3]
            rows.append([day(turn), "秋季测款", "P1", f"68420153770{item + 1}", f"新杯{item}", *parts])
    page = whole(make(tmp_path / "shop", inbox_ads=(ADS, rows)))
    rules = {one.item_id[-1]: one.rule for one in page.product_test.products}
    assert rules == {"1": "push", "2": "more", "3": "detail", "4": "image"}
    assert {one.domain for one in page.found} == {"AD7", "LT9", "LT10"}


def test_a_vote_is_a_sieve_and_no_finding(tmp_path):
    rows = [["主图9选1", name, votes, "老客群", FIRST] for name, votes in (("图1", 31), ("图2", 12), ("图3", 7))]
    page = whole(make(tmp_path / "shop", votes=(["题目", "选项", "票数", "谁投", "日期"], rows)))
    assert "只当筛选" in page.view.screen.verdict
    assert page.found == []
    assert page.view.screen.cards[0].value == "62%"


def test_the_price_of_the_tested_item_forbids_a_verdict_and_that_of_another_does_not(tmp_path):
    for item, state in ((ITEM, "confounded"), ("684201537709", "switch")):
        log = CHANGES, [[day(5), "商品", item, "价格"]]
        page = open_page("listing_ab", shop=make(tmp_path / item, inbox_ab=versions(), changes=log))
        assert page.numbers.comparison.state == state
        assert ("price_changed" in {note.code for note in page.health_notes()}) is (state == "confounded")


def test_a_campaign_of_the_item_forbids_a_verdict_one_of_the_shop_is_read_with_and_without(tmp_path):
    own = CAMPAIGNS, [["聚划算", "爆发", day(4), day(5), ITEM]]
    assert open_page(
        "listing_ab", shop=make(tmp_path / "own", inbox_ab=versions(), campaigns=own)
    ).numbers.comparison.state == "confounded"  # fmt: skip
    whole = CAMPAIGNS, [["店庆", "爆发", day(4), day(6), ""]]
    page = open_page("listing_ab", shop=make(tmp_path / "whole", inbox_ab=versions(), campaigns=whole))
    assert page.numbers.comparison.state == "switch"
    assert page.numbers.calm.days == 11
    note = {note.code: note.text for note in page.health_notes()}["shared_campaign"]
    assert "店庆" in note
    assert "去掉其中活动的 3 天" in note


def test_turns_meet_a_campaign_unequally_and_are_judged_without_its_days(tmp_path):
    whole = CAMPAIGNS, [["店庆", "爆发", day(4), day(6), ""]]
    page = open_page("listing_ab", shop=make(tmp_path / "shop", inbox_ab=versions(16, turns=True), campaigns=whole))
    assert page.numbers.comparison.days == 13
    assert page.numbers.comparison.state == "switch"
    note = {note.code: note.text for note in page.health_notes()}["campaign_left_out"]
    assert "店庆" in note
    assert "3 天不算" in note
    long = CAMPAIGNS, [["店庆", "爆发", day(2), day(14), ""]]
    page = open_page("listing_ab", shop=make(tmp_path / "long", inbox_ab=versions(16, turns=True), campaigns=long))
    assert page.numbers.comparison.state == "confounded"


def test_a_lead_that_turns_without_the_campaign_is_no_verdict():
    def compared(gap):
        rate = Estimate(0.03, 0.02, 0.04)
        arms = (
            Arm("A", 1e4, 300, 9, 0.5, rate, Estimate(math.nan, code="current")),
            Arm("B", 1e4, 350, 9, 0.5, rate, Estimate(gap, gap - 0.002, gap + 0.002)),
        )
        return Comparison("click_rate", Design.EQUAL, State.SWITCH, arms, days=9, zone=0.0015)

    shared = Disturbed(shared=((day(4), "店庆"),), days=frozenset({day(4)}))
    assert is_confounded(compared(0.005), shared, compared(-0.001))
    assert not is_confounded(compared(0.005), shared, compared(0.001))
    assert not is_confounded(compared(0.005), shared, None)
    assert not is_confounded(compared(0.005), Disturbed(), compared(-0.001))


def test_days_of_a_campaign_are_those_within_the_test():
    logged = pd.DataFrame(
        [(day(2), "商品", "9", "价格"), (day(3), "店铺", None, "优惠"), (day(3), "商品", "1", "标题")],
        columns=["day", "object", "item_id", "change"],
    )
    events = [Event("店庆", Period(day(8), day(12)), "campaign"), Event("聚划算", Period(day(1), day(2)), "campaign")]
    found = disturbed_days(["1"], logged, events, joined=set(), narrow={"聚划算"}, span=(FIRST, day(10)))
    assert found.own == ()
    assert found.shared == ((day(3), "优惠"), (day(8), "店庆"))
    assert found.days == {day(8), day(9), day(10)}
    entered = disturbed_days(["1"], logged, events, joined={"聚划算"}, narrow={"聚划算"}, span=(FIRST, day(10)))
    assert entered.own == ((day(1), "聚划算"), (day(3), "聚划算"))
