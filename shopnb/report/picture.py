"""A report as a picture or a PDF, for where HTML opens badly.

Belongs here: which part of the page, and whether a browser or our own drawing makes it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from shopnb.report.browser import BrowserError, find_browser, page_pdf, screenshot
from shopnb.report.card import card_height, card_png
from shopnb.report.notebook import Parts
from shopnb.report.page import page_html

_FOLD = re.compile(r'<details class="nb-more[^"]*"><summary>[^<]*</summary>(.*?)</details>', re.DOTALL)
_WIDTH, _LEAST = 390, 844  # px: a phone's first screen


def first_screen(parts: Parts, folder: Path) -> bytes:
    """PNG of the first screen at phone width and twice the density; drawn by ourselves where no browser is installed.

    It is as high as a phone's screen, higher where the findings need it.

    Parameters
    ----------
    folder : for what the browser reads and writes; made when needed.
    """
    browser = find_browser()
    if browser is None:
        return card_png(parts)
    alone = replace(parts, page={**parts.page, "sections": [], "health": "", "methods": "", "footer": ""})
    size = (_WIDTH, max(_LEAST, card_height(parts)))
    try:
        return screenshot(_unfolded(page_html(alone, live=False)), size, browser=browser, folder=folder)
    except BrowserError:
        return card_png(parts)


def _unfolded(html: str) -> str:
    """The page with what stands under "More" in sight: nobody can open it in a picture."""
    return _FOLD.sub(r'<div class="nb-more nb-open">\1</div>', html)


def whole_page(parts: Parts, folder: Path) -> bytes:
    """PDF of the whole page on A4.

    Raises
    ------
    BrowserError
        Where no browser is installed or it fails.
    """
    browser = find_browser()
    if browser is None:
        raise BrowserError("no Chromium, Chrome or Edge")
    return page_pdf(page_html(parts, live=False), browser=browser, folder=folder)
