"""Which sources a visitor and a buyer came through: people overlap between sources, and come back on other days."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sample.catalogue import CONTENT, SOURCE, SOURCES
from sample.world import Order, World

EVERY, LAST = "每一次访问来源", "最后一次访问来源"
SECOND_SOURCE = 0.25  # of visitors who mean to buy: they come again through another source
BUYER_SECOND_SOURCE = 0.30
SECOND = {
    "手淘搜索": 0.33,
    "购物车": 0.22,
    "手淘推荐": 0.16,
    "我的淘宝": 0.20,
    "关键词推广": 0.06,
    "精准人群推广": 0.03,
}
REVISITS = {"购物车": 0.10, "我的淘宝": 0.10}  # of a source's visitors, per log of the period's days; others 0.072
REVISITS_ELSE = 0.072


@dataclass
class Share:
    """What one source had in one period."""

    visitors: int = 0
    carts: int = 0
    favourites: int = 0
    orders: list[Order] = field(default_factory=list)  # placed, paid or not
    paid: list[Order] = field(default_factory=list)

    @property
    def payers(self) -> int:
        """Distinct paying buyers."""
        return len({order.buyer for order in self.paid})

    @property
    def orderers(self) -> int:
        """Distinct buyers who placed an order."""
        return len({order.buyer for order in self.orders})

    @property
    def amount(self) -> int:
        """Paid amount, fen."""
        return sum(order.amount for order in self.paid)


class SourceBook:
    """Touches of every order, and the sources of any period, under a rule of attribution."""

    def __init__(self, world: World) -> None:
        self.world = world
        draw = world.stream("touches")
        names, weights = list(SECOND), list(SECOND.values())
        self.second: dict[int, int] = {}  # by id of the order: the source it came through last
        for order in world.orders():
            if draw.happens(BUYER_SECOND_SOURCE):
                source = SOURCE[draw.pick(names, weights)]
                if source != order.source:
                    self.second[id(order)] = source

    def sources_of(self, order: Order, rule: str) -> tuple[int, ...]:
        """The sources that an order counts for."""
        second = self.second.get(id(order))
        if second is None:
            return (order.source,)
        return (second,) if rule == LAST else (order.source, second)

    def day_visitors(self, day: date, rule: str) -> list[int]:
        """Visitors by source on one day; they sum to the shop's visitors under `LAST` and to more under `EVERY`."""
        people = self.world.days[day].people
        draw = self.world.stream(f"touches/{day}")
        came_again = [
            0 if source.key in CONTENT else round(SECOND_SOURCE * number * min(1.0, source.rate / 0.05))
            for number, source in zip(people, SOURCES, strict=True)
        ]
        dealt = dict(zip(SECOND, draw.split(sum(came_again), list(SECOND.values())), strict=True))
        visitors = [number + dealt.get(source.key, 0) for number, source in zip(people, SOURCES, strict=True)]
        if rule == LAST:
            visitors = [number - again for number, again in zip(visitors, came_again, strict=True)]
        return visitors

    def period(self, days: Sequence[date], rule: str) -> list[Share]:
        """All sources over a period, people counted once within a source."""
        cells = [Share() for _ in SOURCES]
        for day in days:
            facts = self.world.days[day]
            for number, visitors in enumerate(self.day_visitors(day, rule)):
                cells[number].visitors += visitors
                cells[number].carts += round(sum(facts.cart_people[number]) * 1.02)
                cells[number].favourites += sum(facts.favourite_people[number])
            for order in facts.orders:
                for number in self.sources_of(order, rule):
                    cells[number].orders.append(order)
                    if order.paid_at:
                        cells[number].paid.append(order)
        for number, source in enumerate(SOURCES):
            kept = 1 - REVISITS.get(source.key, REVISITS_ELSE) * math.log(len(days))
            cells[number].visitors = round(cells[number].visitors * kept)
            cells[number].carts = round(cells[number].carts * (kept + 0.03 if len(days) > 1 else 1))
            cells[number].favourites = round(cells[number].favourites * (kept + 0.03 if len(days) > 1 else 1))
        return cells
