"""The journal of a batch: which batch is under way in a folder, so that the same command goes on where it stopped.

Belongs here: the id of the batch, kept while it runs. What it has done stands in the accounts of the reports, each
with that id; a batch that ended leaves no journal.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path

from shopnb.runner.cache import digest
from shopnb.runner.claims import HOME
from shopnb.runner.files import write_text
from shopnb.runner.jobs import Job

_STALE_HOURS = 24  # an older batch is not gone on with: who runs it again wants it again


class Journal:
    """The batch under way for a list of jobs.

    Parameters
    ----------
    out : folder of the batch.
    jobs : all jobs of the command; the same command after an interruption has the same.
    run : id of a new batch.

    Notes
    -----
    `run` is the id to work under: that of the interrupted batch where `resumed`. Two batches of one command at one
    time share an id, so neither runs what the other has done.
    """

    def __init__(self, out: Path, jobs: Sequence[Job], run: str) -> None:
        self._path = out / HOME / "journal" / f"{_command(jobs)}.json"
        begun = self._begun()
        self.resumed = begun is not None
        self.run = begun or run
        if not self.resumed:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            began = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
            write_text(self._path, json.dumps({"run": run, "began": began}) + "\n")

    def _begun(self) -> str | None:
        """Id of a batch of these jobs that has not ended; None where there is none to go on with."""
        try:
            stored = json.loads(self._path.read_text("utf-8"))
            began = dt.datetime.fromisoformat(stored["began"])
            run = str(stored["run"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return run if dt.datetime.now(dt.UTC) - began < dt.timedelta(hours=_STALE_HOURS) else None

    def end(self) -> None:
        """All jobs have ended."""
        self._path.unlink(missing_ok=True)


def _command(jobs: Sequence[Job]) -> str:
    asked = [
        (job.shop, job.report, job.notebook, job.parameters, job.static, sorted(job.extras), job.force) for job in jobs
    ]
    return digest(json.dumps(asked, sort_keys=True, ensure_ascii=False).encode())[:24]
