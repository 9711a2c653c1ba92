"""Trade indices and search popularity: never added; turned into amounts only by own pairs; the shape of a year."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import ibis
import pandas as pd

from shopnb.stats import IndexCurve, Season, fit_index_curve, season_of
from shopnb.stats.estimate import unknown

CHANCE = 0.01  # p value of equal months above which no season is claimed
PEAK = 1.15  # month index from which a month is called a peak
_INDICES = ("trade_index", "search_popularity", "traffic_index", "customer_index")


@dataclass(frozen=True)
class Amounts:
    """Amounts behind the trade indices of the newest period.

    `frame` has one row an entity: `entity`, `level`, `index`, `amount`, `amount_low`, `amount_high`, `code`; largest
    index first. `pairs` are the own pairs (`start_on`, `end_on`, `index`, `amount`). `curve.code` says why there is
    no amount: `too_few_pairs`, `not_monotone`.
    """

    frame: pd.DataFrame
    pairs: pd.DataFrame
    curve: IndexCurve


def own_pairs(market_index: ibis.Table, shop_daily: ibis.Table | None, own_shop: str) -> pd.DataFrame:
    """Own (trade index, payment) pairs: shop rows of the own shop beside the payment of the same days.

    A period counts only where every day of it is in the daily table.
    """
    columns = ["start_on", "end_on", "index", "amount"]
    if shop_daily is None or not own_shop:
        return pd.DataFrame(columns=columns)
    own = market_index.filter(
        market_index.level == "shop",
        (market_index.entity == own_shop) | (market_index.shop_name == own_shop),
        market_index.trade_index_low == market_index.trade_index_high,
    )
    rows = own.select("start_on", "end_on", index=own.trade_index_low).distinct().to_pandas().dropna()
    days = shop_daily.select("day", "paid_amount").to_pandas().dropna()
    paid = pd.Series(days["paid_amount"].to_numpy(float), index=pd.to_datetime(days["day"])).sort_index()
    amounts = []
    for start, end in zip(pd.to_datetime(rows["start_on"]), pd.to_datetime(rows["end_on"]), strict=True):
        inside = paid.loc[start:end]
        amounts.append(float(inside.sum()) if len(inside) == (end - start).days + 1 else math.nan)
    return rows.assign(amount=amounts).dropna()[columns].sort_values(["start_on", "end_on"]).reset_index(drop=True)


def index_amounts(market_index: ibis.Table, pairs: pd.DataFrame, *, level: float = 0.9, most: int = 10) -> Amounts:
    """Amounts behind the newest period's trade indices, for periods as long as those of the pairs.

    An index of a day and one of a week are on different amounts, so pairs of another length are left out.
    """
    rows = market_index.filter(market_index.trade_index_low.notnull())
    shown = rows.select("start_on", "end_on", "level", "category", "entity", "trade_index_low", "trade_index_high")
    frame = shown.to_pandas()
    columns = ["entity", "level", "index", "amount", "amount_low", "amount_high", "code"]
    if frame.empty:
        return Amounts(pd.DataFrame(columns=columns), pairs, fit_index_curve([], []))
    frame = frame[frame["end_on"] == frame["end_on"].max()]
    length = _days(frame).max()
    frame = frame[_days(frame) == length]
    alike = pairs[_days(pairs) == length] if len(pairs) else pairs
    curve = fit_index_curve(alike["index"].tolist(), alike["amount"].tolist())
    frame = frame.assign(index=frame[["trade_index_low", "trade_index_high"]].mean(axis=1))
    frame = frame.sort_values("index", ascending=False).head(most)
    found = [
        curve.amounts([row.trade_index_low], level=level)[0]
        if row.trade_index_low == row.trade_index_high
        else unknown(curve.code or "shown_as_range")
        for row in frame.itertuples()
    ]
    named = frame["entity"].where(frame["entity"].fillna("") != "", frame["category"])
    table = pd.DataFrame(
        {
            "entity": named.to_numpy(),
            "level": frame["level"].to_numpy(),
            "index": frame["index"].to_numpy(),
            "amount": [one.estimate for one in found],
            "amount_low": [one.low for one in found],
            "amount_high": [one.high for one in found],
            "code": [one.code for one in found],
        }
    )
    return Amounts(table, alike, curve)


def _days(frame: pd.DataFrame) -> pd.Series:
    return (pd.to_datetime(frame["end_on"]) - pd.to_datetime(frame["start_on"])).dt.days + 1


@dataclass(frozen=True)
class Year:
    """The shape of a year and when to order for its peak.

    `source` names the index, `entity` whose it is. `peak` is the month (1-12) with the highest index, `rises_from`
    the first month of the run of peak months; `order_by`, `list_by` and `warm_up_by` the days for the next such month
    after `today`; None where no season holds. `late_days`: the order day of the coming season has passed by so many
    days, but what is ordered today still arrives before it; later, the days are those of the year after.
    """

    season: Season
    source: str
    entity: str
    months: int
    peak: int | None = None
    rises_from: int | None = None
    order_by: dt.date | None = None
    list_by: dt.date | None = None
    warm_up_by: dt.date | None = None
    late_days: int = 0


def year_of(
    market_index: ibis.Table | None, *, today: dt.date | None, lead_days: int, list_days: int = 45, warm_days: int = 14
) -> Year:
    """Season of the category index with the longest series, and the days to order, list and warm up.

    Parameters
    ----------
    lead_days : from ordering stock to having it on sale.
    list_days, warm_days : how long before the peak a good is to be listed and to be warmed up.

    Notes
    -----
    A month's value is the mean of its index, not a sum. A peak is claimed only where months differ beyond chance and
    the highest stands above `PEAK`.
    """
    series = _longest(market_index) if market_index is not None else None
    if series is None:
        return Year(season_of(pd.Series(dtype=float, index=pd.PeriodIndex([], freq="M"))), "", "", 0)
    values, source, entity = series
    season = season_of(values)
    is_chance = season.p_value > CHANCE  # NaN: under two years nothing tells
    if season.code or is_chance or season.frame["index"].max() < PEAK:
        return Year(season, source, entity, len(values))
    index = dict(zip(season.frame["month"].astype(int), season.frame["index"], strict=True))
    peak = max(index, key=lambda month: index[month])
    first = peak
    while index.get((first - 2) % 12 + 1, 0.0) >= PEAK and (first - 2) % 12 + 1 != peak:
        first = (first - 2) % 12 + 1
    if today is None:
        return Year(season, source, entity, len(values), peak, first)
    start = dt.date(today.year, first, 1)
    while start - dt.timedelta(days=lead_days) < today:
        start = dt.date(start.year + 1, first, 1)
    listed = start - dt.timedelta(days=list_days)
    ordered, warmed = listed - dt.timedelta(days=lead_days), start - dt.timedelta(days=warm_days)
    late = max((today - ordered).days, 0)
    return Year(season, source, entity, len(values), peak, first, ordered, listed, warmed, late)


def _longest(market_index: ibis.Table) -> tuple[pd.Series, str, str] | None:
    """The category index seen in most months: monthly means, its name, the category."""
    rows = market_index.filter(market_index.level == "category", market_index.end_on.notnull())
    columns = [f"{name}_{end}" for name in _INDICES for end in ("low", "high")]
    frame = rows.select("end_on", "category", *columns).to_pandas()
    best: tuple[pd.Series, str, str] | None = None
    for (category,), part in frame.groupby(["category"], dropna=False):
        month = pd.PeriodIndex(pd.to_datetime(part["end_on"]), freq="M")
        for name in _INDICES:
            value = part[[f"{name}_low", f"{name}_high"]].astype(float).mean(axis=1)
            monthly = pd.Series(value.to_numpy(), index=month).dropna().groupby(level=0).mean()
            if len(monthly) and (best is None or len(monthly) > len(best[0])):
                best = (monthly, name, "" if pd.isna(category) else str(category))
    return best
