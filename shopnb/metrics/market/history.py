"""One search over its snapshots: what a card's small line and the chart of several days show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import ibis
import numpy as np
import pandas as pd

from shopnb.metrics.market.goods import Goods, lines_of, listing_goods
from shopnb.metrics.market.growth import COVERAGE
from shopnb.metrics.market.page_one import page_one
from shopnb.metrics.market.size import concentration, market_size

SNAPSHOTS = 8  # at most, spread over all of them


def history_of(
    listing: ibis.Table, query: str, days: Sequence[dt.date], newest: Goods, *, factor: float = 1.0
) -> pd.DataFrame:
    """The size of each snapshot up to the newest.

    Parameters
    ----------
    days : days of the snapshots; the last one is that of `newest`.

    Returns
    -------
    DataFrame, one row a snapshot in order of days, at most `SNAPSHOTS`
        `day`, `goods`, `money`, `money_low`, `money_high`, `units`, `cr4`, `page_one_sold` (median); NaN where the
        snapshot does not tell. `is_alike`: it holds about as many goods as the newest, so sizes can be compared.
    """
    ordered = sorted(set(days))
    places = np.unique(np.linspace(0, len(ordered) - 1, min(SNAPSHOTS, len(ordered))).round().astype(int))
    rows = []
    for day in [ordered[place] for place in places]:
        goods = newest if day == ordered[-1] else listing_goods(lines_of(listing, query, day))
        size, first = market_size(goods, factor=factor), page_one(goods).table.set_index("measure")["median"]
        money, four = size.money, concentration(goods, factor=factor).leaders[4]
        rows.append(
            (day, len(goods.frame), money.estimate, money.low, money.high, size.units.estimate, four.estimate,
             float(first.get("sold", np.nan)))
        )  # fmt: skip
    names = ["day", "goods", "money", "money_low", "money_high", "units", "cr4", "page_one_sold"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(is_alike=(frame["goods"] / max(len(newest.frame), 1) - 1).abs() <= COVERAGE)
