"""The page's parts as HTML: first screen, sections, state of the data, methods, footer.

Belongs here: layout of `view` objects through Jinja (everything escaped here and nowhere before) and the one style
sheet of page, notebook and index. Texts come finished from `pages`; only fixed words come from `labels` (screen.toml).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from shopnb import labels, tables
from shopnb.labels.letters import columns_of
from shopnb.memory import remembered
from shopnb.screen.spark import sparkline
from shopnb.screen.style import cell_style, stylesheet
from shopnb.view import ChartPart, Note, Page, Screen, Section, TablePart, TextPart

__all__ = [
    "finished",
    "footer_html",
    "methods_html",
    "notebook_blocks",
    "notes_html",
    "page_payload",
    "read_ahead",
    "screen_html",
    "section_blocks",
    "stylesheet",
]


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("shopnb.screen"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=finished,
    )  # fmt: skip
    environment.globals["sparkline"] = sparkline
    environment.filters["columns"] = columns_of
    return environment


def read_ahead() -> None:
    """Compile the templates, which are else compiled when they are first used."""
    for name in _templates().list_templates():
        _templates().get_template(name)


def finished(value: Any) -> Any:
    """What a place in a template shows: text without control characters, finished HTML as it is."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else labels.visible(value)


def _render(template: str, lang: str, **values: Any) -> str:
    def word(key: str, /, **filled: Any) -> str:
        return labels.text(f"screen.{key}", lang, **filled)

    return _templates().get_template(template).render(word=word, lang=lang, **values).strip()


def screen_html(screen: Screen, lang: str) -> str:
    """The first screen: title line, verdict, progress, cards, findings, what is due, the line about the data."""
    return _render("screen.html.jinja", lang, screen=screen)


@remembered
def section_blocks(section: Section, lang: str, *, rows_as: tables.RowsAs = "csv") -> list[str | ChartPart]:
    """One section in the order shown: the question, then charts as they are and everything else as HTML.

    How to read stands behind the charts and before the first table or paragraph that follows them. `rows_as` is that of
    `tables.table_html`.
    """
    blocks: list[str | ChartPart] = [_render("section.html.jinja", lang, section=section)]
    hint = _render("how_to_read.html.jinja", lang, text=section.how_to_read) if section.how_to_read else ""
    seen_chart = False
    for part in section.parts:
        if isinstance(part, ChartPart):
            seen_chart = True
            blocks.append(part)
            continue
        if hint and (seen_chart or isinstance(part, TablePart)):
            blocks.append(hint)
            hint = ""
        blocks.append(_part_html(part, lang, rows_as))
    return [*blocks, hint] if hint else blocks


def _part_html(part: TablePart | TextPart, lang: str, rows_as: tables.RowsAs) -> str:
    if isinstance(part, TablePart):
        html = tables.table_html(part, lang, rows_as=rows_as)
        return _render("fold.html.jinja", lang, caption=part.caption, html=Markup(html)) if part.folded else html
    return _render("text.html.jinja", lang, part=part)


def notes_html(notes: Sequence[Note], *, heading: str) -> str:
    """Lines about the data under a heading; one that needs a look is marked."""
    return _templates().get_template("notes.html.jinja").render(notes=notes, heading=heading).strip()


def methods_html(methods: Sequence[tuple[str, str]], lang: str) -> str:
    """Definitions, formulas and their sources, as (term, text), folded."""
    return _render("methods.html.jinja", lang, methods=methods)


def footer_html(footer: Sequence[str], lang: str) -> str:
    """Period, parameters and data digest."""
    return _render("footer.html.jinja", lang, footer=footer)


def _sections_json(page: Page) -> list[dict[str, Any]]:
    with labels.money_in(page.currency):
        return [
            {
                "key": section.key,
                "question": section.question,
                "blocks": [_block_json(block) for block in section_blocks(section, page.lang, rows_as="named")[1:]],
            }
            for section in page.sections
        ]


def page_payload(page: Page) -> dict[str, Any]:
    """The `page` of the record that a notebook emits and the exporter lays out."""
    lang = page.lang
    return {
        "slug": page.slug,
        "lang": lang,
        "title": page.screen.title,
        "description": page.screen.verdict,
        "screen": screen_html(page.screen, lang),
        "sections": _sections_json(page),
        "tables": [
            {**tables.table_content(part), "section": section.key, "long": tables.is_long(part)}
            for section in page.sections
            for part in section.parts
            if isinstance(part, TablePart)
        ],
        "glance": asdict(page.screen),
        "health": notes_html(page.health, heading=labels.text("screen.health", lang)),
        "methods": methods_html(page.methods, lang),
        "footer": footer_html(page.footer, lang),
        "sample": page.screen.sample,
    }


def _block_json(block: str | ChartPart) -> dict[str, str]:
    return {"kind": "html", "html": block} if isinstance(block, str) else {"kind": "chart", "id": block.id}


def notebook_blocks(blocks: Sequence[str | ChartPart], lang: str, *, is_styled: bool = True) -> list[str | ChartPart]:
    """Blocks for an output cell, following JupyterLab's light or dark theme; neighbouring HTML becomes one block.

    The first block, always HTML, carries the style of all cells where it `is_styled`.
    """
    joined: list[str | ChartPart] = []
    for block in blocks:
        if isinstance(block, str) and joined and isinstance(joined[-1], str):
            joined[-1] += block
        else:
            joined.append(block)
    wrapped = [
        f'<div class="nb nb-cell" lang="{lang}">{block}</div>' if isinstance(block, str) else block for block in joined
    ]
    return [f"<style>{cell_style()}</style>{wrapped[0]}", *wrapped[1:]] if is_styled else wrapped
