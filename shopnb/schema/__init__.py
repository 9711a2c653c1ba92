"""The canonical tables: what a row is, and for each column its type, unit, arithmetic class and whether it is personal.

One declaration a column; reading, storing and adding up all obey it. No file is opened here.
"""

from __future__ import annotations

from shopnb.schema import listing_tests, market, orders, shop, traffic, typed
from shopnb.schema.columns import ARROW_TYPES, LINK_MASK, MASK, Arithmetic, Column, Table
from shopnb.schema.typed import CHOICES, REQUIRED

VERSION = 4  # part of every import's digest: raise it when stored columns change

TABLES: dict[str, Table] = {
    table.name: table
    for module in (shop, market, traffic, orders, listing_tests, typed)
    for table in vars(module).values()
    if isinstance(table, Table)
}

__all__ = [
    "ARROW_TYPES",
    "CHOICES",
    "LINK_MASK",
    "MASK",
    "REQUIRED",
    "TABLES",
    "VERSION",
    "Arithmetic",
    "Column",
    "Table",
]
