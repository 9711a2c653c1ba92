"""Few buyers with big orders, as in wholesale: who carries the period, how far its mean can be trusted (pages.md 2.6).

Belongs here: sums over orders by buyer. Daily totals are `overview`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import ibis
import numpy as np

from shopnb.metrics.periods import Period

TOP_BUYERS = 5
RESAMPLES, MOST_RESAMPLED = 500, 5000
SEED = 20260830


@dataclass(frozen=True)
class BigOrders:
    """Paid orders of a period by buyer; money in the shop's currency.

    `top_share` : payment of the `TOP_BUYERS` best buyers ÷ all. `largest` : the largest order. `mean`, `median` : spend
    per buyer; `mean_low`, `mean_high` : 90 % range of the mean, from drawing the buyers anew; NaN above 5,000 buyers,
    where no single one counts.
    """

    buyers: int
    paid_amount: float
    top_share: float
    largest: float
    mean: float
    median: float
    mean_low: float
    mean_high: float

    @property
    def largest_share(self) -> float:
        """The largest order ÷ all payment."""
        return self.largest / self.paid_amount


def big_orders(orders: ibis.Table, period: Period) -> BigOrders | None:
    """The period's orders by buyer; None where the file does not cover every day, or has no buyers or payment."""
    dated = orders.filter(orders.paid_at.notnull(), orders.paid_amount > 0, orders.buyer_id.notnull())
    dated = dated.mutate(day=dated.paid_at.date())
    inside = dated.filter(dated.day.between(ibis.literal(period.start), ibis.literal(period.end)))
    rows = inside.select("day", "buyer_id", "paid_amount").to_pandas()
    if rows.empty or rows["day"].nunique() < period.days:
        return None
    by_buyer = np.sort(rows.groupby("buyer_id")["paid_amount"].sum().to_numpy(float))
    low, high = _mean_range(by_buyer)
    whole = float(by_buyer.sum())
    return BigOrders(
        buyers=len(by_buyer),
        paid_amount=whole,
        top_share=float(by_buyer[-TOP_BUYERS:].sum()) / whole,
        largest=float(rows["paid_amount"].max()),
        mean=whole / len(by_buyer),
        median=float(np.median(by_buyer)),
        mean_low=low,
        mean_high=high,
    )


def _mean_range(amounts: np.ndarray) -> tuple[float, float]:
    """Where 90 % of the means lie when as many buyers are drawn from these, with return."""
    if not 2 <= len(amounts) <= MOST_RESAMPLED:
        return math.nan, math.nan
    drawn = np.random.default_rng(SEED).integers(0, len(amounts), (RESAMPLES, len(amounts)))
    means = np.sort(amounts[drawn].mean(axis=1))
    return float(means[round(0.05 * RESAMPLES)]), float(means[round(0.95 * RESAMPLES) - 1])
