"""Cells to values: numbers, ranges, ids, yes and no, in all the forms that exports use.

Belongs here: one cell in, one value out; a blank is None, a value that cannot be read raises `BadValue`.
Does not belong here: dates (`dates`), which parser a column takes (`clean`).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import compress

import pyarrow as pa
import pyarrow.compute as pc

from shopnb.intake.faults import BadValue

INVISIBLE = "\ufeff\u200b\u200c\u200e\u200f\u2060\u00ad"  # marks that copying leaves in cells; \u200d joins emoji
MISSING_WORDS = frozenset(
    {"", "-", "--", "---", "—", "——", r"\n", "null", "nan", "none", "n/a", "#n/a", "暂无", "无数据", "暂无数据"}
    | {"#div/0!", "#value!", "#ref!", "#name?", "#null!", "#num!"}
)
BLANKS = f"{INVISIBLE} \t\r\n\u3000\xa0"
_NO_NUMBER = frozenset(  # a dash under a percent format; words beside numbers
    {"-%", "--%", "—%", "/", "无", "不适用", "无退款", "无退款申请", "没有申请退款"}
)
WHOLE_ID_LIMIT = 10**15  # a spreadsheet keeps 15 digits: a longer numeric id has lost its end
_MULTIPLIERS = {"": 1, "千": 1e3, "k": 1e3, "万": 1e4, "w": 1e4, "亿": 1e8}
_NUMBER = re.compile(r"([+-]?)[¥$]?(\d+(?:\.\d*)?|\.\d+)(?:e([+-]?\d+))?(千|k|万|w|亿)?(%|‰)?$")
_THOUSANDS = re.compile(r"[+-]?[¥$]?(?:\d{1,3}(?:,\d{3})+|\d{1,4}(?:,\d{4})+)(?:\.\d*)?\D*$")
_DECIMAL_COMMA = re.compile(r"([+-]?[¥$€]?\d{1,3}(?:\.\d{3})+),(\d+)$")  # 1.234,50
_IN_BRACKETS = re.compile(r"\(([¥$]?[\d,.]+%?)\)$")  # (123.50): how accountants write a minus
_PLAIN = r"^-?(?:\d{1,15}|\d{1,3}(?:,\d{3}){1,4})(?:\.\d{1,12})?%?$"
_LENGTH = re.compile(
    r"(?:(\d+):)?(\d{1,2}):(\d{2}(?:\.\d+)?)$|(?=\d+(?:小?时|分))(?:(\d+)小?时)?(?:(\d+)分钟?)?(?:(\d+(?:\.\d+)?)秒)?$"
)
_UNITS = re.compile(r"(?:元|人次|人|件|次|个|笔|单|条|天|日|秒|秒钟|分|张)(?:/[\w]+)?$")
_SOLD_WORDS = re.compile(
    r"人付款|人收货|人已买|人购买|人加购|人已付款|付款人数|已售|月销|总销|销量|付款|收货|起售|[::]"
)
_RANGE = re.compile(r"(.+?)(?:~|至|到|—|–|(?<=[\d%万])-)(.+)$")
_OPEN_END = re.compile(r"(.+?)(?:\+|以上|起)$|^(?:>=?|≥|大于|超过)(.+)$")
_OPEN_START = re.compile(r"(.+?)(?:以下|以内)$|^(?:<=?|≤|小于|低于)(.+)$")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?e\+\d+$", re.IGNORECASE)


def clean_text(value: object) -> str | None:
    """The text of a cell: `="123"` and `'123` unwrapped, blanks cut, missing words to None.

    Examples
    --------
    >>> clean_text('="00123"'), clean_text("'123 "), clean_text("--")
    ('00123', '123', None)
    """
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < WHOLE_ID_LIMIT:
        value = int(value)
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    text = str(value).strip(BLANKS)
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        text = text[2:-1].strip()
    elif text.startswith("'") and len(text) > 1:
        text = text[1:].strip()
    return None if text.lower() in MISSING_WORDS else text


def parse_id(value: object) -> str | None:
    """An id as text; one that a spreadsheet has rounded is refused.

    Examples
    --------
    >>> parse_id(549474661845.0)
    '549474661845'
    """
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        if abs(value) >= WHOLE_ID_LIMIT or not float(value).is_integer():
            raise BadValue("id_rounded")
        return str(int(value))
    text = clean_text(value)
    if text and _SCIENTIFIC.match(text):
        raise BadValue("id_rounded")
    return text


def _plain(text: str) -> str:
    """Half-width, lower case, without blanks, invisible marks, thousands commas and currency words.

    A comma that separates no thousands stays, so that 12,5 is no 125.
    """
    text = unicodedata.normalize("NFKC", text).lower().translate(_MARKS)
    text = re.sub(r"\s+", "", text).replace("rmb", "").replace("cny", "")
    if match := _IN_BRACKETS.match(text):
        text = f"-{match.group(1)}"
    if match := _DECIMAL_COMMA.match(text):
        return f"{match.group(1).replace('.', '')}.{match.group(2)}"
    return text.replace(",", "") if _are_thousands(text) else text


def _are_thousands(text: str) -> bool:
    """Whether every comma in a text separates thousands, or ten thousands, of its number or numbers."""
    return all(_THOUSANDS.match(part) for part in re.split(r"[~至到—–]|(?<=\d)-", text) if "," in part)


_MARKS = {**dict.fromkeys(map(ord, f"{INVISIBLE}\u200d")), ord("−"): "-", ord("\u2011"): "-"}


def _number(text: str) -> tuple[float, str]:
    """A number and its percent sign, which the other end of a range may share."""
    match = _NUMBER.match(_UNITS.sub("", text)) or _NUMBER.match(text)
    if match is None:
        raise BadValue("not_a_number")
    sign, digits, exponent, unit, percent = match.groups()
    number = float(f"{sign}{digits}e{exponent or 0}")
    if not math.isfinite(number):
        raise BadValue("not_a_number")
    if unit:
        number = round(number * _MULTIPLIERS[unit], 6)
    return number, percent or ""


def _shrunk(number: float, percent: str) -> float:
    """A percentage as a share; the division is made on the decimal digits, so that 53.83% is 0.5383."""
    return round(number / {"": 1, "%": 100, "‰": 1000}[percent], 12) if percent else number


def plain_numbers(texts: Sequence[str], *, whole: bool) -> dict[str, float]:
    """The texts among many that are plain numbers or percentages, with what `parse_number` or `parse_int` says of them.

    Examples
    --------
    >>> plain_numbers(["1,855", "53.83%", "1.2万", "-"], whole=False), plain_numbers(["7", "7.5"], whole=True)
    ({'1,855': 1855.0, '53.83%': 0.5383}, {'7': 7})
    """
    array = pa.array(texts, pa.string())
    is_plain = pc.match_substring_regex(array, _PLAIN)
    kept = list(compress(texts, is_plain.to_numpy(zero_copy_only=False)))
    bare = pc.replace_substring(pc.utf8_rtrim(array.filter(is_plain), "%"), ",", "")
    numbers = pc.cast(bare, pa.float64()).to_numpy(zero_copy_only=False)
    if not whole:
        found = zip(kept, numbers.tolist(), strict=True)
        return {text: round(number / 100, 12) if text[-1] == "%" else number for text, number in found}
    found = zip(kept, numbers.tolist(), strict=True)
    return {text: int(number) for text, number in found if text[-1] != "%" and number == int(number)}


def _ordinary(text: str) -> float | None:
    """The number of a cell such as `1,855` or `53.83%`, as nearly all cells are; None for all others."""
    if "," in text:
        is_plain = text[-4:-3] == "," and text.count(",") == 1 and len(text) <= 8  # 1,855: as most are
        if not is_plain and not _THOUSANDS.match(text):
            return None
    try:
        if text[-1:] == "%":
            number = round(float(text[:-1].replace(",", "")) / 100, 12)
        else:
            number = float(text.replace(",", ""))
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def parse_number(value: object) -> float | None:
    """A number: `1,855`, `53.83%` (0.5383), `1.2万`, `1,234.56元`, full-width digits.

    Examples
    --------
    >>> parse_number("1,855"), parse_number("53.83%"), parse_number("1.2万"), parse_number("-")
    (1855.0, 0.5383, 12000.0, None)
    """
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float):
        return None if value != value else float(value)
    if isinstance(value, str) and (number := _ordinary(value)) is not None:
        return number
    text = clean_text(value)
    if text is None or text in _NO_NUMBER:
        return None
    text = _plain(text)
    try:
        return _shrunk(*_number(text))
    except BadValue:
        if _RANGE.match(text) or _OPEN_END.match(text) or _OPEN_START.match(text):
            raise BadValue("range_in_number_column") from None
        raise


def parse_seconds(value: object) -> float | None:
    """A length of time in seconds: a number, `80.5秒`, `1分20秒`, `00:01:20`, or the time cell of a spreadsheet.

    Examples
    --------
    >>> parse_seconds("1分20秒"), parse_seconds("00:01:20"), parse_seconds("80.5")
    (80.0, 80.0, 80.5)
    """
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, time):
        return 3600.0 * value.hour + 60 * value.minute + value.second
    match = _LENGTH.match(_plain(value)) if isinstance(value, str) else None
    if match is None:
        return parse_number(value)
    hours, minutes, seconds = (
        float(part or 0) for part in (match[1] or match[4], match[2] or match[5], match[3] or match[6])
    )
    return 3600 * hours + 60 * minutes + seconds


def parse_int(value: object) -> int | None:
    """A whole number; a fraction is refused."""
    number = parse_number(value)
    if number is None:
        return None
    whole = int(number)
    if number != whole or abs(whole) > 2**53:
        raise BadValue("not_a_whole_number")
    return whole


def parse_range(value: object) -> tuple[float | None, float | None]:
    """Inclusive low and high; open: high (or low) is None; one number: both ends.

    Examples
    --------
    >>> parse_range("5000 ~ 1万"), parse_range("500+人付款"), parse_range("12.00-35.00")
    ((5000.0, 10000.0), (500.0, None), (12.0, 35.0))
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (None, None) if value != value else (float(value), float(value))
    text = clean_text(value)
    if text is None:
        return None, None
    text = _SOLD_WORDS.sub("", _plain(text))
    if match := _OPEN_END.match(text):
        return _shrunk(*_number(_UNITS.sub("", match.group(1) or match.group(2)))), None
    if match := _OPEN_START.match(text):
        return None, _shrunk(*_number(match.group(1) or match.group(2)))
    if match := _RANGE.match(text):
        (low, low_percent), (high, high_percent) = _number(match.group(1)), _number(match.group(2))
        ends = _shrunk(low, low_percent or high_percent), _shrunk(high, high_percent)
        if ends[0] > ends[1]:
            raise BadValue("range_backwards")
        return ends
    number = _shrunk(*_number(text))
    return number, number


_YES = frozenset({"是", "true", "yes", "y", "1", "有", "天猫"})
_NO = frozenset({"否", "false", "no", "n", "0", "无", "淘宝"})


def parse_bool(value: object) -> bool | None:
    """Yes or no, in Chinese, English or digits."""
    if isinstance(value, bool):
        return value
    text = clean_text(value)
    if text is None:
        return None
    word = text.lower()
    if word in _YES or word in _NO:
        return word in _YES
    raise BadValue("not_yes_or_no")
