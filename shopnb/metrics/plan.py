"""The plan (OP3): a month's goals, how much of each is due by now, and where the month will end.

Belongs here: typed goals against the daily report. The forecast itself is `stats.normal_band`.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

NEAR = 0.05  # within 5 % of what is due counts as inside the plan
LEVEL_QUANTILE = 1.645  # of the band's 90 %


@dataclass(frozen=True)
class Goal:
    """One goal of the month.

    `due` is the part that falls on the days so far (the whole for a rate), `reached` what they brought. `limit` : the
    goal is a ceiling (ad spend). `state` is inside, ahead or behind; over for a broken ceiling; "" where unknown.
    """

    name: str
    goal: float
    due: float
    reached: float
    kind: str
    limit: bool = False

    @property
    def state(self) -> str:
        """Inside the plan or not."""
        if math.isnan(self.reached) or math.isnan(self.due) or not self.due:
            return ""
        ratio = self.reached / self.due
        if self.limit:
            return "over" if ratio > 1 + NEAR else "inside"
        return "ahead" if ratio > 1 + NEAR else "behind" if ratio < 1 - NEAR else "inside"


@dataclass(frozen=True)
class Plan:
    """A month's goals, and payment at its end: `expected` with its 90 % range; `goals` in the order typed."""

    month: dt.date
    goal: float
    reached: float
    expected: float
    low: float
    high: float
    goals: tuple[Goal, ...]


def month_end(month: dt.date) -> dt.date:
    """Last day of the month."""
    return (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)


def plan(
    targets: pd.DataFrame, days: pd.DataFrame, band: pd.DataFrame, end: dt.date, *, margin_rate: float
) -> Plan | None:
    """The plan of the month that `end` lies in.

    Parameters
    ----------
    targets : DataFrame, one row per period and scope (schema `targets`), the shop's own; months as YYYY-MM.
    days : the daily report. band : from `overview.band`, through the month's last day: its expectation weighs the days,
        so a goal falls on weekdays and campaigns as sales do; days without one count as an ordinary day.

    Returns
    -------
    None without a goal for payment. `expected` is NaN where a day to come has no forecast.
    """
    month = end.replace(day=1)
    rows = targets[(targets["period"] == f"{month:%Y-%m}") & targets["paid_amount"].notna()]
    if rows.empty:
        return None
    typed = rows.iloc[0]
    so_far = days[(days["day"] >= month) & (days["day"] <= end)]
    reached = float(so_far["paid_amount"].sum())
    ahead = band[(band["day"] > end) & (band["day"] <= month_end(month))]
    expected = reached + float(ahead["expected"].sum(skipna=False))
    half = _rest_error(band, ahead)
    share = _share_so_far(band, month, end)
    goals = tuple(_goals(typed, so_far, share, margin_rate))
    return Plan(month, float(typed["paid_amount"]), reached, expected, expected - half, expected + half, goals)


def _share_so_far(band: pd.DataFrame, month: dt.date, end: dt.date) -> float:
    """Part of the month's goal that falls on the days up to `end`, by expected sales."""
    every = pd.Series([month + dt.timedelta(days=turn) for turn in range((month_end(month) - month).days + 1)])
    expected = band.set_index("day")["expected"].reindex(every.tolist())
    weights = expected.fillna(expected.mean() if expected.notna().any() else 1.0).to_numpy()
    return float(weights[(every <= end).to_numpy()].sum() / weights.sum())


def _rest_error(band: pd.DataFrame, ahead: pd.DataFrame) -> float:
    """Half-width of the 90 % range of the rest of the month.

    Days err by themselves and together: the larger of the independent sum and of what the band's own past misses give
    when as many days in a row are taken together.
    """
    if ahead.empty:
        return 0.0
    alone = math.sqrt(float((((ahead["high"] - ahead["low"]) / 2) ** 2).sum()))
    known = band[band["value"].gt(0) & band["expected"].gt(0)]
    misses = np.log((known["value"] / known["expected"]).to_numpy(float))
    runs = len(misses) - len(ahead) + 1
    if runs < 2 * len(ahead):
        return alone
    together = np.convolve(misses, np.ones(len(ahead)) / len(ahead), mode="valid")
    return max(alone, LEVEL_QUANTILE * float(np.sqrt(np.mean(together**2))) * float(ahead["expected"].sum()))


def _goals(typed: pd.Series, days: pd.DataFrame, share: float, margin_rate: float) -> list[Goal]:
    """Every goal that was typed, in the order of the table's columns."""

    def summed(name: str) -> float:
        return float(days[name].sum()) if len(days) and days[name].notna().all() else math.nan

    paid, visitors, payers = summed("paid_amount"), summed("visitors"), summed("payers")
    refunded, ads = summed("refunded_amount"), summed("ad_cost")
    commission = summed("affiliate_commission")
    spent = ads + (0.0 if math.isnan(commission) else commission)
    margin = (paid - refunded) * margin_rate - (0.0 if math.isnan(spent) else spent)
    known = {
        "paid_amount": (paid, "money", False, False),
        "visitors": (visitors, "int", False, False),
        "payment_conversion": (payers / visitors if visitors else math.nan, "pct2", True, False),
        "spend_per_buyer": (paid / payers if payers else math.nan, "money2", True, False),
        "ad_cost_limit": (spent, "money", False, True),
        "ad_share_limit": (spent / paid if paid else math.nan, "pct", True, True),
        "margin_amount": (margin, "money", False, False),
    }
    goals = []
    for name, (reached, kind, is_rate, is_limit) in known.items():
        goal = float(typed[name]) if pd.notna(typed[name]) else math.nan
        if not math.isnan(goal):
            goals.append(Goal(name, goal, goal if is_rate else goal * share, reached, kind, is_limit))
    return goals
