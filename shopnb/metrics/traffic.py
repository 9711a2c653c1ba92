"""Traffic sources of a period: which file pair is comparable, who came, who bought, what a visitor cost and brought.

Sources overlap in people: one visitor may come from several. Sums over sources
are called so; nothing here words or draws.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import pandas as pd

from shopnb.memory import remembered
from shopnb.metrics.periods import Period
from shopnb.stats import Estimate, MixRate, compare_proportions, holm, mix_rate, proportion_interval

LEVELS = ("source_1", "source_2", "source_3")
LEAST_VISITORS, LEAST_BUYERS = 100, 5  # a rate is printed from 100 visitors and 5 expected buyers on (pages.md 4.2)
LEVEL = 0.90  # confidence of the ranges shown (pages.md 2.0)
POOLED = "pooled"  # the row of small sources together
_PEOPLE = ("visitors", "payers", "orderers", "cart_users", "new_visitors", "item_visitors", "shop_page_visitors")
_READ = (
    *_PEOPLE,
    "video_visitors",
    "paid_amount",
    "ordered_amount",
    "payment_conversion",
    "order_conversion",
    "spend_per_buyer",
    "visitor_value",
)
SUMMED = (*_PEOPLE, "video_visitors", "paid_amount", "buyers")


@dataclass(frozen=True)
class Slice:
    """One export: its period (None where the file has no dates) and its 归属原则 ("" where it does not say)."""

    period: Period | None
    rule: str


@dataclass(frozen=True)
class Choice:
    """The export the page is about, and the one it may be compared with.

    `reason` says why there is none: `undated`, `no_partner` (the period before is not there) or `other_rule` (it is
    there, but counted under `other_rule`). `skipped` is a newer period that has no partner.
    """

    now: Slice
    before: Slice | None
    reason: str = ""
    other_rule: str = ""
    skipped: Period | None = None


def slices(traffic_period: ibis.Table) -> list[Slice]:
    """All exports in the table, oldest first."""
    found = traffic_period.select("start_on", "end_on", "rule").distinct().to_pandas()
    made = []
    for row in found.itertuples():
        dated = not (pd.isna(row.start_on) or pd.isna(row.end_on))
        period = Period(pd.Timestamp(row.start_on).date(), pd.Timestamp(row.end_on).date()) if dated else None
        made.append(Slice(period, "" if pd.isna(row.rule) else str(row.rule)))
    no_days = Period(dt.date.min, dt.date.min)
    return sorted(made, key=lambda one: (one.period or no_days, one.rule))


def choose(
    found: Sequence[Slice], *, start: dt.date | None = None, end: dt.date | None = None, rule: str = ""
) -> Choice | None:
    """The newest export with a partner of the same length, directly before it and under the same rule; else the newest.

    Parameters
    ----------
    found : from `slices`. start, end : days that the export's period must begin and end with; None for any.
    rule : 归属原则 to look at; "" for any.

    Returns
    -------
    None where no export fits. Of several lengths that end on one day a week comes before longer and shorter ones.
    """
    fits = [
        one
        for one in found
        if (not rule or one.rule == rule)
        and (start is None or (one.period is not None and one.period.start == start))
        and (end is None or (one.period is not None and one.period.end == end))
    ]
    dated = [(one.period, one.rule) for one in fits if one.period is not None]
    if not dated:
        return Choice(fits[0], None, "undated") if fits else None
    there = {(one.period, one.rule) for one in found if one.period is not None}

    def order(pair: tuple[Period, str]) -> tuple[bool, dt.date, bool, int, str]:
        period, named = pair
        return ((period.before(), named) in there, period.end, period.days >= 7, -period.days, named)

    period, named = max(dated, key=order)
    newest = max((one for one, _ in dated), key=lambda one: one.end)
    skipped = newest if newest.end > period.end else None
    now = Slice(period, named)
    if (period.before(), named) in there:
        return Choice(now, Slice(period.before(), named), skipped=skipped)
    others = sorted(other for earlier, other in there if earlier == period.before())
    return Choice(now, None, "other_rule" if others else "no_partner", others[0] if others else "", skipped)


@remembered
def source_rows(traffic_period: ibis.Table, chosen: Slice) -> pd.DataFrame:
    """The sources of one export, one row each, numbers as floats; levels that a row does not have are "".

    A row without any source name is the shop as a whole; `shop_visitors` reads it.
    """
    rows = traffic_period.select("start_on", "end_on", "rule", *LEVELS, *_READ)
    is_rule = rows.rule.fill_null("") == chosen.rule
    if chosen.period is None:
        rows = rows.filter(is_rule, rows.start_on.isnull() | rows.end_on.isnull())  # noqa: PD003
    else:
        first, last = ibis.literal(chosen.period.start), ibis.literal(chosen.period.end)
        rows = rows.filter(is_rule, rows.start_on == first, rows.end_on == last)
    frame = rows.to_pandas()
    frame[list(LEVELS)] = frame[list(LEVELS)].fillna("").astype(str)
    frame[list(_READ)] = frame[list(_READ)].astype(float)
    return frame.sort_values([*LEVELS], kind="stable", ignore_index=True)[[*LEVELS, *_READ]]


def shop_visitors(rows: pd.DataFrame) -> float:
    """Distinct visitors of the whole shop where the export has such a row, else NaN."""
    own = rows.loc[rows[LEVELS[0]] == "", "visitors"]
    return float(own.iloc[0]) if len(own) == 1 else math.nan


def conversion_way(sides: Sequence[pd.DataFrame]) -> str:
    """What conversion can be told from: `payment` (buyers or their share), else `order`, else "".

    It is taken where every side with visitors has it for sources that make up 95 % of them.
    """
    sides = [side for side in sides if side["visitors"].sum() > 0]
    if not sides:
        return ""
    for way, people in (("payment", "payers"), ("order", "orderers")):
        if all(_covered(side, side[people].notna() | side[f"{way}_conversion"].notna()) for side in sides):
            return way
    return ""


def _covered(side: pd.DataFrame, known: pd.Series) -> bool:
    whole = side["visitors"].sum()
    return bool(side.loc[known, "visitors"].sum() >= 0.95 * whole)


def with_buyers(rows: pd.DataFrame, way: str) -> pd.DataFrame:
    """The rows with `buyers`, `paid_amount` and whether buyers were derived from a printed rate.

    Parameters
    ----------
    rows : from `source_rows`.
    way : from `conversion_way`.

    Returns
    -------
    DataFrame
        `buyers` : payers (orderers for `order`), else visitors × printed rate rounded to whole people; NaN where
        unknown or where there are more than visitors. `derived` : bool. `impossible` : more buyers than visitors.
        `paid_amount` : as printed, else buyers × spend per buyer, else visitors × value per visitor.
    """
    if not way:
        return rows.assign(buyers=math.nan, derived=False, impossible=False)
    printed = rows["payers" if way == "payment" else "orderers"]
    from_rate = (rows["visitors"] * rows[f"{way}_conversion"]).round()
    buyers = printed.fillna(from_rate)
    impossible = buyers > rows["visitors"]
    paid = rows["paid_amount"]
    if way == "payment":
        paid = paid.fillna(buyers * rows["spend_per_buyer"]).mask(paid.isna() & (buyers == 0), 0.0)
    return rows.assign(
        buyers=buyers.mask(impossible),
        derived=printed.isna() & from_rate.notna(),
        impossible=impossible,
        paid_amount=paid.fillna(rows["visitors"] * rows["visitor_value"]),
    )


@remembered
def joined(now: pd.DataFrame, before: pd.DataFrame | None) -> pd.DataFrame:
    """Both periods side by side, one row per source.

    Parameters
    ----------
    now, before : one row per source with `source` (its key), `name`, `group`, the levels and `SUMMED`. A source that
        stands under another trunk now is the same source; where one side divides a source further than the other, the
        finer side is summed up.

    Returns
    -------
    DataFrame, largest first
        The names, `SUMMED`, and `<name>_before`: 0 visitors and buyers for a source that was not there; NaN without
        a period before.
    """
    if before is not None:
        before = _moved(now, before)
        now, before = _rolled(now, before), _rolled(before, now)
    names = ["source", "name", "group", *LEVELS]
    left = _by_source(now, names)
    if before is None:
        wide = left.assign(**{f"{name}_before": math.nan for name in SUMMED})
    else:
        right = _by_source(before, names).rename(columns={name: f"{name}_before" for name in SUMMED})
        wide = left.merge(right, on="source", how="outer", suffixes=("", "_was"))
        for name in names[1:]:
            wide[name] = wide[name].fillna(wide.pop(f"{name}_was"))
        for side, whole in (("", now), ("_before", before)):
            gone = wide[f"visitors{side}"].isna()
            for name in SUMMED:
                if whole[name].notna().any():
                    wide.loc[gone, f"{name}{side}"] = 0.0
    order = ["visitors", "visitors_before", "source"]
    return wide.sort_values(order, ascending=[False, False, True], ignore_index=True)


def _by_source(rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    grouped = rows.groupby("source", sort=True)
    return grouped[names[1:]].first().join(grouped[list(SUMMED)].sum(min_count=1)).reset_index()


def _moved(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """`before` with today's trunks: a leaf name that stands once on each side, under another trunk, is one source."""
    fresh, gone = now[~now["source"].isin(before["source"])], before[~before["source"].isin(now["source"])]
    fresh = fresh[~fresh["name"].duplicated(keep=False)].set_index("name")
    gone = gone[~gone["name"].duplicated(keep=False)]
    moved = before.copy()
    for place, name in gone["name"].items():
        if name in fresh.index:
            for column in ("source", "group", *LEVELS):
                moved.loc[place, column] = fresh.loc[name, column]
    return moved


def _rolled(rows: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Sources summed up to a trunk that the other side does not divide."""
    trunks = {key for key in other["source"] if any(mine.startswith(f"{key}/") for mine in rows["source"])}
    if not trunks:
        return rows
    trunk_of = {
        key: next((trunk for trunk in sorted(trunks) if key.startswith(f"{trunk}/")), key) for key in rows["source"]
    }
    named = other.drop_duplicates("source").set_index("source")
    rolled = rows.assign(source=rows["source"].map(trunk_of))
    for place, key in rolled["source"].items():
        if key in trunks:
            for name in ("name", "group", *LEVELS):
                rolled.loc[place, name] = named.loc[key, name]
    return rolled


def carries_rate(visitors: pd.Series, mean_rate: float) -> pd.Series:
    """Whether so many visitors carry a rate of their own: `LEAST_VISITORS`, and `LEAST_BUYERS` expected at the mean."""
    carries = visitors >= LEAST_VISITORS
    return carries if math.isnan(mean_rate) else carries & (visitors * mean_rate >= LEAST_BUYERS)


def pooled(wide: pd.DataFrame, mean_rate: float) -> pd.DataFrame:
    """Sources whose own rate says something, and all others as one row `pooled`.

    A source stands alone when in either period it has `LEAST_VISITORS` visitors and, at `mean_rate`, `LEAST_BUYERS`
    expected buyers; with an unknown `mean_rate` visitors decide. A single small source keeps its name. Adds `enough`
    (its rate may be printed) and `members` (sources behind the row).
    """
    small = ~(carries_rate(wide["visitors"], mean_rate) | carries_rate(wide["visitors_before"], mean_rate))
    kept = wide[~small].assign(members=1)
    if small.sum() == 1:
        kept = wide.assign(members=1)
    elif small.any():
        columns = [*SUMMED, *(f"{name}_before" for name in SUMMED)]
        row = wide.loc[small, columns].sum(min_count=1).to_dict()
        names = {"source": POOLED, "name": POOLED, "group": "other", **dict.fromkeys(LEVELS, "")}
        kept = pd.concat([kept, pd.DataFrame([{**names, **row, "members": int(small.sum())}])], ignore_index=True)
    sides = {"enough": "visitors", "enough_before": "visitors_before"}
    told = {name: carries_rate(kept[column], mean_rate) for name, column in sides.items()}
    return kept.assign(**told).reset_index(drop=True)


def source_mix(sources: pd.DataFrame) -> MixRate:
    """The change of conversion over all sources split into mix and rate; sources with unknown buyers stay out."""
    known = sources[_usable(sources, "") & _usable(sources, "_before")]
    sides = []
    for side in ("_before", ""):
        there = known[known[f"visitors{side}"] > 0]
        sides.append(dict(zip(known["source"], known[f"visitors{side}"], strict=True)))
        rates = there[f"buyers{side}"] / there[f"visitors{side}"]
        sides.append(dict(zip(there["source"], rates, strict=True)))
    return mix_rate(*sides, level=LEVEL)


def _usable(sources: pd.DataFrame, side: str) -> pd.Series:
    return sources[f"visitors{side}"].notna() & sources[f"buyers{side}"].notna()


def own_changes(sources: pd.DataFrame) -> pd.DataFrame:
    """Each source's own change of conversion.

    Returns
    -------
    DataFrame, one row per source: `source`, `change`, `low`, `high` (share points, 90 %), `p_value`, `real` (survives
    Holm's correction over all sources tested). NaN where either period has too few.
    """
    rows = []
    for row in sources.itertuples():
        tested = row.enough and row.enough_before and not (math.isnan(row.buyers) or math.isnan(row.buyers_before))
        change = (
            compare_proportions(row.buyers_before, row.visitors_before, row.buyers, row.visitors, level=LEVEL)
            if tested
            else Estimate(math.nan)
        )
        rows.append((row.source, change.estimate, change.low, change.high, change.p_value))
    frame = pd.DataFrame(rows, columns=["source", "change", "low", "high", "p_value"])
    return frame.assign(real=pd.Series(holm(frame["p_value"].tolist()), dtype=bool))


@dataclass(frozen=True)
class Whole:
    """Sums over sources of one period. People are counted once a source, so that sums overlap."""

    visitors: float
    buyers: float
    paid_amount: float
    paid_share: float  # visitors of paid sources ÷ sum over sources; NaN where no source's group is known
    search_visitors: float  # visitors of free search

    @property
    def rate(self) -> float:
        """Buyers ÷ visitors over all sources, NaN where either is unknown or nobody came."""
        return self.buyers / self.visitors if self.visitors else math.nan

    @property
    def conversion(self) -> Estimate:
        """Buyers ÷ visitors over all sources, with its range."""
        return proportion_interval(self.buyers, self.visitors, level=LEVEL)

    @property
    def enough(self) -> bool:
        """Whether the volume carries a rate."""
        return self.visitors >= LEAST_VISITORS and self.buyers >= LEAST_BUYERS


def whole(wide: pd.DataFrame, side: str = "") -> Whole:
    """Sums of `joined` for this period (`side` "") or the one before (`_before`)."""
    visitors = wide[f"visitors{side}"]
    total = float(visitors.sum(min_count=1))
    search = wide.loc[wide["group"] == "free_search", f"visitors{side}"]
    known_groups = bool((wide["group"] != "other").any())
    return Whole(
        visitors=total,
        buyers=float(wide[f"buyers{side}"].sum(min_count=1)),
        paid_amount=float(wide[f"paid_amount{side}"].sum(min_count=1)),
        paid_share=float(visitors[wide["group"] == "paid"].sum()) / total if total and known_groups else math.nan,
        search_visitors=float(search.sum(min_count=1)),
    )


@dataclass(frozen=True)
class Reach:
    """How many visitors the shop had: `distinct` people where known, and `visitor_days` from the daily report."""

    distinct: float = math.nan
    visitor_days: float = math.nan

    @property
    def base(self) -> float:
        """The best denominator there is, NaN where there is none."""
        return self.visitor_days if math.isnan(self.distinct) else self.distinct

    @property
    def kind(self) -> str:
        """`distinct`, `visitor_days` or ""."""
        if not math.isnan(self.distinct):
            return "distinct"
        return "" if math.isnan(self.visitor_days) else "visitor_days"


def reach(period: Period | None, own: float, days: pd.DataFrame) -> Reach:
    """Visitors of the shop in a period.

    Parameters
    ----------
    own : distinct visitors as the traffic file itself says, NaN where it does not.
    days : the daily report (`overview.daily`), may be empty. One day is a distinct count; several are visitor-days.
    """
    if period is None:
        return Reach(own)
    inside = days[period.holds(days["day"])]
    every = len(inside) == period.days and bool(inside["visitors"].notna().all())
    summed = float(inside["visitors"].sum()) if every else math.nan
    return Reach(summed if math.isnan(own) and period.days == 1 else own, summed)
