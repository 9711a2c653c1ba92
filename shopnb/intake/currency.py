"""Currencies written with amounts: one sheet speaks one; rows in another one are no rows of it.

Belongs here: the marks that stand in cells and which of them a sheet speaks. Nothing is converted: no rate is known.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from shopnb.intake.sheets import Cell

_MARKS = {
    "USD": ("us$", "usd", "美元", "$"),
    "HKD": ("hk$", "hkd", "港币", "港元"),
    "TWD": ("nt$", "twd", "新台币", "台币"),
    "EUR": ("€", "eur", "欧元"),
    "GBP": ("£", "gbp", "英镑"),
    "JPY": ("jpy", "日元", "円"),
    "KRW": ("₩", "krw", "韩元"),
    "CNY": ("cn¥", "¥", "rmb", "cny", "人民币", "元"),
}
_NAME_OF = {mark: name for name, marks in _MARKS.items() for mark in marks}
_MARK = re.compile("|".join(sorted(map(re.escape, _NAME_OF), key=len, reverse=True)))


def currency_of(cell: Cell) -> str:
    """The currency that a cell names, in three capitals; "" where it names none.

    Examples
    --------
    >>> currency_of("US $12.00"), currency_of("￥35"), currency_of("12.00-35.00"), currency_of(12.0)
    ('USD', 'CNY', '', '')
    """
    found = _MARK.search(_plain(cell)) if isinstance(cell, str) else None
    return _NAME_OF[found.group()] if found else ""


def without_currency(cell: Cell) -> Cell:
    """A cell without the currency's mark: `HK$12-HK$35` is `12-35`."""
    if not isinstance(cell, str) or cell.isascii() and cell[:1].isdigit() and cell[-1:].isdigit():
        return cell
    return _MARK.sub("", _plain(cell))


def spoken(marks: Iterable[str]) -> str:
    """The currency of a sheet: that of most cells. Cells without a mark follow it; where they are most, "".

    Examples
    --------
    >>> spoken(["", "", "USD"]), spoken(["CNY", "", "CNY", "USD"]), spoken(["", ""])
    ('', 'CNY', '')
    """
    counted = Counter(marks)
    return max(counted, key=lambda mark: (counted[mark], mark)) if counted else ""


def foreign(marks: Sequence[str], currency: str) -> list[int]:
    """The cells that name another currency than the sheet's; one without a mark speaks CNY or nothing."""
    own = {"", currency} if currency else {"", "CNY"}
    return [index for index, mark in enumerate(marks) if mark not in own]


def _plain(cell: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", cell).lower())
