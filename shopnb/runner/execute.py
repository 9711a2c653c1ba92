"""One report from a job: run its notebook, make and check the page, publish it, or leave a page that says why not.

Belongs here: the way of one report. It needs the job alone, so any process or machine that has the package and the
folders can run it.
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from shopnb.errors import RunError, ShopnbError
from shopnb.labels import LANGUAGES
from shopnb.runner.jobs import Failure, Job, Result, State
from shopnb.runner.publish import publish_failure, publish_report
from shopnb.runner.watch import Watch

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
    _sweep(out)
    with tempfile.TemporaryDirectory(prefix=_prefix(), dir=out, ignore_cleanup_errors=True) as folder:
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


def _prefix() -> str:
    return f".run-{socket.gethostname()}-{os.getpid()}-"


def _sweep(out: Path) -> None:
    """Remove the folders of runs on this machine whose process was killed."""
    ours = f".run-{socket.gethostname()}-"
    for left in out.glob(".run-*"):
        pid = left.name.removeprefix(ours).partition("-")[0]
        if left.name.startswith(ours) and pid.isdigit() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(left, ignore_errors=True)


def _run_notebook(job: Job, folder: Path) -> _Ran:
    """The notebook as papermill leaves it, with the failure that stands in it."""
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError

    logging.getLogger("papermill").addHandler(logging.NullHandler())  # its news is in what we return
    executed, ipython = folder / "executed.ipynb", folder / "ipython"
    ipython.mkdir()  # empty, so that start-up files of the user cannot change a report
    watch = Watch(job.seconds, job.memory_mb)
    try:
        notebook = papermill.execute_notebook(
            job.notebook,
            executed,
            parameters=job.parameters,
            engine_name="shopnb",
            kernel_name="python3",
            language="python",
            extra_arguments=[f"--ipython-dir={ipython}"],
            cwd=Path(job.notebook).parent,
            progress_bar=False,
            start_timeout=_KERNEL_START_SECONDS,
            watch=watch,
            save_each_cell=False,
        )
    except PapermillExecutionError:
        notebook = nbformat.read(executed, as_version=4)
        return _Ran(notebook, *_failure_in(job, notebook))
    except Exception as error:  # a dead kernel, a full disk: this report fails, the batch goes on
        notebook = nbformat.read(executed if executed.is_file() else job.notebook, as_version=4)
        return _Ran(notebook, _broken_off(job, error, watch))
    return _Ran(notebook)


def _broken_off(job: Job, error: Exception, watch: Watch) -> Failure:
    """The failure of a notebook that did not come to its end: over a limit, its kernel dead, or a fault of ours."""
    from nbclient.exceptions import DeadKernelError

    cell = watch.cell or "–"
    named = {"report": job.report, "shop": job.shop_label, "cell": cell}
    if watch.exceeded == "report_timeout":
        reason = RunError("report_timeout", limit=job.seconds, **named)
    elif watch.exceeded == "report_memory":
        reason = RunError("report_memory", limit=job.memory_mb, **named)
    elif isinstance(error, DeadKernelError) or str(error).startswith("Kernel died"):
        reason = RunError("kernel_died", what=watch.end_of_kernel or str(error), **named)
    elif isinstance(error, OSError | ShopnbError):
        raise error
    else:
        reason = _broken(job, f"{type(error).__name__}: {error}", cell)
    return Failure.of(reason, cell=watch.cell)


def _broken(job: Job, what: str, cell: str) -> RunError:
    return RunError("report_failed", report=job.report, shop=job.shop_label, what=what, cell=cell)


def _failure_in(job: Job, notebook: Any) -> tuple[Failure, bool]:
    """The failure of the cell that raised: the operator's as the kernel handed it over, any other as ours."""
    from shopnb.runner.engine import tag_of
    from shopnb.runner.kernel import ERROR_MIME

    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        raised = [output for output in outputs if output.output_type == "error"]
        if not raised:
            continue
        tag = tag_of(cell)
        handed = [output.data[ERROR_MIME] for output in outputs if ERROR_MIME in output.get("data", {})]
        if handed:
            carried = handed[-1]
            parts = {lang: dict(carried["parts"][lang]) for lang in LANGUAGES}
            return Failure(carried["code"], parts, int(carried["exit_code"]), tag), bool(carried["waiting"])
        what = f"{raised[0].ename}: {raised[0].evalue}"
        return Failure.of(_broken(job, what, tag or "–"), cell=tag), False
    return Failure.of(_broken(job, "?", "–")), False
