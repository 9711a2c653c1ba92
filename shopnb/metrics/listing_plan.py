"""How long a test must run for differences of some sizes, and what each look can show.

Belongs here: the planner of the page, on `stats.plan`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from shopnb.memory import remembered
from shopnb.metrics.listing_states import LEVEL, LONGEST, LOOKS, POWER, Comparison
from shopnb.stats import allowance_for, plan


@dataclass(frozen=True)
class Plan:
    """How long a test must run.

    `rows`: one row per look (`day`, `smallest` visible difference in share points, `cost`). `effects`: one row per
    difference (`effect` share points, `relative`, `trials` a version, `days`, `cost`). NaN where it cannot be told.
    """

    baseline: float
    per_day: float
    rows: pd.DataFrame
    effects: pd.DataFrame


@remembered
def plan_test(comparison: Comparison, *, cost_per_day: float = math.nan) -> Plan:
    """The smallest difference that each look can show, and the days that differences of some sizes need.

    Parameters
    ----------
    comparison : the test so far; its current rate and trials a day are the basis, split equally over the versions.
    cost_per_day : spend a day of all versions; NaN where it is not known.
    """
    current = comparison.current
    if current is None or not comparison.days or not comparison.is_share or not 0 < current.rate.estimate < 1:
        return Plan(math.nan, math.nan, pd.DataFrame(), pd.DataFrame())
    rate, versions = current.rate.estimate, len(comparison.arms)
    per_day = sum(arm.trials for arm in comparison.arms) / comparison.days
    rows = [
        {
            "day": day,
            "smallest": smallest_visible(rate, day * per_day / versions, versions, days=day),
            "cost": day * cost_per_day,
        }
        for day in LOOKS
    ]
    wanted = sorted({round(relative, 4) for relative in (0.05, 0.1, 0.2, 0.3, comparison.zone / rate)})
    effects = []
    for relative in wanted:
        answer = plan(rate, relative * rate, power=POWER, level=LEVEL, variants=versions, per_day=per_day)
        effects.append(
            {
                "effect": relative * rate,
                "relative": relative,
                "trials": float(answer.trials_per_variant),
                "days": float(answer.days),
                "cost": float(answer.days) * cost_per_day,
            }
        )
    return Plan(rate, per_day, pd.DataFrame(rows), pd.DataFrame(effects))


@remembered
def smallest_visible(rate: float, trials: float, versions: int, *, days: int = LONGEST) -> float:
    """The smallest rise of `rate` that `trials` a version show with 80 % power, in share points; NaN if none below 1.

    `stats.plan` turned round: the trials needed fall with the square of the rise, so a few steps suffice. One day
    shows nothing, for how much days vary is not known after it.
    """
    if days < 2:
        return math.nan
    effect = min(0.1 * rate, (1 - rate) / 2)
    for _ in range(4):
        whole = plan(rate, effect, power=POWER, level=LEVEL, variants=versions)
        needed = whole.trials_per_variant / whole.allowance * allowance_for(days, power=POWER, variants=versions)
        effect *= math.sqrt(needed / trials)
        if not 0 < effect < 1 - rate:
            return math.nan
    return effect
