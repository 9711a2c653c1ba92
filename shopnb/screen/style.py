"""The one style sheet of page, notebook, index and mail, whole or only what a fragment needs.

Belongs here: reading and shortening `style.css`.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_RULE = re.compile(r"([^{}]+)(\{[^{}]*\})")
_MEDIA = re.compile(r"(@media[^{]+)\{((?:[^{}]+\{[^{}]*\})*)\}")
_SIZE = re.compile(r"nb-b\d+")  # of a bar in a table; there are many and no two meet
_WEIGHT = ":root:root"
_CLASS = re.compile(r"\.([a-z][\w-]*)")


@cache
def stylesheet() -> str:
    """The one style sheet, without comments and line breaks."""
    css = resources.files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r" ?([{};,>]) ?", r"\1", css).strip()


def cell_style(fragment: str) -> str:
    """The rules that can apply in a fragment shown in a notebook; nothing for print or the reader's own dark mode.

    A notebook keeps its outputs: the whole sheet in each cell would be most of the file. Each rule is made to weigh
    more than JupyterLab's own for outputs, which give lists, headings and tables margins and stripes. All rules of a
    part of the page come together: the styles of a notebook's cells apply to each other, and the last one wins.
    """
    used = {name for written in re.findall(r'class="([^"]*)"', fragment) for name in written.split()}
    style = _kept(_MEDIA.sub("", stylesheet()), used)
    for condition, rules in _MEDIA.findall(stylesheet()):
        if "width" in condition and (inner := _kept(rules, used)):
            style += f"{condition}{{{inner}}}"
    return style


def _kept(rules: str, used: set[str]) -> str:
    """The rules of the parts that are used, by the first class of a selector that names a part."""

    def applies(selector: str) -> bool:
        named = [name for name in _CLASS.findall(selector) if name not in ("nb", "nb-cell")]
        sizes = {name for name in named if _SIZE.fullmatch(name)}
        return sizes <= used and (not named or named[0] in used)

    style = ""
    for selectors, body in _RULE.findall(rules):
        if applying := [one for one in selectors.split(",") if applies(one)]:
            style += ",".join(f"{_WEIGHT} {one}" for one in applying) + body
    return style
