"""Sources of a shop by name on every page: its own list over the package's, and what is said about a rename."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shopnb import labels, sources, view
from shopnb.metrics.periods import Period

if TYPE_CHECKING:
    from shopnb.pages.base import Page


def source_names(page: Page) -> sources.SourceNames:
    """The package's dated list with the shop's own entries over it."""
    words = {group_word(group, lang): group for lang in labels.LANGUAGES for group in sources.GROUPS}
    return sources.source_names(page.frame("source_groups"), words)


def group_word(group: str, lang: str) -> str:
    """A group as shown: its label, or the word that somebody typed."""
    key = f"traffic_sources.group.{group}"
    return labels.text(key, lang) if labels.has(key, lang) else group


def rename_notes(renamed: Sequence[sources.Rename], lang: str, shown: Period | None) -> list[view.Note]:
    """One note a renamed source: where the change falls into the days shown, it says so."""
    notes = []
    for one in renamed:
        inside = shown is not None and one.falls_into(shown.start, shown.end)
        key = "renamed_inside" if inside else "renamed_on" if one.on else "renamed"
        text = labels.text(f"gates.{key}", lang, name=one.name, old=one.old, day=one.on)
        notes.append(view.Note("renamed", text, "attention" if inside else ""))
    return notes
