"""What happens to the sample shop on which day: weekdays, campaigns, the festival, and the planted truths.

The truths and traps planted here are described for people in `data/sample/TRUTH.md`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sample.catalogue import SOURCES

WARM_UP = date(2026, 4, 25)  # simulated, not exported: fills the pipeline of refunds and reviews
START = date(2026, 5, 25)
END = date(2026, 8, 30)
WEEKDAYS = (1.03, 1.02, 1.00, 0.99, 0.95, 0.97, 1.04)  # visitors, Monday first

FAULT_PAID_FROM = date(2026, 8, 13)  # 雾蓝 sent with the new seal
FAULT_SEEN_FROM = date(2026, 8, 18)  # first leak reviews: five days after payment at the earliest
CONTENT_FROM = date(2026, 7, 20)
CONTENT_SETTLED = date(2026, 8, 3)
MIX_FROM = date(2026, 8, 24)  # recommendation and crowd ads rise
PRESALE_FROM = date(2026, 8, 20)


@dataclass(frozen=True)
class Phase:
    """One campaign phase; `visits`, `rate` and `carts` multiply an ordinary day's."""

    name: str
    phase: str
    start: datetime
    end: datetime
    visits: float
    rate: float
    carts: float
    price: float = 1.0  # of the ordinary price
    strength: str = ""

    def share_of(self, day: date) -> float:
        """How much of a day's trade falls into the phase (0-1); the evening weighs more than its hours."""
        if not self.start.date() <= day <= self.end.date():
            return 0.0
        if day == self.start.date() and self.start.hour == 20:
            return 0.4
        if day == self.end.date() and self.end.hour == 20:
            return 0.6
        return 1.0


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)  # noqa: DTZ007 - the shop's own time zone


PHASES: tuple[Phase, ...] = (
    Phase("618第一波", "预热", _at("2026-05-26 00:00"), _at("2026-05-29 20:00"), 1.04, 0.90, 1.30),
    Phase("618第一波", "爆发", _at("2026-05-29 20:00"), _at("2026-06-01 23:59"), 1.40, 1.30, 1.10, 0.93, "满300减30"),
    Phase("618第二波", "预热", _at("2026-06-11 00:00"), _at("2026-06-15 20:00"), 1.06, 0.87, 1.40),
    Phase("618第二波", "爆发", _at("2026-06-15 20:00"), _at("2026-06-18 23:59"), 1.65, 1.50, 1.15, 0.90, "满300减50"),
    Phase("618第二波", "返场", _at("2026-06-19 00:00"), _at("2026-06-20 23:59"), 1.15, 1.12, 1.00, 0.93, "满300减30"),
    Phase("聚划算", "爆发", _at("2026-07-08 20:00"), _at("2026-07-10 23:59"), 1.30, 1.25, 1.05, 0.93, "聚划算9.3折"),
)
AFTER_DIP = {date(2026, 6, day): 0.88 + 0.02 * (day - 21) for day in range(21, 26)} | {
    date(2026, 6, 2): 0.92, date(2026, 6, 3): 0.95, date(2026, 7, 11): 0.94, date(2026, 7, 12): 0.96,
}  # fmt: skip
FESTIVAL = {  # 七夕 on 19 August: visitors, conversion, pull of gifts
    date(2026, 8, 15): (1.04, 1.00, 0.5),
    date(2026, 8, 16): (1.06, 1.01, 0.8),
    date(2026, 8, 17): (1.10, 1.03, 1.0),
    date(2026, 8, 18): (1.13, 1.04, 1.0),
    date(2026, 8, 19): (1.07, 1.01, 0.6),
    date(2026, 8, 20): (0.98, 0.98, 0.0),
}
FAULT_RATE = {date(2026, 8, 21): 0.97, date(2026, 8, 22): 0.94, date(2026, 8, 23): 0.90}
FAULT_RATE_FULL = 0.84


@dataclass(frozen=True)
class DayPlan:
    """What one day is like before chance: multipliers of an ordinary day."""

    day: date
    visits: float = 1.0
    rate: float = 1.0
    carts: float = 1.0
    price: float = 1.0
    gift: float = 0.0
    gift_visits: float = 1.0
    burst: bool = False
    evening: bool = False
    hero_rate: float = 1.0
    by_source: dict[str, float] = field(default_factory=dict)


def _content_share(day: date, planted: bool) -> dict[str, float]:
    """Live and short video: hardly anything before the launch, a fortnight of curiosity, then the settled level."""
    if not planted or day < CONTENT_FROM:
        return {"直播": 0.0, "短视频": 0.15}
    return {"直播": 1.9, "短视频": 3.2} if day < CONTENT_SETTLED else {}


def _hero_rate(day: date, planted: bool) -> float:
    """Conversion of 316大容量 against its ordinary level: follows the bad reviews by some days."""
    if not planted:
        return 1.0
    return FAULT_RATE_FULL if day >= MIX_FROM else FAULT_RATE.get(day, 1.0)


def plan_day(day: date, planted: bool) -> DayPlan:
    """The multipliers of one day."""
    visits, rate, carts, price = WEEKDAYS[day.weekday()], AFTER_DIP.get(day, 1.0), 1.0, 1.0
    burst = evening = False
    for phase in PHASES:
        share = phase.share_of(day)
        visits *= 1 + share * (phase.visits - 1)
        rate *= 1 + share * (phase.rate - 1)
        carts *= 1 + share * (phase.carts - 1)
        price *= 1 + share * (phase.price - 1)
        burst |= share > 0 and phase.phase == "爆发"
        evening |= share == 0.4
    gift_visits, gift_rate, gift = FESTIVAL.get(day, (1.0, 1.0, 0.0))
    by_source = {source.key: 1.0 for source in SOURCES} | _content_share(day, planted)
    if planted and day >= MIX_FROM:
        by_source |= {"手淘推荐": 1.50, "精准人群推广": 1.65}
    return DayPlan(
        day, visits, rate * gift_rate, carts, price, gift, gift_visits, burst, evening,
        _hero_rate(day, planted), by_source,
    )  # fmt: skip


def days_between(start: date, end: date) -> list[date]:
    """All days from start to end, both included."""
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]
