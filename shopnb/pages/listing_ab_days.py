"""The section by day: whether the lead holds every day, and how much each version was shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from shopnb import charts, labels, view
from shopnb.metrics import listing_ab as metrics
from shopnb.metrics.listing_states import LEAST_CLICKS, OTHER_DESIGNS, Arm, Design, State
from shopnb.metrics.listing_tests import Counts
from shopnb.pages.listing_ab_wording import Part, Parts, with_range
from shopnb.stats import Estimate, proportion_interval

if TYPE_CHECKING:
    from shopnb.pages.listing_ab import ListingAb

SHOWN_ROWS = 14
TREND_P = 0.05


def by_day(page: ListingAb) -> Parts:
    """Rates and shares by day, the rows, whether the difference lasts, whether devices differ."""
    n, made = page.numbers, page.numbers.comparison
    if n.counts is None or not n.counts.dated or made.state is State.NO_COUNTS:
        return (page.muted("other_design" if made.state in OTHER_DESIGNS else "by_day.no_days"),)
    return (*_daily_parts(page, n.counts), _trend(page), _devices(page))


def _trend(page: ListingAb) -> Part:
    """Whether the difference fades: novelty wears off."""
    made, trend = page.numbers.comparison, page.numbers.trend
    if not trend.is_known or made.best is None:
        return page.muted("by_day.trend_unknown")
    values = {
        "winner": made.best.variant, "current": made.arms[0].variant, "p": max(trend.p_value, 0.01),
        "early": labels.format_value(trend.early, page.kind, page.lang),
        "late": labels.format_value(trend.late, page.kind, page.lang),
    }  # fmt: skip
    return view.TextPart(page.text(f"by_day.trend_{trend_word(page)}", **values))


def trend_word(page: ListingAb) -> str:
    """steady, fading or growing; by the sign of the difference that the test has in all."""
    made, trend = page.numbers.comparison, page.numbers.trend
    if not trend.p_value < TREND_P or made.best is None:
        return "steady"
    return "growing" if trend.estimate * made.best.difference.estimate > 0 else "fading"


def _devices(page: ListingAb) -> Part:
    made, found = page.numbers.comparison, page.numbers.devices
    if not found.gaps or made.best is None:
        return page.muted("by_day.no_devices")
    rows = [
        {
            "device": one.device, page.trials_kind: one.trials, "rate_current": with_range(page, one.first, "pct2"),
            "rate_best": with_range(page, one.second, "pct2"),
            "difference_range": with_range(page, one.difference, "pp"),
            "conclusion": page.text(f"by_day.device_{_device_word(one.difference)}"),
        }
        for one in found.gaps
    ]  # fmt: skip
    kinds = [
        ("device", "text"), (page.trials_kind, "int"), ("rate_current", "text"), ("rate_best", "text"),
        ("difference_range", "text"), ("conclusion", "text"),
    ]  # fmt: skip
    return page.table("by_device", pd.DataFrame(rows), kinds)


def _device_word(gap: Estimate) -> str:
    if not gap.is_known:
        return "unknown"
    return "up" if gap.low > 0 else "down" if gap.high < 0 else "level"


def _daily_parts(page: ListingAb, counts: Counts) -> Parts:
    made = page.numbers.comparison
    columns = [
        ("day", "day_short"),
        ("variant", "text"),
        (page.trials_kind, "int"),
        (page.successes_kind, "int"),
        ("rate_range", "text"),
        ("allocation", "pct0"),
    ]
    frame = metrics.outcome_counts(counts, made.metric)
    frame["share"] = frame["trials"] / frame.groupby("day")["trials"].transform("sum")
    rows = frame.sort_values(["day", "variant"], ascending=[False, True])
    rows = rows.assign(
        rate_range=[
            with_range(page, proportion_interval(x, m), "pct2")
            for x, m in zip(rows["successes"], rows["trials"], strict=True)
        ],
        allocation=rows["share"],
    ).rename(columns={"trials": page.trials_kind, "successes": page.successes_kind})
    table = page.table("by_day", rows, columns, rows=SHOWN_ROWS)
    if frame["day"].nunique() < 2:
        return page.muted("by_day.one_day"), table
    if made.design in (Design.SWITCHBACK, Design.BEFORE_AFTER):
        return _rate_lines(page, frame), table
    return _rate_lines(page, frame), _share_lines(page, frame), table


def _rate_lines(page: ListingAb, frame: pd.DataFrame) -> Part:
    made = page.numbers.comparison
    ahead = _days_ahead(frame, made.arms[0].variant, made.best)
    lines = frame.assign(series=frame["variant"], value=frame["successes"] / frame["trials"])
    lines = lines[lines["trials"] >= LEAST_CLICKS][["day", "series", "value"]]
    if lines.empty or made.best is None:
        return page.muted("by_day.too_few")
    values = {"winner": made.best.variant, "current": made.arms[0].variant, "days": ahead[1], "ahead": ahead[0]}
    values |= {"rate": made.best.rate.estimate, "rate_current": made.arms[0].rate.estimate}
    key = "title" if ahead[1] else "title_turns"
    title = page.text(f"by_day.{key}", **values, metric=page.metric_name())
    alt = page.text("by_day.alt" if ahead[1] else "by_day.title_turns", **values, metric=page.metric_name())
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
