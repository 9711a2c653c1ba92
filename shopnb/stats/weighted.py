"""A weighted straight fit on days or weeks whose rates vary beyond sampling.

Belongs here: the fit that `before_after` and `switchback` share.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from shopnb.stats.estimate import Estimate, student_quantile

_MOST_ECHO = 0.6  # correlation of neighbours taken into account at most
_ROUNDS = 20


def second_coefficient(
    values: np.ndarray, variance: np.ndarray, design: np.ndarray, *, level: float, echo: bool = False
) -> Estimate:
    """The second coefficient of `values` on the columns of `design`, with Student's interval.

    Parameters
    ----------
    variance : sampling variance of each value; a variance between units is added by moments, never below 0.
    echo : widen the error by (1 + r) / (1 - r), r the lag-1 correlation of what remains, 0 to 0.6.
    """
    freedom, extra = len(values) - design.shape[1], 0.0
    noise = np.maximum(variance, 1e-300)
    for _ in range(_ROUNDS):
        weight = 1 / (noise + extra)
        inverse = np.linalg.inv((design * weight[:, None]).T @ design)
        fit = inverse @ (design * weight[:, None]).T @ values
        left = values - design @ fit
        more = max(extra + float((left**2).sum() / freedom - np.mean(noise + extra)), 0.0)
        if abs(more - extra) <= 1e-9 * max(more, 1e-12):
            break
        extra = more
    error, effect = math.sqrt(float(inverse[1, 1])), float(fit[1])
    if echo and len(left) > 3:
        lag = float((left[1:] * left[:-1]).sum() / max(float((left**2).sum()), 1e-300))
        lag = min(max(lag, 0.0), _MOST_ECHO)
        error *= math.sqrt((1 + lag) / (1 - lag))
    half = student_quantile(level, freedom) * error
    return Estimate(effect, effect - half, effect + half, float(2 * special.stdtr(freedom, -abs(effect) / error)))
