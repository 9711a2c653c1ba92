"""The last gate: cleaned columns become an Arrow table that has exactly the canonical schema and unique keys.

Belongs here: duplicates within a slice, the schema, the sums of an account. Nothing that fails here is stored.
"""

from __future__ import annotations

import hashlib
from typing import Any

import pyarrow as pa

from shopnb.intake.account import FileAccount
from shopnb.intake.clean import Cleaned
from shopnb.schema import Table


def checked_table(cleaned: Cleaned, table: Table, seen: set[bytes]) -> pa.Table:
    """The rows as an Arrow table in the canonical schema; repeats of a key are dropped and counted.

    Of rows with one key in one slice the first is kept; `seen` remembers the keys of the pieces before.
    """
    _drop_repeats(cleaned, table, seen)
    arrays: list[Any] = [pa.array(cleaned.columns[item.name], type=item.type) for item in table.arrow_schema]
    stored = pa.Table.from_arrays(arrays, schema=table.arrow_schema)
    if not stored.schema.equals(table.arrow_schema) or stored.num_rows != len(cleaned.rows):
        raise AssertionError(f"{table.name}: the rows do not have the canonical schema")
    return stored


def _drop_repeats(cleaned: Cleaned, table: Table, seen: set[bytes]) -> None:
    key = list(dict.fromkeys((*table.slice, *table.key)))
    rows = list(zip(*(cleaned.columns[name] for name in key), strict=True))
    wanted = []
    for row in rows:
        mark = hashlib.blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=12).digest()
        wanted.append(mark not in seen)
        seen.add(mark)
    cleaned.keep(wanted, "duplicate_key")


def check_account(account: FileAccount) -> None:
    """Every row is accounted for, or the import is our own mistake."""
    total = account.kept + sum(account.dropped.values()) + sum(account.rejected.values())
    if account.read != total:
        raise AssertionError(f"{account.file}: {account.read} rows read, {total} accounted for")
