"""The sections of the shop overview: each a question with its chart, table and how to read it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd

from shopnb import charts, labels, view
from shopnb.metrics.periods import Event, Period, event_days, strips
from shopnb.pages.base import Page
from shopnb.pages.shop_overview_funnel import funnel
from shopnb.pages.shop_overview_items import items, mix
from shopnb.pages.shop_overview_moved import moved
from shopnb.pages.shop_overview_service import service_section
from shopnb.pages.shop_overview_wording import LEAST_BUYERS, LEAST_VISITORS, Parts
from shopnb.pages.wording import with_range

SHOWN_DAYS, SHOWN_ROWS, SHOWN_CHANGES = 90, 7, 8
MARKS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


def build(page: Page, key: str) -> view.Section:
    """One section by key; `page.numbers` are those of the overview."""
    n = page.numbers
    question, values = f"{key}.question", {}
    if key == "moved":
        gap = n.now.paid_amount - n.before.paid_amount
        known = n.comparable and not math.isnan(gap)
        question = "moved.question" if known else "moved.question_unknown"
        values = {"gap": abs(gap), "direction": page.text("moved.more" if gap > 0 else "moved.less")} if known else {}
    return view.Section(
        key,
        page.text(question, **values),
        tuple(part for part in _BUILDERS[key](page) if part),
        page.text(f"{key}.how_to_read"),
    )


def _normal(page: Page) -> Parts:
    n = page.numbers
    shown = n.band.tail(SHOWN_DAYS)
    if len(shown) < 7:
        few = page.muted("normal.too_few", days=len(shown))
        return few, page.muted("normal.no_changes"), _plan_table(page), _day_table(page, {})
    span = Period(shown["day"].iloc[0], shown["day"].iloc[-1])
    outside = shown[shown["outside"] & ~event_days(page.events, shown["day"])]
    title = page.text(
        "normal.title_outside" if len(outside) else "normal.title_inside", count=len(outside), days=len(shown)
    )
    changed = _changes(page, span)
    chart = charts.chart_daily_band(
        shown.rename(columns={"outside": "odd"}),
        id="normal",
        title=title,
        lang=page.lang,
        spans=strips(page.events, span),
        marks=[(day, mark) for day, (mark, _) in changed.items()],
        alt=page.text(
            "normal.alt", days=len(shown), count=len(outside), low=shown["value"].min(), high=shown["value"].max()
        ),
    )
    return chart, _change_line(page, changed), _standing(page), _plan_table(page), _day_table(page, changed)


def _standing(page: Page) -> view.TextPart | None:
    """Tier and rank as copied beside the peers (FN17)."""
    found = page.numbers.standing
    if found is None:
        return None
    known = [
        page.text(f"normal.{name}", value=value)
        for name, value in (("tier", found.tier), ("rank", found.rank))
        if value
    ]
    listed = labels.text("common.list_mark", page.lang).join(known)
    return view.TextPart(page.text("normal.standing", listed=listed, day=found.noted_on), muted=True)


def _changes(page: Page, span: Period) -> dict[dt.date, tuple[str, str]]:
    """Day of the change log to its mark (①, ② …) and what was changed on it."""
    changes = page.frame("changes").dropna(subset=["day"]).sort_values(["day", "change"], kind="stable")
    by_day: dict[dt.date, list[str]] = {}
    for row in changes.itertuples():
        day = pd.Timestamp(row.day).date()
        if span.start <= day <= span.end:
            by_day.setdefault(day, []).append(f"{page.short_names.get(row.item_id or '', row.object)} {row.change}")
    return {
        day: (MARKS[turn] if turn < len(MARKS) else MARKS[-1], "; ".join(texts))
        for turn, (day, texts) in enumerate(by_day.items())
    }


def _change_line(page: Page, changed: dict[dt.date, tuple[str, str]]) -> view.TextPart:
    if not changed:
        return page.muted("normal.no_changes")
    listed = " · ".join(
        f"{mark} {labels.format_value(day, 'day_short', page.lang)} {text}" for day, (mark, text) in changed.items()
    )
    return view.TextPart(page.text("normal.changes", listed=listed))


def _plan_table(page: Page) -> view.TablePart | view.TextPart:
    """Every goal of the month: due by now, reached, inside the plan or not."""
    plan = page.numbers.target
    if plan is None:
        return page.muted("plan.none")
    rows = [
        {
            "metric": labels.heading(goal.name, page.lang),
            "goal": labels.format_value(goal.goal, goal.kind, page.lang),
            "due": labels.format_value(goal.due, goal.kind, page.lang),
            "reached": labels.format_value(goal.reached, goal.kind, page.lang),
            "conclusion": page.text(f"plan.state.{goal.state}") if goal.state else labels.MISSING,
        }
        for goal in sorted(plan.goals, key=lambda goal: goal.state not in ("behind", "over"))
    ]
    names = ["metric", "conclusion", "reached", "due", "goal"]
    table = page.table("plan", pd.DataFrame(rows, columns=names), [(name, "text") for name in names])
    return replace(table, caption=page.text("plan.caption", month=plan.month))


def _day_table(page: Page, changed: dict[dt.date, tuple[str, str]]) -> view.TablePart:
    n = page.numbers
    recent = int((n.days["day"] >= n.days["day"].iloc[-1] - dt.timedelta(days=SHOWN_ROWS - 1)).sum())
    frame = n.days.merge(n.band[["day", "low", "high"]], on="day", how="left").sort_values("day", ascending=False)
    frame = frame.assign(
        usual=[
            labels.format_range(low, high, "money", page.lang) if not math.isnan(low) else labels.MISSING
            for low, high in zip(frame["low"], frame["high"], strict=True)
        ],
        payment_conversion=(frame["payers"] / frame["visitors"]).where(
            (frame["visitors"] >= LEAST_VISITORS) & (frame["payers"] >= LEAST_BUYERS)
        ),
        spend_per_buyer=frame["paid_amount"] / frame["payers"].where(frame["payers"] > 0),
        event=[_event_names(page.events, day) for day in frame["day"]],
        change=[" ".join(changed.get(day, ())) for day in frame["day"]],
    )
    columns = [
        ("day", "day_weekday"),
        ("paid_amount", "money"),
        ("usual", "text"),
        ("visitors", "int"),
        ("payment_conversion", "pct2"),
        ("spend_per_buyer", "money"),
        ("event", "text"),
        ("change", "text"),
    ]
    return page.table("normal", frame, columns, rows=recent)


def _event_names(events: Sequence[Event], day: dt.date) -> str:
    return " ".join(dict.fromkeys(event.name for event in events if event.period.start <= day <= event.period.end))


def _worked(page: Page) -> Parts:
    """The change log and what came of it."""
    n = page.numbers
    if not n.outcomes:
        return (page.muted("worked.none"),)
    rows = []
    for one in sorted(n.outcomes, key=lambda one: one.state in ("unclear", "early")):
        effect = one.effect
        why = page.text(f"worked.reason.{one.reason}") if one.reason else ""
        rows.append(
            {
                "day": one.day,
                "label": page.short_names.get(one.item_id, one.object),
                "changed": one.change,
                "metric": one.metric or labels.MISSING,
                "conclusion": page.text(f"worked.state.{one.state}") + why,
                "net_change": with_range(page.lang, effect, "signed_pct") if effect.is_known else labels.MISSING,
                "owner": one.owner or labels.MISSING,
            }
        )
    columns = [("day", "day_short"), ("label", "text"), ("changed", "text"), ("conclusion", "text"), ("metric", "text"),
               ("net_change", "text"), ("owner", "text")]  # fmt: skip
    return (page.table("worked", pd.DataFrame(rows), columns, rows=SHOWN_CHANGES),)


_BUILDERS: dict[str, Callable[[Page], Parts]] = {
    "normal": _normal,
    "moved": moved,
    "mix": mix,
    "items": items,
    "funnel": funnel,
    "service": service_section,
    "worked": _worked,
}
