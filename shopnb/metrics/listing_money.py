"""Money of a higher click rate: what a winner saves at the same budget, what a wrong choice costs.

Belongs here: the cases of pages.md 2.4: (a) the same budget, (b) free search, where the shop has data of natural
exposure. Below break-even a better rate loses (c): the page says so.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import ibis
import pandas as pd

from shopnb.metrics.listing_states import Arm, Comparison
from shopnb.metrics.listing_tests import Counts
from shopnb.stats import Estimate, ratio_interval

NATURAL_DAYS = 30  # natural exposure is not older than that at the end of a test
CARRIES_OVER = 0.5  # of a lift among ads that is counted in free search: other people, another place on the page


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


@dataclass(frozen=True)
class Natural:
    """Free search of the tested items: impressions and payments per 30 days; `origin`: search_words or ad_report."""

    impressions: float
    paid_amount: float
    origin: str


def natural_of(
    words: ibis.Table | None, ads: ibis.Table | None, item_ids: Sequence[str], end: dt.date
) -> Natural | None:
    """Natural exposure of the tested items in the 30 days to `end`; None where no file tells it.

    Parameters
    ----------
    words : table `traffic_detail`; search words of the items, where they come with impressions, of the newest period.
    ads : table `ad_daily`; else what its reports of items call natural exposure.
    """
    since = end - dt.timedelta(days=NATURAL_DAYS)
    if words is not None and item_ids:
        rows = words.filter(
            (words.level == "item_word") & words.item_id.isin(list(item_ids)) & (words.impressions > 0)
            & (words.end_on > ibis.literal(since)) & (words.end_on <= ibis.literal(end))
        )  # fmt: skip
        found = _per_month(
            rows.group_by(["start_on", "end_on"])
            .aggregate(shown=rows.impressions.sum(), paid=rows.paid_amount.sum())
            .to_pandas()
        )
        if found is not None:
            return Natural(*found, "search_words")
    if ads is not None and item_ids:
        rows = ads.filter(
            (ads.level == "item") & ads.item_id.isin(list(item_ids)) & (ads.natural_impressions > 0)
            & (ads.day > ibis.literal(since)) & (ads.day <= ibis.literal(end))
        )  # fmt: skip
        daily = rows.group_by("day").aggregate(shown=rows.natural_impressions.sum(), paid=rows.natural_amount.sum())
        frame = daily.to_pandas()
        if len(frame) and frame["paid"].notna().any():
            scale = 30 / len(frame)
            return Natural(float(frame["shown"].sum()) * scale, float(frame["paid"].sum()) * scale, "ad_report")
    return None


def _per_month(periods: pd.DataFrame) -> tuple[float, float] | None:
    """Impressions and payments of the newest, longest period, per 30 days."""
    known = periods.dropna(subset=["start_on", "end_on", "shown", "paid"])
    if known.empty:
        return None
    last = known.sort_values(["end_on", "start_on"], ascending=[False, True]).iloc[0]
    days = (pd.Timestamp(last["end_on"]) - pd.Timestamp(last["start_on"])).days + 1
    return float(last["shown"]) * 30 / days, float(last["paid"]) * 30 / days


def free_search(natural: Natural | None, comparison: Comparison, margin_rate: float) -> Estimate:
    """What the winner's clicks would bring in free search, per 30 days and less goods (case b).

    Notes
    -----
    Payments from natural exposure x d / r x margin x `CARRIES_OVER`: more clicks by d / r of the same impressions,
    bought by as many. NaN with `no_natural_exposure`, `not_click_rate` or `no_margin`.
    """
    best, current = comparison.best, comparison.current
    if comparison.metric != "click_rate" or best is None or current is None or not current.rate.estimate > 0:
        return Estimate(math.nan, code="not_click_rate")
    if natural is None:
        return Estimate(math.nan, code="no_natural_exposure")
    if not margin_rate > 0:
        return Estimate(math.nan, code="no_margin")
    worth = natural.paid_amount * margin_rate * CARRIES_OVER / current.rate.estimate
    gap = best.difference
    return Estimate(worth * gap.estimate, worth * gap.low, worth * gap.high)


def value_gap(counts: Counts, first: str, second: str, *, margin_rate: float) -> Estimate:
    """Margin less ad spend of 1,000 impressions, second version minus first, compared within days; one look.

    Notes
    -----
    Daily differences weighed by a b / (a + b) of the day's impressions; a ratio of sums with days as units (delta
    method). NaN with `no_margin` (nobody typed one), `missing_column` (no amounts or spend in the file) or `too_few`
    (under three days with both).
    """
    if math.isnan(margin_rate):
        return Estimate(math.nan, code="no_margin")
    rows = counts.daily.dropna(subset=["day", "cost", "deal_amount"])
    rows = rows.assign(value=(rows["deal_amount"] * margin_rate - rows["cost"]) / rows["impressions"] * 1000)
    wide = rows.pivot_table(index="day", columns="variant", values=["value", "impressions"])
    if rows.empty or not {first, second} <= set(rows["variant"]):
        return Estimate(math.nan, code="missing_column")
    (a, b), (x, y) = ([wide[part, name] for name in (first, second)] for part in ("impressions", "value"))
    weight = a * b / (a + b)
    if weight.notna().sum() < 3:
        return Estimate(math.nan, code="too_few")
    return ratio_interval((weight * (y - x)).to_numpy(), weight.to_numpy())
