"""`shopnb doctor`: what works on this machine. Tries things instead of guessing.

Belongs here: those trials.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import tempfile
from importlib import metadata
from pathlib import Path

from shopnb import labels
from shopnb.cli import terminal

_PACKAGES = ("pandas", "altair", "ibis-framework", "duckdb", "papermill", "nbconvert", "jupyterlab")
_SPEC = '{"mark": "point", "data": {"values": [{"a": 1}]}, "encoding": {"x": {"field": "a", "type": "quantitative"}}}'


def doctor(given: argparse.Namespace, lang: str) -> int:
    """Print what was found; 1 when reports cannot be made here."""
    found = {
        "python": f"{platform.python_version()} · {platform.platform()}",
        "package": f"{metadata.version('shopnb')} · {Path(__file__).resolve().parents[1]}",
        **{name: _version(name, lang) for name in _PACKAGES},
        "charts": _charts(lang),
        "fonts": _fonts(lang),
        "browser": shutil.which("chromium") or shutil.which("google-chrome") or labels.text("cli.doctor.missing", lang),
        "write": _write(lang),
    }
    if given.json:
        terminal.say_json(found)
    else:
        rows = [[_name(key, lang), value] for key, value in found.items()]
        terminal.say(terminal.table([_name("what", lang), _name("found", lang)], rows))
    works = labels.text("cli.doctor.works", lang)
    return 0 if found["charts"] == found["write"] == works else 1


def _name(key: str, lang: str) -> str:
    return labels.text(f"cli.doctor.{key}", lang) if labels.has(f"cli.doctor.{key}", lang) else key


def _version(name: str, lang: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return labels.text("cli.doctor.missing", lang)


def _charts(lang: str) -> str:
    import vl_convert

    try:
        drawn = vl_convert.vegalite_to_svg(_SPEC)
    except ValueError as error:
        return str(error)
    return labels.text("cli.doctor.works" if "<svg" in drawn else "cli.doctor.missing", lang)


def _fonts(lang: str) -> str:
    """Families that can write Chinese, where the system has fontconfig."""
    if not shutil.which("fc-list"):
        return labels.text("cli.doctor.unknown", lang)
    listed = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=False).stdout
    families = sorted({line.split(",")[0] for line in listed.splitlines() if line})
    return labels.text("cli.list_mark", lang).join(families[:3]) or labels.text("cli.doctor.missing", lang)


def _write(lang: str) -> str:
    try:
        with tempfile.TemporaryFile(dir=Path.cwd()):
            return labels.text("cli.doctor.works", lang)
    except OSError as error:
        return str(error)
