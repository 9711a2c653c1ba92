"""A search listing as a plug-in saves it: five columns, buckets for numbers, repeats of paid and organic slots."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sample.catalogue import ITEMS, SHOP_NAME
from sample.draw import Stream, added
from sample.items import ItemBook
from sample.workbook import Cell, csv_bytes
from sample.world import last_days


@dataclass(frozen=True)
class Band:
    """A price band (yuan): its share of the items and of the money."""

    low: float
    high: float
    items: float
    money: float


@dataclass(frozen=True)
class Search:
    """One search of the market: distinct items and money (fen a month) without ours, and the words of its titles.

    `top_share` is held by the four largest shops, in every price band; `straw` is the share of straw cups by band.
    """

    query: str
    on_sale: int
    market: int
    top_share: float
    bands: tuple[Band, ...]
    straw: tuple[float, ...]
    noun: str
    sizes: tuple[str, ...]
    users: tuple[str, ...]
    ours: tuple[str, ...]


LARGE = Search(
    "保温杯大容量", 880, 6_000_000_000, 0.29,
    (Band(12, 20, 0.14, 0.04), Band(20, 40, 0.31, 0.19), Band(40, 60, 0.19, 0.25),
     Band(60, 90, 0.13, 0.27), Band(90, 150, 0.14, 0.17), Band(150, 320, 0.09, 0.08)),
    (0.10, 0.16, 0.20, 0.24, 0.18, 0.10), "保温杯",
    ("大容量", "1000ml大容量", "1.5L大容量", "1200ml", "超大容量", "800ml"),
    ("男女学生", "男士车载", "女生", "儿童上学", "户外运动", "办公室", "孕妇", "健身房"),
    ("HM-316L", "HM-500", "HM-316B", "HM-CAR"),
)  # fmt: skip
KIDS = Search(  # smaller and in many hands: the other side of choosing a category
    "儿童吸管杯", 300, 1_500_000_000, 0.12,
    (Band(12, 25, 0.25, 0.12), Band(25, 40, 0.35, 0.33), Band(40, 60, 0.24, 0.34),
     Band(60, 90, 0.11, 0.15), Band(90, 150, 0.05, 0.06)),
    (0.0,) * 5, "儿童吸管杯",
    ("350ml", "480ml", "600ml", "500ml", "小容量"),
    ("幼儿园", "小学生", "宝宝学饮", "男童", "女童", "夏季上学"),
    ("HM-KID",),
)  # fmt: skip
TOP_SHOPS = {"青屿杯壶旗舰店": 0.38, "北麓户外旗舰店": 0.28, "诺塔生活旗舰店": 0.20, "小满器物旗舰店": 0.14}
FIRST = tuple("云木禾山溪竹星海沐朴白青暖知鹿麦拾归南初")
SECOND = tuple("里野夏舟屋禾间言舍木集棠北光岸柚田石")
KINDS = ("旗舰店", "专营店", "家居店", "杯壶店", "百货", "生活馆", "工厂店")
PLACES = (
    "浙江 金华", "浙江 永康", "广东 潮州", "广东 广州", "江苏 苏州",
    "上海", "安徽 合肥", "福建 泉州", "山东 济南", "北京",
)  # fmt: skip
LEADS = ("新款", "2026新款", "高颜值", "网红", "正品", "大号", "便携", "")
MATERIALS = ("316不锈钢", "304不锈钢", "钛合金", "陶瓷内胆", "真空", "Tritan")
TAILS = ("水杯", "水壶", "杯子", "便携杯", "茶杯", "运动水壶", "泡茶壶")
STRAW_BAND, STRAW_MONEY = 3, 0.38  # in 60-90 yuan straw cups take more money than their share of items


@dataclass(frozen=True)
class Offer:
    """One distinct item on sale; `sold` is the true number of people, shown as a bucket."""

    title: str
    shop: str
    place: str
    price: int
    sold: int


def shown(people: int) -> str:
    """The platform's ladder: exact below 100, then the floor of its step with a plus sign."""
    if people < 100:
        return f"{people}人付款"
    if people >= 10_000:
        return f"{people // 10_000}万+人付款"
    step = 100 if people < 1_000 else 1_000
    return f"{people // step * step}+人付款"


def market_offers(draw: Stream, search: Search) -> list[Offer]:
    """Rivals' items: counts follow the bands' shares of items, amounts their shares of money."""
    shops = _small_shops(draw)
    offers = []
    for number, band in enumerate(search.bands):
        size = round(search.on_sale * band.items)
        top = max(4, round(size * 0.11))
        owners = [draw.pick(list(TOP_SHOPS), list(TOP_SHOPS.values())) for _ in range(top - 4)] + list(TOP_SHOPS)
        owners += [draw.pick(shops) for _ in range(size - top)]
        offers += _band_offers(draw, search, number, owners)
    return offers


def _small_shops(draw: Stream) -> list[str]:
    names = [first + second + kind for first in FIRST for second in SECOND for kind in KINDS]
    return draw.shuffled([name for name in names if "禾木" not in name])[:310]


def _band_offers(draw: Stream, search: Search, number: int, owners: list[str]) -> list[Offer]:
    """One band's offers; the four large shops get their share of its money, the others the rest."""
    band = search.bands[number]
    has_straw = [draw.happens(search.straw[number]) for _ in owners]
    weights = [math.exp(min(2.4, 1.15 * draw.normal())) for _ in owners]
    if number == STRAW_BAND and any(has_straw):
        weights = _dealt(weights, has_straw, STRAW_MONEY)
    weights = [weight * TOP_SHOPS.get(owner, 1.0) for weight, owner in zip(weights, owners, strict=True)]
    weights = _dealt(weights, [owner in TOP_SHOPS for owner in owners], search.top_share)
    offers = []
    for owner, straw, weight in zip(owners, has_straw, weights, strict=True):
        price = round((band.low + (band.high - band.low) * draw.share() * 0.97) * 10) * 10
        sold = round(search.market * band.money * weight / price)
        place = "" if draw.happens(0.12) else draw.pick(PLACES)
        offers.append(Offer(_title(draw, search, owner, straw), owner, place, price, sold))
    return offers


def _dealt(weights: list[float], chosen: list[bool], share: float) -> list[float]:
    """Weights rescaled so that the chosen ones hold `share` of their sum, which becomes 1."""
    inside = added(weight for weight, is_chosen in zip(weights, chosen, strict=True) if is_chosen)
    outside = added(weights) - inside
    return [
        weight * (share / inside if is_chosen else (1 - share) / outside)
        for weight, is_chosen in zip(weights, chosen, strict=True)
    ]


def _title(draw: Stream, search: Search, owner: str, straw: bool) -> str:
    words = [owner[:2], draw.pick(LEADS), draw.pick(MATERIALS), search.noun, "吸管杯" if straw else "",
             draw.pick(search.sizes), draw.pick(search.users), draw.pick(TAILS)]  # fmt: skip
    return "".join(words)


def own_offers(book: ItemBook, search: Search, snapshot: date) -> list[Offer]:
    """Our cups that the search finds, with the buyers of the last 30 days."""
    days = last_days(snapshot, 30)
    offers = []
    for number, item in enumerate(ITEMS):
        if item.code in search.ours:
            buyers = {order.buyer for day in days for order in book.orders[day, number] if order.paid_at}
            offers.append(Offer(item.title, SHOP_NAME, "浙江 金华", item.price, len(buyers)))
    return offers


def listing_lines(draw: Stream, offers: list[Offer]) -> list[Offer]:
    """Lines in page order: organic rank follows sales loosely, every fourth line is a paid repeat."""
    ranked = sorted(offers, key=lambda offer: -(math.log(offer.sold + 5) + 1.1 * draw.normal()))
    bidders = [offer for offer in ranked if draw.happens(0.30)]
    lines: list[Offer] = []
    for number, offer in enumerate(ranked):
        if number % 3 == 0:
            lines.append(draw.pick(bidders))
        lines.append(offer)
    return lines


def placeholders() -> list[Offer]:
    """Offers that are none: postage links and custom work at a price nobody pays."""
    titles = ("补差价专用链接请勿单独拍", "杯子定制LOGO联系客服勿拍", "运费补拍专用", "企业团购定制保温杯咨询链接")
    return [Offer(title, "云里工厂店", "", 9_999_900, number) for number, title in enumerate(titles)]


def write_listing(folder: Path, book: ItemBook, search: Search, snapshot: date) -> None:
    """The snapshot of one search, GB18030, as plug-ins save it for Excel."""
    draw = book.world.stream("listing" if search is LARGE else f"listing {search.query}")
    lines = listing_lines(draw, market_offers(draw, search) + own_offers(book, search, snapshot))
    if search is LARGE:
        for number, offer in enumerate(placeholders()):
            lines.insert(180 + 240 * number, offer)
    rows: list[list[Cell]] = [["商品名称", "店铺名称", "地址", "售价", "付款情况"]]
    rows += [[line.title, line.shop, line.place, f"{line.price / 100:.2f}", shown(line.sold)] for line in lines]
    path = folder / f"{search.query}_{snapshot:%Y%m%d}.csv"
    path.write_bytes(csv_bytes(rows, "gb18030"))
