"""What a report is made of, as one digest, and the account of what stands in the folder: the same digest, no new run.

Belongs here: the digest, and one small JSON file a report in `OUT/.shopnb`. Nothing of it goes into a page.
"""

from __future__ import annotations

import glob
import hashlib
import json
import platform
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import shopnb
from shopnb import parameters
from shopnb.runner.claims import HOME
from shopnb.runner.files import write_text
from shopnb.runner.jobs import Failure, Job, Result, State

_FORM = 1  # of the account; another one is not read
_OF_A_SHOP = ("shopnb.toml", "exports/*.toml", "tables/imports/*.json", "tables_in/*")


@dataclass(frozen=True)
class Account:
    """What stands in the folder for one report.

    Parameters
    ----------
    key : digest of what it was made of.
    run : id of the batch that made it.
    state : done, failed or not_ready.
    files : name in the shop's folder -> SHA-256 of its bytes.
    """

    key: str
    run: str
    state: State
    path: str
    end: str
    seconds: float
    files: dict[str, str]
    failure: Failure | None = None


def digest(content: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@cache
def program_digest() -> str:
    """Digest of the program: Python, every installed package by its version, this package by its bytes."""
    installed = sorted({f"{one.name}=={one.version}" for one in metadata.distributions()})
    own = Path(shopnb.__file__).parent
    files = (path for path in own.rglob("*") if path.is_file() and path.suffix != ".pyc")
    parts = [sys.platform, platform.python_version(), *installed, *_digests(own, files)]
    return digest("\n".join(parts).encode())


def key_of(job: Job) -> str:
    """Digest of all that can change a report: program, notebook, parameters, what was asked for, the shop's data.

    A notebook of the user's own is known with the Python files beside it, which it can import; what else it reads
    (another folder, the network, the clock) is not seen.
    """
    made_of = {
        "program": job.program,
        "notebook": sorted(_digests(Path(job.notebook).parent, _sources(Path(job.notebook)))),
        "parameters": job.parameters,
        "shop": sorted(_digests(Path(job.shop), _data(Path(job.shop)))),
        "asked": [job.shop_label, job.report, job.static, sorted(job.extras)],
    }
    return digest(json.dumps(made_of, sort_keys=True, ensure_ascii=False).encode())


def _sources(notebook: Path) -> list[Path]:
    ours = notebook.parent == parameters.notebook_folder()
    return [notebook] if ours else [notebook, *notebook.parent.glob("*.py")]


def _data(shop: Path) -> Iterator[Path]:
    """The accounts of a shop's imports, which name the bytes of every export, its settings and what people typed."""
    for pattern in _OF_A_SHOP:
        yield from (path for path in shop.glob(pattern) if path.is_file())


def _digests(home: Path, files: Iterable[Path]) -> list[str]:
    """`name digest` of each file, in order of names; one that goes away meanwhile counts as gone."""
    found = []
    for path in sorted(files):
        name = path.relative_to(home).as_posix()
        try:
            found.append(f"{name} {digest(path.read_bytes())}")
        except FileNotFoundError:
            continue
    return found


def place(job: Job, ending: str) -> Path:
    """Where the account (`.json`) and the lock (`.lock`) of a report lie."""
    return Path(job.out) / HOME / job.shop_label / f"{job.report}{ending}"


def write_account(job: Job, result: Result) -> None:
    """Note what stands in the folder now, last of all.

    Without a page, and when the shop's data changed while the report was made, there is no account: it runs again.
    """
    if not result.path or key_of(job) != job.key:
        place(job, ".json").unlink(missing_ok=True)
        return
    page = Path(job.out) / result.path
    files = {path.name: digest(path.read_bytes()) for path in page.parent.glob(f"{glob.escape(page.stem)}.*")
             if page.stem.endswith(".failed") or not path.name.startswith(f"{page.stem}.failed.")}  # fmt: skip
    account = Account(
        key=job.key, run=job.run, state=result.state, path=result.path, end=result.end,
        seconds=round(result.seconds, 2), files=files, failure=result.failure,
    )  # fmt: skip
    path = place(job, ".json")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps({"form": _FORM, **asdict(account)}, ensure_ascii=False, indent=1) + "\n")


def read_account(job: Job) -> Account | None:
    """The account of a report; None where there is none that can be read."""
    try:
        stored = json.loads(place(job, ".json").read_text("utf-8"))
        if stored.pop("form") != _FORM:
            return None
        stored["failure"] = Failure(**stored["failure"]) if stored["failure"] else None
        return Account(**stored)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def standing(job: Job, key: str) -> Result | None:
    """What stands already of a job: its report of the same content, whole to the byte; None where it has to run.

    With `job.force`, and after the operator's mistake, only what this same batch left before it was interrupted.
    """
    account = read_account(job)
    if account is None or account.key != key:
        return None
    same_batch = bool(job.run) and account.run == job.run
    done = account.state == "done"
    if not same_batch and (job.force or not done):
        return None
    if not done and (account.failure is None or account.failure.exit_code == 1):
        return None
    folder = Path(job.out) / job.shop_label
    if not account.files or any(_bytes_digest(folder / name) != found for name, found in account.files.items()):
        return None
    state: State = "unchanged" if done else account.state
    return Result(
        job.shop_label, job.report, state, account.path, account.end, failure=account.failure,
        record=_record(Path(job.out), account.path) if done else {},
    )  # fmt: skip


def _bytes_digest(path: Path) -> str:
    try:
        return digest(path.read_bytes())
    except OSError:
        return ""


def _record(out: Path, path: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((out / path).with_suffix(".json").read_text("utf-8"))
    return record
