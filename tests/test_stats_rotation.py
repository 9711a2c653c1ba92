"""Rotated versions: statsmodels and gbstats as second opinions, bad input, a small calibration."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from shopnb.errors import InputError
from shopnb.stats import always_valid_difference, plan, rotation_test, sample_ratio
from shopnb.stats.day_fit import fit_days
from shopnb.stats.planning import _watched


def frame(trials, successes):
    trials, successes = np.asarray(trials), np.asarray(successes)
    days, arms = trials.shape
    return pd.DataFrame(
        {
            "variant": np.tile([chr(65 + k) for k in range(arms)], days),
            "day": np.repeat(np.arange(days), arms),
            "trials": trials.ravel(),
            "successes": successes.ravel(),
        }
    )


def test_two_versions_agree_with_statsmodels():
    from statsmodels.stats.contingency_tables import StratifiedTable

    trials = [[10000, 10000], [5000, 15000], [2000, 18000]]
    successes = [[500, 610], [254, 902], [101, 1080]]
    tables = [[[x[1], n[1] - x[1]], [x[0], n[0] - x[0]]] for n, x in zip(trials, successes, strict=True)]
    ours = rotation_test(frame(trials, successes))
    assert ours.icc == 0
    assert ours.p_value == pytest.approx(
        StratifiedTable([np.array(table, float) for table in tables]).test_null_odds().pvalue, rel=1e-9
    )
    weights = [n[0] * n[1] / sum(n) for n in trials]  # Mantel-Haenszel difference, by hand
    gaps = [x[1] / n[1] - x[0] / n[0] for n, x in zip(trials, successes, strict=True)]
    assert ours.estimate == pytest.approx(np.average(gaps, weights=weights))


def test_one_day_is_the_chi_square_less_one_trial():
    ours = rotation_test(frame([[8000, 10000, 12000]], [[400, 480, 540]]))
    table = [[400, 7600], [480, 9520], [540, 11460]]
    chi = scipy_stats.chi2_contingency(table, correction=False).statistic * 29999 / 30000
    assert ours.p_value == pytest.approx(scipy_stats.chi2.sf(chi, 2))
    assert ours.code == "one_day"
    assert ours.best == "A"
    assert ours.low < ours.estimate < ours.high


def test_pooling_days_would_lie_but_days_apart_do_not():
    # an optimising rotation that fell for B before a weekend of high rates: equal within each day
    ours = rotation_test(frame([[900, 100], [100, 900]] * 3, [[18, 2], [10, 90]] * 3))
    pooled = rotation_test(frame([[3000, 3000]], [[84, 276]]))
    assert pooled.p_value < 1e-6
    assert ours.p_value == pytest.approx(1.0)
    assert ours.estimate == pytest.approx(0.0, abs=1e-12)


def test_row_order_does_not_matter_and_arms_are_complete():
    counts = frame([[800, 900, 700]] * 5, [[40, 60, 30], [44, 50, 41], [39, 70, 30], [41, 58, 35], [45, 61, 33]])
    one, other = rotation_test(counts), rotation_test(counts.sample(frac=1, random_state=1))
    assert (one.estimate, one.low, one.high, one.best) == (other.estimate, other.low, other.high, "B")
    assert one.arms["chance_best"].sum() == pytest.approx(1)
    assert (one.arms["low"] <= one.arms["rate"]).all()
    assert one.arms.set_index("variant").loc["B", "expected_loss"] < 1e-4
    assert one.arms["adjusted_rate"].to_numpy() == pytest.approx(one.arms["rate"].to_numpy(), abs=1e-4)


@pytest.mark.parametrize(
    ("trials", "successes", "code"),
    [
        ([[100], [100]], [[5], [6]], "one_arm"),
        ([[0, 0]], [[0, 0]], "zero_denominator"),
        ([[100, 0], [100, 0]], [[5, 0], [6, 0]], "zero_denominator"),
        ([[100, 100]], [[0, 0]], "no_successes"),
        ([[100, 0], [0, 100]], [[5, 0], [0, 9]], "no_common_days"),
    ],
)
def test_what_cannot_be_compared_has_a_code(trials, successes, code):
    counts = frame(trials, successes)
    for answer in (rotation_test(counts), always_valid_difference(counts)):
        assert answer.code == code
        assert math.isnan(answer.estimate)
    assert rotation_test(counts.head(0)).code == "no_rows"


def test_uneven_and_missing_days_are_said():
    assert rotation_test(frame([[100, 90], [100, 0], [90, 80]], [[5, 4], [5, 0], [4, 6]])).code == "uneven_days"
    counts = frame([[100, 90], [100, 70], [90, 80]], [[5, 4], [5, 5], [4, 6]])
    assert rotation_test(counts[counts["day"] != 1]).code == "missing_days"
    dates = counts.assign(day=pd.to_datetime("2026-08-01") + pd.to_timedelta(counts["day"] * 2, unit="D"))
    assert rotation_test(dates).code == "missing_days"
    assert rotation_test(counts).code is None


@pytest.mark.parametrize("change", [{"successes": 101}, {"trials": -1}, {"successes": -1}, {"trials": math.nan}])
def test_impossible_counts_are_refused(change):
    counts = frame([[100, 100], [100, 100]], [[5, 5], [6, 6]]).astype({"trials": float})
    counts.loc[2, list(change)] = list(change.values())
    for function in (rotation_test, always_valid_difference):
        with pytest.raises(InputError) as caught:
            function(counts)
        assert caught.value.code == "invalid_counts"
        assert "variant=A" in caught.value.text("en")


def test_duplicates_and_missing_columns_are_refused():
    counts = frame([[100, 100]], [[5, 5]])
    with pytest.raises(InputError, match="duplicate_rows"):
        rotation_test(pd.concat([counts, counts]))
    with pytest.raises(InputError, match="missing_columns"):
        rotation_test(counts.drop(columns="trials"))


def test_always_valid_half_width_is_gbstats():
    users = frame([[20000, 20000]], [[1000, 1120]])
    assert always_valid_difference(users, tuning=5000).code == "one_day"
    look = always_valid_difference(users.assign(day=None), tuning=5000)
    assert look.code == "no_days"
    # the published formula with the binomial error of the difference, N = 40,000
    error = math.sqrt(0.053 * 0.947 * 2 / 20000)
    rho2 = (-2 * math.log(0.05) + math.log(-2 * math.log(0.05) + 1)) / 5000
    seen = 40000
    variance = error**2 * seen  # s^2 of the formula
    half = math.sqrt(
        variance * 2 * (seen * rho2 + 1) * math.log(math.sqrt(seen * rho2 + 1) / 0.05) / (seen * rho2) / seen
    )
    assert look.high - look.estimate == pytest.approx(half, rel=1e-4)
    # p of the same sequence; with gbstats' z of the relative lift, 2.53, the same line gives its published 0.343
    pace = seen * rho2
    for z, p_value in ((0.006 / error, look.p_value), (2.53, 0.343)):
        assert math.sqrt(pace + 1) * math.exp(-(z**2) * pace / (2 * (pace + 1))) == pytest.approx(p_value, rel=0.01)
    assert always_valid_difference(frame([[9, 9, 9]], [[1, 2, 3]])).code == "not_two_variants"


def test_sample_ratio_of_cookie_cats():
    counts = pd.DataFrame({"variant": ["gate_30", "gate_40"], "day": 1, "trials": [44700, 45489], "successes": 0})
    assert sample_ratio(counts).p_value == pytest.approx(0.0086, abs=5e-5)
    assert sample_ratio(counts, expected={"gate_30": 44700, "gate_40": 45489}).p_value == pytest.approx(1)
    assert sample_ratio(counts, expected={"gate_30": 1}).code == "invalid_expected"
    assert sample_ratio(counts.head(1)).code == "one_arm"


def simulate(rng, arms, days, icc, optimising):
    """Identical versions: trials and successes, days x arms."""
    trials, successes = np.zeros((days, arms)), np.zeros((days, arms))
    share = np.full(arms, 1 / arms)
    for day in range(days):
        weekend = 1.4 if day % 7 >= 5 else 1.0
        trials[day] = rng.multinomial(int(3000 * weekend), share)
        rate = 0.05 * weekend
        rates = rng.beta(rate * (1 / icc - 1), (1 - rate) * (1 / icc - 1), arms) if icc else rate
        successes[day] = rng.binomial(trials[day].astype(int), rates)
        if optimising:
            drawn = rng.beta(1 + successes.sum(axis=0), 1 + (trials - successes).sum(axis=0), (100, arms)).argmax(
                axis=1
            )
            share = 0.9 * np.bincount(drawn, minlength=arms) / 100 + 0.1 / arms
    return trials, successes


@pytest.mark.parametrize(("arms", "icc", "optimising"), [(4, 0.0, True), (4, 0.001, False), (2, 0.001, True)])
def test_identical_versions_rarely_alarm(arms, icc, optimising):
    rng = np.random.default_rng(20)
    fits = [fit_days(*reversed(simulate(rng, arms, 14, icc, optimising))) for _ in range(300)]
    false = np.mean([fit.p_value < 0.05 for fit in fits])
    assert false <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 300)


def test_daily_looks_at_identical_versions_rarely_alarm():
    rng = np.random.default_rng(8)
    runs, alarms = 60, 0
    for _ in range(runs):
        counts = frame(*simulate(rng, 2, 7, 0.001, optimising=True))
        looks = [always_valid_difference(counts[counts["day"] <= day]) for day in range(7)]
        alarms += any(look.low > 0 or look.high < 0 for look in looks)
    assert alarms / runs <= 0.067


def test_boundaries_are_the_published_ones():
    # Lan-DeMets, O'Brien-Fleming-like spending, five equal looks, two-sided 5 % (Proschan, Lan and Wittes 2006)
    published = (4.8769, 3.3569, 2.6803, 2.2898, 2.0310)
    assert _watched((0.2, 0.4, 0.6, 0.8, 1.0), 0.05).bounds == pytest.approx(published, abs=2e-4)


def test_plan_against_statsmodels_and_its_own_promise():
    from statsmodels.stats.power import NormalIndPower
    from statsmodels.stats.proportion import proportion_effectsize

    needed = plan(0.05, 0.01, per_day=1000)
    single = NormalIndPower().solve_power(proportion_effectsize(0.06, 0.05), alpha=0.05, power=0.8)
    alone = needed.trials_per_variant / needed.allowance  # were the variance known
    assert single < alone < 1.04 * single
    assert needed.days == math.ceil(2 * needed.trials_per_variant / 1000)
    assert needed.looks["day"].tolist() == [1, 3, 7, 14, needed.days]
    assert needed.looks["alpha_spent"].iloc[-1] == pytest.approx(0.05)
    # simulated: z at the looks under the planned difference
    rng = np.random.default_rng(3)
    share = needed.looks["share"].to_numpy()
    drift = (scipy_stats.norm.ppf(0.975) + scipy_stats.norm.ppf(0.8)) * math.sqrt(alone / single)
    path = np.cumsum(
        rng.normal(drift * np.diff(share, prepend=0), np.sqrt(np.diff(share, prepend=0)), (20000, 5)), axis=1
    )
    power = (path / np.sqrt(share) > needed.looks["z"].to_numpy()).any(axis=1).mean()
    assert power == pytest.approx(0.80, abs=0.015)


def test_plan_grows_with_versions_and_names_impossible_wishes():
    assert plan(0.05, 0.01, variants=4).trials_per_variant > plan(0.05, 0.01).trials_per_variant
    assert math.isnan(plan(0.05, 0.01).days)
    assert plan(0.05, -0.01).code is None
    for wish, code in [
        (plan(0, 0.01), "invalid_baseline"),
        (plan(0.05, 0), "invalid_effect"),
        (plan(0.05, 0.96), "invalid_effect"),
        (plan(0.05, 0.01, variants=1), "invalid_variants"),
        (plan(0.05, 0.01, per_day=0), "invalid_trials"),
    ]:
        assert wish.code == code
        assert math.isnan(wish.trials_per_variant)
