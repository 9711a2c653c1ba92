"""`index.html` and `batch.json`: what this batch did, and what stands in the folder from others.

Belongs here: gathering rows and writing them so that two batches at once lose nothing of each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from shopnb.runner.claims import HOME, waited_for
from shopnb.runner.files import write_text
from shopnb.runner.jobs import Result


def write_index(out: Path, results: Sequence[Result], *, lang: str, run: str, seconds: float, left: int) -> None:
    """Write both files: the rows of this batch first, then those of earlier ones whose pages still stand.

    Parameters
    ----------
    seconds : wall time of the batch.
    left : jobs that did not run because the batch was stopped.
    """
    from shopnb.report.batch import index_page

    with waited_for(out / HOME / "index.lock"):
        rows = [{**result.as_row(lang), "run": run} for result in results]
        records = [result.record for result in results]
        earlier = list(_earlier(out, {(row["shop"], row["report"]) for row in rows}))
        rows += earlier
        records += [_record(out, row) for row in earlier]
        told = {"id": run, "seconds": seconds, **({"left": left} if left else {})}
        batch = {"run": told, "reports": rows}
        write_text(out / "batch.json", json.dumps(batch, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
        shown = [{**row, "record": record} for row, record in zip(rows, records, strict=True)]
        write_text(out / "index.html", index_page(shown, lang, left=left))


def _earlier(out: Path, now: set[tuple[str, str]]) -> Iterable[dict[str, Any]]:
    """Rows of the last `batch.json` that this batch says nothing about and whose page is still there."""
    try:
        rows = json.loads((out / "batch.json").read_text("utf-8"))["reports"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    for row in rows:
        is_ours = (row["shop"], row["report"]) in now
        if not is_ours and row["path"] and (out / row["path"]).is_file():
            yield row


def _record(out: Path, row: dict[str, Any]) -> dict[str, Any]:
    """The record beside a page; {} beside one that says why there is none."""
    if row["state"] not in ("done", "unchanged"):
        return {}
    try:
        record: dict[str, Any] = json.loads((out / row["path"]).with_suffix(".json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return record
