"""The shape of a year in a monthly series.

Belongs here: month indices by STL. What they mean for orders is `metrics.market`'s business.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

YEAR = 12
LEAST_MONTHS = 13  # below: no season is claimed
_STL_MONTHS = 24  # two whole years


@dataclass(frozen=True)
class Season:
    """How a year runs.

    `frame` has one row a month of the year, 1 to 12: `month`, `index` (1: an average month), `years` (how many were
    seen). `strength` is the share of the variance left by the trend that the season explains, 0-1 (Wang, Smith and
    Hyndman 2006); `p_value` that of equal months (F test of what the trend leaves). `method` is `stl` (24 months or
    more) or `one_year` (13 to 23: the rise over the repeated months is taken out, the rest is the season and its noise
    together, so strength and p value are NaN). `code`: `too_few_months` or None.
    """

    frame: pd.DataFrame
    strength: float
    p_value: float
    method: str
    code: str | None = None


def season_of(values: pd.Series) -> Season:
    """Month indices of a series of positive values by month (PeriodIndex, no gaps; order does not matter).

    Fewer than 13 months, gaps or values of 0: `too_few_months` of what is left after the last gap.
    """
    ordered = values.sort_index()
    ordered = ordered[~ordered.index.duplicated()]
    if len(ordered):
        ordered = ordered.reindex(pd.period_range(ordered.index[0], ordered.index[-1], freq="M"))
    broken = np.flatnonzero(~(ordered > 0).to_numpy())
    ordered = ordered.iloc[broken[-1] + 1 :] if len(broken) else ordered
    if len(ordered) < LEAST_MONTHS:
        empty = pd.DataFrame({"month": [], "index": [], "years": []})
        return Season(empty, math.nan, math.nan, "", "too_few_months")
    logs = np.log(ordered.astype(float))
    seasonal, rest = _by_stl(logs) if len(logs) >= _STL_MONTHS else _by_one_year(logs)
    months = pd.PeriodIndex(logs.index).month
    index = np.exp(pd.Series(seasonal).groupby(np.asarray(months)).mean())
    index = index / index.mean()
    strength, p_value = math.nan, math.nan
    if len(logs) >= _STL_MONTHS:
        whole = float(np.var(seasonal + rest))
        strength = max(0.0, 1 - float(np.var(rest)) / whole) if whole else 0.0
        p_value = _equal_months(seasonal + rest, np.asarray(months))
    years = pd.Series(1, index=months).groupby(level=0).sum()
    frame = pd.DataFrame({"month": index.index, "index": index.to_numpy(), "years": years.to_numpy()})
    return Season(frame, strength, p_value, "stl" if len(logs) >= _STL_MONTHS else "one_year")


def _equal_months(values: np.ndarray, months: np.ndarray) -> float:
    """p of the F test that all months have one mean."""
    size = np.bincount(months)[1:]
    mean = np.bincount(months, values)[1:] / size
    between = float(size @ np.square(mean - values.mean())) / (YEAR - 1)
    within = float(np.square(values - mean[months - 1]).sum()) / (len(values) - YEAR)
    return float(special.fdtrc(YEAR - 1, len(values) - YEAR, between / within)) if within > 0 else 0.0


def _by_stl(logs: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    from statsmodels.tsa.seasonal import STL  # type: ignore[import-untyped]  # here: the import takes 4 s

    found = STL(logs.to_numpy(), period=YEAR, robust=True).fit()
    return np.asarray(found.seasonal), np.asarray(found.resid)


def _by_one_year(logs: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Less than two years: the rise is told by the months seen twice, and nothing is left as noise."""
    values = logs.to_numpy()
    rise = float(np.mean(values[YEAR:] - values[:-YEAR])) / YEAR
    level = values - rise * np.arange(len(values))
    level = level - level[-YEAR:].mean()
    return level, np.zeros(len(level))
