"""What if visitors were moved from one source to another: buyers and margin, as a range, for more of a source is worse.

Belongs here: the arithmetic of the what-if (pages.md 2.3, section 8). Nothing here says that a source can be grown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from shopnb.metrics.traffic import POOLED
from shopnb.stats import Estimate

LEAST_GROWTH, MOST_GROWTH = 0.5, 1.0  # buyers of a source grow with the power of its visitors: an assumption


@dataclass(frozen=True)
class Visitor:
    """What a source has now: `visitors`, their `rate` with its range (shares 0-1), `spend` a buyer, `cost` a visitor.

    `spend` and `cost` are NaN where unknown; then there is no margin.
    """

    visitors: float
    rate: Estimate
    spend: float = math.nan
    cost: float = math.nan


@dataclass(frozen=True)
class Move:
    """`visitors` moved from `giver` to `taker` (shown names): buyers, and margin (NaN without a margin rate).

    `asked` : visitors asked for; the giver may have fewer. `buyers`, `margin` : middle and range.
    """

    giver: str
    taker: str
    visitors: float
    buyers: Estimate
    margin: Estimate
    asked: float


def move_visitors(
    giver: Visitor, taker: Visitor, moved: float, *, kept: float = math.nan,
    growth: tuple[float, float] = (LEAST_GROWTH, MOST_GROWTH),
) -> tuple[Estimate, Estimate]:  # fmt: skip
    """Buyers and margin gained when `moved` visitors come by `taker` and no longer by `giver`.

    Parameters
    ----------
    moved : visitors, 0 to `giver.visitors`.
    kept : share of payment that stays as margin (margin rate × (1 − refund share)), 0-1; NaN unknown.
    growth : lowest and highest power, each 0-1. Buyers of the taker become rate × visitors × ((visitors + moved) /
        visitors) ** power: at 1 those added buy as the present ones do; at 0.5 the first of them buy half as well, and
        the more are added the worse they get.

    Returns
    -------
    (buyers, margin) : Estimates. The middle takes the mean of both powers and both rates as they are; the ends take
        the ends of `growth` and of both rates. Visitors given up are average ones of their source; added ones cost what
        the taker's cost today. Margin is NaN where `kept`, a spend or a cost is unknown.

    Examples
    --------
    >>> feed = Visitor(10_000, Estimate(0.02, 0.018, 0.022), spend=60.0, cost=1.0)
    >>> search = Visitor(5_000, Estimate(0.05, 0.045, 0.055), spend=60.0, cost=1.0)
    >>> buyers, margin = move_visitors(feed, search, 1_000, kept=0.4)
    >>> [round(one, 1) for one in (buyers.low, buyers.estimate, buyers.high)]
    [-0.5, 16.6, 37.0]
    """
    if not 0 <= moved <= giver.visitors:
        raise ValueError(f"{moved} of {giver.visitors} visitors cannot be moved")
    least, most = growth
    ends = [
        (_added(taker, moved, (least + most) / 2) * taker.rate.estimate, moved * giver.rate.estimate),
        (_added(taker, moved, least) * taker.rate.low, moved * giver.rate.high),
        (_added(taker, moved, most) * taker.rate.high, moved * giver.rate.low),
    ]
    people = [won - lost for won, lost in ends]
    saved = moved * (giver.cost - taker.cost)
    money = [(won * taker.spend - lost * giver.spend) * kept + saved for won, lost in ends]
    known = all(map(math.isfinite, money))
    margin = Estimate(money[0], money[1], money[2]) if known else Estimate(math.nan)
    return Estimate(people[0], people[1], people[2]), margin


def _added(taker: Visitor, moved: float, power: float) -> float:
    """Visitors of the present kind that `moved` more are worth."""
    return taker.visitors * ((1 + moved / taker.visitors) ** power - 1) if taker.visitors > 0 else math.nan


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
    """`move_visitors` between two sources of a frame, at most as many as the giver has.

    Parameters
    ----------
    sources : from `source_worth.per_visitor` with `label`. kept : share of payment that stays as margin, NaN unknown.

    Returns
    -------
    None where either source is not there or carries no rate.
    """
    named = can_be_named(sources).set_index("label")
    if giver not in named.index or taker not in named.index or giver == taker:
        return None
    away, to = (_visitor(named.loc[name]) for name in (giver, taker))
    moved = min(visitors, away.visitors)
    buyers, margin = move_visitors(away, to, moved, kept=kept)
    return Move(giver, taker, moved, buyers, margin, visitors)


def _visitor(row: pd.Series) -> Visitor:
    rate = Estimate(float(row["rate"]), float(row["rate_low"]), float(row["rate_high"]))
    return Visitor(float(row["visitors"]), rate, float(row["spend"]), float(row["cost_per_visitor"]))
