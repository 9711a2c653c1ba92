"""Mix against rate at every level of the source tree, and by item and source, of conversion and of value (TR4, FN11).

Belongs here: the same exact split over coarser and finer parts. Subtotals are never read: every level is summed up from
the leaves, so nothing counts twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import ibis
import pandas as pd

from shopnb.metrics.periods import Period
from shopnb.metrics.traffic import LEVEL, LEVELS
from shopnb.stats import Estimate, MixRate, decompose_product, mix_rate
from shopnb.stats.estimate import normal_quantile

_PEOPLE = ("visitors", "payers", "leaving_visitors")
_READ = (*_PEOPLE, "page_views", "paid_amount")


@dataclass(frozen=True)
class LevelSplit:
    """The splits over the parts of one level (`depth` 1 to 3; 0: item × source), and how many parts it has.

    `value` is that of payment a visitor; None where payment is unknown.
    """

    depth: int
    parts: int
    split: MixRate
    value: MixRate | None = None


@dataclass(frozen=True)
class ValueSplit:
    """The change of payment a visitor: mix, and within the sources conversion and spend a buyer, without a remainder.

    `parts` : one row per source: part, value_before, value_after, mix_effect, conversion_effect, spend_effect.
    `conversion`, `spend` : their sums; with `split.mix` they make `split.change`. Their ranges (90 %) hold the weights.
    """

    split: MixRate
    parts: pd.DataFrame
    conversion: Estimate
    spend: Estimate


def spend_spread(days: pd.DataFrame, period: Period | None, *, back: int = 28) -> float:
    """Standard deviation of what single buyers spend, told from the daily means of the last `back` days.

    Parameters
    ----------
    days : the daily report: day, payers, paid_amount.

    Returns
    -------
    NaN below ten days with buyers. A mean of n buyers scatters by sigma / sqrt(n), so the sum of n (mean - whole)² over
    (days - 1) is sigma²; days that really differ make it larger, never smaller.
    """
    if period is None or days.empty:
        return math.nan
    recent = days[(days["day"] <= period.end) & (days["day"] > period.shifted(-back).end)]
    known = recent[(recent["payers"] > 0) & recent["paid_amount"].notna()]
    if len(known) < 10:
        return math.nan
    spend = known["paid_amount"] / known["payers"]
    whole = known["paid_amount"].sum() / known["payers"].sum()
    return math.sqrt(float((known["payers"] * (spend - whole) ** 2).sum()) / (len(known) - 1))


def level_splits(wide: pd.DataFrame, *, spread: float = math.nan) -> list[LevelSplit]:
    """The splits over first, second and third level, from the leaves of `traffic.joined`; unknown buyers stay out.

    The change is the same at every level; how much of it is mix is not: what is rate between two trunks may be mix
    within one of them. `spread` : from `spend_spread`.
    """
    sides = ["visitors", "visitors_before", "buyers", "buyers_before"]
    money = [name for name in ("paid_amount", "paid_amount_before") if name in wide]
    known = wide.dropna(subset=sides)
    found: list[LevelSplit] = []
    for depth in range(1, len(LEVELS) + 1):
        path = known[list(LEVELS[:depth])].agg("/".join, axis=1)
        summed = known.groupby(path)[[*sides, *money]].sum(min_count=1)
        if found and len(summed) == found[-1].parts:
            continue
        found.append(LevelSplit(depth, len(summed), _split(summed), _value_split(summed, spread)))
    return found


def value_split(sources: pd.DataFrame, *, spread: float = math.nan) -> ValueSplit | None:
    """Payment a visitor over sources (TR2): mix, conversion and spend a buyer; None where payment is unknown.

    Parameters
    ----------
    sources : one row per source with `source`, `visitors`, `buyers`, `paid_amount` and the same `_before`.
    """
    keyed = sources.dropna(subset=["visitors", "visitors_before", "buyers", "buyers_before"]).set_index("source")
    split = _value_split(keyed, spread)
    if split is None or split.code:
        return None
    rows, scatter = [], []
    for part in split.parts.itertuples():
        row = keyed.loc[part.part]
        weight = (part.share_before + part.share_after) / 2
        before, after = _factors(row, "_before"), _factors(row, "")
        lone = not (row["visitors"] > 0 and row["visitors_before"] > 0)
        effects = {"conversion": 0.0, "spend": 0.0} if lone else _effects(before, after)
        scatter.append({} if lone else _scatter(row, before, after, spread, weight))
        rows.append((part.part, part.rate_before, part.rate_after, part.mix_effect, weight * effects["conversion"],
                     weight * effects["spend"]))  # fmt: skip
    names = ["part", "value_before", "value_after", "mix_effect", "conversion_effect", "spend_effect"]
    parts = pd.DataFrame(rows, columns=names)
    return ValueSplit(split, parts, *(_summed(parts, name, scatter) for name in ("conversion", "spend")))


def _summed(parts: pd.DataFrame, name: str, scatter: Sequence[Mapping[str, float]]) -> Estimate:
    total = math.fsum(parts[f"{name}_effect"].tolist())
    half = normal_quantile(LEVEL) * math.sqrt(math.fsum(one.get(name, 0.0) for one in scatter))
    return Estimate(total, total - half, total + half)


def _scatter(
    row: pd.Series, before: Mapping[str, float], after: Mapping[str, float], spread: float, weight: float
) -> dict[str, float]:
    """Variance of what conversion and spend of one source did to the value: first order, both factors free to vary.

    Of n visitors the rate c scatters by c (1 - c) / n, of b buyers the mean spend by sigma² / b (sigma as large as the
    spend itself where `spread` is unknown); a period without buyers takes the spend of the other as it is.
    """
    factors: dict[str, list[float]] = {"conversion": [], "spend": []}
    for side, at in (("_before", before), ("", after)):
        visitors, buyers = float(row[f"visitors{side}"]), float(row[f"buyers{side}"])
        near = (buyers + 0.5) / (visitors + 1)
        sigma = at["spend"] if math.isnan(spread) else spread
        factors["conversion"].append(near * (1 - near) / visitors)
        factors["spend"].append(sigma**2 / buyers if buyers else 0.0)
    rate, spend = (sum(factors[name]) for name in ("conversion", "spend"))
    middle = {name: (before[name] + after[name]) / 2 for name in factors}
    moved = {name: (after[name] - before[name]) / 2 for name in factors}
    return {
        "conversion": weight**2 * (middle["spend"] ** 2 * rate + moved["conversion"] ** 2 * spend),
        "spend": weight**2 * (middle["conversion"] ** 2 * spend + moved["spend"] ** 2 * rate),
    }


def _factors(row: pd.Series, side: str) -> dict[str, float]:
    buyers, visitors = float(row[f"buyers{side}"]), float(row[f"visitors{side}"])
    return {
        "conversion": buyers / visitors if visitors else math.nan,
        "spend": float(row[f"paid_amount{side}"]) / buyers if buyers else math.nan,
    }


def _effects(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Both factors' share of the change of a value; a period without buyers takes the spend of the other."""
    for side, other in ((before, after), (after, before)):
        if math.isnan(side["spend"]):
            side["spend"] = 0.0 if math.isnan(other["spend"]) else other["spend"]
    return decompose_product(before, after).effects


def _weights(summed: pd.DataFrame) -> list[dict[str, float]]:
    return [summed[f"visitors{side}"].rename(str).to_dict() for side in ("_before", "")]


def _split(summed: pd.DataFrame) -> MixRate:
    rates = []
    for side in ("_before", ""):
        there = summed[summed[f"visitors{side}"] > 0]
        rates.append((there[f"buyers{side}"] / there[f"visitors{side}"]).rename(str).to_dict())
    weights = _weights(summed)
    return mix_rate(weights[0], rates[0], weights[1], rates[1], level=LEVEL)


def _value_split(summed: pd.DataFrame, spread: float) -> MixRate | None:
    """Payment a visitor of v = rate × spend has variance [rate (1 - rate) spend² + rate sigma²] / visitors.

    Where `spread` (sigma) is unknown it is taken to be as large as the spend itself.
    """
    if not {"paid_amount", "paid_amount_before"} <= set(summed) or not summed["paid_amount"].notna().any():
        return None
    values, errors = [], []
    for side in ("_before", ""):
        there = summed[summed[f"visitors{side}"] > 0]
        visitors, buyers, paid = (there[f"{name}{side}"] for name in ("visitors", "buyers", "paid_amount"))
        near = (buyers + 0.5) / (visitors + 1)
        whole = float(paid.sum() / buyers.sum()) if buyers.sum() else math.nan
        spend = (paid / buyers.where(buyers > 0)).fillna(whole)
        sigma = spend if math.isnan(spread) else spread
        values.append((paid / visitors).rename(str).to_dict())
        errors.append((((near * (1 - near) * spend**2 + near * sigma**2) / visitors) ** 0.5).rename(str).to_dict())
    before, after = _weights(summed)
    pair = (errors[0], errors[1])
    found = mix_rate(before, values[0], after, values[1], level=LEVEL, rates_are_shares=False, errors=pair)
    return None if found.code else found


def item_sources(
    traffic_detail: ibis.Table,
    period: Period | None,
    rule: str,
    name_rows: Callable[[pd.DataFrame], pd.DataFrame],
) -> pd.DataFrame:
    """The sources of items of exactly one period, each item under one rule.

    Parameters
    ----------
    traffic_detail : Table of schema `traffic_detail`. rule : 归属原则 of the page; an item exported under others alone
        is taken under the first of them. name_rows : `sources.named` for rows of one export.

    Returns
    -------
    DataFrame, one row per item and source: `item_id`, `rule`, the levels, `source`, `name`, `group`, and `visitors`,
    `payers`, `leaving_visitors`, `page_views`, `paid_amount` (NaN where the export has none).
    """
    rows = traffic_detail.filter(traffic_detail.level == "item_source")
    if period is None:
        rows = rows.filter(rows.start_on.isnull() | rows.end_on.isnull())  # noqa: PD003
    else:
        first, last = ibis.literal(period.start), ibis.literal(period.end)
        rows = rows.filter(rows.start_on == first, rows.end_on == last)
    frame = rows.select("item_id", "rule", *LEVELS, *_READ).to_pandas()
    frame[list(LEVELS)] = frame[list(LEVELS)].fillna("").astype(str)
    frame[list(_READ)] = frame[list(_READ)].astype(float)
    frame = frame.assign(item_id=frame["item_id"].fillna(""), rule=frame["rule"].fillna(""))
    frame = frame[frame["source_1"] != ""]
    turn = (frame["rule"] != rule).astype(int)
    first_rule = frame.assign(turn=turn).sort_values(["turn", "rule"], kind="stable").groupby("item_id")["rule"].first()
    return name_rows(frame[frame["rule"] == frame["item_id"].map(first_rule)].reset_index(drop=True))


def item_source_split(
    now: pd.DataFrame, before: pd.DataFrame, *, spread: float = math.nan
) -> tuple[LevelSplit, pd.DataFrame] | None:
    """The splits over item × source, from the sources of items.

    Parameters
    ----------
    now, before : from `item_sources`.

    Returns
    -------
    The splits and their cells: `item_id`, `source`, `name`, sums of both periods and the columns of `MixRate.parts`;
    None where no item has both periods under one rule. Items that have one period only stay out: their export is
    missing, not their visitors.
    """
    sides = []
    for rows in (now, before):
        known = rows.dropna(subset=["visitors", "payers"])
        sides.append(known[known["payers"] <= known["visitors"]])
    both = set(zip(sides[0]["item_id"], sides[0]["rule"], strict=True)) & set(
        zip(sides[1]["item_id"], sides[1]["rule"], strict=True)
    )
    if not both:
        return None
    summed = []
    for rows, side in zip(sides, ("", "_before"), strict=True):
        kept = rows[[pair in both for pair in zip(rows["item_id"], rows["rule"], strict=True)]]
        cells = kept.groupby(["item_id", "source", "name"])[["visitors", "payers", "paid_amount"]].sum(min_count=1)
        summed.append(cells.rename(columns={"payers": "buyers"}).add_suffix(side))
    wide = summed[0].join(summed[1], how="outer").reset_index()
    people = [f"{name}{side}" for name in ("visitors", "buyers") for side in ("", "_before")]
    wide[people] = wide[people].fillna(0.0)
    keyed = wide.assign(part=wide["item_id"] + "|" + wide["source"]).set_index("part")
    split = _split(keyed)
    if split.code:
        return None
    cells = keyed.reset_index().merge(split.parts, on="part")
    return LevelSplit(0, len(keyed), split, _value_split(keyed, spread)), cells
