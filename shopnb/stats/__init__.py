"""Intervals, tests, sequential looks and decompositions: knows counts and sums, no shop words.

Every result is a frozen dataclass; a number that cannot be known is NaN with a code, never 0.

- ``proportion_interval(successes, trials, *, level=0.95)`` -> Estimate
- ``compare_proportions(a, n_a, b, n_b, *, level=0.95)`` -> Estimate, b/n_b - a/n_a
- ``mean_interval(total, squares, count, *, level=0.95)`` -> Estimate
- ``ratio_interval(numerators, denominators, *, level=0.95)`` -> Estimate, one value a unit (day)
- ``censored_total(low, high, *, weights=None, level=0.9)`` -> CensoredTotal (an Estimate with listings, open_listings,
  open_share); ``fit_censored(low, high)`` -> CensoredModel: code, expected, ``simulate(weights, labels, count, along)``
- ``fit_index_curve(index, amount)`` -> IndexCurve: code, exponent, ``amounts(index, level)`` -> list of Estimate
- ``season_of(values)`` -> Season: frame (month, index, years), strength, p_value, method, code
- ``decompose_product(before, after)`` -> ProductChange: change, effects, code
- ``mix_rate(weights_before, rates_before, weights_after, rates_after, *, level=0.95, rates_are_shares=True)``
  -> MixRate: change, mix, rate (Estimates), parts (frame), is_reversed, code
- ``compare_means(first, second, *, level=0.95)`` -> Estimate; each (sum, sum of squares, number)
- ``compare_ratios(first, second, *, level=0.95)`` -> Estimate; each (numerators, denominators), one a unit
- ``holm(p_values, *, level=0.95)`` -> list of bool: which tests hold together
- ``false_discovery(p_values, *, rate=0.05)`` -> list of bool: which hold with so many false among them
- ``shrink(estimates, errors)`` -> Shrunk: effects of past tests without the winner's curse, and the prior they make
- ``rotation_test(counts, *, level=0.95)`` -> RotationTest (an Estimate: best minus runner-up, p of "all equal") with
  arms (frame), best, runner_up, days, icc; ``counts`` has variant, day, trials, successes
- ``always_valid_difference(counts, *, level=0.95, tuning=None)`` -> Estimate, second name minus first
- ``sample_ratio(counts, *, expected=None)`` -> Estimate with p_value only; ``sequential_sample_ratio``: for daily looks
- ``plan(baseline, effect, *, power=0.8, level=0.95, variants=2, per_day=None)`` -> Plan: trials_per_variant,
  days, looks (frame: day, share, trials_per_variant, z, alpha_spent), code; ``effect`` in share points
- ``planned_looks(last_day, *, level=0.95)`` -> frame day, share, z, alpha_spent;
  ``planned_difference(counts, *, last_day, level=0.95, between=None)`` -> PlannedLook, an Estimate
- ``before_after(series, *, is_after, level=0.95)`` -> BeforeAfter, an Estimate: difference in differences
- ``effect_trend(counts, *, between, level=0.95)`` -> EffectTrend, an Estimate: points a day that a difference moves;
  ``same_effect(estimates, errors)`` -> p that groups (devices) have the same effect
- ``switchback(counts, *, washout=1, level=0.95)`` -> Switchback, an Estimate: versions that alternate by day
- ``normal_band(values, weekdays, usable, *, level=0.9)`` -> NormalBand: expected, low, high (Series), usable_days, code
- ``rate_change_point(successes, trials, *, level=0.99)`` -> ChangePoint: first, low, high, rates, p_value, code
- ``known_step(values, after, groups, *, level=0.9)`` -> Estimate: relative change at a known moment
- ``prediction_interval(history, value=nan, *, level=0.9)`` -> Estimate of the next value, p of `value`
"""

from __future__ import annotations

from shopnb.stats.bands import NormalBand, normal_band, prediction_interval
from shopnb.stats.before_after import BeforeAfter, before_after
from shopnb.stats.censored import CensoredModel, CensoredTotal, censored_total, fit_censored
from shopnb.stats.changepoint import ChangePoint, known_step, rate_change_point
from shopnb.stats.decomposition import MixRate, ProductChange, decompose_product, mix_rate
from shopnb.stats.effects import EffectTrend, effect_trend, same_effect
from shopnb.stats.estimate import Estimate
from shopnb.stats.exposure import sample_ratio, sequential_sample_ratio
from shopnb.stats.means import compare_means, compare_ratios
from shopnb.stats.monotone import IndexCurve, fit_index_curve
from shopnb.stats.multiple import Shrunk, false_discovery, holm, shrink
from shopnb.stats.planning import Plan, PlannedLook, allowance_for, plan, planned_difference, planned_looks
from shopnb.stats.proportions import compare_proportions, mean_interval, proportion_interval, ratio_interval
from shopnb.stats.rotation import RotationTest, rotation_test
from shopnb.stats.seasons import Season, season_of
from shopnb.stats.sequential import always_valid_difference
from shopnb.stats.switchback import Switchback, switchback

__all__ = [
    "BeforeAfter",
    "CensoredModel",
    "CensoredTotal",
    "ChangePoint",
    "EffectTrend",
    "Estimate",
    "IndexCurve",
    "MixRate",
    "NormalBand",
    "Plan",
    "PlannedLook",
    "ProductChange",
    "RotationTest",
    "Season",
    "Shrunk",
    "Switchback",
    "allowance_for",
    "always_valid_difference",
    "before_after",
    "censored_total",
    "compare_means",
    "compare_proportions",
    "compare_ratios",
    "decompose_product",
    "effect_trend",
    "false_discovery",
    "fit_censored",
    "fit_index_curve",
    "holm",
    "known_step",
    "mean_interval",
    "mix_rate",
    "normal_band",
    "plan",
    "planned_difference",
    "planned_looks",
    "prediction_interval",
    "proportion_interval",
    "rate_change_point",
    "ratio_interval",
    "rotation_test",
    "same_effect",
    "sample_ratio",
    "season_of",
    "sequential_sample_ratio",
    "shrink",
    "switchback",
]
