"""Every header row that exports are known to have, one row below it: the kind and the table it must become."""

import csv
import io

import pytest
from test_intake import ORDERS_70, csv_bytes, stored, xls_bytes

from shopnb import intake, schema

ITEM_38 = (
    "统计日期,商品ID,商品名称,主商品ID,商品类型,货号,商品状态,商品标签,商品访客数,商品浏览量,平均停留时长,商品详情页跳出率,商品收藏人数,商品加购件数,"
    "商品加购人数,下单买家数,下单件数,下单金额,下单转化率,支付买家数,支付件数,支付金额,商品支付转化率,支付新买家数,支付老买家数,老买家支付金额,"
    "聚划算支付金额,访客平均价值,成功退款金额,竞争力评分,年累计支付金额,月累计支付金额,月累计支付件数,搜索引导支付转化率,搜索引导访客数,"
    "搜索引导支付买家数,结构化详情引导转化率,结构化详情引导成交占比"
)
P4P = (
    "日期,计划id,计划名称,推广类型,展现量,点击量,花费,点击率,平均点击花费,千次展现花费,总收藏数,宝贝收藏数,店铺收藏数,总购物车数,直接购物车数,"
    "间接购物车数,加购成本,宝贝收藏成本,宝贝收藏转化率,加购率,总预售成交金额,总预售成交笔数,直接预售成交金额,直接预售成交笔数,间接预售成交金额,"
    "间接预售成交笔数,总成交金额,直接成交金额,间接成交金额,总成交笔数,直接成交笔数,间接成交笔数,投入产出比,点击转化率,直接点击转化率,购物金充值笔数,"
    "购物金充值金额,自然流量曝光,自然流量转化金额"
)
AFTER = (
    "访客数,浏览量,支付金额,浏览量占比,店内跳转人数,跳出本店人数,收藏人数,加购人数,下单买家数,下单转化率,支付件数,支付买家数,支付转化率,直接支付买家数,"
    "收藏商品-支付买家数,粉丝支付买家数,加购商品-支付买家数"
)
ORDERS_37 = (
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,"
    "买家实际支付金额,买家实际支付积分,订单状态,买家留言,收货人姓名,收货地址,运送方式,联系电话,联系手机,"
    "订单创建时间,订单付款时间,宝贝标题,宝贝种类,物流单号,物流公司,订单备注,宝贝总数量,店铺Id,店铺名称,"
    "订单关闭原因,卖家服务费,买家服务费,发票抬头,是否手机订单,分阶段订单信息,定金排名,修改后的sku,"
    "修改后的收货地址,异常信息"
)
ITEM_EFFECT = (
    "统计日期,商品ID,商品名称,PC端曝光量,访客数,无线端访客数,PC端点击次数,详情页跳出率,PC端详情页跳出率,"
    "无线端详情页跳出率,平均停留时长,无线端平均停留时长,PC端平均停留时长,支付金额,PC端访客数,加购件数,"
    "PC端加购件数,无线端加购件数,商品收藏买家数,PC端商品收藏买家数,无线端商品收藏买家数,PC端支付金额,"
    "无线端支付金额,支付件数,PC端支付件数,无线端支付件数,支付买家数,PC端支付买家数,无线端支付买家数,客单价,"
    "PC端客单价,无线端客单价,支付转化率,PC端支付转化率,无线端支付转化率,商品浏览量,无线端商品浏览量,"
    "PC端商品浏览量,成功退款退货金额,下单买家数,下单件数,下单金额"
)
DISPLAY_FULL = (
    "日期,计划组,计划,主体类型,主体名称,商品id,创意名称,创意id,消耗,展现量,点击量,点击率,千次展现成本,"
    "点击成本,引导访问量,引导访问人数,引导访问潜客数,引导访问潜客占比,引导访问率,深度访问量,平均访问页面数,"
    "关注店铺量,回搜量,回访量,回搜成本,回访成本,平均深度访问时长,新客获取量,拉新率,拉新消耗,拉新成本,"
    "收藏宝贝量,添加购物车量,拍下订单量,拍下订单金额,预售订单量,预售金额,加购收藏量,加购收藏成本,成交订单量,"
    "成交订单金额,展现转化率,点击转化率,投资回报率"
)
# name of the file, header, (kind, table)
HEADERS = [
    ("【生意参谋平台】商品_全部_2026-06-07_2026-06-13.xls", ITEM_38, ("item_period", "item_period")),
    ("商品.xls", ITEM_38.replace("主商品ID,商品类型,", ""), ("item_period", "item_period")),
    ("a.xls", ITEM_38.replace("主商品ID,商品类型,", "").split(",结构化")[0], ("item_period", "item_period")),
    ("商品效果.xls", ITEM_EFFECT, ("item_period", "item_period")),
    (
        "日报2017.xls",
        "卖家昵称,统计日期,被浏览商品数,店铺收藏次数,店铺首页访客数,店铺首页浏览量,老访客数,客单价,服务态度动态评分(DSR),访客数较前一天变化量,访客数,"
        "老访客数占比,老买家数,浏览量,PC端店铺首页平均停留时长(秒),人均浏览量（访问深度）,手机淘宝APP支付买家数,WAP访客数,Wap支付转化率,支付买家数",
        ("shop_daily", "shop_daily"),
    ),
    ("流量练习数据.csv", "流量来源,来源明细,访客数,支付转化率,客单价", ("traffic_sources", "traffic_period")),
    ("商品来源_600000000001.xls", "一级来源,二级来源,三级来源," + AFTER, ("item_sources", "traffic_detail")),
    ("商品来源.xls", "流量来源,来源明细," + AFTER, ("item_sources", "traffic_detail")),
    ("三级来源详情.xls", "来源名称," + AFTER, ("source_details", "traffic_detail")),
    (
        "清洗.csv",
        "流量时期,来源类型,上级来源名称,来源名称,一级流量来源,二级流量来源,三级流量来源,来源层级,归属原则,访客数,支付买家数",
        ("source_levels", "traffic_period"),
    ),
    (
        "引流搜索词.xls",
        "统计日期,搜索词,访客数,加购人数,商品收藏人数,支付买家数,支付转化率,支付金额,客单价,UV价值",
        ("search_words", "traffic_detail"),
    ),
    ("商品词.xls", "统计日期,商品ID,搜索词,访客数,加购人数,支付买家数", ("item_search_words", "traffic_detail")),
    ("搜索排行.csv", "排名,搜索词,搜索人气,点击率,支付转化率", ("search_rank", "search_rank")),
    (
        "相关词.csv",
        "搜索词,搜索人气,点击人气,点击率,支付转化率,商城点击占比,在线商品数,直通车参考价",
        ("search_rank", "search_rank"),
    ),
    (
        "大盘.xls",
        "日期,分类名称,交易指数,交易指数同比,交易指数占比,客群指数,客群指数同比,客群指数占比,搜索人气",
        ("market_categories", "market_index"),
    ),
    (
        "店铺排行.xls",
        "店铺名称,店铺ID,店铺链接,类目名称,行业排名,趋势,交易指数,交易增长幅度,支付转化指数",
        ("market_shops", "market_index"),
    ),
    (
        "品牌排行.xls",
        "品牌名称,品牌ID,类目名称,行业排名,交易指数,交易增长幅度,支付转化指数",
        ("market_brands", "market_index"),
    ),
    (
        "商品排行.xls",
        "商品名称,商品ID,所属店铺,是否新品,行业排名,交易指数,交易增长幅度,支付转化指数",
        ("market_items", "market_index"),
    ),
    (
        "行业粒度.xls",
        "热销排名,商品信息,所属店铺,支付子订单数,交易增长幅度,支付转化率指数",
        ("market_items_2016", "market_index"),
    ),
    ("行业粒度2.xls", "热销排名,商品信息,所属店铺,流量指数,搜索人气", ("market_items_2016", "market_index")),
    ("女装.xls", "日期,交易指数,流量指数,搜索人气,收藏人气,加购人气", ("market_trend", "market_index")),
    (
        "交易趋势.xls",
        "日期,终端,支付金额,支付买家数,客单价,下单金额,下单买家数,支付转化率,下单-支付转化率",
        ("trade_terminals", "trade_split"),
    ),
    (
        "构成.xls",
        "终端,一级类目,二级类目,叶子类目,支付金额,支付金额占比,支付买家数,支付转化率",
        ("trade_terminals", "trade_split"),
    ),
    (
        "600000000001.xls",
        "时间,商品访客数,商品浏览量,商品平均停留时长,商品详情页跳出率,商品加购人数,商品加购件数,商品收藏人数,下单买家数,下单金额,下单转换率,支付买家数,"
        "下单件数,支付转换率,支付金额,支付件数,聚划算支付金额,支付新买家数,支付老买家数,老买家支付金额,月累计支付金额,月累计支付件数,年累计支付金额,"
        "访客平均价值,成功退款金额",
        ("item_trend", "item_trend"),
    ),
    ("sku.xls", "加购件数,支付件数,支付买家数,支付金额,商品id,sku信息,skuid", ("sku_period", "sku_period")),
    ("评价.csv", "评论,昵称,追评内容,追评时间,评价时间,商品id,颜色分类,评价分类,skuid", ("reviews", "reviews")),
    ("客群.csv", "日期,属性,占比,访客数,商品id,标签,角色", ("item_audience", "item_audience")),
    (
        "活动引流.xls",
        "流量来源,预热访客数,预热加购人数,预热收藏人数,访客数,支付买家数,支付金额,支付转化率,加购转化率,收藏转化率",
        ("campaign_sources", "traffic_detail"),
    ),
    (
        "直播.xls",
        "直播标题,场次id,开播时间,直播间观看次数,直播间观看人数,新增粉丝数,转粉率,商品点击人数,商品点击次数,商品点击率,商品加购人数,商品加购件数,成交转化率,"
        "成交人数,成交件数,成交笔数,成交金额",
        ("live_sessions", "live_sessions"),
    ),
    ("单品宝_2026-09-01_2026-09-07.xls", "支付件数,支付买家数,支付金额,客单价", ("promotion_item", "promotions")),
    ("店铺券.xls", "领取张数,使用张数,支付金额,支付买家数,支付件数,客单价", ("promotion_shop_coupon", "promotions")),
    (
        "商品优惠券.xls",
        "领取张数,使用张数,支付金额,支付买家数,支付件数,客单价",
        ("promotion_item_coupon", "promotions"),
    ),
    (
        "咨询.xls",
        "商品名称,商品编号,咨询人数,询单人数,当日询单人数,询单转化率,当日询单转化率,当日付款人数,当日付款金额,最终付款人数,最终付款金额,最终付款件数",
        ("item_enquiries", "item_enquiries"),
    ),
    ("赤兔.xls", "日期,咨询人数,询单人数,询单付款人数,平均首次响应时长(秒)", ("service_daily", "service")),
    (
        "商品报表.csv",
        "日期,场景ID,场景名字,原二级场景ID,原二级场景名字,计划ID,计划名字,主体ID,主体类型,主体名称,展现量,点击量,花费",
        ("ad_item", "ad_daily"),
    ),
    (
        "商品报表2.csv",
        "日期,商品ID,商品名称,计划ID,计划名称,花费,净成交金额,总成交金额,展现量,点击量,净成交笔数,总成交笔数,总购物车数,收藏宝贝数",
        ("ad_item", "ad_daily"),
    ),
    ("计划.csv", P4P, ("ad_p4p_plan", "ad_daily")),
    ("单元.csv", P4P.replace("推广类型", "单元id,单元名称,商品id"), ("ad_p4p_unit", "ad_daily")),
    ("词.csv", P4P.replace("推广类型", "关键词"), ("ad_keyword", "ad_daily")),
    (
        "关键词报表.csv",
        "日期,场景ID,场景名字,计划ID,计划名字,关键词ID/词包ID,关键词名字/词包名字,展现量,点击量,花费",
        ("ad_keyword", "ad_daily"),
    ),
    (
        "人群报表.csv",
        "日期,场景ID,场景名字,计划ID,计划名字,人群ID,人群名字,展现量,点击量,花费",
        ("ad_audience", "ad_daily"),
    ),
    ("地域报表.csv", "日期,场景ID,场景名字,地域,展现量,点击量,花费", ("ad_region", "ad_daily")),
    (
        "账户.csv",
        "日期,优化目标,效果模型,统计口径,转化周期,消耗,曝光量,点击量,点击率,点击成本,收藏量,加购收藏量,加购收藏成本,成交转化率,roi,预售成交笔数,"
        "预售成交金额,总加购量,直接加购数,间接加购数,总成交笔数,直接成交笔数,间接成交笔数,总成交金额,直接成交金额,间接成交金额",
        ("ad_account", "ad_daily"),
    ),
    ("引力魔方.csv", DISPLAY_FULL, ("ad_display", "ad_daily")),
    ("ExportOrderList202609011030.csv", ORDERS_37, ("orders", "orders")),
    ("订单报表.xls", ORDERS_70, ("orders", "orders")),
    (
        "品销宝.csv",
        "日期,展现量,点击量,点击率(%),花费(元),千次展现成本（元）,点击单价（元）,展示成交金额（元）",
        ("ad_brand", "ad_daily"),
    ),
    (
        "联盟.csv",
        "商品名称,商品id,商品链接,付款佣金支出(元),付款佣金率,付款金额(元),付款笔数,商品折扣率,进店量,收藏宝贝量,添加购物车量,进店人数,平均优惠券面额(元),付款人数",
        ("affiliate", "affiliate_period"),
    ),
    (
        "ExportOrderDetailList.csv",
        "子订单编号,主订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码,支付单号,买家应付货款,买家实际支付金额,退款状态,退款金额,"
        "订单创建时间,订单付款时间",
        ("order_lines", "order_lines"),
    ),
    (
        "ExportOrderDetailList2019.csv",
        "订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码",
        ("order_lines", "order_lines"),
    ),
    (
        "ExportItemlList1.csv",
        "子订单编号,主订单编号,商家编码,外部系统编号,商品标题,物流单号,物流公司",
        ("parcels", "parcels"),
    ),
    (
        "tianchi.csv",
        "订单编号,总金额,买家实际支付金额,收货地址 ,订单创建时间,订单付款时间 ,退款金额",
        ("orders", "orders"),
    ),
    (
        "账务.csv",
        "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注",
        ("account_entries", "account_entries"),
    ),
    ("账单_2026-09-01_2026-09-30.csv", "业务类型,笔数,收入（+元）,支出（-元）", ("account_totals", "account_totals")),
    (
        "聚水潭库存.xlsx.csv",
        "款式编码,商品编码,商品名称,颜色及规格,实际库存数,订单占有数,可用数,采购在途数",
        ("stock_erp", "stock"),
    ),
    ("旺店通.csv", "商家编码,货品编号,货品名称,规格名称,库存量,可发库存,采购在途", ("stock_erp", "stock")),
    ("jd.csv", "商品ID,商品名称,货号,访客数,浏览量,加购人数,成交单量,成交金额", ("jd_items", "platform_item_period")),
    (
        "店铺来源_流量来源_按天_20260901_20260907.csv",
        "一级来源,二级来源,三级来源,访客数,浏览量",
        ("jd_sources", "platform_traffic_period"),
    ),
    (
        "jd_shop.csv",
        "时间,访客数,浏览量,成交客户数,成交单量,成交商品件数,成交金额,成交转化率",
        ("jd_shop", "platform_shop_daily"),
    ),
    (
        "京准通.csv",
        "日期,产品线,触发sku_id,跟单sku_id,花费,展现数,点击数,直接订单行,直接订单金额,总订单行,总订单金额,直接加购数,总加购数",
        ("jd_ads", "platform_ad_daily"),
    ),
    (
        "京准通词.csv",
        "日期,计划类型,计划id,推广计划,搜索词,关键词,关键词购买类型,广告定向类型,花费,展现数,点击数,领券数,商品关注数,店铺关注数",
        ("jd_ad_keyword", "platform_ad_daily"),
    ),
    (
        "pdd.csv",
        "统计时间,商品访客数,商品浏览量,商品收藏用户数,成交金额,成交订单数,成交买家数",
        ("pdd_shop", "platform_shop_daily"),
    ),
    ("pdd_ads.csv", "日期,成交花费(元),交易额(元),成交笔数,曝光量,点击量", ("pdd_ads", "platform_ad_daily")),
    (
        "pdd_items.csv",
        "商品名称,商品ID,日期,商品收藏数,商品访客数,商品浏览量,支付订单数,支付转化率,支付件数,支付买家数,支付金额,成团订单数,成团件数,是否新款",
        ("pdd_items", "platform_item_period"),
    ),
    ("售后概况.csv", "统计时间,成功退款金额,成功退款订单数,平台介入率", ("pdd_after_sales", "platform_shop_daily")),
    (
        "douyin.csv",
        "统计时间,商品曝光人数,商品点击人数,支付人数,支付件数,支付金额",
        ("douyin_shop", "platform_shop_daily"),
    ),
    (
        "douyin_items.csv",
        "商品ID,商品名称,商品曝光人数,商品点击人数,支付人数,支付金额",
        ("douyin_items", "platform_item_period"),
    ),
    (
        "1688.csv",
        "日期,展现次数,广告展现次数,访客数,支付金额,支付订单数,网销宝推广消耗金额,询盘数",
        ("board_1688", "platform_shop_daily"),
    ),
    (
        "1688_json.csv",
        "date,revealCnt,pv,uv,clickRate,avgPvs,bounceRate,payByrCnt,payAmt,payNewByrCnt,payMordCnt,payRate,perByrAmt,rfdSucAmt",
        ("json_1688_shop", "platform_shop_daily"),
    ),
    (
        "1688_tree.csv",
        "name,myUv,goodUv,outerId,outerLevel,parentOuterId",
        ("json_1688_sources", "platform_traffic_period"),
    ),
    (
        "1688_words.csv",
        "keyword,keywordRevealCnt,uv,pv,leadPayAmt,leadPayByrCnt,clickRate,webSearchIndex",
        ("json_1688_keywords", "traffic_detail"),
    ),
    (
        "sycm_json.csv",
        "date,uv,pv,payRate,payAmt,payByrCnt,payPct,uvValue,cartByrCnt,stayTime",
        ("json_sycm_shop", "shop_daily"),
    ),
    ("plain.csv", "date,source,visitors,payers,amount", ("traffic_sources", "traffic_period")),
    ("plain_zh.csv", "日期,来源,访客数,支付买家数,支付金额", ("traffic_sources", "traffic_period")),
    ("plain_shop.csv", "date,visitors,payers,amount", ("shop_board", "shop_daily")),
    ("plain_shop_zh.csv", "日期,访客,支付人数,金额", ("shop_board", "shop_daily")),
]
DATES = {
    "统计日期",
    "日期",
    "统计时间",
    "时间",
    "date",
    "开播时间",
    "订单创建时间",
    "订单付款时间",
    "订单付款时间 ",
    "发生时间",
    "评价时间",
    "追评时间",
}


def cell(header, number):
    if header in DATES:
        return f"2026-09-{number:02}"
    if header == "流量时期":
        return "2026-09-01 ~ 2026-09-07"
    if header == "parentOuterId":
        return "0"
    if header.lower().endswith(("id", "编号", "编码", "流水号")):
        return f"6000000000{number:02}"
    if header == "是否新品":
        return "否"
    return "杯子很好看" if header == "评论" else str(number)


DAY_HEADERS = ("统计日期", "日期", "统计时间", "时间", "date")
SUMS_ONLY = {"promotions"}  # one row a file and tool: the second is a repeat


@pytest.mark.parametrize(("name", "header", "expected"), HEADERS, ids=[f"{row[0]}-{row[2][0]}" for row in HEADERS])
def test_every_known_header_is_recognised(tmp_path, name, header, expected):
    """Two rows, of 2 and 3 September where the header has a day: recognised, kept, and dated from the right column."""
    columns = next(csv.reader(io.StringIO(header)))
    rows = [columns, *([cell(column, number) for column in columns] for number in (2, 3))]
    write = xls_bytes if name.endswith(".xls") else csv_bytes
    (tmp_path / name).write_bytes(write(rows))
    (account,) = intake.import_files([tmp_path / name], tmp_path / "shop")
    lone = expected[1] in SUMS_ONLY
    assert (account.kind, account.table, account.kept) == (*expected, 1 if lone else 2), (account, account.error)
    assert account.dropped == ({"duplicate_key": 1} if lone else {})
    assert not account.rejected
    assert not [remark for remark in account.unsure if remark["code"] == "kind_tie"]
    if set(columns) & set(DAY_HEADERS):
        assert account.days == ["2026-09-02", "2026-09-03"]
    kept = stored(tmp_path / "shop", account)
    assert kept.num_rows == account.kept
    _counts_are_read(kept, account.table, columns)


def _counts_are_read(kept, table, columns):
    """Every platform header of the file stands in its own column, with the 2 and the 3 that were written."""
    for column in schema.TABLES[table]:
        if column.platform in columns and column.unit in {"count", "money"} and not column.ranged:
            values = [float(value) for value in kept.column(column.name).to_pylist()]
            assert values == [2.0, 3.0][: len(values)], column.name
