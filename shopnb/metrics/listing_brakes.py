"""What forbids a switch: fewer carts behind the click, a price or campaign that changed while the versions ran.

Belongs here: the guardrails of a comparison that is made. The comparison itself is `metrics.listing_ab`.
"""

from __future__ import annotations

import math
from dataclasses import replace

from shopnb.metrics.listing_ab import outcome_counts, within_days
from shopnb.metrics.listing_disturbed import Disturbed
from shopnb.metrics.listing_states import BY_DAY, JUDGED, LEAST_CLICKS, LEAST_SUCCESSES, LEVEL, Comparison, State
from shopnb.metrics.listing_tests import Counts
from shopnb.stats import Estimate, compare_proportions


def is_confounded(made: Comparison, disturbed: Disturbed, calm: Comparison | None) -> bool:
    """Whether what changed during a test forbids a verdict.

    Versions side by side: a price or campaign of the tested item itself, or a lead that changes sides without the days
    of shared campaigns. Versions that take turns meet a campaign unequally: any change forbids it.
    """
    if made.state not in JUDGED or not (disturbed.own or disturbed.shared):
        return False
    if disturbed.own or made.design not in BY_DAY:
        return True
    if calm is None or made.best is None or made.state not in (State.SWITCH, State.KEEP):
        return False
    again = next((arm.difference for arm in calm.arms if arm.variant == made.best.variant), None)
    return again is not None and again.is_known and again.estimate * made.best.difference.estimate < 0


def after_click(counts: Counts, metric: str, first: str, second: str) -> Estimate:
    """Difference of a rate after the click, second minus first, compared within days.

    Returns
    -------
    Estimate
        NaN with `missing_column` (the file has no such counts) or `too_few` (under 100 clicks or 5 of what is counted
        for one of the two).
    """
    frame = outcome_counts(counts, metric)
    sums = frame.groupby("variant")[["trials", "successes"]].sum().reindex([first, second])
    if sums.isna().any(axis=None):
        return Estimate(math.nan, code="missing_column")
    if (sums["successes"] < LEAST_SUCCESSES).any() or (sums["trials"] < LEAST_CLICKS).any():
        return Estimate(math.nan, code="too_few")
    if not counts.dated:
        (n_a, a), (n_b, b) = sums.to_numpy()
        return compare_proportions(a, n_a, b, n_b)
    difference, p_value = within_days(frame, first, second, level=LEVEL)
    return replace(difference, p_value=p_value)


_BRAKES = (State.SWITCH, State.LEVEL, State.WAIT, State.HOPELESS)


def braked(made: Comparison, carts: Comparison, gap: Estimate) -> Comparison:
    """A switch, a draw or a wait by click rate becomes BRAKE where carts per impression end up lower.

    Parameters
    ----------
    carts : the same versions by cart rate. gap : cart rate of the best version minus the current one's.
    """
    best, current = made.best, made.current
    eased = made.metric != "click_rate" or made.state not in _BRAKES
    if eased or best is None or current is None or not gap.is_known or gap.high >= 0:
        return made
    base = next(arm.rate.estimate for arm in carts.arms if arm.variant == current.variant)
    clicks = current.rate.estimate + best.difference.estimate
    lower = clicks * (base + gap.estimate) < current.rate.estimate * base
    return replace(made, state=State.BRAKE) if lower else made
