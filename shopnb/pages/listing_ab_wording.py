"""What the sections of the listing test page share: how numbers are written, what a section is made of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from shopnb import labels, view
from shopnb.stats import Estimate

if TYPE_CHECKING:
    from shopnb.pages.listing_ab import ListingAb

Part = view.ChartPart | view.TablePart | view.TextPart
Parts = tuple[Part, ...]


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
