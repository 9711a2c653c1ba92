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
_NICE = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)  # steps of a price that people name, within a decade


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
    supply = rows["goods_share"].where(rows["goods_share"] > 0)
    for end in ("", "_low", "_high"):
        rows[f"ratio{end}"] = rows[f"money_share{end}"] / supply
    rows["ratio_rest"] = _ratio_without_largest(model.expected * weights, band, rows)
    own_draws = model.simulate(weights, np.where(own, band, -1), count, along=prices)
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


def _own_share(draws: np.ndarray, own_draws: np.ndarray, level: float) -> Estimate:
    """Own money ÷ money of the bands in which the shop has goods."""
    sold_in = (own_draws > 0).any(axis=0)
    if not sold_in.any():
        return Estimate(math.nan, code="no_own_goods")
    return estimate_of(own_draws.sum(axis=1) / draws[:, sold_in].sum(axis=1), level)
