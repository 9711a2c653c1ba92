"""Mix against rate at every level of the source tree, and by item and source (TR4, FN11).

Belongs here: the same exact split over coarser and finer parts. Subtotals are never read: every level is summed up from
the leaves, so nothing counts twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import pandas as pd

from shopnb.metrics.periods import Period
from shopnb.metrics.traffic import LEVEL, LEVELS
from shopnb.stats import MixRate, mix_rate


@dataclass(frozen=True)
class LevelSplit:
    """The split over the parts of one level (`depth` 1 to 3; 0: item × source), and how many parts it has."""

    depth: int
    parts: int
    split: MixRate


def level_splits(wide: pd.DataFrame) -> list[LevelSplit]:
    """The split over first, second and third level, from the leaves of `traffic.joined`; sources of unknown buyers out.

    The change is the same at every level; how much of it is mix is not: what is rate between two trunks may be mix
    within one of them.
    """
    sides = ("visitors", "visitors_before", "buyers", "buyers_before")
    known = wide.dropna(subset=list(sides))
    found: list[LevelSplit] = []
    for depth in range(1, len(LEVELS) + 1):
        path = known[list(LEVELS[:depth])].agg("/".join, axis=1)
        summed = known.groupby(path)[list(sides)].sum()
        if found and len(summed) == found[-1].parts:
            continue
        found.append(LevelSplit(depth, len(summed), _split(summed)))
    return found


def _split(summed: pd.DataFrame) -> MixRate:
    weights, rates = [], []
    for side in ("_before", ""):
        there = summed[summed[f"visitors{side}"] > 0]
        weights.append({str(name): float(value) for name, value in summed[f"visitors{side}"].items()})
        share = there[f"buyers{side}"] / there[f"visitors{side}"]
        rates.append({str(name): float(value) for name, value in share.items()})
    return mix_rate(weights[0], rates[0], weights[1], rates[1], level=LEVEL)


def item_source_split(
    traffic_detail: ibis.Table, now: Period, before: Period
) -> tuple[LevelSplit, pd.DataFrame] | None:
    """The split over item × source, from the sources of items.

    Parameters
    ----------
    traffic_detail : Table of schema `traffic_detail`; rows of level `item_source` of exactly the two periods are used.

    Returns
    -------
    The split and its cells (`item_id`, `source`, sums of both periods); None where no item has both periods. Items that
    have one period only stay out: their export is missing, not their visitors.
    """
    rows = traffic_detail.filter(
        traffic_detail.level == "item_source",
        traffic_detail.start_on.isin([now.start, before.start]) & traffic_detail.end_on.isin([now.end, before.end]),
    )
    frame = rows.select("start_on", "item_id", "rule", *LEVELS, "visitors", "payers").to_pandas()
    if frame.empty:
        return None
    frame[list(LEVELS)] = frame[list(LEVELS)].fillna("")
    frame = frame.assign(
        side=pd.to_datetime(frame["start_on"]).dt.date.eq(now.start).map({True: "", False: "_before"}),
        source=["/".join(part for part in path if part) for path in frame[list(LEVELS)].to_numpy().tolist()],
        rule=frame["rule"].fillna(""),
    ).dropna(subset=["visitors", "payers"])
    sides = frame.groupby(["item_id", "rule"])["side"].nunique()
    both = frame.set_index(["item_id", "rule"]).loc[sides[sides == 2].index].reset_index()
    both = both[both["payers"] <= both["visitors"]]
    if both.empty:
        return None
    cells = both.pivot_table(index=["item_id", "source"], columns="side", values=["visitors", "payers"], aggfunc="sum")
    cells.columns = [f"{'buyers' if name == 'payers' else name}{side}" for name, side in cells.columns]
    cells = cells.fillna(0.0).astype(float).reset_index()
    keyed = cells.set_index(cells["item_id"] + "|" + cells["source"])
    split = _split(keyed)
    return (LevelSplit(0, len(keyed), split), cells) if not split.code else None
