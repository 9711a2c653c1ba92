"""Rules of market sizing: price bands, page one and concentration to findings (domain catalogue: section 1)."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from shopnb.findings import Finding
from shopnb.metrics.market import Bands, Concentration

ENTER_RATIO = 1.2  # money share ÷ goods share from which a band has more money than goods
AVOID_RATIO = 0.8
LEAST_SHARE = 0.10  # of money (to enter) or of goods (to avoid): smaller bands are not worth a sentence
HELD_BY_FEW = 0.60  # share of the four largest shops: an experience line, not a law (pages.md 2.2)
ENTRY_REVIEW_DAYS = 45


@dataclass(frozen=True)
class MarketBasis:
    """How money is counted: payment × `share` is the basis's money; `name` is margin or payment."""

    name: str
    share: float


def find_market(
    bands: Bands, held: Concentration, *, basis: MarketBasis, today: dt.date | None, level: float = 0.90
) -> list[Finding]:
    """Band to enter, band to keep out of, a market held by few; nothing where sales are not shown."""
    if bands.code:
        return []
    found = [one for one in (_enter(bands, basis, today, level), _avoid(bands, basis, today)) if one]
    if not held.code and held.leaders[4].low > HELD_BY_FEW:
        found.append(
            Finding(
                code="market_held",
                domain="MS4",
                confidence=0.95,
                owner="boss",
                basis=basis.name,
                no_amount="choice_of_market",
                values={"share": held.leaders[4].estimate},
                review_on=_later(today, 90),
            )
        )
    return found


def _later(today: dt.date | None, days: int) -> dt.date | None:
    return today + dt.timedelta(days=days) if today else None


def _chance(bands: Bands, place: int, ratio: float) -> float:
    """Probability that the band's money share ÷ goods share is above `ratio`."""
    share = bands.draws[:, place] / bands.draws.sum(axis=1)
    return float(np.mean(share / bands.frame["goods_share"].iloc[place] > ratio))


def _band_values(row: pd.Series) -> dict[str, float]:
    return {
        "low": 0.0 if math.isnan(row["low"]) else float(row["low"]),
        "high": float(row["high"]),
        "goods_share": float(row["goods_share"]),
        "money_share": float(row["money_share"]),
        "ratio": float(row["ratio"]),
    }


def _enter(bands: Bands, basis: MarketBasis, today: dt.date | None, level: float) -> Finding | None:
    """The band with the largest surplus of money over goods, with its largest good and without.

    Its whole range must lie above 1, and one hit of one shop is no room for others.

    Money: the share that the shop has in the other bands it sells in, applied to this band, less what it has there.
    """
    rows = bands.frame[(bands.frame["ratio_low"] > 1) & (bands.frame["ratio"] >= ENTER_RATIO)]
    rows = rows[(rows["money_share"] >= LEAST_SHARE) & (rows["ratio_rest"] > 1)]
    if rows.empty:
        return None
    place = int((rows["money_share"] - rows["goods_share"]).idxmax())
    row = bands.frame.loc[place]
    found = Finding(
        code="enter_open_band" if math.isnan(row["high"]) else "enter_band",
        domain="MS10",
        confidence=_chance(bands, place, 1.0),
        owner="purchasing",
        basis=basis.name,
        no_amount="no_own_share",
        values={**_band_values(row), "own": int(row["own"]), "money": float(row["money"])},
        review_on=_later(today, ENTRY_REVIEW_DAYS),
    )
    others = [band for band in range(len(bands.frame)) if band != place and bands.own_draws[:, band].any()]
    if not others:
        return found
    share = bands.own_draws[:, others].sum(axis=1) / bands.draws[:, others].sum(axis=1)
    more = (share * bands.draws[:, place] - bands.own_draws[:, place]) * basis.share
    low, middle, high = (float(end) for end in np.quantile(more, [(1 - level) / 2, 0.5, (1 + level) / 2]))
    if middle <= 0:
        return replace(found, no_amount="share_reached")
    return replace(found, amount=middle, low=low, high=high, no_amount="")


def _avoid(bands: Bands, basis: MarketBasis, today: dt.date | None) -> Finding | None:
    """The most crowded band: many goods, little money."""
    rows = bands.frame[(bands.frame["ratio_high"] < 1) & (bands.frame["ratio"] <= AVOID_RATIO)]
    rows = rows[rows["goods_share"] >= LEAST_SHARE]
    if rows.empty:
        return None
    place = int((rows["goods_share"] - rows["money_share"]).idxmax())
    row = bands.frame.loc[place]
    return Finding(
        code="avoid_open_band" if math.isnan(row["high"]) else "avoid_band",
        domain="MS10",
        confidence=1 - _chance(bands, place, 1.0),
        owner="operator",
        basis=basis.name,
        no_amount="crowded",
        values={**_band_values(row), "own": int(row["own"])},
        review_on=_later(today, 90),
    )
