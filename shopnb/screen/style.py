"""The one style sheet of page, notebook, index and mail.

Belongs here: reading and shortening `style.css`.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_RULE = re.compile(r"([^{}]+)(\{[^{}]*\})")
_MEDIA = re.compile(r"(@media[^{]+)\{((?:[^{}]+\{[^{}]*\})*)\}")
_WEIGHT = ":root:root"
_ELSEWHERE = re.compile(  # classes of the page, the index and foreign notebooks alone
    r"\.nb-(page|root|main|toc|figure|chart|live|tip|frame|foreign|prose|pre|plain|grid|state|skip|skipped|late|lacking"
    r"|failure|failed|not_ready|unchanged)\b"
)


@cache
def stylesheet() -> str:
    """The one style sheet, without comments and line breaks."""
    css = resources.files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r" ?([{};,>]) ?", r"\1", css).strip()


@cache
def cell_style() -> str:
    """The rules for what a notebook shows; nothing for print or the reader's own dark mode.

    Each rule is made to weigh more than JupyterLab's own for outputs, which give lists, headings and tables margins and
    stripes. One cell carries the sheet for all: in each cell it would be most of a saved notebook, and rules told apart
    by cell would change their order.
    """
    style = _weighed(_MEDIA.sub("", stylesheet()))
    for condition, rules in _MEDIA.findall(stylesheet()):
        if "width" in condition:
            style += f"{condition}{{{_weighed(rules)}}}"
    return style


def _weighed(rules: str) -> str:
    """The rules that a notebook has use for, made to weigh more."""
    written = []
    for selectors, body in _RULE.findall(rules):
        wanted = [f"{_WEIGHT} {one}" for one in selectors.split(",") if not _ELSEWHERE.search(one)]
        written += [",".join(wanted) + body] if wanted else []
    return "".join(written)
