"""Errors that an operator can cause: a stable code, and values for the sentence that `labels` makes of it.

Belongs here: the few kinds and what they carry. Sentences live in `labels/<lang>/errors.toml` under the code, as
problem, where and fix. Our own mistakes stay plain exceptions with a traceback.
"""

from __future__ import annotations

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
    """Raised when a parameter is unknown, of the wrong type or out of range."""


class MissingDataError(ShopnbError):
    """Raised when a report needs a table, a period or a column that the shop folder does not have."""


class RunError(ShopnbError):
    """Raised when a report failed by our own fault: a page check, a dead kernel, a traceback in a cell."""

    exit_code = 1
