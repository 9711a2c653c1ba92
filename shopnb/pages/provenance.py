"""Where a page's numbers come from, as it says itself: rows read, data that end early, parameters, versions."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
import json
import platform
from functools import cache
from typing import TYPE_CHECKING, Any

from shopnb import labels
from shopnb.view import Note

if TYPE_CHECKING:
    from shopnb.pages.base import Page


def inputs(page: Page) -> list[dict[str, Any]]:
    """The accounts of the imports behind this page, one an export and table."""
    shown = ("file", "table", "sha256", "read", "kept", "dropped", "rejected")
    accounts = [one for one in page.shop.accounts() if one.table in page.tables_read()]
    accounts.sort(key=lambda one: (one.table, one.file, one.sheet))
    return [{name: getattr(one, name) for name in shown} for one in accounts]


def stale_note(page: Page) -> list[Note]:
    """That the data end too early, and which file to export; the index of a batch tells it by shop."""
    told = stale(page).strip()
    if not told:
        return []
    table = (*page.needs, *page.needs_any)[0]
    named = {"file": f"intake.tables.{table}", "get": f"intake.get.{table}"}
    export = {name: labels.text(key, page.lang) for name, key in named.items()}
    return [Note("stale_data", labels.text("common.stale_file", page.lang, stale=told, **export))]


def stale(page: Page) -> str:
    """The sentence that the data end before `due_date`, the day that a scheduled run expects; "" otherwise."""
    due = page.day("due_date") if page.given.get("due_date") else None
    end = page.last_day(page.shop)
    if due is None or not end or end >= due.isoformat():
        return ""
    return labels.text("common.stale", page.lang, due=due, end=dt.date.fromisoformat(end))


def row_notes(page: Page) -> list[Note]:
    """One line a table: files, rows read = kept + dropped + rejected, with reasons."""
    by_table: dict[str, list[dict[str, Any]]] = {}
    for account in inputs(page):
        by_table.setdefault(account["table"], []).append(account)
    notes = []
    for table, accounts in by_table.items():
        reasons: dict[str, int] = {}
        for account in accounts:
            for side in ("dropped", "rejected"):
                for reason, rows in account[side].items():
                    key = f"intake.{side}.{reason}"
                    reasons[key] = reasons.get(key, 0) + rows
        listed = labels.text("common.list_mark", page.lang).join(
            labels.text("common.reason", page.lang, reason=labels.text(reason, page.lang), rows=rows)
            for reason, rows in sorted(reasons.items())
        )
        key = "common.rows_with_reasons" if listed else "common.rows"
        notes.append(
            Note(
                "rows",
                labels.text(
                    key,
                    page.lang,
                    table=labels.text(f"tables.{table}", page.lang),
                    files=len(accounts),
                    read=sum(one["read"] for one in accounts),
                    kept=sum(one["kept"] for one in accounts),
                    reasons=listed,
                ),
            )
        )
    return notes


def footer(page: Page) -> tuple[str, ...]:
    """Period, parameters, digest of the data, versions: a line each."""
    digest = hashlib.sha256("".join(one["sha256"] for one in inputs(page)).encode()).hexdigest()[:12]
    given = {name: value for name, value in page.given.items() if name != "shop"}
    written = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in given.items())
    listed = ", ".join(f"{name} {version}" for name, version in versions().items())
    period, compare = page.period()
    named = ((period, "common.footer_period"), (compare, "common.footer_compare"))
    days = [labels.text(key, page.lang, start=one.start, end=one.end) for one, key in named if one]
    return (
        *([labels.text("common.list_mark", page.lang).join(days)] if days else []),
        labels.text("common.footer_parameters", page.lang, parameters=written),
        labels.text("common.footer_data", page.lang, digest=digest, files=len(inputs(page))),
        labels.text("common.footer_versions", page.lang, versions=listed),
    )


@cache
def versions() -> dict[str, str]:
    """Versions that can change a number on the page."""
    named = ("shopnb", "pandas", "ibis-framework", "duckdb", "scipy", "altair")
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in named}}
