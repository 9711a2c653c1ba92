"""`shopnb new-shop`, `import`, `undo` and `status`: the commands on a shop folder.

Belongs here: calling intake and shop, and telling what came of it.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shopnb import labels, parameters, shop
from shopnb.cli import terminal
from shopnb.cli.running import lacking
from shopnb.cli.sample import shop_folder
from shopnb.intake import FileAccount, import_files


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
    files = [Path(written).expanduser() for written in given.file]
    accounts = import_files(files, folder, rebuild=given.rebuild, progress=progress.step)
    progress.clear()
    if given.json:
        terminal.say_json({"files": [account.as_record(lang) for account in accounts]})
    else:
        _tell_import(accounts, folder, lang)
    return 2 if any(account.state == "refused" for account in accounts) else 0


def _tell_import(accounts: Sequence[FileAccount], folder: Path, lang: str) -> None:
    """A table of what became of each file, then what to check, then why files were refused."""
    columns = ("file", "state", "kind", "read", "kept", "dropped", "rejected", "days")
    rows = [_import_row(account, lang) for account in accounts]
    terminal.say(terminal.table([labels.text(f"cli.import.{name}", lang) for name in columns], rows))
    mark = labels.text("cli.list_mark", lang)
    for account in accounts:
        if account.unsure:
            terminal.say(labels.text("cli.import.unsure", lang, file=account.file))
            for remark in account.unsure:
                terminal.say("  " + _remark(remark, lang))
        for key, listed in (("unknown", account.unknown_columns), ("personal", account.personal_columns)):
            if listed:
                terminal.say(labels.text(f"cli.import.{key}", lang, file=account.file, columns=mark.join(listed)))
    if any(account.rejected for account in accounts):
        terminal.say(labels.text("cli.import.rejected_rows", lang, folder=str(folder / "tables" / "rejected")))
    for account in accounts:
        if account.error:
            terminal.complain(account.error.text(lang))


def _import_row(account: FileAccount, lang: str) -> list[str]:
    none = labels.text("cli.none", lang)
    days = none
    if account.days:
        days = labels.text("cli.import.day_range", lang, first=account.days[0], last=account.days[1])
    return [
        Path(account.file).name,
        labels.text(f"cli.import.{account.state}", lang),
        labels.text(f"intake.tables.{account.table}", lang) if account.table else none,
        str(account.read),
        str(account.kept),
        _reasons(account.dropped, lang),
        _reasons(account.rejected, lang),
        days,
    ]


def _reasons(counted: Mapping[str, int], lang: str) -> str:
    """Reasons with their numbers of rows, the most frequent first."""
    ordered = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    told = [
        labels.text("cli.import.reason", lang, reason=labels.text(f"intake.reasons.{reason}", lang), rows=rows)
        for reason, rows in ordered
    ]
    return labels.text("cli.list_mark", lang).join(told) or "0"


def _remark(remark: Mapping[str, Any], lang: str) -> str:
    values = {name: value for name, value in remark.items() if name != "code"}
    return labels.text(f"intake.remarks.{remark['code']}", lang, **values)


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
    tables = opened.status()
    reports = {slug: lacking(opened, slug) for slug in parameters.notebooks()}
    if given.json:
        terminal.say_json(
            {
                "shop": opened.name,
                "tables": [
                    {**row, "first_on": _iso(row["first_on"]), "last_on": _iso(row["last_on"])}
                    for row in tables.to_dict("records")
                ],
                "reports": [
                    {"report": slug, "can_run": error is None, "lacks": error.values["table"] if error else None}
                    for slug, error in reports.items()
                ],
            }
        )
        return 0
    terminal.say(labels.text("cli.status.shop", lang, name=opened.name, folder=str(opened.folder)) + "\n")
    rows = [
        [labels.text(f"intake.tables.{row.table}", lang), _span(row.first_on, row.last_on, lang), str(row.imports)]
        for row in tables.itertuples()
    ]
    headings = [labels.text(f"cli.status.{name}", lang) for name in ("table", "days", "exports")]
    terminal.say(terminal.table(headings, rows) if rows else labels.text("cli.status.empty", lang))
    terminal.say("")
    told = [[slug, error.parts(lang)["fix"] if error else ""] for slug, error in reports.items()]
    verdicts = [_verdict(error, lang) for error in reports.values()]
    headings = [labels.text("cli.status.report", lang), "", ""]
    terminal.say(
        terminal.table(headings, [[slug, verdict, fix] for (slug, fix), verdict in zip(told, verdicts, strict=True)])
    )
    return 0


def _verdict(error: Any, lang: str) -> str:
    if error is None:
        return labels.text("cli.status.can_run", lang)
    return labels.text("cli.status.lacks", lang, table=labels.text(f"intake.tables.{error.values['table']}", lang))


def _iso(day: Any) -> str | None:
    return day.isoformat() if hasattr(day, "isoformat") and day == day else None


def _span(first: Any, last: Any, lang: str) -> str:
    if _iso(first) is None:
        return labels.text("cli.none", lang)
    return labels.text("cli.import.day_range", lang, first=_iso(first), last=_iso(last))
