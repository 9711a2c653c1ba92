"""The tables that the shop's people type in: Chinese headers, loose dates, a byte-order mark or GB18030 from Excel.

Every date has its year: without one a reader would guess it from the file's time, which a checkout does not keep.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sample.catalogue import HERO, ITEMS
from sample.plan import PHASES
from sample.workbook import Cell, write_csv

CHANGES = """
日期,时间,对象,商品ID,改了什么,改前,改后,想改善的指标,预期,负责人,复看日,备注
2026/7/8,20:00,店铺,,优惠,日常价,聚划算9.3折,支付金额,+25%,小林,2026.7.15,品牌日
2026年7月20日,,店铺,,短视频直播,无,每晚直播2小时+短视频,访客数,多一些新访客,阿May,2026.8.3,看的人多、当场买的少是预期内的
2026-08-03,10:30,商品,{kid},标题,儿童保温杯带吸管小学生水壶,儿童保温杯带吸管316小学生幼儿园水壶防摔,搜索引导访客数,+5%,小林,2026.8.31,标题测试
2026.8.10,,客服,,话术,,主动问用途再推荐,询单转化率,,客服主管,2026年8月24日,
2026年8月13日,,商品,{hero},供应商,原密封圈,雾蓝换新密封圈供应商,货品成本,每只省0.3元,采购老周,,雾蓝这一色先换
2026.8.15,9:00,店铺,,优惠,,七夕礼盒满199减20,支付金额,,小林,2026.8.21,
2026-08-20,20:00,商品,{snow},上新,,雪山杯预售(定金20 9月5日付尾款),下单买家数,,小林,2026.9.6,
2026.8.24,0:10,推广,,推广预算,人群推广约660/天,人群推广约1090/天,访客数,,推广小赵,2026.9.14,
2026.8.24,9:00,推广,{hero},主图,一张图,四张图优选,点击率,+10%,美工小陈,2026.9.1,创意测试
""".strip()

TARGETS = """
期间,范围,支付金额,访客数,支付转化率,客单价,推广花费上限,推广费占比,毛利,日分配权重
2026-06,全店,600000,185000,4.7%,68,,11.5%,,
2026-07,全店,540000,175000,4.4%,69,,11.5%,,
2026-08,全店,540000,175000,4.4%,69,60000,11.5%,155000,
2026-09,全店,560000,180000,4.4%,69,,11.5%,,
""".strip()

PEERS = """
记录日,期间起,期间止,指标,同行同层平均,同行同层优秀,我的层级,行业排名,抄自哪页
2026.8.31,2026.8.24,2026.8.30,访客数,"38,600","71,200",第五层级,186,首页-同行
2026.8.31,2026.8.24,2026.8.30,支付转化率,4.15%,6.20%,第五层级,186,首页-同行
2026.8.31,2026.8.24,2026.8.30,下单转化率,4.45%,6.60%,第五层级,186,首页-同行
2026.8.31,2026.8.24,2026.8.30,加购率,8.60%,12.40%,第五层级,186,流量看板
2026.8.31,2026.8.24,2026.8.30,跳失率,55.0%,47.5%,第五层级,186,流量看板
2026.8.31,2026.8.24,2026.8.30,客单价,71.5,96.0,第五层级,186,首页-同行
2026.8.31,2026.8.24,2026.8.30,退款占比,8.3%,5.1%,第五层级,186,服务-售后
""".strip()

COMPETITORS = """
记录日,平台,竞品ID/链接,店铺,店铺类型,可比,对应我的商品ID,标价,到手价,付款人数,评价数,主卖点,材质/工料,图片,详情,服务,赠品,店内活动,推广手段,成交词,买家评价,备注
2026-08-30,天猫,703300112201,青屿杯壶旗舰店,旗舰,是,{hero},79,69,5000+人付款,12000,12小时保温,316,场景图,有温度曲线,包邮/运费险/48小时,杯刷,满2件9折,直播,大容量保温杯,不漏水;盖子略紧,
2026-08-30,天猫,703300112202,北麓户外旗舰店,旗舰,是,{hero},89,75,3000+人付款,8600,户外防摔,316,户外图,视频,包邮/运费险,无,满100减10,站外,户外保温壶,耐摔;偏重,
2026/8/30,天猫,703300112203,诺塔生活旗舰店,旗舰,是,{hero},69,62.9,4000+人付款,9100,轻,304,白底图,普通,包邮,杯套,无,人群推广,吸管保温杯,颜值高;保温一般,
2026/8/30,淘宝,703300112204,小满器物旗舰店,旗舰,是,{hero},59,55,2000+人付款,4300,颜值,304,模特图,普通,包邮,无,无,达人,高颜值水杯,好看;掉漆,
2026/8/30,淘宝,703300112205,云里工厂店,C店,否(清仓),{hero},29.9,19.9,1万+人付款,20000,便宜,304,白底图,简单,包邮,无,清仓,无,保温杯便宜,便宜;有味,清仓店只看不比
2026年8月30日,淘宝,703300112206,某某同款网红店,网红,否(网红),,128,108,6000+人付款,3000,同款,316,直播图,短视频,包邮,签名卡,直播价,直播,同款水杯,发货慢,网红店只看不比
""".strip()


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _rows(text: str) -> list[list[Cell]]:
    """Rows of a table written above; quoted cells may hold commas."""
    ids = {"hero": ITEMS[HERO].item_id, "kid": ITEMS[2].item_id, "snow": ITEMS[14].item_id}
    return [list(row) for row in csv.reader(text.format(**ids).splitlines())]


def _campaigns() -> list[list[Cell]]:
    rows: list[list[Cell]] = [["名称", "阶段", "开始", "结束", "参与商品ID", "力度", "备注"]]
    for phase in PHASES:
        items = ITEMS[HERO].item_id if phase.name == "聚划算" else ""
        rows.append([phase.name, phase.phase, _day(phase.start), _day(phase.end), items, phase.strength, ""])
    rows.append(["七夕", "节日", "2026-08-15 00:00", "2026/8/19 23:59", "", "礼盒满199减20", "节日,8月19日"])
    return rows


def _items() -> list[list[Cell]]:
    rows: list[list[Cell]] = [["商品ID", "简称", "品类", "角色", "负责人", "上架日"]]
    return rows + [[i.item_id, i.short_name, i.category, i.role, i.owner, i.listed_on] for i in ITEMS]


def _costs() -> list[list[Cell]]:
    rows: list[list[Cell]] = [["商品ID", "SKU/商家编码", "生效日", "货品成本", "包装", "快递费/单", "备注"]]
    return rows + [[i.item_id, i.code, "2026-01-01", f"{i.cost / 100:.2f}", "1.20", "3.20", ""] for i in ITEMS]


def write_typed(folder: Path) -> None:
    """All typed tables into `tables_in/`."""
    tables: dict[str, Sequence[Sequence[Cell]]] = {
        "changes": _rows(CHANGES), "targets": _rows(TARGETS), "peers": _rows(PEERS),
        "campaigns": _campaigns(), "items": _items(), "costs": _costs(),
    }  # fmt: skip
    for name, rows in tables.items():
        write_csv(folder / f"{name}.csv", rows)
    write_csv(folder / "competitors.csv", _rows(COMPETITORS), "gb18030")
