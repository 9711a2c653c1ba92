"""Before and after, turns, planned looks, several tests at once: second opinions, by hand, a small calibration."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from shopnb.errors import InputError
from shopnb.metrics.listing_products import read_votes
from shopnb.stats import (
    allowance_for,
    before_after,
    compare_means,
    compare_proportions,
    false_discovery,
    plan,
    planned_difference,
    proportion_interval,
    rotation_test,
    sequential_sample_ratio,
    shrink,
    switchback,
)
from shopnb.stats.quantiles import picked_quantile, range_quantile

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import calibration_designs  # noqa: E402 - beside the package
from simulated_tests import Cell, at_end, daily, growthbook_width, planned, simulate  # noqa: E402 - beside the package


def turns(rates, days=14, trials=4000):
    """One version a day, A and B in turn."""
    names = ["AB"[day % 2] for day in range(days)]
    wave = [1 + 0.02 * ((day * 7) % 5 - 2) for day in range(days)]
    hits = [round(trials * rates[name] * up) for name, up in zip(names, wave, strict=True)]
    return pd.DataFrame(
        {"variant": names, "day": pd.date_range("2026-08-03", periods=days), "trials": trials, "successes": hits}
    )


def test_two_means_are_welch():
    rng = np.random.default_rng(2)
    first, second = rng.gamma(2, 30, 80), rng.gamma(2, 36, 50)
    sums = [(float(one.sum()), float((one**2).sum()), len(one)) for one in (first, second)]
    ours, theirs = compare_means(*sums), scipy_stats.ttest_ind(second, first, equal_var=False)
    assert ours.p_value == pytest.approx(theirs.pvalue)
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval()))
    assert compare_means((3.0, 9.0, 1), sums[1]).code == "too_few"
    assert compare_means((4.0, 8.0, 2), (4.0, 8.0, 2)).code == "no_spread"


def test_false_discovery_is_scipys():
    p_values = [0.001, 0.009, 0.012, 0.04, 0.2, 0.03, 0.8]
    theirs = scipy_stats.false_discovery_control(p_values) <= 0.05
    assert false_discovery(p_values) == theirs.tolist()


def test_shrinking_draws_in_the_noisy_more_and_keeps_equal_tests_together():
    past = shrink([0.2, 0.2, 0.0, 0.02, -0.01], [0.02, 0.1, 0.02, 0.02, 0.02])
    assert past.estimates[0] > past.estimates[1] > past.mean
    alike = shrink([0.05, 0.05, 0.05], [0.01, 0.02, 0.03])
    assert alike.spread == 0
    assert alike.estimates == pytest.approx([0.05] * 3)
    assert shrink([0.1, 0.2], [0.1, 0.1]).code == "too_few"


def test_a_change_is_net_of_the_control_by_hand():
    frame = pd.DataFrame(
        {"value": [10, 11, 9, 10, 15, 16, 14, 15.0], "control": [5, 5.5, 4.5, 5, 7, 7.5, 6.5, 7.0], "variance": 1e-4}
    ).assign(control_variance=1e-4)
    made = before_after(frame, is_after=pd.Series([False] * 4 + [True] * 4))
    assert (made.change, made.control_change) == (5, 2)
    assert made.estimate == pytest.approx(3, abs=0.01)
    assert made.code is None
    alone = before_after(frame[["value", "variance"]], is_after=pd.Series([False] * 4 + [True] * 4))
    assert alone.code == "no_control"
    assert before_after(frame.head(5), is_after=pd.Series([False] * 4 + [True])).code == "too_few_units"


def test_turns_by_day_find_a_difference_and_wash_out_long_turns():
    found = switchback(turns({"A": 0.04, "B": 0.05}))
    assert found.low > 0
    assert found.estimate == pytest.approx(0.01, abs=0.001)
    assert switchback(turns({"A": 0.04, "B": 0.04})).low < 0
    long = turns({"A": 0.04, "B": 0.05}, days=24)
    long["variant"] = ["AB"[day // 3 % 2] for day in range(24)]
    assert switchback(long).washed_out == 7  # eight turns of three days, all but the first lose a day
    assert switchback(long.assign(variant=["A"] * 12 + ["B"] * 12)).code == "too_few_turns"
    assert switchback(pd.concat([long, long.assign(variant="C")])).code == "not_two_variants"


def test_a_planned_look_waits_for_its_day():
    rows = [(day, name, 5000, hits) for day in range(1, 6) for name, hits in (("A", 150 + day), ("B", 240 - day))]
    counts = pd.DataFrame(rows, columns=["day", "variant", "trials", "successes"])
    look = planned_difference(counts, last_day=14)
    assert (look.day, look.next_day) == (3, 7)
    assert look.estimate == pytest.approx((238 - 152) / 5000, abs=1e-4)  # days 1 to 3 only
    assert planned_difference(counts, last_day=3).code == "after_last_day"
    assert math.isnan(planned_difference(counts.assign(day=None), last_day=14).estimate)


def test_the_split_may_be_checked_daily():
    rng = np.random.default_rng(6)
    alarms = 0
    for _ in range(100):
        left = rng.binomial(2000, 0.5, 14)
        days = pd.DataFrame(
            {"variant": list("AB") * 14, "day": np.repeat(range(14), 2),
             "trials": np.column_stack([left, 2000 - left]).ravel()}
        )  # fmt: skip
        alarms += sequential_sample_ratio(days).p_value < 0.05
    assert alarms <= 7
    assert sequential_sample_ratio(days.assign(trials=[1100, 900] * 14)).p_value < 1e-4


def test_growthbooks_published_interval_of_the_relative_lift():
    """gbstats 0.8.0, 1000/20000 against 1120/20000: −3.2 % to 27.2 %, p 0.343 (anchors of its documentation)."""
    first, second, size = 0.05, 0.056, 20000
    variance = second * (1 - second) / size / first**2 + second**2 * first * (1 - first) / size / first**4
    half = float(growthbook_width(np.array([40000.0]))[0]) * math.sqrt(variance)
    assert (0.12 - half, 0.12 + half) == (pytest.approx(-0.032, abs=5e-4), pytest.approx(0.272, abs=5e-4))


@pytest.mark.parametrize(
    ("level", "arms", "freedom", "published"),
    [(0.95, 3, 10, 3.877), (0.95, 5, 3, 7.502), (0.95, 8, math.inf, 4.286), (0.99, 4, 20, 5.018), (0.99, 3, 10, 5.27)],
)
def test_quantiles_among_all_pairs_are_tukeys(level, arms, freedom, published):
    """Tables of the studentized range (Harter 1960), which is a difference in units of one mean's error."""
    assert range_quantile(level, arms, freedom) * math.sqrt(2) == pytest.approx(published, abs=0.0015)


def test_picked_quantiles_are_dunnetts():
    # one-sided Dunnett, three and seven comparisons with a control, 5 %: 2.06 and 2.34 to two digits
    assert picked_quantile(0.95, 2, math.inf) == pytest.approx(1.96, abs=0.001)
    assert picked_quantile(0.95, 4, math.inf) == pytest.approx(2.07, abs=0.015)
    assert picked_quantile(0.95, 8, math.inf) == pytest.approx(2.34, abs=0.015)


@pytest.mark.parametrize("value", ["7", None, True, -1, math.inf, 1e300])
def test_what_is_no_count_gets_a_code(value):
    assert proportion_interval(value, 100).code == "invalid_counts"
    assert compare_proportions(3, 100, value, 100).code == "invalid_counts"


def test_yes_and_no_are_no_counts_in_a_frame():
    counts = pd.DataFrame({"variant": ["A", "B"], "day": 1, "trials": 100, "successes": [True, False]})
    with pytest.raises(InputError, match="invalid_counts"):
        rotation_test(counts)


def test_a_vote_is_a_share_with_a_range_and_few_votes_say_so():
    rows = pd.DataFrame({"question": "图", "option": ["1", "2"], "votes": [40, 10], "voters": None, "day": None})
    (vote,) = read_votes(rows)
    assert vote.options["option"].tolist() == ["1", "2"]
    assert vote.options["share"].tolist() == [0.8, 0.2]
    assert vote.options["chance"].iloc[0] > 0.99
    assert read_votes(rows.assign(votes=[4, 1]))[0].code == "too_few"
    assert read_votes(rows.assign(votes=[4, -1]))[0].code == "invalid_counts"


@pytest.mark.parametrize("cell", [Cell(versions=4, days=7, icc=0.001, optimising=True), Cell(days=7, icc=0.002)])
def test_a_small_slice_of_the_calibration(cell):
    successes, trials = simulate(cell, 400, np.random.default_rng(5))
    limit = 0.05 + 2 * math.sqrt(0.05 * 0.95 / 400)
    once, looks = at_end(successes, trials), daily(successes, trials)
    assert once.rotation.mean() <= limit
    assert 0.93 <= once.covers.mean() <= 0.99
    assert once.covers_best.mean() >= 0.93
    assert looks.always_valid.mean() <= 0.05
    assert looks.fixed_z.mean() > 0.3  # what a user would run instead


def test_a_change_beside_days_that_resemble_their_neighbours_rarely_alarms():
    """Lag-one correlation 0.5 of the days' own swings: a z test on sums calls three in ten of nothing a change."""
    plain, ours, _ = calibration_designs.judged(calibration_designs.Cell("change", 56, 9000, 0.06, echo=0.5), 150)
    assert plain > 0.2
    assert ours <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 150)


@pytest.mark.parametrize(("rate", "effect", "per_day", "least"), [(0.05, 0.006, 3000, 0.80), (0.05, 0.01, 2000, 0.80)])
def test_a_plan_has_the_power_that_was_asked_for(rate, effect, per_day, least):
    """Weekends bring 1.4 times the trials and rates: both are scaled so that the mean is what was planned."""
    needed = plan(rate, effect, per_day=per_day)
    cell = Cell(days=int(needed.days), per_day=per_day / 1.114, rate=rate / 1.114, lift=effect)
    stopped, single = planned(*simulate(cell, 1000, np.random.default_rng(8)))
    assert stopped.mean() == pytest.approx(least, abs=0.05)
    assert abs(stopped.mean() - single.mean()) < 0.05


def test_the_allowance_falls_with_the_days_and_one_day_has_none():
    found = [allowance_for(days) for days in (2, 4, 7, 14, 28, 200)]
    assert found == sorted(found, reverse=True)
    assert 1 < found[-1] < 1.1
    assert math.isinf(allowance_for(1))


def test_planned_looks_lose_little():
    stopped, single = planned(*simulate(Cell(days=14, lift=0.008), 300, np.random.default_rng(5)))
    assert stopped.mean() >= single.mean() - 0.05
