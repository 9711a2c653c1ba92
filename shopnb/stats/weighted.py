"""A weighted straight fit on days or weeks whose rates vary beyond sampling.

Belongs here: the fit that `before_after` and `switchback` share.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from shopnb.stats.estimate import Estimate, student_quantile

_MOST_ECHO = 0.7  # correlation of neighbours taken into account at most
_LEAST_SHARE = 0.5  # what few units may take of a correlation that is corrected for their number, at least
_ROUNDS = 20


def second_coefficient(
    values: np.ndarray, variance: np.ndarray, design: np.ndarray, *, level: float, echo: bool = False
) -> Estimate:
    """The second coefficient of `values` on the columns of `design`, with Student's interval.

    Parameters
    ----------
    variance : sampling variance of each value; a variance between units is added by moments, never below 0.
    echo : widen the error for neighbours that are alike: correlation r to the power of the distance, r from the lag-1
        correlation of what remains, corrected upwards for the k fitted columns, (r + k/n) / (1 - 4 k/n), 0 to 0.7; of
        the whole, or of the variance between units alone, whichever widens more. The degrees of freedom fall as the
        squared error grows. Never narrower.
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
        wider = max(_echoed(left, design, noise, extra, inverse) / float(inverse[1, 1]), 1.0)
        error, freedom = error * math.sqrt(wider), max(freedom / wider, min(freedom, 2))
    half = student_quantile(level, freedom) * error
    return Estimate(effect, effect - half, effect + half, float(2 * special.stdtr(freedom, -abs(effect) / error)))


def _echoed(left: np.ndarray, design: np.ndarray, noise: np.ndarray, extra: float, inverse: np.ndarray) -> float:
    """Squared error of the second coefficient where neighbours echo as much as what remains says.

    Only the variance between units echoes; sampling noise, which does not, hides a part of it.
    """
    units, columns = design.shape
    lag = float((left[1:] * left[:-1]).sum() / max(float((left**2).sum()), 1e-300))
    lag = max((lag + columns / units) / max(1 - 4 * columns / units, _LEAST_SHARE), 0.0)
    share = extra / (extra + float(noise.mean()))
    far = np.abs(np.arange(units)[:, None] - np.arange(units))
    spread = np.sqrt(noise + extra)
    ways = [np.outer(spread, spread) * min(lag, _MOST_ECHO) ** far]
    if share > 0:
        ways.append(np.diag(noise) + extra * min(lag / share, _MOST_ECHO) ** far)
    pull = inverse @ (design / (noise + extra)[:, None]).T
    return max(float((pull @ way @ pull.T)[1, 1]) for way in ways)
