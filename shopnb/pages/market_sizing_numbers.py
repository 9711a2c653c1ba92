"""The numbers of market sizing: which snapshot, and all that is computed from it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import ibis
import pandas as pd

from shopnb.errors import ParameterError
from shopnb.metrics import market
from shopnb.metrics.market import (
    Amounts,
    Bands,
    Category,
    Choice,
    Concentration,
    Costs,
    Goods,
    Growth,
    PageOne,
    Reach,
    Size,
    Words,
    Year,
)  # fmt: skip
from shopnb.stats import Estimate, proportion_interval
from shopnb.stats.estimate import unknown

SLUG = "market_sizing"
CATEGORIES = 8  # compared at most, the largest snapshots
CONVERSION_DAYS = 30
LEAD_DAYS = 45  # from ordering to having stock on sale, unless the operator says otherwise
_COSTS = ("price", "unit_cost", "fee_rate", "refund_rate", "ads_rate", "one_off", "deposit", "monthly")
_OTHERS = ("share_low", "share_high", "reach", "lead_days")
_WEIGHTS = tuple(f"weight_{name}" for name in market.CRITERIA)
ASSUMPTIONS = (*_COSTS, *_OTHERS, *_WEIGHTS)
_FEES = ("category_commission", "software_service", "payment", "tax")  # shares of payment among the shop's fees
_SHARES = ("fee_rate", "refund_rate", "ads_rate", "share_low", "share_high")


@dataclass(frozen=True)
class Assumptions:
    """What the operator assumes, name to value; `reach` are prices, each standing for its band."""

    values: Mapping[str, float] = field(default_factory=dict)
    reach: tuple[float, ...] = ()
    margins: Mapping[str, float] = field(default_factory=dict)  # search to margin rate

    def get(self, name: str, otherwise: float) -> float:
        """The value assumed, else `otherwise`."""
        return self.values.get(name, otherwise)

    @property
    def shares(self) -> tuple[float, float] | None:
        """Lowest and highest share typed; one of them stands for both."""
        ends = [self.values[name] for name in ("share_low", "share_high") if self.values.get(name, 0) > 0]
        return (min(ends), max(ends)) if ends else None

    @property
    def weights(self) -> dict[str, float]:
        """Weights of the criteria of category choice."""
        names = market.CRITERIA
        return {name: self.values[f"weight_{name}"] for name in names if f"weight_{name}" in self.values}


def read_assumptions(written: list[str]) -> Assumptions:
    """Assumptions written as `name=value`; `reach` may come more than once, `margin:SEARCH` is a category's margin.

    Raises
    ------
    ParameterError
        `parameter_choice` for an unknown name, `parameter_number` for a value that is none, `parameter_share` for a
        share outside 0 to 1, `parameter_negative` for a negative value.
    """
    values: dict[str, float] = {}
    reach: list[float] = []
    margins: dict[str, float] = {}
    for one in written:
        name, _, text = (part.strip() for part in one.partition("="))
        if name not in ASSUMPTIONS and not name.startswith("margin:"):
            allowed = [f"{known}=…" for known in ASSUMPTIONS]
            raise ParameterError("parameter_choice", report=SLUG, name="assumptions", found=one, allowed=allowed)
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ParameterError("parameter_number", report=SLUG, name="assumptions", found=one, example="unit_cost=25")
        if (name in _SHARES or name.startswith("margin:")) and not 0 <= value < 1:
            raise ParameterError("parameter_share", report=SLUG, name="assumptions", found=one)
        if value < 0:
            raise ParameterError("parameter_negative", report=SLUG, name="assumptions", found=one)
        if name == "reach":
            reach.append(value)
        elif name.startswith("margin:"):
            margins[name.removeprefix("margin:")] = value
        else:
            values[name] = value
    return Assumptions(values, tuple(reach), margins)


@dataclass(frozen=True)
class Given:
    """What the parameters say, checked."""

    query: str
    snapshot_on: dt.date | None
    own_shop: str
    edges: tuple[float, ...]
    factor: float
    per_buyer: float
    margin_rate: float
    refund_rate: float
    assumed: Assumptions
    fees: Mapping[str, float]


@dataclass(frozen=True)
class Tables:
    """The shop's tables; None where it has none."""

    listing: ibis.Table
    market_index: ibis.Table | None
    shop_daily: ibis.Table | None
    item_period: ibis.Table | None
    competitors: pd.DataFrame


@dataclass(frozen=True)
class Numbers:
    """All numbers of the page for one set of parameters."""

    query: str
    snapshot_on: dt.date | None
    snapshots: pd.DataFrame
    goods: Goods
    size: Size
    growth: Growth
    growth_from: dt.date | None
    history: pd.DataFrame
    bands: Bands
    held: Concentration
    held_by_brand: Concentration
    held_by_place: Concentration
    flagships: tuple[float, Estimate]
    words: Words
    words_in_band: Words
    page_one: PageOne
    reach: Reach
    costs: Costs
    conversion: Estimate
    rivals: pd.DataFrame
    year: Year
    amounts: Amounts | None
    choice: Choice
    factor: float
    own_shop: str
    falling: Estimate


def compute(tables: Tables, given: Given, found: pd.DataFrame) -> Numbers:
    """Everything about one snapshot; `found` are all snapshots of the shop."""
    goods = market.listing_goods(market.lines_of(tables.listing, given.query, given.snapshot_on))
    bands = market.price_bands(goods, edges=given.edges, own_shop=given.own_shop, factor=given.factor)
    falling = market.falling_share(tables.listing, given.query)
    growth, growth_from = _growth(tables.listing, given, found, goods, bands, falling)
    costs = _costs(given)
    conversion = _conversion(tables.shop_daily)
    best = widest_gap(bands)
    own_prices = _own_prices(goods, given.own_shop, tables.item_period)
    held = market.concentration(goods, own_shop=given.own_shop, factor=given.factor)
    year = market.year_of(
        tables.market_index,
        today=given.snapshot_on,
        lead_days=int(given.assumed.get("lead_days", LEAD_DAYS)),
    )
    size = market.market_size(goods, factor=given.factor)
    return Numbers(
        query=given.query,
        snapshot_on=given.snapshot_on,
        snapshots=found[found["query"] == given.query],
        goods=goods,
        size=size,
        growth=growth,
        growth_from=growth_from,
        history=_history(tables.listing, given, found, goods),
        bands=bands,
        held=held,
        held_by_brand=market.concentration(goods, by="brand", factor=given.factor),
        held_by_place=market.concentration(goods, by="place", factor=given.factor),
        flagships=market.flagship_share(goods),
        words=market.title_word_shares(goods, edges=bands.edges, own_shop=given.own_shop),
        words_in_band=market.title_word_shares(
            goods, edges=bands.edges, within=best, own_shop=given.own_shop
        ),
        page_one=market.page_one(goods, own_shop=given.own_shop),
        reach=market.reachable_market(
            bands, chosen=_reach(bands, given.assumed, best), shares=given.assumed.shares, costs=costs,
            conversion=conversion,
        ),
        costs=costs,
        conversion=conversion,
        rivals=market.rival_table(tables.competitors, own_prices),
        year=year,
        amounts=_amounts(tables, given.own_shop),
        choice=_choice(tables, given, found, own=_category(given.query, size, growth, held, goods, year, given)),
        factor=given.factor,
        own_shop=given.own_shop,
        falling=falling,
    )  # fmt: skip


def widest_gap(bands: Bands) -> int | None:
    """The band with most money over its share of goods; None without sales or with one band."""
    if bands.code or len(bands.frame) < 2:
        return None
    return int((bands.frame["money_share"] - bands.frame["goods_share"]).idxmax())


def _growth(
    listing: ibis.Table, given: Given, found: pd.DataFrame, goods: Goods, bands: Bands, falling: Estimate
) -> tuple[Growth, dt.date | None]:
    """The newest snapshot against the one furthest back within 60 days, else the one before it."""
    days = [day for day in found.loc[found["query"] == given.query, "snapshot_on"] if day is not None]
    if given.snapshot_on is None or not (earlier := sorted(day for day in days if day < given.snapshot_on)):
        return market.no_growth("one_snapshot"), None
    near = [day for day in earlier if (given.snapshot_on - day).days <= 60]
    first = near[0] if near else earlier[-1]
    before = market.listing_goods(market.lines_of(listing, given.query, first))
    found_growth = market.growth_between(
        before,
        goods,
        days=(given.snapshot_on - first).days,
        edges=bands.edges,
        factor=given.factor,
        units_per_buyer=given.per_buyer,
        falling=falling,
    )
    return found_growth, first


def _history(listing: ibis.Table, given: Given, found: pd.DataFrame, goods: Goods) -> pd.DataFrame:
    """The snapshots of this search up to the chosen one; one row where there is no other, none without a day."""
    dated = [day for day in found.loc[found["query"] == given.query, "snapshot_on"] if day is not None]
    days = [day for day in dated if given.snapshot_on is not None and day <= given.snapshot_on]
    return market.history_of(listing, given.query, days, goods, factor=given.factor) if days else pd.DataFrame()


def _costs(given: Given) -> Costs:
    """The operator's own cost and fees; typed assumptions over the shop's settings."""
    assumed = given.assumed
    commission = sum(given.fees.get(name, 0.0) for name in _FEES)
    return Costs(
        price=assumed.get("price", math.nan),
        margin_rate=given.margin_rate,
        unit_cost=assumed.get("unit_cost", math.nan),
        fee_rate=assumed.get("fee_rate", commission),
        refund_rate=given.refund_rate,
        ads_rate=assumed.get("ads_rate", 0.0),
        one_off=assumed.get("one_off", 0.0),
        deposit=assumed.get("deposit", 0.0),
        monthly=assumed.get("monthly", 0.0),
    )


def _reach(bands: Bands, assumed: Assumptions, best: int | None) -> list[int]:
    """Bands named by a price in them; else those sold in and the one with most money over its goods."""
    if assumed.reach:
        return sorted({sum(price >= edge for edge in bands.edges) for price in assumed.reach})
    own = [int(place) for place in bands.frame.index[bands.frame["own"] > 0]]
    if not own or bands.code:
        return own
    gap = bands.frame["ratio_low"].iloc[best] > 1 if best is not None else False
    return sorted({*own, *([best] if gap and best is not None else [])})


def _own_prices(goods: Goods, own_shop: str, item_period: ibis.Table | None) -> dict[str, float]:
    """Own item id to its price: payment ÷ units of the newest period, else the price listed."""
    own = goods.frame[goods.frame["shop_name"] == own_shop]
    listed = {
        str(good).removeprefix("id "): float(price) for good, price in zip(own["good"], own["price"], strict=True)
    }
    if item_period is None:
        return listed
    sold = item_period.select("item_id", "end_on", "paid_amount", "paid_units").to_pandas()
    sold = sold[sold["paid_units"].astype(float) > 0].sort_values("end_on").drop_duplicates("item_id", keep="last")
    paid = sold["paid_amount"].astype(float) / sold["paid_units"].astype(float)
    return {**listed, **dict(zip(sold["item_id"].astype(str), paid, strict=True))}


def _conversion(shop_daily: ibis.Table | None) -> Estimate:
    """Payers ÷ visitors of the last 30 days, both added over days."""
    if shop_daily is None:
        return unknown("no_shop_daily")
    days = shop_daily.select("day", "visitors", "payers").to_pandas().dropna().sort_values("day")
    days = days.tail(CONVERSION_DAYS)
    return proportion_interval(float(days["payers"].sum()), float(days["visitors"].sum()), level=0.9)


def _category(
    name: str, size: Size, growth: Growth, held: Concentration, goods: Goods, year: Year, given: Given
) -> Category:
    price = goods.frame["price"].median()
    margin = given.assumed.margins.get(name, given.margin_rate)
    known = not year.season.code and year.entity in ("", name)
    season = year.season.frame["index"] if known else pd.Series(dtype=float)
    return Category(
        name=name,
        size=size.money,
        growth=growth.growth if growth.growth.is_known else growth.like_for_like,
        concentration=held.leaders[4],
        price=unknown("no_price") if math.isnan(price) else Estimate(float(price)),
        margin=unknown("no_margin") if math.isnan(margin) else Estimate(float(margin)),
        season=Estimate(float(season.max() / season.min())) if len(season) else unknown("too_few_months"),
    )


def _choice(tables: Tables, given: Given, found: pd.DataFrame, own: Category) -> Choice:
    """The chosen search beside the newest snapshots of the others."""
    others = [query for query in found["query"].drop_duplicates() if query != given.query][: CATEGORIES - 1]
    entries = [own]
    for query in others:
        days = [day for day in found.loc[found["query"] == query, "snapshot_on"]]
        goods = market.listing_goods(market.lines_of(tables.listing, query, days[0]))
        size = market.market_size(goods, factor=given.factor)
        held = market.concentration(goods, factor=given.factor)
        one = Given(**{**vars(given), "query": query, "snapshot_on": days[0]})
        falling = market.falling_share(tables.listing, query)
        bands = market.price_bands(goods, factor=given.factor)
        growth, _ = _growth(tables.listing, one, found, goods, bands, falling)
        year = market.year_of(_of_category(tables.market_index, query), today=days[0], lead_days=0)
        entries.append(_category(query, size, growth, held, goods, year, one))
    return market.compare_categories(entries, given.assumed.weights)


def _amounts(tables: Tables, own_shop: str) -> Amounts | None:
    """Amounts behind the trade indices; None without any index."""
    if tables.market_index is None:
        return None
    return market.index_amounts(tables.market_index, market.own_pairs(tables.market_index, tables.shop_daily, own_shop))


def _of_category(market_index: ibis.Table | None, name: str) -> ibis.Table | None:
    return None if market_index is None else market_index.filter(market_index.category == ibis.literal(name))
