"""What peers of the same tier reach (同行同层平均, 优秀), as somebody copied it by hand from the back office.

Belongs here: which typed line holds for a metric and a period. Peers' figures are taken without a range of ours.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import pandas as pd

STALE_DAYS = 60  # older than this before the end of the period: not used (pages.md 4.2)
AMOUNTS = ("访客数", "浏览量", "展现次数", "支付金额", "支付买家数")  # hold for a period of their own length only


@dataclass(frozen=True)
class Peer:
    """One metric of the peers: mean and best, NaN where unknown; `noted_on` is None without a line."""

    mean: float = math.nan
    best: float = math.nan
    noted_on: dt.date | None = None

    @property
    def known(self) -> bool:
        """Whether there is a mean to compare with."""
        return not math.isnan(self.mean)


@dataclass(frozen=True)
class Standing:
    """Tier of the shop and rank in its trade as copied (FN17), "" where not written, and the day of the copy."""

    tier: str
    rank: str
    noted_on: dt.date


def standing(typed: pd.DataFrame, end: dt.date) -> Standing | None:
    """The newest line with a tier or a rank; None where there is none within `STALE_DAYS` of `end`."""
    written = typed[["tier", "rank"]]
    lines = typed[typed["noted_on"].notna() & (written.notna() & written.ne("")).any(axis=1)]
    if lines.empty:
        return None
    newest = lines.sort_values("noted_on", kind="stable").iloc[-1]
    noted = pd.Timestamp(newest["noted_on"]).date()
    if abs((end - noted).days) > STALE_DAYS:
        return None
    tier, rank = ("" if pd.isna(newest[name]) else str(newest[name]) for name in ("tier", "rank"))
    return Standing(tier, rank, noted)


@dataclass(frozen=True)
class Copied:
    """A metric that the shop's own files do not hold: own and peers' values as copied, NaN where not written."""

    metric: str
    own: float
    mean: float
    best: float
    noted_on: dt.date


def copied(typed: pd.DataFrame, end: dt.date) -> list[Copied]:
    """The newest line of each metric that was copied with the shop's own value within `STALE_DAYS`, by name."""
    lines = typed[typed["noted_on"].notna() & typed["metric"].notna() & typed["own"].notna()]
    newest = lines.sort_values("noted_on", kind="stable").groupby("metric", sort=True).tail(1).sort_values("metric")
    found = [
        Copied(str(one.metric), float(one.own), float(one.peer_mean), float(one.peer_best),
               pd.Timestamp(one.noted_on).date())
        for one in newest.itertuples()
    ]  # fmt: skip
    return [one for one in found if abs((end - one.noted_on).days) <= STALE_DAYS]


def peer(typed: pd.DataFrame, metric: str, *, end: dt.date, days: int) -> Peer:
    """The newest line of a metric that holds for a period.

    Parameters
    ----------
    typed : DataFrame, one row per metric and day noted (schema `peers`); may be empty.
    metric : the platform's own name, 支付转化率.
    end, days : last day and length of the period. A number of people or an amount holds for a period of the same length
        only; a rate holds for any.

    Returns
    -------
    Unknown where no line is within `STALE_DAYS` of `end`, or where lengths differ.
    """
    lines = typed[(typed["metric"] == metric) & typed["peer_mean"].notna() & typed["noted_on"].notna()]
    if lines.empty:
        return Peer()
    newest = lines.sort_values("noted_on", kind="stable").iloc[-1]
    noted = pd.Timestamp(newest["noted_on"]).date()
    if abs((end - noted).days) > STALE_DAYS:
        return Peer()
    if metric in AMOUNTS:
        covers = pd.notna(newest["start_on"]) and pd.notna(newest["end_on"])
        length = (pd.Timestamp(newest["end_on"]) - pd.Timestamp(newest["start_on"])).days + 1 if covers else 0
        if length != days:
            return Peer()
    return Peer(float(newest["peer_mean"]), float(newest["peer_best"]), noted)
