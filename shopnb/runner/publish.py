"""From an executed notebook to files under their final names: the page, its record, the notebook; or why there is none.

Belongs here: export, check, rename. A file is written under another name first and renamed into place.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shopnb.errors import RunError
from shopnb.runner.files import CHARACTERLESS, write_text
from shopnb.runner.jobs import UNDATED, Failure, Job, Result

if TYPE_CHECKING:
    from shopnb.report.notebook import Parts


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
    from shopnb.report.beside import beside_files
    from shopnb.report.check import check_page
    from shopnb.report.notebook import read_parts
    from shopnb.report.page import page_html

    parts = read_parts(notebook)
    if parts is None:
        raise RunError("no_record", report=job.report)
    end = parts.record["period"]["end"] or UNDATED
    stem = f"{job.report}_{end}"
    beside = beside_files(parts)
    page = _encoded(page_html(parts, live=not job.static, stem=stem)).decode("utf-8")
    faults = check_page(page, parts, [stem + ending for ending in beside])
    if faults:
        raise RunError("page_faulty", report=job.report, faults="; ".join(faults))
    made = {**beside, **_extras(job, parts, folder)}
    seconds = time.monotonic() - began
    record = {**parts.record, "run": {"id": job.run, "seconds": round(seconds, 2)}}
    made[".json"] = _encoded(json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    made[".ipynb"] = _encoded(_notebook_text(notebook))
    made[".html"] = _encoded(page)  # last: who sees it finds the others beside it
    for ending, content in made.items():
        (folder / f"page{ending}").write_bytes(content)
    for ending in made:
        (folder / f"page{ending}").replace(_place(job, stem + ending))
    _remove(job, stem, keep=made)
    for day in {end, job.expected_end}:
        _remove(job, f"{job.report}_{day}.failed")
    return Result(job.shop_label, job.report, "done", f"{job.shop_label}/{stem}.html", end, seconds, record=record)


def _extras(job: Job, parts: Parts, folder: Path) -> dict[str, bytes]:
    """The files asked for beside page, record and notebook: ending of the name -> bytes."""
    from shopnb.report import picture
    from shopnb.report.browser import BrowserError
    from shopnb.report.digest import digest
    from shopnb.report.workbook import workbook

    make: dict[str, tuple[str, Callable[[], bytes]]] = {
        "xlsx": (".xlsx", lambda: workbook(parts)),
        "png": (".png", lambda: picture.first_screen(parts, folder / "png")),
        "pdf": (".pdf", lambda: picture.whole_page(parts, folder / "pdf")),
        "digest": (".txt", lambda: _encoded(digest(parts))),
    }
    try:
        return {make[extra][0]: make[extra][1]() for extra in job.extras}
    except BrowserError as error:
        raise RunError("no_picture", report=job.report, what=str(error)) from error


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", CHARACTERLESS)


def publish_failure(job: Job, notebook: Any, failure: Failure) -> str:
    """Put a page that says why the report is not ready, and the notebook as far as it came; give the page's path.

    The report of that day is removed, and the undated one: its name does not tell it from today's.
    """
    from shopnb.report.batch import failure_page

    for day in {job.expected_end, UNDATED}:
        _remove(job, f"{job.report}_{day}")
    name = f"{job.report}_{job.expected_end}.failed"
    write_text(_place(job, f"{name}.ipynb"), _notebook_text(notebook))
    page = failure_page(
        shop=job.shop_label, report=job.report, day=job.expected_end, lang=job.lang, code=failure.code,
        parts=failure.parts, cell=failure.cell,
    )  # fmt: skip
    write_text(_place(job, f"{name}.html"), page)
    return f"{job.shop_label}/{name}.html"


def _place(job: Job, name: str) -> Path:
    return Path(job.out) / job.shop_label / name


def _remove(job: Job, stem: str, keep: Collection[str] = ()) -> None:
    """Remove the files of a report but those with the endings to keep; a failed one has a name of its own."""
    for path in (Path(job.out) / job.shop_label).iterdir():
        ending = path.name.removeprefix(stem)
        if ending == path.name or not ending.startswith(".") or ending.startswith(".failed.") or ending in keep:
            continue
        path.unlink(missing_ok=True)  # another batch may clear up too


def _notebook_text(notebook: Any) -> str:
    import nbformat

    return str(nbformat.writes(notebook)) + "\n"
