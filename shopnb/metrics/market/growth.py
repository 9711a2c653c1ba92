"""What happened between two snapshots of one search: rolling or cumulative, growth, entry and exit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from shopnb.metrics.market.goods import Goods
from shopnb.metrics.market.size import LEVEL, estimate_of
from shopnb.stats import CensoredModel, Estimate, fit_censored, proportion_interval
from shopnb.stats.estimate import unknown

FALLS = 0.01  # share of matched goods that may show less than before (corrections) while numbers still count up
COVERAGE = 0.15  # by more than this the number of goods may not differ where totals are compared
MATCHED = 20  # goods in both snapshots from which the test is made


@dataclass(frozen=True)
class Growth:
    """One snapshot against the one before.

    Attributes
    ----------
    days : between the two.
    matched, entered, left : goods in both, only in the later, only in the earlier.
    falling : share of matched goods that show less than before, with its interval; `too_few_matched`.
    kind : `rolling` (numbers fall: a window of days), `cumulative` (they only rise: what was added is what was sold
        between) or `unknown`.
    growth : change of the total of all goods, a share; given where the numbers are rolling and both snapshots hold
        about as many goods (else `coverage_changed`: another number of pages is no growth).
    like_for_like : the same of the goods in both.
    sold_money, sold_units : sold between the snapshots by goods in both, per 30 days; given where cumulative.
    entered_share : share of the later money that new goods hold; `left_share`: of the earlier money that is gone.
    bands : one row a price band: `band`, `goods_before`, `goods_after`, `growth`, `growth_low`, `growth_high`.
    code : why there is nothing (`one_snapshot`, `same_day`, a model's code) or None.
    """

    days: int
    matched: int
    entered: int
    left: int
    falling: Estimate
    kind: str
    growth: Estimate
    like_for_like: Estimate
    sold_money: Estimate
    sold_units: Estimate
    entered_share: Estimate
    left_share: Estimate
    bands: pd.DataFrame
    code: str | None = None


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


def no_growth(code: str) -> Growth:
    """Nothing to compare, with the reason."""
    none = unknown(code)
    return Growth(0, 0, 0, 0, none, "unknown", none, none, none, none, none, none, pd.DataFrame(), code)


def growth_between(
    before: Goods,
    after: Goods,
    *,
    days: int,
    edges: Sequence[float] = (),
    factor: float = 1.0,
    units_per_buyer: float = 1.0,
    falling: Estimate | None = None,
    level: float = LEVEL,
) -> Growth:
    """Growth, entry and exit, or sales between the snapshots where the shown numbers prove to count up.

    Parameters
    ----------
    days : between the snapshots, >= 1.
    factor : as in `market_size`; `units_per_buyer` alone counts what was sold between.
    falling : share of goods that fell over all snapshots, where it is known (`falling_share`); it then decides.

    Notes
    -----
    A cumulative number never falls: with at least `MATCHED` goods in both, a share of falls whose whole interval lies
    above `FALLS` says rolling, one whose whole interval lies below says cumulative. A range falls when its high end
    is below the low end before. Growth of a cumulative number is not growth of a market and is not given.
    """
    first, last = _usable(before), _usable(after)
    models = fit_censored(first["sold_low"], first["sold_high"]), fit_censored(last["sold_low"], last["sold_high"])
    if code := models[0].code or models[1].code:
        return no_growth(code)
    places = pd.Series(np.arange(len(first)), index=first["good"])
    earlier = last["good"].map(places).to_numpy(float)
    both = ~np.isnan(earlier)
    partner = earlier[both].astype(int)
    if falling is None or not falling.is_known:
        falling = _falling(first.iloc[partner], last[both], level)
    kind = kind_of(falling)
    stayed = np.isin(np.arange(len(first)), partner)
    prices = first["price"].to_numpy(), last["price"].to_numpy()
    weights = prices[0] * factor, prices[1] * factor
    old = models[0].simulate(weights[0], stayed.astype(int), 2)
    new = models[1].simulate(weights[1], both.astype(int), 2)
    rolling = kind != "cumulative"
    same = abs(len(last) / len(first) - 1) <= COVERAGE
    silent = unknown("cumulative" if not rolling else "coverage_changed")
    total_old, total_new = old.sum(axis=1), new.sum(axis=1)
    sold_money, sold_units = unknown("not_cumulative"), unknown("not_cumulative")
    if not rolling:
        scale = units_per_buyer * 30 / days
        sold_money = _added(models, (stayed, both), partner, prices[1], scale, level)
        sold_units = _added(models, (stayed, both), partner, np.ones(len(last)), scale, level)
    return Growth(
        days=days,
        matched=int(both.sum()),
        entered=int((~both).sum()),
        left=int((~stayed).sum()),
        falling=falling,
        kind=kind,
        growth=estimate_of(total_new / total_old - 1, level) if rolling and same else silent,
        like_for_like=_ratio(new[:, 1], old[:, 1], level) if rolling else silent,
        sold_money=sold_money,
        sold_units=sold_units,
        entered_share=_ratio(new[:, 0], total_new, level, less=0.0),
        left_share=_ratio(old[:, 0], total_old, level, less=0.0),
        bands=_by_band(models, weights, prices, edges, level) if rolling and same else pd.DataFrame(),
    )


def _usable(goods: Goods) -> pd.DataFrame:
    frame = goods.frame
    return frame[frame["price"].notna() & frame["sold_low"].notna()].reset_index(drop=True)


def _falling(first: pd.DataFrame, last: pd.DataFrame, level: float) -> Estimate:
    if len(last) < MATCHED:
        return unknown("too_few_matched")
    high = last["sold_high"].fillna(math.inf).to_numpy()
    return proportion_interval(float((high < first["sold_low"].to_numpy()).sum()), float(len(last)), level=level)


def kind_of(falling: Estimate) -> str:
    """What a share of falls says of the shown numbers: `rolling`, `cumulative` or `unknown`."""
    if not falling.is_known:
        return "unknown"
    if falling.low > FALLS:
        return "rolling"
    return "cumulative" if falling.high < FALLS or falling.estimate == 0 else "unknown"


def _ratio(part: np.ndarray, whole: np.ndarray, level: float, *, less: float = 1.0) -> Estimate:
    if not (whole > 0).all():
        return unknown("zero_denominator")
    return estimate_of(part / whole - less, level)


def _added(
    models: tuple[CensoredModel, CensoredModel],
    members: tuple[np.ndarray, np.ndarray],
    partner: np.ndarray,
    price: np.ndarray,
    scale: float,
    level: float,
) -> Estimate:
    """What was added to cumulative numbers, at the later price. Never below 0."""
    stayed, both = members
    at = np.zeros(len(stayed))
    at[partner] = price[both]
    before = models[0].simulate(at, np.where(stayed, 0, -1), along=None)[:, 0]
    after = models[1].simulate(price, np.where(both, 0, -1))[:, 0]
    return estimate_of(np.maximum(after - before, 0.0) * scale, level)


def _by_band(
    models: tuple[CensoredModel, CensoredModel],
    weights: tuple[np.ndarray, np.ndarray],
    prices: tuple[np.ndarray, np.ndarray],
    edges: Sequence[float],
    level: float,
) -> pd.DataFrame:
    count = len(edges) + 1
    bands = [np.searchsorted(list(edges), price, side="right") for price in prices]
    old, new = (
        model.simulate(weight, band, count, along=price)
        for model, weight, band, price in zip(models, weights, bands, prices, strict=True)
    )
    rows = []
    for band in range(count):
        change = _ratio(new[:, band], old[:, band], level)
        goods = [int((where == band).sum()) for where in bands]
        rows.append((band, *goods, change.estimate, change.low, change.high))
    return pd.DataFrame(rows, columns=["band", "goods_before", "goods_after", "growth", "growth_low", "growth_high"])
