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


def events(campaigns: pd.DataFrame, lang: str) -> list[Event]:
    """Campaigns and holidays, in order.

    Parameters
    ----------
    campaigns : DataFrame, one row per phase that the shop typed in (schema `campaigns`); may be empty.
        An entry replaces the default of the same name in the same year.
    lang : names of the defaults are in this language; typed names stay as typed.
    """
    own = [
        Event(
            " ".join(filter(None, [row.name_, row.phase])),
            Period(row.start_at.date(), row.end_at.date()),
            "campaign",
        )
        for row in campaigns.rename(columns={"name": "name_"}).fillna({"phase": ""}).itertuples()
    ]
    typed = {(str(name), start.year) for name, start in zip(campaigns["name"], campaigns["start_at"], strict=True)}
    default = [
        Event(entry[lang], Period(entry["start"], entry["end"]), entry["kind"])
        for entry in _defaults()
        if (entry["zh"], entry["start"].year) not in typed and (entry["en"], entry["start"].year) not in typed
    ]
    return sorted([*own, *default], key=lambda event: (event.period, event.name))
