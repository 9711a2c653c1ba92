"""Prediction bands: coverage on simulated shops, campaign days left out, nothing before there is history."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from shopnb.stats import normal_band, prediction_interval


def simulated_shop(rng, days, level=5000.0, noise=0.15):
    weekdays = np.arange(days) % 7
    values = rng.poisson(level * np.exp(np.where(weekdays >= 5, 0.25, 0.0) + rng.normal(0, noise, days)))
    return pd.Series(values.astype(float)), weekdays


@pytest.mark.parametrize("level", [3.0, 5000.0])
def test_band_holds_nine_days_of_ten(level):
    rng = np.random.default_rng(7)
    inside, known = 0, 0
    for _ in range(30):
        values, weekdays = simulated_shop(rng, 70, level)
        band = normal_band(values, weekdays, np.ones(70, bool), level=0.9)
        has_band = band.low.notna()
        known += has_band.sum()
        inside += ((values >= band.low) & (values <= band.high))[has_band].sum()
    assert known == 30 * 56
    assert 0.87 <= inside / known <= 0.93


def test_band_holds_nine_days_of_ten_from_the_third_week_on():
    rng = np.random.default_rng(12)
    inside = 0
    for _ in range(120):
        values, weekdays = simulated_shop(rng, 24)
        band = normal_band(values, weekdays, np.ones(24, bool), level=0.9)
        inside += ((values >= band.low) & (values <= band.high))[14:].sum()
    assert 0.87 <= inside / 1200 <= 0.93


def test_a_quiet_shop_has_less_than_one_odd_day_a_month():
    rng = np.random.default_rng(31)
    odd = known = 0
    for _ in range(40):
        values, weekdays = simulated_shop(rng, 70)
        p_value = normal_band(values, weekdays, np.ones(70, bool)).p_value
        odd += (p_value < 0.02).sum()  # the level of the overview
        known += p_value.notna().sum()
    assert 30 * odd / known <= 1.0


def test_a_campaign_day_is_expected_where_its_like_came_before():
    values, weekdays = simulated_shop(np.random.default_rng(3), 60, noise=0.05)
    kinds = np.array([""] * 60, dtype=object)
    for first in (20, 40, 55):
        kinds[first : first + 3] = "burst"
    kinds[30] = "festival"
    values[kinds == "burst"] *= 3
    band = normal_band(values, weekdays, kinds == "", kinds=kinds)
    assert band.expected[20:23].isna().all()
    assert np.isnan(band.expected[30])
    # twofold log 3 above an ordinary day, learnt from the days of the first campaign
    ordinary = normal_band(values, weekdays, kinds == "").expected
    assert (band.expected[40:43] / ordinary[40:43]).mean() == pytest.approx(3, rel=0.1)
    assert ((values >= band.low) & (values <= band.high))[55:58].sum() >= 2  # nine days of ten


def test_band_follows_the_weekday_and_ignores_marked_campaigns():
    values, weekdays = simulated_shop(np.random.default_rng(3), 60, noise=0.05)
    usable = np.ones(60, bool)
    campaign = [20, 21, 22, 40]
    spoiled = values.copy()
    spoiled[campaign] *= 8
    usable[campaign] = False
    band = normal_band(spoiled, weekdays, usable)
    assert band.usable_days == 56
    weekend, normal_day = band.expected[(weekdays >= 5) & (np.arange(60) > 30)], band.expected[(weekdays < 5)]
    assert weekend.min() > normal_day.max()
    assert (spoiled[campaign] > band.high[campaign]).all()
    # the ratio that was simulated: exp(0.25)
    assert weekend.mean() / normal_day.mean() == pytest.approx(math.exp(0.25), rel=0.05)


def test_a_day_never_explains_itself():
    values, weekdays = simulated_shop(np.random.default_rng(5), 40)
    changed = values.copy()
    changed.iloc[30] *= 10
    usable = np.ones(40, bool)
    one, other = normal_band(values, weekdays, usable), normal_band(changed, weekdays, usable)
    pd.testing.assert_series_equal(one.high[:31], other.high[:31])
    assert other.high[30] < changed[30]
    # an unmarked outlier is dropped from the days after it
    assert other.high[37] < 1.3 * one.high[37]


def test_too_few_days():
    band = normal_band(pd.Series([5.0] * 14), np.arange(14) % 7, np.ones(14, bool))
    assert band.code == "too_few_days"
    assert band.expected.isna().all()
    fifteen = normal_band(pd.Series([5.0] * 15), np.arange(15) % 7, np.ones(15, bool))
    assert fifteen.code is None
    assert fifteen.expected[14] == pytest.approx(5)


def test_prediction_interval_is_students():
    past = [3.0, -1.0, 2.0, 0.5]
    usual = prediction_interval(past, 4.0, level=0.9)
    error = np.std(past, ddof=1) * math.sqrt(1.25)
    assert usual.high == pytest.approx(np.mean(past) + scipy_stats.t.ppf(0.95, 3) * error)
    assert usual.p_value == pytest.approx(2 * scipy_stats.t.sf((4.0 - np.mean(past)) / error, 3))
    assert prediction_interval([1.0, math.nan, 2.0]).code == "too_few"
    assert prediction_interval([1.0, 2.0, 4.0]).estimate == pytest.approx(2.0)
