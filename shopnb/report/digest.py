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

    First the headlines, then, from the first finding on, money and action while there is room.
    """
    lang, glance = parts.page["lang"], parts.page["glance"]
    mark = labels.text("report.digest.sample", lang) if glance["sample"] else ""
    told = _first_line(mark + _plain(glance["title"]), _plain(glance["period"]))
    told = f"{told}\n{_plain(glance['verdict'])}"[:LIMIT]
    forms = [_lines(finding, place, lang) for place, finding in enumerate(glance["findings"], start=1)]
    lines: list[str] = []
    for form in forms:
        if len(told + "".join(lines) + form[0]) > LIMIT:
            break
        lines.append(form[0])
    for place, form in enumerate(forms[: len(lines)]):
        for longer in form[1:]:
            others = lines[:place] + lines[place + 1 :]
            if len(told + "".join(others) + longer) <= LIMIT:
                lines[place] = longer
    told += "".join(lines)
    quiet = "\n" + _plain(glance["quiet"])
    if not glance["findings"] and len(quiet) > 1 and len(told + quiet) <= LIMIT:
        told += quiet
    return told + "\n"


def _first_line(title: str, period: str) -> str:
    """The title and the parts of the period that fit into a third of the digest; never half a part but the first."""
    line = title
    for place, part in enumerate(period.split(" · ")):
        longer = f"{line} {part}" if place == 0 else f"{line} · {part}"
        if place and len(longer) > LIMIT // 3:
            break
        line = longer
    return line[: LIMIT // 3]


def _lines(finding: Mapping[str, Any], place: int, lang: str) -> list[str]:
    """The line of one finding: its headline, then with its money, then with its action as well."""
    values = {key: _plain(finding[key]) for key in ("headline", "money", "action", "owner")}
    headline = labels.text("report.digest.finding", lang, place=place, **values)
    money = headline + labels.text("report.digest.money", lang, **values) if values["money"] else headline
    action = money + labels.text("report.digest.action", lang, **values) if values["action"] else money
    return ["\n" + headline, "\n" + money, "\n" + action]


def _plain(text: str) -> str:
    return " ".join(_LINK.sub("", labels.visible(text)).split())
