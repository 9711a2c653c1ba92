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
from shopnb.schema import REQUIRED, TABLES, Column, Table

SUBTOTALS = ("汇总", "合计", "总计", "小计", "平均值", "均值", "汇总值", "总和", "total")
_KEYS = {
    "table", "title", "needs", "any_of", "any_of_least", "without", "aliases", "constants", "period", "subtotals",
    "tree", "rest", "required", "source", "least_share",
}  # fmt: skip
_BRACKETS = re.compile(r"\([^()]*\)$|\[[^\[\]]*\]$")


@lru_cache(maxsize=20_000)
def fold(header: str) -> str:
    """A header without what differs between exports: width, case, blanks, invisible marks.

    Examples
    --------
    >>> fold(" 点击率（%） "), fold("商品id")
    ('点击率(%)', '商品id')
    """
    text = unicodedata.normalize("NFKC", header).lower()
    return re.sub(r"[\s\ufeff\u200b\u200e]+", "", text).strip("*'\"")


def bare(folded: str) -> str:
    """A folded header without a trailing bracket: its unit or a hint."""
    return _BRACKETS.sub("", folded) or folded


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
    period : where day or period come from, in this order: column, file_name, banner.
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


def _kind(name: str, text: str, where: str) -> Kind:
    """A kind from the text of its TOML; `where` names the file in errors."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError("kind_unreadable", file=where, detail=str(error)) from None
    table = TABLES.get(given.get("table", ""))
    aliases = given.get("aliases", {})
    wrong = sorted(set(given) - _KEYS)
    if table is None:
        wrong.append(f"table = {given.get('table', '')!r}")
    else:
        columns = [*aliases, *given.get("constants", {}), *given.get("tree", []), *given.get("required", [])]
        wrong += sorted({word for word in columns if word not in table and not word.startswith("_")})
    if table is None or wrong or not given.get("needs"):
        raise InputError("kind_unreadable", file=where, detail=", ".join(wrong) or "needs")
    needs = tuple(given["needs"])
    return Kind(
        name=name,
        table=table,
        title=given.get("title", name),
        needs=needs,
        any_of=tuple(given.get("any_of", ())),
        any_of_least=given.get("any_of_least", 1),
        without=tuple(given.get("without", ())),
        headers=_headers(table, aliases),
        constants=given.get("constants", {}),
        period=tuple(given.get("period", ("column", "file_name", "banner"))),
        subtotals=frozenset(fold(word) for word in (*SUBTOTALS, *given.get("subtotals", ()))),
        tree=tuple(given.get("tree", ())),
        rest=given.get("rest", ""),
        required=tuple(given.get("required", [word for word in needs if word in table.key])),
        least_share=given.get("least_share", 0.0),
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
        least_share=0.5,
    )


@cache
def packaged_kinds() -> tuple[Kind, ...]:
    """The kinds that come with the package, and one for each typed-in table."""
    folder = resources.files("shopnb").joinpath("exports")
    files = sorted((item for item in folder.iterdir() if item.name.endswith(".toml")), key=lambda item: item.name)
    kinds = [_kind(item.name.removesuffix(".toml"), item.read_text("utf-8"), item.name) for item in files]
    return (*kinds, *(_typed_kind(table) for table in TABLES.values() if table.typed))


def load_kinds(folder: Path) -> tuple[Kind, ...]:
    """All kinds for one shop folder; its own `exports/*.toml` go before the package's of the same name."""
    own = [
        _kind(file.stem, file.read_text("utf-8"), str(file))
        for file in sorted(folder.joinpath("exports").glob("*.toml"))
    ]
    names = {kind.name for kind in own}
    return (*own, *(kind for kind in packaged_kinds() if kind.name not in names))


def percent_column(header: str, column: Column) -> bool:
    """Whether a header such as 点击率(%) says that its plain numbers are percentages."""
    return column.unit == "share" and "(%)" in fold(header)
