"""A rich invented page in both languages: every chart form, and hostile names where a shop's own words go."""

from __future__ import annotations

import datetime as dt
import math

import pandas as pd

from shopnb import charts, labels
from shopnb.view import (
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
    made = [
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
    return made
