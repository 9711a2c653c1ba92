"""Free search over time: its visitors in periods of one length, and its share of thirty days (TR11, TR12, TR14).

Belongs here: what needs more exports than the pair of the page. Words are `words`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ibis
import pandas as pd

from shopnb.metrics import traffic
from shopnb.metrics.periods import Period
from shopnb.metrics.traffic import LEVELS, Slice

MONTH_DAYS = (28, 31)
OLD_RULE_SHARE = 0.40  # "below it there is room": seed no. 003, older than recommendation traffic; never judged by


def search_history(
    traffic_period: ibis.Table,
    now: Slice,
    name_rows: Callable[[pd.DataFrame], pd.DataFrame],
    days: pd.DataFrame,
    *,
    wanted: int = 13,
) -> pd.DataFrame:
    """Free-search visitors of periods of the same length, under the same rule, up to this one.

    Parameters
    ----------
    name_rows : adds `group` to rows of one export (`sources.named`). days : the daily report, for the shop's visitors.

    Returns
    -------
    DataFrame, one row per period, in order: `start_on`, `end_on`, `search_visitors`, `paid_visitors`, `visitors` (sum
    over sources), `shop_visitors` (as `traffic.reach` knows them, NaN where it does not).
    """
    columns = ["start_on", "end_on", "search_visitors", "paid_visitors", "visitors", "shop_visitors"]
    period = now.period
    if period is None:
        return pd.DataFrame(columns=columns)
    every = [period.before(periods=turn) for turn in range(wanted - 1, -1, -1)]
    rows = traffic_period.select("start_on", "end_on", "rule", *LEVELS, "visitors")
    same = rows.filter(rows.rule.fill_null("") == now.rule, rows.end_on.isin([one.end for one in every])).to_pandas()
    same[list(LEVELS)] = same[list(LEVELS)].fillna("").astype(str)
    same["visitors"] = same["visitors"].astype(float)
    starts, ends = (pd.to_datetime(same[name]).dt.date for name in ("start_on", "end_on"))
    found = []
    for one in every:
        whole = same[(starts == one.start) & (ends == one.end)]
        inside = whole[whole[LEVELS[0]] != ""]
        if len(inside):
            grouped = name_rows(inside).groupby("group")["visitors"].sum()
            reach = traffic.reach(one, traffic.shop_visitors(whole), days)
            parts = [float(grouped.get(name, 0.0)) for name in ("free_search", "paid")]
            found.append((one.start, one.end, *parts, float(inside["visitors"].sum()), reach.base))
    return pd.DataFrame(found, columns=columns)


@dataclass(frozen=True)
class MonthSearch:
    """Free search over about thirty days: `share` of the shop's visitors, counted as `kind` of `traffic.Reach` says."""

    period: Period
    share: float
    kind: str


def month_search(
    traffic_period: ibis.Table,
    found: Sequence[Slice],
    now: Slice,
    name_rows: Callable[[pd.DataFrame], pd.DataFrame],
    days: pd.DataFrame,
) -> MonthSearch | None:
    """The newest export of 28 to 31 days under the page's rule that ends with its period or within a week before it.

    Parameters
    ----------
    found : all exports (`traffic.slices`). now : the page's own. days : the daily report, for the shop's visitors.

    Returns
    -------
    None without such an export, without free search in it or without the shop's visitors of those days.
    """
    if now.period is None:
        return None
    least, most = MONTH_DAYS
    fits = [
        one
        for one in found
        if one.rule == now.rule
        and one.period is not None
        and least <= one.period.days <= most
        and 0 <= (now.period.end - one.period.end).days < 7
    ]
    if not fits:
        return None
    chosen = max(fits, key=lambda one: (one.period.end, one.period.days) if one.period else ())
    rows = traffic.source_rows(traffic_period, chosen)
    reach = traffic.reach(chosen.period, traffic.shop_visitors(rows), days)
    named = name_rows(rows[rows[LEVELS[0]] != ""])
    search = named.loc[named["group"] == "free_search", "visitors"]
    if search.empty or math.isnan(reach.base) or not reach.base or chosen.period is None:
        return None
    return MonthSearch(chosen.period, float(search.sum()) / reach.base, reach.kind)
