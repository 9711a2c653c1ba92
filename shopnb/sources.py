"""Traffic sources by name: the group each belongs to and what it was called before, the shop's own entries first.

Opens only its own packaged data. Numbers of sources are `metrics.traffic`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
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

    `scenes` maps a scene of the ad reports to its source, `cost_columns` a source to its column of the daily report.
    """

    current: dict[str, str]
    groups: dict[str, str]
    scenes: dict[str, str]
    cost_columns: dict[str, str]

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
    for entry in _defaults()["source"]:
        name = entry["name"]
        groups[name] = entry["group"]
        current |= {plain_name(old): name for old in entry.get("old_names", ())}
        scenes |= dict.fromkeys(map(plain_name, entry.get("scenes", ())), name)
        if "cost" in entry:
            costs[name] = entry["cost"]
    for row in typed.sort_values("from_on", na_position="first", kind="stable").itertuples():
        name, word = plain_name(str(row.source)), str(row.group).strip()
        current.pop(name, None)
        groups[name] = group_words.get(word, word)
        if isinstance(row.old_name, str) and row.old_name.strip():
            current[plain_name(row.old_name)] = name
    return SourceNames(current, groups, scenes, costs)


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


def renames(raw_now: Sequence[str], raw_before: Sequence[str], names: SourceNames) -> list[tuple[str, str]]:
    """Sources shown under a new name: (today's name, the old one), from the names as printed in both exports."""
    found = {}
    for raw in (*raw_now, *raw_before):
        old = _FORMERLY.search(re.sub(r"\s+", "", unicodedata.normalize("NFKC", raw)))
        plain = plain_name(raw)
        if old:
            found[names.name(raw)] = old[1]
        elif names.name(raw) != plain:
            found[names.name(raw)] = plain
    return sorted(found.items())
