"""How many standard errors a difference among several versions must exceed.

Integrals over fixed nodes: the same digits on every machine, within milliseconds.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy import optimize, special

from shopnb.stats.estimate import check_level, student_quantile

_NODES = 64
_WIDEST = 5_000.0  # standard errors; a level of 0.999 with one degree of freedom stays below


@lru_cache(maxsize=256)
def range_quantile(level: float, arms: int, freedom: float) -> float:
    """Standard errors a difference must exceed to count among all pairs of `arms` (Tukey).

    The studentized range over the square root of two, within 0.0002 of it; two arms give Student's quantile.

    Parameters
    ----------
    level : float
        Confidence, 0 to 1.
    arms : int
        Versions compared, 2 or more.
    freedom : float
        Degrees of freedom of the standard error, may be infinite.

    References
    ----------
    Tukey, J. W. (1953), The problem of multiple comparisons.
    """
    check_level(level)
    if arms == 2:
        return student_quantile(level, freedom)
    nodes, weight = np.polynomial.legendre.leggauss(_NODES)
    scale, share = _scale(freedom, (nodes + 1) / 2), weight / 2
    here, density = _normal()

    def inside(quantile: float) -> float:
        """Chance that all versions lie within `quantile` of the largest."""
        edge = quantile * math.sqrt(2) * scale[:, None]
        within = (special.ndtr(here) - special.ndtr(here - edge)) ** (arms - 1)
        return float(share @ (within @ density)) * arms - level

    return float(optimize.brentq(inside, 0.01, _WIDEST, xtol=1e-9))


@lru_cache(maxsize=256)
def picked_quantile(level: float, arms: int, freedom: float) -> float:
    """Standard errors by which best minus runner-up may be off at most, where both are picked among `arms`.

    The worst case is one best version and all others equal: the runner-up is then the luckiest of them (Dunnett).
    """
    if arms == 2:
        return student_quantile(level, freedom)
    scale = _scale(freedom, (np.arange(_NODES) + 0.5) / _NODES)
    here, density = _normal()

    def missed(quantile: float) -> float:
        edge = quantile * math.sqrt(2) * scale[:, None]
        ahead = 1 - special.ndtr(here + edge) ** (arms - 1)  # a rival beyond the best by more than the edge
        behind = special.ndtr(here - edge) ** (arms - 1)  # all rivals short of it by more than the edge
        return float(((ahead + behind) @ density).mean() - (1 - level))

    return max(float(optimize.brentq(missed, 0.5, 200.0, xtol=1e-6)), student_quantile(level, freedom))


def _scale(freedom: float, steps: np.ndarray) -> np.ndarray:
    """Estimated over true standard error at each step of its distribution function."""
    return np.sqrt(special.chdtri(freedom, 1 - steps) / freedom) if math.isfinite(freedom) else np.ones_like(steps)


def _normal() -> tuple[np.ndarray, np.ndarray]:
    """Nodes of a standard normal variable and their weights, summing to 1."""
    nodes, weight = np.polynomial.hermite_e.hermegauss(_NODES)
    return nodes, weight / weight.sum()
