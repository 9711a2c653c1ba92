"""Price bands of a snapshot: where the money is and where the goods are (MS10)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from shopnb.metrics.market.goods import Goods
from shopnb.metrics.market.size import LEVEL, estimate_of, is_own, quantiles_of
from shopnb.stats import Estimate, fit_censored

BANDS_WANTED = 6
SEED = 20_260_104
_SAMPLES = 1000  # as many as a model's draws
_GROUPS = 1000  # of shops, where there are more
LEAST_OF_GOODS, MOST_OF_GOODS = 0.08, 0.35  # share of the goods in a band that is chosen from the data
_LEAST_GOODS = 10
_NICE = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)  # prices that people name, within a decade


def band_edges(prices: pd.Series, *, wanted: int = BANDS_WANTED) -> list[float]:
    """Edges between price bands: prices that people name, at which sellers begin to stand closer or further apart.

    On the log scale, the density of goods within a band is as even as it can be: the likelihood of a histogram with
    `wanted` bands, each with `LEAST_OF_GOODS` to `MOST_OF_GOODS` of the goods, is largest. Sales are not looked at, so
    the edges do not make money and goods differ. Fewer bands where the goods do not allow so many, none of fewer than
    ten goods a band.

    Examples
    --------
    >>> band_edges(pd.Series([10.0, 11, 12, 13, 14, 15, 16, 17, 18, 19] * 3 + [70.0, 75, 80, 85, 90] * 4))
    [12.0, 15.0, 20.0, 80.0]
    """
    known = np.sort(prices[prices > 0].to_numpy(float))
    for count in range(min(wanted, len(known) // _LEAST_GOODS), 1, -1):
        if edges := _even_bands(known, count):
            return edges
    return []


def _even_bands(prices: np.ndarray, count: int) -> list[float]:
    """The best edges for so many bands of ordered prices, by dynamic programming; empty where none fits."""
    low, high = np.quantile(prices, [0.01, 0.99])  # a stray price makes no band wide
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    nice = np.array([step * 10.0**decade for decade in decades for step in _NICE])
    nice = nice[(nice > low) & (nice < high)]
    below = np.concatenate([[0], np.searchsorted(prices, nice, side="left"), [len(prices)]])
    goods = np.subtract.outer(below, below).T.astype(float)  # from one mark to a later one
    logs = np.log(np.concatenate([[low], nice, [high]]))
    width = np.subtract.outer(logs, logs).T
    fits = (goods >= LEAST_OF_GOODS * len(prices)) & (goods <= MOST_OF_GOODS * len(prices)) & (width > 0)
    fit = np.where(fits, goods * np.log(np.where(fits, goods / np.where(fits, width, 1.0), 1.0)), -np.inf)
    best, came = fit[0], []
    for _ in range(count - 1):
        paths = best[:, None] + fit
        came.append(paths.argmax(axis=0))
        best = paths.max(axis=0)
    if not np.isfinite(best[-1]):
        return []
    place, edges = len(nice) + 1, []
    for step in reversed(came):
        place = int(step[place])
        edges.append(float(nice[place - 1]))
    return edges[::-1]


@dataclass(frozen=True)
class Bands:
    """Price bands.

    `frame` has one row a band in order: `low`, `high` (NaN: open), `goods`, `shops`, `goods_share`, `units`, `money`,
    `money_low`, `money_high`, `money_share`, `money_share_low`, `money_share_high`, `ratio` (money share ÷ goods
    share) with `ratio_low`, `ratio_high`, `ratio_rest` (without the band's largest good), `own` (own goods in it).
    Ranges of money and its share are those of the shown ranges: they are about these goods. That of the ratio holds,
    over and above, the chance of which shops are here: it is about where goods like these sell. `own_share` is the own
    share of the money of the bands in which the shop sells; `draws` and `own_draws` (draw × band) are the simulated
    money of all and of own goods, `ratio_draws` the ratio. `own_goods` has one row an own good with sales: `band`,
    `money` (expected), `share` (of its band's).
    """

    frame: pd.DataFrame
    edges: tuple[float, ...]
    own_share: Estimate
    draws: np.ndarray = field(repr=False)
    own_draws: np.ndarray = field(repr=False)
    ratio_draws: np.ndarray = field(repr=False)
    own_goods: pd.DataFrame
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
    own = is_own(frame["shop_name"], own_shop)
    bounds = [math.nan, *chosen, math.nan]
    rows = pd.DataFrame({"low": bounds[:-1], "high": bounds[1:]})
    listed = frame.assign(band=band, own=own)
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
            np.empty((0, count)),
            pd.DataFrame({"band": [], "money": [], "share": []}),
            model.code,
        )
    prices = frame["price"].to_numpy()
    weights = prices * factor
    draws = model.simulate(weights, band, count, along=prices)
    units = model.simulate(np.full(len(frame), factor), band, count, along=prices)
    shares = draws / draws.sum(axis=1, keepdims=True)
    rows["units"] = np.median(units, axis=0)
    for name, values in (("money", draws), ("money_share", shares)):
        rows[name], rows[f"{name}_low"], rows[f"{name}_high"] = quantiles_of(values, level)
    supply = rows["goods_share"].where(rows["goods_share"] > 0).to_numpy()
    rows["ratio"] = rows["money_share"] / supply
    sellers = pd.factorize(_sellers(frame))[0]
    ratios = shares / supply * _other_sellers(model.expected * weights, band, sellers, count)
    _, rows["ratio_low"], rows["ratio_high"] = quantiles_of(ratios, level)
    rows["ratio_rest"] = _ratio_without_largest(model.expected * weights, band, rows)
    own_draws = model.simulate(weights, np.where(own, band, -1), count, along=prices)
    money = model.expected * weights
    mine = pd.DataFrame({"band": band, "money": money, "share": money / np.bincount(band, money, count)[band]})
    mine = mine[own & (money > 0)].reset_index(drop=True)
    return Bands(rows, tuple(chosen), _own_share(draws, own_draws, level), draws, own_draws, ratios, mine)


def _sellers(frame: pd.DataFrame) -> pd.Series:
    """Who sells each good; a good without a shop is a seller of its own."""
    named = frame["shop_name"].fillna("").astype(str)
    return named.where(named != "", "\n" + frame["position"].astype(str))  # cannot be a shop's name


def _other_sellers(money: np.ndarray, band: np.ndarray, sellers: np.ndarray, count: int) -> np.ndarray:
    """How the ratio of each band would differ with other shops of the same kind in the list: a factor, draw × band.

    Bayesian bootstrap of shops with all their goods (Rubin 1981); of very many shops, of `_GROUPS` groups of them. A
    band that lives on one hit has a wide range, whatever it shows.
    """
    place = sellers % _GROUPS * count + band
    shape = (min(int(sellers.max()) + 1, _GROUPS), count)
    length = shape[0] * count
    goods, sold = (np.bincount(place, each, length).reshape(shape) for each in (np.ones(len(money)), money))
    weight = np.random.default_rng(SEED).exponential(size=(_SAMPLES, shape[0]))
    drawn, listed = weight @ sold, weight @ goods
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = drawn / drawn.sum(axis=1, keepdims=True) / (listed / listed.sum(axis=1, keepdims=True))
        seen = sold.sum(axis=0) / sold.sum() / (goods.sum(axis=0) / goods.sum())
        return np.where(seen > 0, ratio / seen, 1.0)


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


def _own_share(draws: np.ndarray, own_draws: np.ndarray, level: float) -> Estimate:
    """Own money ÷ money of the bands in which the shop has goods."""
    sold_in = (own_draws > 0).any(axis=0)
    if not sold_in.any():
        return Estimate(math.nan, code="no_own_goods")
    return estimate_of(own_draws.sum(axis=1) / draws[:, sold_in].sum(axis=1), level)
