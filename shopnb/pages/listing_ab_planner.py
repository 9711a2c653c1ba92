"""The planner section of the listing test page: how long, at what cost, go on or stop, the lines that stop."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from shopnb import charts, labels, view
from shopnb.metrics.listing_money import loss_amount
from shopnb.metrics.listing_states import BY_DAY, LONGEST, OTHER_DESIGNS, State
from shopnb.pages import answers
from shopnb.stats import planned_looks

if TYPE_CHECKING:
    from shopnb.pages.listing_ab import ListingAb

Part = view.ChartPart | view.TablePart | view.TextPart

_ANSWERS = {
    State.WAIT: "go_on",
    State.TOO_FEW: "go_on",
    State.ONE_DAY: "go_on",
    State.SWITCH: "stop_for_other",
    State.BRAKE: "stop_for_current",
    State.KEEP: "stop_for_current",
    State.KEEP_ENOUGH: "stop_for_current",
    State.LEVEL: "stop_too_small",
    State.HOPELESS: "stop_hopeless",
    State.UNSURE: "stop_hopeless",
}


def _answer(page: ListingAb) -> Part:
    """Go on, stop for one of the versions, or stop: too small to matter; and what a day more costs."""
    n, made = page.numbers, page.numbers.comparison
    key = _ANSWERS.get(made.state, "none")
    best, current = made.best, made.current
    if key == "none" or current is None:
        return page.muted("planner.answer.none")
    values = {"winner": best.variant if best else "", "current": current.variant, "zone": page.amount(made.zone)}
    told = page.text(f"planner.answer.{key}", **values)
    lost = loss_amount(n.counts, made, current) / 30 if n.counts is not None and key == "go_on" else math.nan
    if math.isfinite(lost) and math.isfinite(n.cost_per_day):
        told += page.text("planner.waiting", lost=lost, cost=n.cost_per_day)
    return view.TextPart(told)


def _stop_lines(page: ListingAb) -> view.TablePart:
    """The lines at which a test that is read on planned days only stops: now and at every later look."""
    made = page.numbers.comparison
    kinds = {"look_day": "int", "alpha_spent": "pct2", "stop_gap": "pp"}
    looks = planned_looks(made.planned_days or LONGEST)
    rate, per_day = made.arms[0].rate.estimate, sum(arm.trials for arm in made.arms) / made.days / len(made.arms)
    error = (2 * rate * (1 - rate) / (looks["day"] * per_day)) ** 0.5
    frame = looks.rename(columns={"day": "look_day"}).assign(stop_gap=looks["z"] * error)
    return page.table("stop_lines", frame, list(kinds.items()))


def planner(page: ListingAb) -> tuple[Part, ...]:
    """What each look can show, days for differences of some sizes, the answer now, the lines that stop."""
    made = page.numbers.comparison
    if made.state in OTHER_DESIGNS:
        return (page.muted("other_design"),)
    best = made.best
    told = best is not None and best.difference.is_known and made.days and made.design in BY_DAY
    return (*_planner_parts(page), _answer(page), *((_stop_lines(page),) if told else ()), *_sums(page))


def _sums(page: ListingAb) -> tuple[Part, ...]:
    """The plain sums compared, as the calculator does with any four numbers."""
    numbers = answers.four_numbers(page)
    if numbers is None:
        return ()
    told = answers.rates_compared(*numbers, lang=page.lang)
    return (view.TextPart(labels.text("widgets.calculator.twin", page.lang, told=told), muted=True),)


def _planner_parts(page: ListingAb) -> tuple[Part, ...]:
    planned, made = page.numbers.plan, page.numbers.comparison
    kinds = {"visible_gap": "pp", "relative": "pct", "trials_each": "int", "plan_days": "int", "plan_cost": "money"}
    if planned.rows.empty:
        return (page.muted("planner.none"),)
    looks = planned.rows.dropna(subset=["smallest"])
    points = pd.DataFrame(
        {
            "label": [page.text("planner.look", day=int(day)) for day in looks["day"]],
            "x": looks["day"].astype(float),
            "y": looks["smallest"],
        }
    )
    named = {"effect": "visible_gap", "trials": "trials_each", "days": "plan_days", "cost": "plan_cost"}
    rows = planned.effects.rename(columns=named)
    columns = [(name, kind) for name, kind in kinds.items() if rows[name].notna().any()]
    table = page.table("planner", rows, columns)
    if points.empty:
        return page.muted("planner.none"), table
    week = looks.loc[looks["day"] == 7, "smallest"]
    values = {
        "smallest": page.amount(float(week.iloc[0])) if len(week) else "",
        "relative": float(week.iloc[0]) / planned.baseline if len(week) else math.nan,
        "zone": page.amount(made.zone),
        "last": page.amount(float(looks["smallest"].iloc[-1])),
    }
    chart = charts.chart_scatter(
        points,
        id="planner",
        title=page.text("planner.title" if len(week) else "planner.title_none", **values),
        alt=page.text("planner.alt", **values),
        lang=page.lang,
        x_kind="int",
        y_kind="pp",
        x_title=page.text("planner.x"),
        y_title=page.text("planner.y"),
        y_line=made.zone,
    )
    return chart, table
