"""`shopnb lab`: JupyterLab on a working copy of the notebooks, so that the package's own stay as they are.

Belongs here: making that copy and starting JupyterLab.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from shopnb import labels, parameters
from shopnb.cli import terminal
from shopnb.shop.sample import packaged_sample


def lab(given: argparse.Namespace, lang: str) -> int:
    """Copy the notebooks that are not there yet, then run JupyterLab until it is closed."""
    folder = working_copy(Path(given.folder or "shopnb-notebooks").expanduser().resolve())
    terminal.say(labels.text("cli.lab.copied", lang, folder=str(folder)))
    return subprocess.run([sys.executable, "-m", "jupyterlab", str(folder)], check=False).returncode


def working_copy(folder: Path) -> Path:
    """Notebooks in `folder`; what is there already is the user's and is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in sorted(parameters.notebook_folder().glob("*.ipynb")):
        if not (folder / notebook.name).exists():
            shutil.copyfile(notebook, folder / notebook.name)
    sample = packaged_sample()
    if sample and not (folder / "data" / "sample").exists():
        shutil.copytree(sample, folder / "data" / "sample")  # where the notebooks look for it
    return folder
