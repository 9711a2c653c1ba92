"""The numbers of the shop overview, and how a change is written."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from shopnb import labels, view
from shopnb.findings.overview import Basis
from shopnb.metrics.big_orders import BigOrders
from shopnb.metrics.changes import Outcome, Recheck
from shopnb.metrics.funnel import Chat, Funnel, Listing
from shopnb.metrics.items import ItemChange, ItemPair, Quadrants, Range
from shopnb.metrics.overview import AdScene, Signal, Totals
from shopnb.metrics.peers import Copied, Peer, Standing
from shopnb.metrics.periods import Period
from shopnb.metrics.plan import Plan
from shopnb.pages import shop_overview_parts as parts
from shopnb.stats import Estimate, MixRate

PEER_METRICS = {"访客数": "visitor_days", "支付转化率": "payment_conversion", "客单价": "spend_per_buyer",
                "退款占比": "refund_share", "支付金额": "paid_amount", "退款率": "refund_rate"}  # fmt: skip
Parts = tuple[view.ChartPart | view.TablePart | view.TextPart | None, ...]
LEAST_VISITORS, LEAST_BUYERS = 100, 5  # a rate is printed from here on (pages.md 4.2)
LEAST_WHOLESALE_BUYERS = 30  # with eleven payers a week, 1688 has no rate to speak of (pages.md 2.6)


@dataclass(frozen=True)
class Numbers:
    """All numbers of the page for one set of parameters."""

    days: pd.DataFrame
    period: Period
    compare: Period
    now: Totals
    before: Totals
    bases: list[Totals]
    watched: dict[str, Signal]
    band: pd.DataFrame
    split: dict[str, float]
    item_parts: parts.Parts
    source_parts: parts.Parts
    pair: ItemPair | None
    scenes: list[AdScene]
    items: list[ItemChange]
    mix: MixRate | None
    margin_rate: float
    basis: Basis
    target: Plan | None
    peers: dict[str, Peer]
    last_year: Totals | None
    last_year_event: str  # the campaign that both periods were aligned by; "" by weekday
    funnel: Funnel
    chat: Chat | None
    cart_or_favourite: tuple[float, float]  # bounds of 收藏加购率, NaN where unknown
    standing: Standing | None
    listing: Listing | None
    copied: list[Copied]
    refund_rate: Estimate  # of orders, by payment day
    big_orders: BigOrders | None
    is_wholesale: bool  # 1688: few buyers, big orders
    quadrants: Quadrants | None
    goods: Range | None
    stock: pd.DataFrame  # from `metrics.stock`
    unfinished: dt.date | None  # a last day left out because it was exported before it was over
    outcomes: list[Outcome]
    rechecks: list[Recheck]

    @property
    def comparable(self) -> bool:
        """Whether both periods have all their days."""
        return self.now.complete and self.before.complete

    @property
    def enough(self) -> bool:
        """Whether the volume carries a conversion rate."""
        return self.now.visitor_days >= LEAST_VISITORS and self.now.payer_days >= self.least_buyers

    @property
    def least_buyers(self) -> int:
        """Buyers from which a rate of the shop is printed."""
        return LEAST_WHOLESALE_BUYERS if self.is_wholesale else LEAST_BUYERS


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
