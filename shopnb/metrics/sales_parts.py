"""The sales split carried down (TR1): what each item or source did by its visitors, conversion and spend per buyer.

Belongs here: splits of the shop's change over its parts that leave no remainder. The shop's own split is `overview`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from shopnb.metrics.overview import SPLIT_PARTS
from shopnb.stats import decompose_product

KINDS = ("part", "others", "mix", "overlap", "shop")
_COUNTS = ("visitors", "buyers", "paid_amount")


def sales_parts(parts: pd.DataFrame, shop: Mapping[str, float], *, shown: int = 7) -> pd.DataFrame:
    """The shop's change of payment by part and factor: rows and columns both add up.

    Parameters
    ----------
    parts : DataFrame, one row per item or source
        `part` (its key), `visitors`, `buyers`, `paid_amount` of the period and `<name>_before` of the one compared
        with; 0 where the part was not there.
    shop : factor -> its effect on the shop's payment (`overview.sales_split`).
    shown : parts with a row of their own, by size of change; the rest is one row.

    Returns
    -------
    DataFrame, in the order of `KINDS`
        `kind`, `part`, the factors of `SPLIT_PARTS` and `total`, all money. A row's factors sum to its `total`; the
        rows above `shop` sum to it, factor by factor. Empty where the shop's split or the parts' is unknown.

    Notes
    -----
    Each part is split like the shop: visitors × conversion × spend, Shapley. `mix` is what the sum over parts has and
    none of them: visitors who went to parts that sell better or worse; its factors sum to nothing. `overlap` is the
    shop's split less that of the sum over parts: people counted in several parts, and what the export does not list.
    A part of one period only did all of its change by its visitors. A part with payment and no buyers, or buyers and
    no visitors, cannot be split; it is in `overlap`.
    """
    empty = pd.DataFrame(columns=["kind", "part", *SPLIT_PARTS, "total"])
    if parts.empty:
        return empty
    split = {
        str(row["part"]): effects for row in parts.to_dict("records") if (effects := _effects(row, row)) is not None
    }
    usable = parts[parts["part"].astype(str).isin(split)]
    sums = {f"{name}{side}": math.fsum(usable[f"{name}{side}"]) for name in _COUNTS for side in ("", "_before")}
    whole = _effects(sums, sums) if split and sums["buyers"] > 0 < sums["buyers_before"] else None
    if whole is None or not all(math.isfinite(shop[name]) for name in SPLIT_PARTS):
        return empty
    listed = {name: math.fsum(effects[name] for effects in split.values()) for name in SPLIT_PARTS}
    ranked = sorted(split, key=lambda key: (-abs(math.fsum(split[key].values())), key))
    kept = ranked if len(ranked) <= shown + 1 else ranked[:shown]
    rest = [split[key] for key in ranked[len(kept) :]]
    rows = [("part", key, split[key]) for key in kept]
    if rest:
        rows.append(("others", str(len(rest)), {name: math.fsum(one[name] for one in rest) for name in SPLIT_PARTS}))
    rows += [
        ("mix", "", {name: whole[name] - listed[name] for name in SPLIT_PARTS}),
        ("overlap", "", {name: shop[name] - whole[name] for name in SPLIT_PARTS}),
        ("shop", "", {name: shop[name] for name in SPLIT_PARTS}),
    ]
    return pd.DataFrame(
        [{"kind": kind, "part": part, **one, "total": math.fsum(one.values())} for kind, part, one in rows],
        columns=empty.columns,
    )


def _effects(now: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float] | None:
    """The split of one part between the columns `<name>_before` and `<name>`; None where it cannot be split."""
    sides = [
        _factors([float(row[f"{name}{side}"]) for name in _COUNTS]) for row, side in ((before, "_before"), (now, ""))
    ]
    if sides[0] is None or sides[1] is None:
        return None
    was, is_now = (
        {name: one[name] if math.isfinite(one[name]) else other[name] for name in SPLIT_PARTS}
        for one, other in ((sides[0], sides[1]), (sides[1], sides[0]))
    )
    known = {name for name in SPLIT_PARTS if math.isfinite(was[name])}
    return decompose_product(
        {name: was[name] if name in known else 0.0 for name in SPLIT_PARTS},
        {name: is_now[name] if name in known else 0.0 for name in SPLIT_PARTS},
    ).effects


def _factors(counts: Sequence[float]) -> dict[str, float] | None:
    """Visitors, conversion, spend per buyer; NaN where nobody came or bought, None where they make no payment."""
    visitors, buyers, paid = counts
    if not all(math.isfinite(value) and value >= 0 for value in counts):
        return None
    if (buyers and not visitors) or (paid and not buyers):
        return None
    rate = buyers / visitors if visitors else math.nan
    return dict(zip(SPLIT_PARTS, (visitors, rate, paid / buyers if buyers else math.nan), strict=True))
