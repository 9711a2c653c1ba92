"""Traffic sources by name: the group each belongs to and what it was called before, the shop's own entries first.

Opens only its own packaged data. Numbers of sources are `metrics.traffic`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

GROUPS = ("free_search", "recommend", "paid", "own", "content", "campaign", "offsite", "other")
_FORMERLY = re.compile(r"\(原([^()]*)\)$")


@cache
def _defaults() -> dict[str, Any]:
    return tomllib.loads(resources.files("shopnb").joinpath("sources.toml").read_text(encoding="utf-8"))


def plain_name(name: str) -> str:
    """A source's name without blanks, full-width signs and the old name in brackets.

    Examples
    --------
    >>> plain_name(" 智能场景（原万相台） ")
    '智能场景'
    """
    return _FORMERLY.sub("", re.sub(r"\s+", "", unicodedata.normalize("NFKC", name)))


@dataclass(frozen=True)
class SourceNames:
    """What names mean: `current` maps an old name to today's, `groups` a name to its group.

    `scenes` maps a scene of the ad reports to its source, `cost_columns` a source to its column of the daily report,
    `renamed_on` today's name to the first day on which it was shown.
    """

    current: dict[str, str]
    groups: dict[str, str]
    scenes: dict[str, str]
    cost_columns: dict[str, str]
    renamed_on: dict[str, date]

    def name(self, raw: str) -> str:
        """Today's name of a source: a renamed source keeps one name over time."""
        plain = plain_name(raw)
        return self.current.get(plain, plain)

    def group(self, path: Sequence[str]) -> str:
        """The group of a source, from its leaf upwards: by name, else by a word in the name, else `other`."""
        names = [self.name(part) for part in reversed(path)]
        for name in names:
            if name in self.groups:
                return self.groups[name]
        for name in names:
            for entry in _defaults()["word"]:
                if any(word in name for word in entry["words"]):
                    return str(entry["group"])
        return "other"

    def scene(self, raw: str) -> str:
        """The source that an ad scene pays for; the scene's own name when none is known."""
        plain = plain_name(raw)
        return self.scenes.get(plain, self.name(plain))


def source_names(typed: pd.DataFrame, group_words: dict[str, str]) -> SourceNames:
    """The package's list with the shop's own entries over it.

    Parameters
    ----------
    typed : DataFrame, one row per source name (schema `source_groups`); may be empty.
    group_words : the groups' names as people type them, in any language, to the ids of `GROUPS`. Another word that
        somebody typed is a group of its own.
    """
    current: dict[str, str] = {}
    groups: dict[str, str] = {}
    scenes: dict[str, str] = {}
    costs: dict[str, str] = {}
    renamed_on: dict[str, date] = {}
    for entry in _defaults()["source"]:
        name = entry["name"]
        groups[name] = entry["group"]
        current |= {plain_name(old): name for old in entry.get("old_names", ())}
        scenes |= dict.fromkeys(map(plain_name, entry.get("scenes", ())), name)
        if "cost" in entry:
            costs[name] = entry["cost"]
        if "renamed_on" in entry:
            renamed_on[name] = entry["renamed_on"]
    for row in typed.sort_values("from_on", na_position="first", kind="stable").itertuples():
        name, word = plain_name(str(row.source)), str(row.group).strip()
        current.pop(name, None)
        groups[name] = group_words.get(word, word)
        if isinstance(row.old_name, str) and row.old_name.strip():
            current[plain_name(row.old_name)] = name
            renamed_on.pop(name, None)
            if not pd.isna(row.from_on):
                renamed_on[name] = pd.Timestamp(str(row.from_on)).date()
    return SourceNames(current, groups, scenes, costs, renamed_on)


def named(rows: pd.DataFrame, names: SourceNames, levels: Sequence[str]) -> pd.DataFrame:
    """The rows of one export under today's names.

    Parameters
    ----------
    rows : one row per source. levels : its name columns from trunk to leaf, "" where a row has no such level.

    Returns
    -------
    DataFrame
        `rows` with today's names in `levels`, `source` (its path, the key over time), `name` (the leaf), `raw`
        (the leaf as printed) and `group`. Where old and new name stand in one export they are two sources.
    """
    printed = [tuple(part for part in path if part) for path in rows[list(levels)].itertuples(index=False, name=None)]
    there = {plain_name(part) for path in printed for part in path}

    def today(part: str) -> str:
        plain, current = plain_name(part), names.name(part)
        return plain if current in there else current

    paths = [tuple(today(part) for part in path) for path in printed]
    filled = [(*path, *[""] * (len(levels) - len(path))) for path in paths]
    return rows.assign(
        **{level: [path[place] for path in filled] for place, level in enumerate(levels)},
        source=["/".join(path) for path in paths],
        name=[path[-1] for path in paths],
        raw=[path[-1] for path in printed],
        group=[names.group(path) for path in paths],
    )


def shown_names(sources: pd.DataFrame) -> list[str]:
    """Names to show: the leaf; with its trunk where leaves of one name meet or the leaf is only a sign (-A)."""
    leaves = sources["name"].tolist()
    trunks = [path.rsplit("/", 1)[0] if "/" in path else "" for path in sources["source"]]
    return [
        f"{trunk.rsplit('/', 1)[-1]} {leaf}" if trunk and (leaves.count(leaf) > 1 or leaf.startswith("-")) else leaf
        for leaf, trunk in zip(leaves, trunks, strict=True)
    ]


@dataclass(frozen=True, order=True)
class Rename:
    """A source that runs through a rename: today's name, the one that an export printed, and the day of the change."""

    name: str
    old: str
    on: date | None = None

    def falls_into(self, start: date, end: date) -> bool:
        """Whether the name changed within these days, both included, so that both names belong to them."""
        return self.on is not None and start < self.on <= end


def renames(printed: Iterable[str], names: SourceNames) -> list[Rename]:
    """Sources that stand under an old name, or under both, in the names as printed.

    Examples
    --------
    >>> names = SourceNames({"直通车": "关键词推广"}, {}, {}, {}, {"关键词推广": date(2024, 2, 19)})
    >>> renames(["直通车", "手淘搜索"], names)
    [Rename(name='关键词推广', old='直通车', on=datetime.date(2024, 2, 19))]
    """
    found = {}
    for raw in printed:
        old = _FORMERLY.search(re.sub(r"\s+", "", unicodedata.normalize("NFKC", raw)))
        plain, today = plain_name(raw), names.name(raw)
        if old or today != plain:
            found[today] = old[1] if old else plain
    return sorted(Rename(name, old, names.renamed_on.get(name)) for name, old in found.items())
