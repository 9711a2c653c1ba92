"""The lexicon as a lookup: every word once, with what it does in a clause; a shop's own words on top."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, NamedTuple

from shopnb.errors import InputError
from shopnb.text.cleaning import clean, cut

Role = Literal[
    "opinion", "term", "negator", "blocked", "intensifier", "wish", "worry", "joiner", "level", "event", "result"
]
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
_EXTRA_WORDS = (*_SIGNS, "ignore")
_EXTRA_ASPECT = ("terms", "positive", "negative")
_NAMES = ("name_zh", "name_en")  # of an aspect on the page; nothing to read by
_GROUPS = ("product", "logistics", "service")


class Word(NamedTuple):
    """One word of the lexicon. `sign` is 1, -1 or 0; `aspect` is "" where it says so of anything; `loose` likewise."""

    role: Role
    sign: int = 0
    aspect: str = ""
    loose: bool = False


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Words by text, the lengths to try at each first character (longest first), aspect groups, naming schemes."""

    words: Mapping[str, Word]
    lengths: Mapping[str, tuple[int, ...]]
    groups: Mapping[str, str]
    schemes: Mapping[str, Mapping[str, str]]
    levelled: frozenset[str]  # aspects of which 高 and 大 say good
    working: frozenset[str]  # aspects whose noun is a deed: 不保温
    seen: frozenset[str]  # words that cannot be a new aspect: those above, and common nouns


def lexicon(extra: Mapping[str, Any] | None = None) -> Lexicon:
    """The packaged lexicon, or with a shop's own words on top, which win over packaged ones.

    Parameters
    ----------
    extra : tables `words` (lists `positive`, `negative`, `neutral`: said of whatever stands beside them; `ignore`:
        words that hold an opinion word by chance) and `aspects` (by key: lists `terms`, `positive`, `negative`, and
        for an aspect of the shop's own `group`: product, logistics or service). Traditional characters are fine.
        `name_zh` and `name_en` of an aspect are passed over.

    Raises
    ------
    InputError
        `bad_lexicon` when `extra` has another shape, or a word is empty or holds a sign that ends a clause.

    Examples
    --------
    >>> own = lexicon({"aspects": {"brewing": {"terms": ["萃取"], "negative": ["萃取不足"]}}})
    >>> own.words["萃取不足"], own.groups["brewing"]
    (Word(role='opinion', sign=-1, aspect='brewing', loose=False), 'product')
    """
    return _extended(_packaged(), extra) if extra else _packaged()


@cache
def _packaged() -> Lexicon:
    """`lexicon.toml`, read once."""
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
    for aspect, listed in given["events"].items():
        words |= {word: Word("event", -1, aspect, True) for word in listed if word not in words}
    words |= {word: Word("result", 1, "", True) for word in given["results"]["words"] if word not in words}
    groups = {aspect: group["group"] for aspect, group in given["aspects"].items()}
    levels = given["levels"]
    return Lexicon(
        words=words,
        lengths=_lengths(words),
        groups={**groups, "overall": "product"},
        schemes=given["schemes"],
        levelled=frozenset(levels["aspects"]),
        working=frozenset(levels["working"]),
        seen=frozenset(words).union(given["common_nouns"]),
    )


def _lengths(words: Iterable[str]) -> dict[str, tuple[int, ...]]:
    starts: dict[str, set[int]] = {}
    for word in words:
        starts.setdefault(word[0], set()).add(len(word))
    return {first: tuple(sorted(sizes, reverse=True)) for first, sizes in starts.items()}


def _extended(base: Lexicon, extra: Mapping[str, Any]) -> Lexicon:
    """`base` with the words and aspects of `extra`."""
    tables = _table(extra, "", ("words", "aspects"))
    words: dict[str, Word] = {}
    groups = dict(base.groups)
    for aspect, given in _table(tables.get("aspects", {}), "aspects").items():
        where = f"aspects.{aspect}"
        lists = _table(given, where, (*_EXTRA_ASPECT, *_NAMES, "group"))
        group = lists.get("group", groups.get(aspect, "product"))
        if group not in _GROUPS:
            raise InputError("bad_lexicon", where=f"{where}.group", value=group)
        groups[aspect] = group
        words |= {word: Word("term", 0, aspect) for word in _words(lists, "terms", where)}
        for sign in ("positive", "negative"):
            words |= {word: Word("opinion", _SIGNS[sign], aspect) for word in _words(lists, sign, where)}
    lists = _table(tables.get("words", {}), "words", _EXTRA_WORDS)
    for sign, value in _SIGNS.items():
        words |= {word: Word("opinion", value, "", True) for word in _words(lists, sign, "words")}
    words |= {word: Word("blocked") for word in _words(lists, "ignore", "words")}
    whole = {**base.words, **words}
    return Lexicon(
        words=whole,
        lengths=_lengths(whole),
        groups=groups,
        schemes=base.schemes,
        levelled=base.levelled,
        working=base.working,
        seen=base.seen.union(words),
    )


def _table(given: Any, where: str, known: Iterable[str] | None = None) -> Mapping[str, Any]:
    """A table with no other keys than the known ones."""
    if not isinstance(given, Mapping):
        raise InputError("bad_lexicon", where=where, value=given)
    for key in given:
        if known is not None and key not in known:
            raise InputError("bad_lexicon", where=f"{where}.{key}".strip("."), value=key)
    return given


def _words(lists: Mapping[str, Any], key: str, where: str) -> list[str]:
    """The words of one list as reviews are read: simplified, of one width."""
    given = lists.get(key, [])
    if not isinstance(given, list):
        raise InputError("bad_lexicon", where=f"{where}.{key}", value=given)
    found = []
    for word in given:
        read = clean([word])[0] if isinstance(word, str) else ""
        if not read or cut(read) != [read]:
            raise InputError("bad_lexicon", where=f"{where}.{key}", value=word)
        found.append(read)
    return found
