"""What forbids a switch: fewer carts or more refunds behind the click, a price or campaign that changed meanwhile.

Belongs here: the guardrails of a comparison that is made. The comparison itself is `metrics.listing_ab`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from shopnb.metrics.listing_ab import outcome_counts, within_days
from shopnb.metrics.listing_changes import PRICED
from shopnb.metrics.listing_disturbed import Disturbed
from shopnb.metrics.listing_states import (
    BY_DAY,
    GUARDS,
    JUDGED,
    LEAST_CLICKS,
    LEAST_SUCCESSES,
    LEVEL,
    Comparison,
    Design,
    State,
)
from shopnb.metrics.listing_tests import Counts
from shopnb.stats import Estimate, compare_proportions

LEAST_BUYERS = 30  # of each version before refunds are compared


def is_confounded(made: Comparison, disturbed: Disturbed, calm: Comparison | None) -> bool:
    """Whether what changed during a test forbids a verdict.

    Versions side by side: a price or campaign of the tested item itself, or a lead that changes sides without the days
    of shared campaigns. Versions that take turns meet a campaign unequally: its days are left out, and a verdict is
    forbidden where too few are left or a price of the whole shop changed, after which no day is as before.
    """
    if made.state not in JUDGED or not (disturbed.own or disturbed.shared):
        return False
    if disturbed.own:
        return True
    if made.design is Design.SWITCHBACK:
        return calm is None or calm.state not in JUDGED or any(name in PRICED for _, name in disturbed.shared)
    if made.design not in BY_DAY:
        return True
    if calm is None or made.best is None or made.state not in (State.SWITCH, State.KEEP):
        return False
    again = next((arm.difference for arm in calm.arms if arm.variant == made.best.variant), None)
    return again is not None and again.is_known and again.estimate * made.best.difference.estimate < 0


def after_click(counts: Counts, metric: str, first: str, second: str) -> Estimate:
    """Difference of a rate after the click, second minus first, compared within days.

    Parameters
    ----------
    metric : a key of `PARTS` or `GUARDS`. first, second : versions.

    Returns
    -------
    Estimate
        NaN with `missing_column` (the file has no such counts) or `too_few` (under 100 clicks or 5 of what is counted
        for one of the two; for refunds under 30 buyers of one, or 5 refunds of both).
    """
    frame = outcome_counts(counts, metric)
    sums = frame.groupby("variant")[["trials", "successes"]].sum().reindex([first, second])
    if sums.isna().any(axis=None):
        return Estimate(math.nan, code="missing_column")
    least, fewest = (
        (LEAST_BUYERS, sums["successes"].sum()) if metric in GUARDS else (LEAST_CLICKS, min(sums["successes"]))
    )
    if fewest < LEAST_SUCCESSES or (sums["trials"] < least).any():
        return Estimate(math.nan, code="too_few")
    if not counts.dated:
        (n_a, a), (n_b, b) = sums.to_numpy()
        return compare_proportions(a, n_a, b, n_b)
    difference, p_value = within_days(frame, first, second, level=LEVEL)
    return replace(difference, p_value=p_value)


_BRAKES = (State.SWITCH, State.LEVEL, State.WAIT, State.HOPELESS, State.UNSURE)


def braked(made: Comparison, carts: Comparison | None, gaps: Mapping[str, Estimate]) -> Comparison:
    """A switch, a draw or a wait becomes BRAKE where carts per impression end up lower or more orders are refunded.

    Parameters
    ----------
    carts : the same versions by cart rate; None without. gaps : `cart_rate` and `refund_rate` of the best version minus
        the current one's, where known.
    """
    if made.state not in _BRAKES or made.best is None or made.current is None:
        return made
    if carts is not None and _fewer_carts(made, carts, gaps.get("cart_rate", _UNKNOWN)):
        return replace(made, state=State.BRAKE, brake="cart_rate")
    refunds = gaps.get("refund_rate", _UNKNOWN)
    if refunds.is_known and refunds.low > 0:
        return replace(made, state=State.BRAKE, brake="refund_rate")
    return made


_UNKNOWN = Estimate(math.nan)


def _fewer_carts(made: Comparison, carts: Comparison, gap: Estimate) -> bool:
    """Whether fewer carts of each click outweigh the clicks; only asked of the click rate."""
    best, current = made.best, made.current
    if made.metric != "click_rate" or best is None or current is None or not gap.is_known or gap.high >= 0:
        return False
    base = next(arm.rate.estimate for arm in carts.arms if arm.variant == current.variant)
    clicks = current.rate.estimate + best.difference.estimate
    return clicks * (base + gap.estimate) < current.rate.estimate * base
