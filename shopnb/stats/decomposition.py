"""What a change is made of: a product split into its factors, a weighted mean into mix and rate.

Belongs here: splits that sum to the change exactly. Which factors a shop has is `metrics`' business.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import special

from shopnb.stats.estimate import NAN, Estimate, normal_quantile, unknown


@dataclass(frozen=True)
class ProductChange:
    """The change of a product and what each factor did to it.

    Attributes
    ----------
    change : product after minus product before, in the product's unit.
    effects : factor name -> its share of the change; they sum to `change` (to 1e-9 of its size). NaN with a code.
    code : `missing_factor` when a value is missing or not finite; None otherwise.
    """

    change: float
    effects: dict[str, float] = field(default_factory=dict)
    code: str | None = None


def decompose_product(before: Mapping[str, float], after: Mapping[str, float]) -> ProductChange:
    """Split the change of a product among its factors: the Shapley value, the mean over all orders of change.

    Parameters
    ----------
    before, after : factor name -> value, the same names in both, as in
        ``{"visitors": 12000, "conversion": 0.034, "spend": 92}``.

    Notes
    -----
    Exact for any number of factors and for zeros; no factor's effect depends on the order in which factors are named.
    LMDI gives nearly the same split but has no value at zero.

    Examples
    --------
    >>> change = decompose_product({"visitors": 12000, "conversion": 0.034, "spend": 92},
    ...                            {"visitors": 15000, "conversion": 0.027, "spend": 97})
    >>> {name: round(effect) for name, effect in change.effects.items()}
    {'visitors': 8638, 'conversion': -8939, 'spend': 2050}
    """
    if set(before) != set(after):
        raise ValueError(f"factors differ: {sorted(before)} and {sorted(after)}")
    names = list(before)
    if not all(math.isfinite(values[name]) for values in (before, after) for name in names):
        return ProductChange(NAN, dict.fromkeys(names, NAN), "missing_factor")
    effects = {}
    for name in names:
        others = [other for other in names if other != name]
        step = after[name] - before[name]
        effects[name] = math.fsum(
            step * weight * math.prod((after if other in changed else before)[other] for other in others)
            for size in range(len(others) + 1)
            for weight in [1 / (len(names) * math.comb(len(others), size))]
            for changed in combinations(others, size)
        )
    change = math.prod(after.values()) - math.prod(before[name] for name in after)
    return ProductChange(change, effects)


@dataclass(frozen=True)
class MixRate:
    """The change of a weighted mean, split into mix and rate.

    Attributes
    ----------
    change, mix, rate : Estimate; `mix.estimate + rate.estimate == change.estimate` (to 1e-12).
        The intervals are those of the rates: the weights are taken as they are.
    parts : DataFrame, one row a part: part, share_before, share_after, rate_before, rate_after, mix_effect,
        rate_effect, rate_effect_low, rate_effect_high. The two effects sum over parts to `mix` and `rate`.
    is_reversed : the mean moved against the rates (Simpson): the rate effect has the other sign than the change, and
        its interval excludes 0.
    code : `zero_denominator` (no weight in a period), `invalid_counts`; None otherwise.
    """

    change: Estimate
    mix: Estimate
    rate: Estimate
    parts: pd.DataFrame
    is_reversed: bool = False
    code: str | None = None


def mix_rate(
    weights_before: Mapping[str, float],
    rates_before: Mapping[str, float],
    weights_after: Mapping[str, float],
    rates_after: Mapping[str, float],
    *,
    level: float = 0.95,
    rates_are_shares: bool = True,
    errors: tuple[Mapping[str, float], Mapping[str, float]] | None = None,
) -> MixRate:
    """Split the change of a mean into the parts' changed weights (mix) and changed rates (rate).

    Parameters
    ----------
    weights_before, weights_after : part -> weight: the visitors of a source, as counts. A missing part has none.
    rates_before, rates_after : part -> rate of that part (payers / visitors). Missing or NaN where it has no weight.
    level : confidence of the intervals.
    rates_are_shares : the rates are successes / weight, so that binomial intervals hold; else intervals are NaN.
    errors : standard errors of the rates before and after, part -> error, for rates that are no shares (money a
        visitor); None for none.

    Notes
    -----
    With shares s and rates r, and bars for the mean of both periods: mix_i = (s1 - s0)(r_bar_i - R_bar),
    rate_i = (r1 - r0) s_bar_i. Symmetric in time (swapping the periods flips the signs) and without a remainder.
    A part seen in one period only has no change of rate: its whole effect is mix.

    Examples
    --------
    >>> split = mix_rate({"search": 50, "feed": 50}, {"search": 0.4, "feed": 0.2},
    ...                  {"search": 20, "feed": 80}, {"search": 0.5, "feed": 0.25})
    >>> [round(part.estimate, 4) for part in (split.change, split.mix, split.rate)]
    [0.0, -0.0675, 0.0675]
    """
    quantile = normal_quantile(level)
    names = list(dict.fromkeys([*weights_before, *weights_after]))
    weights = np.array([[period.get(name, 0.0) for name in names] for period in (weights_before, weights_after)], float)
    rates = np.array([[period.get(name, NAN) for name in names] for period in (rates_before, rates_after)], float)
    if fault := _fault(weights, rates, rates_are_shares):
        return MixRate(unknown(fault), unknown(fault), unknown(fault), _empty_parts(), code=fault)
    share = weights / weights.sum(axis=1, keepdims=True)
    seen = weights > 0
    rate = np.where(seen, rates, rates[::-1])
    rate = np.where(seen.any(axis=0), rate, 0.0)
    means = (share * rate).sum(axis=1)
    mix_effect = (share[1] - share[0]) * (rate.mean(axis=0) - means.mean())
    rate_effect = (rate[1] - rate[0]) * share.mean(axis=0)
    given = [[period.get(name, NAN) for name in names] for period in errors or ({}, {})]
    variance = _rate_variance(weights, rate, seen) if rates_are_shares else np.square(np.array(given, float))
    # the rate effect moves with r1 and r0 alone, the change through each period's own shares
    error = np.sqrt(np.where(seen.all(axis=0), variance.sum(axis=0), 0.0)) * share.mean(axis=0)
    total_rate = _with_interval(float(rate_effect.sum()), float(np.sqrt(np.square(error).sum())), quantile)
    change_error = float(np.sqrt((np.square(share) * np.where(seen, variance, 0.0)).sum()))
    change = _with_interval(float(means[1] - means[0]), change_error, quantile)
    total_mix = _with_interval(float(mix_effect.sum()), _mix_error(share, variance, seen), quantile)
    parts = pd.DataFrame(
        {
            "part": names,
            "share_before": share[0],
            "share_after": share[1],
            "rate_before": np.where(seen[0], rates[0], NAN),
            "rate_after": np.where(seen[1], rates[1], NAN),
            "mix_effect": mix_effect,
            "rate_effect": rate_effect,
            "rate_effect_low": rate_effect - quantile * error,
            "rate_effect_high": rate_effect + quantile * error,
        }
    )
    is_reversed = change.estimate * total_rate.estimate < 0 and (total_rate.low > 0 or total_rate.high < 0)
    return MixRate(change, total_mix, total_rate, parts, is_reversed)


def _fault(weights: np.ndarray, rates: np.ndarray, rates_are_shares: bool) -> str | None:
    if not np.isfinite(weights).all() or (weights < 0).any():
        return "invalid_counts"
    used = rates[weights > 0]
    if not np.isfinite(used).all() or (rates_are_shares and ((used < 0) | (used > 1)).any()):
        return "invalid_counts"
    return "zero_denominator" if weights.size == 0 or (weights.sum(axis=1) == 0).any() else None


def _rate_variance(weights: np.ndarray, rate: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Variance of each part's rate; half a success and half a failure are added so that 0 of n is not certain."""
    trials = np.where(seen, weights, 1.0)
    near = (rate * trials + 0.5) / (trials + 1)
    return np.asarray(near * (1 - near) / trials)


def _mix_error(share: np.ndarray, variance: np.ndarray, seen: np.ndarray) -> float:
    """Standard error of the sum of (s1 - s0) r_bar, r_bar being the mean of two rates, or the one rate there is."""
    known = np.where(seen, variance, 0.0).sum(axis=0) / np.where(seen.all(axis=0), 4, 1)
    return float(np.sqrt((np.square(share[1] - share[0]) * known).sum()))


def _with_interval(estimate: float, error: float, quantile: float) -> Estimate:
    p_value = float(2 * special.ndtr(-abs(estimate) / error)) if error > 0 else NAN
    return Estimate(estimate, estimate - quantile * error, estimate + quantile * error, p_value)


def _empty_parts() -> pd.DataFrame:
    names = ["share_before", "share_after", "rate_before", "rate_after", "mix_effect", "rate_effect"]
    return pd.DataFrame(columns=["part", *names, "rate_effect_low", "rate_effect_high"])
