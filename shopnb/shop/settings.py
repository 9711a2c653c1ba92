"""What `shopnb.toml` says about a shop.

Belongs here: the settings, their defaults and their checks.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shopnb import labels
from shopnb.errors import InputError

FILE_NAME = "shopnb.toml"
PLATFORMS = ("taobao", "tmall", "1688", "pdd", "jd", "douyin", "other")
FEES = (  # names that mean something under [fees]: shares of payment, then amounts an order, then a share again
    "category_commission", "software_service", "payment", "return_insurance", "return_freight", "return_salvage", "tax",
)  # fmt: skip
_SECTIONS = ("fees", "intake", "targets")
_CURRENCY = re.compile(r"[A-Z]{3}")
_HEADING = re.compile(r"\s*\[")
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
_ASPECT = re.compile("[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Settings:
    """Settings of one shop.

    Parameters
    ----------
    name : the shop's name as reports show it.
    currency : ISO code of all money, three capitals; CNY, USD, HKD and a few more are shown by their sign.
    time_zone : in which days begin and end.
    platform : taobao, tmall, 1688, pdd, jd, douyin or other; exports of other platforms fill the `platform_…` tables.
    margin_rate : share of sales left after goods, packing, parcel and platform fees, 0-1; None when not given.
    refund_rate : share of sales refunded in the long run, 0-1; None: taken from the data.
    fees : name to rate or amount, as typed under `[fees]`.
    targets : month (2026-08) to the payment aimed at, as typed under `[targets]`; the targets table goes first.
    words, aspects : words of the trade for reading reviews, as typed under `[words]` and `[aspects.NAME]`; what is in
        them is checked where reviews are read (`text.lexicon`).
    lang : language of the reports unless a run says otherwise.
    sample : whether this is the simulated shop.
    """

    name: str
    currency: str = "CNY"
    time_zone: str = "Asia/Shanghai"
    platform: str = "taobao"
    margin_rate: float | None = None
    refund_rate: float | None = None
    fees: Mapping[str, float] = field(default_factory=dict)
    targets: Mapping[str, float] = field(default_factory=dict)
    words: Mapping[str, Any] = field(default_factory=dict)
    aspects: Mapping[str, Any] = field(default_factory=dict)
    lang: str = "zh"
    sample: bool = False


def read_settings(folder: Path) -> Settings:
    """The settings of a shop folder; without a `shopnb.toml` the defaults, named after the folder.

    Raises
    ------
    InputError
        `settings_unreadable`, `settings_unknown` or `settings_value`.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return Settings(name=folder.resolve().name)
    try:
        given = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("settings_unreadable", file=str(path), detail=str(error)) from None
    known = set(Settings.__dataclass_fields__) | set(_SECTIONS)
    if unknown := sorted(set(given) - known):
        raise InputError("settings_unknown", file=str(path), names=", ".join(unknown), known=", ".join(sorted(known)))
    given.pop("intake", None)
    given["name"] = given.get("name") or folder.resolve().name
    for name, value in given.items():
        if not _is_right(name, value):
            raise InputError("settings_value", file=str(path), name=name, value=str(value))
    for section in ("fees", "targets"):
        given[section] = {name: float(value) for name, value in given.get(section, {}).items()}
    return Settings(**given)


def write_rates(folder: Path, *, margin_rate: float | None, fees: Mapping[str, float | None]) -> Settings:
    """Write the margin rate and fee rates into `shopnb.toml`; everything else in it, comments too, stays as it is.

    Parameters
    ----------
    folder : the shop folder. margin_rate, fees : None takes a line out of force by a number sign before it.

    Raises
    ------
    InputError
        `settings_value` and the other errors of `read_settings`, `file_locked`; the file is then as it was.
    """
    path = folder / FILE_NAME
    before = path.read_text("utf-8-sig") if path.exists() else ""
    lines = before.splitlines()
    section = next((place for place, line in enumerate(lines) if _HEADING.match(line)), len(lines))
    top = _with_values(lines[:section], {"margin_rate": margin_rate})
    place = next((place for place, line in enumerate(lines) if re.match(r"#?\s*\[fees\]", line)), None)
    if place is None:
        inside, after = ["[fees]"], lines[section:]
    else:
        last = next((n for n in range(place + 1, len(lines)) if _HEADING.match(lines[n])), len(lines))
        inside, after = ["[fees]", *lines[place + 1 : last]], lines[section:place] + lines[last:]
        top = _with_values(lines[: min(section, place)], {"margin_rate": margin_rate})
    while inside and not inside[-1].strip():
        inside.pop()
    written = "\n".join([*top, *_with_values(inside, fees), "", *after]).rstrip() + "\n"
    try:
        path.write_text(written, "utf-8")
    except OSError:
        raise InputError("file_locked", file=str(path)) from None
    try:
        return read_settings(folder)
    except InputError:
        path.write_text(before, "utf-8")
        raise


def _with_values(lines: list[str], values: Mapping[str, float | None]) -> list[str]:
    """`name = value` in the line that has the name, in force or not, else in a new one; the remark behind it stays."""
    made = list(lines)
    for name, value in values.items():
        pattern = re.compile(rf"#?\s*{name}\s*=\s*[^#]*?(\s*#.*)?$")
        found = next((place for place, line in enumerate(made) if pattern.match(line)), None)
        if found is not None:
            remark = pattern.match(made[found])[1] or ""  # type: ignore[index]
            made[found] = f"{name} = {value:g}{remark}" if value is not None else f"# {made[found].lstrip('# ')}"
        elif value is not None:
            made.append(f"{name} = {value:g}")
    return made


def written_rate(name: str, written: str) -> float | None:
    """A rate as people write it, 0.42 or 42 %, or an amount; None where nothing is written.

    Raises
    ------
    InputError
        `settings_value` for anything else.
    """
    text = written.strip().replace("\uff05", "%")
    if not text:
        return None
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise InputError("settings_value", file=FILE_NAME, name=name, value=written) from None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_right(name: str, value: Any) -> bool:
    """Whether a setting has a value it can have."""
    if name in {"margin_rate", "refund_rate"}:
        return _is_number(value) and 0 <= value <= 1
    if name == "targets":
        return isinstance(value, dict) and all(
            _MONTH.fullmatch(month) and _is_number(goal) and goal > 0 for month, goal in value.items()
        )
    if name == "fees":
        return isinstance(value, dict) and all(_is_number(rate) and rate >= 0 for rate in value.values())
    if name == "words":
        return isinstance(value, dict)
    if name == "aspects":
        return isinstance(value, dict) and all(_ASPECT.fullmatch(key) for key in value)
    if name == "sample":
        return isinstance(value, bool)
    if not isinstance(value, str):
        return False
    allowed = {"platform": PLATFORMS, "lang": labels.LANGUAGES}
    if name in allowed:
        return value in allowed[name]
    if name == "currency":
        return _CURRENCY.fullmatch(value) is not None
    return name != "time_zone" or _is_time_zone(value)


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
