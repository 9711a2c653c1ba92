"""The parameters in force as others take them: the line for the command line, and the code cell."""

from __future__ import annotations

import html
import json
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from shopnb import labels
from shopnb.parameters import Parameter

_COPY = (
    "const told=this.dataset.told,said=this.textContent;"
    "navigator.clipboard.writeText(this.nextElementSibling.textContent)"
    ".then(()=>{this.textContent=told;setTimeout(()=>{this.textContent=said},1500)})"
)


def command_line(slug: str, declared: Sequence[Parameter], given: Mapping[str, Any]) -> str:
    """The `shopnb run` line that gives the page as it stands; only what differs from the notebook is named.

    Examples
    --------
    >>> declared = [Parameter("shop", "str", "data/sample", ""), Parameter("sources", "list[str]", [], "")]
    >>> command_line("traffic_sources", declared, {"shop": "my shop", "sources": ["search", "cart"]})
    "shopnb run traffic_sources --shop 'my shop' -p sources=search -p sources=cart"
    """
    words = ["shopnb", "run", slug, "--shop", str(given["shop"])]
    for one in declared:
        value = given[one.name]
        if one.name == "shop" or value == one.default:
            continue
        if one.name == "lang":
            words += ["--lang", value]
            continue
        for part in value if isinstance(value, list) else [value]:
            words += ["-p", f"{one.name}={part}"]
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


def code_cell(declared: Sequence[Parameter], given: Mapping[str, Any]) -> str:
    """The parameters cell with the values in force, one `name: type = literal  # help` a line.

    Examples
    --------
    >>> print(code_cell([Parameter("bands", "list[str]", [], "edges")], {"bands": ["20", "40"]}))
    bands: list[str] = ["20", "40"]  # edges
    """
    lines = []
    for one in declared:
        value = given[one.name]
        literal = repr(value) if isinstance(value, bool | int | float) else json.dumps(value, ensure_ascii=False)
        lines.append(f"{one.name}: {one.type} = {literal}" + (f"  # {one.help}" if one.help else ""))
    return "\n".join(lines)


def copies_html(slug: str, declared: Sequence[Parameter], given: Mapping[str, Any], lang: str) -> str:
    """Both, each with a button that copies it."""
    told = html.escape(labels.text("widgets.copied", lang), quote=True)
    blocks = []
    for key, text in (("line", command_line(slug, declared, given)), ("cell", code_cell(declared, given))):
        name = html.escape(labels.text(f"widgets.copy_{key}", lang))
        blocks.append(
            f'<button class="jupyter-button nb-copy" data-told="{told}" onclick="{html.escape(_COPY, quote=True)}">'
            f'{name}</button><pre class="nb-copy-{key}">{html.escape(text)}</pre>'
        )
    return "".join(blocks)
