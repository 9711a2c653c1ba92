"""A change on one day, judged against series that did not change: difference in differences.

Belongs here: the estimate, its check on the time before (trend, placebo dates). Which series may serve is `metrics`'.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from shopnb.stats.estimate import NAN, Estimate, check_level
from shopnb.stats.weighted import second_coefficient

LEAST_UNITS = 3  # before and after, for an estimate and for a placebo date


@dataclass(frozen=True)
class BeforeAfter(Estimate):
    """What a change did, beyond what happened to the control.

    Attributes
    ----------
    estimate, low, high : (after - before) of the series less that of the control, in units of the series.
    p_value : of no effect. code : `too_few_units` (the numbers are NaN), `no_control` (they stand, but say only that
        things were different afterwards); None.
    change, control_change : after - before of each; NaN without control.
    units_before, units_after : days or weeks used.
    trend_p : p that series and control ran parallel before; NaN under four units.
    placebos : DataFrame, one row per date before the change: place, estimate, low, high of a change that was none.
    placebo_share : share of the placebo dates whose estimate is as far from 0; NaN under three of them.
    """

    change: float = NAN
    control_change: float = NAN
    units_before: int = 0
    units_after: int = 0
    trend_p: float = NAN
    placebos: pd.DataFrame = field(default_factory=pd.DataFrame, compare=False)
    placebo_share: float = NAN


def before_after(series: pd.DataFrame, *, is_after: pd.Series, level: float = 0.95) -> BeforeAfter:
    """Difference in differences on days or weeks.

    Parameters
    ----------
    series : DataFrame, one row a unit in order of time: `value`, `variance` (its sampling variance), and
        `control`, `control_variance` of the same unit where there is a control. Rows without a value are left out.
    is_after : bool a row: the change was in force. The unit of the change itself should be left out if it is cut.

    Notes
    -----
    Units weigh 1 / (sampling variance + variance between units), the latter by moments and never below 0; the error is
    widened by (1 + r) / (1 - r), r the lag-1 correlation of what remains, 0 to 0.6; Student's t with units - 2 degrees
    of freedom. Parallel trends are tested by the slope before the change, placebo dates lie before it too (Bertrand,
    Duflo and Mullainathan 2004).

    Examples
    --------
    >>> week = pd.DataFrame({"value": [3.0, 3.2, 3.1, 3.3, 4.4, 4.6, 4.5, 4.4], "control": [2, 2.2, 2.1, 2.2] * 2,
    ...     "variance": 0.001, "control_variance": 0.001})
    >>> made = before_after(week, is_after=pd.Series([False] * 4 + [True] * 4))
    >>> round(made.estimate, 2), round(made.change, 2), round(made.control_change, 2), made.low > 1
    (1.33, 1.32, 0.0, True)
    """
    check_level(level)
    has_control = "control" in series and series["control"].notna().any()
    needed = ["value", "variance", *(["control", "control_variance"] if has_control else [])]
    kept = series[needed].notna().all(axis=1)
    rows, after = series[kept], is_after[kept].to_numpy(bool)
    counts = {"units_before": int((~after).sum()), "units_after": int(after.sum())}
    if min(counts.values()) < LEAST_UNITS:
        return BeforeAfter(NAN, code="too_few_units", **counts)
    gap, variance = rows["value"].to_numpy(float), rows["variance"].to_numpy(float)
    change, control_change = _apart(gap, after), NAN
    if has_control:
        control = rows["control"].to_numpy(float)
        control_change = _apart(control, after)
        gap, variance = gap - control, variance + rows["control_variance"].to_numpy(float)
    found = _effect(gap, variance, after, level)
    before = ~after
    placebos = _placebos(gap[before], variance[before], level)
    far = placebos["estimate"].abs() >= abs(found.estimate)
    return BeforeAfter(
        found.estimate, found.low, found.high, found.p_value, None if has_control else "no_control",
        change=change, control_change=control_change, **counts, trend_p=_trend_p(gap[before], variance[before]),
        placebos=placebos, placebo_share=float(far.mean()) if len(placebos) >= LEAST_UNITS else NAN,
    )  # fmt: skip


def _apart(values: np.ndarray, after: np.ndarray) -> float:
    return float(values[after].mean() - values[~after].mean())


def _effect(gap: np.ndarray, variance: np.ndarray, after: np.ndarray, level: float) -> Estimate:
    design = np.column_stack([np.ones(len(gap)), after.astype(float)])
    return second_coefficient(gap, variance, design, level=level, echo=True)


def _trend_p(gap: np.ndarray, variance: np.ndarray) -> float:
    if len(gap) <= LEAST_UNITS:
        return NAN
    place = np.arange(len(gap)) - (len(gap) - 1) / 2
    design = np.column_stack([np.ones(len(gap)), place])
    return second_coefficient(gap, variance, design, level=0.95, echo=True).p_value


def _placebos(gap: np.ndarray, variance: np.ndarray, level: float) -> pd.DataFrame:
    rows = []
    for place in range(LEAST_UNITS, len(gap) - LEAST_UNITS + 1):
        made = _effect(gap, variance, np.arange(len(gap)) >= place, level)
        rows.append({"place": place, "estimate": made.estimate, "low": made.low, "high": made.high})
    return pd.DataFrame(rows, columns=["place", "estimate", "low", "high"])
