"""Comparing the versions of a test: rates, differences from the current version, what to do, how much longer, money.

Belongs here: which comparison a table allows and the decision by it (pages.md 2.4). The statistics themselves are
`shopnb.stats`; reading tables is `metrics.listing_tests`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from shopnb.memory import remembered
from shopnb.metrics.listing_states import (
    ALARM_P,
    BY_DAY,
    GUARDS,
    LEAST_CLICKS,
    LEAST_DAYS,
    LEAST_SUCCESSES,
    LEVEL,
    LONGEST,
    LOOKS,
    ONE_LOOK,
    PARTS,
    Arm,
    Comparison,
    Design,
    State,
)
from shopnb.metrics.listing_tests import Counts
from shopnb.stats import (
    Estimate,
    always_valid_difference,
    compare_proportions,
    planned_difference,
    proportion_interval,
    rotation_test,
    sample_ratio,
    sequential_sample_ratio,
    switchback,
)
from shopnb.stats.switchback import LEAST_RUNS

ZONE_SHARE = 0.05  # differences below this share of the current rate are too small to act on, where nobody says more
_CURRENT = ("现用", "当前", "原图", "旧", "current", "control", "baseline", "original")


def design_of(counts: Counts, rotation: str) -> Design:
    """The design of a table of daily counts; `rotation` is what the person says, "" for what the table says."""
    told = rotation or counts.rotation
    if not counts.dated:
        return Design.TOTALS if told == "equal" else Design.UNDATED
    if apart := _apart(counts.daily):
        return apart
    return {"equal": Design.EQUAL, "optimised": Design.OPTIMISED}.get(told, Design.UNKNOWN)


def _apart(daily: pd.DataFrame) -> Design | None:
    """The design of versions that never share a day: turns, or one after the other; None where they share days."""
    versions = daily.groupby("day")["variant"].agg(["nunique", "first"]).sort_index()
    if daily["variant"].nunique() < 2 or (versions["nunique"] > 1).any():
        return None
    runs = int((versions["first"] != versions["first"].shift()).sum())
    return Design.SWITCHBACK if runs >= LEAST_RUNS else Design.BEFORE_AFTER


def current_of(rows: pd.DataFrame, control: str) -> str:
    """The current version: as given, else named so, else the one shown first, then by name.

    Parameters
    ----------
    rows : `variant`, optional `day`.
    """
    variants = sorted(rows["variant"].unique())
    if control in variants:
        return control
    named = [name for name in variants if any(word in name.lower() for word in _CURRENT)]
    if named or "day" not in rows or rows["day"].isna().all():
        return str((named or variants)[0])
    first = rows.groupby("variant")["day"].min()
    return str(min(variants, key=lambda name: (first[name], name)))


def outcome_counts(counts: Counts, metric: str) -> pd.DataFrame:
    """`variant`, `day`, `trials`, `successes` of one metric; rows that lack a part or cannot be true are left out.

    Rows with fewer trials than successes happen where carts of a click, or refunds of an order, come days later; they
    say nothing of a share.
    """
    trials, successes = (PARTS | GUARDS)[metric]
    frame = pd.DataFrame(
        {
            "variant": counts.daily["variant"],
            "day": counts.daily["day"] if counts.dated else 0,
            "trials": counts.daily[trials],
            "successes": counts.daily[successes],
        }
    ).dropna(subset=["trials", "successes"])
    return frame[(frame["trials"] > 0) & (frame["successes"] <= frame["trials"])].reset_index(drop=True)


@remembered
def compare_counts(
    counts: Counts, *, metric: str, design: Design, control: str, min_effect: float = 0.0, planned_days: int = 0
) -> Comparison:
    """Compare the versions of a table of counts.

    Parameters
    ----------
    counts : from `listing_tests.counts_of`.
    metric : a key of `PARTS`.
    control : name of the current version.
    min_effect : smallest difference worth acting on, share points; 0: 5 % of the current rate.
    planned_days : last day of a test that is read on days 1, 3, 7, 14, 28 and the last only; 0: read on any day.
    """
    frame = outcome_counts(counts, metric)
    clicks = counts.daily.groupby("variant")["clicks"].sum()
    made = Comparison(metric, design, State.NO_COUNTS)
    if frame.empty:
        return made
    arms, p_value = among_all(_arms(frame, design, control, clicks, planned_days), frame, design)
    made = replace(
        made,
        arms=tuple(arms),
        days=int(frame["day"].nunique()) if counts.dated else 0,
        zone=min_effect or ZONE_SHARE * arms[0].rate.estimate if arms[0].variant == control else math.nan,
        p_value=p_value,
        sample_ratio_p=_split_p(counts, design),
        missing_days=_gaps(frame) if counts.dated and design is not Design.BEFORE_AFTER else (),
    )
    if planned_days and counts.dated and design in BY_DAY:
        made = _at_looks(made, frame, planned_days)
    return decided(made, control)


def _at_looks(made: Comparison, frame: pd.DataFrame, planned_days: int) -> Comparison:
    """With the planned look that counts now, and the next."""
    passed = (max(frame["day"]) - min(frame["day"])).days + 1
    looks = [*(day for day in LOOKS if day < planned_days), planned_days]
    return replace(
        made,
        planned_days=planned_days,
        look_day=float(max((day for day in looks if day <= passed), default=math.nan)),
        next_look=float(min((day for day in looks if day > passed), default=math.nan)),
    )


def _split_p(counts: Counts, design: Design) -> float:
    """p that the impressions were split equally, for equal rotation only: over the days on which all were shown."""
    if design not in (Design.EQUAL, Design.TOTALS):
        return math.nan
    daily = counts.daily
    if not counts.dated:
        return equal_split(daily.groupby("variant")["impressions"].sum().to_dict())
    versions = daily["variant"].nunique()
    shared = daily[daily.groupby("day")["variant"].transform("nunique") == versions]
    if versions < 2 or not shared["impressions"].sum():
        return math.nan
    return sequential_sample_ratio(shared.rename(columns={"impressions": "trials"})).p_value


def equal_split(sizes: dict[str, float]) -> float:
    """p that these were drawn with equal chances, one look; NaN for one version or none."""
    if len(sizes) < 2 or not sum(sizes.values()):
        return math.nan
    return sample_ratio(pd.DataFrame({"variant": list(sizes), "trials": list(sizes.values())})).p_value


def _gaps(frame: pd.DataFrame) -> tuple[dt.date, ...]:
    days = set(frame["day"])
    span = (max(days) - min(days)).days + 1
    return tuple(sorted({min(days) + dt.timedelta(days=turn) for turn in range(span)} - days))


def _arms(frame: pd.DataFrame, design: Design, control: str, clicks: pd.Series, planned_days: int) -> list[Arm]:
    """All versions, the current one first, the others by their difference from it."""
    sums = frame.groupby("variant")[["trials", "successes"]].sum()
    days = frame.groupby("variant")["day"].nunique()
    whole = float(sums["trials"].sum())
    made = []
    for name, row in sums.iterrows():
        trials, successes = float(row["trials"]), float(row["successes"])
        enough = clicks.get(name, 0.0) >= LEAST_CLICKS and successes >= LEAST_SUCCESSES
        rate = proportion_interval(successes, trials)
        arm = Arm(str(name), trials, successes, int(days[name]), trials / whole, rate, CURRENT_ARM, enough=bool(enough))
        made.append(arm)
    current = next((arm for arm in made if arm.variant == control), None)
    if current is None:
        return made
    others = [arm for arm in made if arm is not current]
    level = 1 - (1 - LEVEL) / max(len(others), 1)
    compared = [_against(current, arm, frame, design, level, planned_days) for arm in others]
    return [current, *sorted(compared, key=by_difference)]


_NOT_COMPARED = ("no_rows", "one_arm", "zero_denominator", "no_successes", "no_common_days")
CURRENT_ARM = Estimate(math.nan, code="current")


def by_difference(arm: Arm) -> tuple[bool, float, str]:
    """Order of versions: the largest difference first, unknown ones last, by name."""
    gap = arm.difference.estimate
    return (True, 0.0, arm.variant) if math.isnan(gap) else (False, -gap, arm.variant)


def _against(current: Arm, arm: Arm, frame: pd.DataFrame, design: Design, level: float, planned_days: int) -> Arm:
    """An arm with its difference from the current version; intervals share one error over all versions."""
    whole = compare_proportions(current.successes, current.trials, arm.successes, arm.trials, level=level)
    if design in (Design.USERS, Design.TOTALS):
        return replace(arm, difference=whole, pooled=whole.estimate, chance=chance_above(whole))
    if design is Design.UNDATED:
        return replace(arm, difference=Estimate(math.nan, code="undated"), pooled=whole.estimate)
    if design is Design.SWITCHBACK:
        turns = _turns(frame, current.variant, arm.variant, level=level)
        return replace(arm, difference=turns, pooled=whole.estimate, chance=chance_above(turns))
    difference, p_value = within_days(frame, current.variant, arm.variant, level=level)
    if planned_days and difference.is_known:
        between = (current.variant, arm.variant)
        difference = planned_difference(frame, last_day=planned_days, level=level, between=between)
    return replace(
        arm, difference=difference, pooled=whole.estimate, chance=chance_above(replace(difference, p_value=p_value))
    )


def _turns(frame: pd.DataFrame, first: str, second: str, *, level: float) -> Estimate:
    """Second version minus first where they took turns by day."""
    pair = frame[frame["variant"].isin([first, second])]
    found = switchback(pair, level=level)
    if first < second or not found.is_known:
        return found
    return Estimate(-found.estimate, -found.high, -found.low, found.p_value, found.code)


def within_days(frame: pd.DataFrame, first: str, second: str, *, level: float) -> tuple[Estimate, float]:
    """Second version minus first within days, with an interval for any look; and the p of the day-stratified test."""
    difference = always_valid_difference(frame, level=level, between=(first, second))
    pair = frame[frame["variant"].isin([first, second])].reset_index(drop=True)
    return difference, rotation_test(pair).p_value if difference.is_known else math.nan


def chance_above(difference: Estimate) -> float:
    """Probability that the difference is above 0, from its two-sided p (a flat prior)."""
    if not difference.is_known or math.isnan(difference.p_value):
        return math.nan
    half = difference.p_value / 2
    return 1 - half if difference.estimate > 0 else half


def among_all(arms: list[Arm], frame: pd.DataFrame, design: Design) -> tuple[list[Arm], float]:
    """Chance to be the best and expected loss of every version, and the p that all are equal within days."""
    if len(arms) < 2 or design in (Design.UNDATED, Design.SWITCHBACK, Design.BEFORE_AFTER):
        return arms, math.nan
    test = rotation_test(frame)
    if test.code in _NOT_COMPARED:
        return arms, math.nan
    by_name = test.arms.set_index("variant")
    told = [
        replace(
            arm,
            chance_best=float(by_name.loc[arm.variant, "chance_best"]),
            loss=float(by_name.loc[arm.variant, "expected_loss"]),
        )
        for arm in arms
    ]
    return told, float(test.p_value)


def decided(made: Comparison, control: str) -> Comparison:
    """The state of a comparison, and how long to go on."""
    if len(made.arms) < 2 or made.arms[0].variant != control:
        return replace(made, state=State.ONE_VERSION)
    if made.design is Design.UNDATED:
        return replace(made, state=State.UNDATED)
    if made.design not in ONE_LOOK and made.days == 1:
        return replace(made, state=State.ONE_DAY)
    if all(arm.difference.code == "no_common_days" for arm in made.arms[1:]):
        return replace(made, state=State.NO_COMMON)
    others = [arm for arm in made.arms[1:] if arm.enough and arm.difference.is_known]
    too_short = made.design not in ONE_LOOK and made.days < LEAST_DAYS
    if too_short or not others or not made.arms[0].enough:
        return replace(made, state=State.TOO_FEW, wait_days=_days_to_gate(made))
    if made.sample_ratio_p < ALARM_P:
        return replace(made, state=State.SAMPLE_RATIO)
    state = _by_intervals(others, made.zone)
    if state is not State.WAIT:
        return replace(made, state=state)
    if not made.days or (made.planned_days and math.isnan(made.next_look)):
        return replace(made, state=State.UNSURE)
    if made.planned_days:
        return replace(made, state=State.WAIT, wait_days=made.next_look - made.days)
    wait = _days_to_go(made)
    fits = made.days + wait <= LONGEST
    return replace(made, state=State.WAIT if fits else State.HOPELESS, wait_days=wait)


def _by_intervals(others: Sequence[Arm], zone: float) -> State:
    """Switch, keep, level or wait, from intervals that hold at any look."""
    highest = max(arm.difference.high for arm in others)
    if any(arm.difference.low > 0 and arm.difference.high >= zone for arm in others):
        return State.SWITCH
    if highest < 0:
        return State.KEEP
    if highest < zone:
        level = all(arm.difference.low > -zone for arm in others)
        return State.LEVEL if level else State.KEEP_ENOUGH
    return State.WAIT


def _days_to_gate(made: Comparison) -> float:
    """Days until there are enough days and clicks of the current version and of one other, at today's pace."""
    known = sorted((arm.successes for arm in made.arms[1:]), reverse=True)
    fewest = min(made.arms[0].successes, known[0]) if known else 0.0
    need = LEAST_CLICKS if made.metric == "click_rate" else LEAST_SUCCESSES
    by_volume = made.days * max(need / fewest - 1, 0) if fewest else math.inf
    wait = max(LEAST_DAYS - made.days, math.ceil(by_volume) if math.isfinite(by_volume) else 0)
    return float(max(wait, 1))


def _days_to_go(made: Comparison) -> float:
    """About how many more days until the interval clears 0 or the zone, if the difference stays as it is.

    Half-widths shrink with the square root of the days; at least one day.
    """
    best = made.best
    if best is None:
        return math.nan
    half = (best.difference.high - best.difference.low) / 2
    size = abs(best.difference.estimate)
    target = max(size, made.zone - size)
    return float(max(1, math.ceil(made.days * ((half / target) ** 2 - 1)))) if target > 0 else math.inf
