"""Money of a higher click rate: what a winner saves at the same budget, what a wrong choice costs.

Belongs here: the case of the same budget. Free search needs data of natural exposure;
below break-even a better rate loses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from shopnb.metrics.listing_states import Arm, Comparison
from shopnb.metrics.listing_tests import Counts


@dataclass(frozen=True)
class Saving:
    """Money of a higher click rate at the same budget: the clicks bought now, each cheaper. Per 30 days."""

    amount: float
    low: float
    high: float
    per_click: float
    code: str = ""


def saving(counts: Counts, comparison: Comparison) -> Saving:
    """What the winner saves if the price per thousand impressions and the number of clicks stay (case a).

    Notes
    -----
    per click: CPM/1000 × (1/r − 1/(r + d)), r the current rate, d the difference within days and its ends; times the
    clicks of all versions per 30 days. NaN with `no_cost` (no spend in the file) or `not_click_rate`.
    """
    best, current = comparison.best, comparison.current
    unknown = Saving(math.nan, math.nan, math.nan, math.nan)
    if comparison.metric != "click_rate" or best is None or current is None or not comparison.days:
        return replace(unknown, code="not_click_rate" if comparison.days else "no_days")
    paid = counts.daily.dropna(subset=["cost"])
    cost, shown, clicks = (float(paid[name].sum()) for name in ("cost", "impressions", "clicks"))
    if not cost or not shown:
        return replace(unknown, code="no_cost")
    rate = current.rate.estimate
    monthly = clicks / paid["day"].nunique() * 30
    cheaper = [
        cost / shown * (1 / rate - 1 / (rate + gap)) if rate + gap > 0 else math.nan
        for gap in (best.difference.estimate, best.difference.low, best.difference.high)
    ]
    if any(math.isnan(one) for one in cheaper):
        return replace(unknown, code="too_unsure")
    return Saving(cheaper[0] * monthly, cheaper[1] * monthly, cheaper[2] * monthly, cheaper[0])


def loss_amount(counts: Counts, comparison: Comparison, arm: Arm) -> float:
    """Money per 30 days that choosing this version loses on average, priced as `saving`; NaN where not known."""
    paid = counts.daily.dropna(subset=["cost"])
    cost, shown, clicks = (float(paid[name].sum()) for name in ("cost", "impressions", "clicks"))
    rate = arm.rate.estimate
    if comparison.metric != "click_rate" or not (cost and shown and rate) or not comparison.days:
        return math.nan
    per_click = cost / shown * (1 / rate - 1 / (rate + arm.loss))
    return float(per_click * clicks / paid["day"].nunique() * 30)
