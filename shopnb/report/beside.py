"""Tables too long to travel inside the page: a CSV file each, which the page links to by name.

Belongs here: their names and bytes.
"""

from __future__ import annotations

import re

from shopnb.report.notebook import Parts
from shopnb.tables import table_csv


def long_tables(parts: Parts) -> dict[str, str]:
    """Table id -> ending of its file's name, `.<id>.csv`, of the tables that the page does not carry whole."""
    return {
        table["id"]: f".{re.sub(r'[^A-Za-z0-9_-]', '_', table['id'])}.csv"
        for table in parts.page.get("tables", [])
        if table["long"]
    }


def beside_files(parts: Parts) -> dict[str, bytes]:
    """Ending of a file's name -> its bytes; a spreadsheet opens them as UTF-8."""
    endings = long_tables(parts)
    return {
        endings[table["id"]]: table_csv(table).encode("utf-8-sig")
        for table in parts.page.get("tables", [])
        if table["id"] in endings
    }
