"""The rules LT9 to LT11 for the version in use: is its picture, its page or the product below the line, how surely.

Belongs here: the line (own advertising before the test, else the peers' figure that was typed in, else the source's
seed) and the probability of being below it. What to do with an item of a product test is `metrics.listing_products`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import pandas as pd
from scipy import special

HISTORY_DAYS = 90
LEAST_IMPRESSIONS, LEAST_CLICKS, LEAST_DAYS = 5000, 100, 7
SURE = 0.9
SEEDS = {"click_rate": 0.01}  # LT6: 1 to 3 %, below the lower end a picture is weak
PARTS = {"click_rate": ("impressions", "clicks"), "cart_rate": ("clicks", "carts")}


@dataclass(frozen=True)
class Line:
    """What a rate is held against. `origin`: own, peers or seed; `day`: last day of it, None for a seed."""

    value: float
    origin: str
    day: dt.date | None = None


@dataclass(frozen=True)
class Rule:
    """One rule on the version in use. `below`: probability that its rate is below the line."""

    code: str  # LT9, LT10 or LT11
    metric: str
    rate: float
    line: Line
    below: float

    @property
    def is_low(self) -> bool:
        """Whether the rule asks for something."""
        return self.verdict == "low"

    @property
    def verdict(self) -> str:
        """low, fine or unclear."""
        return "low" if self.below >= SURE else "fine" if self.below <= 1 - SURE else "unclear"


def own_lines(ads: ibis.Table | None, before: dt.date) -> dict[str, Line]:
    """Click and cart rate of the shop's own advertised items over 90 days before a test, where there is enough."""
    if ads is None:
        return {}
    first = before - dt.timedelta(days=HISTORY_DAYS)
    rows = ads.filter(
        ads.level.isin(["item", "creative"]), ads.day < ibis.literal(before), ads.day >= ibis.literal(first)
    )
    frame = (
        rows.group_by("level")
        .aggregate(
            impressions=rows.impressions.sum(), clicks=rows.clicks.sum(), carts=rows.carts.sum(),
            days=rows.day.nunique(), last=rows.day.max(),
        )
        .order_by(ibis.desc("impressions"), "level")
        .to_pandas()
    )  # fmt: skip
    if frame.empty or frame["days"].iloc[0] < LEAST_DAYS:
        return {}
    row, day = frame.iloc[0], pd.Timestamp(frame["last"].iloc[0]).date()
    found = {}
    for metric, (below, above) in PARTS.items():
        least = LEAST_IMPRESSIONS if below == "impressions" else LEAST_CLICKS
        if not pd.isna(row[above]) and row[below] >= least and row[above] > 0:
            found[metric] = Line(float(row[above] / row[below]), "own", day)
    return found


def line_of(metric: str, own: Mapping[str, Line], peers: Mapping[str, Line]) -> Line | None:
    """The line of a metric: own history before peers before the seed; None without any."""
    if metric in own or metric in peers:
        return own.get(metric) or peers[metric]
    return Line(SEEDS[metric], "seed") if metric in SEEDS else None


def below(counts: pd.DataFrame, line: float) -> tuple[float, float]:
    """Pooled rate of one version, and the probability that its true rate is below `line`.

    Parameters
    ----------
    counts : one row a day: `trials`, `successes`.

    Notes
    -----
    Standard error of a ratio of sums with days as clusters, at least the binomial one; Student's t with days - 1
    degrees of freedom, flat prior. NaN for under 3 days or 100 trials.
    """
    trials, successes = float(counts["trials"].sum()), float(counts["successes"].sum())
    days = len(counts)
    if days < 3 or trials < LEAST_CLICKS or not 0 < successes < trials:
        return (successes / trials if trials else math.nan), math.nan
    rate = successes / trials
    clustered = float(((counts["successes"] - rate * counts["trials"]) ** 2).sum()) * days / (days - 1)
    error = math.sqrt(max(clustered, trials * rate * (1 - rate))) / trials
    return rate, float(special.stdtr(days - 1, (line - rate) / error))


def rules_of(counts: Mapping[str, pd.DataFrame], lines: Mapping[str, Line], *, detail_changed: bool) -> Sequence[Rule]:
    """LT9 by clicks, LT10 by carts (LT11 where the page was changed before), as far as there are a line and counts."""
    made = []
    for metric, line in lines.items():
        rate, chance = below(counts[metric], line.value)
        if math.isfinite(chance):
            code = "LT9" if metric == "click_rate" else "LT11" if detail_changed else "LT10"
            made.append(Rule(code, metric, rate, line, chance))
    return made
