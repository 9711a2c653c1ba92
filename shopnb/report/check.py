"""What must hold of a page before it is published.

Belongs here: reading the finished HTML as a browser would and naming its faults. An empty list is a good page.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from html.parser import HTMLParser
from urllib.parse import quote

from shopnb import labels
from shopnb.report.notebook import Parts

BUDGET = 1_000_000  # bytes, hard limit; the aim is 600 KB with six charts
_ADDRESSES = {"src", "href", "xlink:href", "srcset", "action", "formaction", "poster", "data", "background", "ping"}
_SURE_ENOUGH = 0.7  # below, a finding stands under "to confirm"
_INSIDE = ("#", "data:")
_SILENT = {"script", "style", "title"}
_VOID = {"meta", "link", "br", "img", "hr", "input", "col", "wbr"}
_UNKNOWN = re.compile(
    r"(?<![\w-])(NaN|nan|NaT|<NA>|undefined|Traceback \(most recent call last\)|None(?! [a-z]))(?![\w-])"
)
_OUTSIDE_STYLE = re.compile(r"@import|url\(\s*['\"]?(?!#|data:)", re.IGNORECASE)


class _Reader(HTMLParser):
    """Collects what a page shows and what it would load or run."""

    def __init__(self, beside: Collection[str]) -> None:
        super().__init__(convert_charrefs=True)
        self._beside = {quote(name) for name in beside}
        self.lang = ""
        self.text: list[str] = []
        self.faults: list[str] = []
        self.charts = 0
        self.running: list[str] = []
        self._open: list[str] = []
        self._runs = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self._open.append(tag)
        if tag == "html":
            self.lang = given.get("lang", "")
        if tag == "script":
            self._runs = given.get("type", "text/javascript") == "text/javascript"
            if self._runs:
                self.running.append(given.get("src", ""))
        if tag in ("iframe", "object", "embed", "base"):
            self.faults.append(f"forbidden_element: {tag}")
        if tag == "svg" and "nb-spark" not in given.get("class", ""):
            self.charts += 1
        for name, value in given.items():
            self._attribute(tag, name, value)

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on"):
            self.faults.append(f"event_handler: {tag} {name}")
        if name in _ADDRESSES and not self._is_near(value.strip()):
            self.faults.append(f"outside_address: {tag} {name}={value[:80]}")
        if name == "style" and _OUTSIDE_STYLE.search(value):
            self.faults.append(f"outside_address: {tag} style={value[:80]}")

    def _is_near(self, address: str) -> bool:
        return address.startswith(_INSIDE) or address in self._beside

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "style" in self._open and _OUTSIDE_STYLE.search(data):
            self.faults.append("outside_address: style sheet")
        if not _SILENT.intersection(self._open):
            self.text.append(data)


def check_page(html: str, parts: Parts, beside: Collection[str] = ()) -> list[str]:
    """The faults of a page, each as `code: detail`; [] when it may be published.

    Parameters
    ----------
    html : the finished page.
    parts : what it was made of: its language, findings and number of charts are looked for.
    beside : names of the files that lie beside the page and may be linked to.
    """
    reader = _Reader(beside)
    reader.feed(html)
    reader.close()
    shown = _squeezed(" ".join(reader.text))
    faults = list(dict.fromkeys(reader.faults))
    size = len(html.encode("utf-8"))
    if size > BUDGET:
        faults.append(f"too_large: {size} bytes, at most {BUDGET}")
    if reader.lang.partition("-")[0] != parts.page["lang"]:
        faults.append(f"wrong_language: {reader.lang or 'none'}")
    if "Content-Security-Policy" not in html:
        faults.append("no_policy: the page may load from outside")
    if len(reader.running) > 1:
        faults.append(f"foreign_script: {len(reader.running)} scripts")
    wanted = sum(block["kind"] == "chart" for one in parts.page["sections"] for block in one["blocks"])
    if reader.charts != wanted:
        faults.append(f"charts: {reader.charts} drawn, {wanted} expected")
    faults += [f"unknown_shown: {found}" for found in sorted({found[1] for found in _UNKNOWN.finditer(shown)})]
    return faults + _missing_findings(parts, shown)


def _missing_findings(parts: Parts, shown: str) -> list[str]:
    """Findings of the first screen whose sentence is not on the page: three sure ones, two to be confirmed."""
    findings = parts.record.get("findings", [])
    sure = [finding for finding in findings if (finding.get("confidence") or 0) >= _SURE_ENOUGH]
    unsure = [finding for finding in findings if finding not in sure]
    texts = [_squeezed(str(finding["text"])) for finding in sure[:3] + unsure[:2]]
    return [f"missing_finding: {text}" for text in texts if text not in shown]


def _squeezed(text: str) -> str:
    return " ".join(labels.visible(text).split())
