"""One shop folder opened: its settings, its imports, and its tables as Ibis expressions.

A shop folder holds `inbox/` (where people drop exports), `tables_in/` (tables that people type in), `tables/` (what
was read from both), `reports/` and `shopnb.toml`. None of them must be there.
"""

from __future__ import annotations

from shopnb.shop.downloads import NextDownload, ReportTables, next_download
from shopnb.shop.folder import Shop, open_shop
from shopnb.shop.new import new_shop
from shopnb.shop.settings import Settings

__all__ = ["NextDownload", "ReportTables", "Settings", "Shop", "new_shop", "next_download", "open_shop"]
