"""The pages of a batch: the index that an agency opens in the morning, and the page of a report that failed.

Belongs here: ordering of rows and layout. Rows are those of `batch.json`, each with its record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from shopnb import labels
from shopnb.report.templating import LANGUAGE_TAGS, render

_SHOWN = 50  # findings on the index


def failure_page(
    *, shop: str, report: str, day: str, lang: str, code: str, parts: Mapping[str, Mapping[str, str]], cell: str = ""
) -> str:
    """The page that stands where a report would: not ready, and why; in `lang` first, then in the other languages.

    Parameters
    ----------
    code : stable name of the error.
    parts : language -> its `problem`, `where` and `fix`; the last two may be empty.
    cell : tag of the notebook cell that failed.
    """
    order = [lang, *(other for other in parts if other != lang)]
    told = [(one, LANGUAGE_TAGS[one], {"problem": "", "where": "", "fix": "", **parts[one]}) for one in order]
    return render(
        "failure.html.jinja", lang, shop=shop, report=report, day=day, code=code, told=told, cell=cell, say=_say
    )


def _say(key: str, lang: str, /, **values: Any) -> str:
    return labels.text(f"report.{key}", lang, **values)


def index_page(rows: Sequence[Mapping[str, Any]], lang: str, *, left: int = 0) -> str:
    """The index of a batch: shops whose data are not complete, failures, findings of all shops by money, all reports.

    Parameters
    ----------
    rows : one per report, as in `batch.json` (`shop`, `report`, `state`, `path`, `error` where it failed), with
        `record` ({} unless done). Paths are relative to the index.
    left : reports that did not run because the batch was stopped.
    """
    shown = [_row(row, lang) for row in rows]
    incomplete = [row for row in shown if row["state"] in ("not_ready", "skipped") and row["problem"]]
    failed = [row for row in shown if row["state"] == "failed"]
    findings = _findings(rows)
    shops = _shops(shown)
    loud = {row["shop"] for row in [*incomplete, *failed, *findings]}
    done = sum(row["state"] in ("done", "unchanged") for row in shown)
    counted = {"shops": len(shops), "done": done, "failed": len(failed), "incomplete": len(incomplete)}
    return render(
        "index.html.jinja", lang, incomplete=incomplete, failed=failed, findings=findings[:_SHOWN],
        summary=labels.text("report.index.summary", lang, **counted), link=quote,
        stopped=labels.text("report.index.stopped", lang, left=left) if left else "",
        busy=[shop for shop in shops if shop["name"] in loud],
        quiet=[shop for shop in shops if shop["name"] not in loud],
    )  # fmt: skip


def _row(row: Mapping[str, Any], lang: str) -> dict[str, Any]:
    record, error = row.get("record") or {}, row.get("error") or {}
    return {
        "shop": row["shop"], "state": row["state"], "path": row.get("path", ""),
        "title": record.get("title") or _name(row["report"], lang), "verdict": record.get("verdict", ""),
        "end": (record.get("period") or {}).get("end") or "",
        "due": labels.text("report.index.due", lang, due=row["due"]) if row.get("due") else "",
        "problem": error.get("problem", ""), "fix": error.get("fix", ""),
    }  # fmt: skip


def _name(report: str, lang: str) -> str:
    """A report that did not run, by the question it answers; a notebook of the user's own by its name; "" is a shop."""
    if not report:
        return labels.text("report.index.whole_shop", lang)
    question = f"runner.questions.{report}"
    return labels.text(question, lang) if labels.has(question, lang) else report


def _findings(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Findings of all reports by size of money, without those whose money another already holds."""
    found = []
    for row in rows:
        record = row.get("record") or {}
        for finding in record.get("findings", []):
            if finding.get("same_cause_as") or finding.get("amount") is None:
                continue
            kept = {key: finding.get(key) or "" for key in ("text", "money", "action", "owner")}
            place = {"shop": row["shop"], "path": row.get("path", ""), "title": record.get("title") or row["report"]}
            found.append({**kept, **place, "amount": abs(finding["amount"])})
    return sorted(found, key=lambda finding: -finding["amount"])


def _shops(shown: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    by_shop: dict[str, list[Mapping[str, Any]]] = {}
    for row in shown:
        by_shop.setdefault(row["shop"], []).append(row)
    return [{"name": name, "rows": reports} for name, reports in by_shop.items()]
