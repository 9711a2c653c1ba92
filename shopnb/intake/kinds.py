"""Export kinds: what a file must have in its header to be one, and which header is which column.

Belongs here: reading `exports/*.toml` (the package's and a shop folder's own), the kinds of typed-in tables made from
the schema, header folding and matching. Does not belong here: searching a sheet for the header (`recognise`).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from shopnb.errors import InputError
from shopnb.intake.values import INVISIBLE
from shopnb.schema import REQUIRED, TABLES, Column, Table

SUBTOTALS = (
    "汇总", "合计", "总计", "小计", "平均值", "均值", "汇总值", "总和", "总数", "平均", "日均", "日均值",
    "最大值", "最小值", "最高值", "最低值", "中位数", "中位值", "环比", "同比",
    "本页合计", "本周合计", "本月合计", "全部合计", "total", "grandtotal", "subtotal", "sum", "average", "avg", "mean",
)  # fmt: skip
_KEYS = {
    "table", "title", "needs", "any_of", "any_of_least", "without", "aliases", "constants", "period", "subtotals",
    "tree", "rest", "required", "source", "least_share", "like", "named", "platform", "around", "defaults", "words",
    "numbered", "row_number", "digest", "content", "limits", "doubts", "bare",
}  # fmt: skip
_UNSEEN = re.compile(rf"[\s\u200d{INVISIBLE}]+")
_BRACKETS = re.compile(r"\((?!.*20\d\d)[^()]*\)$|\[[^\[\]]*\]$")  # a year in it: another period's column


@lru_cache(maxsize=20_000)
def fold(header: str) -> str:
    """A header without what differs between exports: width, case, blanks, invisible marks.

    Examples
    --------
    >>> fold(" 点击率（%） "), fold("商品id")
    ('点击率(%)', '商品id')
    """
    text = unicodedata.normalize("NFKC", header).lower()
    return _UNSEEN.sub("", text).strip("*'\"")


@lru_cache(maxsize=20_000)
def bare(folded: str) -> str:
    """A folded header without a trailing bracket: its unit or a hint."""
    return _BRACKETS.sub("", folded) or folded


@dataclass(frozen=True)
class Around:
    """A column that stands around the rows and not in them: in the banner, the file's or the sheet's name.

    Parameters
    ----------
    find : a regular expression with a group; or `name`, the words of the file's name; or `name_end`, the last of them,
        and `name_start`, those before it.
    found, lacking : codes of the remarks (labels `intake.remarks`) made where it is taken from there, or nowhere.
    """

    find: str
    found: str = ""
    lacking: str = ""


@dataclass(frozen=True)
class Bare:
    """The column that a file of nothing but sentences is; `txt_named` must be found in the name of a `.txt`."""

    column: str
    txt_named: str = ""


@dataclass(frozen=True)
class Kind:
    """One export kind.

    Parameters
    ----------
    name : file stem of its TOML, or the name of the typed-in table.
    table : the canonical table it fills.
    title : the export's own name, as the platform prints it.
    needs : headers, or columns of the table, that must be there.
    any_of, any_of_least : at least so many of these must be there.
    without : none of these may be there.
    headers : folded header -> column name, or a helper `_name` that is used but not stored.
    constants : column -> value for every row.
    named : regular expression that the file's name, the sheet's name or the banner must match; "" for most.
    platform : whose export it is; on a shop of another platform it fills `platform_<table>`.
    around : column -> where it stands when it is no column of the file.
    defaults : column -> value where a row has none.
    words : column -> words; of a cell only the first of them that it holds is kept.
    numbered : id column -> column; where the file has no such ids they are `<value>-<n>`.
    row_number : column that gets the line of the row below the header, from 1.
    digest : id column -> columns that it is a digest of, with the how-manieth copy in the file.
    content : columns of which one must be filled; other rows are dropped.
    limits : column -> lowest and highest value; others are unknown.
    doubts : header -> code of the remark made where it stands for a column.
    bare : the column that a lone column of sentences is; None for most.
    period : where day or period come from, in this order: column, file_name, banner; exported: the day of the export.
    subtotals : words that mark a subtotal row, folded.
    tree : columns of a source tree from trunk to leaf, whose subtotal rows stand above their parts.
    rest : "measures": all other numeric columns go into the map column of that name.
    required : columns without which a row is rejected.
    least_share : share of the headers that must be known (typed-in tables, whose needs are few).
    """

    name: str
    table: Table
    title: str
    needs: tuple[str, ...]
    any_of: tuple[str, ...] = ()
    any_of_least: int = 1
    without: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    period: tuple[str, ...] = ("column", "file_name", "banner")
    subtotals: frozenset[str] = frozenset(SUBTOTALS)
    tree: tuple[str, ...] = ()
    rest: str = ""
    required: tuple[str, ...] = ()
    least_share: float = 0.0
    named: str = ""
    platform: str = ""
    around: dict[str, Around] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)
    numbered: dict[str, str] = field(default_factory=dict)
    row_number: str = ""
    digest: dict[str, list[str]] = field(default_factory=dict)
    content: tuple[str, ...] = ()
    limits: dict[str, list[float]] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)
    bare: Bare | None = None

    def column_of(self, header: str) -> str | None:
        """The column that a header stands for; the exact header before the one without its bracket."""
        folded = fold(header)
        return self.headers.get(folded) or self.headers.get(bare(folded))

    def has(self, word: str, folded: set[str], columns: set[str]) -> bool:
        """Whether a header, or a column of the table, is there."""
        return word in columns or fold(word) in folded or bare(fold(word)) in folded

    def shown(self, word: str) -> str:
        """The header to show for a needed word: the platform's own where it has one."""
        if word in self.table and self.table[word].platform:
            return self.table[word].platform
        if word in self.table or word.startswith("_"):
            return next((header for header, column in self.headers.items() if column == word and header != word), word)
        return word


def _headers(table: Table, aliases: dict[str, list[str]]) -> dict[str, str]:
    """Folded header -> column; a kind's own aliases go before the platform's names and our own."""
    found: dict[str, str] = {}

    def add(names: Iterable[str], column: str) -> None:
        for name in names:
            found.setdefault(fold(name), column)

    for column, names in aliases.items():
        add(names, column)
    for item in table:
        if item.platform:
            add((item.platform, bare(fold(item.platform))), item.name)
    for item in table:
        add((item.name,), item.name)
    return found


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError("kind_unreadable", file=where, detail=str(error)) from None


@cache
def _packaged_text(name: str) -> str:
    return resources.files("shopnb").joinpath("exports", f"{name}.toml").read_text("utf-8")


def _inherited(given: dict[str, Any], where: str) -> dict[str, Any]:
    """What the file says over what the kind of the package says that it is `like`: sections are merged by name."""
    if "like" not in given:
        return given
    try:
        base = _inherited(_parsed(_packaged_text(given["like"]), where), where)
    except (FileNotFoundError, TypeError):
        raise InputError("kind_unreadable", file=where, detail=f"like = {given['like']!r}") from None
    sections = {key: {**base.get(key, {}), **value} for key, value in given.items() if isinstance(value, dict)}
    return {**base, **given, **sections}


def _faults(given: dict[str, Any], table: Table | None) -> list[str]:
    """What is wrong with a kind, as far as it can be seen without a file."""
    wrong = sorted(set(given) - _KEYS)
    if table is None:
        return [*wrong, f"table = {given.get('table', '')!r}"]
    sections = ("aliases", "constants", "around", "defaults", "words", "numbered", "digest", "limits")
    columns = [word for name in sections for word in given.get(name, {})]
    columns += [word for name in ("tree", "required", "content") for word in given.get(name, [])]
    columns += [*filter(None, [given.get("row_number")]), *given.get("numbered", {}).values()]
    columns += [given["bare"].get("column", "bare.column")] if "bare" in given else []
    columns += [word for words in given.get("digest", {}).values() for word in words]
    wrong += sorted({str(word) for word in columns if word not in table and not str(word).startswith("_")})
    patterns = [given.get("named", ""), given.get("bare", {}).get("txt_named", "")]
    for pattern in (*patterns, *(around.find for around in _arounds(given).values())):
        try:
            re.compile(pattern)
        except re.error:
            wrong.append(pattern)
    return wrong if given.get("needs") else [*wrong, "needs"]


def _arounds(given: dict[str, Any]) -> dict[str, Around]:
    found = given.get("around", {})
    return {column: Around(**one) if isinstance(one, dict) else Around(one) for column, one in found.items()}


def _kind(name: str, text: str, where: str, platform: str = "") -> Kind:
    """A kind from the text of its TOML; `where` names the file in errors, `platform` is the shop's own."""
    given = _inherited(_parsed(text, where), where)
    table = TABLES.get(str(given.get("table", "")))
    wrong = _faults(given, table)
    if table is None or wrong:
        raise InputError("kind_unreadable", file=where, detail=", ".join(wrong))
    constants = dict(given.get("constants", {}))
    if given.get("platform", "") not in {"", platform} and f"platform_{table.name}" in TABLES:
        table = TABLES[f"platform_{table.name}"]
        constants["platform"] = given["platform"]
    needs = tuple(given["needs"])
    plain = ("rest", "named", "platform", "row_number", "least_share", "any_of_least", "defaults", "words", "numbered")
    return Kind(
        name=name,
        table=table,
        title=given.get("title", name),
        needs=needs,
        any_of=tuple(given.get("any_of", ())),
        without=tuple(given.get("without", ())),
        headers=_headers(table, given.get("aliases", {})),
        constants=constants,
        period=tuple(given.get("period", ("column", "file_name", "banner"))),
        subtotals=frozenset(fold(word) for word in (*SUBTOTALS, *given.get("subtotals", ()))),
        tree=tuple(given.get("tree", ())),
        required=tuple(given.get("required", [word for word in needs if word in table.key])),
        content=tuple(given.get("content", ())),
        around=_arounds(given),
        bare=Bare(**given["bare"]) if "bare" in given else None,
        **{key: given[key] for key in (*plain, "digest", "limits", "doubts") if key in given},
    )


def _typed_kind(table: Table) -> Kind:
    """The kind of a table that people type in: its Chinese headers, or our own column names."""
    return Kind(
        name=table.name,
        table=table,
        title=f"tables_in/{table.name}.csv",
        needs=REQUIRED[table.name],
        headers=_headers(table, {}),
        required=REQUIRED[table.name],
        subtotals=frozenset(),
        period=("column",),
        least_share=0.5,
    )


@cache
def packaged_kinds(platform: str = "") -> tuple[Kind, ...]:
    """The kinds that come with the package, and one for each typed-in table."""
    folder = resources.files("shopnb").joinpath("exports")
    names = sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))
    kinds = [_kind(name, _packaged_text(name), f"{name}.toml", platform) for name in names]
    return (*kinds, *(_typed_kind(table) for table in TABLES.values() if table.typed))


def load_kinds(folder: Path, platform: str = "") -> tuple[Kind, ...]:
    """All kinds for one shop folder; its own `exports/*.toml` go before the package's of the same name."""
    own = [
        _kind(file.stem, file.read_text("utf-8"), str(file), platform)
        for file in sorted(folder.joinpath("exports").glob("*.toml"))
    ]
    names = {kind.name for kind in own}
    return (*own, *(kind for kind in packaged_kinds(platform) if kind.name not in names))


_SCALED = re.compile(r"[([](千|万|百万|亿)(?:元|人|次|件|个)?[)\]]$")
_SCALES = {"千": 1e3, "万": 1e4, "百万": 1e6, "亿": 1e8}


def scale_of(header: str) -> float:
    """What plain numbers under a header such as 支付金额(万元) are to be multiplied by; 1 for nearly all.

    Examples
    --------
    >>> scale_of("支付金额（万元）"), scale_of("支付金额(元)")
    (10000.0, 1.0)
    """
    match = _SCALED.search(fold(header))
    return _SCALES[match.group(1)] if match else 1.0


def percent_column(header: str, column: Column) -> bool:
    """Whether a header such as 点击率(%) says that its plain numbers are percentages."""
    return column.unit == "share" and "(%)" in fold(header)
