"""Which tests the tables hold, and what each version got a day: read once, as a small frame, whatever the file was.

Belongs here: finding the tests of an own table, of a creative report and of a table with one row a user; rows that
cannot be true are set aside with a reason. Comparing versions is the matter of `metrics.listing_ab`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import ibis
import pandas as pd

from shopnb.memory import remembered
from shopnb.metrics.aggregate import aggregate
from shopnb.schema import TABLES

COUNTS = ("impressions", "clicks", "carts", "payers", "cost", "deal_amount", "favourites", "refunds")
SOURCES = ("ab_daily", "ad_daily", "ab_users")
CAPPED = 0.99
_OWN = ("impressions", "clicks", "carts", "payers", "cost", "refunds")
_AD = {"impressions": "impressions", "clicks": "clicks", "carts": "carts", "deal_orders": "payers", "cost": "cost",
       "deal_amount": "deal_amount", "favourites": "favourites"}  # fmt: skip
_ALL_DEVICES = ("", "全部", "全部终端", "所有终端", "整体", "合计", "不限", "all", "total")
_EQUAL, _OPTIMISED = ("轮播", "均匀", "平均", "随机", "equal", "even", "random"), ("优选", "智能", "optimi")


@dataclass(frozen=True)
class ListingTest:
    """One test as found: its name, where it stands, how many versions, over which days, and how large.

    `trials` are impressions, or users; `key` finds its rows again. Undated tests have no `first`, `last`.
    """

    name: str
    source: str  # one of SOURCES
    versions: int
    trials: float
    first: dt.date | None = None
    last: dt.date | None = None
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counts:
    """The rows of one test.

    `daily`: one row per day and version, sorted: `day` (date, None throughout where the table has no days), `variant`
    and the columns of `COUNTS` (floats, NaN where the file has none). `refused`: reason → (day, variant) pairs that
    were left out: `no_day` (where others have one), `negative`, `more_clicks_than_impressions`, `no_impressions`.
    `rotation`: equal, optimised or "" (unknown). `item_ids`: items the test is about. `devices`: the same as `daily`
    with `device`, one row per day, version and device, for rows that name one.
    """

    test: ListingTest
    daily: pd.DataFrame
    rotation: str = ""
    item_ids: tuple[str, ...] = ()
    refused: dict[str, list[tuple[dt.date | None, str]]] = field(default_factory=dict)
    devices: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def dated(self) -> bool:
        """Whether the rows have days."""
        return bool(self.daily["day"].notna().any())


def list_tests(tables: Mapping[str, ibis.Table]) -> list[ListingTest]:
    """All tests of the tables given, the one that ended last first, then the larger, then by name.

    Parameters
    ----------
    tables : canonical name (`ab_daily`, `ad_daily`, `ab_users`) to Ibis table; those that the shop has.

    Notes
    -----
    A creative report is a test per plan and item with at least two creatives that were shown; reports of plans, scenes
    and items are no tests.
    """
    found = []
    for source, read in (("ab_daily", _own_tests), ("ad_daily", _ad_tests), ("ab_users", _user_tests)):
        if source in tables:
            found += read(tables[source])
    return sorted(found, key=_newest_first)


def _newest_first(test: ListingTest) -> tuple[int, float, int, str]:
    return -(test.last or dt.date.min).toordinal(), -test.trials, SOURCES.index(test.source), test.name


def _own_tests(table: ibis.Table) -> list[ListingTest]:
    grouped = table.group_by("test").aggregate(
        versions=table.variant.nunique(), trials=table.impressions.sum(), first=table.day.min(), last=table.day.max()
    )
    return [
        ListingTest(
            row.test, "ab_daily", row.versions, _known(row.trials), _day(row.first), _day(row.last), key=(row.test,)
        )
        for row in grouped.order_by("test").to_pandas().itertuples()
    ]


def _creatives(table: ibis.Table) -> ibis.Table:
    """Creative rows with never-null names of plan, item and creative."""
    rows = table.filter(table.level == "creative")
    return rows.mutate(
        _plan=ibis.coalesce(rows.plan, rows.plan_id, rows.scene, ibis.literal("")),
        _item=ibis.coalesce(rows.item_id, ibis.literal("")),
        _creative=ibis.coalesce(rows.creative_id, rows.creative, ibis.literal("")),
    )


def _ad_tests(table: ibis.Table) -> list[ListingTest]:
    rows = _creatives(table)
    shown = rows.filter(rows.impressions > 0)
    grouped = shown.group_by(["_plan", "_item"]).aggregate(
        versions=shown._creative.nunique(),
        trials=shown.impressions.sum(),
        title=shown.item_title.max(),
        first=shown.day.min(),
        last=shown.day.max(),
    )
    frame = grouped.order_by(["_plan", "_item"]).to_pandas()
    frame = frame[frame["versions"] >= 2]
    alone = frame["_plan"].map(frame["_plan"].value_counts()) == 1
    found = []
    for row, single in zip(frame.to_dict("records"), alone, strict=True):
        item = row["title"] if isinstance(row["title"], str) else row["_item"]
        name = row["_plan"] if single and row["_plan"] else " · ".join(filter(None, (row["_plan"], item)))
        key = (row["_plan"], row["_item"])
        found.append(
            ListingTest(
                name, "ad_daily", row["versions"], _known(row["trials"]), _day(row["first"]), _day(row["last"]), key
            )
        )
    return found


def _user_tests(table: ibis.Table) -> list[ListingTest]:
    grouped = table.group_by("test").aggregate(versions=table.variant.nunique(), trials=table.count())
    return [
        ListingTest(row.test, "ab_users", row.versions, float(row.trials), key=(row.test,))
        for row in grouped.order_by("test").to_pandas().itertuples()
    ]


@remembered
def counts_of(
    table: ibis.Table, test: ListingTest, *, start: dt.date | None = None, end: dt.date | None = None
) -> Counts:
    """The daily rows of one test of `ab_daily` or `ad_daily`, those that cannot be true set aside.

    Parameters
    ----------
    start, end : days to look at, both included; None: all. Rows without a day are kept.
    """
    rows = _rows_of_ad(table, test) if test.source == "ad_daily" else table.filter(table.test == test.key[0])
    if start is not None:
        rows = rows.filter(rows.day.isnull() | (rows.day >= ibis.literal(start)))
    if end is not None:
        rows = rows.filter(rows.day.isnull() | (rows.day <= ibis.literal(end)))
    words = rows.select("rotation", "item_id").distinct().to_pandas()
    by_device = _own_daily(rows) if test.source == "ab_daily" else None
    kept, refused = _set_aside(_ad_daily(rows) if by_device is None else _all_devices(by_device))
    items = tuple(sorted({item for item in words["item_id"].dropna() if item}))
    devices = pd.DataFrame() if by_device is None else _set_aside(by_device[by_device["device"] != ""])[0]
    return Counts(test, kept, rotation_of(words["rotation"].dropna().tolist()), items, refused, devices)


def _rows_of_ad(table: ibis.Table, test: ListingTest) -> ibis.Table:
    """Creative rows of a test, of the one attribution window that most rows have."""
    rows = _creatives(table)
    rows = rows.filter(rows._plan == test.key[0], rows._item == test.key[1])
    windows = rows.window_days.value_counts(name="rows").to_pandas()
    windows = windows.sort_values(["rows", "window_days"], ascending=[False, False], na_position="last")
    if len(windows) < 2:
        return rows
    first = windows["window_days"].iloc[0]
    return rows.filter(rows.window_days.isnull() if pd.isna(first) else rows.window_days == int(first))


def _own_daily(rows: ibis.Table) -> pd.DataFrame:
    """One row per day, version and device; `device` is "" for rows of all devices together."""
    summed = aggregate(rows, TABLES["ab_daily"], by=["test", "day", "variant", "device"], columns=list(_OWN))
    named = summed["device"].fillna("").astype(str).str.strip()
    summed["device"] = named.where(~named.str.lower().isin(_ALL_DEVICES), "")
    return _tidy(summed, "device")


def _all_devices(by_device: pd.DataFrame) -> pd.DataFrame:
    """Sums over devices; where a version's day has a row of all devices together, that row."""
    same = [by_device[name] for name in ("day", "variant")]
    has_whole = (by_device["device"] == "").groupby(same, dropna=False).transform("any")
    used = by_device[(by_device["device"] == "") | ~has_whole]
    return _tidy(used.groupby(["day", "variant"], dropna=False)[list(COUNTS)].sum(min_count=1).reset_index())


def _ad_daily(rows: ibis.Table) -> pd.DataFrame:
    named = rows.mutate(variant=ibis.coalesce(rows.creative, rows._creative))
    summed = aggregate(named, TABLES["ad_daily"], by=["day", "variant", "_creative"], columns=list(_AD))
    summed = summed.rename(columns=_AD)
    ids = summed.groupby("variant")["_creative"].transform("nunique")
    tails = summed["variant"] + "…" + summed["_creative"].str[-4:]
    return _tidy(summed.assign(variant=summed["variant"].where(ids == 1, tails)))


def _tidy(summed: pd.DataFrame, *more: str) -> pd.DataFrame:
    frame = summed.reindex(columns=["day", "variant", *more, *COUNTS])
    days = pd.to_datetime(frame["day"])
    frame["day"] = days.dt.date.astype(object).where(days.notna(), None)
    frame[list(COUNTS)] = frame[list(COUNTS)].astype(float)
    return frame.sort_values(["day", "variant", *more], kind="stable", ignore_index=True)


def _set_aside(daily: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, list[tuple[dt.date | None, str]]]]:
    """Rows that can be true, and the others by reason; the first reason counts."""
    numbers = daily[list(COUNTS)]
    faults = {
        "no_day": daily["day"].isna() & daily["day"].notna().any(),
        "negative": (numbers < 0).any(axis=1),
        "more_clicks_than_impressions": daily["clicks"] > daily["impressions"],
        "no_impressions": daily["impressions"].isna() | (daily["impressions"] == 0),
    }
    left = pd.Series(True, index=daily.index)
    refused = {}
    for reason, wrong in faults.items():
        rows = daily[wrong & left]
        if len(rows):
            refused[reason] = [(row.day, row.variant) for row in rows.itertuples()]
        left &= ~wrong
    return daily[left].reset_index(drop=True), refused


def rotation_of(words: list[str]) -> str:
    """equal, optimised or "" (unknown), from how the platform or a person wrote it; mixed words are unknown."""
    kinds = set()
    for word in filter(None, words):
        low = word.strip().lower()
        kinds.add(
            "optimised"
            if any(part in low for part in _OPTIMISED)
            else "equal"
            if any(part in low for part in _EQUAL)
            else ""
        )
    return kinds.pop() if len(kinds) == 1 else ""


def outcomes_of(table: ibis.Table, test: ListingTest) -> pd.DataFrame:
    """Sums of every outcome of a test with one row a user.

    Returns
    -------
    DataFrame, one row per outcome and variant; outcomes in the order of the file's columns
        `outcome`, `variant`, `users` (with a value), `total`, `squares` (floats), `is_yes_no` (all values are 0 or 1),
        `cap` (amounts above it count as it: the 99 % point of the positive values of all versions; NaN for yes or no).
    """
    rows = table.filter(table.test == test.key[0])
    names = rows.measures.keys().unnest().name("outcome")
    listed = rows.select(names).distinct().to_pandas()["outcome"].tolist()
    order = _column_order(rows, listed)
    parts = []
    for name in order:
        valued = rows.mutate(value=rows.measures.get(name))
        cap = _cap(valued)
        capped = valued if math.isnan(cap) else valued.mutate(value=ibis.least(valued.value, cap))
        grouped = capped.group_by("variant").aggregate(
            users=lambda one: one.value.count(),
            total=lambda one: one.value.sum(),
            squares=lambda one: (one.value * one.value).sum(),
            is_yes_no=lambda one: one.value.isin([0.0, 1.0]).all(),
        )
        parts.append(grouped.order_by("variant").to_pandas().assign(outcome=name, cap=cap))
    columns = ["outcome", "variant", "users", "total", "squares", "is_yes_no", "cap"]
    frame = pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
    whole = frame.groupby("outcome")["is_yes_no"].transform("all") if len(frame) else frame["is_yes_no"]
    return frame.assign(is_yes_no=whole.astype(bool)).astype({"users": float, "total": float, "squares": float})


def _cap(valued: ibis.Table) -> float:
    """Where an amount is capped, for a few very large ones decide a mean; NaN for an outcome that is yes or no."""
    positive = valued.filter(valued.value > 0)
    found = positive.aggregate(top=positive.value.quantile(CAPPED), most=positive.value.max()).to_pandas().iloc[0]
    return math.nan if pd.isna(found["top"]) or found["most"] <= 1 else float(found["top"])


def _column_order(rows: ibis.Table, names: list[str]) -> list[str]:
    """Names as the file has its columns: the longest map of a user keeps that order; others follow by name."""
    longest = rows.order_by([ibis.desc(rows.measures.length()), rows.user_id]).limit(1)
    first = longest.select(names=longest.measures.keys()).to_pandas()["names"].tolist()
    known = list(first[0]) if first else []
    return [*known, *sorted(set(names) - set(known))]


def _known(value: float) -> float:
    return 0.0 if pd.isna(value) else float(value)


def _day(value: object) -> dt.date | None:
    return None if pd.isna(value) else pd.Timestamp(value).date()
