"""Do paid visitors bring free ones (TR8)? The old saying is 1 : 1; here it is measured on the shop's own days.

Belongs here: daily clicks of the ads against the visitors who did not come by them, with a lag.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from shopnb.metrics.periods import Event, event_days
from shopnb.stats import Estimate
from shopnb.stats.estimate import student_quantile

LEAST_DAYS = 60  # ordinary days with both numbers (pages.md 2.3)
STEP, LEAST_STEPS = 0.30, 2  # spend has changed when a week differs by so much from the one before; at least twice
LAGS = 7  # days after a click in which it may bring a free visitor
LEVEL = 0.90


@dataclass(frozen=True)
class Lift:
    """Free visitors for each paid click of the last eight days, with a 90 % range; `code` says why it is unknown.

    `too_few_days`, `no_changes` (spend hardly moved, so nothing can be learnt), `no_clicks`. `days` were used, `steps`
    weeks in which clicks changed by 30 % or more.
    """

    effect: Estimate
    days: int
    steps: int
    frame: pd.DataFrame
    code: str = ""


def paid_lift(ad_daily: ibis.Table | None, days: pd.DataFrame, events: list[Event]) -> Lift:
    """How free visitors moved with paid clicks.

    Parameters
    ----------
    ad_daily : Table of schema `ad_daily`, None without one. days : the daily report.

    Notes
    -----
    Free visitors of a day = visitors - ad clicks (a click is nearly a visitor). Regression on the mean clicks of the
    day and the seven before, weekday and a straight trend; days of campaigns are left out. Newey-West errors with seven
    lags, Student's interval. Causes that move both (a season, a new hero) stay in: it is no experiment.
    """
    clicks = _clicks(ad_daily)
    both = days[["day", "visitors"]].merge(clicks, on="day", how="inner").sort_values("day", ignore_index=True)
    if both.empty:
        return Lift(Estimate(math.nan), 0, 0, both.assign(free=math.nan), "no_clicks")
    every = pd.date_range(both["day"].iloc[0], both["day"].iloc[-1]).date
    both = both.set_index("day").reindex(every).rename_axis("day").reset_index()
    both = both.assign(free=both["visitors"] - both["clicks"], recent=both["clicks"].rolling(LAGS + 1).mean())
    weekly = both["clicks"].rolling(7).mean().iloc[6::7].to_numpy()
    moves = np.abs(weekly[1:] / weekly[:-1] - 1) if len(weekly) > 1 else np.array([])
    steps = int((moves >= STEP).sum())
    used = both["free"].gt(0) & both["recent"].notna() & ~event_days(events, both["day"])
    if used.sum() < LEAST_DAYS:
        return Lift(Estimate(math.nan), int(used.sum()), steps, both, "too_few_days")
    if steps < LEAST_STEPS:
        return Lift(Estimate(math.nan), int(used.sum()), steps, both, "no_changes")
    return Lift(_effect(both[used]), int(used.sum()), steps, both)


def _clicks(ad_daily: ibis.Table | None) -> pd.DataFrame:
    """Clicks of all ads by day, from the one level that covers most days."""
    if ad_daily is None:
        return pd.DataFrame({"day": [], "clicks": []})
    by = (
        ad_daily.group_by(["level", "window_days", "day"])
        .agg(clicks=ad_daily.clicks.sum())
        .to_pandas()
        .dropna(subset=["clicks"])
    )
    wide = by[by["level"].isin(["account", "scene", "plan", "item"])]
    if wide.empty:
        return pd.DataFrame({"day": [], "clicks": []})
    groups = wide.groupby(["level", "window_days"], dropna=False)["day"].nunique()
    level, window = groups.index[int(groups.to_numpy().argmax())]
    same = (wide["level"] == level) & ((wide["window_days"] == window) | (pd.isna(window) & wide["window_days"].isna()))
    chosen = wide[same]
    return pd.DataFrame({"day": pd.to_datetime(chosen["day"]).dt.date, "clicks": chosen["clicks"].astype(float)})


def _effect(rows: pd.DataFrame) -> Estimate:
    """The coefficient of recent clicks with its Newey-West interval."""
    place = np.array([(day - rows["day"].iloc[0]).days for day in rows["day"]], float)
    weekdays = pd.to_datetime(rows["day"]).dt.day_of_week.to_numpy()
    columns = [
        np.ones(len(rows)),
        rows["recent"].to_numpy(float),
        place / 100,
        *(weekdays == one for one in range(1, 7)),
    ]
    design = np.column_stack(columns).astype(float)
    values = rows["free"].to_numpy(float)
    inverse = np.linalg.pinv(design.T @ design)
    effects = inverse @ design.T @ values
    scores = design * (values - design @ effects)[:, None]
    middle = scores.T @ scores
    for lag in range(1, LAGS + 1):
        later = scores[lag:].T @ scores[:-lag]
        middle += (1 - lag / (LAGS + 1)) * (later + later.T)
    freedom = len(rows) - design.shape[1]
    error = math.sqrt(max(float((inverse @ middle @ inverse)[1, 1]), 0.0) * len(rows) / freedom)
    half = student_quantile(LEVEL, freedom) * error
    return Estimate(float(effects[1]), float(effects[1]) - half, float(effects[1]) + half)
