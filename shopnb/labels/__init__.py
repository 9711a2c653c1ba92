"""Codes to sentences and columns to headings, in every language a report speaks.

Belongs here: looking sentences up, filling in values, writing numbers as people read them. Sentences are data:
`labels/<lang>/<topic>.toml`, addressed as `topic.key.subkey`. A missing sentence is our own mistake: KeyError.
"""

from __future__ import annotations

import locale
import os
import string
import tomllib
from functools import cache
from importlib import resources
from typing import Any

from shopnb.labels.letters import visible
from shopnb.labels.numbers import FORMATS, MISSING, currency_sign, format_value, money_in

LANGUAGES = ("zh", "en")

__all__ = [
    "FORMATS",
    "LANGUAGES",
    "MISSING",
    "currency_sign",
    "error_parts",
    "format_range",
    "format_value",
    "has",
    "heading",
    "keys",
    "money_in",
    "system_language",
    "text",
    "visible",
]


@cache
def _sentences(lang: str) -> dict[str, Any]:
    """All sentences of one language: topic -> nested keys."""
    if lang not in LANGUAGES:
        raise KeyError(f"no such language: {lang!r}; there are {', '.join(LANGUAGES)}")
    folder = resources.files(__package__).joinpath(lang)
    return {
        file.name.removesuffix(".toml"): tomllib.loads(file.read_text(encoding="utf-8"))
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".toml")
    }


def _find(key: str, lang: str) -> Any:
    found: Any = _sentences(lang)
    for part in key.split("."):
        if not isinstance(found, dict) or part not in found:
            return None
        found = found[part]
    return found


class _Filler(string.Formatter):
    """`str.format` whose specs are the number kinds of `labels.numbers` or two forms of a word, for one and for others.

    `{amount:money}`, `{share:pct}`, `{days} {days:day|days}`.
    """

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def format_field(self, value: Any, format_spec: str) -> str:
        if "|" in format_spec:
            one, others = format_spec.split("|")
            return one if value == 1 else others
        if format_spec or isinstance(value, float) or value is None:
            return format_value(value, format_spec or "number", self.lang)
        return str(value)


def has(key: str, lang: str) -> bool:
    """Whether there is a sentence (or a group of sentences) of that key."""
    return _find(key, lang) is not None


def keys(group: str, lang: str) -> list[str]:
    """The keys of a group of sentences, in the order written; [] where there is none."""
    found = _find(group, lang)
    return list(found) if isinstance(found, dict) else []


def text(key: str, lang: str, /, **values: Any) -> str:
    """The sentence of `key` in `lang`, with `values` filled in.

    Parameters
    ----------
    key : `topic.key`, as in `overview.verdict.normal`.
    lang : zh or en.
    **values : for the places in braces; a place may name a number kind, as in `{amount:money}`.

    Raises
    ------
    KeyError
        When no sentence has that key, or a place has no value: our own mistake.

    Examples
    --------
    >>> text("errors.fix", "en", text="save it as CSV")
    'Fix: save it as CSV'
    >>> text("common.footer_data", "en", files=1, digest="3f0e")
    'Data: 1 file, digest 3f0e'
    """
    sentence = _find(key, lang)
    if not isinstance(sentence, str):
        raise KeyError(f"no sentence {key!r} in labels/{lang}")
    return _Filler(lang).vformat(sentence, (), values)


def heading(column: str, lang: str) -> str:
    """The heading of a column: `labels/<lang>/columns.toml`."""
    return text(f"columns.{column}", lang)


def format_range(low: float, high: float, kind: str, lang: str) -> str:
    """An interval as people read it: both ends written as `kind`, one where they read the same.

    Examples
    --------
    >>> format_range(1200.0, 3400.0, "money", "en")
    '¥1.2k to ¥3.4k'
    """
    ends = format_value(low, kind, lang), format_value(high, kind, lang)
    return ends[0] if ends[0] == ends[1] else text("common.range", lang, low=ends[0], high=ends[1])


def error_parts(code: str, lang: str, /, **values: Any) -> dict[str, str]:
    """`problem`, `where` and `fix` of an error code; a part that the language file leaves out is ""."""
    return {
        part: text(f"errors.{code}.{part}", lang, **values) if has(f"errors.{code}.{part}", lang) else ""
        for part in ("problem", "where", "fix")
    }


def system_language() -> str:
    """zh where the system speaks Chinese, else en; `SHOPNB_LANG` decides when set."""
    chosen = os.environ.get("SHOPNB_LANG", "")
    if chosen in LANGUAGES:
        return chosen
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "zh" if os.environ[name].lower().startswith("zh") else "en"
    return "zh" if (locale.getlocale()[0] or "").lower().startswith(("zh", "chinese")) else "en"
