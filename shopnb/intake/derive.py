"""Columns that a file does not print as such: period, position, item id of a link, review id, outcome maps.

Belongs here: one function a table, from cleaned columns to cleaned columns. Does not belong here: parsing cells.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shopnb.intake import dates
from shopnb.intake.clean import Cleaned
from shopnb.intake.faults import BadValue
from shopnb.intake.kinds import fold
from shopnb.intake.personal import mask_phones
from shopnb.intake.recognise import Recognised

_ITEM_IN_URL = re.compile(r"[?&](?:id|item_?id|itemnumid)=(\d{6,})", re.IGNORECASE)
_ITEM_IN_PATH = re.compile(r"(?:offer|item|goods)/(\d{6,})(?:\.html)?")
_PAID_URL = ("click.simba.taobao", "click.mmstat", "simba.taobao.com", "dj.1688.com", "alimama.com")
_EMOJI_CODE = re.compile(r"<U\+([0-9A-Fa-f]{4,8})>")
_NAME_DATES = re.compile(r"[\s_\-~（(【]*(?<!\d)20\d{2}[-.]?\d{2}[-.]?\d{2}[\d_\-~:： ]*[)）】]*")
_VERSION_END = re.compile(r"[\s_\-]+([^\s_\-]+)$")
_RULE = re.compile(r"归属原则\s*[:：]?\s*([^\s,;，；]+)")
_WINDOW = re.compile(r"转化周期\s*[:：]?\s*(\d+)")


@dataclass(frozen=True)
class Context:
    """What stands around a sheet: the file's stem, the words above the header, and the file's time."""

    stem: str
    banner: tuple[str, ...]
    near: datetime


def derive(cleaned: Cleaned, found: Recognised, context: Context) -> None:
    """Fill constants, then what the table's own function makes; every stored column exists afterwards."""
    count = len(cleaned.rows)
    for name, value in found.kind.constants.items():
        cleaned.columns.setdefault(name, [value] * count)
    make = _MAKERS.get(found.kind.table.name)
    if make:
        make(cleaned, found, context)
    for column in found.kind.table:
        for name in column.stored_names:
            cleaned.columns.setdefault(name, [None] * len(cleaned.rows))


def _around(found: Recognised, context: Context) -> tuple[date, date] | None:
    """The period that the file's name, the sheet's name or the banner gives, as the kind allows."""
    places = {"file_name": [context.stem, found.sheet.name], "banner": list(context.banner)}
    for place in found.kind.period:
        for text in places.get(place, []):
            period = dates.period_in(text) or _banner_period(text)
            if period:
                found.why.append({"code": f"period_from_{place}", "start": str(period[0]), "end": str(period[1])})
                return period
    return None


def _banner_period(text: str) -> tuple[date, date] | None:
    match = re.search(r"(?:统计|时间|日期|周期)[^\d]{0,8}(20\d{2}[-/.年]\d.*)", text)
    if match is None or dates.banner_stamp(text):
        return None
    try:
        return dates.parse_period(match.group(1), near=datetime(dates.LAST_YEAR, 1, 1))  # noqa: DTZ001
    except BadValue:
        return None


def _periods(cleaned: Cleaned, found: Recognised, context: Context) -> None:
    """`start_on` and `end_on`: the row's own period, else the file's.

    A file whose rows all carry one day, and whose name gives a longer period around it, holds sums of that period.
    """
    around = _around(found, context)
    own = cleaned.columns.pop("_period", None)
    if own and any(own):
        days = set(own) - {None}
        lone = next(iter(days)) if len(days) == 1 else None
        if around and lone and lone[0] == lone[1] and around[0] <= lone[0] <= around[1] and around[0] < around[1]:
            found.unsure.append({"code": "period_of_name_kept", "start": str(around[0]), "end": str(around[1])})
            own = [around] * len(own)
    else:
        own = [around] * len(cleaned.rows)
        if around is None:
            found.unsure.append({"code": "no_period"})
    cleaned.columns["start_on"] = [period[0] if period else None for period in own]
    cleaned.columns["end_on"] = [period[1] if period else None for period in own]


def _words_of_name(context: Context) -> str:
    """The file's stem without dates."""
    return _NAME_DATES.sub("", context.stem).strip("_- ") or context.stem


def _listing(cleaned: Cleaned, found: Recognised, context: Context) -> None:
    columns, count = cleaned.columns, len(cleaned.rows)
    columns["position"] = [number - found.header_row - 1 for number in cleaned.rows]
    if "query" not in columns:
        columns["query"] = [_words_of_name(context)] * count
    if "snapshot_on" not in columns:
        around = _around(found, context)
        columns["snapshot_on"] = [around[1] if around else None] * count
        if around is None:
            found.unsure.append({"code": "no_snapshot_day"})
    urls = columns.pop("_url", None)
    if urls is not None:
        ids = columns.get("item_id", [None] * count)
        columns["item_id"] = [own or _item_of(url) for own, url in zip(ids, urls, strict=True)]
        columns["is_paid_slot"] = [url and any(part in url for part in _PAID_URL) for url in urls]
    sold = cleaned.raw.get("sold")
    if sold is not None:
        columns["sold_text"] = [None if cell is None or str(cell).strip() == "" else str(cell).strip() for cell in sold]
    if "shop_name" in columns and "brand" not in columns and fold("店名") in {fold(text) for text in found.headers}:
        found.unsure.append({"code": "shop_may_be_brand"})


def _item_of(url: str | None) -> str | None:
    match = (_ITEM_IN_URL.search(url) or _ITEM_IN_PATH.search(url)) if url else None
    return match.group(1) if match else None


def _search_rank(cleaned: Cleaned, found: Recognised, context: Context) -> None:
    _periods(cleaned, found, context)
    if "category" not in cleaned.columns:
        cleaned.columns["category"] = [_words_of_name(context)] * len(cleaned.rows)


def _traffic(cleaned: Cleaned, found: Recognised, context: Context) -> None:
    _fold_tree(cleaned, found)
    _periods(cleaned, found, context)
    if "rule" not in cleaned.columns:
        rule = next((match.group(1) for text in context.banner if (match := _RULE.search(text))), "")
        if not rule and (match := _RULE.search(context.stem)):
            rule = match.group(1)
        cleaned.columns["rule"] = [rule] * len(cleaned.rows)
    else:
        cleaned.columns["rule"] = [rule or "" for rule in cleaned.columns["rule"]]


def _fold_tree(cleaned: Cleaned, found: Recognised) -> None:
    """Drop rows that sum up rows below them; a 汇总 row without parts is the source itself and is kept."""
    tree = [name for name in found.kind.tree if name in cleaned.columns]
    if len(tree) < 2:
        return
    total = fold("汇总")
    paths = []
    for names in zip(*(cleaned.columns[name] for name in tree), strict=True):
        parts = [name if name and fold(name) not in {total, "-"} else None for name in names]
        paths.append(tuple(parts[: parts.index(None)] if None in parts else parts))
    parents = {path[:depth] for path in paths for depth in range(len(path))}
    for level, name in enumerate(tree):
        cleaned.columns[name] = [path[level] if level < len(path) else None for path in paths]
    cleaned.keep([path not in parents for path in paths], "subtotal")


def _ad_daily(cleaned: Cleaned, found: Recognised, context: Context) -> None:
    if "window_days" not in cleaned.columns:
        texts = (*context.banner, context.stem)
        days = next((int(match.group(1)) for text in texts if (match := _WINDOW.search(text))), None)
        cleaned.columns["window_days"] = [days] * len(cleaned.rows)
        if days is None:
            found.unsure.append({"code": "no_attribution_window"})


def _reviews(cleaned: Cleaned, found: Recognised, _context: Context) -> None:
    columns = cleaned.columns
    for name in ("text", "follow_up"):
        if name in columns:
            columns[name] = [None if text is None else _plain_review(text) for text in columns[name]]
    if "stars" in columns:
        columns["stars"] = [stars if stars and 1 <= stars <= 5 else None for stars in columns["stars"]]
    said = [columns[name] for name in ("text", "follow_up", "stars", "mark") if name in columns]
    cleaned.keep([any(value is not None for value in row) for row in zip(*said, strict=True)], "no_content")
    parts = [
        columns.get(name, [None] * len(cleaned.rows)) for name in ("item_id", "sku_id", "sku", "reviewed_at", "text")
    ]
    copies: Counter[tuple[Any, ...]] = Counter()
    ids = []
    for row in zip(*parts, strict=True):
        copies[row] += 1
        words = "\x1f".join("" if part is None else str(part) for part in (*row, copies[row]))
        ids.append(hashlib.sha256(words.encode("utf-8")).hexdigest()[:20])
    columns["review_id"] = ids
    if "reviewed_at" not in columns:
        found.unsure.append({"code": "no_review_time"})


def _plain_review(text: str) -> str:
    """A review as text: `<U+0001F60A>` as the sign it stands for, phone-like numbers masked."""
    return mask_phones(_EMOJI_CODE.sub(lambda match: chr(min(int(match.group(1), 16), 0x10FFFF)), text))


def _ab_daily(cleaned: Cleaned, found: Recognised, context: Context) -> None:
    count = len(cleaned.rows)
    name = _words_of_name(context)
    if "variant" not in cleaned.columns:
        match = _VERSION_END.search(name)
        cleaned.columns["variant"] = [match.group(1) if match else name] * count
        name = name[: match.start()] if match else name
        found.unsure.append(
            {"code": "version_from_file_name", "version": cleaned.columns["variant"][0] if count else ""}
        )
    _default_text(cleaned, "test", name)
    _default_text(cleaned, "rotation", "")
    if "day" in cleaned.columns and not all(map(dates.has_year, _day_cells(found))):
        found.unsure.append({"code": "year_guessed"})


def _day_cells(found: Recognised) -> list[Any]:
    index = found.columns["day"]
    return [row[index] for row in found.sheet.rows[found.header_row + 1 :] if index < len(row) and row[index]]


def _default_text(cleaned: Cleaned, name: str, value: str) -> None:
    given = cleaned.columns.get(name, [None] * len(cleaned.rows))
    cleaned.columns[name] = [value if cell is None else cell for cell in given]


def _ab_users(cleaned: Cleaned, _found: Recognised, context: Context) -> None:
    _default_text(cleaned, "test", _words_of_name(context))
    outcomes = {name.removeprefix("_outcome "): name for name in cleaned.columns if name.startswith("_outcome ")}
    columns = [cleaned.columns.pop(name) for name in outcomes.values()]
    labels = list(outcomes)
    rows = zip(*columns, strict=True) if columns else ([] for _ in cleaned.rows)
    cleaned.columns["measures"] = [
        [(label, value) for label, value in zip(labels, row, strict=True) if value is not None] for row in rows
    ]


_MAKERS: dict[str, Callable[[Cleaned, Recognised, Context], None]] = {
    "item_period": _periods,
    "listing": _listing,
    "search_rank": _search_rank,
    "traffic_period": _traffic,
    "ad_daily": _ad_daily,
    "reviews": _reviews,
    "ab_daily": _ab_daily,
    "ab_users": _ab_users,
}
