"""Rules of market sizing: price bands, page one and concentration to findings (domain catalogue: section 1)."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from shopnb.findings import Finding
from shopnb.metrics.market import Bands, Choice, Concentration, Words, Year
from shopnb.stats.estimate import normal_quantile

ENTER_RATIO = 1.2  # money share ÷ goods share from which a band has more money than goods
AVOID_RATIO = 0.8
HIT = 0.8  # a band whose ratio falls below this much of itself without its largest good rests on one hit
ONE_HIT = 0.75  # confidence in such a band: the next good need not be the next hit
LEAST_SHARE = 0.10  # of money (to enter) or of goods (to avoid): smaller bands are not worth a sentence
LEAST_GOODS = 20  # fewer are no market: they speak for themselves
HELD_BY_FEW = 0.60  # share of the four largest shops: an experience line, not a law (pages.md 2.2)
ENTRY_REVIEW_DAYS = 45
NEAR = 0.15  # an own price so far below a band's edge may be tried inside it
STEP_IN = 1.08  # the price to try, over the band's edge
ONE_BAND = 0.42  # log scale: what one good does says of another only half to double (90 %)
SEED = 20_260_105
DRAWS = 1000
WORD_RATIO = 1.3  # money of goods with a word ÷ what goods of their band bring on average
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
    words_in_band: Words
    own_prices: tuple[float, ...]
    choice: Choice
    query: str
    year: Year


def find_market(places: Positions, *, basis: MarketBasis, today: dt.date | None, level: float = 0.90) -> list[Finding]:
    """Band to enter, price to try, band to keep out of, attribute to add, market or category to avoid, day to order."""
    bands, held = places.bands, places.held
    found: list[Finding | None] = []
    few = bands.frame["goods"].sum() < LEAST_GOODS
    if not bands.code and not few:
        found += [
            _enter(bands, basis, today, level),
            _try_price(bands, places.own_prices, basis, today),
            _avoid(bands, basis, today),
            _attribute(places, basis, today, level),
        ]
    if not held.code and not few and held.leaders[4].low > HELD_BY_FEW:
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
    found += [_other_category(places.choice, places.query, basis, today), _order_stock(places.year, basis, today)]
    return [one for one in found if one]


def _later(today: dt.date | None, days: int) -> dt.date | None:
    return today + dt.timedelta(days=days) if today else None


def _chance(bands: Bands, place: int, ratio: float) -> float:
    """Probability that the band's money share ÷ goods share is above `ratio`."""
    return float(np.mean(bands.ratio_draws[:, place] > ratio))


def _ends(row: pd.Series) -> dict[str, float]:
    return {"low": 0.0 if math.isnan(row["low"]) else float(row["low"]), "high": float(row["high"])}


def _band_values(row: pd.Series) -> dict[str, float]:
    return {
        **_ends(row),
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
    """The band with more money than goods. Money: what one more good would bring there (`_one_more`)."""
    place = _gap(bands)
    if place is None:
        return None
    row = bands.frame.loc[place]
    found = Finding(
        code=_enter_code(row),
        domain="MS10",
        confidence=min(_chance(bands, place, 1.0), ONE_HIT if row["ratio_rest"] < HIT * row["ratio"] else 1.0),
        owner="purchasing",
        basis=basis.name,
        no_amount="no_own_share",
        values={**_band_values(row), "own": int(row["own"]), "money": float(row["money"])},
        review_on=_later(today, ENTRY_REVIEW_DAYS),
    )
    return _with_money(found, _one_more(bands, place), basis, level)


def _enter_code(row: pd.Series) -> str:
    return "enter_open_band" if math.isnan(row["high"]) else "enter_band"


def _one_more(bands: Bands, place: int | None) -> np.ndarray | None:
    """Draws of the payment of one more good that does as an own good does; None without own goods in the list.

    One of the own goods is drawn at a time: its share of its band, applied to the band asked for; without a band its
    own payment. A single one says of another only half to double (`ONE_BAND`).
    """
    own = bands.own_goods
    if own.empty:
        return None
    rng = np.random.default_rng(SEED)
    band = bands.draws[:, place] if place is not None else np.ones(len(bands.draws))
    band = np.resize(band, DRAWS)
    held = own["share" if place is not None else "money"].to_numpy()[rng.integers(0, len(own), DRAWS)]
    return np.asarray(band * held * (np.exp(ONE_BAND * rng.standard_normal(DRAWS)) if len(own) == 1 else 1.0))


def _with_money(found: Finding, payment: np.ndarray | None, basis: MarketBasis, level: float) -> Finding:
    if payment is None:
        return found
    low, middle, high = (
        float(end) for end in np.quantile(payment * basis.share, [(1 - level) / 2, 0.5, (1 + level) / 2])
    )
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


def _attribute(places: Positions, basis: MarketBasis, today: dt.date | None, level: float) -> Finding | None:
    """A word whose goods hold more money than others of their price band, and that own goods lack.

    Looked for in the band to enter first, where it says what to enter with and hangs on that finding; then in all
    bands. Money: one more good (`_one_more`), times the word's ratio.
    """
    bands, gap = places.bands, _gap(places.bands)
    inside = _lacked_word(places.words_in_band) if gap is not None and places.words_in_band.within == gap else None
    row = inside if inside is not None else _lacked_word(places.words)
    if row is None:
        return None
    found = Finding(
        code="add_attribute" if inside is None else "add_attribute_in_band",
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
    if inside is not None and gap is not None:
        band = bands.frame.loc[gap]
        found = replace(found, same_cause_as=_enter_code(band), values={**found.values, **_ends(band)})
    payment = _one_more(bands, gap if inside is not None else None)
    spread = math.log(row["ratio_high"] / row["ratio_low"]) / 2 / normal_quantile(level)
    times = row["ratio"] * np.exp(spread * np.random.default_rng(SEED + 1).standard_normal(DRAWS))
    return _with_money(found, None if payment is None else payment * times, basis, level)


def _lacked_word(words: Words) -> pd.Series | None:
    """The word with the surest surplus of money among those beyond chance, of many shops, not in all own goods."""
    if words.code:
        return None
    rows = words.frame[words.frame["holds"].astype(bool) & (words.frame["ratio"] >= WORD_RATIO)]
    rows = rows[(rows["ratio_low"] > 1) & (rows["shops"] >= WORD_SHOPS)]
    rows = rows[(rows["own_without"] > 0) | (rows["own"] == 0)]
    if rows.empty:
        return None
    return rows.loc[((rows["ratio_low"] - 1) * rows["money_share"] / rows["ratio"]).idxmax()]


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


def _order_stock(year: Year, basis: MarketBasis, today: dt.date | None) -> Finding | None:
    """The day by which stock for the next peak is to be ordered, or by how much that day has passed."""
    if year.order_by is None or year.peak is None:
        return None
    index = year.season.frame.set_index("month")["index"]
    return Finding(
        code="order_stock_late" if year.late_days else "order_stock",
        domain="MS20",
        confidence=ONE_YEAR if math.isnan(year.season.strength) else min(0.95, max(year.season.strength, ONE_YEAR)),
        owner="purchasing",
        basis=basis.name,
        no_amount="season_only",
        values={
            "day": year.order_by,
            "month": int(year.peak),
            "index": float(index.loc[year.peak]),
            "late": year.late_days,
        },
        review_on=_later(today, 7) if year.late_days else year.order_by,
    )
