"""Columns that a file does not print as such: period, line, item id of a link, ids made of other columns, outcome maps.

Belongs here: one function a feature that a kind may declare (`kinds.Kind`), from cleaned columns to cleaned columns.
No table and no export is known by name. Does not belong here: parsing cells.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from shopnb.intake import dates
from shopnb.intake.clean import Cleaned
from shopnb.intake.faults import BadValue
from shopnb.intake.kinds import Around, fold
from shopnb.intake.recognise import Recognised
from shopnb.schema import Arithmetic

_ITEM_IN_URL = re.compile(r"[?&](?:id|item_?id|itemnumid)=(\d{6,})", re.IGNORECASE)
_ITEM_IN_PATH = re.compile(r"(?:offer|item|goods)/(\d{6,})(?:\.html)?")
_PAID_URL = ("click.simba.taobao", "click.mmstat", "simba.taobao.com", "dj.1688.com", "alimama.com")
_NAME_DATES = re.compile(r"[\s_\-~（(【]*(?<!\d)20\d{2}[-.]?\d{2}[-.]?\d{2}[\d_\-~:： ]*[)）】]*")
_LOOKED_AT = 2_000  # rows in which a rate is compared with its parts before all are
_LAST_WORD = re.compile(r"[\s_\-]+([^\s_\-]+)$")


@dataclass(frozen=True)
class Context:
    """What stands around a sheet.

    Parameters
    ----------
    stem, banner : name of the file without dates' suffix, and the words above the header.
    near : the file's time.
    copies : how often an id has been made so far in this sheet; a long sheet comes in several pieces.
    """

    stem: str
    banner: tuple[str, ...]
    near: datetime
    copies: dict[str, Counter[Any]] = field(default_factory=dict)

    def copy(self, name: str, value: Any) -> int:
        """The how-manieth time, from 1, that this value of this column comes up."""
        counted = self.copies.setdefault(name, Counter())
        counted[value] += 1
        return counted[value]


def derive(cleaned: Cleaned, found: Recognised, context: Context) -> None:
    """Fill what the kind declares; every stored column exists afterwards."""
    for name, value in found.kind.constants.items():
        cleaned.columns.setdefault(name, [value] * len(cleaned.rows))
    _fold_tree(cleaned, found)
    _fold_nodes(cleaned)
    if "start_on" in found.kind.table:
        _periods(cleaned, found, context)
    else:
        _day(cleaned, found, context)
    _from_around(cleaned, found, context)
    _item_links(cleaned)
    _texts_as_shown(cleaned, found)
    _percent_points(cleaned, found)
    _within_limits(cleaned, found)
    _ids(cleaned, found, context)
    _measures(cleaned, found)
    for name, value in found.kind.defaults.items():
        given = cleaned.columns.get(name, [None] * len(cleaned.rows))
        cleaned.columns[name] = [value if cell is None else cell for cell in given]
    for header, code in found.kind.doubts.items():
        if fold(header) in {fold(text) for text in found.headers}:
            found.doubt(code)
    for column in found.kind.table:
        for name in column.stored_names:
            cleaned.columns.setdefault(name, [None] * len(cleaned.rows))


def needs_all_rows(found: Recognised, context: Context) -> bool:
    """Whether something is decided over the whole sheet: a tree, or one day in all rows of a longer period's file."""
    if found.kind.tree or "_node" in found.columns:
        return True
    around = _around(found, context) if "_period" in found.columns else None
    return bool(around and around[0] < around[1])


def _around(found: Recognised, context: Context) -> tuple[date, date] | None:
    """The period that the file's name, the sheet's name or the banner gives, as the kind allows."""
    places = {"file_name": [context.stem, found.sheet.name], "banner": list(context.banner)}
    for place in found.kind.period:
        for text in places.get(place, []):
            period = dates.period_in(text) or _banner_period(text)
            if period:
                found.explain(f"period_from_{place}", start=str(period[0]), end=str(period[1]))
                return period
    if "exported" in found.kind.period:
        found.doubt("day_of_export", day=str(context.near.date()))
        return context.near.date(), context.near.date()
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
    if found.kind.table.typed:
        return  # people type both ends into columns of their own
    around = _around(found, context)
    own = cleaned.columns.pop("_period", None)
    lone = found.lone_day(set(own) - {None}) if own and any(own) else None
    found.by_name |= "file_name" in found.kind.period and (lone is not None or not (own and any(own)))
    if own and any(own):
        if around and lone and around[0] <= lone <= around[1] and around[0] < around[1]:
            found.doubt("period_of_name_kept", start=str(around[0]), end=str(around[1]))
            own = [around] * len(own)
    else:
        own = [around] * len(cleaned.rows)
        if around is None:
            found.doubt("no_period")
    cleaned.columns["start_on"] = [period[0] if period else None for period in own]
    cleaned.columns["end_on"] = [period[1] if period else None for period in own]


def _day(cleaned: Cleaned, found: Recognised, context: Context) -> None:
    """The day of a table by days whose file has no such column: the last day of what stands around."""
    name = found.kind.table.day
    places = {"file_name", "banner", "exported"} & set(found.kind.period)
    if not name or name in cleaned.columns or not places or found.kind.table[name].dtype != "date":
        return
    around = _around(found, context)
    found.by_name |= "file_name" in found.kind.period
    cleaned.columns[name] = [around[1] if around else None] * len(cleaned.rows)
    if around is None:
        found.doubt("no_snapshot_day")


def _words_of_name(stem: str) -> str:
    """The file's stem without dates."""
    return _NAME_DATES.sub("", stem).strip("_- ") or stem


def _from_around(cleaned: Cleaned, found: Recognised, context: Context) -> None:
    """Columns that the kind finds around the rows; cells that a row has itself are kept."""
    for name, around in found.kind.around.items():
        own = cleaned.columns.get(name)
        if own and all(cell is not None for cell in own):
            continue
        value = _found_around(around, found, context)
        if value is not None and found.kind.table[name].dtype == "int":
            value = int(value)
        code = around.lacking if value is None else around.found
        if code and own is None:
            found.doubt(code, **({} if value is None else {"value": value}))
        cleaned.columns[name] = [value if cell is None else cell for cell in own or [None] * len(cleaned.rows)]


def _found_around(around: Around, found: Recognised, context: Context) -> Any:
    name = _words_of_name(context.stem)
    last = _LAST_WORD.search(name)
    if around.find in {"name", "name_start", "name_end"}:
        found.by_name = True
        parts = {
            "name": name,
            "name_end": last.group(1) if last else name,
            "name_start": name[: last.start()] if last else name,
        }
        return parts[around.find]
    for text in (*context.banner, found.sheet.name, context.stem):
        found.by_name |= text is context.stem
        if match := re.search(around.find, text):
            return match.group(1)
    return None


def _item_links(cleaned: Cleaned) -> None:
    """Item ids, and whether a place was paid for, from the links of a listing."""
    cleaned.columns.pop("_currency", None)  # its rows are sorted out in `clean`
    urls = cleaned.columns.pop("_url", None)
    if urls is not None:
        ids = cleaned.columns.get("item_id", [None] * len(urls))
        cleaned.columns["item_id"] = [own or _item_of(url) for own, url in zip(ids, urls, strict=True)]
        cleaned.columns["is_paid_slot"] = [url and any(part in url for part in _PAID_URL) for url in urls]


def _item_of(url: str | None) -> str | None:
    match = (_ITEM_IN_URL.search(url) or _ITEM_IN_PATH.search(url)) if url else None
    return match.group(1) if match else None


def _texts_as_shown(cleaned: Cleaned, found: Recognised) -> None:
    for name, cells in cleaned.raw.items():
        shown = [None if cell is None or str(cell).strip() == "" else str(cell).strip() for cell in cells]
        cleaned.columns[found.kind.table[f"{name}_text"].name] = shown


def _percent_points(cleaned: Cleaned, found: Recognised) -> None:
    """Rates that were written as 2.00 for 2 %, without the sign: told by the counts that they are made of."""
    for column in found.kind.table:
        parts = [cleaned.columns.get(name) for name in (column.name, column.numerator, column.denominator)]
        if column.arithmetic is not Arithmetic.RATIO or column.unit != "share" or not all(parts):
            continue
        rows = list(zip(*parts, strict=True))
        if not any(_is_percent(*row) for row in rows[:_LOOKED_AT]):
            continue
        wrong = [_is_percent(*row) for row in rows]
        values = [round(row[0] / 100, 12) if is_wrong else row[0] for row, is_wrong in zip(rows, wrong, strict=True)]
        cleaned.columns[column.name] = values
        found.doubt("percent_without_sign", column=column.platform or column.name)


def _is_percent(rate: float | None, top: float | None, bottom: float | None) -> bool:
    """Whether a rate is a hundred times that of its parts, as far as two decimals of a percentage can tell."""
    if not rate or not top or not bottom:
        return False
    true = top / bottom
    return abs(rate / 100 - true) <= 0.0001 + 0.01 * true < abs(rate - true)


def _within_limits(cleaned: Cleaned, found: Recognised) -> None:
    """Values outside what a column can be are unknown; rows without any content are dropped."""
    for name, (low, high) in found.kind.limits.items():
        if name in cleaned.columns:
            cells = cleaned.columns[name]
            cleaned.columns[name] = [cell if cell is not None and low <= cell <= high else None for cell in cells]
    said = [cleaned.columns[name] for name in found.kind.content if name in cleaned.columns]
    if said:
        cleaned.keep([any(value is not None for value in row) for row in zip(*said, strict=True)], "no_content")


def _fold_tree(cleaned: Cleaned, found: Recognised) -> None:
    """Drop rows that sum up rows below them; a 汇总 row without parts is the source itself and is kept.

    So is the row of the whole shop, 汇总 on every level: people in it are counted once, which no sum of sources does.
    Its trunk is "".
    """
    tree = [name for name in found.kind.tree if name in cleaned.columns]
    if len(tree) < 2:
        return
    total = fold("汇总")
    scope = [cleaned.columns[name] for name in ("_period", "rule", "item_id") if name in cleaned.columns]
    paths = []
    for names in zip(*(cleaned.columns[name] for name in tree), strict=True):
        parts = [name if name and fold(name) not in {total, "-"} else None for name in names]
        paths.append(tuple(parts[: parts.index(None)] if None in parts else parts))
    scopes = list(zip(*scope, strict=True)) if scope else [()] * len(paths)
    parents = {(near, path[:depth]) for near, path in zip(scopes, paths, strict=True) for depth in range(1, len(path))}
    for level, name in enumerate(tree):
        missing = None if level else ""
        cleaned.columns[name] = [path[level] if level < len(path) else missing for path in paths]
    cleaned.keep([pair not in parents for pair in zip(scopes, paths, strict=True)], "subtotal")


def _fold_nodes(cleaned: Cleaned) -> None:
    """Drop rows of a tree of ids that other rows name as their parent."""
    nodes, parents = cleaned.columns.pop("_node", None), cleaned.columns.pop("_parent", None)
    if nodes and parents:
        above = set(parents) - {None}
        cleaned.keep([node not in above for node in nodes], "subtotal")


def _ids(cleaned: Cleaned, found: Recognised, context: Context) -> None:
    """Line numbers, ids that count copies, and digests."""
    if found.kind.row_number:
        cleaned.columns[found.kind.row_number] = [number - found.header_row - 1 for number in cleaned.rows]
    for name, of in found.kind.numbered.items():
        if name not in cleaned.columns:
            cleaned.columns[name] = [f"{value}-{context.copy(name, value)}" for value in cleaned.columns[of]]
    for name, parts in found.kind.digest.items():
        absent = [None] * len(cleaned.rows)
        rows = zip(*(cleaned.columns.get(part, absent) for part in parts), strict=True)
        cleaned.columns[name] = [_digest(row, context.copy(name, row)) for row in rows]


def _digest(row: tuple[Any, ...], copy: int) -> str:
    words = "\x1f".join("" if part is None else str(part) for part in (*row, copy))
    return hashlib.sha256(words.encode("utf-8")).hexdigest()[:20]


def _measures(cleaned: Cleaned, found: Recognised) -> None:
    """The outcomes of a row as one map."""
    if not found.kind.rest:
        return
    outcomes = {name.removeprefix("_outcome "): name for name in cleaned.columns if name.startswith("_outcome ")}
    columns = [cleaned.columns.pop(name) for name in outcomes.values()]
    labels = list(outcomes)
    rows = zip(*columns, strict=True) if columns else ([] for _ in cleaned.rows)
    cleaned.columns[found.kind.rest] = [
        [(label, value) for label, value in zip(labels, row, strict=True) if value is not None] for row in rows
    ]
