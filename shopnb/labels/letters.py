"""Letters fit to show: without what cannot be seen or turns the line around, and broken into lines of a width.

Belongs here: the one rule for control characters and for the width of a text, for charts, tables, pages and pictures.
"""

from __future__ import annotations

import unicodedata

_CONTROLS = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def visible(text: str) -> str:
    r"""`text` on one line, without control characters and marks that turn the direction of writing.

    Examples
    --------
    >>> visible("\u202eblue\u2066 cup\nred")
    'blue cup red'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        " " if letter in "\t\n\r\u2028\u2029" else letter
        for letter in text
        if letter in "\t\n\r\u2028\u2029" or unicodedata.category(letter) not in _CONTROLS
    )


def columns_of(text: str) -> int:
    """Width of a text in half-width columns: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def wrap(text: str, columns: int) -> list[str]:
    """`text` in lines of at most `columns` half-width columns; English breaks at spaces, Chinese anywhere."""
    lines, line = [], ""
    for word in _pieces(visible(text)):
        if line and columns_of(line + word.rstrip()) > columns:
            lines.append(line.rstrip())
            line = ""
        line += word if line else word.lstrip()
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for c in text:
        joins = pieces and columns_of(c) == 1 and columns_of(pieces[-1][-1]) == 1 and pieces[-1][-1] != " "
        closing = pieces and c in ",。、;:!?)」%”"
        if joins or closing:
            pieces[-1] += c
        else:
            pieces.append(c)
    return pieces
