"""Sections of a test of versions by key; the verdict's own: which version, how sure, what it is worth."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from shopnb import charts, labels, view
from shopnb.metrics.listing_money import loss_amount
from shopnb.metrics.listing_states import ONE_LOOK, OTHER_DESIGNS, Arm, State
from shopnb.pages.listing_ab_behind import behind_click
from shopnb.pages.listing_ab_days import by_day
from shopnb.pages.listing_ab_planner import planner
from shopnb.pages.listing_ab_wording import Part, Parts, section_of, with_range

if TYPE_CHECKING:
    from shopnb.pages.listing_ab import ListingAb


def build(page: ListingAb, key: str) -> view.Section:
    """One section by key."""
    once = key == "verdict" and page.numbers.comparison.design in ONE_LOOK
    return section_of(page, key, _BUILDERS[key](page), how="how_to_read_once" if once else "how_to_read")


def _verdict(page: ListingAb) -> Parts:
    if page.numbers.comparison.state in OTHER_DESIGNS:
        return (_interval_chart(page),)
    return _interval_chart(page), _arms_table(page), view.TextPart(page.text(_money_key(page))), *_free_search(page)


def _free_search(page: ListingAb) -> Parts:
    """Money of a win in free search, or what it lacks (case b); nothing without a win of the click rate."""
    n = page.numbers
    if n.comparison.state is not State.SWITCH or n.free.code == "not_click_rate":
        return ()
    if not n.free.is_known or n.natural is None:
        return (view.TextPart(page.text(f"money.free_{n.free.code}")),)
    amount = with_range(page, n.free, "money")
    origin = page.text(f"money.natural_{n.natural.origin}")
    return (view.TextPart(page.text("money.free_search", amount=amount, shown=n.natural.impressions, origin=origin)),)


def _interval_chart(page: ListingAb) -> Part:
    made = page.numbers.comparison
    known = [arm for arm in made.arms[1:] if arm.difference.is_known]
    if not known or made.state in (State.ONE_DAY, State.UNDATED):
        return page.muted(f"verdict_chart.none_{_why_none(made.state)}")
    frame = pd.DataFrame(
        [
            {
                "label": arm.variant,
                "value": arm.difference.estimate,
                "low": arm.difference.low,
                "high": arm.difference.high,
                "bold": arm.difference.low > 0 or arm.difference.high < 0,
            }
            for arm in known
        ]
    )
    best = made.best or known[0]
    apart = best.difference.low > 0 or best.difference.high < 0
    values = {
        "winner": best.variant,
        "current": made.arms[0].variant,
        "metric": page.metric_name(),
        "gap_text": page.amount(best.difference.estimate),
        "range": page.range_text(best.difference),
        "way": page.text("higher" if best.difference.estimate >= 0 else "lower"),
    }
    title = page.text("verdict_chart.title" if apart else "verdict_chart.title_unsure", **values)
    zone = None if math.isnan(made.zone) else (-made.zone, made.zone)
    alt = page.text("verdict_chart.alt", **values, count=len(known))
    return charts.chart_intervals(
        frame, id="verdict", title=title, alt=alt, lang=page.lang, kind=page.kind, too_small=zone
    )


_SPECIAL = (State.ONE_DAY, State.UNDATED, State.ONE_VERSION, State.NO_COMMON, *OTHER_DESIGNS)


def _why_none(state: State) -> str:
    return str(state) if state in _SPECIAL else "other"


def _arms_table(page: ListingAb) -> view.TablePart:
    n, made = page.numbers, page.numbers.comparison
    rows = [
        {
            "variant": page.text("is_current", variant=arm.variant) if arm.is_current else arm.variant,
            "trials": arm.trials,
            "successes": arm.successes,
            "rate_range": with_range(page, arm.rate, "pct2" if made.is_share else "number"),
            "difference_range": with_range(page, arm.difference, page.kind),
            "chance_best": page.chance_text(math.nan if made.state in _NO_CHANCE else arm.chance_best),
            "loss": math.nan if n.counts is None or not arm.enough else loss_amount(n.counts, made, arm),
            "judged": page.text(f"judged.{_judged(made.state, arm, made.best)}"),
        }
        for arm in made.arms
    ]
    names = ["variant", "judged", "trials", "successes", "rate_range", "difference_range", "chance_best", "loss"]
    frame = pd.DataFrame(rows, columns=names)
    kinds = {"trials": "int", "successes": "int", "loss": "money"}
    hidden = {"loss"} if frame["loss"].isna().all() else set()
    if (frame["chance_best"] == labels.MISSING).all():
        hidden.add("chance_best")
    columns = [(name, kinds.get(name, "text")) for name in names if name not in hidden]
    renamed = {"trials": page.trials_kind, "successes": page.successes_kind}
    frame = frame.rename(columns=renamed)
    return page.table("arms", frame, [(renamed.get(name, name), kind) for name, kind in columns])


_NO_CHANCE = (State.ONE_DAY, State.UNDATED, State.TOO_FEW, State.SAMPLE_RATIO, State.CONFOUNDED)


def _judged(state: State, arm: Arm, best: Arm | None) -> str:
    """What the table says of one version."""
    if arm.is_current:
        return "current"
    if not arm.enough:
        return "too_few"
    if not arm.difference.is_known or state in _NO_CHANCE:
        return "open"
    if arm.difference.low > 0:
        return "winner" if arm is best and state is State.SWITCH else "better"
    return "worse" if arm.difference.high < 0 else "open"


def _money_key(page: ListingAb) -> str:
    """Which of the three cases of money this is, or why there is none (pages.md 2.4)."""
    n = page.numbers
    if n.comparison.metric != "click_rate" or n.counts is None:
        return "money.not_click_rate"
    if n.comparison.state is State.SWITCH and _loses(page):
        return "money.loses"
    if n.saving.code == "no_cost":
        return "money.no_cost"
    if n.comparison.state in (State.KEEP, State.KEEP_ENOUGH, State.LEVEL, State.BRAKE):
        return "money.nothing"
    priced = n.comparison.state is State.SWITCH and not n.saving.code
    return "money.same_budget" if priced else "money.not_decided"


def _loses(page: ListingAb) -> bool:
    """Whether the clicks bought bring back less than they cost: more of them lose faster (case c)."""
    n = page.numbers
    if n.counts is None:
        return False
    sold, spent = n.counts.daily["deal_amount"].sum(), n.counts.daily["cost"].sum()
    return bool(sold > 0 and spent > 0 and sold * n.margin_rate < spent)


_BUILDERS: dict[str, Callable[[Any], Parts]] = {
    "verdict": _verdict,
    "by_day": by_day,
    "behind_click": behind_click,
    "planner": planner,
}
