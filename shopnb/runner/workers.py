"""Workers: processes that run one job after another and keep papermill, the page's templates and vl-convert warm.

Belongs here: spreading jobs over workers, and replacing one that dies. Workers are forked from the template, or
spawned where that cannot be. What one job does is the caller's function.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, TypeVar

from shopnb.errors import RunError, ShopnbError
from shopnb.runner import forks, watch
from shopnb.runner.jobs import Job

T = TypeVar("T")
_LOOK_SECONDS = 1.0
_GRACE_SECONDS = 30.0  # beyond a job's own limit, which the worker keeps while the kernel runs
_TRIES = 2  # of a job whose worker died: that is nobody's fault but ours
_END_SECONDS = 2.0
_JOBS_A_WORKER = 200  # then a fresh one: what libraries do not give back goes with the process


@dataclass
class _Worker:
    """A worker as seen from here: our end of its connection, and what it is at."""

    connection: Connection
    process: Any
    number: int | None = None
    cell: str = ""
    began: float = 0.0
    jobs: int = 0

    def is_late(self, job: Job) -> bool:
        return bool(job.seconds) and time.monotonic() - self.began > job.seconds + _GRACE_SECONDS

    def end(self, *, now: bool) -> None:
        """Let it go; `now`: in the middle of its work."""
        self.connection.close()  # it ends by itself when it sees that
        if isinstance(self.process, forks.Forked):
            if not now:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(_END_SECONDS)
            self.process.close()
            return
        if not now:
            self.process.join(_END_SECONDS)
        self.process.kill()
        self.process.join()
        self.process.close()


@dataclass
class _Pool:
    jobs: Sequence[Job]
    run: Callable[[Job], Any]
    fail: Callable[[Job, ShopnbError], Any]
    begun: Callable[[Job], None]
    waiting: deque[int] = field(default_factory=deque)
    workers: list[_Worker] = field(default_factory=list)
    deaths: dict[int, int] = field(default_factory=dict)
    given_up: dict[int, ShopnbError] = field(default_factory=dict)

    def employ(self, processes: int) -> None:
        """Give the next job to every worker that is free, up to `processes` workers."""
        while self.waiting and (worker := self._free(processes)):
            number = self.waiting.popleft()
            job = self.jobs[number]
            task = (self.fail, job, self.given_up[number]) if number in self.given_up else (self.run, job)
            worker.number, worker.cell, worker.began = number, "", time.monotonic()
            worker.jobs += 1
            try:
                worker.connection.send(task)
            except OSError:
                continue  # it is dead; its connection says so in the next round
            if number not in self.deaths and number not in self.given_up:
                self.begun(job)

    def _free(self, processes: int) -> _Worker | None:
        for worker in self.workers:
            if worker.number is None and worker.jobs >= _JOBS_A_WORKER:
                self.workers.remove(worker)
                worker.end(now=False)
                break
        for worker in self.workers:
            if worker.number is None:
                return worker
        if len(self.workers) < processes:
            self.workers.append(_start())
            return self.workers[-1]
        return None

    def hear(self) -> Iterator[tuple[int, Any]]:
        """Results that have come in; workers that have died or are late are let go."""
        for ready in wait([worker.connection for worker in self.workers], _LOOK_SECONDS):
            worker = next(one for one in self.workers if one.connection is ready)
            try:
                kind, told = worker.connection.recv()
            except (EOFError, OSError):
                yield from self._lost(worker, self._death_of(worker))
                continue
            if kind == "cell":
                worker.cell = told
                continue
            number, worker.number = worker.number, None
            assert number is not None
            if kind == "raised":
                raise told
            yield number, told
        for worker in [one for one in self.workers if one.number is not None]:
            job = self.jobs[worker.number or 0]
            if worker.is_late(job):
                self.given_up[worker.number or 0] = RunError(
                    "report_timeout", report=job.report, shop=job.shop_label, limit=job.seconds,
                    cell=worker.cell or "–",
                )  # fmt: skip
                worker.process.kill()

    def _death_of(self, worker: _Worker) -> ShopnbError | None:
        if worker.number is None:
            return None
        job = self.jobs[worker.number]
        what = "the worker process was ended from outside"
        return RunError("kernel_died", report=job.report, shop=job.shop_label, what=what, cell=worker.cell or "–")

    def _lost(self, worker: _Worker, reason: ShopnbError | None) -> Iterator[tuple[int, Any]]:
        """A worker has died: its job is tried once more, then given up; giving up runs in a fresh worker, too."""
        self.workers.remove(worker)
        worker.end(now=True)
        number = worker.number
        if number is None or reason is None:
            return
        self.deaths[number] = self.deaths.get(number, 0) + 1
        if self.deaths[number] > _TRIES:
            yield number, self.fail(self.jobs[number], self.given_up[number])
            return
        if self.deaths[number] == _TRIES:
            self.given_up.setdefault(number, reason)
        self.waiting.appendleft(number)


def results(
    jobs: Sequence[Job],
    processes: int,
    *,
    run: Callable[[Job], T],
    fail: Callable[[Job, ShopnbError], T],
    begun: Callable[[Job], None] = lambda _: None,
) -> Iterator[tuple[int, T]]:
    """Run all jobs, `processes` at a time; give (number of the job, what `run` gave) as they end.

    Parameters
    ----------
    run : module-level function, called in a worker. What it raises is raised here.
    fail : module-level function, called in a worker for a job whose workers died or ran over their time.
    begun : called here with every job that starts.
    """
    pool = _Pool(jobs, run, fail, begun, deque(range(len(jobs))))
    left = len(jobs)
    try:
        while left:
            forks.mend()
            pool.employ(processes)
            for number, told in pool.hear():
                left -= 1
                yield number, told
    finally:
        for worker in pool.workers:
            worker.end(now=worker.number is not None)


def warm_up() -> None:
    """Start the template, so that it imports while the caller plans; nothing where it cannot fork."""
    forks.shared()


def _start() -> _Worker:
    ours, theirs = multiprocessing.Pipe()
    folder = forks.template_folder()
    process: Any = None
    if folder:
        environment = forks.surroundings()
        address = str(folder / forks.SOCKET)
        process = forks.fork(
            "worker", [address], environment=environment, folder=str(Path.cwd()), beside=theirs.fileno()
        )
    if process is None:
        # Spawned, not forked: by now this process may have threads.
        process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
        process.start()
    theirs.close()
    return _Worker(ours, process)


def serve(connection: Connection) -> None:
    """In a worker: run what comes until nobody is there any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that leads
    watch.listen(lambda cell: connection.send(("cell", cell)))
    while True:
        try:
            function, *given = connection.recv()
        except (EOFError, OSError):
            return
        try:
            told = ("result", function(*given))
        except Exception as error:
            told = ("raised", error)
        try:
            connection.send(told)
        except OSError:
            return
