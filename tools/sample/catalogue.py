"""What the sample shop sells and where its visitors come from. All names, ids and amounts are invented.

Money is in fen (1/100 yuan) everywhere in the simulation, so that sums are exact.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

SHOP_NAME = "禾木杯具旗舰店(虚构)"


@dataclass(frozen=True)
class Sku:
    """One variant: its share of the item's sales and its price above the item's, in fen."""

    name: str
    share: float
    extra_price: int = 0


@dataclass(frozen=True)
class Item:
    """One item on sale.

    `visits` is its weight among first item pages; `appeal` its conversion relative to the shop's mean visitor;
    `gift` how strongly a festival of gifts moves it; `second_unit` the chance that a buyer takes two.
    """

    item_id: str
    short_name: str
    title: str
    code: str
    category: str
    role: str
    owner: str
    listed_on: str
    price: int
    cost: int
    visits: float
    appeal: float
    skus: tuple[Sku, ...]
    gift: float = 0.0
    second_unit: float = 0.05
    presale: bool = False


def _skus(text: str) -> tuple[Sku, ...]:
    """Variants as the catalogue writes them: `name|name`, or `name*share+extra_price` where they differ."""
    parts = text.split("|")
    skus = []
    for part in parts:
        name, _, terms = part.partition("*")
        share, _, extra_price = terms.partition("+")
        skus.append(Sku(name, float(share) if share else 1 / len(parts), int(extra_price or 0)))
    return tuple(skus)


def _read_items() -> tuple[Item, ...]:
    """The items of `catalogue.csv`, in its order."""
    kinds = {"price": int, "cost": int, "visits": float, "appeal": float, "gift": float, "second_unit": float}
    items = []
    with Path(__file__).with_name("catalogue.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            numbers = {name: kind(row.pop(name)) for name, kind in kinds.items()}
            skus, presale = _skus(row.pop("skus")), row.pop("presale") == "1"
            items.append(Item(**row, **numbers, skus=skus, presale=presale))
    return tuple(items)


ITEMS = _read_items()
HERO = 0  # 316大容量
LEAKING_SKU = 0  # its 雾蓝
ACCESSORY = 13
PRESALE = 14


@dataclass(frozen=True)
class Source:
    """One entry to the shop: people on an ordinary day, their conversion, what a person costs in ads (fen)."""

    key: str
    people: float
    rate: float
    cost: float = 0.0
    returning: float = 0.16  # share of its buyers who bought before
    gift: float = 0.6  # how much of a festival's rise in visitors it takes


SOURCES: tuple[Source, ...] = (
    Source("手淘搜索", 1732, 0.0530, gift=1.7),
    Source("手淘推荐", 1316, 0.0208),
    Source("精准人群推广", 578, 0.0150, cost=114.6),
    Source("关键词推广", 804, 0.0473, cost=99.0),
    Source("我的淘宝", 374, 0.0830, returning=0.48),
    Source("购物车", 298, 0.1200, returning=0.40),
    Source("智能场景", 187, 0.0525, cost=229.0),
    Source("淘宝客", 139, 0.0430),
    Source("直播", 120, 0.0120),
    Source("短视频", 170, 0.0040),
)
SOURCE = {source.key: number for number, source in enumerate(SOURCES)}
PAID = ("关键词推广", "精准人群推广", "智能场景")
CONTENT = ("直播", "短视频")
