"""Words by which people came (TR13): which bring buyers, and how many words without a sale chance alone would give.

Belongs here: the search words of one export. What the shop bids on is the ads' own report.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
from scipy import special

from shopnb.metrics.periods import Period
from shopnb.stats import holm, proportion_interval

LEAST_VISITORS = 50  # a word without a sale is not bad below so many visitors (pages.md 2.3)
LEVEL = 0.90


@dataclass(frozen=True)
class Words:
    """The words of an export, largest first.

    `frame` : word, visitors, cart_users, payers, paid_amount, rate, low, high, expected (payers at the mean of all
    words), p_value (of so few payers or fewer), verdict (change, keep, again). `silent` words have no buyer; from
    chance alone, if all words converted alike, there would be `silent_expected`, between `silent_low` and `silent_high`
    (90 %).
    """

    period: Period | None
    frame: pd.DataFrame
    mean: float
    silent: int
    silent_expected: float
    silent_low: float
    silent_high: float

    @property
    def too_many_silent(self) -> bool:
        """Whether more words sell nothing than chance explains."""
        return self.silent > self.silent_high


def entry_words(traffic_detail: ibis.Table, period: Period | None) -> Words | None:
    """The words of the newest export that ends with the period or within a week before it.

    Parameters
    ----------
    traffic_detail : Table of schema `traffic_detail`; the shop's words are read, else those of its items together.
    period : of the page, None where it has no days: then the newest export of all.

    Returns
    -------
    None without words. Payers come from the file, else visitors × printed conversion rounded to whole people. Chance: a
    word of n visitors stays silent with (1 - mean)^n; their sum has the variance of independent words.
    """
    rows = _newest(traffic_detail, period)
    if rows.empty:
        return None
    payers = rows["payers"].fillna((rows["visitors"] * rows["payment_conversion"]).round())
    frame = rows.assign(payers=payers)[rows["visitors"].gt(0) & payers.notna() & (payers <= rows["visitors"])]
    whole = float(frame["visitors"].sum())
    if not whole or not frame["payers"].sum():
        return None
    mean = float(frame["payers"].sum()) / whole
    ranges = [proportion_interval(row.payers, row.visitors, level=LEVEL) for row in frame.itertuples()]
    frame = frame.assign(
        rate=frame["payers"] / frame["visitors"],
        low=[one.low for one in ranges],
        high=[one.high for one in ranges],
        expected=frame["visitors"] * mean,
        p_value=special.bdtr(frame["payers"], frame["visitors"].astype(int), mean),
    )
    silent_chance = (1 - mean) ** frame["visitors"]
    spread = 1.645 * math.sqrt(float((silent_chance * (1 - silent_chance)).sum()))
    expected = float(silent_chance.sum())
    dates = [
        pd.Timestamp(frame[name].iloc[0]).date() if pd.notna(frame[name].iloc[0]) else None
        for name in ("start_on", "end_on")
    ]
    shown = frame.assign(verdict=_verdicts(frame, mean)).sort_values(["visitors", "word"], ascending=[False, True])
    return Words(
        Period(dates[0], dates[1]) if dates[0] and dates[1] else None,
        shown.reset_index(drop=True),
        mean,
        int((frame["payers"] == 0).sum()),
        expected,
        max(0.0, expected - spread),
        expected + spread,
    )


def _newest(traffic_detail: ibis.Table, period: Period | None) -> pd.DataFrame:
    """One row per word of the newest export that fits."""
    names = ("visitors", "cart_users", "payers", "payment_conversion", "paid_amount")
    worded = traffic_detail.filter(traffic_detail.level.isin(["shop_word", "item_word"]), traffic_detail.word.notnull())  # noqa: PD004
    rows = worded.select("start_on", "end_on", "level", "word", *names).to_pandas()
    if rows.empty:
        return rows
    rows[list(names)] = rows[list(names)].astype(float)
    ends = pd.to_datetime(rows["end_on"]).dt.date
    if period is not None:
        rows = rows[(ends <= period.end) & (ends > period.end - dt.timedelta(days=7))]
    if rows.empty:
        return rows
    level = "shop_word" if (rows["level"] == "shop_word").any() else "item_word"
    rows = rows[rows["level"] == level]
    rows = rows[rows["end_on"] == rows["end_on"].max()] if rows["end_on"].notna().any() else rows
    rows = rows[rows["start_on"] == rows["start_on"].max()] if rows["start_on"].notna().any() else rows
    keys = ["start_on", "end_on", "word"]
    summed = rows.groupby(keys, dropna=False)[["visitors", "cart_users", "payers", "paid_amount"]].sum(min_count=1)
    rates = rows.groupby(keys, dropna=False)["payment_conversion"].max()
    return summed.join(rates).reset_index()


def _verdicts(frame: pd.DataFrame, mean: float) -> list[str]:
    """change: far fewer buyers than chance allows among so many words; keep: its range lies above the mean; again."""
    tested = frame["p_value"].where(frame["visitors"] >= LEAST_VISITORS)
    wrong = holm(tested.tolist(), level=LEVEL)
    return [
        "change" if bad else "keep" if low > mean else "again" for bad, low in zip(wrong, frame["low"], strict=True)
    ]


def silent_share(words: Words) -> float:
    """Share of visitors who came by words without a buyer."""
    frame = words.frame
    return float(frame.loc[frame["payers"] == 0, "visitors"].sum() / np.sum(frame["visitors"]))
