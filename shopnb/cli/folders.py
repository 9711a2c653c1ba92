"""`shopnb new-shop`, `import`, `undo` and `status`: the commands on a shop folder.

Belongs here: calling intake and shop, and telling what came of it.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shopnb import labels, parameters, shop
from shopnb.cli import terminal
from shopnb.cli.reports import lacking, tables_of
from shopnb.cli.sample import shop_folder
from shopnb.errors import InputError, ShopnbError
from shopnb.intake import IN_ARCHIVE, FileAccount, import_files

SHOWN_FILES, SHOWN_COLUMNS = 3, 10  # of those of which the same is told


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
    columns = ("file", "state", "kind", "read", "kept", "dropped", "rejected", "days")
    rows = [_import_row(account, lang) for account in accounts]
    terminal.say(terminal.table([labels.text(f"cli.import.{name}", lang) for name in columns], rows))
    for files, particulars in _by_particulars(accounts, lang):
        shown = (
            [labels.text("cli.import.and_more", lang, count=len(files) - SHOWN_FILES)] if files[SHOWN_FILES:] else []
        )
        terminal.say("\n" + "\n".join([*files[:SHOWN_FILES], *shown, *(f"  {line}" for line in particulars)]))
    if any(account.rejected for account in accounts):
        terminal.say("\n" + labels.text("cli.import.rejected_rows", lang, folder=str(folder / "tables" / "rejected")))
    for account in accounts:
        if account.error:
            terminal.complain("\n" + account.error.text(lang))


def _by_particulars(accounts: Sequence[FileAccount], lang: str) -> list[tuple[list[str], tuple[str, ...]]]:
    """The files of which something is to be told, those of which the same is told together."""
    found: dict[tuple[str, ...], list[str]] = {}
    for account in accounts:
        if particulars := _particulars(account, lang):
            found.setdefault(tuple(particulars), []).append(account.file)
    return [(files, particulars) for particulars, files in found.items()]


def _import_row(account: FileAccount, lang: str) -> list[str]:
    none = labels.text("cli.none", lang)
    return [
        " › ".join(Path(part).name for part in account.file.split(IN_ARCHIVE)),
        labels.text(f"intake.states.{account.state}", lang),
        labels.text(f"intake.tables.{account.table}", lang) if account.table else none,
        str(account.read),
        str(account.kept),
        str(sum(account.dropped.values())),
        str(sum(account.rejected.values())),
        _span(*account.days, lang=lang) if account.days else none,
    ]


def _particulars(account: FileAccount, lang: str) -> list[str]:
    """Why rows are not there, what was assumed, which columns were not stored; [] where all was plain."""
    told = []
    for side in ("dropped", "rejected"):
        ordered = sorted(getattr(account, side).items(), key=lambda one: (-one[1], one[0]))
        reasons = [(labels.text(f"intake.{side}.{reason}", lang), rows) for reason, rows in ordered]
        told += [labels.text(f"cli.import.reason_{side}", lang, rows=rows, reason=reason) for reason, rows in reasons]
    for remark in account.unsure:
        values = {name: value for name, value in remark.items() if name != "code"}
        said = labels.text(f"intake.remarks.{remark['code']}", lang, **values)
        told.append(labels.text("cli.import.unsure", lang, remark=said))
    for key in ("unknown_columns", "personal_columns"):
        if getattr(account, key):
            told.append(labels.text(f"cli.import.{key}", lang, columns=_shortened(getattr(account, key), lang)))
    return [_recognised(account, lang), *told] if told and account.table else told


def _shortened(columns: Sequence[str], lang: str) -> str:
    """The first columns and how many more there are; `--json` has them all."""
    listed = labels.text("cli.list_mark", lang).join(columns[:SHOWN_COLUMNS])
    more = len(columns) - SHOWN_COLUMNS
    return listed if more <= 0 else labels.text("cli.import.more_columns", lang, listed=listed, count=more)


def _recognised(account: FileAccount, lang: str) -> str:
    """What a file was taken for, and which headers spoke for it."""
    mark = labels.text("cli.list_mark", lang)
    reasons = []
    for remark in account.why:
        if remark["code"].startswith("period_from"):
            continue  # the days stand in the table
        values = {name: value for name, value in remark.items() if name != "code"}
        if headers := values.get("headers"):
            values["headers"] = mark.join(headers) + (" …" if values["known"] > len(headers) else "")
        reasons.append(labels.text(f"intake.remarks.{remark['code']}", lang, **values))
    table = labels.text(f"intake.tables.{account.table}", lang)
    return labels.text("cli.import.recognised", lang, table=table, why=mark.join(reasons))


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
    reports = {slug: lacking(opened, slug) for slug in parameters.notebooks()}
    following = shop.next_download(opened.has, {slug: found for slug in reports if (found := tables_of(slug))})
    if given.json:
        said = {"shop": opened.name, "tables": _json_tables(tables), "reports": _json_reports(reports)}
        terminal.say_json({**said, "next": vars(following)})
        return 0
    terminal.say(labels.text("cli.status.shop", lang, name=opened.name, folder=str(opened.folder)) + "\n")
    rows = [
        [
            labels.text(f"intake.tables.{row['table']}", lang),
            _span(row["first_on"], row["last_on"], lang=lang),
            str(row["rows"]),
            str(row["imports"]),
            labels.text("cli.list_mark", lang).join(_span(*gap, lang=lang) for gap in row["gaps"]),
        ]
        for row in tables
    ]
    headings = [labels.text(f"cli.status.{name}", lang) for name in ("table", "days", "rows", "exports", "gaps")]
    terminal.say(terminal.table(headings, rows) if rows else labels.text("cli.status.empty", lang))
    terminal.say("")
    rows = [[slug, _report_name(slug, lang), *_verdict(error, lang)] for slug, error in reports.items()]
    terminal.say(terminal.table([labels.text("cli.status.report", lang), "", "", ""], rows))
    terminal.say("\n" + _next_step(following, len(reports), lang))
    return 0


def _report_name(slug: str, lang: str) -> str:
    """A report as its page calls itself; a notebook of the shop's own by its file."""
    return labels.text(f"{slug}.name", lang) if labels.has(f"{slug}.name", lang) else slug


def _next_step(following: shop.NextDownload, of: int, lang: str) -> str:
    """How many pages can be seen, and the one file that shows more."""
    pages, half = divmod(2 * following.pages + following.halves, 2)
    said = labels.text(f"cli.status.seen_{'with_half' if half else 'whole'}", lang, pages=pages, of=of)
    if not following.table:
        return said
    mark = labels.text("cli.list_mark", lang)
    names = mark.join(_report_name(slug, lang) for slug in following.opens or following.fills)
    key = f"cli.status.next_{'opens' if following.opens else 'fills'}"
    return said + labels.text(key, lang, reports=names, get=labels.text(f"intake.get.{following.table}", lang))


def _json_tables(tables: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    told = []
    for row in tables:
        days = {name: _iso(row[name]) for name in ("first_on", "last_on")}
        gaps = [[_iso(first), _iso(last)] for first, last in row["gaps"]]
        told.append({**row, **days, "gaps": gaps})
    return told


def _json_reports(reports: Mapping[str, ShopnbError | None]) -> list[dict[str, Any]]:
    return [
        {"report": slug, "can_run": error is None, "lacks": error.values["table"] if error else None}
        for slug, error in reports.items()
    ]


def _verdict(error: ShopnbError | None, lang: str) -> tuple[str, str]:
    """Whether a report can run, and what to do where it cannot."""
    if error is None:
        return labels.text("cli.status.can_run", lang), ""
    table = labels.text(f"intake.tables.{error.values['table']}", lang)
    return labels.text("cli.status.lacks", lang, table=table), error.parts(lang)["fix"]


def _iso(day: Any) -> str | None:
    """A date as text; None where a table has no days."""
    return day.isoformat() if isinstance(day, dt.date) else None


def _span(first: dt.date | str | None, last: dt.date | str | None, *, lang: str) -> str:
    if not isinstance(first, dt.date | str):
        return labels.text("cli.none", lang)
    if first == last:
        return str(first)
    return labels.text("cli.import.day_range", lang, first=str(first), last=str(last))
