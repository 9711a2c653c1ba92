"""The rivals that somebody noted: comparable or not, prices and their moves (MS6, MS7, MS8)."""

from __future__ import annotations

import math

import pandas as pd

NOT_COMPARABLE = ("网红", "达人", "清仓", "直播")  # another way of doing business: look, do not measure by it


def rival_table(competitors: pd.DataFrame, own_prices: dict[str, float]) -> pd.DataFrame:
    """The newest note of each rival, comparable ones first, by price.

    Parameters
    ----------
    competitors : DataFrame, columns as in schema `competitors`.
    own_prices : own item id to its price.

    Returns
    -------
    DataFrame, one row a rival
        the noted columns, `price` (final, else list price), `price_before` (first note of an earlier day, NaN),
        `is_comparable` (bool), `why_not` (`said`, `kind_of_shop` or ""), `own_price` (NaN where unknown), `gap`
        (price ÷ own price − 1), `notes` (days noted).
    """
    noted = competitors.dropna(subset=["rival_id"]).sort_values(["rival_id", "noted_on"], na_position="first")
    price = noted["final_price"].astype(float).fillna(noted["list_price"].astype(float))
    noted = noted.assign(price=price)
    grouped = noted.groupby("rival_id", sort=False)
    last = noted.drop_duplicates("rival_id", keep="last").set_index("rival_id")
    days = grouped["noted_on"].nunique()
    first = noted.dropna(subset=["price"]).drop_duplicates("rival_id").set_index("rival_id")["price"]
    kind = last["shop_type"].fillna("").astype(str)
    said = last["comparable"].fillna("").astype(str).str.strip().str[:1].isin(["否", "不", "n", "N"])
    other = kind.str.contains("|".join(NOT_COMPARABLE))
    own = last["own_item_id"].map(own_prices).astype(float)
    last = last.assign(
        notes=days.reindex(last.index).astype(int),
        price_before=first.reindex(last.index).where(days.reindex(last.index) > 1),
        is_comparable=~(said | other),
        why_not=["said" if a else "kind_of_shop" if b else "" for a, b in zip(said, other, strict=True)],
        own_price=own,
        gap=last["price"] / own.where(own > 0, math.nan) - 1,
    )
    return last.reset_index().sort_values(["is_comparable", "price"], ascending=[False, True]).reset_index(drop=True)
