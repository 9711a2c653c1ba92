"""The section behind the click: carts, orders, refunds and money of the best version beside the one in use."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from shopnb import charts, labels, view
from shopnb.metrics.listing_ab import outcome_counts
from shopnb.metrics.listing_rules import Rule
from shopnb.metrics.listing_states import GUARDS, LEAST_CLICKS, LEAST_SUCCESSES, OTHER_DESIGNS, PARTS, Arm, State
from shopnb.metrics.listing_tests import Counts
from shopnb.pages.listing_ab_wording import Part, Parts, with_range
from shopnb.stats import Estimate, proportion_interval

if TYPE_CHECKING:
    from shopnb.pages.listing_ab import ListingAb


def behind_click(page: ListingAb) -> Parts:
    """Rates after the click side by side, all steps of every version, the differences read together, LT9 to LT11."""
    n = page.numbers
    if n.comparison.state in OTHER_DESIGNS:
        return (page.muted("other_design"),)
    if n.counts is None:
        return page.muted("behind_click.users"), _outcomes_table(page)
    return (*_after_click(page, n.counts), _together(page), _rules(page))


def _together(page: ListingAb) -> Part:
    """Clicks, carts, orders, refunds and value of the best version less the current one's, in one sentence."""
    n, best, current = page.numbers, page.numbers.comparison.best, page.numbers.comparison.current
    if n.counts is None or best is None or current is None:
        return page.muted("behind_click.not_together")
    gaps = {}
    for name, made in n.others.items():
        for arm in (arm for arm in made.arms if arm.variant == best.variant):
            gaps[name] = arm.difference if arm.enough else Estimate(math.nan)
    gaps |= {name: n.behind[name] for name in GUARDS if n.behind[name].code != "missing_column"}
    told = [
        page.text(f"behind_click.one_{_word(gap)}", metric=page.text(f"metric.{name}"), gap=with_range(page, gap, "pp"))
        for name, gap in gaps.items()
    ]
    if n.value.code not in ("missing_column", "no_margin"):
        value = with_range(page, n.value, "money2")
        told.append(page.text(f"behind_click.one_{_word(n.value)}", metric=page.text("metric.value"), gap=value))
    mark = labels.text("common.list_mark", page.lang)
    return view.TextPart(
        page.text("behind_click.together", winner=best.variant, current=current.variant, all=mark.join(told))
    )


def _word(gap: Estimate) -> str:
    """unknown, level, or apart."""
    if not gap.is_known:
        return "unknown"
    return "apart" if gap.low > 0 or gap.high < 0 else "level"


def _rules(page: ListingAb) -> Part:
    """LT9 to LT11 for the version in use, each with its line, where the line comes from, and the probability."""
    current = page.numbers.comparison.current
    if not page.rules or current is None:
        return page.muted("rule.none")
    told = [
        page.text(
            f"rule.{rule.code}_{rule.verdict}" if rule.verdict == "low" else f"rule.{rule.verdict}",
            metric=page.text(f"metric.{rule.metric}"), rate=rule.rate, line=rule.line.value,
            chance=page.chance_text(1 - rule.below if rule.verdict == "fine" else rule.below),
            origin=line_origin(page, rule),
        )
        for rule in page.rules
    ]  # fmt: skip
    return view.TextPart(page.text("rule.head", current=current.variant) + "".join(told))


def line_origin(page: ListingAb, rule: Rule) -> str:
    """Where the line of a rule comes from."""
    return page.text(f"rule.origin.{rule.line.origin}", day=rule.line.day)


def _after_click(page: ListingAb, counts: Counts) -> Parts:
    n, made = page.numbers, page.numbers.comparison
    shown = [name for name in PARTS if n.others[name].arms]
    table = _steps_table(page, counts, shown)
    best = made.best
    if best is None or "cart_rate" not in shown and "payment_conversion" not in shown:
        return page.muted("behind_click.no_carts"), table
    rows = []
    for name in (*shown, *GUARDS):
        rates = _rates(page, counts, name)
        for variant in (best.variant, made.arms[0].variant):
            successes, rate = rates.get(variant, (0.0, Estimate(math.nan)))
            if successes >= LEAST_SUCCESSES:
                label = page.text(f"metric.{name}")
                rows.append(
                    {"label": label, "series": variant, "value": rate.estimate, "low": rate.low, "high": rate.high}
                )
    chart = charts.chart_paired(
        pd.DataFrame(rows, columns=["label", "series", "value", "low", "high"]),
        id="behind_click",
        title=page.text(f"behind_click.title_{after_click_word(page)}", winner=best.variant),
        alt=page.text("behind_click.alt", winner=best.variant, current=made.arms[0].variant),
        lang=page.lang,
        kind="pct2",
    )
    return chart, table


def _rates(page: ListingAb, counts: Counts, name: str) -> dict[str, tuple[float, Estimate]]:
    """Version -> number of successes and rate, of a metric or of a guard."""
    if name not in GUARDS:
        return {arm.variant: (arm.successes, arm.rate) for arm in page.numbers.others[name].arms}
    sums = outcome_counts(counts, name).groupby("variant")[["trials", "successes"]].sum()
    return {
        str(row.Index): (float(row.successes), proportion_interval(row.successes, row.trials))
        for row in sums.itertuples()
    }


def after_click_word(page: ListingAb) -> str:
    """How the winner does behind the click: more refunds, fewer or more carts, level or unknown."""
    refunds = page.numbers.behind.get("refund_rate", Estimate(math.nan))
    if refunds.is_known and refunds.low > 0:
        return "refunds"
    gap = page.numbers.behind.get("cart_rate", Estimate(math.nan))
    if not gap.is_known:
        return "unknown"
    return "worse" if gap.high < 0 else "better" if gap.low > 0 else "level"


def _steps_table(page: ListingAb, counts: Counts, shown: list[str]) -> view.TablePart:
    n = page.numbers
    sums = counts.daily.groupby("variant")[["carts", "payers", "refunds", "cost", "clicks", "deal_amount"]]
    sums = sums.sum(min_count=1)
    impressions = counts.daily.groupby("variant")["impressions"].sum()
    refunds = _rates(page, counts, "refund_rate")
    rows = []
    for variant, row in sums.iterrows():
        one: dict[str, Any] = {
            "variant": variant,
            "carts": row["carts"],
            "payers": row["payers"],
            "refunds": row["refunds"],
            "refund_rate_range": _refund_rate(page, refunds.get(str(variant))),
            "cost_per_click": row["cost"] / row["clicks"] if row["clicks"] else math.nan,
            "cost_per_cart": row["cost"] / row["carts"] if row["carts"] else math.nan,
            "margin_per_mille": (row["deal_amount"] * n.margin_rate - row["cost"]) / impressions[variant] * 1000,
        }
        for name in PARTS:
            arm = next((arm for arm in n.others[name].arms if arm.variant == variant), None)
            one[f"{name}_range"] = _gated(page, arm)
        rows.append(one)
    kinds = {
        "variant": "text",
        "click_rate_range": "text",
        "carts": "int",
        "cart_rate_range": "text",
        "payers": "int",
        "payment_conversion_range": "text",
        "refunds": "int",
        "refund_rate_range": "text",
        "cost_per_click": "money2",
        "cost_per_cart": "money2",
        "margin_per_mille": "money2",
    }
    frame = pd.DataFrame(rows, columns=list(kinds))
    told = (
        {f"{n.comparison.metric}_range"} if n.comparison.state is not State.NO_COUNTS else set()
    )  # in the table above
    absent = (
        told | {f"{name}_range" for name in PARTS if name not in shown} | (set() if refunds else {"refund_rate_range"})
    )
    columns = [(name, kind) for name, kind in kinds.items() if name not in absent and frame[name].notna().any()]
    return page.table("steps", frame, columns)


def _refund_rate(page: ListingAb, found: tuple[float, Estimate] | None) -> str:
    return labels.MISSING if found is None else with_range(page, found[1], "pct")


def _gated(page: ListingAb, arm: Arm | None) -> str:
    """A rate with its range; below 100 trials or 5 successes only the counts."""
    if arm is None:
        return labels.MISSING
    if arm.trials < LEAST_CLICKS or arm.successes < LEAST_SUCCESSES:
        return page.text("counts_only", successes=arm.successes, trials=arm.trials)
    return with_range(page, arm.rate, "pct2")


def _outcomes_table(page: ListingAb) -> view.TablePart:
    """Every outcome of a table with one row a user, version by version."""
    rows = []
    for name, made in page.numbers.others.items():
        kinds = ("pct2", "pp") if made.is_share else ("number", "signed")
        rows += [
            {
                "outcome": name,
                "variant": arm.variant,
                "users": arm.trials,
                "rate_range": with_range(page, arm.rate, kinds[0]),
                "difference_range": with_range(page, arm.difference, kinds[1]),
            }
            for arm in made.arms
        ]
    columns = [
        ("outcome", "text"),
        ("variant", "text"),
        ("users", "int"),
        ("rate_range", "text"),
        ("difference_range", "text"),
    ]
    return page.table("outcomes", pd.DataFrame(rows, columns=[name for name, _ in columns]), columns)
