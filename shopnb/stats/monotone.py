"""Amounts behind an index that is a monotone, unpublished transformation of them.

Belongs here: the curve through known (index, amount) pairs and what it says of another index. Indices are never added.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import PchipInterpolator

from shopnb.stats.estimate import Estimate, student_quantile, unknown

LEAST_PAIRS = 3
_ROUNDING = 0.02  # by so much an amount may fall where the index rises: pairs are rounded and edges of days differ
_FAR = 2.0  # beyond the known pairs, as a multiple of their span on the log scale, nothing is said
_BEND = 0.1  # least relative error of the line continued beyond the pairs


@dataclass(frozen=True)
class IndexCurve:
    """Amount by index, rising. Made by `fit_index_curve`; `code` says why there is none.

    `exponent` is the slope of log amount on log index: an index grows slower than the amount where it is above 1.
    """

    code: str | None
    pairs: int
    exponent: float
    index: np.ndarray
    amount: np.ndarray
    residual: float = math.nan

    def amounts(self, index: ArrayLike, *, level: float = 0.9) -> list[Estimate]:
        """The amount behind each index.

        Between two pairs the neighbours' amounts bound it; outside, the line through all pairs on the log scales is
        continued with a prediction interval (code `outside_pairs`), not further than twice their span
        (`far_outside_pairs`).
        """
        return [self._amount(float(value), level) for value in np.atleast_1d(np.asarray(index, float))]

    def _amount(self, value: float, level: float) -> Estimate:
        if self.code:
            return unknown(self.code)
        if not value > 0:
            return unknown("no_index")
        logs, logs_amount, at = np.log(self.index), np.log(self.amount), math.log(value)
        if logs[0] <= at <= logs[-1]:
            place = min(max(int(np.searchsorted(logs, at, side="right")) - 1, 0), len(logs) - 2)
            middle = float(np.exp(PchipInterpolator(logs, logs_amount)(at)))
            if at in (logs[0], logs[-1]) or at == logs[place]:
                return Estimate(middle, middle, middle)
            return Estimate(middle, float(self.amount[place]), float(self.amount[place + 1]))
        span = logs[-1] - logs[0]
        if max(logs[0] - at, at - logs[-1]) > _FAR * span:
            return unknown("far_outside_pairs")
        freedom = len(logs) - 2
        error = max(self.residual, _BEND) * math.sqrt(
            1 + 1 / len(logs) + (at - logs.mean()) ** 2 / np.square(logs - logs.mean()).sum()
        )
        reach = student_quantile(level, freedom) * error
        middle = logs_amount.mean() + self.exponent * (at - logs.mean())
        edge = self.amount[0] if at < logs[0] else self.amount[-1]
        low, best, high = (math.exp(middle + turn * reach) for turn in (-1, 0, 1))
        if at < logs[0]:
            return Estimate(min(best, edge), min(low, edge), min(high, edge), code="outside_pairs")
        return Estimate(max(best, edge), max(low, edge), max(high, edge), code="outside_pairs")


def fit_index_curve(index: Sequence[float], amount: Sequence[float]) -> IndexCurve:
    """The rising curve through known pairs; pairs of one index are averaged.

    Codes: `too_few_pairs` (fewer than three distinct, positive ones), `not_monotone` (an amount falls clearly where
    the index rises: the pairs are not of one index and one definition).

    Examples
    --------
    >>> fit_index_curve([100, 200], [10, 30]).code
    'too_few_pairs'
    >>> fit_index_curve([100, 200, 400], [10, 40, 160]).amounts([200])[0].estimate
    40.0
    """
    pairs = sorted((float(i), float(a)) for i, a in zip(index, amount, strict=True) if i > 0 and a > 0)
    distinct = sorted({one for one, _ in pairs})
    known = np.array(distinct)
    means = np.array([np.mean([a for i, a in pairs if i == one]) for one in distinct])
    if len(known) < LEAST_PAIRS:
        return IndexCurve("too_few_pairs", len(known), math.nan, known, means)
    if (means[1:] < means[:-1] * (1 - _ROUNDING)).any():
        return IndexCurve("not_monotone", len(known), math.nan, known, means)
    means = np.maximum.accumulate(means)
    logs, heights = np.log(known), np.log(means)
    slope, base = (float(one) for one in np.polyfit(logs, heights, 1))
    left = heights - base - slope * logs
    return IndexCurve(None, len(known), slope, known, means, float(np.sqrt(np.square(left).sum() / (len(known) - 2))))
