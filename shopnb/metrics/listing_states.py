"""What a test of versions can be: its designs, its states, one version, the whole comparison.

Belongs here: names and limits that comparing, pricing and planning share. How a comparison is made is
`metrics.listing_ab`.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from shopnb.stats import Estimate

PARTS = {  # metric: (of what, how many)
    "click_rate": ("impressions", "clicks"),
    "cart_rate": ("clicks", "carts"),
    "payment_conversion": ("clicks", "payers"),
    "favourite_rate": ("clicks", "favourites"),
}
GUARDS = {"refund_rate": ("payers", "refunds")}  # watched, never a test's own metric: higher is worse


LEVEL = 0.95


LEAST_DAYS, LEAST_CLICKS, LEAST_SUCCESSES = 3, 100, 5  # before a verdict (pages.md 4.2)


ALARM_P = 0.01  # sample ratio: an unequal split this unlikely is an alarm


LOOKS = (1, 3, 7, 14, 28)  # LT12


LONGEST = LOOKS[-1]


POWER = 0.8


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


ONE_LOOK = (Design.USERS, Design.TOTALS)  # compared once, on sums


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
    BRAKE = "brake"  # what follows the click is worse: fewer carts on balance, or more of the orders come back
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


OTHER_DESIGNS = (State.CHANGE, State.PRODUCTS, State.VOTES)  # no test of versions
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
    only: `look_day` is the one that counts, `next_look` the day of the next, NaN after the last. `brake`: for
    BRAKE, the rate that forbids a switch.
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
    brake: str = ""

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
        if best is None or math.isnan(best.pooled) or self.design in (*ONE_LOOK, Design.SWITCHBACK):
            return False
        gap = abs(best.pooled - best.difference.estimate)
        return gap > 0.05 * abs(best.difference.estimate) and gap > 0.1 * self.zone


BY_DAY = (Design.EQUAL, Design.OPTIMISED, Design.UNKNOWN)
