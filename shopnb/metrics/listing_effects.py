"""Whether the difference of two versions lasts, and whether it is the same on every device.

Belongs here: reading the trend (novelty) and the devices of one test. The statistics are `stats.effects`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from shopnb.metrics.listing_ab import outcome_counts, within_days
from shopnb.metrics.listing_states import LEAST_CLICKS, LEAST_SUCCESSES, LEVEL
from shopnb.metrics.listing_tests import Counts
from shopnb.stats import EffectTrend, Estimate, effect_trend, proportion_interval, rotation_test, same_effect


@dataclass(frozen=True)
class DeviceGap:
    """Two versions on one device: trials of both, their rates, and second minus first within days."""

    device: str
    trials: float
    first: Estimate
    second: Estimate
    difference: Estimate


@dataclass(frozen=True)
class Devices:
    """All devices of a test, the most used first; `p_value`: that the difference is the same on all of them."""

    gaps: tuple[DeviceGap, ...] = ()
    p_value: float = math.nan

    @property
    def turned(self) -> bool:
        """Whether the devices disagree on the direction, each beyond chance."""
        known = [one.difference for one in self.gaps if one.difference.is_known]
        return any(one.low > 0 for one in known) and any(one.high < 0 for one in known)


def trend_of(counts: Counts, metric: str, first: str, second: str) -> EffectTrend:
    """How the daily difference moves; `too_few_days` without days that both versions share."""
    if not counts.dated:
        return EffectTrend(math.nan, code="too_few_days")
    return effect_trend(outcome_counts(counts, metric), between=(first, second))


def devices_of(counts: Counts, metric: str, first: str, second: str) -> Devices:
    """The two versions on each device that the table names; none where it names fewer than two."""
    gaps, effects = [], []
    if counts.devices.empty or not counts.dated:
        return Devices()
    for device, rows in counts.devices.groupby("device"):
        frame = outcome_counts(replace(counts, daily=rows.drop(columns="device").reset_index(drop=True)), metric)
        pair = frame[frame["variant"].isin([first, second])].reset_index(drop=True)
        sums = pair.groupby("variant")[["trials", "successes"]].sum().reindex([first, second])
        if sums.isna().any(axis=None):
            continue
        enough = (sums["trials"] >= LEAST_CLICKS).all() and (sums["successes"] >= LEAST_SUCCESSES).all()
        rates = [proportion_interval(row.successes, row.trials) for row in sums.itertuples()]
        found = within_days(pair, first, second, level=LEVEL)[0] if enough else Estimate(math.nan, code="too_few")
        gaps.append(DeviceGap(str(device), float(sums["trials"].sum()), rates[0], rates[1], found))
        test = rotation_test(pair)
        if enough and test.is_known:
            sign = 1 if test.best == second else -1
            effects.append((sign * test.estimate, (test.high - test.low) / 2 / 1.96))
    gaps.sort(key=lambda one: (-one.trials, one.device))
    same = same_effect([one for one, _ in effects], [error for _, error in effects])
    return Devices(tuple(gaps), same) if len(gaps) > 1 else Devices()
