"""Several tests at once: which of them hold when all are looked at together, and what remains of the best of them.

Belongs here: corrections of p values, and the shrinkage of estimates that were picked. The tests themselves live beside
their statistic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from shopnb.stats.estimate import NAN


def holm(p_values: Sequence[float], *, level: float = 0.95) -> list[bool]:
    """Which tests hold by Holm's step-down (1979): the chance of even one false one is at most 1 - level.

    Parameters
    ----------
    p_values : one a test, 0-1; NaN where there was no test: it never holds and does not count.
    level : confidence, 0.95.

    Examples
    --------
    >>> holm([0.04, 0.01, float("nan"), 0.02])
    [True, True, False, True]
    >>> holm([0.04, 0.03])
    [False, False]
    """
    tested = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
    holds = [False] * len(p_values)
    for turn, (p, place) in enumerate(tested):
        if p > (1 - level) / (len(tested) - turn):
            break
        holds[place] = True
    return holds


def false_discovery(p_values: Sequence[float], *, rate: float = 0.05) -> list[bool]:
    """Which tests hold by Benjamini and Hochberg's step-up (1995): of those that hold, `rate` are false on average.

    Parameters
    ----------
    p_values : one a test, 0-1; NaN where there was no test.

    Examples
    --------
    >>> false_discovery([0.001, 0.04, 0.03, float("nan"), 0.5])
    [True, False, False, False, False]
    >>> false_discovery([0.01, 0.02, 0.03])
    [True, True, True]
    """
    tested = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
    last = max((turn for turn, (p, _) in enumerate(tested, 1) if p <= rate * turn / len(tested)), default=0)
    holds = [False] * len(p_values)
    for _, place in tested[:last]:
        holds[place] = True
    return holds


@dataclass(frozen=True)
class Shrunk:
    """Effects of past tests, drawn towards their mean as far as their noise asks.

    Attributes
    ----------
    estimates, errors : of every test, after shrinking. mean, spread : of true effects, the prior of the next test.
    code : `too_few` (under three tests); None.
    """

    estimates: np.ndarray = field(compare=False)
    errors: np.ndarray = field(compare=False)
    mean: float = NAN
    spread: float = NAN
    code: str | None = None


def shrink(estimates: ArrayLike, errors: ArrayLike) -> Shrunk:
    """Empirical Bayes for effects that were estimated with known standard errors: the winner's curse undone.

    Parameters
    ----------
    estimates, errors : one a past test, same unit, errors > 0.

    Notes
    -----
    Normal-normal model, spread of true effects by Paule and Mandel (1982), mean weighted by precision; each estimate
    moves to the mean by its share of noise (Efron and Morris 1975).

    Examples
    --------
    >>> past = shrink([0.10, 0.02, -0.01, 0.03], [0.03, 0.03, 0.03, 0.03])
    >>> past.estimates.round(3).tolist(), round(past.mean, 3), round(past.spread, 3)
    ([0.073, 0.026, 0.009, 0.032], 0.035, 0.036)
    """
    found, noise = np.asarray(estimates, float), np.asarray(errors, float)
    if found.shape != noise.shape or found.ndim != 1 or (noise <= 0).any() or not np.isfinite(found + noise).all():
        raise ValueError("shrink needs one finite estimate and one positive error a test")
    if len(found) < 3:
        return Shrunk(found, noise, code="too_few")

    def excess(spread: float) -> float:
        weight = 1 / (noise**2 + spread**2)
        return float((weight * (found - np.average(found, weights=weight)) ** 2).sum() - (len(found) - 1))

    far = float(10 * np.ptp(found) + noise.max())
    spread = float(optimize.brentq(excess, 0.0, far)) if excess(0.0) > 0 else 0.0
    weight = 1 / (noise**2 + spread**2)
    mean = float(np.average(found, weights=weight))
    kept = spread**2 * weight
    after = np.sqrt(kept * noise**2 + (1 - kept) ** 2 / weight.sum())
    return Shrunk(mean + kept * (found - mean), after, mean, spread)
