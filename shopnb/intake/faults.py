"""The one exception of the value parsers: a value that cannot be what its column says."""

from __future__ import annotations


class BadValue(Exception):  # noqa: N818 - a fault of the file, counted and listed, not an error of the program
    """Raised by a parser; `reason` is a key of the account's `rejected` and of labels `intake.rejected`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
