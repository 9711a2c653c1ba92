"""`shopnb lab`: JupyterLab on a working copy of the notebooks, so that the package's own stay as they are.

Belongs here: making that copy and starting JupyterLab with the start page in front.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from shopnb import labels, parameters
from shopnb.cli import terminal
from shopnb.shop.inbox import UPLOAD_MB
from shopnb.shop.sample import sample_folder

START = "00_start_here.ipynb"
_UPLOAD_MB = 1000  # of one message from the browser; JupyterLab's own limit of 10 MB cuts an upload silently
_MADE_ANEW = ("tables", "reports", ".key", ".importing", ".ipynb_checkpoints", "__pycache__")


def lab(given: argparse.Namespace, lang: str) -> int:
    """Copy the notebooks that are not there yet, then run JupyterLab until it is closed."""
    folder = working_copy(Path(given.folder or "shopnb-notebooks").expanduser().resolve(), lang)
    terminal.say(labels.text("cli.lab.copied", lang, folder=str(folder)))
    return subprocess.run(command(folder), env=surroundings(folder), check=False).returncode


def command(folder: Path) -> list[str]:
    """JupyterLab that fetches nothing, with the start page of a working copy in front."""
    settings = {"websocket_max_message_size": _UPLOAD_MB * 1_000_000}
    return [
        sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", f"--LabApp.default_url=/lab/tree/{START}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", f"--ServerApp.tornado_settings={settings}",
    ]  # fmt: skip


def surroundings(folder: Path) -> dict[str, str]:
    """The environment of JupyterLab: no question about its news, and how much can be uploaded; all else as it was."""
    own = folder / ".shopnb"
    known = os.environ.get("JUPYTER_CONFIG_PATH", "")
    paths = os.pathsep.join(filter(None, (str(own), known)))
    return {**os.environ, "JUPYTER_CONFIG_PATH": paths, UPLOAD_MB: str(_UPLOAD_MB)}


def working_copy(folder: Path, lang: str = "zh") -> Path:
    """Notebooks and the sample in `folder`, the start page in the system's language.

    What is there already is the user's and is kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in sorted(parameters.notebook_folder().glob("*.ipynb")):
        copy = folder / notebook.name
        if not copy.exists():
            text = notebook.read_text("utf-8")
            copy.write_text(text.replace('lang: str = \\"zh\\"', f'lang: str = \\"{lang}\\"'), "utf-8")
    if not (folder / "data" / "sample").exists():  # where the notebooks look for it
        ignored = shutil.ignore_patterns(*_MADE_ANEW)
        shutil.copytree(sample_folder(), folder / "data" / "sample", ignore=ignored)
    quiet = folder / ".shopnb" / "labconfig" / "page_config.json"
    if not quiet.exists():
        quiet.parent.mkdir(parents=True, exist_ok=True)
        quiet.write_text(json.dumps({"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}))
    return folder
