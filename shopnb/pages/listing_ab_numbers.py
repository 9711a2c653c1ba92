"""The numbers of the listing test page."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from shopnb import labels, view
from shopnb.metrics.listing_disturbed import Disturbed
from shopnb.metrics.listing_effects import Devices
from shopnb.metrics.listing_money import Natural, Saving
from shopnb.metrics.listing_plan import Plan
from shopnb.metrics.listing_states import Comparison
from shopnb.metrics.listing_tests import Counts, ListingTest
from shopnb.metrics.periods import Period
from shopnb.stats import EffectTrend, Estimate

if TYPE_CHECKING:
    from shopnb.pages.listing_ab import ListingAb

Part = view.ChartPart | view.TablePart | view.TextPart
Parts = tuple[Part, ...]


@dataclass(frozen=True)
class Numbers:
    """All numbers of the page for one set of parameters.

    `comparison` is on the primary metric, `others` on every metric that the table can give. `counts` is None for a
    table with one row a user. `behind`: rates after the click, the winner's less the current version's. `caps`: where
    amounts of a user table are capped. `disturbed`: prices and campaigns that changed while the versions ran; `calm`:
    the comparison without the days of campaigns that all versions met, where enough days are left. `free`: what the
    winner brings in free search, from `natural`; `value`: margin less spend of 1,000 impressions, winner's less the
    current version's. `trend`: how the daily difference moves; `devices`: the difference on each device.
    """

    test: ListingTest
    comparison: Comparison
    saving: Saving
    plan: Plan
    margin_rate: float
    counts: Counts | None = None
    others: dict[str, Comparison] = field(default_factory=dict)
    behind: dict[str, Estimate] = field(default_factory=dict)
    caps: dict[str, float] = field(default_factory=dict)
    disturbed: Disturbed = Disturbed()
    calm: Comparison | None = None
    free: Estimate = Estimate(math.nan, code="not_click_rate")
    natural: Natural | None = None
    value: Estimate = Estimate(math.nan, code="missing_column")
    trend: EffectTrend = EffectTrend(math.nan, code="too_few_days")
    devices: Devices = Devices()

    @cached_property
    def period(self) -> Period | None:
        """First and last day of the rows; None without days."""
        if self.counts is None or not self.counts.dated:
            return None
        days = self.counts.daily["day"].dropna()
        return Period(days.min(), days.max())

    @property
    def cost_per_day(self) -> float:
        """Spend a day of all versions; NaN where the file has none."""
        if self.counts is None:
            return math.nan
        daily = self.counts.daily
        return float(daily["cost"].sum(min_count=1) / max(daily["day"].nunique(), 1))


def gap_range(low: float, high: float, *, is_share: bool, lang: str) -> str:
    """The ends of a difference; percentage points are written without their unit, which stands at the value."""
    if is_share:
        return labels.format_range(low * 100, high * 100, "ratio", lang)
    return labels.format_range(low, high, "signed", lang)


def with_range(page: ListingAb, estimate: Estimate, kind: str) -> str:
    """A number with its range in words; without where it has none."""
    value = labels.format_value(estimate.estimate, kind, page.lang)
    if math.isnan(estimate.low):
        return value
    if kind in ("pp", "signed"):
        ends = gap_range(estimate.low, estimate.high, is_share=kind == "pp", lang=page.lang)
    else:
        ends = labels.format_range(estimate.low, estimate.high, kind, page.lang)
    return labels.text("common.with_range", page.lang, value=value, range=ends)


def section_of(page: ListingAb, key: str, parts: Parts, *, how: str = "how_to_read") -> view.Section:
    """A section; how to read it is said only where there is something to read."""
    is_bare = all(isinstance(part, view.TextPart) and part.muted for part in parts)
    return view.Section(key, page.text(f"{key}.question"), parts, "" if is_bare else page.text(f"{key}.{how}"))
