"""The numbers of the shop overview, and how a change is written."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import pandas as pd

from shopnb import labels
from shopnb.findings.overview import Basis
from shopnb.metrics.items import ItemChange, ItemPair
from shopnb.metrics.overview import AdScene, Signal, Totals
from shopnb.metrics.periods import Period
from shopnb.stats import MixRate

LEAST_VISITORS, LEAST_BUYERS = 100, 5  # a rate is printed from here on (pages.md 4.2)


@dataclass(frozen=True)
class Target:
    """A month's goal: reached so far and expected at its end."""

    month: dt.date
    goal: float
    reached: float
    expected: float
    low: float
    high: float


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
    pair: ItemPair | None
    scenes: list[AdScene]
    items: list[ItemChange]
    mix: MixRate | None
    margin_rate: float
    basis: Basis
    target: Target | None

    @property
    def comparable(self) -> bool:
        """Whether both periods have all their days."""
        return self.now.complete and self.before.complete

    @property
    def enough(self) -> bool:
        """Whether the volume carries a conversion rate."""
        return self.now.visitor_days >= LEAST_VISITORS and self.now.payer_days >= LEAST_BUYERS


def change_text(now: float, before: float, kind: str, lang: str) -> str:
    """A change as people read it: points for shares, percent for everything else."""
    if math.isnan(now) or math.isnan(before):
        return labels.MISSING
    if kind.startswith("pct"):
        return labels.format_value(now - before, "pp", lang)
    return labels.format_value(now / before - 1, "signed_pct", lang) if before > 0 else labels.MISSING
