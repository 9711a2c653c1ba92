"""From an executed notebook to files under their final names: the page, its record, the notebook; or why there is none.

Belongs here: export, check, rename. A file is written under another name first and renamed into place.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from shopnb.errors import RunError
from shopnb.runner.jobs import UNDATED, Failure, Job, Result

_KINDS = (".json", ".ipynb", ".html")  # the page last: who sees it finds the others beside it


def publish_report(job: Job, notebook: Any, folder: Path, began: float) -> Result:
    """Make the page, check it, and put page, record and notebook into place.

    Parameters
    ----------
    folder : empty folder on the disk of `job.out`, for files under way.
    began : `time.monotonic()` at the start of this report.

    Raises
    ------
    RunError
        `no_record` when the notebook emitted none, `page_faulty` with the faults that the checks found.
    """
    from shopnb.report.check import check_page
    from shopnb.report.notebook import read_parts
    from shopnb.report.page import page_html

    parts = read_parts(notebook)
    if parts is None:
        raise RunError("no_record", report=job.report)
    page = page_html(parts, live=not job.static)
    faults = check_page(page, parts)
    if faults:
        raise RunError("page_faulty", report=job.report, faults="; ".join(faults))
    seconds = time.monotonic() - began
    record = {**parts.record, "run": {"id": job.run, "seconds": round(seconds, 2)}}
    end = record["period"]["end"] or UNDATED
    texts = {
        ".json": json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n",
        ".ipynb": _notebook_text(notebook),
        ".html": page,
    }
    stem = f"{job.report}_{end}"
    for kind in _KINDS:
        (folder / f"page{kind}").write_text(texts[kind], encoding="utf-8", newline="\n")
    for kind in _KINDS:
        (folder / f"page{kind}").replace(_place(job, f"{stem}{kind}"))
    for day in {end, job.expected_end}:
        _remove(job, f"{job.report}_{day}.failed", (".html", ".ipynb"))
    return Result(job.shop_label, job.report, "done", f"{job.shop_label}/{stem}.html", end, seconds, record=record)


def publish_failure(job: Job, notebook: Any, failure: Failure) -> str:
    """Put a page that says why the report is not ready, and the notebook as far as it came; give the page's path.

    The report of that day is removed, and the undated one: its name does not tell it from today's.
    """
    from shopnb.report.batch import failure_page

    for day in {job.expected_end, UNDATED}:
        _remove(job, f"{job.report}_{day}", _KINDS)
    name = f"{job.report}_{job.expected_end}.failed"
    write_text(_place(job, f"{name}.ipynb"), _notebook_text(notebook))
    page = failure_page(
        shop=job.shop_label, report=job.report, day=job.expected_end, lang=job.lang, code=failure.code,
        parts=failure.parts[job.lang], cell=failure.cell,
    )  # fmt: skip
    write_text(_place(job, f"{name}.html"), page)
    return f"{job.shop_label}/{name}.html"


def write_text(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the whole new one."""
    under_way = path.with_name(f".{path.name}.{os.getpid()}")
    under_way.write_text(text, encoding="utf-8", newline="\n")
    under_way.replace(path)


def _place(job: Job, name: str) -> Path:
    return Path(job.out) / job.shop_label / name


def _remove(job: Job, stem: str, kinds: tuple[str, ...]) -> None:
    for kind in kinds:
        _place(job, stem + kind).unlink(missing_ok=True)


def _notebook_text(notebook: Any) -> str:
    import nbformat

    return str(nbformat.writes(notebook)) + "\n"
