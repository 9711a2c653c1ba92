"""Where a file can be opened from the page: beside the notebook in JupyterLab, or in a tab of the browser.

Belongs here: finding the Jupyter server that shows the page, and links for files under its root.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import quote

import psutil
from jupyter_core.paths import jupyter_runtime_dir
from markupsafe import Markup

from shopnb import labels
from shopnb.start.parts import shown


def links(path: Path, lang: str, *, notebook: Path | None = None) -> Markup:
    """Links to a page: beside the notebook, and alone in a tab; its path in words where no server reaches it.

    The page's own `notebook`, where it is given, opens beside too.
    """
    found = _served(path.resolve())
    if found is None:
        return Markup('<span title="{}">{}</span>').format(
            str(path), labels.text("start.not_served", lang, file=str(path))
        )
    base, inside = found
    beside = _beside(inside, "nb-start-beside", labels.text("start.open_beside", lang))
    alone = Markup('<a class="nb-start-alone" href="{}" target="_blank" rel="noopener">{}</a>').format(
        f"{base}files/{quote(inside)}", shown(labels.text("start.open_alone", lang))
    )
    made = Markup('<span class="nb-start-s">{} · {}</span>').format(beside, alone)
    if notebook is not None and (reached := _served(notebook.resolve())):
        moved = _beside(reached[1], "nb-start-workbook", labels.text("start.open_workbook", lang))
        made += Markup(' · <span class="nb-start-s">{}</span>').format(moved)
    return made


def _beside(inside: str, look: str, said: str) -> Markup:
    """A link that opens a file beside the notebook."""
    told = json.dumps({"path": inside, "options": {"mode": "split-right"}}, ensure_ascii=False)
    return Markup(
        '<a href="#" class="{}" data-commandlinker-command="docmanager:open" data-commandlinker-args="{}">{}</a>'
    ).format(look, told, shown(said))


def _served(path: Path) -> tuple[str, str] | None:
    """Base address of the server that shows this notebook, and the path under its root; None where there is none."""
    best: tuple[int, str, str] | None = None
    here = Path.cwd().resolve()
    for file in Path(jupyter_runtime_dir()).glob("jpserver-*.json"):
        try:
            told = json.loads(file.read_text("utf-8"))
            root, base, pid = Path(told["root_dir"]).resolve(), str(told["base_url"]), int(told["pid"])
        except (OSError, ValueError, KeyError):
            continue
        if not (psutil.pid_exists(pid) and path.is_relative_to(root) and here.is_relative_to(root)):
            continue
        rank = (pid == os.getppid()) * 10_000 + len(root.parts)
        if best is None or rank > best[0]:
            best = rank, base, path.relative_to(root).as_posix()
    return best[1:] if best else None
