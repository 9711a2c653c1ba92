"""The working copy of the notebooks: made, and brought up to date where its owner has changed nothing.

Belongs here: which files of a working copy are the package's and which the user's. Starting JupyterLab is `cli.lab`'s.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from shopnb import parameters
from shopnb.shop.sample import sample_folder

OWN = ".shopnb"  # what the working copy is remembered by, and the settings of its JupyterLab
NEW = ".new.ipynb"  # of a newer notebook laid beside one that its user has changed
_LANGUAGE = re.compile(r'(lang: str = \\")(zh|en)(\\")')
_MADE_ANEW = ("tables", "reports", ".key", ".importing", ".ipynb_checkpoints", "__pycache__")


@dataclass
class Copied:
    """What was done: notebooks written (trusted, for they are the package's own), and newer ones laid beside."""

    written: list[Path] = field(default_factory=list)
    beside: list[Path] = field(default_factory=list)


def bring(folder: Path, lang: str) -> Copied:
    """Copy the package's notebooks and its sample into `folder`.

    Parameters
    ----------
    folder : made if it is not there. lang : language of a notebook that is not there yet.

    Notes
    -----
    A notebook whose cells are as they were copied follows the package. One that its user has changed stays; the
    package's newer one is laid beside it, once. Outputs do not count: JupyterLab saves them by itself.
    """
    folder.mkdir(parents=True, exist_ok=True)
    memory = folder / OWN / "copied.json"
    digests: dict[str, str] = json.loads(memory.read_text("utf-8")) if memory.is_file() else {}
    done = Copied()
    for notebook in sorted(parameters.notebook_folder().glob("*.ipynb")):
        follow(notebook.read_text("utf-8"), folder / notebook.name, lang, digests, done)
    if not (folder / "data" / "sample").exists():  # where the notebooks look for it
        shutil.copytree(sample_folder(), folder / "data" / "sample", ignore=shutil.ignore_patterns(*_MADE_ANEW))
    memory.parent.mkdir(exist_ok=True)
    memory.write_text(json.dumps(digests, indent=1), "utf-8")
    return done


def follow(text: str, copy: Path, lang: str, digests: dict[str, str], done: Copied) -> None:
    """Bring one notebook up to date; `digests` remembers what was copied last, by name."""
    newest, copied = _digest(text), digests.get(copy.name)
    mine = copy.read_text("utf-8") if copy.exists() else ""
    here = _digest(mine) if mine else copied
    if here in (copied, newest):
        if not mine or here != newest:
            copy.write_text(_speaking(text, _language(mine) or lang), "utf-8")
            done.written.append(copy)
        digests[copy.name] = newest
        return
    beside = copy.with_name(copy.stem + NEW)
    if newest not in (copied, digests.get(beside.name)):
        beside.write_text(_speaking(text, _language(mine) or lang), "utf-8")
        digests[beside.name] = newest
        done.beside.append(beside)


def _language(text: str) -> str:
    found = _LANGUAGE.search(text)
    return found.group(2) if found else ""


def _speaking(text: str, lang: str) -> str:
    return _LANGUAGE.sub(rf"\g<1>{lang}\g<3>", text)


def _digest(text: str) -> str:
    """Of the cells alone, whatever their language; of a file that is no notebook any more, of its text."""
    try:
        written = json.loads(_speaking(text, "zh"))["cells"]
        cells = [(cell["cell_type"], "".join(cell["source"])) for cell in written]
    except (ValueError, KeyError, TypeError):
        return hashlib.sha256(text.encode()).hexdigest()
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()
