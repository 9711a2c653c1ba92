"""`shopnb doctor`: what works on this machine, and what to do about what does not. Tries things instead of guessing.

Belongs here: those trials.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from shopnb import labels
from shopnb.cli import terminal

_PACKAGES = ("pandas", "altair", "ibis-framework", "duckdb", "papermill", "nbconvert", "jupyterlab")
_SPEC = '{"mark": "point", "data": {"values": [{"a": 1}]}, "encoding": {"x": {"field": "a", "type": "quantitative"}}}'


@dataclass(frozen=True)
class Trial:
    """One thing that was tried: what was found, and the fix when it does not work (`cli.doctor.fix.<fix>`)."""

    name: str
    found: str
    fix: str = ""
    needed: bool = False  # without it no report can be made


def doctor(given: argparse.Namespace, lang: str) -> int:
    """Print what was found and how to mend what does not work; 1 when reports cannot be made here."""
    trials = list(_trials(lang))
    wrong = [trial for trial in trials if trial.fix]
    fixes = [[_name(trial.name, lang), labels.text(f"cli.doctor.fix.{trial.fix}", lang)] for trial in wrong]
    if given.json:
        found = {trial.name: trial.found for trial in trials}
        terminal.say_json({**found, "fixes": dict(fixes)})
    else:
        rows = [[_name(trial.name, lang), trial.found] for trial in trials]
        terminal.say(terminal.table([_name("what", lang), _name("found", lang)], rows))
        if fixes:
            terminal.say(terminal.table([_name("to_mend", lang), _name("how", lang)], fixes))
    return 1 if any(trial.needed for trial in wrong) else 0


def _trials(lang: str) -> Iterator[Trial]:
    from shopnb import charts
    from shopnb.runner import forks

    works, missing = labels.text("cli.doctor.works", lang), labels.text("cli.doctor.missing", lang)
    yield Trial("python", f"{platform.python_version()} · {platform.platform()}")
    yield Trial("package", f"{metadata.version('shopnb')} · {Path(__file__).resolve().parents[1]}")
    for name in _PACKAGES:
        version = _version(name)
        yield Trial(name, version or missing, "" if version else "package", needed=True)
    trouble = _chart_trouble()
    yield Trial("charts", trouble or works, "charts" if trouble else "", needed=True)
    active = charts.active_renderer()
    yield Trial("renderer", active, "" if active == charts.OFFLINE else "renderer")
    exporters = metadata.entry_points(group="nbconvert.exporters").names
    yield Trial("exporter", works if "shopnb" in exporters else missing, "" if "shopnb" in exporters else "exporter")
    refusal = forks.refusal()
    key = "cli.doctor.started" if refusal else "cli.doctor.forked"
    yield Trial("kernels", labels.text(key, lang, why=refusal))
    yield _fonts(lang)
    browser = _browser()
    yield Trial("browser", browser or missing, "" if browser else "browser")
    trouble = _write_trouble()
    yield Trial("write", trouble or works, "write" if trouble else "", needed=True)


def _name(key: str, lang: str) -> str:
    return labels.text(f"cli.doctor.{key}", lang) if labels.has(f"cli.doctor.{key}", lang) else key


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _chart_trouble() -> str:
    import vl_convert

    try:
        return "" if "<svg" in vl_convert.vegalite_to_svg(_SPEC) else "vl-convert"
    except ValueError as error:
        return str(error)


def _browser() -> str:
    from shopnb.report.browser import find_browser

    return find_browser() or ""


def _fonts(lang: str) -> Trial:
    """Families that can write Chinese, where the system has fontconfig; other systems come with some."""
    if not shutil.which("fc-list"):
        return Trial("fonts", labels.text("cli.doctor.unknown", lang))
    listed = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=False).stdout
    families = sorted({line.split(",")[0] for line in listed.splitlines() if line})
    if not families:
        return Trial("fonts", labels.text("cli.doctor.missing", lang), "fonts")
    return Trial("fonts", labels.text("cli.list_mark", lang).join(families[:3]))


def _write_trouble() -> str:
    try:
        with tempfile.TemporaryFile(dir=Path.cwd()):
            return ""
    except OSError as error:
        return str(error)
