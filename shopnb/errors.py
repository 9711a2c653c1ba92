"""Errors that an operator can cause: a stable code, and values for the sentence that `labels` makes of it.

Belongs here: the few kinds and what they carry. Sentences live in `labels/<lang>/errors.toml` under the code, as
problem, where and fix. Our own mistakes stay plain exceptions with a traceback.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shopnb import labels


class ShopnbError(Exception):
    """Something the operator can mend.

    Parameters
    ----------
    code : stable English name of the fault, a key of `labels/<lang>/errors.toml`.
    **values : what the sentence needs (file, column, value, allowed …). Never personal data.
    """

    exit_code = 2

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.code, self.values)

    def __str__(self) -> str:
        return self.text(labels.system_language())

    def _render_traceback_(self) -> list[str]:
        """What a cell of a notebook shows of it, which IPython asks for: no traceback, its message in each language."""
        return [line for lang in labels.LANGUAGES for line in (*self.text(lang).splitlines(), "")]

    def parts(self, lang: str) -> dict[str, str]:
        """`problem`, `where` and `fix` in one language; `where` may be empty."""
        return labels.error_parts(self.code, lang, **self.values)

    def text(self, lang: str) -> str:
        """The message as shown: code and problem, then where, then fix, a line each."""
        parts = self.parts(lang)
        lines = [f"{self.code}: {parts['problem']}"]
        lines += [labels.text(f"errors.{key}", lang, text=parts[key]) for key in ("where", "fix") if parts[key]]
        return "\n".join(lines)


def _rebuild(kind: type[ShopnbError], code: str, values: dict[str, Any]) -> ShopnbError:
    return kind(code, **values)


class InputError(ShopnbError):
    """Raised when a file, a table or a value in it cannot be used."""


class ParameterError(ShopnbError):
    """Raised when a parameter is unknown, of the wrong type or out of range.

    Its sentence names the parameter (`name`) as its control does, and as `-p` takes it.
    """

    def parts(self, lang: str) -> dict[str, str]:
        """The parts of the message, report and parameter by the names that a reader sees."""
        report, name = self.values.get("report"), self.values.get("name")
        values = dict(self.values)
        if self.code == "parameter_choice":
            groups = (f"parameters.choices.{name}", f"{report}.{name}")
            values["found"] = _named(values["found"], groups, lang)
            values["allowed"] = [_named(one, groups, lang) for one in values["allowed"]]
        if name:
            values["name"] = _named(name, ("parameters",), lang)
        return labels.error_parts(self.code, lang, **_in_words(values, lang))


class MissingDataError(ShopnbError):
    """Raised when a report needs a table, a period or a column that the shop folder does not have.

    Its sentence names the table (`table`) in words, and as `get` where it is downloaded.
    """

    def parts(self, lang: str) -> dict[str, str]:
        """The parts of the message, report and table by the names that a reader sees."""
        told = _in_words(self.values, lang)
        if "table" in told:
            keys = {"table": f"intake.tables.{told['table']}", "get": f"intake.get.{told['table']}"}
            told |= {name: labels.text(key, lang) for name, key in keys.items()}
        return labels.error_parts(self.code, lang, **told)


def _named(value: Any, groups: Sequence[str], lang: str) -> Any:
    """A word of ours as its control shows it, itself behind it; any other value as it is."""
    for group in groups:
        if labels.has(f"{group}.{value}", lang):
            return labels.text("errors.parameter", lang, label=labels.text(f"{group}.{value}", lang), name=value)
    return value


def _in_words(values: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """Values as a sentence tells them: a report by its name, several by the mark between them, a number as typed."""
    told = {}
    for key, value in values.items():
        if key == "report" and labels.has(f"{value}.name", lang):
            value = labels.text(f"{value}.name", lang)
        elif isinstance(value, list | tuple):
            value = labels.text("common.list_mark", lang).join(map(str, value))
        elif isinstance(value, float):
            value = f"{value:.15g}"
        told[key] = value
    return told


class RunError(ShopnbError):
    """Raised when a report failed by our own fault: a page check, a dead kernel, a traceback in a cell."""

    exit_code = 1
