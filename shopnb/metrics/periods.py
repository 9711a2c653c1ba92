"""Periods: which days a number covers, and which days it is compared with. Both ends are included."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

GRAIN_DAYS = {"day": 1, "week": 7, "four_weeks": 28}


@dataclass(frozen=True, order=True)
class Period:
    """Days from `start` to `end`, both included."""

    start: dt.date
    end: dt.date

    @property
    def days(self) -> int:
        """Length in days, >= 1."""
        return (self.end - self.start).days + 1

    def before(self, *, periods: int = 1) -> Period:
        """The period of the same length that ends `periods` lengths earlier."""
        step = dt.timedelta(days=self.days * periods)
        return Period(self.start - step, self.end - step)

    def shifted(self, days: int) -> Period:
        """The period moved by `days`."""
        step = dt.timedelta(days=days)
        return Period(self.start + step, self.end + step)

    def holds(self, days: pd.Series) -> pd.Series:
        """Which of `days` (dates) lie inside."""
        return (days >= self.start) & (days <= self.end)

    def overlaps(self, other: Period) -> bool:
        """Whether the two share a day."""
        return self.start <= other.end and other.start <= self.end


@dataclass(frozen=True)
class Event:
    """A campaign phase or holiday: days on which sales are not ordinary. `name` is in the report's language."""

    name: str
    period: Period
    kind: str  # campaign, holiday or quiet
    phase: str = ""


def resolve(last_day: dt.date, *, start: dt.date | None, end: dt.date | None, grain: str) -> Period:
    """The period a report is about.

    Parameters
    ----------
    last_day : last day in the data; the report's "today" where `end` is None.
    start, end : given days, or None.
    grain : day, week (7 days ending on `end`), four_weeks or month (from its 1st day); unused with `start`.
    """
    final = end or last_day
    if start:
        return Period(start, final)
    if grain == "month":
        return Period(final.replace(day=1), final)
    return Period(final - dt.timedelta(days=GRAIN_DAYS[grain] - 1), final)


def presets(last_day: dt.date, events: Sequence[Event] = ()) -> dict[str, Period]:
    """The periods that people ask for by name; yesterday is the last day in the data, for reports know no clock.

    Parameters
    ----------
    last_day : last day in the data.
    events : campaigns and holidays; the campaign that began last before `last_day` is offered, phases of one name
        joined, as far as the data go.

    Returns
    -------
    dict of str to Period
        `yesterday`, `last_week` (the last whole week, Monday to Sunday), `this_month`, `last_30_days`, and `campaign`
        where there was one.

    Examples
    --------
    >>> presets(dt.date(2026, 9, 2))["last_week"]
    Period(start=datetime.date(2026, 8, 24), end=datetime.date(2026, 8, 30))
    """
    sunday = last_day - dt.timedelta(days=(last_day.weekday() + 1) % 7)
    found = {
        "yesterday": Period(last_day, last_day),
        "last_week": Period(sunday - dt.timedelta(days=6), sunday),
        "this_month": Period(last_day.replace(day=1), last_day),
        "last_30_days": Period(last_day - dt.timedelta(days=29), last_day),
    }
    begun = [one for one in events if one.kind == "campaign" and one.period.start <= last_day]
    if begun:
        name = max(begun, key=lambda event: event.period).name
        phases = [one.period for one in begun if one.name == name and one.period.start.year == last_day.year]
        phases = phases or [max(one.period for one in begun if one.name == name)]
        start, end = min(one.start for one in phases), max(one.end for one in phases)
        found["campaign"] = Period(start, min(end, last_day))
    return found


def events_in(events: list[Event], period: Period) -> list[Event]:
    """The events that share a day with `period`, in order of their start."""
    return sorted((event for event in events if event.period.overlaps(period)), key=lambda event: event.period)


def strips(events: list[Event], span: Period) -> list[tuple[dt.date, dt.date, str]]:
    """First day, last day and name of each event inside `span`, phases of one name joined, in order."""
    joined: dict[str, Period] = {}
    for event in events_in(events, span):
        cut = Period(max(event.period.start, span.start), min(event.period.end, span.end))
        known = joined.get(event.name, cut)
        joined[event.name] = Period(min(known.start, cut.start), max(known.end, cut.end))
    return sorted((period.start, period.end, name) for name, period in joined.items())


def event_days(events: list[Event], days: pd.Series) -> pd.Series:
    """Which of `days` belong to an event."""
    held = {one.period.start + dt.timedelta(days=turn) for one in events for turn in range(one.period.days)}
    return days.isin(held)


def event_kind(events: list[Event], day: dt.date) -> str:
    """What kind of event a day belongs to, "" for none: a campaign's phase (预热, 爆发), else holiday or quiet days.

    Of several the one that began last, for it is the nearer.
    """
    holding = [event for event in events if event.period.start <= day <= event.period.end]
    if not holding:
        return ""
    nearest = max(holding, key=lambda event: event.period.start)
    return f"{nearest.kind} {nearest.phase}".strip()


def same_period_last_year(period: Period, events: list[Event]) -> tuple[Period, str]:
    """The period a year ago, phase with phase: aligned by a campaign or festival that both years have, else by weekday.

    Returns
    -------
    The period and the name it was aligned by; "" where it is simply 364 days earlier. A festival that moves with the
    moon and a campaign that opens on another day each year thus meet themselves.
    """
    for event in events_in(events, period):
        earlier = [
            other
            for other in events
            if other.name == event.name
            and other.phase == event.phase
            and 300 < (event.period.start - other.period.start).days < 430
        ]
        if earlier:
            return period.shifted((earlier[0].period.start - event.period.start).days), event.name
    return period.shifted(-364), ""


def normal_bases(
    period: Period, events: list[Event], first_day: dt.date, *, wanted: int = 4, back: int = 13
) -> list[Period]:
    """The nearest earlier periods of the same length and weekdays without an event, newest first.

    Parameters
    ----------
    wanted : how many at most. back : how many weeks (or lengths of whole weeks) to look back.

    Returns
    -------
    Up to `wanted` periods that start on or after `first_day`; [] where none is clean.
    """
    step = max(7, -(-period.days // 7) * 7)
    found: list[Period] = []
    for turn in range(1, back + 1):
        candidate = period.shifted(-step * turn)
        if candidate.start < first_day:
            break
        if not events_in(events, candidate):
            found.append(candidate)
        if len(found) == wanted:
            break
    return found
