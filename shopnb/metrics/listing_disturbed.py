"""Prices and campaigns that changed while versions ran: which forbid a verdict, and which all versions felt alike.

Belongs here: telling the two apart, and the days to leave out for a second reading. Versions shown side by side meet a
festival of the platform or an offer of the whole shop on the same days with the same share, so that their difference
within days stays a fair one; a price, an offer or a campaign of the tested item itself makes it another item.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pandas as pd

from shopnb.metrics.listing_changes import PRICED, disturbances
from shopnb.metrics.periods import Event

Dated = tuple[tuple[dt.date, str], ...]


@dataclass(frozen=True)
class Disturbed:
    """What changed after the first day of a test and before its end.

    `own`: day and kind or name of what concerned the tested items alone: their price, offer, gift, a campaign they were
    entered for. `shared`: the same for the whole shop or platform. `days`: days of the shared campaigns in the test.
    """

    own: Dated = ()
    shared: Dated = ()
    days: frozenset[dt.date] = frozenset()


def disturbed_days(
    item_ids: Sequence[str], logged: pd.DataFrame, events: Sequence[Event], *, joined: Collection[str],
    narrow: Collection[str], span: tuple[dt.date, dt.date],
) -> Disturbed:  # fmt: skip
    """What changed during a test.

    Parameters
    ----------
    item_ids : items tested; none where the table does not say.
    logged : the change log. events : campaigns and festivals of shop and platform.
    joined : names of campaigns that some of the items were entered for. narrow : names of those for single items.
    span : first and last day of the test.
    """
    first, last = span
    whole_shop = logged[logged["item_id"].isna()]
    entered = [event for event in events if event.name in joined]
    for_all = [event for event in events if event.name not in narrow]
    own: set[tuple[dt.date, str]] = set()
    for item in item_ids:
        own |= set(disturbances(item, logged[logged["item_id"] == item], entered))
    shared = set(disturbances("", whole_shop, for_all))
    names = {event.name for event in (*entered, *for_all)}
    inside = [
        tuple(sorted((day, name) for day, name in found if first < day <= last and (name in PRICED or name in names)))
        for found in (own, shared)
    ]
    touched = {name for _, name in inside[1]}
    days = {
        day.date()
        for event in for_all
        if event.name in touched and event.kind == "campaign"
        for day in pd.date_range(max(event.period.start, first), min(event.period.end, last))
    }
    return Disturbed(inside[0], inside[1], frozenset(days))
