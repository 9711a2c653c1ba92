"""What a column is: its type, unit and arithmetic class, and what a table is: its grain, key and slice.

Belongs here: the declaration of columns and tables, and the few words derived from it.
Does not belong here: reading files (`intake`), adding numbers up (`metrics.aggregate`), headings (`labels`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

import pyarrow as pa


class Arithmetic(Enum):
    """How a column may be aggregated (domain.md, appendix B)."""

    ADDITIVE = "additive"  # counts and amounts: sums over anything
    UNIQUE = "unique"  # people: a sum over days is person-days, a sum over items or sources counts people twice
    RATIO = "ratio"  # recomputed from numerator and denominator
    MEAN = "mean"  # a mean of means: withheld on aggregation
    RUNNING = "running"  # running total or rolling score: the last value
    INDEX = "index"  # monotone, never added
    LABEL = "label"  # text, ids, dates, flags: not aggregated


MASK, LINK_MASK = "[…]", "[www…]"  # stand for personal data and for links in what people wrote

ARROW_TYPES = {
    "text": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "bool": pa.bool_(),
    "measures": pa.map_(pa.string(), pa.float64()),
}


@dataclass(frozen=True)
class Column:
    """One column of a canonical table.

    Parameters
    ----------
    name : snake_case English name, unique in its table.
    platform : the platform's own header for it, verbatim; "" where no platform has one.
    dtype : a key of `ARROW_TYPES`; `measures` is a map of metric name to value.
    unit : count, money, share (0-1), seconds, days, score, index or "" for labels.
    arithmetic : see `Arithmetic`.
    numerator, denominator : column names of the same table; only for ratios that can be recomputed.
    summed_as : what a sum over days of a unique-person column is called (`visitor_days`).
    ranged : stored as inclusive `<name>_low` and `<name>_high`; an open range has a null high.
    personal : at the door it is replaced by a keyed hash ("hash"), or numbers, accounts, links, addresses and names in
        it are masked ("mask"); "" for all others.
    """

    name: str
    platform: str = ""
    dtype: str = "text"
    unit: str = ""
    arithmetic: Arithmetic = Arithmetic.LABEL
    numerator: str = ""
    denominator: str = ""
    summed_as: str = ""
    ranged: bool = False
    personal: str = ""

    @property
    def stored_names(self) -> tuple[str, ...]:
        """The names of the stored Arrow fields: two for a range, else one."""
        return (f"{self.name}_low", f"{self.name}_high") if self.ranged else (self.name,)


@dataclass(frozen=True)
class Table:
    """One canonical table.

    Parameters
    ----------
    name : table name, also the folder under `tables/`.
    grain : what one row is, as in "one row per day".
    columns : in stored order.
    key : columns that identify a row within its slice.
    slice : columns that name a slice; all rows of a slice come from the newest export that has it.
        Empty: the whole table is one slice (tables that people type in).
    day : the column that says which day a row belongs to, or the last day of its period; "" where undated.
    typed : filled in by people under `tables_in/`.
    added : stored names of columns that files stored before they were declared lack: read as missing there, so that a
        new column refuses nobody's folder. An import of such a file with `--rebuild` fills them.
    """

    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    slice: tuple[str, ...] = ()
    day: str = ""
    typed: bool = False
    added: tuple[str, ...] = ()
    _by_name: dict[str, Column] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._by_name.update({column.name: column for column in self.columns})
        if len(self._by_name) != len(self.columns):
            raise ValueError(f"{self.name}: a column is declared twice")
        known = set(self._by_name)
        for word in (*self.key, *self.slice, *self.added, *filter(None, [self.day])):
            if word not in known:
                raise ValueError(f"{self.name}: {word} is not one of its columns")
        for column in self.columns:
            for part in filter(None, [column.numerator, column.denominator]):
                if part not in known:
                    raise ValueError(f"{self.name}.{column.name}: {part} is not one of its columns")

    def __getitem__(self, name: str) -> Column:
        return self._by_name[name]

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    @property
    def arrow_schema(self) -> pa.Schema:
        """The full canonical Arrow schema; every stored file has exactly these fields."""
        fields = []
        for column in self.columns:
            fields += [pa.field(name, ARROW_TYPES[column.dtype]) for name in column.stored_names]
        return pa.schema(fields)


def on_platform(table: Table) -> Table:
    """The same table for the platforms that the shop sells on besides its own: `platform_<name>`.

    A platform is a slice, so no platform's export takes the place of another's, and pages that read the shop's own
    table never add two bases of payment.
    """
    return Table(
        f"platform_{table.name}",
        f"{table.grain}, on another platform than the shop's own",
        (label("platform", "平台"), *table.columns),
        key=("platform", *table.key),
        slice=("platform", *table.slice),
        day=table.day,
    )


# Constructors: one word a column class, so that a table reads as a list.


def label(name: str, platform: str = "", dtype: str = "text", *, personal: str = "") -> Column:
    """A text, id, date or flag."""
    return Column(name, platform, dtype, personal=personal)


def count(name: str, platform: str = "") -> Column:
    """A number of things that may be added over anything."""
    return Column(name, platform, "int", "count", Arithmetic.ADDITIVE)


def money(name: str, platform: str = "") -> Column:
    """An amount in the shop's currency that may be added over anything."""
    return Column(name, platform, "float", "money", Arithmetic.ADDITIVE)


def people(name: str, platform: str = "", *, summed_as: str) -> Column:
    """A number of distinct people; `summed_as` names its sum over days."""
    return Column(name, platform, "int", "count", Arithmetic.UNIQUE, summed_as=summed_as)


def ratio(name: str, platform: str, numerator: str, denominator: str, *, unit: str = "share") -> Column:
    """A ratio that is recomputed as sum(numerator) / sum(denominator)."""
    return Column(name, platform, "float", unit, Arithmetic.RATIO, numerator, denominator)


def mean(name: str, platform: str = "", *, unit: str) -> Column:
    """A mean whose weights are not in the file: withheld on aggregation."""
    return Column(name, platform, "float", unit, Arithmetic.MEAN)


def running(name: str, platform: str = "", *, unit: str) -> Column:
    """A running total or rolling score: its last value stands for a period."""
    return Column(name, platform, "float", unit, Arithmetic.RUNNING)


def index(name: str, platform: str = "", *, ranged: bool = False) -> Column:
    """A monotone index: compared, never added."""
    return Column(name, platform, "float", "index", Arithmetic.INDEX, ranged=ranged)


def ranged(name: str, platform: str = "", *, unit: str) -> Column:
    """A number shown as a range: stored as inclusive low and high."""
    return Column(name, platform, "float", unit, Arithmetic.LABEL, ranged=True)
