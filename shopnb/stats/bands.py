"""What is normal: a prediction band for a daily series, and a prediction interval from a few earlier values.

Belongs here: numbers from a series' own past. Which days a campaign or holiday spoils, the caller says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from shopnb.stats.estimate import NAN, Estimate, check_level, student_quantile, unknown

MIN_DAYS = 14  # two of each weekday
MIN_EVENT_DAYS = 3  # of a kind of event, before its effect is believed
WINDOW_DAYS = 56  # usable days that a band looks back on
HALF_LIFE_DAYS = 28.0  # of a day's weight
_WEEKDAY_PRIOR_DAYS = 0.3  # pseudo-days that pull a weekday's effect towards none
_OUTLIER_LEVEL = 1 - 6e-5  # of Student's t: 4 spreads with many days, 8 with two weeks of them
_FEW = 20.0  # below it the spread of counts goes with the square root


def prediction_interval(history: Sequence[float], value: float = NAN, *, level: float = 0.9) -> Estimate:
    """Where the next value should lie, given a few earlier ones of the same kind.

    Parameters
    ----------
    history : earlier values (the same weekday of four weeks, four normal weeks); missing ones are left out.
    value : the new value, for the p value; NaN: none.
    level : share of new values that should fall within.

    Returns
    -------
    Estimate
        `estimate` = mean (geometric where all values are positive), `low` and `high` = Student's prediction interval,
        p = two-sided chance of a value at least as far out. NaN with `too_few` below three values.

    Notes
    -----
    m ± t(n - 1) s sqrt(1 + 1/n), on logs where all values are positive.

    Examples
    --------
    >>> usual = prediction_interval([10.0, 10.0, 10.0, 10.0], 12.0)
    >>> round(usual.low, 9), usual.p_value
    (10.0, 0.0)
    """
    check_level(level)
    past = np.array([v for v in history if math.isfinite(v)], float)
    if len(past) < 3:
        return unknown("too_few")
    is_log = bool((past > 0).all()) and not value <= 0
    past = np.log(past) if is_log else past
    middle, freedom = float(past.mean()), len(past) - 1
    error = float(past.std(ddof=1)) * math.sqrt(1 + 1 / len(past))
    half = student_quantile(level, freedom) * error
    p_value = NAN
    if math.isfinite(value):
        gap = abs((math.log(value) if is_log else value) - middle)
        p_value = float(2 * special.stdtr(freedom, -gap / error)) if error > 0 else float(gap < 1e-12)
    ends = (middle, middle - half, middle + half)
    expected, low, high = (math.exp(end) if is_log else end for end in ends)
    return Estimate(expected, low, high, p_value)


@dataclass(frozen=True)
class NormalBand:
    """The normal range of each day.

    Attributes
    ----------
    expected, low, high : Series with the index of the values; NaN on days before which there are under 14 usable days.
    p_value : Series, chance that a day of its kind lies at least as far out, two-sided; NaN without a band or value.
    usable_days : days that may serve as history.
    code : `too_few_days` when no day has a band; None otherwise.
    """

    expected: pd.Series
    low: pd.Series
    high: pd.Series
    p_value: pd.Series
    usable_days: int
    code: str | None = None


def normal_band(
    values: pd.Series, weekdays: ArrayLike, usable: ArrayLike, *, level: float = 0.9, kinds: ArrayLike | None = None
) -> NormalBand:
    """Prediction band of each day from the usable days before it: own level, own weekday pattern, effects of events.

    Parameters
    ----------
    values : one value a day in order of days, counts or money, >= 0; NaN where missing.
    weekdays : 0 (Monday) to 6, one a day.
    usable : whether a day may serve as history: False on campaign days and holidays. Without `kinds` such days get the
        band of an ordinary day.
    level : share of ordinary days that should fall within, 0.9.
    kinds : what kind of event a day belongs to (a campaign's warm-up, its burst, a festival), "" for none. Such a day's
        band holds the effect that earlier days of its kind had; NaN where there were fewer than three.

    Notes
    -----
    Only **preceding** days are used, so a day never explains itself: at most 56 usable ones, half-life 28 days.
    Weighted least squares of the log value (the square root, where small numbers are common) on a level and
    weekday effects that are drawn to zero by 0.3 pseudo-days; days that Student's t with the fit's degrees of freedom
    passes once in 16,000 (in robust spreads of the residuals over what a fit leaves of them) are dropped and the fit is
    made again; Student's prediction interval with the effective degrees of freedom.
    An event's effect is the mean gap of its kind's earlier days to their ordinary expectation, its error that of a new
    day: sqrt(max(spread of the gaps, ordinary error)^2 (1 + 1/n)).
    """
    check_level(level)
    numbers = np.asarray(values, float)
    days_of_week = np.asarray(weekdays, int)
    may_serve = np.asarray(usable, bool) & np.isfinite(numbers) & (numbers >= 0)
    is_small = may_serve.any() and np.mean(numbers[may_serve] < _FEW) > 0.05
    with np.errstate(invalid="ignore"):
        scaled = np.sqrt(numbers + 0.375) if is_small else np.log(np.maximum(numbers, 1.0))
    forecasts = np.full((len(numbers), 3), NAN)  # expectation, error, degrees of freedom
    for day in range(len(numbers)):
        past = np.flatnonzero(may_serve[:day])[-WINDOW_DAYS:]
        if len(past) >= MIN_DAYS:
            forecasts[day] = _forecast(scaled[past], days_of_week[past], day - past, days_of_week[day])
    if kinds is not None:
        forecasts = _with_events(forecasts, scaled, np.asarray(kinds, str))
    half = [
        student_quantile(level, round(freedom, 1)) * error if freedom > 0 else NAN for _, error, freedom in forecasts
    ]
    bands = forecasts[:, [0, 0, 0]] + np.outer(half, [0.0, -1.0, 1.0])
    ends = np.maximum(np.square(np.maximum(bands, 0.0)) - 0.375, 0.0) if is_small else np.exp(bands)
    code = None if np.isfinite(bands).any() else "too_few_days"
    expected, low, high = (pd.Series(ends[:, k], index=values.index) for k in range(3))
    with np.errstate(invalid="ignore", divide="ignore"):
        gaps = np.abs(scaled - forecasts[:, 0]) / forecasts[:, 1]
    p_value = pd.Series(2 * special.stdtr(forecasts[:, 2], -gaps), index=values.index)
    return NormalBand(expected, low, high, p_value, int(may_serve.sum()), code)


def _with_events(forecasts: np.ndarray, scaled: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """The forecasts with the effect of each day's kind of event, learnt from earlier days of that kind."""
    changed = forecasts.copy()
    gaps = scaled - forecasts[:, 0]
    for day in np.flatnonzero(kinds != ""):
        earlier = gaps[:day][(kinds[:day] == kinds[day]) & np.isfinite(gaps[:day])]
        if len(earlier) < MIN_EVENT_DAYS:
            changed[day] = NAN
            continue
        expected, error, freedom = forecasts[day]
        spread = max(float(earlier.var(ddof=1)), error**2) * (1 + 1 / len(earlier))
        changed[day] = expected + earlier.mean(), math.sqrt(spread), min(freedom, len(earlier) - 1)
    return changed


def _forecast(past: np.ndarray, weekdays: np.ndarray, age: np.ndarray, weekday: int) -> tuple[float, float, float]:
    """Expected value of one day, its error and degrees of freedom, on the transformed scale."""
    kept = np.ones(len(past), bool)
    for _ in range(3):
        expected, error, freedom, residuals = _fit(past, weekdays, age, kept, weekday)
        spread = 1.4826 * float(np.median(np.abs(residuals[kept] - np.median(residuals[kept]))))
        widest = student_quantile(_OUTLIER_LEVEL, round(freedom, 1))
        inside = np.abs(residuals) <= widest * max(spread, 1e-12)
        if (inside == kept).all() or inside.sum() < MIN_DAYS * 0.7:
            break
        kept = inside
    return expected, error, freedom


def _fit(
    past: np.ndarray, weekdays: np.ndarray, age: np.ndarray, kept: np.ndarray, weekday: int
) -> tuple[float, float, float, np.ndarray]:
    """Weighted ridge fit: expectation for `weekday`, prediction error, degrees of freedom, standardised residuals."""
    design = np.column_stack([np.ones(len(past)), weekdays[:, None] == np.arange(7)[None, :]]).astype(float)
    target = np.concatenate([[1.0], np.arange(7) == weekday])
    weight = kept * 0.5 ** (age / HALF_LIFE_DAYS)
    weight = weight * kept.sum() / weight.sum()
    prior = np.diag([0.0, *[_WEEKDAY_PRIOR_DAYS] * 7])
    inverse = np.linalg.inv(design.T @ (weight[:, None] * design) + prior)
    effects = inverse @ (design.T @ (weight * past))
    residuals = past - design @ effects
    hat = np.einsum("ij,jk,ik->i", design, inverse, design) * weight
    freedom = max(float(weight.sum() ** 2 / np.square(weight).sum() - hat.sum()), 2.0)
    variance = float((weight * np.square(residuals)).sum() / weight.sum()) * (freedom + hat.sum()) / freedom
    lever = design.T @ (np.square(weight)[:, None] * design)
    error = math.sqrt(variance * (1 + float(target @ inverse @ lever @ inverse @ target)))
    return float(target @ effects), error, freedom, residuals / np.sqrt(np.maximum(1 - hat, 0.25))
