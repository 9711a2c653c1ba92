"""One job, whoever runs it: claimed, not run when its report stands already, faults around the notebook named.

Belongs here: what surrounds `execute` so that several batches, full disks and vanished folders harm one report at
most. It needs nothing but the job: this is the function that a cluster would run.
"""

from __future__ import annotations

import dataclasses
import errno
import time
from pathlib import Path

from shopnb.errors import InputError, RunError, ShopnbError
from shopnb.runner.cache import key_of, place, standing, write_account
from shopnb.runner.claims import claimed
from shopnb.runner.execute import execute
from shopnb.runner.files import is_full
from shopnb.runner.jobs import Failure, Job, Result
from shopnb.runner.publish import publish_failure

_OUR_TRANSIENT_FAULTS = {"kernel_died"}


def attempt(job: Job) -> Result | None:
    """Run one report and publish it, unless it stands already; None while another process is at it.

    A kernel that died is started once more; nothing else is tried twice.
    """
    began = time.monotonic()
    try:
        with claimed(place(job, ".lock")) as mine:
            return _held(job, began) if mine else None
    except OSError as error:
        return _without_page(job, _cause(job, error), began)


def give_up(job: Job, error: ShopnbError) -> Result | None:
    """The failure of a job whose process was lost, with its page; None while another process is at the job."""
    began = time.monotonic()
    try:
        with claimed(place(job, ".lock")) as mine:
            return _failed(job, error, began) if mine else None
    except OSError as fault:
        return _without_page(job, _cause(job, fault), began)


def _held(job: Job, began: float) -> Result:
    """The report of a job that this process holds."""
    keyed = dataclasses.replace(job, key=key_of(job))
    if there := standing(keyed, keyed.key):
        return there
    try:
        result = execute(keyed)
        if result.failure and result.failure.code in _OUR_TRANSIENT_FAULTS:
            result = execute(keyed)
        if result.failure and not Path(job.shop).is_dir():
            raise InputError("shop_gone", folder=job.shop)
        write_account(keyed, result)
        return result
    except Exception as error:
        return _failed(keyed, _cause(keyed, error), began)


def _cause(job: Job, error: Exception) -> ShopnbError:
    """What a fault outside the notebook means for the operator; anything unforeseen is ours."""
    if isinstance(error, ShopnbError):
        return error
    if not Path(job.shop).is_dir():
        return InputError("shop_gone", folder=job.shop)
    if isinstance(error, OSError) and is_full(error):
        return InputError("disk_full", folder=job.out, report=job.report, shop=job.shop_label)
    if isinstance(error, PermissionError | FileExistsError | NotADirectoryError) or (
        isinstance(error, OSError) and error.errno == errno.EROFS
    ):
        return InputError("out_not_writable", folder=str(Path(job.out) / job.shop_label), what=str(error))
    what = f"{type(error).__name__}: {error}"
    return RunError("report_failed", report=job.report, shop=job.shop_label, what=what, cell="–")


def _failed(job: Job, error: ShopnbError, began: float) -> Result:
    """A failure with its page, where there is room for one; the report of that day is gone in any case."""
    import nbformat

    failure = Failure.of(error)
    try:
        (Path(job.out) / job.shop_label).mkdir(parents=True, exist_ok=True)
        notebook = nbformat.read(job.notebook, as_version=4)
        path = publish_failure(job, notebook, failure)
    except (OSError, ValueError):
        return _without_page(job, error, began)
    seconds = time.monotonic() - began
    return Result(job.shop_label, job.report, "failed", path, job.expected_end, seconds, failure)


def _without_page(job: Job, error: ShopnbError, began: float) -> Result:
    seconds = time.monotonic() - began
    return Result(job.shop_label, job.report, "failed", "", job.expected_end, seconds, Failure.of(error))
