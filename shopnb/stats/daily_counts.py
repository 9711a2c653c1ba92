"""Daily counts of versions: what is refused, what is told with a code, and how they are laid out.

Belongs here: the check that `rotation`, `sequential` and `switchback` share. No statistic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shopnb.errors import InputError
from shopnb.stats.estimate import LARGEST_COUNT

COLUMNS = ("variant", "day", "trials", "successes")


@dataclass(frozen=True)
class Counts:
    """Checked counts as days x versions, versions by name; 0 trials where there is no row."""

    names: list[str]
    trials: np.ndarray
    successes: np.ndarray
    fault: str | None
    caveat: str | None


def read_counts(counts: pd.DataFrame) -> Counts:
    """Check the frame and lay it out."""
    rows, has_days = checked_rows(counts)
    if rows.empty:
        return Counts([], np.empty((0, 0)), np.empty((0, 0)), "no_rows", None)
    day, days = pd.factorize(rows["day"], sort=True)
    arm, names = pd.factorize(rows["variant"], sort=True)
    n, x = np.zeros((2, len(days), len(names)))
    n[day, arm], x[day, arm] = rows["n"], rows["x"]  # one row a day and version, as was checked
    return Counts(list(names), n, x, _table_fault(n, x), _caveat(rows["day"], n) if has_days else "no_days")


def checked_rows(counts: pd.DataFrame) -> tuple[pd.DataFrame, bool]:
    """`variant`, `day`, `n`, `x` of counts that can be true, and whether there are days.

    Raises
    ------
    InputError
        `missing_columns`, `invalid_counts`, `duplicate_rows`, with the first row that is wrong.
    """
    if missing := [name for name in COLUMNS if name not in counts]:
        raise InputError("missing_columns", file="counts", columns=missing, found=list(counts.columns))
    trials, successes = as_counts(counts["trials"]), as_counts(counts["successes"])
    good = trials.notna() & successes.notna() & (successes <= trials) & counts["variant"].notna()
    if not good.all():
        raise InputError("invalid_counts", row=first_row(counts, ~good))
    rows = pd.DataFrame({"variant": counts["variant"].astype(str), "day": counts["day"], "n": trials, "x": successes})
    has_days = not rows["day"].isna().all()
    if not has_days:
        rows["day"] = 0
    if rows["day"].isna().any():
        raise InputError("invalid_counts", row=first_row(counts, rows["day"].isna()))
    if len(set(rows["day"].map(type))) > 1:
        rows["day"] = rows["day"].astype(str)
    if (twice := rows.duplicated(["variant", "day"])).any():
        raise InputError("duplicate_rows", row=first_row(counts, twice))
    return rows, has_days


def as_counts(column: pd.Series) -> pd.Series:
    """Numbers that can be counts; NaN for what is negative, not finite, text, yes/no or beyond exact arithmetic."""
    if pd.api.types.is_bool_dtype(column):
        return pd.Series(np.nan, column.index)
    numbers = pd.to_numeric(column.mask(column.map(lambda value: isinstance(value, bool))), errors="coerce")
    numbers = numbers.astype(float)
    return numbers.where((numbers >= 0) & (numbers <= LARGEST_COUNT))


def first_row(counts: pd.DataFrame, bad: pd.Series) -> str:
    """The first row that is wrong, as a message shows it."""
    row = counts.loc[bad.to_numpy()].iloc[0]
    return ", ".join(f"{name}={row[name]}" for name in counts.columns if name in COLUMNS)


def _table_fault(trials: np.ndarray, successes: np.ndarray) -> str | None:
    if trials.shape[1] < 2:
        return "one_arm"
    if (trials.sum(axis=0) == 0).any():
        return "zero_denominator"
    total = successes.sum()
    return "no_successes" if total in (0, trials.sum()) else None


def _caveat(days: pd.Series, trials: np.ndarray) -> str | None:
    if len(trials) == 1:
        return "one_day"
    if (trials == 0).any():
        return "uneven_days"
    known = pd.Series(days.unique())
    if pd.api.types.is_numeric_dtype(known):
        steps = np.diff(np.sort(known.to_numpy(float)))
    else:
        dates = pd.to_datetime(known, errors="coerce")
        if dates.isna().any():
            return None
        steps = np.diff(np.sort(dates.to_numpy())).astype("timedelta64[h]").astype(float) / 24
    return "missing_days" if (steps > 1).any() else None
