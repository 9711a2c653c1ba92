"""What every statistic gives back: an estimate, its interval, a p value and a code.

Belongs here: the result's shape and the few things all modules need. No statistic itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from numbers import Real

from scipy import special

NAN = float("nan")
LARGEST_COUNT = 2.0**53  # whole numbers above it are not exact in floating point


@dataclass(frozen=True)
class Estimate:
    """A number that is not exactly known.

    Attributes
    ----------
    estimate, low, high : float, low <= estimate <= high; NaN where it cannot be known, never 0.
    p_value : float, 0-1, two-sided; NaN where the statistic has no test.
    code : why a number is missing (the numbers are NaN), or what to mind when reading it (they are not); None: nothing.
    """

    estimate: float
    low: float = NAN
    high: float = NAN
    p_value: float = NAN
    code: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether there is a number."""
        return math.isfinite(self.estimate)


def unknown(code: str) -> Estimate:
    """The estimate that cannot be made, with the reason."""
    return Estimate(NAN, NAN, NAN, NAN, code)


@cache
def normal_quantile(level: float) -> float:
    """Half-width, in standard errors, of a two-sided normal interval: 1.96 for 0.95."""
    check_level(level)
    return float(special.ndtri(0.5 + level / 2))


@cache
def student_quantile(level: float, freedom: float) -> float:
    """`normal_quantile` with `freedom` degrees of freedom; infinite gives the normal one."""
    if not math.isfinite(freedom):
        return normal_quantile(level)
    check_level(level)
    return float(special.stdtrit(freedom, 0.5 + level / 2))


def check_level(level: float) -> None:
    """Stop a programmer who writes 95 for 0.95 or passes alpha."""
    if not 0.5 <= level < 1:
        raise ValueError(f"level is a confidence between 0.5 and 1, got {level!r}")


def is_count(*values: float) -> bool:
    """Whether all are numbers (not text, not yes/no), finite, not negative and small enough to be exact."""
    return all(
        isinstance(value, Real) and not isinstance(value, bool) and 0 <= value <= LARGEST_COUNT for value in values
    )
