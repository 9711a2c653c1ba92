"""The templates of pages, and the policy that keeps them offline.

Belongs here: the Jinja environment and the Content-Security-Policy.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from shopnb import labels, screen

LANGUAGE_TAGS = {"zh": "zh-CN", "en": "en"}


@cache
def templates() -> Environment:
    """The environment; everything is escaped unless it is finished HTML."""
    environment = Environment(
        loader=PackageLoader("shopnb.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=screen.finished,
    )  # fmt: skip
    environment.globals |= {
        "language_tag": LANGUAGE_TAGS.__getitem__,
        "stylesheet": lambda: Markup(screen.stylesheet()),
        "safe": Markup,
        "policy": policy,
    }
    return environment


def policy(script: str = "") -> str:
    """What a page may do: run its one own script (Vega needs eval), load nothing from anywhere."""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    runs = f"script-src 'sha256-{digest}' 'unsafe-eval'" if script else "script-src 'none'"
    return f"default-src 'none'; {runs}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def render(template: str, lang: str, **values: object) -> str:
    """A template of this folder with the words of `report.toml` at hand as `word`."""

    def word(key: str, /, **filled: object) -> str:
        return labels.text(f"report.{key}", lang, **filled)

    return templates().get_template(template).render(lang=lang, word=word, **values)
