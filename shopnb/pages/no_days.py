"""The refusal of days that the data do not have."""

from __future__ import annotations

import datetime as dt

from shopnb import labels
from shopnb.errors import MissingDataError

There = tuple[dt.date, dt.date] | None


def no_days(
    report: str, table: str, there: There, *, start: dt.date | None = None, end: dt.date | None = None
) -> MissingDataError:
    """The error that says which days there are instead.

    Parameters
    ----------
    there : first and last day of the data, None where no row has a day.
    start, end : the days asked for; None for an end that was left to the report.

    Returns
    -------
    MissingDataError
        `no_days_in_period`, `no_days_since` without an end, `no_days` (none up to `end`) without a start.
    """
    code = "no_days_in_period" if start and end else "no_days_since" if start else "no_days"
    first, last = there or (labels.MISSING, labels.MISSING)
    asked = {"start": start, "end": end or labels.MISSING}
    return MissingDataError(code, report=report, table=table, first=first, last=last, **asked)
