"""Rules of market sizing: price bands, page one and concentration to findings (domain catalogue: section 1)."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from shopnb.findings import Finding
from shopnb.metrics.market import Bands, Choice, Concentration, Words, Year

ENTER_RATIO = 1.2  # money share ÷ goods share from which a band has more money than goods
AVOID_RATIO = 0.8
LEAST_SHARE = 0.10  # of money (to enter) or of goods (to avoid): smaller bands are not worth a sentence
HELD_BY_FEW = 0.60  # share of the four largest shops: an experience line, not a law (pages.md 2.2)
ENTRY_REVIEW_DAYS = 45
NEAR = 0.15  # an own price so far below a band's edge may be tried inside it
STEP_IN = 1.08  # the price to try, over the band's edge
WORD_RATIO = 1.3  # money of goods with a word ÷ money of the others of their band
WORD_SHOPS = 5  # a word that fewer shops use is a brand or one shop's habit
WORD_CONFIDENCE = 0.75  # a word may only travel with what sells
ONE_YEAR = 0.60  # confidence in a season that was seen once
LEADS = 0.70  # share of draws in which another category leads


@dataclass(frozen=True)
class MarketBasis:
    """How money is counted: payment × `share` is the basis's money; `name` is margin or payment."""

    name: str
    share: float


@dataclass(frozen=True)
class Positions:
    """What the rules look at: the numbers of one search, and what stands beside it."""

    bands: Bands
    held: Concentration
    words: Words
    own_prices: tuple[float, ...]
    choice: Choice
    query: str
    year: Year


def find_market(places: Positions, *, basis: MarketBasis, today: dt.date | None, level: float = 0.90) -> list[Finding]:
    """Band to enter, price to try, band to keep out of, attribute to add, market or category to avoid, day to order."""
    bands, held = places.bands, places.held
    found: list[Finding | None] = []
    if not bands.code:
        found += [
            _enter(bands, basis, today, level),
            _try_price(bands, places.own_prices, basis, today),
            _avoid(bands, basis, today),
            _attribute(places.words, bands, basis, today, level),
        ]
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
    found += [_other_category(places.choice, places.query, basis, today), _order_stock(places.year, basis)]
    return [one for one in found if one]


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


def _gap(bands: Bands) -> int | None:
    """The band with the largest surplus of money over goods, with its largest good and without; None without one.

    Its whole range must lie above 1, and one hit of one shop is no room for others.
    """
    rows = bands.frame[(bands.frame["ratio_low"] > 1) & (bands.frame["ratio"] >= ENTER_RATIO)]
    rows = rows[(rows["money_share"] >= LEAST_SHARE) & (rows["ratio_rest"] > 1)]
    return None if rows.empty else int((rows["money_share"] - rows["goods_share"]).idxmax())


def _enter(bands: Bands, basis: MarketBasis, today: dt.date | None, level: float) -> Finding | None:
    """The band with more money than goods.

    Money: the share that the shop has in the other bands it sells in, applied to this band, less what it has there.
    """
    place = _gap(bands)
    if place is None:
        return None
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


def _try_price(
    bands: Bands, own_prices: tuple[float, ...], basis: MarketBasis, today: dt.date | None
) -> Finding | None:
    """An own good that stands just below the band with more money than goods."""
    place = _gap(bands)
    edge = math.nan if place is None else float(bands.frame["low"].loc[place])
    near = [price for price in own_prices if edge * (1 - NEAR) <= price < edge]
    if place is None or not near:
        return None
    return Finding(
        code="try_price",
        domain="MS10",
        confidence=_chance(bands, place, 1.0),
        owner="operator",
        basis=basis.name,
        no_amount="test_first",
        values={"price": max(near), "target": round(edge * STEP_IN), "edge": edge},
        review_on=_later(today, 14),
    )


def _attribute(words: Words, bands: Bands, basis: MarketBasis, today: dt.date | None, level: float) -> Finding | None:
    """A word whose goods hold more money than others of their price band, and that own goods lack.

    Money: own payment of the goods without it, if they moved by the ratio of goods with to goods without the word.
    """
    if words.code:
        return None
    rows = words.frame[words.frame["holds"].astype(bool) & (words.frame["ratio"] >= WORD_RATIO)]
    rows = rows[(rows["ratio_low"] > 1) & (rows["shops"] >= WORD_SHOPS)]
    lacking = rows[rows["own_without"] > 0]
    rows = lacking if len(lacking) else rows
    if rows.empty:
        return None
    row = rows.loc[rows["money_share"].idxmax()]
    own = int(row["own"] + row["own_without"])
    if own and not row["own_without"]:
        return None
    found = Finding(
        code="add_attribute",
        domain="MS2",
        confidence=WORD_CONFIDENCE,
        owner="purchasing",
        basis=basis.name,
        no_amount="no_own_share",
        values={
            "word": str(row["word"]),
            "goods_share": float(row["goods_share"]),
            "money_share": float(row["money_share"]),
            "ratio": float(row["ratio"]),
            "own_without": int(row["own_without"]),
        },
        review_on=_later(today, ENTRY_REVIEW_DAYS),
    )
    without = float(row["ratio_without"])
    if not own or not without > 0:
        return found
    lacked = bands.own_draws.sum(axis=1) * basis.share * float(row["own_without"]) / own
    ends = np.quantile(lacked, [(1 - level) / 2, 0.5, (1 + level) / 2])
    ratios = [float(row[name]) / without - 1 for name in ("ratio_low", "ratio", "ratio_high")]
    low, middle, high = (max(float(end) * ratio, 0.0) for end, ratio in zip(ends, ratios, strict=True))
    return replace(found, amount=middle, low=low, high=high, no_amount="")


def _other_category(choice: Choice, query: str, basis: MarketBasis, today: dt.date | None) -> Finding | None:
    """Another search leads clearly: this one is not the one to enter first."""
    if choice.code:
        return None
    first = choice.frame.iloc[0]
    if first["category"] == query or first["first_share"] < LEADS:
        return None
    this = choice.frame.set_index("category").loc[query]
    return Finding(
        code="other_category",
        domain="MS3",
        confidence=float(first["first_share"]),
        owner="boss",
        basis=basis.name,
        no_amount="choice_of_market",
        values={"other": str(first["category"]), "query": query, "rank": int(this["rank"])},
        review_on=_later(today, 90),
    )


def _order_stock(year: Year, basis: MarketBasis) -> Finding | None:
    """The day by which stock for the next peak is to be ordered."""
    if year.order_by is None or year.peak is None:
        return None
    index = year.season.frame.set_index("month")["index"]
    return Finding(
        code="order_stock",
        domain="MS20",
        confidence=ONE_YEAR if math.isnan(year.season.strength) else min(0.95, max(year.season.strength, ONE_YEAR)),
        owner="purchasing",
        basis=basis.name,
        no_amount="season_only",
        values={"day": year.order_by, "month": int(year.peak), "index": float(index.loc[year.peak])},
        review_on=year.order_by,
    )
