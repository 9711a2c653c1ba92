"""Export files to checked tables, with an account of every row.

The way of a file: bytes (`containers`) → raw sheets (`sheets`) → recognised (`recognise`, `kinds`) → cleaned (`clean`,
`values`, `dates`, `personal`, `masking`, `derive`) → checked (`check`) → stored (`store`).
"""

from __future__ import annotations

from shopnb.intake.account import FileAccount, Remark
from shopnb.intake.containers import IN_ARCHIVE
from shopnb.intake.importing import TYPED_FOLDER, Progress, import_files
from shopnb.intake.store import read_accounts, withdraw

__all__ = [
    "IN_ARCHIVE",
    "TYPED_FOLDER",
    "FileAccount",
    "Progress",
    "Remark",
    "import_files",
    "read_accounts",
    "withdraw",
]
