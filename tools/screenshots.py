"""Pictures of all reports for the README: the phone's first screen in 中文, a wide screen in English.

shopnb run --out OUT/zh --lang zh; shopnb run --out OUT/en --lang en; python tools/screenshots.py OUT
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from shopnb import parameters

DOCS = Path(__file__).parents[1] / "docs"
WAYS = (("zh", "", {"width": 390, "height": 844}), ("en", "_en", {"width": 1280, "height": 900}))


def main() -> None:
    """Write docs/<report>.png and docs/<report>_en.png."""
    DOCS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for lang, suffix, size in WAYS:
            context = browser.new_context(viewport=size, offline=True, color_scheme="light")
            for slug in parameters.notebooks():
                (file,) = (Path(sys.argv[1]) / lang).glob(f"*/{slug}_*[0-9d].html")
                page = context.new_page()
                page.goto(file.resolve().as_uri())
                page.wait_for_timeout(1500)
                page.screenshot(path=DOCS / f"{slug}{suffix}.png")
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
