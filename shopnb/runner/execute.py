"""One report from a job: run its notebook, make and check the page, publish it, or leave a page that says why not.

Belongs here: the way of one report. It needs the job alone, so any process or machine that has the package and the
folders can run it.
"""

from __future__ import annotations

import logging
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopnb.errors import RunError
from shopnb.labels import LANGUAGES
from shopnb.runner.jobs import Failure, Job, Result, State
from shopnb.runner.publish import publish_failure, publish_report

_KERNEL_START_SECONDS = 120


@dataclass(frozen=True)
class _Ran:
    """A notebook after its run; `failure` when a cell or the kernel failed, `waiting` when data are not there yet."""

    notebook: Any
    failure: Failure | None = None
    waiting: bool = False


def execute(job: Job) -> Result:
    """Run one report and publish it.

    Nothing stands under the report's final names before its page has passed all checks; after a failure the page of
    the same day is gone and a page that says why stands beside it.
    """
    began = time.monotonic()
    out = Path(job.out) / job.shop_label
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".run-", dir=out, ignore_cleanup_errors=True) as folder:
        ran = _run_notebook(job, Path(folder))
        failure = ran.failure
        if failure is None:
            try:
                return publish_report(job, ran.notebook, Path(folder), began)
            except RunError as error:
                failure = Failure.of(error)
        path = publish_failure(job, ran.notebook, failure)
    state: State = "not_ready" if ran.waiting else "failed"
    seconds = time.monotonic() - began
    return Result(job.shop_label, job.report, state, path, job.expected_end, seconds, failure)


def _run_notebook(job: Job, folder: Path) -> _Ran:
    """The notebook as papermill leaves it, with the failure that stands in it."""
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from shopnb.runner.kernel import ThisPython

    logging.getLogger("papermill").addHandler(logging.NullHandler())  # its news is in what we return
    executed, ipython = folder / "executed.ipynb", folder / "ipython"
    ipython.mkdir()  # empty, so that start-up files of the user cannot change a report
    source = nbformat.read(job.notebook, as_version=4)
    try:
        notebook = papermill.execute_notebook(
            job.notebook,
            executed,
            parameters=job.parameters,
            kernel_name="python3",
            language="python",
            kernel_manager_class=ThisPython,
            extra_arguments=[f"--ipython-dir={ipython}"],
            cwd=Path(job.notebook).parent,
            progress_bar=False,
            start_timeout=_KERNEL_START_SECONDS,
        )
    except PapermillExecutionError:
        notebook = nbformat.read(executed, as_version=4)
        return _Ran(notebook, *_failure_in(job, notebook))
    except Exception as error:  # a dead kernel, a full disk: this report fails, the batch goes on
        notebook = nbformat.read(executed, as_version=4) if executed.is_file() else source
        cell = _last_begun(notebook)
        what = f"{type(error).__name__}: {error}"
        return _Ran(notebook, Failure.of(_broken(job, what, cell or "–"), cell=cell))
    return _Ran(notebook)


def _last_begun(notebook: Any) -> str:
    """Tag of the cell that was running when the kernel went; "" where none had begun."""
    begun = [cell for cell in notebook.cells if cell.metadata.get("papermill", {}).get("start_time")]
    return _tag(begun[-1]) if begun else ""


def _tag(cell: Any) -> str:
    return str(next(iter(cell.metadata.get("tags", [])), ""))


def _broken(job: Job, what: str, cell: str) -> RunError:
    return RunError("report_failed", report=job.report, shop=job.shop_label, what=what, cell=cell)


def _failure_in(job: Job, notebook: Any) -> tuple[Failure, bool]:
    """The failure of the cell that raised: the operator's as the kernel handed it over, any other as ours."""
    from shopnb.runner.kernel import ERROR_MIME

    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        raised = [output for output in outputs if output.output_type == "error"]
        if not raised:
            continue
        tag = _tag(cell)
        handed = [output.data[ERROR_MIME] for output in outputs if ERROR_MIME in output.get("data", {})]
        if handed:
            carried = handed[-1]
            parts = {lang: dict(carried["parts"][lang]) for lang in LANGUAGES}
            return Failure(carried["code"], parts, int(carried["exit_code"]), tag), bool(carried["waiting"])
        what = f"{raised[0].ename}: {raised[0].evalue}"
        return Failure.of(_broken(job, what, tag or "–"), cell=tag), False
    return Failure.of(_broken(job, "?", "–")), False
