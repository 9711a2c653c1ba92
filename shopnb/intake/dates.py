"""Dates in all the forms that exports and people write them, and the times that file names and banners hold.

Belongs here: text or Excel cell to date, timestamp or period. No clock is read: the year of a date without one comes
from the file's time.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from shopnb.intake.faults import BadValue
from shopnb.intake.values import INVISIBLE

FIRST_YEAR, LAST_YEAR = 2003, 2100  # the first Taobao shops opened in 2003
_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - shop time, as every timestamp here
_LOOKAHEAD = timedelta(days=182)
_YEARS_APART = timedelta(days=3 * 366)

_TIME = r"(?:[ T_]+(\d{1,2})[:：](\d{2})(?:[:：](\d{2})(?:\.\d+)?)?)?"
_FULL = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?" + _TIME + r"\s*$")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[ T_-]?(\d{2}):?(\d{2}):?(\d{2})?)?\s*$")
_SHORT = re.compile(r"(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?" + _TIME + r"\s*$")
_ENGLISH = re.compile(r"(?:(mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+)?([a-z]{3})[a-z]*\.?\s+(\d{1,2})(?:,?\s+(\d{4}))?$")
_MONTH = re.compile(r"(?:(20\d{2})\s*[-/.年]?\s*)?(\d{1,2})\s*月?$")
_PERIOD = re.compile(r"\s*(?:~|～|至|到|—|–| - | to )\s*")
_MARKS = dict.fromkeys(map(ord, f"{INVISIBLE}\u200d"))
_WEEKDAY = re.compile(r"\s*(?:[((]?(?:周|星期)[一二三四五六日天][))]?|[((][一二三四五六日天][))])\s*$")
_ZONE = re.compile(r"(?<=\d)(?:Z|[+-]\d{2}:?\d{2})$")  # shop time is meant, whatever the tool wrote behind it
_DAY_NAMED = re.compile(r"(\d{1,2})[- ]([a-z]{3})[a-z]*[- ,]+(\d{4}|\d{2})$")
_YEAR_LAST = re.compile(r"(\d{1,2})([/.])(\d{1,2})\2(\d{4})(?!\d)")
_YEAR_SHORT = re.compile(r"(\d{2})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_SHORT_YEARS = range(15, 40)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_DAY = r"(20\d{2})[-.]?([01]\d)[-.]?([0-3]\d)"
_NAME_PERIOD = re.compile(rf"(?<!\d){_DAY}\s*(?:[_~～至到—-]|\s)+\s*{_DAY}(?!\d)")
_NAME_STAMP = re.compile(rf"(?<!\d){_DAY}[-_ T]?([0-2]\d)[-:：_]?([0-5]\d)(?:[-:：_]?([0-5]\d))?(?!\d)")
_NAME_DAY = re.compile(rf"(?<!\d){_DAY}(?!\d)")
_BANNER_STAMP = re.compile(r"(?:导出|下载|生成|更新|制表)[^\d]{0,8}(20\d{2}.*)")


def parse_timestamp(value: object, *, near: datetime, future: bool = False) -> datetime:
    """A moment in shop time.

    Parameters
    ----------
    value : str, date, datetime or Excel number.
    near : the file's time; gives a date without a year its year.
    future : whether a date without a year may lie ahead of the file (plans, reviews dates); else the latest past.

    Raises
    ------
    BadValue
        `not_a_date`, `date_ambiguous` or `date_out_of_range`.
    """
    if isinstance(value, datetime):
        found = value.replace(tzinfo=None)
    elif isinstance(value, date):
        found = datetime(value.year, value.month, value.day)  # noqa: DTZ001
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found = _from_number(float(value), near, future)
    else:
        found = _from_text(str(value), near, future)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise BadValue("date_out_of_range")
    return found


def parse_date(value: object, *, near: datetime, future: bool = False) -> date:
    """The day of `parse_timestamp`; `D ~ D` is that day, a longer period is none."""
    if isinstance(value, str) and len(ends := _PERIOD.split(value.strip())) == 2:
        first, last = (parse_timestamp(end, near=near, future=future).date() for end in ends)
        if first != last:
            raise BadValue("period_not_a_day")
        return first
    return parse_timestamp(value, near=near, future=future).date()


def parse_month_or_day(value: object, *, near: datetime) -> str:
    """`2026-08` or `2026-08-24`, as people write the month or the day that a target is for.

    A date cell on the first of a month is the month: spreadsheets turn a typed 2026-08 into one.
    """
    if isinstance(value, date):
        return f"{value:%Y-%m}" if value.day == 1 else f"{value:%Y-%m-%d}"
    match = _MONTH.match(str(value).strip())
    if match and 1 <= int(match.group(2)) <= 12:
        return f"{match.group(1) or near.year}-{int(match.group(2)):02}"
    return parse_date(value, near=near, future=True).isoformat()


def parse_end(value: object, *, near: datetime) -> datetime:
    """The end of something; a day without a time ends with the day."""
    found = parse_timestamp(value, near=near, future=True)
    has_time = isinstance(value, datetime) or (isinstance(value, str) and re.search(r"\d[::]\d", value))
    return found if has_time else found + timedelta(hours=23, minutes=59, seconds=59)


def parse_period(value: object, *, near: datetime) -> tuple[date, date]:
    """First and last day of `D1 ~ D2`; a single day is its own period."""
    ends = _PERIOD.split(value.strip()) if isinstance(value, str) else [value]
    if len(ends) > 2:
        raise BadValue("not_a_date")
    start, end = parse_date(ends[0], near=near), parse_date(ends[-1], near=near)
    if end < start:
        raise BadValue("period_backwards")
    return start, end


def _moment(*parts: str | int | None) -> datetime:
    try:
        return datetime(*(int(part or 0) for part in parts))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        raise BadValue("not_a_date") from None


def _from_number(number: float, near: datetime, future: bool) -> datetime:
    """20260613, an Excel serial number, or a `8.24` that a sheet took for a number."""
    if number.is_integer() and 19_000_101 <= number <= 21_001_231:
        return _from_text(str(int(number)), near, future)
    if 20_000 <= number < 75_000:
        return _EXCEL_EPOCH + timedelta(seconds=round(number * 86_400))
    month, day = divmod(round(number * 100), 100)
    if abs(number * 100 - round(number * 100)) > 1e-6 or not 1 <= month <= 12:
        raise BadValue("not_a_date")
    if day % 10 == 0 and day > 0:  # 8.1 is 1 August or, its zero lost, 10 August
        if day <= 30:
            raise BadValue("date_ambiguous")
        day //= 10
    return _with_year(month, day, None, near, future)


def _from_text(text: str, near: datetime, future: bool) -> datetime:
    text = unicodedata.normalize("NFKC", text).translate(_MARKS)
    text = _ZONE.sub("", _WEEKDAY.sub("", text).strip().strip("'\"=").strip())
    if match := _FULL.match(text) or _COMPACT.match(text):
        return _moment(*match.groups())
    if match := _SHORT.match(text):
        month, day, *time = match.groups()
        found = _with_year(int(month), int(day), None, near, future)
        return found if time[0] is None else _moment(found.year, found.month, found.day, *time)
    if match := _ENGLISH.match(text.lower()):
        weekday, name, day, year = match.groups()
        if name in _MONTHS:
            month_number = _MONTHS.index(name) + 1
            if year:
                return _moment(year, month_number, day)
            return _with_year(month_number, int(day), weekday, near, future)
    if (match := _DAY_NAMED.match(text.lower())) and match.group(2) in _MONTHS:
        day, name, year = match.groups()
        return _moment(year if len(year) == 4 else f"20{year}", _MONTHS.index(name) + 1, day)
    if text.isdecimal() and len(text) == 5:  # a date cell that was saved as its number
        return _from_number(float(text), near, future)
    raise BadValue("date_ambiguous" if _YEAR_LAST.match(text) else "not_a_date")


def day_order(cells: Iterable[object]) -> str:
    """How the dates of a column are written where they do not begin with four digits: `day`, `month`, `year` or "".

    That is what stands first. Dots put the day first; with slashes one cell of the column must tell, as 13/09/2026
    does. Two digits first are a year where they are one in all cells and the last ones cannot be, or change more.

    Examples
    --------
    >>> day_order(["01/09/2026", "13/09/2026"]), day_order(["09/13/2026"]), day_order(["01/09/2026"])
    ('day', 'month', '')
    >>> day_order(["26/8/1"]), day_order(["26-08-25", "26-08-26"]), day_order(["25/08/26", "26/08/26"])
    ('year', 'year', '')
    """
    cells = list(cells)
    if _is_year_first(
        [match for cell in cells if isinstance(cell, str) and (match := _YEAR_SHORT.match(cell.strip()))]
    ):
        return "year"
    found = [match for cell in cells if isinstance(cell, str) and (match := _YEAR_LAST.match(cell.strip()))]
    if any(match.group(2) == "." or int(match.group(1)) > 12 for match in found):
        return "day"
    return "month" if any(int(match.group(3)) > 12 for match in found) else ""


def _is_year_first(found: Sequence[re.Match[str]]) -> bool:
    """Whether the two digits that these dates begin with are a year."""
    first, months, last = ({int(match.group(group)) for match in found} for group in (1, 3, 4))
    is_date = bool(found) and first <= set(_SHORT_YEARS) and max(months) <= 12
    return is_date and (not last <= set(_SHORT_YEARS) or len(first) < len(last))


def far_ahead(days: Sequence[date | None], near: datetime) -> list[int]:
    """Places of a column's last days that lie past the year after the file's and years from the days before: slips.

    Examples
    --------
    >>> far_ahead([date(2026, 8, 1), date(2062, 8, 2), None, date(2026, 8, 3)], datetime(2026, 8, 4))
    [1]
    """
    known = sorted({day for day in days if day is not None})
    later = [(before, after) for before, after in pairwise(known[len(known) // 2 :]) if after.year > near.year + 1]
    slips = {after for before, after in later if after - before > _YEARS_APART}
    return [place for place, day in enumerate(days) if day is not None and day >= min(slips)] if slips else []


def year_first(value: object, order: str) -> object:
    """A cell with its date turned round, or its year made whole, where the column tells the order."""
    if not order or not isinstance(value, str):
        return value
    if order == "year":
        return _YEAR_SHORT.sub(r"20\1-\3-\4", value.strip())
    day, month = (1, 3) if order == "day" else (3, 1)
    return _YEAR_LAST.sub(lambda match: f"{match[4]}-{match[month]}-{match[day]}", value.strip())


def _with_year(month: int, day: int, weekday: str | None, near: datetime, future: bool) -> datetime:
    """The year that fits the file's time and, where given, the weekday."""
    latest = near + (_LOOKAHEAD if future else timedelta(days=1))
    for year in range(latest.year, latest.year - 12, -1):
        try:
            found = datetime(year, month, day)  # noqa: DTZ001
        except ValueError:
            continue
        if found <= latest and weekday in (None, _WEEKDAYS[found.weekday()]):
            return found
    raise BadValue("not_a_date")


def has_year(value: object) -> bool:
    """Whether a date as written names its year."""
    if isinstance(value, str):
        text = value.strip().lower()
        is_number = text.isdecimal() and len(text) == 5
        return is_number or bool(re.search(r"(?<!\d)(?:19|20)\d{2}", text) or _DAY_NAMED.match(text))
    return not isinstance(value, float | int) or value >= 20_000


def _valid_day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def period_in(text: str) -> tuple[date, date] | None:
    """The period, or the single day, that a file name or a banner names; None when it names none or several."""
    if match := _NAME_PERIOD.search(text):
        start, end = _valid_day(*match.groups()[:3]), _valid_day(*match.groups()[3:])
        if start and end and start <= end:
            return start, end
    days = {found for match in _NAME_DAY.finditer(text) if (found := _valid_day(*match.groups()))}
    return (min(days), max(days)) if len(days) == 1 else None


def stamp_in(text: str) -> datetime | None:
    """The export time that a file name holds: date and time, or a lone date; None for a period or nothing."""
    rest = _NAME_PERIOD.sub(" ", text)
    if match := _NAME_STAMP.search(rest):
        try:
            return datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
        except ValueError:
            return None
    found = period_in(rest)
    if found is None or rest != text:
        return None
    return datetime(found[0].year, found[0].month, found[0].day)  # noqa: DTZ001


def banner_stamp(text: str) -> datetime | None:
    """The export time that a banner line names, as in 导出时间:2026-06-13 10:22:33."""
    match = _BANNER_STAMP.search(text)
    if match is None:
        return None
    try:
        return parse_timestamp(match.group(1), near=datetime(LAST_YEAR, 1, 1))  # noqa: DTZ001
    except BadValue:
        return None
