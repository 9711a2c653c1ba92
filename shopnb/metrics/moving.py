"""What if visitors were moved from one source to another: buyers and margin, as a range, for more of a source is worse.

Belongs here: the arithmetic of the what-if (pages.md 2.3, section 8). Nothing here says that a source can be grown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from shopnb.metrics.traffic import POOLED
from shopnb.stats import Estimate

LEAST_WORTH, MOST_WORTH = 0.5, 1.0  # what an added visitor buys, against the source's present ones: an assumption


@dataclass(frozen=True)
class Move:
    """`visitors` moved from `giver` to `taker` (shown names): buyers, and margin (NaN without a margin rate).

    `buyers`, `margin` : of the period's visitors moved, middle and range: the middle takes added visitors at three
    quarters of the present ones, the ends at a half and at all of them, with the ends of both sources' rates.
    """

    giver: str
    taker: str
    visitors: float
    buyers: Estimate
    margin: Estimate


def can_be_named(sources: pd.DataFrame) -> pd.DataFrame:
    """The sources that carry a rate, so that a move can be reckoned."""
    return sources[sources["rate"].notna() & (sources["source"] != POOLED)]


def proposed(sources: pd.DataFrame) -> tuple[str, str] | None:
    """A move worth a look: from the paid source that earns least a visitor to the one that can grow and earns most.

    None without two such sources. Own visitors (cart, my Taobao) cannot be grown; a free source is not bought.
    """
    known = can_be_named(sources)
    worth = "margin" if known["margin"].notna().any() else "rate"
    paid = known[(known["group"] == "paid") & known[worth].notna()].sort_values(worth)
    if len(paid) < 2:
        return None
    return str(paid["label"].iloc[0]), str(paid["label"].iloc[-1])


def move(sources: pd.DataFrame, giver: str, taker: str, visitors: float, *, kept: float) -> Move | None:
    """Move visitors between two sources.

    Parameters
    ----------
    sources : from `source_worth.per_visitor` with `label`. kept : share of payment that stays as margin, NaN unknown.

    Returns
    -------
    None where either source is not there or carries no rate. The visitors given up are average ones of their source;
    those won buy less, and cost what the taker's visitors cost today.
    """
    named = can_be_named(sources).set_index("label")
    if giver not in named.index or taker not in named.index or giver == taker:
        return None
    away, to = named.loc[giver], named.loc[taker]
    middle = (LEAST_WORTH + MOST_WORTH) / 2
    ends = [
        (middle * to["rate"], away["rate"]),
        (LEAST_WORTH * to["rate_low"], away["rate_high"]),
        (MOST_WORTH * to["rate_high"], away["rate_low"]),
    ]
    buyers = [visitors * (won - lost) for won, lost in ends]
    saved = away["cost_per_visitor"] - to["cost_per_visitor"]
    margins = [visitors * ((won * to["spend"] - lost * away["spend"]) * kept + saved) for won, lost in ends]
    margin = Estimate(*margins) if all(map(math.isfinite, margins)) else Estimate(math.nan)
    return Move(giver, taker, visitors, Estimate(*buyers), margin)
