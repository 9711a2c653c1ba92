"""shopnb: the files that a shop exports anyway, turned into decisions.

What notebooks use: `open_page`, `open_shop`, `open_start` and `ShopnbError`; each is imported when first asked for,
since the command line must start fast. In a notebook Altair's own charts are shown offline from the import on.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

_HOMES = {
    "ShopnbError": "shopnb.errors",
    "open_page": "shopnb.pages",
    "open_shop": "shopnb.shop",
    "open_start": "shopnb.start.page",
}

__all__ = ["ShopnbError", "open_page", "open_shop", "open_start"]  # noqa: F822 (found by __getattr__)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def _in_notebook() -> bool:
    """Whether an IPython kernel runs this; plain Python has not even loaded IPython."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and getattr(ipython.get_ipython(), "kernel", None) is not None


if _in_notebook():
    import_module("shopnb.charts")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
