"""Versions that alternate by day: the day is the unit, neighbours and weekdays are allowed for.

Belongs here: one estimate for such a plan. Versions shown on the same days are `rotation`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from shopnb.stats.daily_counts import checked_rows
from shopnb.stats.estimate import NAN, Estimate, check_level
from shopnb.stats.weighted import second_coefficient

LEAST_RUNS = 4  # fewer turns than that are a before and an after
LEAST_DAYS = 3  # of each version


@dataclass(frozen=True)
class Switchback(Estimate):
    """The difference of two versions that took turns.

    Attributes
    ----------
    estimate, low, high, p_value : second name minus first, share points, by days.
    code : `not_two_variants`, `no_days`, `same_days` (both on one day), `too_few_turns`, `too_few_days` (the numbers
        are NaN); `uneven_weekdays` (they stand: one version had more of the weekend), None.
    days : days used of the first and of the second. washed_out : days left out right after a change of version.
    turns : runs of days with one version.
    """

    days: tuple[int, int] = (0, 0)
    washed_out: int = 0
    turns: int = 0


def switchback(counts: pd.DataFrame, *, washout: int = 1, level: float = 0.95) -> Switchback:
    """Compare two versions that alternate by day or by runs of days.

    Parameters
    ----------
    counts : DataFrame as for `rotation_test`; one version a day.
    washout : days left out at the start of every run but the first, for what is carried over from the other version;
        runs of one day keep it.

    Notes
    -----
    Rates of days regressed on the version, the weekend and a straight trend, days weighing by 1 / (binomial variance +
    variance between days); Student's t; for turns of several days the likeness of neighbours widens the error.
    The variance between days makes the day the unit: a million impressions on two days are two days.

    Examples
    --------
    >>> days = pd.DataFrame({"variant": list("AB") * 7, "day": range(14), "trials": 2000,
    ...     "successes": [60, 85, 64, 83, 58, 88, 61, 86, 63, 80, 60, 84, 62, 87]})
    >>> made = switchback(days)
    >>> round(made.estimate, 4), made.low > 0, made.days, made.washed_out
    (0.0118, True, (7, 7), 0)
    """
    check_level(level)
    rows, has_days = checked_rows(counts)
    rows = rows[rows["n"] > 0]
    names = sorted(rows["variant"].unique())
    if len(names) != 2:
        return Switchback(NAN, code="not_two_variants")
    if not has_days or rows["day"].duplicated().any():
        return Switchback(NAN, code="same_days" if has_days else "no_days")
    rows = rows.sort_values("day", ignore_index=True)
    turn = (rows["variant"] != rows["variant"].shift()).cumsum()
    turns = int(turn.max())
    if turns < LEAST_RUNS:
        return Switchback(NAN, code="too_few_turns", turns=turns)
    place, length = rows.groupby(turn).cumcount(), rows.groupby(turn)["n"].transform("size")
    carried = (place < np.minimum(washout, length - 1)) & (turn > 1)
    used = rows[~carried].reset_index(drop=True)
    second = (used["variant"] == names[1]).to_numpy()
    days = (int((~second).sum()), int(second.sum()))
    told: dict[str, Any] = {"days": days, "washed_out": int(carried.sum()), "turns": turns}
    if min(days) < LEAST_DAYS:
        return Switchback(NAN, code="too_few_days", **told)
    found = _regress(used, second, level)
    return Switchback(found.estimate, found.low, found.high, found.p_value, _uneven(used, second), **told)


def _ordinals(day: pd.Series) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(day):
        return np.asarray(day, float)
    return np.asarray(pd.to_datetime(day).map(pd.Timestamp.toordinal), float)


def _weekend(day: pd.Series) -> np.ndarray:
    """Saturdays and Sundays of dates; numbers have no weekdays."""
    if pd.api.types.is_numeric_dtype(day):
        return np.zeros(len(day))
    return np.asarray(pd.to_datetime(day).dt.day_of_week >= 5, float)


def _uneven(used: pd.DataFrame, second: np.ndarray) -> str | None:
    weekend = _weekend(used["day"])
    if not weekend.any():
        return None
    return "uneven_weekdays" if abs(weekend[second].mean() - weekend[~second].mean()) > 0.2 else None


def _regress(used: pd.DataFrame, second: np.ndarray, level: float) -> Estimate:
    rate, trials = (used["x"] / used["n"]).to_numpy(float), used["n"].to_numpy(float)
    pooled = used["x"].sum() / used["n"].sum()
    noise = max(pooled * (1 - pooled), 1e-12) / trials
    time = _ordinals(used["day"])
    columns = [np.ones(len(rate)), second.astype(float), (time - time.mean()) / max(np.ptp(time), 1.0)]
    weekend = _weekend(used["day"])
    if 0 < weekend.sum() < len(weekend):
        columns.append(weekend)
    design = np.column_stack(columns)
    if len(rate) - design.shape[1] < 2 or np.linalg.matrix_rank(design) < design.shape[1]:
        design = design[:, :2]
    in_runs = int((second[1:] == second[:-1]).sum()) > len(second) // 4  # alternating by day, likeness cancels out
    return second_coefficient(rate, noise, design, level=level, echo=in_runs)
