"""The numbers of market sizing: which snapshot, and all that is computed from it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import ibis
import pandas as pd

from shopnb.derived import PartOf, derived
from shopnb.errors import MissingDataError, ParameterError
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
from shopnb.pages.base import Page
from shopnb.stats import Estimate, proportion_interval
from shopnb.stats.estimate import unknown

SLUG = "market_sizing"
WINDOWS = (0, 30, 90, 365)  # days behind the shown number; 0: nobody has answered
LISTED = 5  # snapshots that an error names, the oldest first
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


class Numbers(PartOf[Page]):
    """All numbers of the page, each worked out when it is first asked for, from the parameters it reads."""

    @property
    def _listing(self) -> ibis.Table:
        return self._whole.shop.table("listing")

    def _table(self, name: str) -> ibis.Table | None:
        return self._whole.shop.table(name) if self._whole.shop.has(name) else None

    # What was asked

    @derived
    def _found(self) -> pd.DataFrame:
        """All snapshots of the shop."""
        return market.snapshots(self._listing)

    @derived
    def _snapshot(self) -> tuple[str, dt.date | None]:
        """Search and day asked for, else the newest."""
        asked, end = str(self.given["query"]), self._whole.day("end_date")
        found = self._found
        chosen = found[found["query"] == asked] if asked else found
        if end:
            chosen = chosen[[day is None or day <= end for day in chosen["snapshot_on"]]]
        if chosen.empty:
            there = found[found["query"] == asked] if asked else found
            dated = [(day, query) for query, day in zip(there["query"], there["snapshot_on"], strict=True) if day]
            known = [f"{query} {day}" for day, query in sorted(dated)[:LISTED]]
            raise MissingDataError("no_snapshot", report=SLUG, table="listing", end=end, known=known)
        first = chosen.iloc[0]
        return first["query"], first["snapshot_on"]

    @property
    def query(self) -> str:
        """The search."""
        return self._snapshot[0]

    @property
    def snapshot_on(self) -> dt.date | None:
        """Its day; None where nobody said it."""
        return self._snapshot[1]

    @property
    def own_shop(self) -> str:
        """The shop that is ours in the listing."""
        return str(self.given["own_shop"] or self._whole.shop.settings.name)

    @property
    def per_buyer(self) -> float:
        """Units a buyer takes; `parameter_positive` unless there are any."""
        per_buyer = float(self.given["units_per_buyer"])
        if not 0 < per_buyer < math.inf:
            raise ParameterError("parameter_positive", report=SLUG, name="units_per_buyer", found=per_buyer)
        return per_buyer

    @property
    def factor(self) -> float:
        """Units of 30 days for each buyer shown; `parameter_choice` for a window that nobody shows."""
        window = int(self.given["sold_window_days"])
        if window not in WINDOWS:
            raise ParameterError(
                "parameter_choice", report=SLUG, name="sold_window_days", found=window, allowed=WINDOWS
            )
        return self.per_buyer * 30 / (window or 30)

    @property
    def edges(self) -> tuple[float, ...]:
        """Edges of the price bands asked for; none: the data's own."""
        edges = []
        for text in self.given["bands"]:
            try:
                edge = float(text)
            except ValueError:
                edge = math.nan
            if not math.isfinite(edge):
                raise ParameterError("parameter_number", report=SLUG, name="bands", found=text, example="40")
            if edge <= 0:
                raise ParameterError("parameter_positive", report=SLUG, name="bands", found=text)
            edges.append(edge)
        return tuple(sorted(set(edges)))

    @property
    def assumed(self) -> Assumptions:
        """What the operator assumes."""
        return read_assumptions(self.given["assumptions"])

    # The market

    @property
    def snapshots(self) -> pd.DataFrame:
        """All snapshots of the search."""
        return self._found[self._found["query"] == self.query]

    @derived
    def goods(self) -> Goods:
        """The goods of the snapshot."""
        return market.listing_goods(market.lines_of(self._listing, self.query, self.snapshot_on))

    @derived
    def size(self) -> Size:
        """Units and money of 30 days."""
        return market.market_size(self.goods, factor=self.factor)

    @derived
    def falling(self) -> Estimate:
        """Share of goods whose shown numbers fall."""
        return market.falling_share(self._listing, self.query)

    @derived
    def _growth(self) -> tuple[Growth, dt.date | None]:
        return _growth(self, self.query, self.snapshot_on, self.goods, self.bands, self.falling)

    @property
    def growth(self) -> Growth:
        """Against an earlier snapshot."""
        return self._growth[0]

    @property
    def growth_from(self) -> dt.date | None:
        """Its day."""
        return self._growth[1]

    @derived
    def history(self) -> pd.DataFrame:
        """The snapshots of this search up to the chosen one; one row where there is no other, none without a day."""
        day = self.snapshot_on
        days = [one for one in self.snapshots["snapshot_on"] if one is not None and day is not None and one <= day]
        if not days:
            return pd.DataFrame()
        return market.history_of(self._listing, self.query, days, self.goods, factor=self.factor)

    @derived
    def bands(self) -> Bands:
        """Price bands."""
        return market.price_bands(self.goods, edges=self.edges, own_shop=self.own_shop, factor=self.factor)

    @derived
    def held(self) -> Concentration:
        """How much the largest shops hold."""
        return market.concentration(self.goods, own_shop=self.own_shop, factor=self.factor)

    @derived
    def held_by_brand(self) -> Concentration:
        """How much the largest brands hold."""
        return market.concentration(self.goods, by="brand", factor=self.factor)

    @derived
    def held_by_place(self) -> Concentration:
        """How much the largest places hold."""
        return market.concentration(self.goods, by="place", factor=self.factor)

    @derived
    def flagships(self) -> tuple[float, Estimate]:
        """Share of goods and of money of flagship shops."""
        return market.flagship_share(self.goods)

    @derived
    def words(self) -> Words:
        """Words of titles."""
        return market.title_word_shares(self.goods, edges=self.bands.edges, own_shop=self.own_shop)

    @derived
    def words_in_band(self) -> Words:
        """Words of titles within the band with most money over its goods."""
        best = widest_gap(self.bands)
        return market.title_word_shares(self.goods, edges=self.bands.edges, within=best, own_shop=self.own_shop)

    @derived
    def page_one(self) -> PageOne:
        """What stands on the first page."""
        return market.page_one(self.goods, own_shop=self.own_shop)

    # Our place in it

    @derived
    def costs(self) -> Costs:
        """The operator's own cost and fees; typed assumptions over the shop's settings."""
        assumed, settings = self.assumed, self._whole.shop.settings
        commission = sum(settings.fees.get(name, 0.0) for name in _FEES)
        return Costs(
            price=assumed.get("price", math.nan),
            margin_rate=self._whole.margin_rate(),
            unit_cost=assumed.get("unit_cost", math.nan),
            fee_rate=assumed.get("fee_rate", commission),
            refund_rate=assumed.get("refund_rate", settings.refund_rate or 0.0),
            ads_rate=assumed.get("ads_rate", 0.0),
            one_off=assumed.get("one_off", 0.0),
            deposit=assumed.get("deposit", 0.0),
            monthly=assumed.get("monthly", 0.0),
        )

    @derived
    def conversion(self) -> Estimate:
        """Payers ÷ visitors of the shop."""
        return _conversion(self._table("shop_daily"))

    @derived
    def reach(self) -> Reach:
        """What can be reached."""
        return market.reachable_market(
            self.bands, chosen=_reach(self.bands, self.assumed, widest_gap(self.bands)), shares=self.assumed.shares,
            costs=self.costs, conversion=self.conversion,
        )  # fmt: skip

    @derived
    def rivals(self) -> pd.DataFrame:
        """Typed-in rivals beside own prices."""
        own_prices = _own_prices(self.goods, self.own_shop, self._table("item_period"))
        return market.rival_table(self._whole.frame("competitors"), own_prices)

    @derived
    def year(self) -> Year:
        """The year of the trade."""
        lead_days = int(self.assumed.get("lead_days", LEAD_DAYS))
        return market.year_of(self._table("market_index"), today=self.snapshot_on, lead_days=lead_days)

    @derived
    def amounts(self) -> Amounts | None:
        """Amounts behind the trade indices; None without any index."""
        index = self._table("market_index")
        if index is None:
            return None
        return market.index_amounts(index, market.own_pairs(index, self._table("shop_daily"), self.own_shop))

    @derived
    def choice(self) -> Choice:
        """The chosen search beside the newest snapshots of the others."""
        own = _category(self, self.query, self.size, self.growth, self.held, self.goods, self.year)
        others = [query for query in self._found["query"].drop_duplicates() if query != self.query]
        entries = [own, *(self._other(query) for query in others[: CATEGORIES - 1])]
        return market.compare_categories(entries, self.assumed.weights)

    def _other(self, query: str) -> Category:
        """Another search, at its newest snapshot."""
        day = self._found.loc[self._found["query"] == query, "snapshot_on"].iloc[0]
        goods = market.listing_goods(market.lines_of(self._listing, query, day))
        size = market.market_size(goods, factor=self.factor)
        held = market.concentration(goods, factor=self.factor)
        falling = market.falling_share(self._listing, query)
        bands = market.price_bands(goods, factor=self.factor)
        growth, _ = _growth(self, query, day, goods, bands, falling)
        index = self._table("market_index")
        of_category = None if index is None else index.filter(index.category == ibis.literal(query))
        year = market.year_of(of_category, today=day, lead_days=0)
        return _category(self, query, size, growth, held, goods, year)

    def before(self, query: str, day: dt.date | None) -> tuple[dt.date, Goods] | None:
        """The snapshot of a search furthest back within 60 days of `day`, else the one before it; None without one."""
        days = [one for one in self._found.loc[self._found["query"] == query, "snapshot_on"] if one is not None]
        if day is None or not (earlier := sorted(one for one in days if one < day)):
            return None
        near = [one for one in earlier if (day - one).days <= 60]
        first = near[0] if near else earlier[-1]
        return first, market.listing_goods(market.lines_of(self._listing, query, first))


def widest_gap(bands: Bands) -> int | None:
    """The band with most money over its share of goods; None without sales or with one band."""
    if bands.code or len(bands.frame) < 2:
        return None
    return int((bands.frame["money_share"] - bands.frame["goods_share"]).idxmax())


def _growth(
    n: Numbers, query: str, day: dt.date | None, goods: Goods, bands: Bands, falling: Estimate
) -> tuple[Growth, dt.date | None]:
    """A snapshot against an earlier one of the same search, and the day of that."""
    found = n.before(query, day)
    if found is None or day is None:
        return market.no_growth("one_snapshot"), None
    first, before = found
    grown = market.growth_between(
        before,
        goods,
        days=(day - first).days,
        edges=bands.edges,
        factor=n.factor,
        units_per_buyer=n.per_buyer,
        falling=falling,
    )
    return grown, first


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
    n: Numbers, name: str, size: Size, growth: Growth, held: Concentration, goods: Goods, year: Year
) -> Category:
    price = goods.frame["price"].median()
    margin = n.assumed.margins.get(name, n.costs.margin_rate)
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
