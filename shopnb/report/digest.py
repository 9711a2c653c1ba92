"""A report as a few lines to paste into a chat: verdict and findings, no links.

Belongs here: choosing what fits. Sentences come finished from the page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shopnb import labels
from shopnb.report.notebook import Parts

LIMIT = 300  # characters, what a chat shows without folding
_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|www\.|(?:javascript|data|vbscript):)[^\s,。;、)】]*"
    r"|(?<![\w.])(?:[a-z0-9-]+\.)+[a-z]{2,}(?:[/?#][^\s,。;、)】]*)?",
    re.IGNORECASE | re.ASCII,
)


def digest(parts: Parts) -> str:
    """Title, period, verdict and as many findings as fit into `LIMIT` characters, a line each.

    A finding that does not fit with its action is written without, then without its money; one that does not fit at
    all ends the text.
    """
    lang, glance = parts.page["lang"], parts.page["glance"]
    mark = labels.text("report.digest.sample", lang) if glance["sample"] else ""
    told = f"{mark}{_plain(glance['title'])} {_plain(glance['period'])}"[: LIMIT // 3]
    told = f"{told}\n{_plain(glance['verdict'])}"[:LIMIT]
    for place, finding in enumerate(glance["findings"], start=1):
        longer = next((told + line for line in _lines(finding, place, lang) if len(told + line) <= LIMIT), None)
        if longer is None:
            break
        told = longer
    quiet = "\n" + _plain(glance["quiet"])
    if not glance["findings"] and len(quiet) > 1 and len(told + quiet) <= LIMIT:
        told += quiet
    return told + "\n"


def _lines(finding: Mapping[str, Any], place: int, lang: str) -> list[str]:
    """The line of one finding: with its action, without, without its money."""
    values = {key: _plain(finding[key]) for key in ("headline", "money", "action", "owner")}
    headline = labels.text("report.digest.finding", lang, place=place, **values)
    money = headline + labels.text("report.digest.money", lang, **values) if values["money"] else headline
    action = money + labels.text("report.digest.action", lang, **values) if values["action"] else money
    return ["\n" + action, "\n" + money, "\n" + headline]


def _plain(text: str) -> str:
    return " ".join(_LINK.sub("", labels.visible(text)).split())
