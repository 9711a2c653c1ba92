"""Comparing the versions of a table with one row a user: one look, at the end.

Belongs here: shares and means of users; a refund outcome is watched, not chosen. Daily counts are `metrics.listing_ab`.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from shopnb.metrics.listing_ab import (
    CURRENT_ARM,
    ZONE_SHARE,
    among_all,
    by_difference,
    chance_above,
    decided,
    equal_split,
)
from shopnb.metrics.listing_states import LEAST_CLICKS, LEAST_SUCCESSES, LEVEL, Arm, Comparison, Design, State
from shopnb.stats import compare_means, compare_proportions, mean_interval, proportion_interval

_REFUNDS = ("退款", "退货", "refund")


def is_refund(outcome: str) -> bool:
    """Whether an outcome counts what came back: more of it is worse."""
    return any(word in outcome.lower() for word in _REFUNDS)


def compare_users(outcomes: pd.DataFrame, *, metric: str, control: str, min_effect: float = 0.0) -> Comparison:
    """Compare versions on one outcome of a table with one row a user: one look, at the end.

    Parameters
    ----------
    outcomes : from `listing_tests.outcomes_of`.
    min_effect : smallest difference worth acting on, in units of the outcome; 0: 5 % of the current version's.
    """
    rows = outcomes[outcomes["outcome"] == metric]
    is_share = bool(rows["is_yes_no"].all())
    arms = _user_arms(rows, control, is_share=is_share)
    p_value = math.nan
    if is_share:
        frame = rows.assign(day=0, trials=rows["users"], successes=rows["total"])
        arms, p_value = among_all(arms, frame[["variant", "day", "trials", "successes"]], Design.USERS)
    made = Comparison(
        metric,
        Design.USERS,
        State.NO_COUNTS,
        tuple(arms),
        zone=min_effect or ZONE_SHARE * abs(arms[0].rate.estimate),
        p_value=p_value,
        sample_ratio_p=equal_split(dict(zip(rows["variant"], rows["users"], strict=True))),
        is_share=is_share,
    )
    return decided(made, control)


def _user_arms(rows: pd.DataFrame, control: str, *, is_share: bool) -> list[Arm]:
    whole = float(rows["users"].sum())
    made = []
    for row in rows.sort_values("variant").itertuples():
        users, total, squares = float(row.users), float(row.total), float(row.squares)
        rate = proportion_interval(total, users) if is_share else mean_interval(total, squares, users)
        enough = users >= LEAST_CLICKS and (total >= LEAST_SUCCESSES or not is_share)
        made.append(Arm(str(row.variant), users, total, 0, users / whole, rate, CURRENT_ARM, enough=enough))
    current = next((arm for arm in made if arm.variant == control), made[0])
    others = [arm for arm in made if arm is not current]
    level = 1 - (1 - LEVEL) / max(len(others), 1)
    compared = []
    for arm in others:
        if is_share:
            difference = compare_proportions(current.successes, current.trials, arm.successes, arm.trials, level=level)
        else:
            first, second = (
                (float(one["total"]), float(one["squares"]), float(one["users"]))
                for name in (current.variant, arm.variant)
                for one in [rows[rows["variant"] == name].iloc[0]]
            )
            difference = compare_means(first, second, level=level)
        compared.append(
            replace(arm, difference=difference, pooled=difference.estimate, chance=chance_above(difference))
        )
    return [current, *sorted(compared, key=by_difference)]
