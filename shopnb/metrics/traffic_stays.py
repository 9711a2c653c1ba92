"""Bounce read as survivors, by source (TR15, TR16), and pages a visitor (TR31).

Belongs here: who stayed of those who came. 70 % and 90 % bounce are not 20 points apart: 30 and 10 people stay.
"""

from __future__ import annotations

import math

import pandas as pd

from shopnb.metrics.traffic import LEAST_VISITORS, LEVEL
from shopnb.stats import Estimate, proportion_interval
from shopnb.stats.estimate import normal_quantile


def stays_by_source(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Share of visitors of item pages who did not leave the shop at once, by source.

    Parameters
    ----------
    now, before : from `source_tree.item_sources`; `before` may be empty. Rows with more leavers than visitors are not
        used; sources below `LEAST_VISITORS` are left out.

    Returns
    -------
    DataFrame, most visitors first: `source`, `label`, `group`, `visitors` (summed over items: people overlap),
    `stayed`, `stayed_low`, `stayed_high` (shares 0-1, 90 %), `stayed_before` (NaN where unknown), `views` (pages a
    visitor, NaN where unknown).
    """
    sides = [_summed(rows) for rows in (now, before)]
    wide = sides[0].join(sides[1][["visitors", "leaving_visitors"]].add_suffix("_before"))
    wide = wide[wide["visitors"] >= LEAST_VISITORS].reset_index()
    ranges = [
        proportion_interval(row.visitors - row.leaving_visitors, row.visitors, level=LEVEL) for row in wide.itertuples()
    ]
    enough = wide["visitors_before"] >= LEAST_VISITORS
    made = wide.assign(
        stayed=[one.estimate for one in ranges],
        stayed_low=[one.low for one in ranges],
        stayed_high=[one.high for one in ranges],
        stayed_before=(1 - wide["leaving_visitors_before"] / wide["visitors_before"]).where(enough),
        views=wide["page_views"] / wide["visitors"],
    )
    return made.sort_values(["visitors", "source"], ascending=[False, True], ignore_index=True)


def _summed(rows: pd.DataFrame) -> pd.DataFrame:
    known = rows.dropna(subset=["visitors", "leaving_visitors"])
    known = known[(known["leaving_visitors"] <= known["visitors"]) & (known["visitors"] > 0)]
    grouped = known.groupby("source", sort=True)
    sums = grouped[["visitors", "leaving_visitors"]].sum()
    views = grouped["page_views"].sum(min_count=1).where(~known["page_views"].isna().groupby(known["source"]).any())
    return sums.join(views).join(grouped[["name", "group"]].first().rename(columns={"name": "label"}))


def times_as_many(stays: pd.DataFrame) -> Estimate:
    """How many times as many stay of the source that keeps most as of the one that keeps fewest; NaN below two.

    The range is that of the ratio of two rates (log scale), wide enough to hold for all pairs of sources at once (90 %,
    Bonferroni), because the two ends were picked: their own ratio is the largest there is.
    """
    if len(stays) < 2:
        return Estimate(math.nan)
    most, fewest = stays.loc[stays["stayed"].idxmax()], stays.loc[stays["stayed"].idxmin()]
    if not fewest["stayed"] > 0:
        return Estimate(math.nan)
    ratio = float(most["stayed"] / fewest["stayed"])
    scatter = sum((1 - one["stayed"]) / (one["stayed"] * one["visitors"]) for one in (most, fewest))
    half = normal_quantile(1 - (1 - LEVEL) / math.comb(len(stays), 2)) * math.sqrt(scatter)
    return Estimate(ratio, ratio * math.exp(-half), ratio * math.exp(half))
