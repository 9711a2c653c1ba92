"""The lexicon as a lookup: every word once, with what it does in a clause."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, NamedTuple

Role = Literal["opinion", "term", "negator", "blocked", "intensifier", "wish", "worry", "joiner", "level"]
_SIMPLE: tuple[tuple[str, Role], ...] = (
    ("intensifiers", "intensifier"),
    ("joiners", "joiner"),
    ("worries", "worry"),
    ("wishes", "wish"),
    ("negators", "negator"),
    ("not_negators", "blocked"),
    ("chance", "blocked"),
)
_SIGNS = {"positive": 1, "negative": -1, "neutral": 0}


class Word(NamedTuple):
    """One word of the lexicon. `sign` is 1, -1 or 0; `aspect` is "" where it says so of anything; `loose` likewise."""

    role: Role
    sign: int = 0
    aspect: str = ""
    loose: bool = False


@dataclass(frozen=True)
class Lexicon:
    """Words by text, the lengths to try at each first character (longest first), aspect groups, naming schemes."""

    words: dict[str, Word]
    lengths: dict[str, tuple[int, ...]]
    groups: dict[str, str]
    schemes: dict[str, dict[str, str]]
    levelled: frozenset[str]  # aspects of which 高 and 大 say good
    working: frozenset[str]  # aspects whose noun is a deed: 不保温
    seen: frozenset[str]  # words that cannot be a new aspect: those above, and common nouns


@cache
def lexicon() -> Lexicon:
    """The packaged lexicon, read once."""
    file = resources.files(__package__).joinpath("lexicon.toml")
    given = tomllib.loads(file.read_text(encoding="utf-8"))
    words: dict[str, Word] = {}
    for aspect, group in given["aspects"].items():
        words |= {word: Word("term", 0, aspect) for word in group["terms"]}
    loose = set(given["loose"])
    for sign in ("positive", "negative"):
        for aspect, group in given["aspects"].items():
            words |= {word: Word("opinion", _SIGNS[sign], aspect, word in loose) for word in group[sign]}
    for sign, listed in given["opinions"].items():
        words |= {word: Word("opinion", _SIGNS[sign], "", True) for word in listed}
    for name, role in _SIMPLE:
        words |= {word: Word(role) for word in given[name] if role == "blocked" or word not in words}
    for name, sign_of in (("high", 1), ("low", -1)):
        words |= {word: Word("level", sign_of) for word in given["levels"][name] if word not in words}
    starts: dict[str, set[int]] = {}
    for word in words:
        starts.setdefault(word[0], set()).add(len(word))
    lengths = {first: tuple(sorted(sizes, reverse=True)) for first, sizes in starts.items()}
    groups = {aspect: group["group"] for aspect, group in given["aspects"].items()}
    levels = given["levels"]
    return Lexicon(
        words=words,
        lengths=lengths,
        groups={**groups, "overall": "product"},
        schemes=given["schemes"],
        levelled=frozenset(levels["aspects"]),
        working=frozenset(levels["working"]),
        seen=frozenset(words).union(given["common_nouns"]),
    )
