"""A batch: many jobs, several at a time, each in a process that is kept; then the index and `batch.json`.

Belongs here: spreading jobs and gathering results. What one job does is `execute`.
"""

from __future__ import annotations

import concurrent.futures
import json
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from shopnb.errors import RunError
from shopnb.runner.execute import execute
from shopnb.runner.jobs import Failure, Job, Result
from shopnb.runner.plan import Plan
from shopnb.runner.publish import write_text


def run_batch(
    planned: Plan, *, out: Path, processes: int, lang: str, run: str, tell: Callable[[Result], None]
) -> list[Result]:
    """Run all jobs of a plan and write `index.html` and `batch.json` into `out`.

    Parameters
    ----------
    processes : reports at a time, >= 1.
    lang : language of the index and of the messages in `batch.json`.
    run : id of the batch.
    tell : called with every result as it comes in.

    Returns
    -------
    list of Result, in the order of the plan, the reports set aside last.
    """
    from shopnb.report.batch import index_page

    began = time.monotonic()
    for result in planned.set_aside:
        tell(result)
    by_job: dict[int, Result] = {}
    for number, result in _results(planned.jobs, processes):
        by_job[number] = result
        tell(result)
    results = [by_job[number] for number in sorted(by_job)] + planned.set_aside
    rows = [result.as_row(lang) for result in results]
    batch = {"run": {"id": run, "seconds": round(time.monotonic() - began, 2)}, "reports": rows}
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / "batch.json", json.dumps(batch, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    write_text(
        out / "index.html",
        index_page([{**row, "record": result.record} for row, result in zip(rows, results, strict=True)], lang),
    )
    return results


def _results(jobs: Sequence[Job], processes: int) -> Iterator[tuple[int, Result]]:
    """(number of the job, its result), as they end."""
    if processes == 1 or len(jobs) <= 1:
        for number, job in enumerate(jobs):
            yield number, _guarded(job)
        return
    # Spawned, not forked: by now this process may have threads. A worker keeps papermill and nbconvert imported.
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(min(processes, len(jobs)), mp_context=context) as pool:
        waiting = {pool.submit(_guarded, job): (number, job) for number, job in enumerate(jobs)}
        try:
            for future in concurrent.futures.as_completed(waiting):
                number, job = waiting[future]
                try:
                    yield number, future.result()
                except concurrent.futures.process.BrokenProcessPool as error:
                    yield number, _failed(job, error)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _guarded(job: Job) -> Result:
    """`execute`, with a fault outside the notebook (a full disk, a folder that cannot be written) as a result."""
    try:
        return execute(job)
    except Exception as error:
        return _failed(job, error)


def _failed(job: Job, error: BaseException) -> Result:
    what = f"{type(error).__name__}: {error}"
    reason = RunError("report_failed", report=job.report, shop=job.shop_label, what=what, cell="–")
    return Result(job.shop_label, job.report, "failed", end=job.expected_end, failure=Failure.of(reason))
