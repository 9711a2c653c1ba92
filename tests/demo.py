# ruff: noqa: E501
"""A rich invented page in both languages: every chart form, and hostile names where a shop's own words go."""

from __future__ import annotations

import datetime as dt
import math
from functools import cache
from typing import Any

import nbformat
import pandas as pd

from shopnb import charts, labels, screen
from shopnb.view import (
    RECORD_MIME,
    Card,
    ChartPart,
    FindingView,
    Note,
    Page,
    Progress,
    Screen,
    Section,
    TableColumn,
    TablePart,
    TextPart,
    carried,
)

HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "\u202e蓝雾杯 reversed\u2066",
    "=cmd|' /C calc'!A0",
    "[点我](javascript:alert(1))",
    "{{ 7*7 }} datum.value + alert(1)",
    '"><svg onload=alert(1)>',
)


def _days(count: int = 45) -> pd.DataFrame:
    first = dt.date(2026, 7, 17)
    days = [first + dt.timedelta(days=i) for i in range(count)]
    expected = [16_500 + 1_900 * math.sin(i * 2 * math.pi / 7) for i in range(count)]
    value = [base * (1 + 0.055 * math.sin(i * 1.7)) for i, base in enumerate(expected)]
    value[33], value[40] = 29_800, 11_200
    value[20] = math.nan
    return pd.DataFrame(
        {
            "day": days,
            "value": value,
            "expected": expected,
            "low": [v * 0.88 for v in expected],
            "high": [v * 1.12 for v in expected],
        }
    )


def _t(lang: str, zh: str, en: str) -> str:
    return zh if lang == "zh" else en


def all_charts(lang: str) -> list[ChartPart]:
    """One chart of each form."""

    def said(key: str, zh: str, en: str) -> dict[str, str]:
        words = _t(lang, zh, en)
        return {"id": key, "title": words, "alt": words + _t(lang, "(图)", " (chart)"), "lang": lang}

    t = lambda zh, en: _t(lang, zh, en)  # noqa: E731
    days = _days()
    sources = [t("手淘推荐", "Recommendation"), t("手淘搜索", "Search"), t("精准人群推广", "Crowd ads"),
               t("关键词推广", "Keyword ads"), t("我的淘宝", "My Taobao"), HOSTILE[0]]  # fmt: skip
    long_names = [t("316不锈钢大容量吸管保温杯女高颜值便携水杯", "316 steel large straw cup, leak proof, for the office"),
                  *HOSTILE[1:5], t("儿童水壶", "Kids' bottle")]  # fmt: skip
    weeks = [dt.date(2026, 6, 1) + dt.timedelta(days=7 * i) for i in range(13)]
    return [
        charts.chart_daily_band(
            days, **said("daily", "45天里只有两天在正常范围外", "Only two of 45 days were outside the normal range"),
            kind="money", value_title=t("支付金额", "Payment"),
            spans=[(dt.date(2026, 8, 5), dt.date(2026, 8, 8), t("88会员节", "88 Member Day")),
                   (dt.date(2026, 8, 19), dt.date(2026, 8, 19), t("七夕", "Qixi"))],
            marks=[(dt.date(2026, 7, 29), "①"), (dt.date(2026, 8, 22), "②")],
        ),
        charts.chart_waterfall(
            pd.DataFrame({"label": [t("上期", "Week before"), t("访客", "Visitors"), t("转化", "Conversion"),
                                    t("客单", "Spend a buyer"), t("本期", "This week"), t("退款", "Refunds"),
                                    t("货品等成本", "Goods and parcels"), t("推广", "Ads"), t("预估毛利", "Margin")],
                          "amount": [124_930, 7_276, -16_708, 872, 116_370, -9_870, -61_770, -16_240, 28_490],
                          "is_total": [True, False, False, False, True, False, False, False, True]}),
            **said("waterfall", "少卖的8,560元,主要差在转化", "The missing 8,560 is mostly conversion"),
        ),
        charts.chart_diverging(
            pd.DataFrame({"label": long_names, "value": [-11_500, 8_600, -3_200, 2_050, -900, 300],
                          "low": [-16_500, 4_700, -7_000, -300, -2_000, -800],
                          "high": [-6_500, 12_500, 600, 4_400, 200, 1_400],
                          "bold": [True, True, False, False, False, False]}),
            **said("items", "一款拖了1.15万,一款拉了0.86万", "One item lost 11.5k, one gained 8.6k"),
        ),
        charts.chart_paired(
            pd.DataFrame({"label": [n for n in sources for _ in range(2)],
                          "series": [t("本期", "This week"), t("上期", "Week before")] * 6,
                          "value": [13_900, 9_620, 12_120, 12_480, 6_940, 5_010, 5_820, 5_900, 2_560, 2_600, 31, 17]}),
            **said("paired", "手淘推荐多来了4,280人,其他来源变化不大", "Recommendation brought 4,280 more visitors"),
        ),
        charts.chart_ranges(
            pd.DataFrame({"label": [t("去重去广告后", "Without doubles and ads"), t("外推到第100页", "All 100 pages"),
                                    t("直接按显示数相加", "Plain sum of shown counts")],
                          "low": [81_000_000, 93_000_000, math.nan], "best": [92_000_000, 102_000_000, 148_000_000],
                          "high": [101_000_000, 114_000_000, math.nan], "struck": [False, False, True]}),
            **said("ranges", "月盘子约1.02亿,直接相加会高估45%", "About 102 M a month; the plain sum is 45 % too high"),
        ),
        charts.chart_intervals(
            pd.DataFrame({"label": [t("B 办公桌场景", "B desk scene"), t("C 锚点", "C anchor"), t("D 白底", "D plain")],
                          "value": [0.0052, -0.0020, -0.0060], "low": [0.0021, -0.0061, -0.0105],
                          "high": [0.0083, 0.0021, -0.0015], "bold": [True, False, True]}),
            **said("intervals", "B比现用A点击率高0.52个百分点", "B beats A by 0.52 points"), too_small=(-0.002, 0.002),
        ),
        charts.chart_stacked_share(
            pd.DataFrame({"label": [t("按店铺", "By shop")] * 4 + [t("按品牌", "By brand")] * 4,
                          "part": [t("前4家", "Top 4"), t("第5–8家", "5 to 8"), t("第9–20家", "9 to 20"),
                                   t("其余", "Others")] * 2,
                          "share": [0.29, 0.13, 0.2, 0.38, 0.41, 0.12, 0.04, 0.43]}),
            **said("shares", "前4家占29%,还有位置", "The top four hold 29 %: there is room"),
        ),
        charts.chart_lines(
            pd.DataFrame({"day": weeks * 3,
                          "series": [s for s in (t("描述相符", "As described"), t("物流服务", "Delivery"),
                                                 t("服务态度", "Service")) for _ in weeks],
                          "value": [4.86 - 0.002 * i for i in range(13)] + [4.80 + 0.003 * (i % 4) for i in range(13)]
                          + [4.83 if i != 6 else math.nan for i in range(13)]}),
            **said("lines", "三项评分都稳在4.8以上", "All three scores stay above 4.8"), kind="score",
            value_title=t("近半年评分", "Half-year score"),
        ),
        charts.chart_scatter(
            pd.DataFrame({"label": sources, "x": [13_900, 12_120, 6_940, 5_820, 2_560, 1_350],
                          "y": [0.0202, 0.0469, 0.0140, 0.0418, 0.0770, 0.0474],
                          "y_low": [0.018, 0.043, 0.0116, 0.037, 0.067, 0.037],
                          "y_high": [0.0227, 0.0508, 0.0169, 0.0472, 0.088, 0.0599],
                          "size": [18_500, 39_300, 6_400, 16_500, 13_800, 4_200]}),
            **said("scatter", "人群推广人多,转化只有1.4%", "Crowd ads bring many and convert 1.4 %"),
            x_title=t("访客数", "Visitors"), y_title=t("支付转化率", "Conversion"), y_line=0.039,
        ),
        charts.chart_funnel(
            pd.DataFrame({"label": [t("访客 → 未跳失", "Visitor → stays"), t("未跳失 → 加购", "Stays → cart"),
                                    t("加购 → 下单", "Cart → order"), t("下单 → 支付", "Order → pays")],
                          "own": [0.46, 0.21, 0.44, 0.92], "peer": [0.48, 0.26, 0.43, math.nan],
                          "bold": [False, True, False, False]}),
            **said("funnel", "加购这一步比同行低5个百分点", "The cart step is 5 points below peers"),
        ),
        charts.chart_heat(
            pd.DataFrame([{"row": t(f"2026年{m}月", f"2026-0{m}"), "column": str(c), "value": 0.12 / (c + 1) + m / 300,
                           "text": labels.format_value(0.12 / (c + 1) + m / 300, "pct", lang) if m + c < 9 else "",
                           "enough": m + c < 9} for m in range(3, 9) for c in range(6)]),
            **said("heat", "买过的人三个月内回来的占一成", "One in ten buyers is back within three months"),
            column_title=t("首购后第几个月", "Months after the first order"),
        ),
        charts.chart_strip(
            pd.DataFrame({"label": [f"款{i}" for i in range(40)] + [t("我的大容量", "My large cup"), HOSTILE[5]],
                          "x": [39 + (i * 37) % 110 for i in range(40)] + [59, 79],
                          "y": [100 * (1 + (i * 53) % 60) for i in range(40)] + [1_000, 400],
                          "x_low": [math.nan] * 42, "x_high": [math.nan] * 42, "own": [False] * 40 + [True] * 2}),
            **said("strip", "首页中位2,000+人付款,我最好的1,000+", "Page one has a median of 2,000+, my best 1,000+"),
            x_title=t("到手价", "Price"), y_title=t("付款人数", "Buyers"),
        ),
    ]  # fmt: skip


@cache
def demo_page(lang: str) -> Page:
    """The whole page: first screen, a section a chart, tables, the state of the data, methods."""
    t = lambda zh, en: _t(lang, zh, en)  # noqa: E731
    made = all_charts(lang)
    sections = [
        Section(chart.id, t(f"第{place}问:{chart.title}?", f"Question {place}: {chart.title}?"), (chart, _table(lang, chart.id)),
                how_to_read=t("点在灰带里就是正常,带外的点才找原因。", "Inside the grey band is normal; only points outside need a cause."))
        for place, chart in enumerate(made, 1)
    ]  # fmt: skip
    muted = TextPart(
        t("缺 同行数,从 生意参谋 > 市场 下载后可看。", "Peers are missing; download them under Market."), muted=True
    )
    sections[-1] = Section(sections[-1].key, sections[-1].question, (*sections[-1].parts, muted))
    return Page(
        slug="demo", lang=lang, screen=_screen(lang), sections=tuple(sections),
        health=(Note("rows", t("店铺日报:1 个文件,读 30 行,留 30 行。", "Shop days: 1 file, 30 rows read, 30 kept.")),
                Note("gap", HOSTILE[0] + t(" 缺 8月26日", " lacks 26 Aug"), "attention")),
        methods=((t("支付转化率", "Conversion"), t("支付买家数 ÷ 访客数(按日合计)。", "Paying buyers ÷ visitors, days added.")),
                 (HOSTILE[5], HOSTILE[0])),
        footer=(t("参数:grain=week", "Parameters: grain=week"), t("数据 3f0e9d788ee9(1 个文件)", "Data 3f0e9d788ee9 (1 file)")),
    )  # fmt: skip


def _table(lang: str, key: str) -> TablePart:
    t = lambda zh, en: _t(lang, zh, en)  # noqa: E731
    names = [t("手淘推荐", "Recommendation"), t("手淘搜索", "Search"), t("精准人群推广", "Crowd ads"), *HOSTILE]
    frame = pd.DataFrame(
        {
            "source": names,
            "visitors": [13_900, 12_120, 6_940, 5_820, 2_560, 2_010, 1_350, 31, 17],
            "rate": [0.0202, 0.0469, 0.0140, 0.0418, 0.0770, 0.1139, 0.0474, math.nan, math.nan],
            "change": [0.0012, -0.0031, -0.0058, 0.0, 0.0102, -0.02, 0.001, math.nan, math.nan],
            "amount": [18_500.0, 39_300, 6_400, 16_500, 13_800, 16_000, 4_200, 210, 99],
            "spend": [0.0, 0, 7_640, 5_600, 0, 0, 3_000, 0, 0],
        }
    )
    columns = (
        TableColumn("source", t("来源", "Source")),
        TableColumn("visitors", t("访客数", "Visitors"), "int", bar=True),
        TableColumn("rate", t("支付转化率", "Conversion"), "pct2"),
        TableColumn("change", t("变化", "Change"), "pp", signed=True),
        TableColumn("amount", t("支付金额", "Payment"), "money", bar=True),
        TableColumn("spend", t("推广花费", "Ad spend"), "money"),
    )
    return TablePart(key, frame, columns, t("按访客数排", "By visitors"), rows=7)


def _screen(lang: str) -> Screen:
    t = lambda zh, en: _t(lang, zh, en)  # noqa: E731
    spark = (12.0, 13.1, 12.4, None, 14.0, 13.2, 11.6)

    def card(label: str, value: str, lines: tuple[str, ...], direction: str, tone: str, suffix: str = "") -> Card:
        return Card(label, value, suffix, lines, direction, tone, spark, t(f"{label}近7天", f"{label}, 7 days"))

    return Screen(
        title=t("禾木杯具旗舰店(虚构) · 周报", "Hemu Cups (invented) · weekly report"),
        period=t("8月24日–30日 · 对比 8月17日–23日(含七夕 8/19)", "24–30 Aug · against 17–23 Aug (with Qixi, 19 Aug)"),
        verdict=t("卖了 11.64 万,在正常波动内;但推广多花 3,060 元、退款多,预估毛利少了 6,800 元(−19%)。",
                  "Sales of 116.4k are within normal noise; more ad spend and refunds cut the margin by 6.8k (−19 %)."),
        progress=Progress(t("8月目标 54.0万 · 已完成 50.56万 · 预计 52.2万(51.9~52.5)", "August target 540k · done 505.6k · "
                            "expected 522k (519 to 525)"), 0.936),
        cards=(
            card(t("支付金额", "Payment"), t("¥11.64万", "¥116.4k"), (t("较上周 −6.9%", "week before −6.9 %"),
                 t("较近4周 −2.4%", "last 4 weeks −2.4 %")), "down", ""),
            card(t("预估毛利", "Margin"), t("¥2.85万", "¥28.5k"), (t("较上周 −19.4%", "week before −19.4 %"),), "down", "attention"),
            card(t("访客数", "Visitors"), "43,820", (t("较上周 +6.2%", "week before +6.2 %"),), "up", "good", t("日合计", "visitor-days")),
            card(t("支付转化率", "Conversion"), "3.90%", (t("−0.58个百分点", "−0.58 pp"), t("同行同层 4.15%", "peers 4.15 %")), "down", "",
                 t("按日合计", "days added")),
            card(t("推广费占比", "Ad share"), "14.0%", (t("+3.4个百分点", "+3.4 pp"),), "up", "attention"),
            card(t("退款占比", "Refund share"), "8.5%", (t("+0.9个百分点", "+0.9 pp"),), "up", "attention", t("按退款日", "by refund day")),
        ),
        findings=(
            FindingView(t("「316大容量」转化 5.60%→4.39%,差评提漏水", "\"316 large\": conversion 5.60 → 4.39 %, reviews mention leaks"),
                        t("毛利约 −1.15万/30天(0.65~1.65万)", "Margin about −11.5k per 30 days (6.5k to 16.5k)"),
                        t("停发雾蓝批次并换密封圈,首屏加防漏说明", "Stop the misty blue batch, change the seal, say so on the page"),
                        t("采购·美工", "Purchasing, designer"), t("9月7日复看:商品支付转化率", "look again 7 Sep: item conversion"),
                        t("把握:高", "confidence: high"), "attention"),
            FindingView(t("精准人群推广加到 7,640 元,只回 0.84(保本 2.6)", "Crowd ads at 7,640 bring back 0.84 (break-even 2.6)"),
                        t("毛利约 −0.93万/30天(0.71~1.16万)", "Margin about −9.3k per 30 days (7.1k to 11.6k)"),
                        t("预算退回 4,580 元", "Take the budget back to 4,580"), t("推广", "Ads"),
                        t("9月14日复看(15天成交走完)", "look again 14 Sep, when 15 days are complete"), t("把握:中", "confidence: middle"),
                        "attention", mind=t("15天成交补齐后过 2.6", "the 15-day return passes 2.6")),
            FindingView(HOSTILE[0], t("毛利约 +0.86万/30天(0.47~1.25万)", "Margin about +8.6k per 30 days (4.7k to 12.5k)"),
                        HOSTILE[3], t("运营", "Operator"), t("9月7日复看:推荐加购率", "look again 7 Sep: cart rate"),
                        t("把握:高", "confidence: high"), "good", same_cause=True),
        ),
        due=(t("8月20日换的主图:看得出有用了", "Main image changed 20 Aug: it helped"), HOSTILE[1]),
        notes=(t("8/24–30 七天齐", "Seven days complete"), t("推广成交近15天未定", "ads of the last 15 days still move")),
        sample=True,
    )  # fmt: skip


@cache
def demo_made(lang: str) -> tuple[nbformat.NotebookNode, str]:
    """The page's notebook and its HTML, made once for all tests."""
    from shopnb.report.exporter import ShopnbExporter

    notebook = demo_notebook(demo_page(lang))
    return notebook, ShopnbExporter().from_notebook_node(notebook)[0]


def demo_batch(lang: str, shops: int = 30) -> list[dict[str, Any]]:
    """Rows of a batch over many shops: every state, missing files, failures, findings, quiet shops."""
    slugs = ("shop_overview", "traffic_sources", "listing_ab", "review_analysis", "market_sizing")
    page, rows = demo_page(lang).screen, []
    missing = {"problem": _t(lang, "缺「店铺日报」的数据。", "The daily report is missing."),
               "fix": _t(lang, "从 生意参谋 > 取数 下载。", "Download it.")}  # fmt: skip
    broken = {"problem": _t(lang, "文件打不开。", "The file does not open."), "fix": HOSTILE[0]}
    for number in range(shops):
        shop = _t(lang, f"示例{number}号杯具旗舰店", f"Example cups {number}")
        for place, slug in enumerate(slugs):
            state = "unchanged" if (number + place) % 7 == 3 else "done"
            row = {"shop": shop, "report": slug, "state": state, "path": f"{shop}/{slug}_2026-08-30.html"}
            loud = number % 3 == 0 and place < 2
            told = [
                {"text": one.headline, "money": one.money, "action": one.action, "owner": one.owner, "confidence": 0.9,
                 "amount": (-1) ** place * 1000.0 * (number + 1) / (turn + 1), "values": {"item": f"{place}{turn}"}}
                for turn, one in enumerate(page.findings)
            ]  # fmt: skip
            row["record"] = {"title": shop, "verdict": page.verdict, "findings": told if loud else [],
                             "period": {"end": "2026-08-30"}}  # fmt: skip
            if number % 8 == 1 and place in (0, 3):
                row |= {"state": "not_ready" if place else "skipped", "path": "", "record": {}, "error": missing}
            if number == 5 and place == 1:
                row |= {"state": "failed", "record": {}, "error": broken, "path": f"{shop}/{slug}.failed.html"}
            if number == 7 and place == 2:
                row["due"] = "2026-08-31"
            rows.append(row)
    return rows


def demo_notebook(page: Page) -> nbformat.NotebookNode:
    """An executed notebook that shows the page, as a report's notebook does."""
    shown = []
    for section in page.sections:
        for part in section.parts:
            if isinstance(part, ChartPart):
                data, metadata = charts.mime_bundle(part)
                shown.append(nbformat.v4.new_output("display_data", data=data, metadata=metadata))
    record = {
        "report": page.slug, "lang": page.lang, "title": page.screen.title,
        "findings": [{"code": "demo", "text": one.headline, "money": one.money, "action": one.action, "owner": one.owner,
                      "review_on": "2026-09-07"} for one in page.screen.findings],
        "figures": {"payment_conversion": {"value": 0.0376, "low": None, "high": 0.04, "unit": "share", "n": 9, "code": None}},
        "parameters": {"item": HOSTILE[2], "grain": "week", "items": list(HOSTILE)},
        "health": [{"code": note.code, "text": note.text} for note in page.health],
    }  # fmt: skip
    payload = carried(record, screen.page_payload(page))
    shown.append(nbformat.v4.new_output("display_data", data={RECORD_MIME: payload}))
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=shown, id="shown")])
