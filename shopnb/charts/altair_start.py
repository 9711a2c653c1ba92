"""Altair's import without a grammar that no chart needs: half of its two seconds, in every command and kernel.

jsonschema builds a parser of internationalised addresses (`rfc3987_syntax`) when it is imported; where the package is
missing it does without, and the Vega-Lite schema names no such format. A jsonschema that is loaded already stays.
"""

from __future__ import annotations

import importlib
import sys

_GRAMMAR = "rfc3987_syntax"


def _import_without(absent: str) -> None:
    """Import Altair as if a package were not installed; afterwards it can be imported again."""
    if absent in sys.modules:
        importlib.import_module("altair")
        return
    sys.modules[absent] = None  # type: ignore[assignment]  # what makes an import of it fail
    try:
        importlib.import_module("altair")
    finally:
        del sys.modules[absent]


_import_without(_GRAMMAR)
