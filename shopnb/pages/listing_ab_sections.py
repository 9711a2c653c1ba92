"""The sections of the listing test page: each a question with its chart, table and how to read it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from shopnb import charts, labels, view
from shopnb.metrics import listing_ab as metrics
from shopnb.metrics.listing_money import loss_amount
from shopnb.metrics.listing_states import (
    LEAST_CLICKS,
    LEAST_SUCCESSES,
    OTHER_DESIGNS,
    PARTS,
    Arm,
    Design,
    State,
)
from shopnb.pages.listing_ab_numbers import gap_range
from shopnb.pages.listing_ab_planner import planner
from shopnb.stats import Estimate, proportion_interval

if TYPE_CHECKING:
    from shopnb.pages.listing_ab import ListingAb

SHOWN_ROWS = 14
Part = view.ChartPart | view.TablePart | view.TextPart
Parts = tuple[Part, ...]


def build(page: ListingAb, key: str) -> view.Section:
    """One section by key."""
    return view.Section(key, page.text(f"{key}.question"), _BUILDERS[key](page), page.text(f"{key}.how_to_read"))


def _verdict(page: ListingAb) -> Parts:
    return _interval_chart(page), _arms_table(page), page.muted(_money_key(page))


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


def with_range(page: ListingAb, estimate: Estimate, kind: str) -> str:
    """A number with its range in words; without where it has none."""
    value = labels.format_value(estimate.estimate, kind, page.lang)
    if math.isnan(estimate.low):
        return value
    if kind in ("pp", "signed"):
        ends = gap_range(estimate.low, estimate.high, is_share=kind == "pp", lang=page.lang)
    else:
        ends = labels.format_range(estimate.low, estimate.high, kind, page.lang)
    return labels.text("common.with_range", page.lang, value=value, range=ends)


def _arms_table(page: ListingAb) -> view.TablePart:
    n, made = page.numbers, page.numbers.comparison
    rows = [
        {
            "variant": page.text("is_current", variant=arm.variant) if arm.is_current else arm.variant,
            "trials": arm.trials,
            "successes": arm.successes,
            "rate_range": with_range(page, arm.rate, "pct2" if made.is_share else "number"),
            "difference_range": with_range(page, arm.difference, page.kind),
            "pooled": labels.format_value(arm.pooled, page.kind, page.lang),
            "chance_best": page.chance_text(math.nan if made.state in _NO_CHANCE else arm.chance_best),
            "loss": math.nan if n.counts is None or not arm.enough else loss_amount(n.counts, made, arm),
            "judged": page.text(f"judged.{_judged(made.state, arm, made.best)}"),
        }
        for arm in made.arms
    ]
    names = ["variant", "trials", "successes", "rate_range", "difference_range"]
    names += ["pooled", "chance_best", "loss", "judged"]
    frame = pd.DataFrame(rows, columns=names)
    kinds = {"trials": "int", "successes": "int", "loss": "money"}
    hidden = {"loss"} if frame["loss"].isna().all() else set()
    if (frame["chance_best"] == labels.MISSING).all():
        hidden.add("chance_best")
    if made.design in (Design.USERS, Design.TOTALS):
        hidden.add("pooled")
    columns = [(name, kinds.get(name, "text")) for name in names if name not in hidden]
    renamed = {"trials": page.trials_kind, "successes": _successes_kind(page)}
    frame = frame.rename(columns=renamed)
    return page.table("arms", frame, [(renamed.get(name, name), kind) for name, kind in columns])


_NO_CHANCE = (State.ONE_DAY, State.UNDATED, State.TOO_FEW, State.SAMPLE_RATIO, State.CONFOUNDED)


def _successes_kind(page: ListingAb) -> str:
    made = page.numbers.comparison
    if made.design is Design.USERS:
        return "outcome_users" if made.is_share else "outcome_total"
    return PARTS[made.metric][1]


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
    if n.comparison.state in OTHER_DESIGNS:
        return "other_design"
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


def _by_day(page: ListingAb) -> Parts:
    n, made = page.numbers, page.numbers.comparison
    columns = [
        ("day", "day_short"),
        ("variant", "text"),
        (page.trials_kind, "int"),
        (_successes_kind(page), "int"),
        ("rate_range", "text"),
        ("allocation", "pct0"),
    ]
    if n.counts is None or not n.counts.dated or made.state is State.NO_COUNTS:
        gone = pd.DataFrame(columns=[name for name, _ in columns])
        return (
            page.muted("other_design" if made.state in OTHER_DESIGNS else "by_day.no_days"),
            page.muted("by_day.no_share"),
            page.table("by_day", gone, columns),
        )
    frame = metrics.outcome_counts(n.counts, made.metric)
    frame["share"] = frame["trials"] / frame.groupby("day")["trials"].transform("sum")
    rows = frame.sort_values(["day", "variant"], ascending=[False, True])
    rows = rows.assign(
        rate_range=[
            with_range(page, proportion_interval(x, m), "pct2")
            for x, m in zip(rows["successes"], rows["trials"], strict=True)
        ],
        allocation=rows["share"],
    ).rename(columns={"trials": page.trials_kind, "successes": _successes_kind(page)})
    table = page.table("by_day", rows, columns, rows=SHOWN_ROWS)
    if frame["day"].nunique() < 2:
        return page.muted("by_day.one_day"), page.muted("by_day.no_share"), table
    return _rate_lines(page, frame), _share_lines(page, frame), table


def _rate_lines(page: ListingAb, frame: pd.DataFrame) -> Part:
    made = page.numbers.comparison
    ahead = _days_ahead(frame, made.arms[0].variant, made.best)
    lines = frame.assign(series=frame["variant"], value=frame["successes"] / frame["trials"])
    lines = lines[lines["trials"] >= LEAST_CLICKS][["day", "series", "value"]]
    if lines.empty or made.best is None:
        return page.muted("by_day.too_few")
    values = {"winner": made.best.variant, "current": made.arms[0].variant, "days": ahead[1], "ahead": ahead[0]}
    title = page.text("by_day.title", **values)
    alt = page.text("by_day.alt", **values, metric=page.metric_name())
    return charts.chart_lines(
        lines, id="by_day", title=title, alt=alt, lang=page.lang, kind="pct2", value_title=page.metric_name()
    )


def _days_ahead(frame: pd.DataFrame, current: str, best: Arm | None) -> tuple[int, int]:
    """Days on which the best version's rate was above the current one's, of the days that had both."""
    if best is None:
        return 0, 0
    rates = frame.assign(rate=frame["successes"] / frame["trials"]).pivot_table(
        index="day", columns="variant", values="rate"
    )
    both = rates.reindex(columns=[current, best.variant]).dropna()
    return int((both[best.variant] > both[current]).sum()), len(both)


def _share_lines(page: ListingAb, frame: pd.DataFrame) -> Part:
    lines = frame.assign(series=frame["variant"], value=frame["share"])[["day", "series", "value"]]
    top = frame.groupby("variant")["trials"].sum().sort_values(ascending=False, kind="stable")
    values = {"variant": top.index[0], "share": float(top.iloc[0] / top.sum())}
    design = page.numbers.comparison.design
    key = "by_day.share_title_optimised" if design is Design.OPTIMISED else "by_day.share_title"
    return charts.chart_lines(
        lines,
        id="allocation",
        title=page.text(key, **values),
        alt=page.text("by_day.share_alt", **values),
        lang=page.lang,
        kind="pct0",
        value_title=page.text("by_day.share_axis"),
        zero=True,
    )


def _behind_click(page: ListingAb) -> Parts:
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


_BUILDERS: dict[str, Callable[[Any], Parts]] = {
    "verdict": _verdict,
    "by_day": _by_day,
    "behind_click": _behind_click,
    "planner": planner,
}
