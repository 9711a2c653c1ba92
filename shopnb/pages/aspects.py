"""What a shop calls the aspects of its reviews: the packaged ones and those of its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shopnb import text

if TYPE_CHECKING:
    from shopnb.pages.base import Page


def own_words(page: Page) -> dict[str, Any]:
    """The shop's own words and aspects, as `text.lexicon` takes them; empty where its settings have none."""
    given = {"words": page.shop.settings.words, "aspects": page.shop.settings.aspects}
    return {name: table for name, table in given.items() if table}


def aspect_names(page: Page) -> dict[str, str]:
    """Aspect key to its name in the page's language; an aspect of the shop's own has the name its settings give it."""
    return {aspect: _aspect_name(page, aspect) for aspect in text.aspect_groups(text.lexicon(own_words(page)))}


def _aspect_name(page: Page, aspect: str) -> str:
    own = page.shop.settings.aspects.get(aspect, {}).get(f"name_{page.lang}", "")
    if own and isinstance(own, str):
        return str(own)
    return page.text(f"aspect.{aspect}") if page.has_text(f"aspect.{aspect}") else aspect
