"""The shop's record of finished tests: what was read early, what it came to, what was taken over, and the prior of it.

Belongs here: reading all tests of the shop's tables anew. The folder's tables are the log: every import adds to them,
nothing is written by a report.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from shopnb.memory import remembered
from shopnb.metrics import listing_ab
from shopnb.metrics.listing_changes import ChangeSeen
from shopnb.metrics.listing_states import State
from shopnb.metrics.listing_tests import Counts
from shopnb.stats import Estimate, Shrunk, proportion_interval, rotation_test, shrink

EARLY_DAY = 3  # the first look that people act on
LEAST_TESTS = 3  # before a share is told
LEAST_DAYS = 5  # a shorter test has no early reading to speak of
ADOPTED_WITHIN = 14  # days after a test in which a change of its item is taken for its result


@dataclass(frozen=True)
class PastTest:
    """One finished test on click rate: the best version against the current one, relative to the current rate.

    `early`, `final`: after three days and at the end; `shrunk`: what is likely to remain. `error`: standard error of
    `final`. `adopted_on`: first change of the item after the end; `later`: what it came to, where it was judged.
    """

    name: str
    first: dt.date
    last: dt.date
    versions: int
    winner: str
    state: State
    early: float
    final: float
    error: float
    shrunk: float = math.nan
    adopted_on: dt.date | None = None
    later: ChangeSeen | None = None


@dataclass(frozen=True)
class Record:
    """All finished tests and what they teach.

    `read`: tests with an early reading; `turned`: how many of those changed sides or fell under half; `turns`: the
    share to expect of the next ones, shrunk, NaN with `too_few` under three. `decided`: tests with a winner. `kept`:
    final over early difference, in all. `prior`: mean and spread of true relative differences.
    """

    tests: tuple[PastTest, ...] = ()
    prior: Shrunk | None = None
    read: int = 0
    turned: int = 0
    turns: Estimate = Estimate(math.nan, code="too_few")
    kept: float = math.nan

    @property
    def decided(self) -> int:
        """Tests in which a version beat the current one."""
        return sum(test.state is State.SWITCH for test in self.tests)


@remembered
def past_test(counts: Counts, *, control: str = "") -> PastTest | None:
    """A test read after three days and at its end; None where that says nothing."""
    if not counts.dated or counts.daily["day"].nunique() < LEAST_DAYS:
        return None
    current = listing_ab.current_of(counts.daily, control)
    made = listing_ab.compare_counts(
        counts, metric="click_rate", design=listing_ab.design_of(counts, ""), control=current
    )
    frame = listing_ab.outcome_counts(counts, "click_rate")
    best, base = made.best, made.current
    if best is None or base is None or not base.rate.estimate > 0:
        return None
    days = sorted(set(frame["day"]))
    early, _ = _relative(frame[frame["day"] < days[0] + dt.timedelta(days=EARLY_DAY)], current, best.variant)
    final, error = _relative(frame, current, best.variant)
    if not (math.isfinite(final) and error > 0):
        return None
    return PastTest(counts.test.name, days[0], days[-1], len(made.arms), best.variant, made.state, early, final, error)


def _relative(frame: pd.DataFrame, current: str, other: str) -> tuple[float, float]:
    """Difference within days over the current rate, and its standard error."""
    pair = frame[frame["variant"].isin([current, other])].reset_index(drop=True)
    test = rotation_test(pair)
    if test.arms.empty:
        return math.nan, math.nan
    arms = test.arms.set_index("variant")
    base = float(arms.loc[current, "rate"])
    gap = float(arms.loc[other, "adjusted_rate"] - arms.loc[current, "adjusted_rate"])
    if base <= 0:
        return math.nan, math.nan
    return gap / base, (test.high - test.low) / 2 / 1.96 / base


def record_of(
    tests: Sequence[PastTest], changes: Sequence[ChangeSeen], items: dict[str, tuple[str, ...]], logged: pd.DataFrame
) -> Record:
    """What the past tests teach together.

    Parameters
    ----------
    tests : from `past_test`. changes : judged changes. items : test name -> item ids.
    logged : the change log; a change of a test's item within 14 days after it is its adoption.
    """
    if not tests:
        return Record()
    prior = shrink([test.final for test in tests], [test.error for test in tests])
    made = []
    for test, value in zip(tests, prior.estimates, strict=True):
        adopted = _adopted(test, items.get(test.name, ()), logged)
        later = next(
            (one for one in changes if adopted and one.day == adopted and one.item_id in items.get(test.name, ())), None
        )
        shrunk = float(value) if prior.code is None else math.nan
        made.append(PastTest(**{**test.__dict__, "shrunk": shrunk, "adopted_on": adopted, "later": later}))
    read = [test for test in made if math.isfinite(test.early)]
    turned = [test.early * test.final <= 0 or abs(test.final) < abs(test.early) / 2 for test in read]
    sizes = sum(abs(test.early) for test in read)
    kept = sum(math.copysign(1, test.early) * test.final for test in read) / sizes if sizes else math.nan
    return Record(tuple(made), prior, len(read), sum(turned), turn_share(sum(turned), len(read)), kept)


def turn_share(turned: int, read: int) -> Estimate:
    """Share of early readings that will turn: (turned + 1) / (read + 2), Wilson's interval; `too_few` under three.

    Examples
    --------
    >>> turn_share(1, 4).estimate, turn_share(1, 2).code
    (0.3333333333333333, 'too_few')
    """
    if read < LEAST_TESTS:
        return Estimate(math.nan, code="too_few")
    seen = proportion_interval(turned, read)
    return Estimate((turned + 1) / (read + 2), seen.low, seen.high)


def _adopted(test: PastTest, items: tuple[str, ...], logged: pd.DataFrame) -> dt.date | None:
    known = logged.dropna(subset=["day", "item_id"])
    days = pd.to_datetime(known["day"]).dt.date
    end = test.last + dt.timedelta(days=ADOPTED_WITHIN)
    kinds = known["change"].isin(["主图", "标题", "详情", "SKU图"])
    inside = days[known["item_id"].isin(items) & kinds & (days > test.last) & (days <= end)]
    return min(inside) if len(inside) else None


def finished(record_tests: Sequence[PastTest], *, but: str, last_day: dt.date | None) -> list[PastTest]:
    """Tests that ended before the report's today, without the one the page is about, the newest first."""
    kept = [test for test in record_tests if test.name != but and (last_day is None or test.last <= last_day)]
    return sorted(kept, key=lambda test: (-test.last.toordinal(), test.name))
