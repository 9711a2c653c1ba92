"""万相台 reports: scenes by day (71 columns) and creatives by day, GB18030 CSV in a zip.

Deals belong to the day of the click and arrive up to 15 days later, so the last days of every export are unfinished.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sample.catalogue import ITEMS, PAID, SOURCE
from sample.plan import days_between
from sample.touches import EVERY, SourceBook
from sample.workbook import Cell, columns, csv_bytes, write_zip

METRICS = columns(
    "展现量,点击量,花费,点击率,平均点击花费,千次展现花费,总预售成交金额,总预售成交笔数,直接预售成交金额,直接预售成交笔数,"
    "间接预售成交金额,间接预售成交笔数,直接成交金额,间接成交金额,总成交金额,总成交笔数,直接成交笔数,间接成交笔数,点击转化率,"
    "投入产出比,含预售投产比,总成交成本,总购物车数,直接购物车数,间接购物车数,加购率,收藏宝贝数,收藏店铺数,店铺收藏成本,"
    "总收藏加购数,总收藏加购成本,宝贝收藏加购数,宝贝收藏加购成本,总收藏数,宝贝收藏成本,宝贝收藏率,加购成本,拍下订单笔数,"
    "拍下订单金额,直接收藏宝贝数,间接收藏宝贝数,优惠券领取量,购物金充值笔数,购物金充值金额,旺旺咨询量,引导访问量,引导访问人数,"
    "引导访问潜客数,引导访问潜客占比,入会率,入会量,引导访问率,深度访问量,平均访问页面数,成交新客数,成交新客占比,会员首购人数,"
    "会员成交金额,会员成交笔数,成交人数,人均成交笔数,人均成交金额,自然流量转化金额,自然流量曝光量,平台补贴金额,补贴引导成交金额,"
    "发券补贴商品个数,补贴引导成交人数"
)
SCENE_HEADER = ["日期", "场景ID", "场景名字", *METRICS]
SCENES = {"关键词推广": ("371", 0.036, 1.06), "精准人群推广": ("372", 0.048, 1.05), "智能场景": ("361", 0.055, 1.04)}
CLICK_LAG = ((0, 0.70), (1, 0.10), (2, 0.06), (3, 0.04), (5, 0.04), (8, 0.03), (12, 0.02), (15, 0.01))
DIRECT = 0.74  # deals of the item that was clicked


@dataclass
class Traffic:
    """What one ad row counted: impressions, clicks, cost (fen), carts, and its deals."""

    impressions: int
    clicks: int
    cost: int
    carts: int
    direct_amount: int = 0
    indirect_amount: int = 0
    direct_orders: int = 0
    indirect_orders: int = 0


def _ratio(part: float, whole: float, digits: int) -> str:
    """A decimal, blank where it is not defined, as the report writes it."""
    return f"{part / whole:.{digits}f}".rstrip("0").rstrip(".") if whole else ""


def metric_cells(row: Traffic) -> list[Cell]:
    """The 68 metrics of a row; what the sample does not simulate is 0 or blank, as in real rows."""
    amount = row.direct_amount + row.indirect_amount
    deals = row.direct_orders + row.indirect_orders
    favourites, visits = round(row.carts * 0.31), round(row.clicks * 1.12)
    known: dict[str, str] = {
        "展现量": str(row.impressions), "点击量": str(row.clicks), "花费": f"{row.cost / 100:.2f}",
        "点击率": _ratio(row.clicks, row.impressions, 5), "平均点击花费": _ratio(row.cost / 100, row.clicks, 2),
        "千次展现花费": _ratio(row.cost * 10, row.impressions, 2),
        "直接成交金额": f"{row.direct_amount / 100:.2f}", "间接成交金额": f"{row.indirect_amount / 100:.2f}",
        "总成交金额": f"{amount / 100:.2f}", "总成交笔数": str(deals), "直接成交笔数": str(row.direct_orders),
        "间接成交笔数": str(row.indirect_orders), "点击转化率": _ratio(deals, row.clicks, 5),
        "投入产出比": _ratio(amount, row.cost, 2), "含预售投产比": _ratio(amount, row.cost, 2),
        "总成交成本": _ratio(row.cost / 100, deals, 2), "总购物车数": str(row.carts),
        "直接购物车数": str(round(row.carts * 0.8)), "间接购物车数": str(row.carts - round(row.carts * 0.8)),
        "加购率": _ratio(row.carts, row.clicks, 5), "收藏宝贝数": str(favourites), "总收藏数": str(favourites),
        "总收藏加购数": str(row.carts + favourites),
        "总收藏加购成本": _ratio(row.cost / 100, row.carts + favourites, 2),
        "宝贝收藏加购数": str(row.carts + favourites), "宝贝收藏率": _ratio(favourites, row.clicks, 5),
        "宝贝收藏加购成本": _ratio(row.cost / 100, row.carts + favourites, 2),
        "宝贝收藏成本": _ratio(row.cost / 100, favourites, 2), "加购成本": _ratio(row.cost / 100, row.carts, 2),
        "拍下订单笔数": str(deals), "拍下订单金额": f"{amount / 100:.2f}", "直接收藏宝贝数": str(favourites),
        "引导访问量": str(visits), "引导访问人数": str(round(row.clicks * 0.94)), "成交人数": str(deals),
        "引导访问率": _ratio(visits, row.impressions, 5),
    }  # fmt: skip
    blank = (
        "店铺收藏成本",
        "引导访问潜客占比",
        "入会率",
        "平均访问页面数",
        "成交新客占比",
        "人均成交笔数",
        "人均成交金额",
    )
    return [known.get(name, "" if name in blank else "0") for name in METRICS]


class AdBook:
    """Deals of every scene by day of the click, with the day on which they became known."""

    def __init__(self, sources: SourceBook) -> None:
        self.world = sources.world
        self.deals: dict[tuple[date, str], list[tuple[date, int, bool]]] = defaultdict(list)
        draw = self.world.stream("ad deals")
        lags, weights = [lag for lag, _ in CLICK_LAG], [weight for _, weight in CLICK_LAG]
        for order in self.world.orders():
            paid_by = [key for key in PAID if SOURCE[key] in sources.sources_of(order, EVERY)]
            if order.paid_at is None or not paid_by:
                continue
            bought = order.created_at.date()
            clicked = bought - timedelta(days=draw.pick(lags, weights))
            self.deals[clicked, paid_by[0]].append((bought, order.amount, draw.happens(DIRECT)))

    def scene_row(self, day: date, scene: str, made_on: date) -> Traffic:
        """One scene on one day, as known the day before the export was made."""
        _, click_rate, clicks_each = SCENES[scene]
        draw = self.world.stream(f"scene/{day}/{scene}")
        number = SOURCE[scene]
        facts = self.world.days[day]
        clicks = round(facts.people[number] * clicks_each)
        impressions = round(clicks / draw.around(click_rate, 0.025))
        row = Traffic(impressions, clicks, facts.ad_cost[number], round(sum(facts.cart_people[number]) * 1.05))
        for bought, amount, is_direct in self.deals[day, scene]:
            if bought < made_on and is_direct:
                row.direct_amount, row.direct_orders = row.direct_amount + amount, row.direct_orders + 1
            elif bought < made_on:
                row.indirect_amount, row.indirect_orders = row.indirect_amount + amount, row.indirect_orders + 1
        return row


def write_scenes(folder: Path, book: AdBook, made_on: date, days: Sequence[date]) -> None:
    """The scene report of some days as downloaded on `made_on`."""
    rows: list[list[Cell]] = [[*SCENE_HEADER]]
    for day in days:
        for scene, (scene_id, _, _) in SCENES.items():
            row = book.scene_row(day, scene, made_on)
            rows.append([day.isoformat(), scene_id, scene, *metric_cells(row)])
    name = f"营销场景报表_{made_on:%Y%m%d}_101500"
    write_zip(folder / f"{name}.zip", f"{name}.csv", csv_bytes(rows, "gb18030"))


CREATIVE_HEADER = [
    *columns("日期,场景ID,场景名字,计划ID,计划名字,主体ID,主体类型,主体名称,创意ID,创意名称,投放方式"),
    *METRICS,
]


@dataclass(frozen=True)
class Creative:
    """One image: its true click rate, and its share of each day's impressions."""

    creative_id: str
    name: str
    click_rate: float
    shares: tuple[float, ...]


@dataclass(frozen=True)
class CreativeTest:
    """One test of images on one item."""

    item: int
    plan_id: str
    plan: str
    rotation: str
    start: date
    daily_impressions: int
    creatives: tuple[Creative, ...]


MAIN_IMAGE = CreativeTest(
    0, "90017001", "316大容量-关键词", "优选", date(2026, 8, 24), 19600,
    (
        Creative("700101", "A现用图", 0.0340, (0.25, 0.28, 0.30, 0.30, 0.31, 0.32, 0.33)),
        Creative("700102", "B办公桌场景", 0.0392, (0.25, 0.32, 0.39, 0.46, 0.50, 0.53, 0.55)),
        Creative("700103", "C参照物", 0.0320, (0.25, 0.22, 0.18, 0.15, 0.13, 0.11, 0.09)),
        Creative("700104", "D白底", 0.0280, (0.25, 0.18, 0.13, 0.09, 0.06, 0.04, 0.03)),
    ),
)  # fmt: skip
KIDS_IMAGE = CreativeTest(
    2, "90017002", "儿童吸管-关键词", "轮播", date(2026, 7, 22), 6200,
    (
        Creative("700201", "E现用图", 0.0360, (0.5,) * 12),
        Creative("700202", "F教室场景", 0.0360, (0.5,) * 12),
    ),
)  # fmt: skip
WEEKDAY_CLICKS = (0.95, 0.96, 0.97, 0.98, 1.00, 1.06, 1.08)  # weekends click more, for every image


def write_creatives(folder: Path, book: AdBook, test: CreativeTest, made_on: date) -> None:
    """A test's days by creative. Days differ for all images alike; the platform moves impressions under 优选."""
    days = days_between(test.start, test.start + timedelta(days=len(test.creatives[0].shares) - 1))
    item = ITEMS[test.item]
    rows: list[list[Cell]] = [[*CREATIVE_HEADER]]
    for number, day in enumerate(days):
        draw = book.world.stream(f"creatives/{test.plan_id}/{day}")
        impressions = draw.split(
            round(draw.around(test.daily_impressions, 0.05)), [creative.shares[number] for creative in test.creatives]
        )
        level = WEEKDAY_CLICKS[day.weekday()] * draw.around(1.0, 0.02)
        for creative, shown in zip(test.creatives, impressions, strict=True):
            clicks = draw.successes(shown, creative.click_rate * level)
            cost = round(clicks * draw.around(96, 0.02))
            row = Traffic(shown, clicks, cost, draw.successes(clicks, 0.10))
            row.direct_orders, row.indirect_orders = draw.successes(clicks, 0.026), draw.successes(clicks, 0.008)
            row.direct_amount, row.indirect_amount = row.direct_orders * item.price, row.indirect_orders * 6500
            head = [day.isoformat(), "371", "关键词推广", test.plan_id, test.plan, item.item_id, "商品", item.title]
            rows.append([*head, creative.creative_id, creative.name, test.rotation, *metric_cells(row)])
    name = f"创意报表_{made_on:%Y%m%d}_102000"
    write_zip(folder / f"{name}.zip", f"{name}.csv", csv_bytes(rows, "gb18030"))
