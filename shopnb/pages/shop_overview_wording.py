"""What the sections of the shop overview share: limits, and how a change is written."""

from __future__ import annotations

import math
from collections.abc import Sequence

from shopnb import labels, view

PEER_METRICS = {"访客数": "visitor_days", "支付转化率": "payment_conversion", "客单价": "spend_per_buyer",
                "退款占比": "refund_share", "支付金额": "paid_amount", "退款率": "refund_rate"}  # fmt: skip
Parts = tuple[view.ChartPart | view.TablePart | view.TextPart | None, ...]
LEAST_VISITORS, LEAST_BUYERS = 100, 5  # a rate is printed from here on (pages.md 4.2)
LEAST_WHOLESALE_BUYERS = 30  # with eleven payers a week, 1688 has no rate to speak of (pages.md 2.6)


def change_text(now: float, before: float, kind: str, lang: str) -> str:
    """A change as people read it: points for shares, percent for everything else."""
    if math.isnan(now) or math.isnan(before):
        return labels.MISSING
    if kind.startswith("pct"):
        return labels.format_value(now - before, "pp", lang)
    return labels.format_value(now / before - 1, "signed_pct", lang) if before > 0 else labels.MISSING


def mean(values: Sequence[float]) -> float:
    """The mean of those that are known; NaN where none is."""
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan
