"""A batch: many jobs, several at a time, each in a process that is kept; then the index and `batch.json`.

Belongs here: spreading jobs and gathering results. What one job does is `attempt`.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from shopnb.errors import InputError
from shopnb.runner.attempts import attempt, give_up
from shopnb.runner.cache import key_of, place, standing
from shopnb.runner.claims import waited_for
from shopnb.runner.files import is_full, sweep
from shopnb.runner.index import write_index
from shopnb.runner.jobs import Job, Result
from shopnb.runner.journal import Journal
from shopnb.runner.plan import Plan


def run_batch(
    planned: Plan,
    *,
    out: Path,
    processes: int,
    lang: str,
    run: str,
    tell: Callable[[Result], None],
    begun: Callable[[Job], None] = lambda _: None,
) -> list[Result]:
    """Run all jobs of a plan and write `index.html` and `batch.json` into `out`.

    What stands already of the same content is not run; what another batch is running is waited for. After an
    interruption the index shows what is there, and the same plan goes on where it stopped.

    Parameters
    ----------
    processes : reports at a time, >= 1.
    lang : language of the index and of the messages in `batch.json`.
    run : id of the batch.
    tell : called with every result as it comes in.
    begun : called with every job that starts to run.

    Returns
    -------
    list of Result, in the order of the plan, the reports set aside last.

    Raises
    ------
    InputError
        `out_not_writable` or `out_full` when nothing can be written into `out`; when only the index could not be
        written, after all reports.
    KeyboardInterrupt
        When the batch was stopped (Ctrl-C; the command line makes one of a request to end), after the index.
    """
    began = time.monotonic()
    try:
        journal = Journal(out, planned.jobs, run)
        sweep(out)
    except OSError as error:
        raise _unwritable(out, error) from error
    jobs = [dataclasses.replace(job, run=journal.run) for job in planned.jobs]
    by_job: dict[int, Result] = {}
    try:
        for result in planned.set_aside:
            tell(result)
        for number, result in _gathered(jobs, processes, begun):
            by_job[number] = dataclasses.replace(result, due=jobs[number].due)
            tell(by_job[number])
    finally:
        results = [by_job[number] for number in sorted(by_job)] + planned.set_aside
        seconds = round(time.monotonic() - began, 2)
        try:
            left = len(jobs) - len(by_job)
            write_index(out, results, lang=lang, run=journal.run, seconds=seconds, left=left)
        except OSError as error:
            raise _unwritable(out, error) from error
    journal.end()
    return results


def _unwritable(out: Path, error: OSError) -> InputError:
    if is_full(error):
        return InputError("out_full", folder=str(out))
    return InputError("out_not_writable", folder=str(out), what=str(error))


def _gathered(jobs: Sequence[Job], processes: int, begun: Callable[[Job], None]) -> Iterator[tuple[int, Result]]:
    """(number of the job, its result): those that stand already first, then as they end, at last what others ran."""
    from shopnb.runner import workers  # also run as a program of its own, which must not find it imported

    waiting: list[int] = []
    for number, job in enumerate(jobs):
        there = standing(job, key_of(job))
        if there:
            yield number, there
        else:
            waiting.append(number)
    while waiting:
        busy = []
        for place_in, result in workers.results(
            [jobs[number] for number in waiting], processes, run=attempt, fail=give_up, begun=begun
        ):
            number = waiting[place_in]
            if result is None:
                busy.append(number)
            else:
                yield number, result
        if len(busy) == len(waiting):
            with waited_for(place(jobs[busy[0]], ".lock")):
                pass
        waiting = busy
