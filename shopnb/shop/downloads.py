"""Which one file to download next: what each missing export would add to the reports that can be seen.

Belongs here: counting pages and halves of pages. Which tables a report is made of is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from shopnb.schema import TABLES


@dataclass(frozen=True)
class ReportTables:
    """The tables of one report: all of `needs`, one of `needs_any` (where given); `uses` add to it."""

    needs: tuple[str, ...]
    needs_any: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()

    def seen(self, has: Callable[[str], bool]) -> float:
        """How much of the report can be seen, 0-1: nothing without its needs; half, and the rest as exports add to it.

        Tables that people type in do not count: they are no file to download.
        """
        if self.missing(has):
            return 0.0
        added = self._added()
        return 0.5 + 0.5 * sum(map(has, added)) / len(added) if added else 1.0

    def missing(self, has: Callable[[str], bool]) -> tuple[str, ...]:
        """Tables without which nothing of the report can be seen."""
        found = [table for table in self.needs if not has(table)]
        return (*found, *(self.needs_any[:1] if not any(map(has, self.needs_any)) else ()))

    def lacks(self, has: Callable[[str], bool]) -> tuple[str, ...]:
        """Tables to get next: those without which nothing can be seen, else the exports that show the rest."""
        return self.missing(has) or tuple(table for table in self._added() if not has(table))

    def _added(self) -> list[str]:
        return [table for table in self.uses if not TABLES[table].typed]


@dataclass(frozen=True)
class NextDownload:
    """What can be seen now, and the file that adds most.

    Parameters
    ----------
    pages, halves : reports that can be seen whole, and those of which a part can.
    table : the canonical table whose export to download; "" when every export is there.
    opens : reports that can be seen only with it. fills : reports of which it shows more.
    """

    pages: int
    halves: int
    table: str = ""
    opens: tuple[str, ...] = ()
    fills: tuple[str, ...] = ()


def next_download(has: Callable[[str], bool], reports: Mapping[str, ReportTables]) -> NextDownload:
    """The export that adds most to what can be seen.

    Parameters
    ----------
    has : whether the shop has a table.
    reports : report -> its tables, in the order in which they matter.

    Examples
    --------
    >>> overview = ReportTables(("shop_daily",), (), ("item_period",))
    >>> reports = {"overview": overview, "reviews": ReportTables(("reviews",))}
    >>> next_download({"shop_daily"}.__contains__, reports)
    NextDownload(pages=0, halves=1, table='reviews', opens=('reviews',), fills=())
    """
    now = {slug: tables.seen(has) for slug, tables in reports.items()}
    best, gain = NextDownload(sum(seen == 1 for seen in now.values()), sum(0 < seen < 1 for seen in now.values())), 0.0
    named = [one for tables in reports.values() for one in (*tables.needs, *tables.needs_any, *tables.uses)]
    for table in dict.fromkeys(named):
        if TABLES[table].typed or has(table):
            continue
        with_it = partial(_or_has, has, table)
        then = {slug: tables.seen(with_it) for slug, tables in reports.items()}
        added = sum(then.values()) - sum(now.values())
        if added > gain:
            gain = added
            opens = tuple(slug for slug in reports if now[slug] == 0 < then[slug])
            fills = tuple(slug for slug in reports if 0 < now[slug] < then[slug])
            best = NextDownload(best.pages, best.halves, table, opens, fills)
    return best


def _or_has(has: Callable[[str], bool], more: str, table: str) -> bool:
    return table == more or has(table)
