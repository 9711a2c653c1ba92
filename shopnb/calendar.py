"""The calendar of days that are not ordinary: the package's dated default, and a shop's own campaigns over it.

Opens only its own packaged data.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from shopnb.metrics.periods import Event, Period


@cache
def _defaults() -> tuple[dict[str, Any], ...]:
    packaged = resources.files("shopnb").joinpath("calendar.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(packaged)["event"])


NEUTRAL = "zh"  # numbers name an event in this language, whichever the page's is


def named(name: str, lang: str) -> str:
    """A name of `NEUTRAL` in a language; one that the calendar does not know stays as typed."""
    return next((str(entry[lang]) for entry in _defaults() if entry[NEUTRAL] == name), name)


def events(campaigns: pd.DataFrame, lang: str = NEUTRAL) -> list[Event]:
    """Campaigns and holidays, in order.

    Parameters
    ----------
    campaigns : DataFrame, one row per phase that the shop typed in (schema `campaigns`); may be empty.
        An entry replaces the default whose name it holds (「618 第二波」 replaces 618) in the same year.
    lang : names of the defaults are in this language; typed names stay as typed.
    """
    own = [
        Event(row.name_, Period(row.start_at.date(), row.end_at.date()), "campaign", row.phase)
        for row in campaigns.rename(columns={"name": "name_"}).fillna({"phase": ""}).itertuples()
    ]
    default = [
        Event(entry[lang], Period(entry["start"], entry["end"]), entry["kind"])
        for entry in _defaults()
        if not any(_replaces(event, entry) for event in own)
    ]
    return sorted([*own, *default], key=lambda event: (event.period, event.name))


def _replaces(typed: Event, default: dict[str, Any]) -> bool:
    """Whether a typed event stands for a default one."""
    named = default["zh"] in typed.name or default["en"].lower() in typed.name.lower()
    return named and typed.period.start.year == default["start"].year
