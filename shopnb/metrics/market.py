"""A market from a search listing: goods, size, price bands, concentration, what page one asks.

Shown sales are ranges (`500+人付款`), so every total is an interval (`stats.fit_censored`). Shown numbers are people in
an unknown window, not units a month: shares come first, totals are scaled by what the operator answers.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

import ibis
import numpy as np
import pandas as pd

from shopnb.stats import CensoredTotal, Estimate, censored_total, fit_censored, proportion_interval

PLACEHOLDER_PRICE = 99_999.0  # a habit: "not for sale at present"
_PLACEHOLDER_DIGITS = re.compile(r"(6{4,}|8{4,}|9{4,})")  # 8888, 9999: set aside only far above the others
_FAR_ABOVE = 20.0  # times the median price
SHOPS_DRAWN = 200  # largest shops that are simulated one by one
PAGE_ONE = 60  # goods on the first page (MS9)
BANDS_WANTED = 6
_NICE = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)  # steps of a price that people name, within a decade
LEVEL = 0.90


@dataclass(frozen=True)
class Goods:
    """The distinct goods of one snapshot, and what became of its lines.

    `frame` has one row per good in order of position: `title`, `shop_name`, `brand`, `place`, `price` (NaN where the
    line has none), `sold_low`, `sold_high` (NaN: open), `position`, `is_paid` (seen only in paid slots), `is_tmall`,
    `freight`, `comments`. lines = goods + repeats + placeholders; `paid_lines` are among the lines.
    """

    frame: pd.DataFrame
    lines: int
    repeats: int
    placeholders: int
    paid_lines: int
    without_price: int
    without_sales: int
    open_top: float  # low end of the highest open range, NaN where none is open

    @property
    def has_sales(self) -> bool:
        """Whether any good shows sales."""
        return bool(self.frame["sold_low"].notna().any())


def snapshots(listing: ibis.Table) -> pd.DataFrame:
    """The snapshots of a listing table.

    Returns
    -------
    DataFrame, one row per query and day, newest day and largest first
        `query`, `snapshot_on` (date or None), `lines`.
    """
    counted = listing.group_by(["query", "snapshot_on"]).agg(lines=listing.count()).to_pandas()
    counted["snapshot_on"] = [None if pd.isna(day) else pd.Timestamp(day).date() for day in counted["snapshot_on"]]
    order = [day.toordinal() if day else 0 for day in counted["snapshot_on"]]
    counted = counted.assign(order=order).sort_values(["order", "lines", "query"], ascending=[False, False, True])
    return counted.drop(columns="order").reset_index(drop=True)


def lines_of(listing: ibis.Table, query: str, snapshot_on: object) -> pd.DataFrame:
    """The lines of one snapshot in order of position; columns as in schema `listing`."""
    chosen = listing.filter(listing.query == ibis.literal(query))
    day = chosen.snapshot_on
    chosen = chosen.filter(day.isnull() if snapshot_on is None else day == ibis.literal(snapshot_on))
    return chosen.order_by("position").to_pandas()


def falling_share(listing: ibis.Table, query: str) -> Estimate:
    """Share of goods whose shown number fell between two snapshots: cumulative numbers never fall.

    Goods are item ids seen on two days or more; `too_few_snapshots` where there is none.
    """
    named = listing.filter(listing.query == query, listing.item_id.notnull(), listing.snapshot_on.notnull())
    days = named.group_by(["item_id", "snapshot_on"]).agg(sold=named.sold_low.max())
    before = days.sold.lag().over(ibis.window(group_by="item_id", order_by="snapshot_on"))
    moves = days.mutate(fell=(days.sold < before).cast("int64"), moved=before.notnull())
    goods = moves.filter(moves.moved).group_by("item_id").agg(fell=moves.fell.max())
    counted = goods.agg(fell=goods.fell.sum(), goods=goods.count()).to_pandas().iloc[0]
    if not counted["goods"]:
        return Estimate(math.nan, code="too_few_snapshots")
    return proportion_interval(float(counted["fell"]), float(counted["goods"]))


def listing_goods(lines: pd.DataFrame) -> Goods:
    """Distinct goods of a snapshot: repeats of paid and organic slots merged, placeholder prices set aside.

    Parameters
    ----------
    lines : DataFrame, one row per line of the listing, columns as in schema `listing`.

    Notes
    -----
    A good is its item id, else its shop and title (width, case and blanks folded). A repeated good keeps its first
    organic line and the largest number shown. A price range counts as its middle. An open range (`1000+`) is closed
    by the ladder's next step (`close_ladder`).
    """
    frame = lines.sort_values("position", kind="stable").reset_index(drop=True)
    price = (frame["price_low"].astype(float) + frame["price_high"].fillna(frame["price_low"]).astype(float)) / 2
    is_placeholder = _is_placeholder(price)
    is_paid = frame["is_paid_slot"].fillna(False).astype(bool)
    frame = frame.assign(price=price, is_paid=is_paid)[~is_placeholder]
    frame = frame.assign(good=_identity(frame)).sort_values(["is_paid", "position"], kind="stable")
    first = frame.drop_duplicates("good").set_index("good")
    grouped = frame.groupby("good", sort=False)
    first = first.assign(is_paid=grouped["is_paid"].all())
    ranked = frame.sort_values(["sold_low", "sold_high"], na_position="first", kind="stable")
    largest = ranked.drop_duplicates("good", keep="last").set_index("good")
    first = first.assign(sold_low=largest["sold_low"].astype(float), sold_high=largest["sold_high"].astype(float))
    goods = first.sort_values("position").reset_index(drop=True)
    high, open_top = close_ladder(goods["sold_low"].to_numpy(), goods["sold_high"].to_numpy())
    columns = ["title", "shop_name", "brand", "place", "price", "sold_low", "sold_high", "position", "is_paid"]
    shown = goods.assign(sold_high=high)[[*columns, "is_tmall", "freight", "comments"]]
    return Goods(
        frame=shown,
        lines=len(lines),
        repeats=int((~is_placeholder).sum()) - len(goods),
        placeholders=int(is_placeholder.sum()),
        paid_lines=int(is_paid.sum()),
        without_price=int(goods["price"].isna().sum()),
        without_sales=int(goods["sold_low"].isna().sum()),
        open_top=open_top,
    )


def _is_placeholder(price: pd.Series) -> pd.Series:
    """Prices nobody means: 0, 99,999 and above, and rows of one digit far above the median."""
    is_absurd = (price >= PLACEHOLDER_PRICE) | (price <= 0)
    middle = price[~is_absurd].median()
    digits = price.map(lambda value: bool(_PLACEHOLDER_DIGITS.fullmatch(f"{value:.0f}"))).astype(bool)
    return is_absurd | (digits & (price > _FAR_ABOVE * middle))


def _identity(frame: pd.DataFrame) -> pd.Series:
    """What makes two lines the same good."""

    def fold(value: object) -> str:
        return "" if pd.isna(value) else "".join(unicodedata.normalize("NFKC", str(value)).casefold().split())

    pairs = [f"{fold(shop)}\n{fold(title)}" for shop, title in zip(frame["shop_name"], frame["title"], strict=True)]
    by_name = pd.Series(pairs, index=frame.index)
    by_id = frame["item_id"].where(frame["item_id"].notna() & (frame["item_id"] != ""))
    same_item = by_name.map(by_id.groupby(by_name).first())  # one title of one shop keeps one id
    return ("id " + by_id.fillna(same_item)).fillna("name " + by_name)


def close_ladder(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, float]:
    """Close open ranges by the next step of the ladder that the snapshot shows.

    The next step is the next one seen, or one that must lie between: where three steps of a decade or more are seen,
    their common divisor (500 between 1,000, 1,500 and 3,000). That closes the highest range too, unless it holds more
    listings than the one before it (a last step, where the platform stops counting) or too few steps are seen.

    Returns
    -------
    `high` with NaN only where no step follows, and the low end that stays open (NaN where none).

    Examples
    --------
    >>> closed, top = close_ladder(np.array([47.0, 100.0, 200.0]), np.array([47.0, np.nan, np.nan]))
    >>> closed.tolist(), top
    ([47.0, 199.0, nan], 200.0)
    """
    is_open = ~np.isnan(low) & np.isnan(high)
    steps = np.unique(low[is_open])
    if not len(steps):
        return high.astype(float), math.nan
    decade = np.floor(np.log10(np.maximum(steps, 1)))
    stride = np.array([_stride(steps[decade == power]) for power in decade])
    sizes = np.array([(low[is_open] == step).sum() for step in steps[-2:]])
    is_last = len(sizes) < 2 or sizes[1] > sizes[0] or np.isinf(stride[-1])
    following = np.minimum(np.append(steps[1:], math.inf), steps + stride)
    following[-1] = math.nan if is_last else following[-1]
    closed = high.astype(float).copy()
    closed[is_open] = following[np.searchsorted(steps, low[is_open])] - 1
    return closed, float(steps[-1]) if is_last else math.nan


def _stride(steps: np.ndarray) -> float:
    """The common divisor of a decade's steps; infinite where under three are seen."""
    return float(np.gcd.reduce(steps.astype(np.int64))) if len(steps) >= 3 else math.inf


@dataclass(frozen=True)
class Size:
    """How large the snapshot is, in units shown (people) and money, and the usual shortcut beside it."""

    units: CensoredTotal
    money: CensoredTotal
    shown_units: float  # shown numbers simply added: biased low, since `1000+` is at least 1000
    shown_money: float


def market_size(goods: Goods, *, factor: float = 1.0, level: float = LEVEL) -> Size:
    """Units and money of the snapshot's goods.

    Parameters
    ----------
    factor : units per person × 30 ÷ days of the shown window; 1 takes the shown numbers as units of 30 days.
    """
    frame = goods.frame[goods.frame["sold_low"].notna()]
    priced = frame[frame["price"].notna()]
    units = censored_total(frame["sold_low"], frame["sold_high"], weights=np.full(len(frame), factor), level=level)
    money = censored_total(
        priced["sold_low"], priced["sold_high"], weights=priced["price"].to_numpy() * factor, level=level
    )
    return Size(
        units=units,
        money=money,
        shown_units=float(frame["sold_low"].sum()) * factor if len(frame) else math.nan,
        shown_money=float((priced["sold_low"] * priced["price"]).sum()) * factor if len(priced) else math.nan,
    )


def band_edges(prices: pd.Series, *, wanted: int = BANDS_WANTED) -> list[float]:
    """Edges between price bands at numbers that people name, near the quantiles of the goods.

    Examples
    --------
    >>> band_edges(pd.Series(np.geomspace(10, 300, 500)))
    [20.0, 30.0, 60.0, 100.0, 150.0]
    """
    known = prices[prices > 0]
    if known.nunique() < wanted:
        return []
    decades = range(math.floor(math.log10(known.min())), math.ceil(math.log10(known.max())) + 1)
    nice = np.array([step * 10.0**decade for decade in decades for step in _NICE])
    wished = np.quantile(known, [turn / wanted for turn in range(1, wanted)])
    chosen = {float(nice[np.abs(np.log(nice) - math.log(value)).argmin()]) for value in wished}
    return sorted(edge for edge in chosen if known.min() < edge < known.max())


@dataclass(frozen=True)
class Bands:
    """Price bands.

    `frame` has one row a band in order: `low`, `high` (NaN: open), `goods`, `shops`, `goods_share`, `units`, `money`,
    `money_low`, `money_high`, `money_share`, `money_share_low`, `money_share_high`, `ratio` (money share ÷ goods
    share) with `ratio_low`, `ratio_high`, `ratio_rest` (without the band's largest good), `own` (own goods in it).
    `own_share` is the own share of the money of the bands in which the shop sells; `draws` and `own_draws` (draw ×
    band) are the simulated money of all and of own goods.
    """

    frame: pd.DataFrame
    edges: tuple[float, ...]
    own_share: Estimate
    draws: np.ndarray = field(repr=False)
    own_draws: np.ndarray = field(repr=False)
    code: str | None = None


def price_bands(
    goods: Goods, *, edges: Sequence[float] = (), own_shop: str = "", factor: float = 1.0, level: float = LEVEL
) -> Bands:
    """Supply and demand by price band; `edges` empty: chosen from the data. Without any sales: supply only."""
    frame = goods.frame[goods.frame["price"].notna()]
    frame = frame[frame["sold_low"].notna()] if goods.has_sales else frame
    chosen = sorted(edges) or band_edges(frame["price"])
    band = np.searchsorted(chosen, frame["price"].to_numpy(), side="right")
    sold = frame if goods.has_sales else frame.head(0)
    model = fit_censored(sold["sold_low"], sold["sold_high"])
    count = len(chosen) + 1
    is_own = _is_own(frame["shop_name"], own_shop)
    bounds = [math.nan, *chosen, math.nan]
    rows = pd.DataFrame({"low": bounds[:-1], "high": bounds[1:]})
    listed = frame.assign(band=band, own=is_own)
    grouped = listed.groupby("band")
    every = range(count)
    rows = rows.assign(
        goods=grouped.size().reindex(every, fill_value=0).to_numpy(),
        shops=grouped["shop_name"].nunique().reindex(every, fill_value=0).to_numpy(),
        own=grouped["own"].sum().reindex(every, fill_value=0).to_numpy(),
    )
    rows["goods_share"] = rows["goods"] / max(len(frame), 1)
    if model.code:
        unknown = [
            "units",
            *(f"{name}{end}" for name in ("money", "money_share", "ratio") for end in ("", "_low", "_high")),
        ]
        return Bands(
            rows.assign(**dict.fromkeys(unknown, math.nan)),
            tuple(chosen),
            Estimate(math.nan, code=model.code),
            np.empty((0, count)),
            np.empty((0, count)),
            model.code,
        )
    weights = frame["price"].to_numpy() * factor
    draws = model.simulate(weights, band, count)
    units = model.simulate(np.full(len(frame), factor), band, count)
    shares = draws / draws.sum(axis=1, keepdims=True)
    rows["units"] = np.median(units, axis=0)
    for name, values in (("money", draws), ("money_share", shares)):
        rows[name], rows[f"{name}_low"], rows[f"{name}_high"] = _quantiles(values, level)
    supply = rows["goods_share"].where(rows["goods_share"] > 0)
    for end in ("", "_low", "_high"):
        rows[f"ratio{end}"] = rows[f"money_share{end}"] / supply
    rows["ratio_rest"] = _ratio_without_largest(model.expected * weights, band, rows)
    own_draws = model.simulate(weights, np.where(is_own, band, -1), count)
    return Bands(rows, tuple(chosen), _own_share(draws, own_draws, level), draws, own_draws)


def _ratio_without_largest(money: np.ndarray, band: np.ndarray, rows: pd.DataFrame) -> pd.Series:
    """Money share ÷ goods share of each band once its largest good is left out of band and market."""
    by_band = pd.Series(money).groupby(band)
    every = range(len(rows))
    rest = (by_band.sum() - by_band.max()).reindex(every, fill_value=0.0).to_numpy()
    largest = by_band.max().reindex(every, fill_value=0.0).to_numpy()
    goods = rows["goods"].to_numpy() - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (rest / (money.sum() - largest)) / (goods / max(len(money) - 1, 1))
    return pd.Series(np.where(goods > 0, ratio, math.nan), index=rows.index)


def _quantiles(draws: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    tail = (1 - level) / 2
    middle, low, high = np.quantile(draws, [0.5, tail, 1 - tail], axis=0)
    return middle, low, high


def _is_own(shops: pd.Series, own_shop: str) -> np.ndarray:
    return np.asarray(shops.fillna("") == own_shop) if own_shop else np.zeros(len(shops), bool)


def _own_share(draws: np.ndarray, own_draws: np.ndarray, level: float) -> Estimate:
    """Own money ÷ money of the bands in which the shop has goods."""
    sold_in = (own_draws > 0).any(axis=0)
    if not sold_in.any():
        return Estimate(math.nan, code="no_own_goods")
    return _estimate(own_draws.sum(axis=1) / draws[:, sold_in].sum(axis=1), level)


@dataclass(frozen=True)
class Concentration:
    """Who holds the money.

    `leaders` maps k to the share of the k largest shops; `hhi` is the sum of squared shares (0-1); `shops` has one row
    a shop, the `SHOPS_DRAWN` largest and the own one, largest first:
    `shop_name`, `goods`, `money`, `share`, `share_low`, `share_high`, `is_own`.
    """

    leaders: dict[int, Estimate]
    hhi: Estimate
    shops: pd.DataFrame
    code: str | None = None


def concentration(goods: Goods, *, own_shop: str = "", factor: float = 1.0, level: float = LEVEL) -> Concentration:
    """Shares of the 4, 8 and 20 largest shops (MS4). Goods without a shop name stand for one unnamed shop each."""
    frame = goods.frame[goods.frame["price"].notna() & goods.frame["sold_low"].notna()]
    model = fit_censored(frame["sold_low"], frame["sold_high"])
    columns = ["shop_name", "goods", "money", "share", "share_low", "share_high", "is_own"]
    if model.code:
        nothing = Estimate(math.nan, code=model.code)
        return Concentration(dict.fromkeys((4, 8, 20), nothing), nothing, pd.DataFrame(columns=columns), model.code)
    unnamed = "\n" + frame["position"].astype(str)  # cannot be a shop's name
    codes, names = pd.factorize(frame["shop_name"].where(frame["shop_name"].fillna("") != "", unnamed), sort=True)
    weights = frame["price"].to_numpy()
    expected = np.bincount(codes, model.expected * weights, len(names))
    drawn = np.argsort(-expected + np.where(_is_own(pd.Series(names), own_shop), -math.inf, 0.0), kind="stable")
    drawn = drawn[:SHOPS_DRAWN]
    place = np.full(len(names), len(drawn))
    place[drawn] = np.arange(len(drawn))
    money = model.simulate(weights, place[codes], len(drawn) + 1)
    total = money.sum(axis=1, keepdims=True)
    money, shares = money[:, :-1], money[:, :-1] / total
    small = np.delete(expected, drawn) / expected.sum()
    ordered = -np.sort(-shares, axis=1)
    leaders = {k: _estimate(ordered[:, :k].sum(axis=1), level) for k in (4, 8, 20)}
    middle, low, high = _quantiles(shares, level)
    shops = pd.DataFrame(
        {
            "shop_name": names[drawn],
            "goods": np.bincount(codes, minlength=len(names))[drawn],
            "money": np.median(money, axis=0) * factor,
            "share": middle,
            "share_low": low,
            "share_high": high,
            "is_own": _is_own(pd.Series(names[drawn]), own_shop),
        }
    )
    shops = shops[~shops["shop_name"].str.startswith("\n")].sort_values(["share", "shop_name"], ascending=[False, True])
    return Concentration(
        leaders,
        _estimate(np.square(shares).sum(axis=1) + np.square(small).sum(), level),
        shops.reset_index(drop=True)[columns],
    )


def _estimate(draws: np.ndarray, level: float) -> Estimate:
    middle, low, high = (float(end) for end in np.quantile(draws, [0.5, (1 - level) / 2, (1 + level) / 2]))
    return Estimate(middle, low, high)


@dataclass(frozen=True)
class PageOne:
    """The first organic goods against the own ones.

    `goods` are the rows compared (at most `PAGE_ONE`); `table` has one row a measure: `measure`, `median`, `best`
    (the better quartile), `mean` (MS9), `own` (best own good), `gap` (own − median). NaN where the listing lacks it.
    """

    goods: pd.DataFrame
    table: pd.DataFrame
    own: pd.DataFrame


def page_one(goods: Goods, *, own_shop: str = "", first: int = PAGE_ONE) -> PageOne:
    """What page one asks: price, shown sales (low ends), comments, share with free shipping and of Tmall shops."""
    frame = goods.frame[~goods.frame["is_paid"]].head(first)
    own = goods.frame[_is_own(goods.frame["shop_name"], own_shop)]
    free = frame["freight"].astype(float).where(frame["freight"].isna(), frame["freight"].astype(float) == 0)
    rows = []
    for measure, values, own_values in (
        ("price", frame["price"], own["price"]),
        ("sold", frame["sold_low"], own["sold_low"]),
        ("comments", frame["comments"].astype(float), own["comments"].astype(float)),
        ("free_shipping", free.astype(float), pd.Series(dtype=float)),
        ("tmall", frame["is_tmall"].astype(float), pd.Series(dtype=float)),
    ):
        if values.notna().any():
            best = float(own_values.max()) if own_values.notna().any() else math.nan
            middle = float(values.mean() if measure in ("free_shipping", "tmall") else values.median())
            rows.append((measure, middle, float(values.quantile(0.75)), float(values.mean()), best, best - middle))
    return PageOne(frame, pd.DataFrame(rows, columns=["measure", "median", "best", "mean", "own", "gap"]), own)
