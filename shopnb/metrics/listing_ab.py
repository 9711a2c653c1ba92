"""Comparing the versions of a test: rates, differences from the current version, what to do, how much longer, money.

Belongs here: which comparison a table allows and the decision by it (pages.md 2.4). The statistics themselves are
`shopnb.stats`; reading tables is `metrics.listing_tests`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

import pandas as pd

from shopnb.metrics.listing_disturbed import Disturbed
from shopnb.metrics.listing_tests import Counts
from shopnb.stats import (
    Estimate,
    allowance_for,
    always_valid_difference,
    compare_means,
    compare_proportions,
    mean_interval,
    plan,
    planned_difference,
    proportion_interval,
    rotation_test,
    sample_ratio,
    sequential_sample_ratio,
    switchback,
)
from shopnb.stats.switchback import LEAST_RUNS

PARTS = {  # metric: (of what, how many)
    "click_rate": ("impressions", "clicks"),
    "cart_rate": ("clicks", "carts"),
    "payment_conversion": ("clicks", "payers"),
    "favourite_rate": ("clicks", "favourites"),
}
LEVEL = 0.95
LEAST_DAYS, LEAST_CLICKS, LEAST_SUCCESSES = 3, 100, 5  # before a verdict (pages.md 4.2)
ZONE_SHARE = 0.05  # differences below this share of the current rate are too small to act on, where nobody says more
ALARM_P = 0.01  # sample ratio: an unequal split this unlikely is an alarm
LOOKS = (1, 3, 7, 14, 28)  # LT12
LONGEST = LOOKS[-1]
POWER = 0.8
_CURRENT = ("现用", "当前", "原图", "旧", "current", "control", "baseline", "original")


class Design(StrEnum):
    """How the versions were shown, as recognised from the table."""

    EQUAL = "equal"  # by day, equal rotation
    OPTIMISED = "optimised"  # by day, the platform gives more to the leader
    UNKNOWN = "unknown"  # by day, rotation not told
    USERS = "users"  # one row a user
    TOTALS = "totals"  # no days, equal rotation
    UNDATED = "undated"  # no days, and not known to be equal: no comparison
    SWITCHBACK = "switchback"  # one version a day, taking turns
    BEFORE_AFTER = "before_after"  # one version, then the other; or a change of the log
    PRODUCTS = "products"  # items as versions
    VOTES = "votes"  # what people say they prefer


_ONE_LOOK = (Design.USERS, Design.TOTALS)  # compared once, on sums


class State(StrEnum):
    """What to do with a test."""

    ONE_VERSION = "one_version"
    NO_COUNTS = "no_counts"  # the metric's columns are not there
    UNDATED = "undated"
    ONE_DAY = "one_day"
    NO_COMMON = "no_common"  # never shown on the same day: before/after, no comparison
    TOO_FEW = "too_few"
    SAMPLE_RATIO = "sample_ratio"
    SWITCH = "switch"
    BRAKE = "brake"  # clicks are no fewer, but what follows the click is worse on balance
    KEEP = "keep"
    KEEP_ENOUGH = "keep_enough"  # no other version can be better by what matters
    LEVEL = "level"  # no difference that matters
    WAIT = "wait"
    HOPELESS = "hopeless"  # not decided within the longest test
    UNSURE = "unsure"  # the last look does not decide
    CONFOUNDED = "confounded"  # price or campaign changed while it ran
    CHANGE = "change"  # a change of the log, judged by its series
    PRODUCTS = "products"
    VOTES = "votes"


DECIDED = (State.SWITCH, State.BRAKE, State.KEEP, State.KEEP_ENOUGH, State.LEVEL)
JUDGED = (*DECIDED, State.WAIT, State.HOPELESS, State.UNSURE)  # states that say something of the versions


@dataclass(frozen=True)
class Arm:
    """One version.

    `rate`: pooled, with its interval (mean of an amount for such outcomes). `difference`: from the current version,
    compared within days, with an interval that holds at any look; the current version's own is NaN with code
    `current`. `chance`: probability of being better than the current one; `chance_best`: than all. `loss`: share points
    lost on average by choosing this version. `share`: part of all trials.
    """

    variant: str
    trials: float
    successes: float
    days: int
    share: float
    rate: Estimate
    difference: Estimate
    pooled: float = math.nan
    chance: float = math.nan
    chance_best: float = math.nan
    loss: float = math.nan
    enough: bool = True

    @property
    def is_current(self) -> bool:
        """Whether all others are compared with this one."""
        return self.difference.code == "current"


@dataclass(frozen=True)
class Comparison:
    """All versions of a test on one metric, and what follows.

    `arms`: the current version first, then by difference. `zone`: a difference below it is too small to matter.
    `wait_days`: about so many more until it is decided (WAIT), else NaN. `p_value`: that all versions are equal.
    `sample_ratio_p`: NaN unless the split was meant to be equal. With `planned_days` the test is read on planned days
    only: `look_day` is the one that counts, `next_look` the day of the next, NaN after the last.
    """

    metric: str
    design: Design
    state: State
    arms: tuple[Arm, ...] = ()
    days: int = 0
    zone: float = math.nan
    p_value: float = math.nan
    sample_ratio_p: float = math.nan
    wait_days: float = math.nan
    is_share: bool = True
    missing_days: tuple[dt.date, ...] = field(default=())
    planned_days: int = 0
    look_day: float = math.nan
    next_look: float = math.nan

    @property
    def current(self) -> Arm | None:
        """The version that is in use now."""
        return self.arms[0] if self.arms else None

    @cached_property
    def best(self) -> Arm | None:
        """The other version that the comparison is about: the surest leader, else the largest difference."""
        others = [arm for arm in self.arms[1:] if arm.enough and arm.difference.is_known]
        ahead = [arm for arm in others if arm.difference.low > 0]
        return max(ahead or others, key=lambda arm: arm.difference.estimate, default=None)

    @property
    def exaggerates(self) -> bool:
        """Whether sums over days misstate the difference by 5 % of it, and by a tenth of the zone at least."""
        best = self.best
        if best is None or math.isnan(best.pooled) or self.design in (*_ONE_LOOK, Design.SWITCHBACK):
            return False
        gap = abs(best.pooled - best.difference.estimate)
        return gap > 0.05 * abs(best.difference.estimate) and gap > 0.1 * self.zone


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

    Rows with fewer trials than successes happen where carts of a click come days later; they say nothing of a share.
    """
    trials, successes = PARTS[metric]
    frame = pd.DataFrame(
        {
            "variant": counts.daily["variant"],
            "day": counts.daily["day"] if counts.dated else 0,
            "trials": counts.daily[trials],
            "successes": counts.daily[successes],
        }
    ).dropna(subset=["trials", "successes"])
    return frame[(frame["trials"] > 0) & (frame["successes"] <= frame["trials"])].reset_index(drop=True)


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
    arms, p_value = _among_all(_arms(frame, design, control, clicks, planned_days), frame, design)
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
    return _decided(made, control)


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


BY_DAY = (Design.EQUAL, Design.OPTIMISED, Design.UNKNOWN)


def _split_p(counts: Counts, design: Design) -> float:
    """p that the impressions were split equally, for equal rotation only: over the days on which all were shown."""
    if design not in (Design.EQUAL, Design.TOTALS):
        return math.nan
    daily = counts.daily
    if not counts.dated:
        return _equal_split(daily.groupby("variant")["impressions"].sum().to_dict())
    versions = daily["variant"].nunique()
    shared = daily[daily.groupby("day")["variant"].transform("nunique") == versions]
    if versions < 2 or not shared["impressions"].sum():
        return math.nan
    return sequential_sample_ratio(shared.rename(columns={"impressions": "trials"})).p_value


def _equal_split(sizes: dict[str, float]) -> float:
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
        arm = Arm(
            str(name), trials, successes, int(days[name]), trials / whole, rate, _CURRENT_ARM, enough=bool(enough)
        )
        made.append(arm)
    current = next((arm for arm in made if arm.variant == control), None)
    if current is None:
        return made
    others = [arm for arm in made if arm is not current]
    level = 1 - (1 - LEVEL) / max(len(others), 1)
    compared = [_against(current, arm, frame, design, level, planned_days) for arm in others]
    return [current, *sorted(compared, key=_by_difference)]


_NOT_COMPARED = ("no_rows", "one_arm", "zero_denominator", "no_successes", "no_common_days")
_CURRENT_ARM = Estimate(math.nan, code="current")


def _by_difference(arm: Arm) -> tuple[bool, float, str]:
    gap = arm.difference.estimate
    return (True, 0.0, arm.variant) if math.isnan(gap) else (False, -gap, arm.variant)


def _against(current: Arm, arm: Arm, frame: pd.DataFrame, design: Design, level: float, planned_days: int) -> Arm:
    """An arm with its difference from the current version; intervals share one error over all versions."""
    whole = compare_proportions(current.successes, current.trials, arm.successes, arm.trials, level=level)
    if design in (Design.USERS, Design.TOTALS):
        return replace(arm, difference=whole, pooled=whole.estimate, chance=_chance(whole))
    if design is Design.UNDATED:
        return replace(arm, difference=Estimate(math.nan, code="undated"), pooled=whole.estimate)
    if design is Design.SWITCHBACK:
        turns = _turns(frame, current.variant, arm.variant, level=level)
        return replace(arm, difference=turns, pooled=whole.estimate, chance=_chance(turns))
    difference, p_value = _within_days(frame, current.variant, arm.variant, level=level)
    if planned_days and difference.is_known:
        between = (current.variant, arm.variant)
        difference = planned_difference(frame, last_day=planned_days, level=level, between=between)
    return replace(
        arm, difference=difference, pooled=whole.estimate, chance=_chance(replace(difference, p_value=p_value))
    )


def _turns(frame: pd.DataFrame, first: str, second: str, *, level: float) -> Estimate:
    """Second version minus first where they took turns by day."""
    pair = frame[frame["variant"].isin([first, second])]
    found = switchback(pair, level=level)
    if first < second or not found.is_known:
        return found
    return Estimate(-found.estimate, -found.high, -found.low, found.p_value, found.code)


def _within_days(frame: pd.DataFrame, first: str, second: str, *, level: float) -> tuple[Estimate, float]:
    """Second version minus first within days, with an interval for any look; and the p of the day-stratified test."""
    difference = always_valid_difference(frame, level=level, between=(first, second))
    pair = frame[frame["variant"].isin([first, second])].reset_index(drop=True)
    return difference, rotation_test(pair).p_value if difference.is_known else math.nan


def _chance(difference: Estimate) -> float:
    """Probability that the difference is above 0, from its two-sided p (a flat prior)."""
    if not difference.is_known or math.isnan(difference.p_value):
        return math.nan
    half = difference.p_value / 2
    return 1 - half if difference.estimate > 0 else half


def _among_all(arms: list[Arm], frame: pd.DataFrame, design: Design) -> tuple[list[Arm], float]:
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


def _decided(made: Comparison, control: str) -> Comparison:
    """The state of a comparison, and how long to go on."""
    if len(made.arms) < 2 or made.arms[0].variant != control:
        return replace(made, state=State.ONE_VERSION)
    if made.design is Design.UNDATED:
        return replace(made, state=State.UNDATED)
    if made.design not in _ONE_LOOK and made.days == 1:
        return replace(made, state=State.ONE_DAY)
    if all(arm.difference.code == "no_common_days" for arm in made.arms[1:]):
        return replace(made, state=State.NO_COMMON)
    others = [arm for arm in made.arms[1:] if arm.enough and arm.difference.is_known]
    too_short = made.design not in _ONE_LOOK and made.days < LEAST_DAYS
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


# Users


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
        arms, p_value = _among_all(arms, frame[["variant", "day", "trials", "successes"]], Design.USERS)
    made = Comparison(
        metric,
        Design.USERS,
        State.NO_COUNTS,
        tuple(arms),
        zone=min_effect or ZONE_SHARE * abs(arms[0].rate.estimate),
        p_value=p_value,
        sample_ratio_p=_equal_split(dict(zip(rows["variant"], rows["users"], strict=True))),
        is_share=is_share,
    )
    return _decided(made, control)


def _user_arms(rows: pd.DataFrame, control: str, *, is_share: bool) -> list[Arm]:
    whole = float(rows["users"].sum())
    made = []
    for row in rows.sort_values("variant").itertuples():
        users, total, squares = float(row.users), float(row.total), float(row.squares)
        rate = proportion_interval(total, users) if is_share else mean_interval(total, squares, users)
        enough = users >= LEAST_CLICKS and (total >= LEAST_SUCCESSES or not is_share)
        made.append(Arm(str(row.variant), users, total, 0, users / whole, rate, _CURRENT_ARM, enough=enough))
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
        compared.append(replace(arm, difference=difference, pooled=difference.estimate, chance=_chance(difference)))
    return [current, *sorted(compared, key=_by_difference)]


# After the click, money, planning


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
    difference, p_value = _within_days(frame, first, second, level=LEVEL)
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


@dataclass(frozen=True)
class Saving:
    """Money of a higher click rate at the same budget: the clicks bought now, each cheaper. Per 30 days."""

    amount: float
    low: float
    high: float
    per_click: float
    code: str = ""


def saving(counts: Counts, comparison: Comparison) -> Saving:
    """What the winner saves if the price per thousand impressions and the number of clicks stay (case a).

    Notes
    -----
    per click: CPM/1000 × (1/r − 1/(r + d)), r the current rate, d the difference within days and its ends; times the
    clicks of all versions per 30 days. NaN with `no_cost` (no spend in the file) or `not_click_rate`.
    """
    best, current = comparison.best, comparison.current
    unknown = Saving(math.nan, math.nan, math.nan, math.nan)
    if comparison.metric != "click_rate" or best is None or current is None or not comparison.days:
        return replace(unknown, code="not_click_rate" if comparison.days else "no_days")
    paid = counts.daily.dropna(subset=["cost"])
    cost, shown, clicks = (float(paid[name].sum()) for name in ("cost", "impressions", "clicks"))
    if not cost or not shown:
        return replace(unknown, code="no_cost")
    rate = current.rate.estimate
    monthly = clicks / paid["day"].nunique() * 30
    cheaper = [
        cost / shown * (1 / rate - 1 / (rate + gap)) if rate + gap > 0 else math.nan
        for gap in (best.difference.estimate, best.difference.low, best.difference.high)
    ]
    if any(math.isnan(one) for one in cheaper):
        return replace(unknown, code="too_unsure")
    return Saving(cheaper[0] * monthly, cheaper[1] * monthly, cheaper[2] * monthly, cheaper[0])


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


def loss_amount(counts: Counts, comparison: Comparison, arm: Arm) -> float:
    """Money per 30 days that choosing this version loses on average, priced as `saving`; NaN where not known."""
    paid = counts.daily.dropna(subset=["cost"])
    cost, shown, clicks = (float(paid[name].sum()) for name in ("cost", "impressions", "clicks"))
    rate = arm.rate.estimate
    if comparison.metric != "click_rate" or not (cost and shown and rate) or not comparison.days:
        return math.nan
    per_click = cost / shown * (1 / rate - 1 / (rate + arm.loss))
    return float(per_click * clicks / paid["day"].nunique() * 30)


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
