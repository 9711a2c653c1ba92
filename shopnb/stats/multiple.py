"""Several tests at once: which of them hold when all are looked at together.

Belongs here: corrections of p values. The tests themselves live beside their statistic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


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
