"""The section behind the click: carts, orders, refunds and money of the best version beside the one in use."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from shopnb import charts, labels, view
from shopnb.metrics.listing_states import LEAST_CLICKS, LEAST_SUCCESSES, OTHER_DESIGNS, PARTS, Arm
from shopnb.pages.listing_ab_numbers import Part, Parts, with_range
from shopnb.stats import Estimate

if TYPE_CHECKING:
    from shopnb.pages.listing_ab import ListingAb


def behind_click(page: ListingAb) -> Parts:
    """Parts of the section."""
    return (*_after_click(page), _rules(page))


def _rules(page: ListingAb) -> Part:
    """LT9 to LT11 for the version in use, each with its line, where the line comes from, and the probability."""
    n = page.numbers
    current = n.comparison.current
    rules = page.designs.rules(n.counts, current.variant) if n.counts is not None and current is not None else ()
    if not rules or current is None:
        return page.muted("other_design" if n.comparison.state in OTHER_DESIGNS else "rule.none")
    told = [
        page.text(
            f"rule.{rule.code}_{rule.verdict}" if rule.verdict == "low" else f"rule.{rule.verdict}",
            metric=page.text(f"metric.{rule.metric}"), rate=rule.rate, line=rule.line.value,
            chance=page.chance_text(1 - rule.below if rule.verdict == "fine" else rule.below),
            origin=page.text(f"rule.origin.{rule.line.origin}", day=rule.line.day),
        )
        for rule in rules
    ]  # fmt: skip
    return view.TextPart(page.text("rule.head", current=current.variant) + "".join(told))


def _after_click(page: ListingAb) -> Parts:
    n, made = page.numbers, page.numbers.comparison
    if n.counts is None:
        key = "behind_click.users" if n.others else "behind_click.no_versions"
        return page.muted(key), _outcomes_table(page)
    shown = [name for name in PARTS if n.others[name].arms]
    table = _steps_table(page, shown)
    best = made.best
    if best is None or "cart_rate" not in shown and "payment_conversion" not in shown:
        return page.muted("behind_click.no_carts"), table
    rows = []
    for name in shown:
        for arm in sorted(n.others[name].arms, key=lambda arm: arm.variant != best.variant):
            if arm.variant in (best.variant, made.arms[0].variant) and arm.successes >= LEAST_SUCCESSES:
                rate = arm.rate
                label = page.text(f"metric.{name}")
                rows.append(
                    {"label": label, "series": arm.variant, "value": rate.estimate, "low": rate.low, "high": rate.high}
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


def after_click_word(page: ListingAb) -> str:
    """How the winner does behind the click: worse, better, level or unknown."""
    gap = page.numbers.behind.get("cart_rate", Estimate(math.nan))
    if not gap.is_known:
        return "unknown"
    return "worse" if gap.high < 0 else "better" if gap.low > 0 else "level"


def _steps_table(page: ListingAb, shown: list[str]) -> view.TablePart:
    n = page.numbers
    assert n.counts is not None  # noqa: S101  only tables of counts have steps
    sums = n.counts.daily.groupby("variant")[["carts", "payers", "cost", "clicks", "deal_amount"]].sum(min_count=1)
    impressions = n.counts.daily.groupby("variant")["impressions"].sum()
    rows = []
    for variant, row in sums.iterrows():
        one: dict[str, Any] = {
            "variant": variant,
            "carts": row["carts"],
            "payers": row["payers"],
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
        "cost_per_click": "money2",
        "cost_per_cart": "money2",
        "margin_per_mille": "money2",
    }
    frame = pd.DataFrame(rows, columns=list(kinds))
    absent = {f"{name}_range" for name in PARTS if name not in shown}
    columns = [(name, kind) for name, kind in kinds.items() if name not in absent and frame[name].notna().any()]
    return page.table("steps", frame, columns)


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
