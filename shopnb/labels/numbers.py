"""Numbers and dates as people read them: 1.2万 and 个百分点 in 中文, k, M and pp in English.

Every kind takes a number (or a date) and gives text; unknown (None, NaN) is an en dash, never 0. Money is written in
the currency of the enclosing `money_in`, CNY outside of one.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

MISSING = "–"
_MINUS = "−"
_STEPS = {"zh": ((1e8, "亿"), (1e4, "万")), "en": ((1e9, "B"), (1e6, "M"), (1e3, "k"))}
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_SIGNS = {"CNY": "¥", "JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "TWD": "NT$", "SGD": "S$"}
_CURRENCY = ContextVar("currency", default="CNY")
_WEEKDAYS = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}


def _sign(value: float, text: str, *, plus: bool = False) -> str:
    if float(value) < 0 and any(c in "123456789" for c in text):
        return _MINUS + text
    return ("+" + text) if plus and any(c in "123456789" for c in text) else text


def _plain(value: float, decimals: int) -> str:
    return f"{abs(value):,.{decimals}f}"


def _short(value: float, lang: str, *, decimals: int = 2) -> str:
    """A size in short: 11.64万, 1.02亿, 116.4k. Three to four significant figures above the first step."""
    size = abs(value)
    for step, word in _STEPS[lang]:
        if round(size, 0) >= step:
            scaled = size / step
            digits = decimals if scaled < 10 else max(decimals - 1, 1) if scaled < 100 else 0 if scaled >= 1000 else 1
            return f"{scaled:,.{digits}f}".rstrip("0").rstrip(".") + word if digits else f"{scaled:,.0f}{word}"
    if size == 0 or size >= 100 or float(size).is_integer():
        return f"{size:,.0f}"
    return f"{size:,.1f}" if size >= 10 else f"{size:,.2f}"


def _number(value: float, lang: str) -> str:
    return _sign(value, _short(value, lang))


@contextmanager
def money_in(currency: str) -> Iterator[None]:
    """Write all money inside the block in a currency, given as its ISO code.

    Examples
    --------
    >>> with money_in("USD"):
    ...     format_value(116_400, "money", "en")
    '$116.4k'
    """
    before = _CURRENCY.set(currency)
    try:
        yield
    finally:
        _CURRENCY.reset(before)


def currency_sign(currency: str = "") -> str:
    """What stands before an amount of a currency, by default the one in force: its sign, else its ISO code."""
    code = currency or _CURRENCY.get()
    return _SIGNS.get(code, code + "\N{NO-BREAK SPACE}")


def _money(value: float, lang: str) -> str:
    return _sign(value, currency_sign() + _short(value, lang))


def _signed_money(value: float, lang: str) -> str:
    return _sign(value, currency_sign() + _short(value, lang), plus=True)


def _integer(value: float, lang: str) -> str:
    return _sign(value, _plain(value, 0))


def _percent(decimals: int, *, plus: bool = False) -> Callable[[float, str], str]:
    def write(value: float, lang: str) -> str:
        return _sign(value, _plain(value * 100, decimals) + "%", plus=plus)

    return write


def _points(value: float, lang: str) -> str:
    """A difference of two shares, in percentage points."""
    return _sign(value, _plain(value * 100, 2) + ("个百分点" if lang == "zh" else " pp"), plus=True)


def _day(value: dt.date, lang: str) -> str:
    return f"{value.month}月{value.day}日" if lang == "zh" else f"{value.day} {_MONTHS[value.month - 1][:3]}"


def _day_short(value: dt.date, lang: str) -> str:
    return f"{value.month}/{value.day}" if lang == "zh" else f"{value.day} {_MONTHS[value.month - 1][:3]}"


def _day_weekday(value: dt.date, lang: str) -> str:
    return (
        f"{value.month}/{value.day} {_weekday(value, lang)}"
        if lang == "zh"
        else f"{_weekday(value, lang)} {value.day} {_MONTHS[value.month - 1][:3]}"
    )


def _weekday(value: dt.date, lang: str) -> str:
    return ("周" if lang == "zh" else "") + _WEEKDAYS[lang][value.weekday()]


def _month(value: dt.date, lang: str) -> str:
    return f"{value.month}月" if lang == "zh" else _MONTHS[value.month - 1]


FORMATS: dict[str, Callable[[Any, str], str]] = {
    "number": _number,
    "signed": lambda value, lang: _sign(value, _short(value, lang), plus=True),
    "int": _integer,
    "money": _money,
    "money0": lambda value, lang: _sign(value, currency_sign() + _plain(value, 0)),
    "money2": lambda value, lang: _sign(value, currency_sign() + _plain(value, 2)),
    "signed_money": _signed_money,
    "pct": _percent(1),
    "pct2": _percent(2),
    "pct0": _percent(0),
    "signed_pct": _percent(1, plus=True),
    "pp": _points,
    "ratio": lambda value, lang: _sign(value, _plain(value, 2)),
    "score": lambda value, lang: _sign(value, _plain(value, 2)),
    "seconds": lambda value, lang: _sign(value, _plain(value, 0)) + ("秒" if lang == "zh" else " s"),
    "days": lambda value, lang: _sign(value, _plain(value, 1)) + ("天" if lang == "zh" else " d"),
    "day": _day,
    "day_short": _day_short,
    "weekday": _weekday,
    "month": _month,
    "day_of_month": lambda value, lang: f"{value.day}日" if lang == "zh" else str(value.day),
    "day_of_year": lambda value, lang: (
        f"{value.year}年{_day(value, lang)}" if lang == "zh" else f"{_day(value, lang)} {value.year}"
    ),
    "day_weekday": _day_weekday,
    "iso": lambda value, lang: value.isoformat(),
    "text": lambda value, lang: str(value),
}


def format_value(value: Any, kind: str, lang: str) -> str:
    """`value` written as `kind` in `lang`; None and NaN are an en dash.

    Examples
    --------
    >>> format_value(116_400, "money", "zh"), format_value(116_400, "money", "en")
    ('¥11.6万', '¥116.4k')
    >>> format_value(-0.0058, "pp", "zh"), format_value(float("nan"), "pct", "en")
    ('−0.58个百分点', '–')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return MISSING
    return FORMATS[kind](value, lang)
