"""Pictures and PDF of a page through an installed browser of the Chromium family, without a network.

Belongs here: finding the browser and calling it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
_PLACES = {
    "win32": (
        r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
        r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
        r"%ProgramFiles%\Microsoft\Edge\Application\msedge.exe",
    ),
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ),
}
_QUIET = (
    "--headless", "--disable-gpu", "--no-first-run", "--hide-scrollbars", "--disable-extensions",
    "--disable-background-networking", "--disable-sync", "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip
_SECONDS = 120


class BrowserError(RuntimeError):
    """The browser gave no picture: not started, or stopped after two minutes."""


def find_browser() -> str | None:
    """The program of an installed Chromium, Chrome or Edge; None where there is none."""
    named = (shutil.which(command) for command in _COMMANDS)
    placed = (os.path.expandvars(place) for place in _PLACES.get(sys.platform, ()))
    return next(filter(None, named), None) or next((place for place in placed if Path(place).is_file()), None)


def screenshot(html: str, size: tuple[int, int], *, browser: str, folder: Path) -> bytes:
    """A page of that width and height in px as PNG, at twice the density, light.

    Parameters
    ----------
    folder : for what the browser reads and writes.
    """
    options = [f"--window-size={size[0]},{size[1]}", "--force-device-scale-factor=2"]
    return _made(html, options, "screenshot", "page.png", browser=browser, folder=folder)


def page_pdf(html: str, *, browser: str, folder: Path) -> bytes:
    """The whole page on A4, what is folded unfolded."""
    unfolded = html.replace("<details", "<details open")
    return _made(unfolded, ["--no-pdf-header-footer"], "print-to-pdf", "page.pdf", browser=browser, folder=folder)


def _made(html: str, options: list[str], way: str, name: str, *, browser: str, folder: Path) -> bytes:
    folder.mkdir(parents=True, exist_ok=True)
    page, made = folder / "page.html", folder / name
    page.write_text(html, encoding="utf-8", newline="\n")
    root = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []  # Chromium refuses otherwise
    own = [f"--user-data-dir={folder / 'profile'}", f"--{way}={made}"]
    try:
        subprocess.run(
            [browser, *_QUIET, *root, *options, *own, page.as_uri()], check=False, capture_output=True, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BrowserError(str(error)) from error
    if not made.is_file():
        raise BrowserError(f"{browser} wrote no {name}")
    return made.read_bytes()
