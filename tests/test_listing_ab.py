"""Reading and comparing listing tests: expected numbers by hand, from pages.md or from published counts."""

import datetime as dt
import math

import pandas as pd
import pytest
from scipy import stats as scipy_stats

from shopnb.intake import import_files
from shopnb.metrics import listing_ab
from shopnb.metrics.listing_brakes import braked
from shopnb.metrics.listing_money import saving
from shopnb.metrics.listing_plan import smallest_visible
from shopnb.metrics.listing_states import Arm, Comparison, Design, State
from shopnb.metrics.listing_tests import COUNTS, Counts, ListingTest, counts_of, list_tests, outcomes_of, rotation_of
from shopnb.metrics.listing_users import compare_users
from shopnb.shop import open_shop
from shopnb.stats import Estimate, plan

TEST = ListingTest("T", "ab_daily", 2, 0.0)
CURRENT = Estimate(math.nan, code="current")


def counts(rows, *, dated=True, rotation=""):
    """Rows of (day number, variant, impressions, clicks[, carts, payers, cost])."""
    days = [dt.date(2026, 8, 1) + dt.timedelta(days=row[0]) if dated else None for row in rows]
    frame = pd.DataFrame([dict(zip(COUNTS, row[2:], strict=False)) for row in rows]).reindex(columns=list(COUNTS))
    frame = frame.astype(float).assign(day=days, variant=[row[1] for row in rows])
    return Counts(TEST, frame, rotation)


def arm(name, rate, *, gap=CURRENT, trials=10_000.0):
    return Arm(name, trials, trials * rate, 7, 0.5, Estimate(rate, rate, rate), gap)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["轮播"], "equal"),
        (["系统优选"], "optimised"),
        (["均匀轮播", "轮播"], "equal"),
        (["轮播", "优选"], ""),
        ([], ""),
    ],
)
def test_rotation_is_read_from_how_people_write_it(words, kind):
    assert rotation_of(words) == kind


def test_the_current_version_is_the_one_named_so_else_the_one_shown_first():
    rows = counts([(0, "B", 10, 1), (1, "A", 10, 1), (1, "B", 10, 1)]).daily
    assert listing_ab.current_of(rows, "") == "B"
    assert listing_ab.current_of(rows, "A") == "A"
    assert listing_ab.current_of(rows.assign(variant=["B", "A现用", "B"]), "") == "A现用"
    assert listing_ab.current_of(rows[["variant"]], "") == "A"


def test_undated_sums_are_compared_only_where_the_split_was_equal():
    undated = counts([(0, "A", 50_000, 1500), (0, "B", 50_000, 1800)], dated=False)
    assert listing_ab.design_of(undated, "") is Design.UNDATED
    assert listing_ab.design_of(undated, "optimised") is Design.UNDATED
    assert listing_ab.design_of(undated, "equal") is Design.TOTALS


def test_a_saving_at_the_same_budget_is_that_of_the_worked_example():
    """pages.md 2.4: 3.40 → 3.92 %, range 0.21 to 0.83 pp: 0.14 a click, 0.29万 in 30 days (0.13 to 0.43)."""
    shown, clicks, cost = 137_000, 4_877, 137_000 * 0.0359
    rows = counts([(day, "A", shown / 7, clicks / 7, 0, 0, cost / 7) for day in range(7)])
    made = Comparison(
        "click_rate", Design.OPTIMISED, State.SWITCH,
        (arm("A", 0.034), arm("B", 0.0392, gap=Estimate(0.0052, 0.0021, 0.0083))), days=7, zone=0.0017,
    )  # fmt: skip
    money = saving(rows, made)
    assert money.per_click == pytest.approx(0.14, abs=0.001)
    assert money.amount == pytest.approx(2928, abs=2)
    assert (money.low, money.high) == (pytest.approx(1284, abs=2), pytest.approx(4330, abs=3))


def test_without_spend_a_saving_says_why_not():
    made = Comparison(
        "click_rate",
        Design.EQUAL,
        State.SWITCH,
        (arm("A", 0.03), arm("B", 0.04, gap=Estimate(0.01, 0.005, 0.015))),
        days=3,
    )
    assert saving(counts([(0, "A", 100, 3)]), made).code == "no_cost"


@pytest.mark.parametrize(
    ("gaps", "state"),
    [
        ([(0.002, 0.008)], State.SWITCH),
        ([(0.0005, 0.0015)], State.LEVEL),  # sure, but too small
        ([(-0.008, -0.002), (-0.02, -0.001)], State.KEEP),
        ([(-0.008, 0.001)], State.KEEP_ENOUGH),
        ([(-0.001, 0.001), (-0.0015, 0.0019)], State.LEVEL),
        ([(-0.001, 0.006)], State.WAIT),
        ([(-0.009, -0.001), (0.001, 0.009)], State.SWITCH),
    ],
)
def test_what_to_do_follows_from_the_ranges_and_the_zone(gaps, state):
    others = [arm(f"V{turn}", 0.03, gap=Estimate((low + high) / 2, low, high)) for turn, (low, high) in enumerate(gaps)]
    assert listing_ab._by_intervals(others, 0.002) is state


def test_four_equal_versions_under_an_optimising_rotation_are_not_told_apart():
    """Weekends click twice as much and go to B: pooled rates differ, rates within days do not."""
    rows = []
    for day in range(7):
        rate = 0.06 if day >= 5 else 0.03
        for name, shown in (("A", 2000), ("B", 9000 if day >= 5 else 2000)):
            rows.append((day, name, shown, round(shown * rate)))
    made = listing_ab.compare_counts(counts(rows), metric="click_rate", design=Design.OPTIMISED, control="A")
    assert made.best.pooled > 0.008
    assert made.best.difference.estimate == pytest.approx(0, abs=1e-6)
    assert made.state is not State.SWITCH
    assert math.isnan(made.sample_ratio_p)
    assert made.exaggerates


def test_one_day_one_version_and_versions_apart_are_no_comparison():
    def state(rows):
        found = counts(rows)
        return listing_ab.compare_counts(found, metric="click_rate", design=Design.EQUAL, control="A").state

    assert state([(0, "A", 5000, 150), (0, "B", 5000, 300)]) is State.ONE_DAY
    assert state([(day, "A", 5000, 150) for day in range(5)]) is State.ONE_VERSION
    apart = [(day, "A", 5000, 150) for day in range(4)] + [(day, "B", 5000, 300) for day in range(4, 8)]
    assert state(apart) is State.NO_COMMON
    assert state([(day, name, 500, 5) for day in range(4) for name in "AB"]) is State.TOO_FEW


def test_fewer_carts_on_balance_brake_a_switch():
    made = Comparison(
        "click_rate", Design.EQUAL, State.SWITCH, (arm("A", 0.03), arm("B", 0.035, gap=Estimate(0.005, 0.001, 0.009)))
    )
    carts = Comparison("cart_rate", Design.EQUAL, State.WAIT, (arm("A", 0.10), arm("B", 0.05)))
    assert (
        braked(made, carts, {"cart_rate": Estimate(-0.05, -0.07, -0.03)}).state is State.BRAKE
    )  # 0.00175 < 0.003 carts
    assert braked(made, carts, {"cart_rate": Estimate(-0.01, -0.015, -0.005)}).state is State.SWITCH  # 0.00315 > 0.003
    assert braked(made, carts, {"cart_rate": Estimate(-0.05, -0.11, 0.01)}).state is State.SWITCH


def test_the_smallest_visible_rise_is_the_plan_turned_round():
    rise = smallest_visible(0.034, 20_000, 2)
    assert plan(0.034, rise, variants=2).trials_per_variant == pytest.approx(20_000, rel=0.01)
    assert math.isnan(smallest_visible(0.6, 3, 2))


def opened(folder, *files):
    import_files(files, folder)
    shop = open_shop(folder)
    return {name: shop.table(name) for name in ("ab_daily", "ab_users", "ad_daily") if shop.has(name)}


def test_two_files_of_one_test_are_its_two_versions(shared_data, tmp_path):
    """Udacity's published totals; Enrollments per click differ by −2.06 points over the 23 days that have them."""
    folder = shared_data / "abtest"
    tables = opened(tmp_path, *sorted(folder.glob("udacity_screener_*.csv")))
    (test,) = list_tests(tables)
    found = counts_of(tables["ab_daily"], test)
    made = listing_ab.compare_counts(found, metric="click_rate", design=Design.UNKNOWN, control="Control")
    assert [(one.variant, one.successes, one.trials) for one in made.arms] == [
        ("Control", 28378, 345543), ("Experiment", 28325, 344660),
    ]  # fmt: skip
    assert made.state is State.LEVEL
    carts = listing_ab.compare_counts(found, metric="cart_rate", design=Design.UNKNOWN, control="Control")
    assert carts.days == 23
    assert carts.best.pooled == pytest.approx(-0.0206, abs=5e-5)
    assert carts.best.difference.high < 0


def test_one_row_a_user_counts_each_outcome(shared_data, tmp_path):
    """Day-7 retention of cookie cats, and a split that is not what chance makes of halves."""
    tables = opened(tmp_path, shared_data / "abtest" / "cookie_cats.csv.gz")
    (test,) = list_tests(tables)
    outcomes = outcomes_of(tables["ab_users"], test)
    assert list(dict.fromkeys(outcomes["outcome"])) == ["sum_gamerounds", "retention_1", "retention_7"]
    made = compare_users(outcomes, metric="retention_7", control="gate_30")
    assert [(one.successes, one.trials) for one in made.arms] == [(8502, 44700), (8279, 45489)]
    assert made.sample_ratio_p == pytest.approx(0.0086, abs=5e-5)
    assert made.state is State.SAMPLE_RATIO
    rounds = compare_users(outcomes, metric="sum_gamerounds", control="gate_30")
    assert not rounds.is_share
    raw = pd.read_csv(shared_data / "abtest" / "cookie_cats.csv.gz")
    capped = raw["sum_gamerounds"].clip(upper=raw.loc[raw["sum_gamerounds"] > 0, "sum_gamerounds"].quantile(0.99))
    groups = [capped[raw["version"] == name] for name in ("gate_30", "gate_40")]
    welch = scipy_stats.ttest_ind(groups[1], groups[0], equal_var=False)
    gap = rounds.arms[1].difference
    assert gap.estimate == pytest.approx(groups[1].mean() - groups[0].mean())
    assert (gap.p_value, gap.low) == (pytest.approx(welch.pvalue), pytest.approx(welch.confidence_interval().low))


def test_a_question_a_test_gives_thousands_of_tests(shared_data, tmp_path):
    tables = opened(tmp_path, shared_data / "abtest" / "upworthy_question.csv")
    tests = list_tests(tables)
    assert len(tests) == 5295
    first = next(test for test in tests if test.name == "1")
    daily = counts_of(tables["ab_daily"], first).daily
    assert list(zip(daily["variant"], daily["impressions"], daily["clicks"], strict=True)) == [
        ("no", 7997, 148), ("yes", 2606, 42),
    ]  # fmt: skip
