"""Rules of the shop overview: totals, signals and items to findings (domain catalogue: sections 2, 5, 7 and 15)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

from shopnb.findings import Finding
from shopnb.metrics.changes import Recheck
from shopnb.metrics.items import ItemChange
from shopnb.metrics.overview import AdScene, Signal, Totals
from shopnb.stats import prediction_interval

MONTH_DAYS = 30
LEAST_SHARE, LEAST_AMOUNT = 0.01, 300.0  # worth a finding: 1 % of 30-day margin, at least ¥300 (pages.md 4.2)
KEPT_SALES = 0.95  # sales from here on count as kept when more visitors convert less
OPEN_WINDOW = 0.89  # most confidence while the attribution window of the last days is open: deals can only be added
LEAST_ORDERS = 10  # deals of an ad scene below which its return is chance
AD_STEP = 1.30  # ad spend counts as changed from +30 % on
CONTENT_STEP = 0.05  # share of visitors that came to live, video or picture posts, above its base


@dataclass(frozen=True)
class Basis:
    """How money is counted on the page: `share` turns payment into it; margin counts refunds as lost sales."""

    name: str  # margin or payment
    share: float

    @classmethod
    def of(cls, margin_rate: float, refund_share: float) -> Basis:
        """Margin when somebody typed a rate, else payment."""
        if math.isnan(margin_rate):
            return cls("payment", 1.0)
        return cls("margin", margin_rate * (1 - (0.0 if math.isnan(refund_share) else refund_share)))


def least_amount(now: Totals) -> float:
    """Money per 30 days below which nothing is worth a finding."""
    whole = now.margin if not math.isnan(now.margin) else now.paid_amount
    month = abs(whole) / now.period.days * MONTH_DAYS if not math.isnan(whole) else 0.0
    return max(LEAST_SHARE * month, LEAST_AMOUNT)


def find_overview(
    now: Totals,
    bases: Sequence[Totals],
    watched: dict[str, Signal],
    items: Sequence[ItemChange],
    *,
    basis: Basis,
    short_names: dict[str, str],
    scenes: Sequence[AdScene] = (),
    totals_too: bool = True,
) -> list[Finding]:
    """All findings of the page, unranked.

    Parameters
    ----------
    now : the period. bases : normal periods before it; with fewer than three, no finding is made from totals.
    watched : from `metrics.overview.signals`. items : from `metrics.items.item_changes`, may be empty.
    short_names : item id to the name shown. scenes : from `ad_scenes`; where there are any, they speak for the ads.
    totals_too : whether totals and signals are looked at, or only items and scenes.
    """
    found = find_items(items, now, basis=basis, short_names=short_names) + find_scenes(scenes, now, basis=basis)
    situation = Situation(now, bases, watched, basis, tuple(found))
    if totals_too and len(bases) >= 3:
        found += [
            one
            for rule in (find_conversion, find_visitors, find_refunds, *(() if scenes else (find_ads,)))
            if (one := rule(situation)) is not None
        ]
    floor = least_amount(now)
    return [one for one in found if math.isnan(one.amount) or one.at_stake >= floor]


@dataclass(frozen=True)
class Situation:
    """What the rules on totals look at; `items` are the findings on items made before them."""

    now: Totals
    bases: Sequence[Totals]
    watched: dict[str, Signal]
    basis: Basis
    items: tuple[Finding, ...]


def _review(now: Totals, days: int) -> dt.date:
    return now.period.end + dt.timedelta(days=days)


def find_scenes(scenes: Sequence[AdScene], now: Totals, *, basis: Basis) -> list[Finding]:
    """Ad scenes whose deals do not pay for them, over the whole range of chance (AD5).

    Break-even = 1 ÷ [margin rate × (1 − refund share)]. The range takes orders as Poisson; deals of the last days still
    come in, so the confidence is capped.
    """
    if basis.name != "margin" or not basis.share:
        return []
    found = []
    for scene in scenes:
        if not scene.cost or scene.deal_orders < LEAST_ORDERS:
            continue
        earned = scene.deal_amount * basis.share
        slack = 1.645 / math.sqrt(scene.deal_orders)
        low, high = (_per_month(earned * max(0.0, 1 + side * slack) - scene.cost, now) for side in (-1, 1))
        if high >= 0:
            continue
        enough = scene.cost / earned * scene.deal_orders if earned else math.inf
        sure = special.ndtr(2 * (math.sqrt(enough) - math.sqrt(scene.deal_orders))) if earned else 1.0
        found.append(
            Finding(
                code="ad_below_break_even",
                domain="AD5",
                confidence=min(float(sure), OPEN_WINDOW),
                owner="ads",
                basis=basis.name,
                amount=_per_month(earned - scene.cost, now),
                low=low,
                high=high,
                values={
                    "scene": scene.name,
                    "cost": scene.cost,
                    "cost_before": scene.cost_before,
                    "returns": scene.return_on_spend,
                    "break_even": 1 / basis.share,
                },
                review_on=_review(now, 15),
            )
        )
    return found


def find_items(items: Sequence[ItemChange], now: Totals, *, basis: Basis, short_names: dict[str, str]) -> list[Finding]:
    """Items whose conversion changed for real: mend those that fell (FN13), widen those that rose (FN12)."""
    found = []
    for item in items:
        if not item.real or not item.payers:
            continue
        per_visitor = item.paid_amount / item.payers * basis.share * item.visitors / now.period.days * MONTH_DAYS
        change = item.conversion
        fell = change.estimate < 0
        refund_share = item.refunded_amount / item.paid_amount if item.paid_amount else math.nan
        refund_base = item.refunded_amount_base / item.paid_amount_base if item.paid_amount_base else math.nan
        found.append(
            Finding(
                code="item_conversion_fell" if fell else "item_conversion_rose",
                domain="FN13" if fell else "FN12",
                confidence=1 - change.p_value / 2,
                owner="operator",
                basis=basis.name,
                amount=change.estimate * per_visitor,
                low=change.low * per_visitor,
                high=change.high * per_visitor,
                values={
                    "item": short_names.get(item.item_id, item.item_id),
                    "item_id": item.item_id,
                    "rate": item.payers / item.visitors,
                    "rate_base": item.payers_base / item.visitors_base,
                    "refund_share": refund_share,
                    "refund_share_base": refund_base,
                },
                review_on=_review(now, 8),
            )
        )
    return found


def _mean(bases: Sequence[Totals], name: str) -> float:
    values = [getattr(base, name) for base in bases]
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def _now_or_usual(seen: Situation, name: str) -> float:
    """A number of the period; its mean over normal periods where nobody came or bought and there is none."""
    value = float(getattr(seen.now, name))
    return _mean(seen.bases, name) if math.isnan(value) else value


def _per_month(amount: float, now: Totals) -> float:
    return amount / now.period.days * MONTH_DAYS


def find_conversion(seen: Situation) -> Finding | None:
    """Conversion outside its normal range: a loss, or only more visitors of another kind (pages.md 4.4)."""
    now, watched, basis = seen.now, seen.watched, seen.basis
    signal = watched["payment_conversion"]
    if not signal.stands_out:
        return None
    worth = now.visitor_days * _now_or_usual(seen, "spend_per_buyer") * basis.share
    lost = _per_month((signal.now - signal.base) * worth, now)
    ends = [_per_month((signal.now - end) * worth, now) for end in (signal.high, signal.low)]
    values = {"rate": signal.now, "rate_base": signal.base, "low": signal.low, "high": signal.high}
    content = now.content_visitor_days / now.visitor_days if now.visitor_days else math.nan
    content_base = _mean(seen.bases, "content_visitor_days") / _mean(seen.bases, "visitor_days")
    kept_selling = watched["paid_amount"].now >= KEPT_SALES * watched["paid_amount"].base
    more_visitors = watched["visitor_days"].now > watched["visitor_days"].high
    if signal.direction < 0 and more_visitors and kept_selling:
        by_content = content - content_base > CONTENT_STEP
        return Finding(
            code="content_lowers_conversion" if by_content else "more_visitors_lower_conversion",
            domain="FN7",
            confidence=signal.confidence,
            owner="operator",
            basis=basis.name,
            no_amount="no_loss",
            values={**values, "visitors": now.visitor_days, "visitors_base": watched["visitor_days"].base},
            review_on=_review(now, 7),
        )
    cause = next(
        (one.code for one in seen.items if one.code.startswith("item_conversion") and one.amount * lost > 0), None
    )
    return Finding(
        code="conversion_fell" if signal.direction < 0 else "conversion_rose",
        domain="FN10",
        confidence=signal.confidence,
        owner="operator",
        basis=basis.name,
        amount=lost,
        low=min(ends),
        high=max(ends),
        values=values,
        review_on=_review(now, 7),
        same_cause_as=cause,
    )


def find_visitors(seen: Situation) -> Finding | None:
    """Visitors outside their normal range, where sales moved the same way (TR23)."""
    now, watched, basis = seen.now, seen.watched, seen.basis
    signal = watched["visitor_days"]
    sales = watched["paid_amount"]
    if not signal.stands_out or sales.direction != signal.direction:
        return None
    worth = _now_or_usual(seen, "visitor_value") * basis.share
    return Finding(
        code="visitors_fell" if signal.direction < 0 else "visitors_rose",
        domain="TR23",
        confidence=signal.confidence,
        owner="operator",
        basis=basis.name,
        amount=_per_month((signal.now - signal.base) * worth, now),
        low=_per_month((signal.now - signal.high) * worth, now),
        high=_per_month((signal.now - signal.low) * worth, now),
        values={"visitors": signal.now, "visitors_base": signal.base, "low": signal.low, "high": signal.high},
        review_on=_review(now, 7),
    )


def find_ads(seen: Situation) -> Finding | None:
    """Ad spend up by a step without sales above normal (AD5): extra spend less what extra sales can have brought."""
    now, watched, basis, bases = seen.now, seen.watched, seen.basis, seen.bases
    before = _mean(bases, "ad_cost")
    sales = watched["paid_amount"]
    if not before or math.isnan(before) or math.isnan(now.ad_cost) or now.ad_cost < AD_STEP * before:
        return None
    if math.isnan(sales.high) or sales.now > sales.high:
        return None
    extra = now.ad_cost - before
    brought = max(0.0, sales.now - sales.base) * basis.share
    most = max(0.0, sales.now - sales.low) * basis.share
    if basis.name == "payment" or brought >= extra:
        return None  # without a margin rate, spend cannot be weighed against payment
    unpaid = sales.now - extra / basis.share  # sales without the extra ads, had these just paid for themselves
    chance = prediction_interval([base.paid_amount for base in bases], unpaid).p_value / 2
    return Finding(
        code="ad_cost_up",
        domain="AD5",
        confidence=1 - chance if unpaid < sales.base else chance,
        owner="ads",
        basis=basis.name,
        amount=_per_month(brought - extra, now),
        low=_per_month(-extra, now),
        high=_per_month(most - extra, now),
        values={
            "cost": now.ad_cost,
            "cost_base": before,
            "share": now.ad_share,
            "share_base": _mean(bases, "ad_share"),
            "sales": sales.now,
            "sales_base": sales.base,
        },
        review_on=_review(now, 15),
    )


def find_refunds(seen: Situation) -> Finding | None:
    """Refunds above their normal share of recent sales; follows an item whose conversion fell, where there is one.

    Against the sales of the last 20 days, so that refunds of a campaign's orders are no alarm in the week after it.
    """
    now, watched, basis = seen.now, seen.watched, seen.basis
    signal = watched["refund_load"]
    if not signal.stands_out or signal.direction < 0:
        return None
    sales = now.refunded_amount / signal.now
    lost = [_per_month((signal.now - end) * sales, now) for end in (signal.base, signal.high, signal.low)]
    cause = next((one.code for one in seen.items if one.code == "item_conversion_fell"), None)
    return Finding(
        code="refunds_up",
        domain="QA9",
        confidence=signal.confidence,
        owner="aftersale",
        basis=basis.name,
        amount=-lost[0],
        low=-max(lost),
        high=-min(lost),
        values={"share": signal.now, "share_base": signal.base, "refunded": now.refunded_amount},
        review_on=_review(now, 7),
        same_cause_as=cause,
    )


def recheck(
    earlier: Sequence[Finding], items: Sequence[ItemChange], scenes: Sequence[AdScene], found_on: dt.date
) -> list[Recheck]:
    """Earlier findings on items and ad scenes against today's numbers.

    Parameters
    ----------
    earlier : findings of the period before. items : this period against that one. scenes : of this period.

    Returns
    -------
    worked: the item's conversion rose beyond chance, or the scene returns its break-even; did_not: still as low beyond
    chance (the item), below break-even (the scene); unclear otherwise. Findings that asked for more of a good thing are
    not rechecked.
    """
    by_item = {item.item_id: item for item in items}
    by_scene = {scene.name: scene for scene in scenes}
    found = []
    for one in earlier:
        values = one.values
        if one.code == "item_conversion_fell" and (item := by_item.get(values["item_id"])) and item.visitors:
            change = item.conversion
            worked = change.low > 0
            level = change.high < values["rate_base"] - values["rate"]  # what it lost has not come back
            state = "worked" if worked else "did_not" if level else "unclear"
            found.append(
                Recheck(one.code, values["item"], found_on, values["rate"], item.buyers / item.visitors, state)
            )
        elif one.code == "ad_below_break_even" and (scene := by_scene.get(values["scene"])) and scene.cost:
            state = "worked" if scene.return_on_spend >= values["break_even"] else "did_not"
            found.append(Recheck(one.code, scene.name, found_on, values["returns"], scene.return_on_spend, state))
    return found
