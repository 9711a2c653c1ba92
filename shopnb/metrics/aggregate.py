"""The one place where rows are added up: every column as its arithmetic class allows (domain.md, appendix B).

Belongs here: sums, recomputed ratios and withheld means of any canonical table. Filters and periods are the
caller's; so is the meaning of the numbers.
"""

from __future__ import annotations

from typing import Any

import ibis
import pandas as pd

from shopnb.errors import InputError
from shopnb.memory import remembered
from shopnb.schema import Arithmetic, Column, Table

_ROWS = "_rows"
_MEASURES = set(Arithmetic) - {Arithmetic.LABEL}


@remembered
def aggregate(table: Any, declared: Table, *, by: list[str] | None = None, columns: list[str]) -> pd.DataFrame:
    """Sum a table up to one row per `by`, each column by its declared arithmetic class.

    Parameters
    ----------
    table : Ibis table or DataFrame
        Rows of `declared`, already filtered; may lack columns that are not asked for, may have more (a week).
    declared : the canonical table, `TABLES["shop_daily"]`.
    by : columns to group by; none: one row for all.
    columns : names of declared measures.

    Returns
    -------
    DataFrame, one row per group, sorted by `by`; floats
        - additive: the sum.
        - unique people: grouped by the table's day, the name itself. Else another name, for the sum counts a person
          more than once: `summed_as` over days (`visitor_days`); `<name>_overlapping` over items, sources or other key
          columns that are not in `by`, an upper bound with code `people_overlap`.
        - ratio: sum of numerators / sum of denominators over the rows that have both; NaN when the denominator is 0
          (`zero_denominator`). A group of one row that lacks a part keeps the platform's own ratio.
        - mean of means, index: the value of a group of one row; else NaN (`mean_of_means`, `index_not_added`).
        - running total, score: the last known value by day; NaN (`running_total`) when several items meet in a group.
        Missing values are left out of sums (`partly_missing`); a group without any is NaN (`missing`).
    DataFrame.attrs
        `codes`: output column -> code of its first trouble; `names`: asked column -> output column.

    Raises
    ------
    InputError
        `missing_columns`: the table lacks a column that the sums need.
    ValueError
        Our own mistakes: a label asked for as a measure; rows of several slices (two levels of an ad report, two
        attribution rules, overlapping periods), which would count everything twice.

    Examples
    --------
    >>> from shopnb.schema import TABLES
    >>> days = pd.DataFrame({"day": ["2026-08-29", "2026-08-30"], "visitors": [100, 300], "payers": [4, 6],
    ...                      "dwell_seconds": [20.0, 40.0]})
    >>> week = aggregate(days, TABLES["shop_daily"], columns=["visitors", "payment_conversion", "dwell_seconds"])
    >>> week.round(4).to_dict("records")
    [{'visitor_days': 400.0, 'payment_conversion': 0.025, 'dwell_seconds': nan}]
    >>> week.attrs["codes"]
    {'dwell_seconds': 'mean_of_means'}
    """
    groups = list(by or [])
    asked = [_measure(declared, name) for name in dict.fromkeys(columns)]
    rows = _as_ibis(table, declared, asked, groups)
    _check_slices(rows, declared, groups)
    overlaps = any(key not in groups for key in _entities(declared) if key in rows.columns)
    stored = [(column, name) for column in asked for name in column.stored_names]
    sums: dict[str, Any] = {_ROWS: rows.count()}
    for column, name in stored:
        sums |= _sums(rows, declared, column, name)
    grouped = rows.group_by(groups).aggregate(**sums) if groups else rows.aggregate(**sums)
    small: pd.DataFrame = grouped.to_pandas()
    if groups:
        small = small.sort_values(groups, ignore_index=True)
    answer, codes, names = small[groups].copy(), {}, {}
    for column, name in stored:
        shown = _shown_name(declared, column, name, groups, overlaps)
        answer[shown], code = _finish(small, column, name, overlaps)
        names[name] = shown
        if code:
            codes[shown] = code
    answer.attrs.update(codes=codes, names=names)
    return answer


def _measure(declared: Table, name: str) -> Column:
    column = declared[name]
    if column.arithmetic not in _MEASURES:
        raise ValueError(f"{declared.name}.{name} is a label, it has no sum")
    return column


def _entities(declared: Table) -> list[str]:
    """Key columns that tell things apart (items, sources), as opposed to the day and the export's slice."""
    return [key for key in declared.key if key not in (*declared.slice, declared.day)]


def _as_ibis(table: Any, declared: Table, asked: list[Column], groups: list[str]) -> Any:
    """The table as Ibis, with the columns that are needed, numbers as float64."""
    needed: list[str] = []
    for column in asked:
        is_ratio = column.arithmetic is Arithmetic.RATIO
        needed += [column.numerator, column.denominator] if is_ratio else column.stored_names
        if column.arithmetic is Arithmetic.RUNNING and declared.day:
            needed.append(declared.day)
    present = list(table.columns)
    if missing := [name for name in dict.fromkeys([*groups, *needed]) if name not in present]:
        raise InputError("missing_columns", file=declared.name, columns=missing, found=present)
    extra = [name for name in (*declared.slice, *declared.key, *(c.name for c in asked)) if name in present]
    used = list(dict.fromkeys([*groups, *needed, *extra]))
    rows = ibis.memtable(table[used]) if isinstance(table, pd.DataFrame) else table.select(*used)
    numbers = {name for name in used if name not in groups and _is_number(declared, name)}
    return rows.mutate(**{name: rows[name].cast("float64") for name in numbers})


def _is_number(declared: Table, name: str) -> bool:
    return any(name in column.stored_names and column.arithmetic in _MEASURES for column in declared)


def _check_slices(rows: Any, declared: Table, groups: list[str]) -> None:
    """Rows of several slices count the same thing twice; several days do not."""
    apart = [key for key in declared.slice if key in declared.key and key != declared.day]
    apart = [key for key in apart if key in rows.columns and key not in groups]
    if declared.slice == declared.key or not apart:
        return
    periods = "start_on" in apart and declared.day in rows.columns
    kept = [*apart, declared.day] if periods and declared.day not in groups else apart
    found = rows.select(*kept).distinct().to_pandas()
    for key in apart:
        if key != "start_on" and len(found[key].drop_duplicates()) > 1:
            raise ValueError(f"{declared.name}: rows of several {key} cannot be added; filter or group by it")
    if periods and declared.day in found:
        spans = found.sort_values("start_on")
        if (spans["start_on"].iloc[1:].to_numpy() <= spans[declared.day].iloc[:-1].to_numpy()).any():
            raise ValueError(f"{declared.name}: overlapping periods cannot be added; filter or group by start_on")


def _sums(rows: Any, declared: Table, column: Column, name: str) -> dict[str, Any]:
    """The aggregates that one stored column needs."""
    if column.arithmetic is Arithmetic.RATIO:
        top, bottom = rows[column.numerator], rows[column.denominator]
        both = top.notnull() & bottom.notnull()  # noqa: PD004
        own = rows[name].cast("float64").max() if name in rows.columns else ibis.null("float64")
        return {
            f"{name}_top": top.sum(where=both),
            f"{name}_bottom": bottom.sum(where=both),
            f"{name}_known": both.sum(),
            f"{name}_own": own,
        }
    value = rows[name]
    if column.arithmetic in (Arithmetic.ADDITIVE, Arithmetic.UNIQUE):
        return {name: value.sum(), f"{name}_known": value.count()}
    if column.arithmetic is Arithmetic.RUNNING and declared.day:
        last = value.argmax(rows[declared.day], where=value.notnull())  # noqa: PD004
        return {name: last, f"{name}_known": value.count()}
    return {name: value.max(), f"{name}_known": value.count()}


def _shown_name(declared: Table, column: Column, name: str, groups: list[str], overlaps: bool) -> str:
    if column.arithmetic is not Arithmetic.UNIQUE:
        return name
    if overlaps:
        return f"{name}_overlapping"
    has_day = not declared.day or declared.day in groups
    return name if has_day else column.summed_as


def _finish(small: pd.DataFrame, column: Column, name: str, overlaps: bool) -> tuple[pd.Series, str | None]:
    """The column of the answer and the code of its trouble, the gravest first."""
    one_row = small[_ROWS] == 1
    known = small[f"{name}_known"].fillna(0)
    if column.arithmetic is Arithmetic.RATIO:
        bottom = small[f"{name}_bottom"].astype("float64")
        values = small[f"{name}_top"].astype("float64") / bottom.where(bottom != 0)
        values = values.where((known > 0) | ~one_row, small[f"{name}_own"].astype("float64"))
        if (bottom == 0).any():
            return values, "zero_denominator"
    else:
        values = small[name].astype("float64")
        if withheld := _withheld_code(column, overlaps):
            values = values.where(one_row)
            if not one_row.all():
                return values, withheld
    if values.isna().any():
        return values, "missing"
    if column.arithmetic is Arithmetic.UNIQUE and overlaps:
        return values, "people_overlap"
    is_summed = column.arithmetic not in (Arithmetic.RUNNING, Arithmetic.MEAN, Arithmetic.INDEX)
    return values, "partly_missing" if is_summed and (known < small[_ROWS]).any() and not one_row.all() else None


def _withheld_code(column: Column, overlaps: bool) -> str | None:
    if column.arithmetic is Arithmetic.MEAN:
        return "mean_of_means"
    if column.arithmetic is Arithmetic.INDEX:
        return "index_not_added"
    return "running_total" if column.arithmetic is Arithmetic.RUNNING and overlaps else None
