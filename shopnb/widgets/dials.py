"""What a page says of its controls: periods by name, and the dials that stand beside a section.

Belongs here: plain data between `pages`, which knows its numbers, and the widgets that are made of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Span:
    """A period that can be picked: its name in the page's language, first and last day in ISO."""

    name: str
    start: str
    end: str


@dataclass(frozen=True)
class Dial:
    """One control beside a section.

    `parameter` that it sets. `entry`: the part of a list parameter that it stands for, the text before `=` of
    `name=value` or the place of an edge; "" for the parameter itself. `label`: its name where it is not the
    parameter's. With `high` it is a slider from `low` to `high` in `step`, standing at `value`, written as a per cent
    where it `is_share`; with `buttons` it is one button a choice; else the control that fits the parameter. `base`: the
    list in force while the parameter is empty; `along`: entries in force that are written too where the list lacks
    them, since another value of this one would change what stands for them.
    """

    parameter: str
    entry: str = ""
    label: str = ""
    value: float = 0.0
    low: float = 0.0
    high: float = 0.0
    step: float = 1.0
    is_share: bool = False
    buttons: Sequence[tuple[str, Any]] = ()
    base: Sequence[str] = ()
    along: Sequence[str] = ()


def name_of(entry: str) -> str:
    """The name of an entry of a list, which stands before its `=`."""
    return entry.partition("=")[0].strip()


def with_entry(written: Sequence[str], entry: str, value: float) -> list[str]:
    """A list parameter with one entry set anew.

    Examples
    --------
    >>> with_entry(["unit_cost=25", "ads_rate=0.1"], "ads_rate", 0.15)
    ['unit_cost=25', 'ads_rate=0.15']
    >>> with_entry(["20", "40"], "1", 45)
    ['20', '45']
    """
    text = f"{value:.6g}"
    if entry.isdigit():
        return [text if place == int(entry) else part for place, part in enumerate(written)]
    set_anew = f"{entry}={text}"
    names = [name_of(part) for part in written]
    if entry not in names:
        return [*written, set_anew]
    return [set_anew if name == entry else part for name, part in zip(names, written, strict=True)]
