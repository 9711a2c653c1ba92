"""What the sections of the traffic page share: which sources are asked for, how a rate is written, what is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from shopnb import labels, sources, view
from shopnb.metrics import traffic
from shopnb.metrics.peers import Peer
from shopnb.metrics.peers import peer as find_peer
from shopnb.pages.base import Page
from shopnb.pages.source_naming import group_word
from shopnb.pages.traffic_sources_numbers import Numbers
from shopnb.pages.wording import with_range
from shopnb.stats import Estimate, proportion_interval

Parts = tuple[view.ChartPart | view.TablePart | view.TextPart | None, ...]
SHOWN_SOURCES = 12


def chosen(page: Page, frame: pd.DataFrame, asked: Sequence[str]) -> pd.Series:
    """Which sources are asked for: by shown name, any level of their path, or group (as word or id); [] is all."""
    wanted = {sources.plain_name(word) for word in asked}
    if not wanted:
        return pd.Series(True, index=frame.index)
    named = [
        {*path.split("/"), sources.plain_name(label), group, group_word(group, page.lang)}
        for path, label, group in zip(frame["source"], frame["label"], frame["group"], strict=True)
    ]
    return pd.Series([bool(wanted & names) for names in named], index=frame.index)


def asked_for(page: Page, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of the sources that the parameter `sources` asks for."""
    return frame[chosen(page, frame, page.given["sources"])]


def way(page: Page) -> str:
    """What conversion is told from, as shown."""
    return page.text(f"way.{page.numbers.way}")


def rate_heading(page: Page) -> str:
    """The column of a rate with its range."""
    return "order_rate_range" if page.numbers.way == "order" else "conversion"


def rate_text(page: Page, buyers: float, visitors: float, enough: bool) -> str:
    """A rate with its range, or that there are too few behind it."""
    if math.isnan(buyers) or math.isnan(visitors):
        return labels.MISSING
    if not enough:
        return page.text("too_few", visitors=visitors, buyers=buyers)
    return with_range(page.lang, proportion_interval(buyers, visitors, level=traffic.LEVEL))


def spread_text(page: Page, low: float, high: float, value: float, kind: str) -> str:
    """A value with its range from three numbers."""
    return with_range(page.lang, Estimate(value, low, high), kind)


def need_file(page: Page) -> view.TextPart:
    """Why there is no comparison, and which file to download."""
    n: Numbers = page.numbers
    if n.period is None:
        return page.muted("need.undated")
    earlier, rule = n.period.before(), page.text("rule_unknown")
    return page.muted(
        f"need.{n.choice.reason}",
        start=earlier.start,
        end=earlier.end,
        rule=n.choice.now.rule or rule,
        other=n.choice.other_rule or rule,
    )


def typed_peer(page: Page, metric: str) -> Peer:
    """The peers' figure for a metric and the page's period; unknown where the export has no days."""
    n: Numbers = page.numbers
    return Peer() if n.period is None else find_peer(n.peers, metric, end=n.period.end, days=n.period.days)
