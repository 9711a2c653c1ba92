"""The simulated world: who came, what they bought, sent back and wrote. All files are read off one world."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sample.aftermath import Refund, Review, add_aftermath
from sample.catalogue import ACCESSORY, ITEMS, PAID, PRESALE, SOURCES
from sample.draw import Stream, added
from sample.plan import END, PRESALE_FROM, START, WARM_UP, DayPlan, days_between, plan_day

BROWSED = 0.30  # further items that a visitor looks at
NO_ITEM = 0.04  # visitors who see the shop page only
NO_ITEM_CONTENT = 0.62  # the same of live and short video
HOURS = (2, 1, 1, 1, 1, 1, 2, 3, 5, 6, 7, 6, 6, 6, 6, 6, 5, 5, 5, 7, 9, 10, 8, 5)
ADD_ON, ADD_ON_LOOKS = 0.05, 5  # orders with a brush set added; people who look at it for each one sold that way
UNPAID = 0.075  # orders never paid, of all orders
DAILY_NOISE = 0.035  # common to all sources: weather, other shops, luck
SOURCE_NOISE = 0.05


@dataclass(slots=True)
class Line:
    """One order line; amount in fen, after discounts."""

    item: int
    sku: int
    units: int
    amount: int


@dataclass(slots=True)
class Order:
    """One parent order. `paid_at` is None while unpaid (or, on presale, until the balance is due)."""

    number: str
    buyer: int
    is_returning: bool
    source: int
    is_pc: bool
    created_at: datetime
    paid_at: datetime | None
    lines: list[Line]
    sent_on: date | None = None
    signed_on: date | None = None
    refund: Refund | None = None
    review: Review | None = None

    @property
    def amount(self) -> int:
        """Amount of all lines, fen."""
        return sum(line.amount for line in self.lines)


@dataclass(slots=True)
class Day:
    """One simulated day. Lists are indexed by source, or by source and item."""

    plan: DayPlan
    people: list[int]  # by source of entry: distinct people of the day
    item_people: list[list[int]]  # [source][item]: people who saw the item
    cart_people: list[list[int]]
    favourite_people: list[list[int]]
    ad_cost: list[int]  # by source, fen
    orders: list[Order] = field(default_factory=list)

    @property
    def visitors(self) -> int:
        """Distinct people of the day."""
        return sum(self.people)

    def paid_orders(self) -> list[Order]:
        """Orders created and paid today."""
        return [order for order in self.orders if order.paid_at]

    def seen(self, item: int) -> int:
        """People who saw an item."""
        return sum(by_item[item] for by_item in self.item_people)


@dataclass(frozen=True)
class Setting:
    """Which world to draw: its seed, its size against the sample shop, its days, and whether truths are planted."""

    seed: int
    scale: float = 1.0
    first: date = WARM_UP
    start: date = START
    end: date = END
    planted: bool = True


@dataclass
class World:
    """All simulated days, by date."""

    setting: Setting
    days: dict[date, Day]

    def exported_days(self) -> list[date]:
        """The days that exports may show."""
        return days_between(self.setting.start, self.setting.end)

    def stream(self, name: str) -> Stream:
        """A stream for one file's own details (dwell times and the like)."""
        return Stream(self.setting.seed, name)

    def orders(self) -> list[Order]:
        """Every order of every day, in order of creation."""
        return [order for day in self.days.values() for order in day.orders]


def simulate(setting: Setting) -> World:
    """Draw a world; the same setting gives the same world on every machine."""
    traffic, buying = Stream(setting.seed, "traffic"), Stream(setting.seed, "buying")
    buyers: list[int] = []
    days = {}
    for moment in days_between(setting.first, setting.end):
        plan = plan_day(moment, setting.planted)
        day, first_views = _draw_traffic(traffic, plan, setting)
        _draw_orders(buying, day, first_views, buyers)
        _draw_presale(buying, day, setting)
        day.orders.sort(key=lambda order: order.created_at)
        for number, order in enumerate(day.orders):
            order.number = f"29{moment:%y%m%d}{number:07d}{order.buyer % 10000:04d}"
        days[moment] = day
    world = World(setting, days)
    bursts = {moment for moment, day in days.items() if day.plan.burst}
    add_aftermath(Stream(setting.seed, "aftermath"), world.orders(), bursts, planted=setting.planted)
    return world


def _item_weights(plan: DayPlan) -> list[float]:
    """Where first item pages go today: gifts draw more before the festival."""
    return [item.visits * (1 + plan.gift * item.gift * 0.55) for item in ITEMS]


def _draw_traffic(draw: Stream, plan: DayPlan, setting: Setting) -> tuple[Day, list[list[int]]]:
    """People by source and item; also the first item page of each (source, item), from which sales are drawn."""
    weights = _item_weights(plan)
    whole = added(weights)
    share = [weight / whole for weight in weights]
    common = draw.around(1.0, DAILY_NOISE)
    people, first_views, item_people, carts, favourites, costs = [], [], [], [], [], []
    for source in SOURCES:
        festival = 1 + source.gift * (plan.gift_visits - 1)
        level = source.people * plan.visits * festival * common * plan.by_source[source.key] * setting.scale
        came = draw.count(max(0.0, draw.around(level, SOURCE_NOISE)))
        no_item = draw.successes(came, NO_ITEM_CONTENT if source.key in ("直播", "短视频") else NO_ITEM)
        first = draw.split(came - no_item, weights)
        more = [draw.count(BROWSED * (came - no_item) * part) for part in share]
        if setting.planted and plan.day >= PRESALE_FROM and source.key not in PAID:
            more[PRESALE] += draw.count(0.035 * came)
        seen = [a + b for a, b in zip(first, more, strict=True)]
        people.append(came)
        first_views.append(first)
        item_people.append(seen)
        carts.append([_interested(draw, n, 0.092, source.rate, plan, i) for i, n in enumerate(seen)])
        favourites.append([_interested(draw, n, 0.036, source.rate, plan, i) for i, n in enumerate(seen)])
        costs.append(round(draw.around(source.cost * came, 0.02)) if source.cost else 0)
    return Day(plan, people, item_people, carts, favourites, costs), first_views


def _interested(draw: Stream, seen: int, level: float, source_rate: float, plan: DayPlan, item: int) -> int:
    """People who put an item in the cart or favour it: follows conversion, but half as steeply."""
    appeal = 0.5 + 0.5 * ITEMS[item].appeal if not ITEMS[item].presale else 0.8
    fault = 0.5 + 0.5 * plan.hero_rate if item == 0 else 1.0
    chance = level * appeal * fault * plan.carts * (0.65 + 0.35 * min(2.0, source_rate / 0.045))
    return draw.successes(seen, min(0.5, chance))


def _draw_orders(draw: Stream, day: Day, first_views: list[list[int]], buyers: list[int]) -> None:
    """Orders of the day from the first item pages; unpaid ones among them."""
    plan = day.plan
    weights = _item_weights(plan)
    mean_appeal = added(w * item.appeal for w, item in zip(weights, ITEMS, strict=True)) / added(weights)
    common = draw.around(1.0, DAILY_NOISE)
    for number, source in enumerate(SOURCES):
        entering = 1 - (NO_ITEM_CONTENT if source.key in ("直播", "短视频") else NO_ITEM)
        for item, seen in enumerate(first_views[number]):
            fault = plan.hero_rate if item == 0 else 1.0
            chance = source.rate * ITEMS[item].appeal / mean_appeal / entering * plan.rate * fault * common
            for _ in range(draw.successes(seen, min(0.9, chance))):
                order = _draw_order(draw, day, number, item, buyers)
                day.orders.append(order)
                buyers.append(order.buyer)
                if draw.happens(0.02):  # the same person orders again the same day
                    again = _draw_order(draw, day, number, item, buyers)
                    again.buyer, again.is_returning, again.paid_at = order.buyer, order.is_returning, again.created_at
                    day.orders.append(again)
            for _ in range(draw.successes(seen, min(0.9, chance * UNPAID))):
                order = _draw_order(draw, day, number, item, buyers)
                order.paid_at = None
                day.orders.append(order)


def _draw_order(draw: Stream, day: Day, source: int, item: int, buyers: list[int]) -> Order:
    """One order with its lines, buyer and time."""
    is_returning = draw.happens(SOURCES[source].returning)
    known = is_returning and len(buyers) > 500 and draw.happens(0.5)
    fresh = len(buyers) + 2_000_000 if not is_returning else draw.whole(1, 900_000)
    buyer = draw.pick(buyers) if known else fresh
    lines = [_draw_line(draw, day.plan, item)]
    if item != ACCESSORY and draw.happens(ADD_ON):
        lines.append(_draw_line(draw, day.plan, ACCESSORY))
        day.item_people[source][ACCESSORY] += ADD_ON_LOOKS
    created = _moment(draw, day.plan)
    return Order("", buyer, is_returning, source, draw.happens(0.018), created, created, lines)


def _draw_line(draw: Stream, plan: DayPlan, item: int) -> Line:
    facts = ITEMS[item]
    sku = draw.pick(range(len(facts.skus)), [sku.share for sku in facts.skus])
    units = 1 + draw.happens(facts.second_unit) + draw.happens(facts.second_unit / 4)
    coupon = draw.pick((0, 200, 500), (0.72, 0.18, 0.10))
    price = facts.price + facts.skus[sku].extra_price
    return Line(item, sku, units, max(100, round(price * plan.price) * units - coupon))


def _moment(draw: Stream, plan: DayPlan) -> datetime:
    """A time of the day; on days when a campaign opens at 20:00 the evening is heavy."""
    weights = [weight * (3 if plan.evening and hour >= 20 else 1) for hour, weight in enumerate(HOURS)]
    hour = draw.pick(range(24), weights)
    return datetime.combine(plan.day, time(hour, draw.whole(0, 59), draw.whole(0, 59)))


def _draw_presale(draw: Stream, day: Day, setting: Setting) -> None:
    """Deposits for the presale item: ordered today, paid only when the balance is due (after the sample's end)."""
    if not setting.planted or day.plan.day < PRESALE_FROM:
        return
    for _ in range(draw.successes(day.seen(PRESALE), 0.055)):
        line = _draw_line(draw, day.plan, PRESALE)
        number = draw.pick((0, 1, 4, 5))
        created = _moment(draw, day.plan)
        buyer = draw.whole(900_001, 1_900_000)
        day.orders.append(Order("", buyer, False, number, False, created, None, [line]))


def last_days(end: date, number: int) -> list[date]:
    """The `number` days that end with `end`."""
    return days_between(end - timedelta(days=number - 1), end)
