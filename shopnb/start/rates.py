"""Rates as the forms take them: refused in the words of the form, before anything is written.

Belongs here: what a field of a rate may hold. Reading and writing `shopnb.toml` is the shop's.
"""

from __future__ import annotations

from shopnb import labels
from shopnb.errors import InputError
from shopnb.shop.settings import written_rate

MARGIN = "margin_rate"


def rate(name: str, written: str, lang: str) -> float | None:
    """The number behind what was typed, 0.42 or 42 %; None where nothing was.

    Raises
    ------
    InputError
        `not_a_rate` for words, for what is below 0, and for a margin above 1.
    """
    refused = InputError("not_a_rate", field=labels.text(f"start.fee.{name}", lang), value=written)
    try:
        found = written_rate(name, written)
    except InputError:
        raise refused from None
    if found is not None and (found < 0 or (name == MARGIN and found > 1)):
        raise refused
    return found
