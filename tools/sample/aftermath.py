"""What follows a paid order: dispatch, refund, review. Refunds and reviews lag; the planted fault acts here."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from sample.catalogue import HERO, LEAKING_SKU
from sample.draw import Stream
from sample.plan import FAULT_PAID_FROM

if TYPE_CHECKING:
    from sample.world import Order

REFUND_SHARE = 0.081
REFUND_BURST = 1.45  # orders of campaign days come back more often
BEFORE_DISPATCH = 0.38
LEAKING = 0.45  # of the faulty batch
LEAK_REFUND, LEAK_REVIEW = 0.30, 0.34
DEFAULT_REVIEW, WRITTEN_REVIEW = 0.106, 0.064
NEGATIVE, NEUTRAL = 0.070, 0.05
NO_TEXT, PRAISE, COMPLAINT, BLAND = 0, 1, -1, 2  # what a review says
COMPLAINTS = {"漏水": 0.24, "物流": 0.24, "做工": 0.13, "异味": 0.12, "保温": 0.10, "色差": 0.09, "客服": 0.08}
CAUSES = {
    "不喜欢/不想要": 0.34, "多拍/错拍": 0.16, "7天无理由退换货": 0.22, "未按约定时间发货": 0.05,
    "与商品描述不符": 0.09, "质量问题": 0.08, "少件/破损": 0.06,
}  # fmt: skip


@dataclass(slots=True)
class Refund:
    """One refund case of one order line; amount in fen."""

    line: int
    applied_at: datetime
    closed_at: datetime
    amount: int
    reason: str
    is_before_dispatch: bool


@dataclass(slots=True)
class Review:
    """One review; `says` is NO_TEXT (left by the platform), PRAISE, COMPLAINT (then `complaint` names it) or BLAND."""

    at: datetime
    says: int
    complaint: str = ""

    @property
    def is_default(self) -> bool:
        """Left by the platform because the buyer wrote nothing."""
        return self.says == NO_TEXT


def add_aftermath(draw: Stream, orders: Sequence[Order], burst_days: Set[date], *, planted: bool) -> None:
    """Fill `sent_on`, `signed_on`, `refund` and `review` of every paid order."""
    for order in orders:
        if order.paid_at is None:
            continue
        paid_on = order.paid_at.date()
        order.sent_on = paid_on + timedelta(days=int(order.paid_at.hour >= 17) + int(draw.happens(0.06)))
        order.signed_on = order.sent_on + timedelta(days=draw.pick((2, 3, 4, 5), (0.38, 0.40, 0.16, 0.06)))
        leaks = planted and _is_faulty(order, paid_on) and draw.happens(LEAKING)
        chance = REFUND_SHARE * (REFUND_BURST if paid_on in burst_days else 1.0)
        _add_refund(draw, order, chance, leaks=leaks)
        _add_review(draw, order, leaks=leaks)


def _is_faulty(order: Order, paid_on: date) -> bool:
    first = order.lines[0]
    return paid_on >= FAULT_PAID_FROM and (first.item, first.sku) == (HERO, LEAKING_SKU)


def _add_refund(draw: Stream, order: Order, chance: float, *, leaks: bool) -> None:
    usual = draw.happens(chance)
    if leaks and draw.happens(LEAK_REFUND):
        _set_refund(order, draw, lag=draw.whole(5, 10), reason="质量问题", before=False)
    elif usual and draw.happens(BEFORE_DISPATCH):
        _set_refund(order, draw, lag=0, reason=draw.pick(("不喜欢/不想要", "多拍/错拍"), (0.6, 0.4)), before=True)
        order.sent_on = order.signed_on = None
    elif usual:
        lag = draw.pick(range(4, 19), (3, 5, 7, 9, 10, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1))
        _set_refund(order, draw, lag=lag, reason=draw.pick(list(CAUSES), list(CAUSES.values())), before=False)


def _set_refund(order: Order, draw: Stream, *, lag: int, reason: str, before: bool) -> None:
    assert order.paid_at is not None
    number = 0 if len(order.lines) == 1 else draw.whole(0, 1) * int(reason != "质量问题")
    amount = order.lines[number].amount
    if not before and draw.happens(0.07):
        amount = round(amount * 0.3)
    hours = draw.whole(1, 6)
    closed = order.paid_at + timedelta(days=lag, hours=hours) if lag else order.paid_at + timedelta(hours=hours)
    applied = order.paid_at + timedelta(days=max(0, lag - 2), minutes=draw.whole(5, 55))
    order.refund = Refund(number, applied, closed, amount, reason, before)


def _add_review(draw: Stream, order: Order, *, leaks: bool) -> None:
    if order.signed_on is None:
        return
    kind, hour = draw.share(), time(draw.whole(8, 22), draw.whole(0, 59), draw.whole(0, 59))
    assert order.paid_at is not None
    if leaks and kind < LEAK_REVIEW:
        day = order.paid_at.date() + timedelta(days=draw.whole(5, 10))
        order.review = Review(datetime.combine(day, hour), COMPLAINT, "漏水")
    elif kind < WRITTEN_REVIEW:
        day = order.signed_on + timedelta(days=draw.pick(range(1, 13), (9, 9, 8, 7, 6, 5, 4, 3, 3, 2, 2, 2)))
        mood = draw.share()
        says = COMPLAINT if mood < NEGATIVE else BLAND if mood < NEGATIVE + NEUTRAL else PRAISE
        complaint = draw.pick(list(COMPLAINTS), list(COMPLAINTS.values())) if says == COMPLAINT else ""
        order.review = Review(datetime.combine(day, hour), says, complaint)
    elif kind < WRITTEN_REVIEW + DEFAULT_REVIEW:
        day = order.signed_on + timedelta(days=15)
        order.review = Review(datetime.combine(day, hour), NO_TEXT)
