"""Each export kind in its true header: what becomes of its rows, worked out by hand."""

import re
import tomllib
from pathlib import Path

import pytest
from test_intake import csv_bytes, stored, xls_bytes, zip_bytes

import shopnb
from shopnb.errors import InputError
from shopnb.intake import import_files
from shopnb.intake.kinds import fold, load_kinds, packaged_kinds
from shopnb.shop import open_shop


def read(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    (account,) = import_files([tmp_path / name], tmp_path / "shop")
    assert account.state == "imported", account
    return account, stored(tmp_path / "shop", account).to_pylist()


TREE = (
    "一级来源,二级来源,三级来源,访客数,访客数变化,下单金额,下单金额变化,下单买家数,下单买家数变化,下单转化率,下单转化率变化,支付金额,"
    "支付金额变化,支付买家数,支付买家数变化,支付转化率,支付转化率变化,客单价,客单价变化,UV价值,UV价值变化,关注店铺人数,关注店铺人数变化,"
    "商品收藏人数,商品收藏人数变化,加购人数,加购人数变化,新访客数,新访客数变化,直接支付买家数,收藏商品-支付买家数,粉丝支付买家数,"
    "加购商品-支付买家数,引导店铺页访客数,引导店铺页访客数变化,引导短视频访客数,引导商品访客数,种草成交人数,种草成交金额"
)


def tree_row(*names, visitors, payers):
    cells = dict.fromkeys(TREE.split(","), "-")
    cells |= dict(zip(("一级来源", "二级来源", "三级来源"), names, strict=True))
    cells |= {"访客数": visitors, "支付买家数": payers, "访客数变化": "3.2%"}
    return list(cells.values())


def test_source_tree_drops_sums_and_keeps_leaves(tmp_path):
    """手淘推荐 has no third level: its 汇总 row is the source itself. 付费 and 平台流量 stand above their parts.

    The row that is 汇总 throughout is the shop: 1,000 people, where the sources add up to 1,020.
    """
    rows = [
        ["【生意参谋平台】店铺来源"],
        ["统计时间:2026-09-07 ~ 2026-09-13"],
        ["归属原则:每一次访问来源"],
        [],
        [],
        TREE.split(","),
        tree_row("汇总", "汇总", "汇总", visitors="1,000", payers="30"),
        tree_row("平台流量", "汇总", "汇总", visitors="700", payers="20"),
        tree_row("平台流量", "手淘搜索", "汇总", visitors="400", payers="15"),
        tree_row("平台流量", "手淘搜索", "搜索结果页", visitors="390", payers="15"),
        tree_row("平台流量", "手淘推荐", "汇总", visitors="320", payers="5"),
        tree_row("广告流量", "汇总", "汇总", visitors="310", payers="10"),
        tree_row("广告流量", "关键词推广", "汇总", visitors="310", payers="10"),
    ]
    account, kept = read(tmp_path, "【生意参谋平台】无线店铺流量来源.xls", xls_bytes(rows))
    assert (account.kind, account.dropped) == ("traffic_tree", {"subtotal": 3})
    assert [(row["source_1"], row["source_2"], row["source_3"], row["visitors"]) for row in kept] == [
        ("", None, None, 1000),
        ("平台流量", "手淘搜索", "搜索结果页", 390),
        ("平台流量", "手淘推荐", None, 320),
        ("广告流量", "关键词推广", None, 310),
    ]
    assert {row["rule"] for row in kept} == {"每一次访问来源"}
    assert {(str(row["start_on"]), str(row["end_on"])) for row in kept} == {("2026-09-07", "2026-09-13")}


def test_a_total_that_somebody_typed_is_not_the_shop(tmp_path):
    rows = [
        ["日期", "来源", "访客数", "支付买家数"],
        ["2026-09-01", "手淘搜索", "40", "2"],
        ["2026-09-01", "汇总", "40", "2"],
    ]
    account, kept = read(tmp_path, "来源.csv", csv_bytes(rows))
    assert account.dropped == {"subtotal": 1}
    assert [row["source_1"] for row in kept] == ["手淘搜索"]


def test_source_map_of_2017(tmp_path):
    header = [
        "来源",
        "来源明细",
        "访客数",
        "访客数变化",
        "下单买家数",
        "下单买家数变化",
        "下单转化率",
        "下单转化率变化",
    ]
    rows = [["a"], [], [], [], header, ["淘内免费", "手淘搜索", "1,200", "5%", "30", "-1%", "2.50%", "-"]]
    account, kept = read(tmp_path, "【生意参谋平台】无线店铺流量来源-2017-06-01_2017-06-07.xls", xls_bytes(rows))
    assert (account.table, account.days) == ("traffic_period", ["2017-06-01", "2017-06-07"])
    assert (kept[0]["visitors"], kept[0]["orderers"], kept[0]["order_conversion"], kept[0]["rule"]) == (
        1200,
        30,
        0.025,
        "",
    )
    assert account.unknown_columns == ["访客数变化", "下单买家数变化", "下单转化率变化"]


AD = ["展现量", "点击量", "花费", "点击率", "总成交金额", "总成交笔数", "投入产出比"]
AD_ROW = ["2928", "163", "173.15", "0.05567", "0", "0", "0"]


@pytest.mark.parametrize(
    ("level", "header", "names"),
    [
        ("scene", ["日期", "场景ID", "场景名字"], ["2026-09-16", "371", "关键词推广"]),
        (
            "plan",
            ["日期", "场景ID", "场景名字", "计划ID", "计划名字"],
            ["2026-09-16", "371", "关键词推广", "9", "新品"],
        ),
        (
            "item",
            ["日期", "场景ID", "场景名字", "计划ID", "计划名字", "主体ID", "主体类型", "主体名称"],
            ["2026-09-16", "371", "关键词推广", "9", "新品", "600000000001", "商品", "杯"],
        ),
        (
            "creative",
            ["日期", "场景ID", "计划ID", "主体ID", "创意ID", "创意名称"],
            ["2026-09-16", "371", "9", "600000000001", "77", "白底图"],
        ),
    ],
)
def test_ad_reports_in_a_zip(tmp_path, level, header, names):
    data = zip_bytes({"报表.csv": csv_bytes([[*header, *AD], [*names, *AD_ROW]], encoding="gb18030")})
    account, (row,) = read(tmp_path, "万相台报表_20260917_081500.zip", data)
    assert (account.table, row["level"]) == ("ad_daily", level)
    assert (row["impressions"], row["clicks"], row["cost"], row["click_rate"]) == (2928, 163, 173.15, 0.05567)
    assert row["scene_id"] == "371"
    assert (row["item_id"], row["creative"]) == {
        "item": ("600000000001", None),
        "creative": ("600000000001", "白底图"),
    }.get(level, (None, None))


def test_older_ad_report_with_units_in_the_header(tmp_path):
    header = ["日期", "创意名称", "创意id", "消耗", "展现量", "点击量", "点击率（%）", "千次展现成本（元）"]
    _, (row,) = read(
        tmp_path, "a.csv", csv_bytes([header, ["20220901", "甲", "7", "10.5", "1000", "56", "5.6", "10.5"]])
    )
    assert (row["cost"], row["click_rate"], row["cost_per_mille"], row["creative_id"]) == (10.5, 0.056, 10.5, "7")


def test_search_ranking_in_ranges(tmp_path):
    rows = [["排名", "搜索词", "搜索人气", "点击率", "支付转化率"], ["1", "浴缸", "5000 ~ 1万", "56%", "1% ~ 2.5%"]]
    account, kept = read(
        tmp_path, "搜索排行_卫浴_20260804.csv", csv_bytes([*rows, ["2", "小浴缸", "150 ~ 300", "173%", "-"]])
    )
    assert (kept[0]["search_popularity_low"], kept[0]["search_popularity_high"]) == (5000, 10000)
    assert (kept[0]["payment_conversion_low"], kept[0]["payment_conversion_high"]) == (0.01, 0.025)
    assert (kept[1]["click_rate_low"], kept[1]["payment_conversion_low"]) == (1.73, None)
    assert (kept[0]["category"], account.days) == ("搜索排行_卫浴", ["2026-08-04", "2026-08-04"])


def test_reviews_lose_names_and_numbers(tmp_path):
    header = ["评论", "昵称", "追评内容", "追评时间", "评价时间", "商品id", "颜色分类", "评价分类", "skuid"]
    rows = [
        header,
        ["很好,电话13800138000", "t**3", "", "", "2026-09-01 10:00:00", "600000000001", "红", "好评", "9"],
        ["很好,电话13800138000", "t**4", "", "", "2026-09-01 10:00:00", "600000000001", "红", "好评", "9"],
        ["", "x", "", "", "2026-09-02 10:00:00", "600000000001", "红", "", "9"],
    ]
    account, kept = read(tmp_path, "a.csv", csv_bytes(rows))
    assert (account.dropped, account.personal_columns) == ({"no_content": 1}, ["昵称"])
    assert [row["text"] for row in kept] == ["很好,电话[…]"] * 2
    assert kept[0]["review_id"] != kept[1]["review_id"]


def test_bare_review_texts_with_and_without_a_header(tmp_path):
    texts = ["杯子很好看，保温也不错", "盖子漏水，已经退货了", "快递很快，包装完好", "用了一个月还行"]
    texts.append("nice cup, keeps warm, good lid")
    (tmp_path / "评价.txt").write_text("\n".join(texts), "utf-8")
    (tmp_path / "说明.txt").write_text("\n".join(texts[1:]), "utf-8")
    (tmp_path / "b.csv").write_bytes(csv_bytes([["买家说"], *[[text] for text in texts]]))
    (tmp_path / "phones.csv").write_bytes(csv_bytes([["1380013800" + str(n)] for n in range(8)]))
    (tmp_path / "people.csv").write_bytes(
        csv_bytes([["收货地址"], *[[f"假省假市假路{n}号某某小区"] for n in range(8)]])
    )
    accounts = {account.file.rsplit("/")[-1]: account for account in import_files([tmp_path], tmp_path / "shop")}
    for name in ("评价.txt", "b.csv"):
        rows = stored(tmp_path / "shop", accounts[name]).to_pylist()
        assert [row["text"] for row in rows] == texts
        assert {"code": "bare_texts"} in accounts[name].unsure
    assert {accounts[name].state for name in ("phones.csv", "people.csv", "说明.txt")} == {"refused"}


UNQUOTED = [
    "质量好,保温久,推荐",
    "杯子漏水,客服不理人",
    "一般般吧这个杯子",
    "颜色漂亮,下次再来,好评,谢谢",
    "物流很快,包装严实",
]


@pytest.mark.parametrize("header", [[], ["评论"]])
def test_commas_in_bare_texts_are_text(tmp_path, header):
    """One text a line, and nobody quoted the commas in it."""
    account, kept = read(tmp_path, "评论.csv", "\n".join([*header, *UNQUOTED]).encode())
    assert (account.table, account.rejected) == ("reviews", {})
    assert [row["text"] for row in kept] == UNQUOTED


def test_a_table_without_its_header_is_no_text(tmp_path):
    """Every row has three cells: names and addresses are not read as what somebody wrote."""
    lines = [f"收件人小王{n},浙江省杭州市某路{n}号,请尽快发货谢谢" for n in range(9)]
    (tmp_path / "a.csv").write_text("\n".join(lines), "utf-8")
    (account,) = import_files([tmp_path / "a.csv"], tmp_path / "shop")
    assert account.error.code == "unknown_file"


def test_which_column_bare_texts_are_is_said_by_the_kind(tmp_path):
    """A shop's own kind takes them, without a line of Python."""
    own = tmp_path / "shop" / "exports"
    own.mkdir(parents=True)
    text = 'table = "reviews"\nneeds = ["text"]\nperiod = []\nrequired = []\n[bare]\ncolumn = "follow_up"\n'
    (own / "after.toml").write_text(text + '[digest]\nreview_id = ["follow_up"]\n', "utf-8")
    (tmp_path / "追评.csv").write_text("\n".join(UNQUOTED), "utf-8")
    (account,) = import_files([tmp_path / "追评.csv"], tmp_path / "shop")
    assert (account.kind, account.kept) == ("after", 5)
    assert stored(tmp_path / "shop", account).column("follow_up").to_pylist() == UNQUOTED


def test_refunds(tmp_path):
    header = [
        "退款编号",
        "订单编号",
        "宝贝标题",
        "退款金额",
        "退款原因",
        "退款说明",
        "发货状态",
        "申请时间",
        "完结时间",
    ]
    row = [
        "'7001",
        "'4001",
        "杯",
        "68.00元",
        "质量问题",
        "假名留言",
        "已发货",
        "2026-09-01 10:00:00",
        "2026-09-03 09:00:00",
    ]
    account, (kept,) = read(tmp_path, "退款.csv", csv_bytes([header, row], encoding="gb18030"))
    assert (kept["refund_id"], kept["order_id"], kept["refunded_amount"], kept["reason"]) == (
        "7001",
        "4001",
        68,
        "质量问题",
    )
    assert account.personal_columns == ["退款说明"]
    assert account.days == ["2026-09-03", "2026-09-03"]


def test_test_table_by_day(tmp_path):
    header = ["日期", "测试名", "版本", "展现", "点击", "加购", "支付买家", "花费", "分配方式"]
    _, kept = read(
        tmp_path, "ab.csv", csv_bytes([header, ["9.1", "夏款", "A", "5,200", "260", "31", "6", "88.5", "轮播"]])
    )
    (row,) = kept
    assert (row["test"], row["variant"], row["impressions"], row["rotation"]) == ("夏款", "A", 5200, "轮播")


def test_test_table_of_one_version_a_file(tmp_path):
    header = ["Date", "Pageviews", "Clicks", "Enrollments", "Payments"]
    account, kept = read(
        tmp_path, "screener_Control.csv", csv_bytes([header, ["Sat, Oct 11", "7723", "687", "134", ""]])
    )
    assert (kept[0]["test"], kept[0]["variant"], kept[0]["payers"]) == ("screener", "Control", None)
    assert {remark["code"] for remark in account.unsure} == {"version_from_file_name", "year_guessed"}


def test_one_row_a_user(tmp_path):
    header = ["userid", "version", "rounds", "retention_1", "phone", "reach"]
    rows = [
        header,
        ["116", "gate_30", "3", "FALSE", "13800138000", "13900139000"],
        ["337", "gate_40", "38", "TRUE", "13800138001", "13900139001"],
    ]
    account, kept = read(tmp_path, "cats.csv", csv_bytes(rows))
    assert [dict(row["measures"]) for row in kept] == [
        {"rounds": 3, "retention_1": 0},
        {"rounds": 38, "retention_1": 1},
    ]
    assert account.personal_columns == ["phone"]
    assert kept[0]["user_id"] not in {"116", None}


def test_core_board_of_1688(tmp_path):
    """On a 1688 shop the board is the shop's own day, on any other shop it is another platform's."""
    header = ["日期", "展现次数", "访客数", "支付金额", "支付订单数", "网销宝推广消耗金额", "询盘数"]
    data = csv_bytes([header, ["2026-09-01", "5000", "300", "1200", "9", "80", "12"]])
    account, (row,) = read(tmp_path, "a.csv", data)
    assert (account.table, row["platform"], row["visitors"]) == ("platform_shop_daily", "1688", 300)
    (tmp_path / "1688").mkdir()
    (tmp_path / "1688" / "shopnb.toml").write_text('platform = "1688"\n', "utf-8")
    (account,) = import_files([tmp_path / "a.csv"], tmp_path / "1688")
    (row,) = stored(tmp_path / "1688", account).to_pylist()
    assert (account.kind, account.table, account.unknown_columns) == ("board_1688", "shop_daily", [])
    assert (row["visitors"], row["paid_amount"], row["paid_orders"], row["ad_cost_sitewide"]) == (300, 1200, 9, 80)
    assert (row["impressions"], row["enquiries"]) == (5000, 12)


def test_another_export_is_told_apart_by_its_column(tmp_path):
    header = ["统计日期", "商品ID", "商品访客数", "支付金额", "计划ID"]
    (tmp_path / "a.csv").write_bytes(csv_bytes([header, ["1"] * len(header)]))
    (account,) = import_files([tmp_path / "a.csv"], tmp_path / "shop")
    assert account.error.code == "other_export"
    assert "计划ID" in account.error.parts("zh")["problem"]


def test_chosen_columns_of_the_daily_report(tmp_path):
    account, (row,) = read(tmp_path, "取数.csv", csv_bytes([["统计日期", "支付金额"], ["2026-09-16", "5"]]))
    assert (account.kind, row["paid_amount"], row["visitors"]) == ("shop_daily", 5, None)


def test_the_kinds_of_the_package_are_sound():
    """Every need can be met by a header, and no header stands for two columns of one kind."""
    for kind in packaged_kinds():
        assert kind.headers
        for word in (*kind.needs, *kind.any_of):
            assert word not in kind.table or kind.shown(word)
        for word in kind.required:
            assert word in kind.table
    for file in Path(shopnb.__file__).parent.joinpath("exports").glob("*.toml"):
        aliases = tomllib.loads(file.read_text("utf-8")).get("aliases", {})
        folded = [fold(name) for names in aliases.values() for name in dict.fromkeys(map(fold, names))]
        assert len(folded) == len(set(folded)), file.name


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('table = "nowhere"\nneeds = ["a"]', "nowhere"),
        ('table = "orders"\nneeds = ["a"]\n[aliases]\nordr_id = ["a"]', "ordr_id"),
        ('table = "orders"\nneed = ["a"]', "need"),
        ("table = ", "mine.toml"),
    ],
)
def test_a_wrong_kind_of_a_shop_is_named(tmp_path, text, word):
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "mine.toml").write_text(text, "utf-8")
    with pytest.raises(InputError) as error:
        import_files([], tmp_path)
    assert error.value.code == "kind_unreadable"
    assert word in str(error.value)


def test_the_worked_example_of_contributing(tmp_path):
    """The files are those printed in CONTRIBUTING; the numbers are read off them by hand."""
    text = Path(shopnb.__file__).parents[1].joinpath("CONTRIBUTING.md").read_text("utf-8")
    table, kind = (re.search(f"```{form}\n(.*?)```", text, re.DOTALL).group(1) for form in ("csv", "toml"))
    (tmp_path / "shop/exports").mkdir(parents=True)
    (tmp_path / "shop/exports/talent.toml").write_text(kind, "utf-8")
    account, rows = read(tmp_path, "达人报表_2026-09-01_2026-09-07.csv", table.encode("gb18030"))
    assert (account.kind, account.kept, account.dropped) == ("talent", 2, {"subtotal": 1})
    assert account.days == ["2026-09-01", "2026-09-07"]
    numbers = [(row["item_id"], row["visitors"], row["paid_orders"], row["paid_amount"]) for row in rows]
    assert numbers == [("600000000001", 1200, 30, 2970.0), ("600000000002", 300, None, None)]
    assert (rows[0]["commission"], account.unknown_columns) == (148.5, ["达人"])


def test_a_kind_may_be_like_another_and_inherits_by_name(tmp_path):
    (tmp_path / "exports").mkdir()
    path = tmp_path / "exports" / "mine.toml"
    path.write_text('like = "ad_scene"\nneeds = ["Tag", "clicks"]\n[aliases]\nday = ["Tag"]\n', "utf-8")
    (mine,) = [kind for kind in load_kinds(tmp_path) if kind.name == "mine"]
    assert (mine.table.name, mine.constants, mine.column_of("Tag")) == ("ad_daily", {"level": "scene"}, "day")
    assert mine.column_of("消耗") == "cost"
    path.write_text('like = "nowhere"\nneeds = ["a"]', "utf-8")
    with pytest.raises(InputError, match="kind_unreadable"):
        load_kinds(tmp_path)


def test_two_tools_of_one_day_live_side_by_side(tmp_path):
    """直通车 and 引力魔方 had reports of their own: neither takes the other's day away."""
    p4p = ["日期", "计划名称", "展现量", "点击量", "花费", "宝贝收藏数"]
    display = ["日期", "计划组", "计划", "展现量", "点击量", "消耗"]
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox/a.csv").write_bytes(csv_bytes([p4p, ["2022-09-01", "甲", "10", "1", "2.5", "0"]]))
    (tmp_path / "inbox/b.csv").write_bytes(csv_bytes([display, ["2022-09-01", "组", "甲", "20", "2", "4.5"]]))
    rows = open_shop(tmp_path).table("ad_daily").execute()
    assert dict(zip(rows["tool"], rows["cost"], strict=True)) == {"直通车": 2.5, "引力魔方": 4.5}


def test_a_bill_keeps_the_name_of_the_fee_and_no_note(tmp_path):
    header = [
        "账务流水号",
        "商户订单号",
        "发生时间",
        "对方账号",
        "收入金额（+元）",
        "支出金额（-元）",
        "业务类型",
        "备注",
    ]
    lines = [["#支付宝账务明细查询"], ["#账号:[假账号@example.com]"], header]
    lines.append(
        ["7001", "4001", "2026-09-01 10:00:00", "fake@example.com", "", "-1.20", "交易分账", "假名 淘宝客佣金代扣"]
    )
    lines.append(["#支出合计:1笔,共-1.20元"])
    account, (row,) = read(tmp_path, "账单.csv", csv_bytes(lines, encoding="gb18030"))
    assert (row["fee"], row["expense_amount"], row["income_amount"]) == ("淘宝客", -1.2, None)
    assert (account.dropped, account.personal_columns) == ({"note_row": 1}, ["对方账号"])
    assert not any("假名" in str(value) or "fake" in str(value) for value in row.values())


def test_lines_without_numbers_of_their_own_are_counted(tmp_path):
    header = ["订单编号", "标题", "价格", "购买数量", "商品属性"]
    rows = [["4001", "杯", "5", "1", "红"], ["4001", "杯", "5", "1", "红"], ["4002", "碗", "6", "1", ""]]
    account, kept = read(tmp_path, "a.csv", csv_bytes([header, *rows]))
    assert (account.table, [row["line_id"] for row in kept]) == ("order_lines", ["4001-1", "4001-2", "4002-1"])


def test_last_years_column_is_not_taken_for_this_years(tmp_path):
    header = ["商品ID", "商品名称", "访客数(20250901-20250907)", "访客数", "成交金额", "成交单量"]
    account, (row,) = read(
        tmp_path, "商品_20260901_20260907.csv", csv_bytes([header, ["600000000001", "杯", "9", "7", "50", "2"]])
    )
    assert (row["platform"], row["item_visitors"], account.days) == ("jd", 7, ["2026-09-01", "2026-09-07"])
    assert account.unknown_columns == ["访客数(20250901-20250907)", "成交单量"]


def test_stock_without_a_day_is_of_the_day_of_the_export(tmp_path):
    header = ["款式编码", "商品编码", "商品名称", "可用数", "采购在途数"]
    account, (row,) = read(tmp_path, "库存_20260901.csv", csv_bytes([header, ["K1", "K1-红", "杯", "12", "5"]]))
    assert (str(row["day"]), row["item_id"], row["sku"], row["available"]) == ("2026-09-01", "K1", "K1-红", 12)
    account, (row,) = read(tmp_path, "库存.csv", csv_bytes([header, ["K1", "K1-红", "杯", "13", "5"]]))
    assert "day_of_export" in [remark["code"] for remark in account.unsure]


def test_parents_of_a_tree_of_ids_are_sums(tmp_path):
    header = ["name", "myUv", "outerId", "parentOuterId"]
    rows = [["搜索", "30", "1", "0"], ["无线搜索", "20", "2", "1"], ["PC 搜索", "10", "3", "1"]]
    account, kept = read(tmp_path, "来源_20260901.csv", csv_bytes([header, *rows]))
    assert account.dropped == {"subtotal": 1}
    assert [(row["source_1"], row["visitors"]) for row in kept] == [("无线搜索", 20), ("PC 搜索", 10)]
