"""Splits of a change: exact sums, symmetry, published vectors."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopnb.stats import decompose_product, mix_rate

values = st.floats(0, 1e6)
factors = st.fixed_dictionaries({"visitors": values, "conversion": st.floats(0, 1), "spend": values})


@given(factors, factors)
def test_effects_sum_to_the_change_and_flip_with_time(before, after):
    there, back = decompose_product(before, after), decompose_product(after, before)
    size = max(
        abs(there.change), math.prod(before.values()), math.prod(after.values()), *map(abs, there.effects.values())
    )
    assert abs(math.fsum(there.effects.values()) - there.change) <= 1e-9 * max(size, 1)
    for name, effect in there.effects.items():
        assert effect == pytest.approx(-back.effects[name], rel=1e-9, abs=1e-9)


def test_published_vector():
    change = decompose_product(
        {"visitors": 12000, "conversion": 0.034, "spend": 92}, {"visitors": 15000, "conversion": 0.027, "spend": 97}
    )
    assert change.change == pytest.approx(1749)
    assert [round(change.effects[name]) for name in ("visitors", "conversion", "spend")] == [8638, -8939, 2050]


def test_missing_factor_is_not_zero():
    change = decompose_product({"visitors": math.nan, "spend": 2}, {"visitors": 1, "spend": 2})
    assert change.code == "missing_factor"
    assert math.isnan(change.effects["spend"])


weights = st.dictionaries(st.sampled_from("abcde"), st.integers(1, 10000), min_size=1)


@given(weights, weights, st.data())
def test_mix_and_rate_sum_to_the_change(before, after, data):
    rates = [{name: data.draw(st.floats(0, 1)) for name in period} for period in (before, after)]
    split = mix_rate(before, rates[0], after, rates[1])
    means = [sum(w[n] * r[n] for n in w) / sum(w.values()) for w, r in ((before, rates[0]), (after, rates[1]))]
    assert split.change.estimate == pytest.approx(means[1] - means[0], abs=1e-12)
    assert split.mix.estimate + split.rate.estimate == pytest.approx(split.change.estimate, abs=1e-12)
    assert split.parts["mix_effect"].sum() == pytest.approx(split.mix.estimate, abs=1e-12)
    assert split.parts["rate_effect"].sum() == pytest.approx(split.rate.estimate, abs=1e-12)
    assert split.rate.low <= split.rate.estimate <= split.rate.high
    back = mix_rate(after, rates[1], before, rates[0])
    assert back.rate.estimate == pytest.approx(-split.rate.estimate, abs=1e-12)


def test_simpson_is_named():
    split = mix_rate(
        {"search": 9000, "feed": 1000},
        {"search": 0.06, "feed": 0.01},
        {"search": 3000, "feed": 9000},
        {"search": 0.07, "feed": 0.02},
    )
    assert split.change.estimate < 0 < split.rate.low
    assert split.is_reversed


def test_intervals_of_mix_and_of_money_by_hand():
    before, after = {"search": 60, "feed": 40}, {"search": 20, "feed": 80}
    values, later = {"search": 4.0, "feed": 1.0}, {"search": 4.5, "feed": 1.5}
    errors = ({"search": 0.3, "feed": 0.1}, {"search": 0.4, "feed": 0.2})
    split = mix_rate(before, values, after, later, level=0.9, rates_are_shares=False, errors=errors)
    assert split.mix.estimate == pytest.approx(-0.4 * 4.25 + 0.4 * 1.25)
    assert split.rate.estimate == pytest.approx(0.5)
    mix_error = math.sqrt(0.4**2 * (0.3**2 + 0.4**2) / 4 + 0.4**2 * (0.1**2 + 0.2**2) / 4)
    assert split.mix.high - split.mix.estimate == pytest.approx(1.6448536 * mix_error, rel=1e-6)
    rate_error = math.sqrt(0.4**2 * (0.3**2 + 0.4**2) + 0.6**2 * (0.1**2 + 0.2**2))
    assert split.rate.estimate - split.rate.low == pytest.approx(1.6448536 * rate_error, rel=1e-6)
    without = mix_rate(before, values, after, later, rates_are_shares=False)
    assert math.isnan(without.mix.low)
    assert math.isnan(without.rate.high)
    assert without.mix.estimate == split.mix.estimate


def test_part_of_one_period_is_all_mix():
    split = mix_rate({"a": 100}, {"a": 0.1}, {"a": 100, "b": 100}, {"a": 0.1, "b": 0.3})
    assert split.rate.estimate == 0
    assert split.mix.estimate == pytest.approx(0.1)


def test_no_weight_or_impossible_rate_gives_a_code():
    assert mix_rate({"a": 0}, {}, {"a": 5}, {"a": 0.1}).code == "zero_denominator"
    assert mix_rate({"a": 5}, {"a": 1.2}, {"a": 5}, {"a": 0.1}).code == "invalid_counts"
    assert math.isnan(mix_rate({"a": 5}, {}, {"a": 5}, {"a": 0.1}).rate.estimate)
