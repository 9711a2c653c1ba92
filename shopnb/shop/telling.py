"""What became of an imported file, in words: what it was taken for, why rows are not there, what was assumed.

Belongs here: sentences made of an account, for the command line and the start page alike.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from shopnb import labels
from shopnb.intake import IN_ARCHIVE, FileAccount

SHOWN_COLUMNS = 10
COLUMNS = ("file", "state", "kind", "read", "kept", "dropped", "rejected", "days")


def by_particulars(accounts: Sequence[FileAccount], lang: str) -> list[tuple[list[str], tuple[str, ...]]]:
    """The files of which something is to be told, those of which the same is told together."""
    found: dict[tuple[str, ...], list[str]] = {}
    for account in accounts:
        if told := particulars(account, lang):
            found.setdefault(tuple(told), []).append(account.file)
    return [(files, told) for told, files in found.items()]


def file_name(account: FileAccount) -> str:
    """A file as people know it: without folders, of one in an archive the archive's name before it."""
    return " › ".join(Path(part).name for part in account.file.split(IN_ARCHIVE))


def import_row(account: FileAccount, lang: str) -> list[str]:
    """One line of the table of imports, a cell for each of `COLUMNS`."""
    none = labels.text("cli.none", lang)
    return [
        file_name(account),
        labels.text(f"intake.states.{account.state}", lang),
        labels.text(f"intake.tables.{account.table}", lang) if account.table else none,
        str(account.read),
        str(account.kept),
        str(sum(account.dropped.values())),
        str(sum(account.rejected.values())),
        span(*account.days, lang=lang) if account.days else none,
    ]


def particulars(account: FileAccount, lang: str) -> list[str]:
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
        counted = remark["code"] == "columns_known" and not headers  # as versions before told it
        key = "cli.import.columns_counted" if counted else f"intake.remarks.{remark['code']}"
        reasons.append(labels.text(key, lang, **values))
    table = labels.text(f"intake.tables.{account.table}", lang)
    return labels.text("cli.import.recognised", lang, table=table, why=mark.join(reasons))


def span(first: dt.date | str | None, last: dt.date | str | None, *, lang: str) -> str:
    """First to last day, one where they are the same, a dash where there are none."""
    if not isinstance(first, dt.date | str):
        return labels.text("cli.none", lang)
    if first == last:
        return str(first)
    return labels.text("cli.import.day_range", lang, first=str(first), last=str(last))
