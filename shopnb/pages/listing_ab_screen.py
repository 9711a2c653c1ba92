"""First screen of a test of versions: one sentence what to do, the cards."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

from shopnb import labels, view
from shopnb.metrics.listing_money import loss_amount
from shopnb.metrics.listing_states import DECIDED, LONGEST, PARTS, Arm, Comparison, State
from shopnb.stats import Estimate

if TYPE_CHECKING:
    from shopnb.pages.listing_ab import ListingAb

_NOT_CERTAIN = (State.TOO_FEW, State.SAMPLE_RATIO, State.CONFOUNDED, State.NO_COMMON)


def words_of(page: ListingAb) -> dict[str, Any]:
    """Names and sizes that sentences about the best version need; none where nothing is compared."""
    made = page.numbers.comparison
    best = made.best
    if best is None:
        return {}
    return {
        "winner": best.variant,
        "current": made.arms[0].variant,
        "metric": page.metric_name(),
        "gap_text": page.amount(abs(best.difference.estimate)),
        "zone_text": page.amount(made.zone),
        "cart_text": _behind_text(page, "cart_rate"),
        "refund_text": _behind_text(page, "refund_rate"),
        "wait_text": _wait_text(page),
    }


def _wait_text(page: ListingAb) -> str:
    """What waiting costs: the test's own spend, and what the better version would have saved."""
    n, current = page.numbers, page.numbers.comparison.current
    if n.comparison.state is not State.WAIT or n.counts is None or current is None or math.isnan(n.cost_per_day):
        return ""
    lost = loss_amount(n.counts, n.comparison, current) / 30
    key = "wait_cost_lost" if lost > 0 else "wait_cost"
    return page.text(key, cost=n.cost_per_day * n.comparison.wait_days, lost=lost)


def verdict(page: ListingAb) -> str:
    """One sentence: what to do, with the main figure."""
    n, made = page.numbers, page.numbers.comparison
    values: dict[str, Any] = {"metric": page.metric_name(), "test": n.test.name}
    values["disturbed"] = page.disturbed_text(n.disturbed.own or n.disturbed.shared)
    if made.arms:
        values |= {"variant": made.arms[0].variant, "days": made.days, "fewest": _fewest(made)}
    if made.state is State.NO_COUNTS:
        values["columns"] = _needed_columns(page)
    if made.best is None:
        told = page.text(f"design.{page.rotation}") if page.rotation else ""
        key = "undated_told" if made.state is State.UNDATED and told else str(made.state)
        return page.text(f"verdict.{key}", **values, design=told)
    gap = made.best.difference
    values |= words_of(page) | {
        "range": page.range_text(gap, turned=made.state is State.KEEP),
        "high_text": page.amount(gap.high),
        "risk": max(1 - made.best.chance, 0.01),
        "wait": made.wait_days,
        "longest": LONGEST,
        "p": made.sample_ratio_p,
        "way": page.text("higher" if gap.estimate >= 0 else "lower"),
    }
    if made.state is State.WAIT:
        return _unfinished(page, values)
    key = "brake_refunds" if made.brake == "refund_rate" else str(made.state)
    sentence = page.text(f"verdict.{key}", **values)
    if made.state is State.SWITCH:
        money = n.saving
        if money.code:
            return sentence + page.text("verdict.stop")
        ends = labels.format_range(money.low, money.high, "money", page.lang)
        return sentence + page.text("verdict.saves", amount=money.amount, range=ends)
    return sentence


def _behind_text(page: ListingAb, metric: str) -> str:
    """How far apart the two versions are on a rate after the click, without a sign."""
    gap = page.numbers.behind.get(metric, Estimate(math.nan))
    return labels.format_value(abs(gap.estimate), "pp", page.lang).lstrip("+")


def _unfinished(page: ListingAb, values: dict[str, Any]) -> str:
    n = page.numbers
    last = n.period.end if n.period else dt.date.min
    until = last + dt.timedelta(days=int(n.comparison.wait_days))
    cost = n.cost_per_day * n.comparison.wait_days
    key = "verdict.wait" if math.isnan(cost) else "verdict.wait_cost"
    return page.text(key, **values, until=until, cost=cost)


def _needed_columns(page: ListingAb) -> str:
    parts = PARTS[page.numbers.comparison.metric]
    mark = labels.text("common.list_mark", page.lang)
    return mark.join(labels.heading(part, page.lang) for part in parts)


def cards(page: ListingAb) -> list[view.Card]:
    """Four to six numbers."""
    made = page.numbers.comparison
    if not made.arms:
        return []
    shown = [_arm_card(page, arm) for arm in made.arms[:4]]
    best = made.best
    if best is None or made.state in (State.UNDATED, State.ONE_DAY):
        return shown
    certain = math.nan if made.state in _NOT_CERTAIN else best.chance
    line = page.text("chance_line", winner=best.variant, current=made.arms[0].variant)
    chance = view.Card(page.text("chance"), page.chance_text(certain), lines=(line,))
    if not made.days:
        return [*shown, chance]
    return [*shown, chance, _days_card(page)]


def _days_card(page: ListingAb) -> view.Card:
    made = page.numbers.comparison
    decided = made.state in DECIDED
    days = 0.0 if decided else made.wait_days
    value = labels.format_value(days, "int", page.lang)
    if made.state is State.HOPELESS:
        value = page.text("days_never", longest=LONGEST)
    line = page.text("days_enough" if decided else "days_so_far", days=made.days)
    return view.Card(page.text("to_go"), value, lines=(line,))


def _arm_card(page: ListingAb, arm: Arm) -> view.Card:
    made = page.numbers.comparison
    kind = "pct2" if made.is_share else "number"
    lines = [page.text(f"trials.{page.trials_kind}", count=arm.trials)]
    direction: view.Direction = ""
    if not arm.enough:
        lines.append(page.text("too_few"))
    elif arm.difference.is_known:
        gap = labels.format_value(arm.difference.estimate, page.kind, page.lang)
        lines.insert(0, page.text("than_current", gap=gap))
        direction = "up" if arm.difference.estimate > 0 else "down"
    tone: view.Tone = ""
    if made.state is State.SWITCH and arm is made.best:
        tone = "good"
    return view.Card(
        label=arm.variant if len(arm.variant) <= 12 else f"{arm.variant[:11]}…",
        suffix=page.text("current") if arm.is_current else "",
        value=labels.format_value(arm.rate.estimate, kind, page.lang),
        lines=tuple(lines),
        direction=direction,
        tone=tone,
    )


def _fewest(made: Comparison) -> float:
    return min(arm.successes for arm in made.arms)
