"""What the command line knows of reports: the tables they need, the days they follow; and `shopnb list`.

Belongs here: questions that the planner and `status` ask of a page, answered without computing anything.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from shopnb import labels, parameters, readiness
from shopnb.cli import terminal


def list_(given: argparse.Namespace, lang: str) -> int:
    """Print all reports: question, needed tables, parameters."""
    notebooks = parameters.notebooks()
    declared = {slug: parameters.read_parameters(notebook) for slug, notebook in notebooks.items()}
    questions = {slug: labels.text(f"runner.questions.{slug}", lang) for slug in notebooks}
    if given.json:
        reports = [
            {
                "report": slug,
                "question": questions[slug],
                "needs": list(readiness.needs(slug)),
                "notebook": str(notebook),
                "parameters": [vars(parameter) for parameter in declared[slug]],
            }
            for slug, notebook in notebooks.items()
        ]
        terminal.say_json({"reports": reports})
        return 0
    headings = [labels.text(f"cli.list.{key}", lang) for key in ("report", "question", "needs")]
    terminal.say(terminal.table(headings, [[slug, questions[slug], _needed(slug, lang)] for slug in notebooks]))
    names = set.intersection(*({one.name for one in known} for known in declared.values()))
    shared = [one for one in next(iter(declared.values())) if one.name in names]
    terminal.say("\n" + labels.text("cli.list.shared", lang) + "\n" + _parameters(shared, lang))
    for slug, known in declared.items():
        own = [one for one in known if one.name not in names]
        if own:
            terminal.say("\n" + labels.text("cli.list.parameters", lang, report=slug) + "\n" + _parameters(own, lang))
    return 0


def _needed(slug: str, lang: str) -> str:
    """Tables that a report needs, in words; of those that stand for each other one is enough."""
    page = readiness.page_of(slug)
    tables = page.needs if page else ()
    named = [labels.text(f"intake.tables.{name}", lang) for name in tables]
    if page and page.needs_any:
        named.append(" / ".join(labels.text(f"intake.tables.{name}", lang) for name in page.needs_any))
    return labels.text("cli.list_mark", lang).join(named)


def _parameters(known: Sequence[parameters.Parameter], lang: str) -> str:
    """Parameters lined up: name, type, default, what it is."""
    rows = []
    for one in known:
        key = f"parameters.help.{one.name}"
        own_words = one.help if lang == "en" or not labels.has(key, lang) else labels.text(key, lang)
        rows.append([f"  {one.name}", one.type, json.dumps(one.default, ensure_ascii=False), own_words])
    return terminal.table([labels.text(f"cli.list.{key}", lang) for key in ("name", "type", "default", "help")], rows)
