"""`shopnb lab`: JupyterLab on a working copy of the notebooks, so that the package's own stay as they are.

Belongs here: starting JupyterLab on that copy with the start page in front, quietly.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from shopnb import labels
from shopnb.cli import terminal
from shopnb.start import copies, workbook

START = "00_start_here.ipynb"
_SETTINGS = {  # of JupyterLab in a working copy
    "labconfig/page_config.json": {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}},
    "settings/overrides.json": {  # the first Tab of a kernel takes longer than the second that JupyterLab waits
        "@jupyterlab/completer-extension:manager": {"providerTimeout": 10_000}
    },
}


def lab(given: argparse.Namespace, lang: str) -> int:
    """Copy the notebooks that are not there yet, then run JupyterLab until it is closed."""
    folder = working_copy(Path(given.folder or "shopnb-notebooks").expanduser().resolve(), lang)
    terminal.say(labels.text("cli.lab.copied", lang, folder=str(folder)))
    running = subprocess.Popen(command(folder), env=surroundings(folder))
    before = signal.signal(signal.SIGTERM, lambda *_: running.terminate())  # a request to end is JupyterLab's as well
    try:
        while True:
            try:
                return running.wait()
            except KeyboardInterrupt:  # JupyterLab hears it too: the first Ctrl-C asks there, the second ends it
                continue
    finally:
        signal.signal(signal.SIGTERM, before)


def command(folder: Path) -> list[str]:
    """JupyterLab that fetches nothing, with the start page of a working copy in front."""
    return [
        sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", f"--LabApp.default_url=/lab/tree/{START}",
        f"--LabApp.app_settings_dir={folder / copies.OWN / 'settings'}", "--LabApp.news_url=None",
        "--Application.log_level=ERROR", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip


def surroundings(folder: Path) -> dict[str, str]:
    """The environment of JupyterLab: no question about its news; all else as it was."""
    own = folder / copies.OWN
    known = os.environ.get("JUPYTER_CONFIG_PATH", "")
    paths = os.pathsep.join(filter(None, (str(own), known)))
    return {**os.environ, "JUPYTER_CONFIG_PATH": paths}


def working_copy(folder: Path, lang: str = "zh") -> Path:
    """A folder with the notebooks and the sample, and what JupyterLab is to be there; what the user changed is kept."""
    done = copies.bring(folder, lang)
    workbook.trust([*done.written, *done.beside])
    for copy in done.beside:
        mine = copy.name.removesuffix(copies.NEW) + ".ipynb"
        terminal.say(labels.text("cli.lab.newer", lang, mine=mine, new=copy.name))
    for name, content in _SETTINGS.items():
        settings = folder / copies.OWN / name
        if not settings.exists():
            settings.parent.mkdir(parents=True, exist_ok=True)
            settings.write_text(json.dumps(content), "utf-8")
    return folder
