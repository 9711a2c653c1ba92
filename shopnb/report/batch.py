"""The pages of a batch: the index that an agency opens in the morning, and the page of a report that failed.

Belongs here: ordering of rows and layout. Rows are those of `batch.json`, each with its record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from shopnb import labels
from shopnb.report.templating import LANGUAGE_TAGS, render

_SHOWN, _FIRST = 50, 10  # findings on the index, and those of them (and of incomplete shops) in sight
_SURE_ENOUGH = 0.7  # confidence below which a finding stands under "to confirm" in its report only
_READABLE = ("done", "unchanged")


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

    Not complete are data that end too early and those of a report that was asked for. A report that nobody asked for
    and whose table the shop never had is a grey cell among all reports, unless the shop has no other.

    Parameters
    ----------
    rows : one per report, as in `batch.json` (`shop`, `report`, `state`, `path`, `error` where it failed, `due` where
        the data should reach further), with `record` ({} unless done). Paths are relative to the index. A row whose
        report is "" is about the shop itself.
    left : reports that did not run because the batch was stopped.
    """
    shown = [_row(row, lang) for row in rows]
    served = {row["shop"] for row in shown if row["state"] != "skipped"}
    incomplete = [row for row in shown if row["due"] or (row["problem"] and _waits(row, served))]
    failed = [row for row in shown if row["state"] == "failed"]
    findings = _findings(rows, lang)
    shops = _shops(shown, findings, {row["shop"] for row in incomplete + failed})
    counted = {
        "shops": len(shops),
        "done": sum(row["state"] in _READABLE for row in shown),
        "failed": len(failed),
        "incomplete": len({row["shop"] for row in incomplete}),
    }
    return render(
        "index.html.jinja", lang, incomplete=_by_shop(incomplete), failed=_by_shop(failed), total=len(findings),
        findings=findings[:_SHOWN], first=_FIRST, link=quote,
        summary=labels.text("report.index.summary", lang, **counted),
        stopped=labels.text("report.index.stopped", lang, left=left) if left else "",
        columns=list(dict.fromkeys((row["report"], row["name"]) for row in shown if row["report"])),
        busy=[shop for shop in shops if shop["loud"]], quiet=[shop for shop in shops if not shop["loud"]],
    )  # fmt: skip


def _waits(row: Mapping[str, Any], served: Collection[str]) -> bool:
    """Whether a report waits for a file: it was asked for, or its shop has nothing but reports without a table."""
    return row["state"] == "not_ready" or (row["state"] == "skipped" and row["shop"] not in served)


def _row(row: Mapping[str, Any], lang: str) -> dict[str, Any]:
    record, error = row.get("record") or {}, row.get("error") or {}
    end = (record.get("period") or {}).get("end")
    return {
        "shop": row["shop"], "report": row["report"], "state": row["state"], "path": row.get("path", ""),
        "name": _name(row["report"], lang), "verdict": record.get("verdict", ""), "end": end or "",
        "day": labels.format_value(dt.date.fromisoformat(end), "day_short", lang) if end else "",
        "due": _late(row, record, lang),
        "problem": error.get("problem", ""), "fix": error.get("fix", ""),
    }  # fmt: skip


def _late(row: Mapping[str, Any], record: Mapping[str, Any], lang: str) -> str:
    """That the data should reach further, in the words of the page, which names the file to export."""
    if not row.get("due"):
        return ""
    said = [note["text"] for note in record.get("health") or [] if note["code"] == "stale_data"]
    return str(said[0]) if said else labels.text("report.index.due", lang, due=row["due"])


def _name(report: str, lang: str) -> str:
    """The name of a report; a notebook of the user's own goes by its file's; "" is a shop."""
    if not report:
        return labels.text("report.index.whole_shop", lang)
    return labels.text(f"{report}.name", lang) if labels.has(f"{report}.name", lang) else report


def _findings(rows: Sequence[Mapping[str, Any]], lang: str) -> list[dict[str, Any]]:
    """Findings of all reports by size of money; one cause is one line, under the report that gives it most."""
    found = []
    for row in rows:
        for finding in (row.get("record") or {}).get("findings", []):
            unsure = (finding.get("confidence") or 1.0) < _SURE_ENOUGH
            if unsure or finding.get("same_cause_as") or finding.get("amount") is None:
                continue
            kept = {key: finding.get(key) or "" for key in ("text", "money", "action", "owner")}
            place = {"shop": row["shop"], "report": row["report"], "path": row.get("path", "")}
            about = {"subject": _subject(finding), "gain": finding["amount"] > 0, "amount": abs(finding["amount"])}
            found.append({**kept, **place, **about, "name": _name(row["report"], lang), "also": []})
    ranked: list[dict[str, Any]] = []
    for finding in sorted(found, key=lambda finding: -finding["amount"]):
        first = next((other for other in ranked if _one_cause(other, finding)), None)
        if first is None:
            ranked.append(finding)
        elif finding["path"] not in [first["path"], *(place for place, _ in first["also"])]:
            first["also"].append((finding["path"], finding["name"]))
    return ranked


def _subject(finding: Mapping[str, Any]) -> str:
    """What a finding is about: the ad scene or source, else the item; "" where it names none."""
    values = finding.get("values") or {}
    return next((str(values[key]) for key in ("scene", "source", "item") if values.get(key)), "")


def _one_cause(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two reports of a shop lose or gain on the same thing: their money is the same money."""
    same = all(one[key] == other[key] for key in ("shop", "subject", "gain"))
    return same and bool(one["subject"]) and one["report"] != other["report"]


def _by_shop(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Per shop what is wrong, each thing once, with the reports that wait for it."""
    shops: dict[str, dict[tuple[str, str], list[Mapping[str, Any]]]] = {}
    for row in rows:
        shops.setdefault(row["shop"], {}).setdefault((row["problem"] or row["due"], row["fix"]), []).append(row)
    return [
        {
            "name": shop,
            "things": [{"problem": key[0], "fix": key[1], "rows": waiting} for key, waiting in things.items()],
        }
        for shop, things in shops.items()
    ]


def _shops(
    shown: Sequence[Mapping[str, Any]], findings: Sequence[Mapping[str, Any]], needy: Collection[str]
) -> list[dict[str, Any]]:
    """A line a shop: its reports by name, whether a person is needed; those that need one first, then by money."""
    lines: dict[str, dict[str, Any]] = {}
    for row in shown:
        line = lines.setdefault(row["shop"], {"name": row["shop"], "reports": {}, "verdict": ""})
        line["reports"][row["report"]] = row
        line["verdict"] = line["verdict"] or row["verdict"]
    money = {name: sum(one["amount"] for one in findings if one["shop"] == name) for name in lines}
    ranked = sorted(lines.values(), key=lambda line: (line["name"] not in needy, -money[line["name"]], line["name"]))
    return [line | {"loud": line["name"] in needy or money[line["name"]] > 0} for line in ranked]
