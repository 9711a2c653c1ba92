"""`shopnb new-shop`, `import`, `undo` and `status`: the commands on a shop folder.

Belongs here: calling intake and shop, and telling what came of it.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shopnb import labels, parameters, readiness, shop
from shopnb.cli import terminal
from shopnb.errors import InputError
from shopnb.intake import FileAccount, import_files
from shopnb.shop import telling
from shopnb.shop.sample import shop_folder

SHOWN_FILES = 3  # of those of which the same is told


def new_shop(given: argparse.Namespace, lang: str) -> int:
    """Make a shop folder."""
    folder = shop.new_shop(Path(given.dir).expanduser())
    terminal.say(labels.text("cli.new_shop.made", lang, folder=str(folder)))
    terminal.say(labels.text("cli.new_shop.next", lang, folder=str(folder), inbox=str(folder / "inbox")))
    return 0


def import_(given: argparse.Namespace, lang: str) -> int:
    """Import files; 0 when every file is imported or was before, else 2."""
    folder = shop_folder(given.shop)
    progress = terminal.Progress(lang, quiet=given.json)
    if not given.file and not given.rebuild:
        raise InputError("nothing_to_import", inbox=str(Path(folder) / "inbox"))
    files = [Path(written).expanduser() for written in given.file]
    accounts = import_files(files, folder, rebuild=given.rebuild, progress=progress.step)
    progress.clear()
    if given.json:
        terminal.say_json({"files": [account.as_record(lang) for account in accounts]})
    else:
        _tell_import(accounts, folder, lang)
    return 2 if any(account.state == "refused" for account in accounts) else 0


def _tell_import(accounts: Sequence[FileAccount], folder: Path, lang: str) -> None:
    """A table of what became of each file, then the particulars of each, then why files were refused."""
    rows = [telling.import_row(account, lang) for account in accounts]
    terminal.say(terminal.table([labels.text(f"cli.import.{name}", lang) for name in telling.COLUMNS], rows))
    for files, particulars in telling.by_particulars(accounts, lang):
        shown = (
            [labels.text("cli.import.and_more", lang, count=len(files) - SHOWN_FILES)] if files[SHOWN_FILES:] else []
        )
        terminal.say("\n" + "\n".join([*files[:SHOWN_FILES], *shown, *(f"  {line}" for line in particulars)]))
    if any(account.rejected for account in accounts):
        terminal.say("\n" + labels.text("cli.import.rejected_rows", lang, folder=str(folder / "tables" / "rejected")))
    for account in accounts:
        if account.error:
            terminal.complain("\n" + account.error.text(lang))


def undo(given: argparse.Namespace, lang: str) -> int:
    """Take one import back."""
    taken = shop.open_shop(shop_folder(given.shop)).undo(getattr(given, "import"))
    if given.json:
        terminal.say_json({"files": [account.as_record(lang) for account in taken]})
        return 0
    listed = labels.text("cli.list_mark", lang).join(
        f"{account.file} ({labels.text(f'intake.tables.{account.table}', lang)})" for account in taken
    )
    terminal.say(labels.text("cli.undo.done", lang, listed=listed))
    return 0


def status(given: argparse.Namespace, lang: str) -> int:
    """Tables with the days they cover, then every report: can run, or what it lacks and where to download it."""
    opened = shop.open_shop(shop_folder(given.shop))
    tables = opened.status().to_dict("records")
    reports = {slug: readiness.sight(opened, slug) for slug in parameters.notebooks()}
    following = readiness.following(opened)
    if given.json:
        said = {"shop": opened.name, "tables": _json_tables(tables), "reports": _json_reports(reports)}
        terminal.say_json({**said, "next": vars(following)})
        return 0
    terminal.say(labels.text("cli.status.shop", lang, name=opened.name, folder=str(opened.folder)) + "\n")
    rows = [
        [
            labels.text(f"intake.tables.{row['table']}", lang),
            telling.span(row["first_on"], row["last_on"], lang=lang),
            str(row["rows"]),
            str(row["imports"]),
            labels.text("cli.list_mark", lang).join(telling.span(*gap, lang=lang) for gap in row["gaps"]),
        ]
        for row in tables
    ]
    headings = [labels.text(f"cli.status.{name}", lang) for name in ("table", "days", "rows", "exports", "gaps")]
    terminal.say(terminal.table(headings, rows) if rows else labels.text("cli.status.empty", lang))
    terminal.say("")
    rows = [row for slug, sight in reports.items() for row in _report_rows(slug, sight, lang)]
    terminal.say(terminal.table([labels.text("cli.status.report", lang), "", "", ""], rows))
    terminal.say("\n" + readiness.next_step(following, len(reports), lang))
    return 0


def _json_tables(tables: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    told = []
    for row in tables:
        days = {name: _iso(row[name]) for name in ("first_on", "last_on")}
        gaps = [[_iso(first), _iso(last)] for first, last in row["gaps"]]
        told.append({**row, **days, "gaps": gaps})
    return told


def _json_reports(reports: Mapping[str, readiness.Sight]) -> list[dict[str, Any]]:
    return [
        {"report": slug, "can_run": sight.state != "none", "seen": sight.state, "lacks": list(sight.lacks)}
        for slug, sight in reports.items()
    ]


def _report_rows(slug: str, sight: readiness.Sight, lang: str) -> list[list[str]]:
    """How much of a report can be seen; a line for each export that shows the rest."""
    lacking = [readiness.where_to_get(table, lang) for table in sight.lacks] or [""]
    state = labels.text(f"cli.status.sight.{sight.state}", lang)
    first = [slug, readiness.report_name(slug, lang), state, lacking[0]]
    return [first, *(["", "", "", more] for more in lacking[1:])]


def _iso(day: Any) -> str | None:
    """A date as text; None where a table has no days."""
    return day.isoformat() if isinstance(day, dt.date) else None
