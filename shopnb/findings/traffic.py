"""Rules of the traffic page: sources, mix and rate to findings (domain catalogue: TR4, FN7, FN11, AD5)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from scipy import special

from shopnb.findings import Finding
from shopnb.findings.overview import LEAST_AMOUNT, LEAST_SHARE, MONTH_DAYS, Basis
from shopnb.metrics.items import ItemChange
from shopnb.metrics.traffic import Whole
from shopnb.stats import MixRate

GREW, SHRANK = 1.25, 0.75  # a source's visitors against those of all others: from here on it is more than a weekly wave
WAVE = 0.10  # scatter of a source's visitors from period to period against the others (log scale); an assumption
OPEN_WINDOW = 0.85  # most confidence while attribution is still running: payments can only be added
FESTIVE = 0.65  # most confidence in a change of rate when only one of the periods holds a campaign or festival
MIX_SHARE = 0.5  # mix explains a fall when it makes up this share of it
KEPT_BUYERS = 0.95  # buyers from here on count as kept
ACCIDENT = 0.05  # chance of a change by accident below which it counts as real on its own
NOT_FREE = ("paid", "own", "campaign", "other")


@dataclass(frozen=True)
class Seen:
    """What the rules look at.

    `sources` has one row per source that stands alone or is pooled: names, visitors, buyers, paid amount and cost, the
    same `_before`, margins a visitor, own change of rate (`change`, `p_value`, `real`) and `verdict`; `trunks` the same
    sums by second level.
    """

    sources: pd.DataFrame
    trunks: pd.DataFrame
    now: Whole
    before: Whole | None
    mix: MixRate | None
    days: int
    end: dt.date
    basis: Basis
    break_even: float
    returns: dict[str, float]
    window_open: bool
    one_is_festive: bool
    items: Sequence[ItemChange] = ()
    item_names: dict[str, str] = field(default_factory=dict)

    @property
    def has_margin(self) -> bool:
        """Whether money is counted as margin."""
        return self.basis.name == "margin"

    def per_month(self, amount: float) -> float:
        """An amount of the period, per 30 days."""
        return amount / self.days * MONTH_DAYS


def find_traffic(seen: Seen) -> list[Finding]:
    """All findings of the page, unranked."""
    found = [*find_losing(seen), *find_moved(seen)]
    if seen.mix is not None and not seen.mix.code:
        found += find_rate(seen)
        found += find_mix(seen)
    paid = seen.now.paid_amount * seen.basis.share
    floor = max(LEAST_AMOUNT, LEAST_SHARE * seen.per_month(paid)) if not math.isnan(paid) else LEAST_AMOUNT
    return [one for one in found if math.isnan(one.amount) or one.at_stake >= floor]


def find_losing(seen: Seen) -> list[Finding]:
    """Ad sources whose visitors bring less margin than they cost, over the whole range (AD5)."""
    if not seen.has_margin:
        return []
    found = []
    losing = seen.sources[seen.sources["verdict"].isin(["less", "less_open"])]
    for row in losing.itertuples():
        sure = _chance_below(row.buyers, row.cost / (row.spend * seen.basis.share))
        found.append(
            Finding(
                code="source_loses",
                domain="AD5",
                confidence=min(sure, OPEN_WINDOW) if seen.window_open else sure,
                owner="ads",
                basis="margin",
                amount=seen.per_month(row.margin * row.visitors),
                low=seen.per_month(row.margin_low * row.visitors),
                high=seen.per_month(row.margin_high * row.visitors),
                values={
                    "source": row.label,
                    "margin": row.margin,
                    "loss": -row.margin,
                    "cost": row.cost,
                    "returns": seen.returns.get(row.name, math.nan),
                    "break_even": seen.break_even,
                    "grew": row.visitors / row.visitors_before - 1 if row.visitors_before > 0 else math.nan,
                },
                review_on=seen.end + dt.timedelta(days=15),
            )
        )
    return found


def _chance_below(buyers: float, needed: float) -> float:
    """Probability that buyers really lie below `needed`: both Poisson on the square-root scale."""
    return float(special.ndtr(2 * (math.sqrt(needed) - math.sqrt(buyers))))


def find_moved(seen: Seen) -> list[Finding]:
    """Free sources that grew and earn (TR4), or shrank, against all other sources of the same periods."""
    if seen.before is None:
        return []
    found = []
    for row in seen.trunks.itertuples():
        rest, rest_before = seen.now.visitors - row.visitors, seen.before.visitors - row.visitors_before
        if row.group in NOT_FREE or not (row.enough and row.enough_before) or min(rest, rest_before) <= 0:
            continue
        own = row.visitors / row.visitors_before
        against = own / (rest / rest_before)
        grew, shrank = min(own, against) >= GREW, max(own, against) <= SHRANK
        if not grew and not (shrank and not seen.one_is_festive):
            continue
        found.append(_moved(seen, row, against))
    return found


def _moved(seen: Seen, row: Any, against: float) -> Finding:
    extra = row.visitors - row.visitors_before
    worth = [rate * row.spend * seen.basis.share for rate in (row.rate, row.rate_low, row.rate_high)]
    amounts = [seen.per_month(extra * one) for one in worth]
    grew = extra > 0
    lowers = grew and row.rate < seen.now.conversion.estimate
    return Finding(
        code="free_source_grew" if grew else "free_source_shrank",
        domain="TR4",
        confidence=float(special.ndtr(abs(math.log(against)) / (WAVE * math.sqrt(2)))),
        owner="operator",
        basis=seen.basis.name,
        amount=amounts[0] if not math.isnan(amounts[0]) else math.nan,
        low=min(amounts[1:]),
        high=max(amounts[1:]),
        no_amount="" if not math.isnan(amounts[0]) else "no_buyers_known",
        values={
            "source": row.label,
            "visitors": row.visitors,
            "extra": extra,
            "share": own_share(row.visitors, row.visitors_before),
            "worth": worth[0],
            "lowers": lowers,
        },
        review_on=seen.end + dt.timedelta(days=8),
    )


def own_share(now: float, before: float) -> float:
    """Change in share of before; NaN without a before."""
    return now / before - 1 if before > 0 else math.nan


def find_rate(seen: Seen) -> list[Finding]:
    """Conversion that changed within the sources: one for sure, or all together though none alone (TR4, FN11)."""
    assert seen.mix is not None
    rate = seen.mix.rate
    fell = rate.estimate < 0
    lead = item_behind(seen.items, fell)
    if rate_state(seen.mix, lead is not None, one_is_festive=False) != "real":
        return []
    single = seen.sources[seen.sources["real"] & ((seen.sources["change"] < 0) == fell)]
    item = seen.item_names.get(lead.item_id, lead.item_id) if lead else ""
    spend = seen.now.paid_amount / seen.now.buyers if seen.now.buyers else math.nan
    worth = seen.per_month(seen.now.visitors * spend * seen.basis.share)
    confidence = 1 - rate.p_value / 2
    values: dict[str, Any] = {
        "rate": rate.estimate,
        "low": rate.low,
        "high": rate.high,
        "source": ", ".join(single["label"].tolist()[:2]),
        "item": item,
    }
    return [
        Finding(
            code=_rate_code(fell, len(single) > 0, bool(item)),
            domain="FN11" if item else "TR4",
            confidence=confidence if item or not seen.one_is_festive else min(confidence, FESTIVE),
            owner="operator",
            basis=seen.basis.name,
            amount=rate.estimate * worth,
            low=rate.low * worth,
            high=rate.high * worth,
            no_amount="" if not math.isnan(worth) else "no_payment_known",
            values=values,
            review_on=seen.end + dt.timedelta(days=8),
        )
    ]


def _rate_code(fell: bool, single: bool, item: bool) -> str:
    """Which sentence says it: an item behind it comes first, then a single source."""
    if item:
        return "rate_fell_by_item" if fell else "rate_rose_by_item"
    if single:
        return "source_rate_fell" if fell else "source_rate_rose"
    return "rates_fell_together" if fell else "rates_rose_together"


def item_behind(items: Sequence[ItemChange], fell: bool) -> ItemChange | None:
    """The item with the largest real change of conversion in one direction, None where there is none."""
    real = [item for item in items if item.real and (item.conversion.estimate < 0) == fell]
    return max(real, key=lambda item: abs(item.conversion.estimate) * item.visitors, default=None)


def rate_state(mix: MixRate, has_item: bool, *, one_is_festive: bool) -> str:
    """How sure it is that the sources' own conversion moved: `real`, `likely` or `noise`.

    The range must exclude 0. That is real where an item moved the same way for real, or where the chance of such a
    change by accident is below `ACCIDENT` and no festival in one of the periods explains it; else it is likely.
    """
    if math.isnan(mix.rate.low) or mix.rate.low <= 0 <= mix.rate.high:
        return "noise"
    return "real" if has_item or (mix.rate.p_value < ACCIDENT and not one_is_festive) else "likely"


def find_mix(seen: Seen) -> list[Finding]:
    """Conversion fell because other people came, and no buyer was lost (FN7): no reason to turn traffic off."""
    assert seen.mix is not None
    if seen.before is None:
        return []
    change, mix = seen.mix.change, seen.mix.mix
    if not change.high < 0 or mix.estimate > MIX_SHARE * change.estimate:
        return []
    if seen.now.buyers < KEPT_BUYERS * seen.before.buyers:
        return []
    return [
        Finding(
            code="simpson" if seen.mix.is_reversed else "mix_lowers_conversion",
            domain="FN7",
            confidence=1 - change.p_value / 2,
            owner="operator",
            basis=seen.basis.name,
            no_amount="no_loss",
            values={
                "change": change.estimate,
                "mix": mix.estimate,
                "share": mix.estimate / change.estimate,
                "buyers": seen.now.buyers,
                "buyers_before": seen.before.buyers,
            },
            review_on=seen.end + dt.timedelta(days=8),
        )
    ]
