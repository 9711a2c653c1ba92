"""`shopnb run`: shops and options to a plan, the plan to a batch, the batch to an exit code.

Belongs here: what was asked for, in numbers and paths. How a batch is told of is `telling`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import secrets
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil

from shopnb import readiness
from shopnb.cli import terminal
from shopnb.cli.telling import Teller
from shopnb.errors import ParameterError, RunError, ShopnbError
from shopnb.runner import (
    EXTRAS,
    Choice,
    Failure,
    Limits,
    Plan,
    Reports,
    Result,
    plan,
    program_digest,
    run_batch,
)
from shopnb.runner.workers import warm_up  # not through the package: its template is a program too
from shopnb.shop import Shop, open_shop
from shopnb.shop.sample import shop_folder

EXIT_STALE = 3  # with --require-fresh: every report is there, some end before the day they should reach
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_MEGABYTES = {"": 1, "m": 1, "g": 1024}
_NEEDED_MB = 700  # a report at a time: its kernel (review_analysis of the sample: 384 MB) and what makes the page


def run(given: argparse.Namespace, lang: str) -> int:
    """Run reports; 1 when one failed by our fault, else 2 when one by the operator's, else 3 when stale, else 0."""
    if given.jobs < 0:
        raise ParameterError("jobs_count", found=given.jobs)
    limits = Limits(
        seconds=_amount("--timeout", given.timeout, _SECONDS, "90s, 10m, 1h"),
        memory_mb=int(_amount("--memory", given.memory, _MEGABYTES, "800M, 2G")),
    )
    warm_up()
    progress = terminal.Progress(lang, quiet=given.json)
    shops, closed = _shops([written for group in given.shop for written in group], progress)
    progress.clear()
    out = _out(given.out, list(shops))
    choice = Choice(
        shops=tuple(shops), out=out, reports=tuple(given.report), given=tuple(given.given), lang=given.lang,
        static=given.static, extras=_extras(given), run=_run_id(), day=_day(given.day), force=given.force,
        limits=limits, program=program_digest(),
    )  # fmt: skip
    planned = plan(choice, _known(shops, expects_fresh=given.require_fresh))
    planned.set_aside.extend(closed)
    processes = max(1, min(given.jobs or _processes(), len(planned.jobs)))
    with Teller(lang, planned, as_json=given.json) as teller:
        teller.begin(processes, out)
        results = run_batch(
            planned, out=out, processes=processes, lang=given.lang or _lang_of(planned) or lang, run=choice.run,
            tell=teller.tell, begun=teller.begun,
        )  # fmt: skip
    teller.close(results, out, choice.run)
    return exit_code(results, require_fresh=given.require_fresh)


def exit_code(results: Sequence[Result], *, require_fresh: bool) -> int:
    """1 for our fault, else 2 for the operator's mistake, else 3 for stale data where fresh ones are required."""
    codes = {result.exit_code for result in results}
    if codes - {0}:
        return 1 if 1 in codes else 2
    return EXIT_STALE if require_fresh and any(result.due for result in results) else 0


def yesterday(zone: str, now: dt.datetime) -> dt.date:
    """The day before the one that `now` is in, where the shop is.

    Examples
    --------
    >>> yesterday("Asia/Shanghai", dt.datetime(2026, 11, 21, 17, tzinfo=dt.UTC))
    datetime.date(2026, 11, 21)
    >>> yesterday("America/New_York", dt.datetime(2026, 11, 21, 17, tzinfo=dt.UTC))
    datetime.date(2026, 11, 20)
    """
    return now.astimezone(ZoneInfo(zone)).date() - dt.timedelta(days=1)


def _known(shops: dict[Path, Shop], *, expects_fresh: bool) -> Reports:
    """The planner's questions. Data of the sample are old by design, so its pages say so only when asked to."""
    now = dt.datetime.now(dt.UTC)

    def due(folder: Path, slug: str, day: dt.date | None) -> str:
        settings = shops[folder].settings
        if day is None and settings.sample and not expects_fresh:
            return ""
        return readiness.due(slug, day or yesterday(settings.time_zone, now))

    return Reports(
        lacking=cache(lambda folder, slug: readiness.lacking(shops[folder], slug)),
        last_day=lambda folder, slug: readiness.last_day(shops[folder], slug),
        refused=lambda folder, slug, values: readiness.refused(shops[folder], slug, values),
        due=due,
    )


def _amount(option: str, written: str, units: dict[str, int], examples: str) -> float:
    """A quantity with its unit, as in 10m or 2G."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]?)(?:i?b)?", written.strip().lower())
    if not match or match[2] not in units:
        raise ParameterError("quantity", option=option, found=written, examples=examples)
    return float(match[1]) * units[match[2]]


def _day(written: str) -> str:
    """The day a scheduled run is for, ISO; "" where none was given."""
    if not written:
        return ""
    try:
        return dt.date.fromisoformat(written).isoformat()
    except ValueError:
        raise ParameterError("day_form", found=written) from None


def _processes() -> int:
    """As many reports at a time as this process has processors, and as there is memory for."""
    affinity: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(cores, int(psutil.virtual_memory().available / 2**20 / _NEEDED_MB)))


def _extras(given: argparse.Namespace) -> tuple[str, ...]:
    """The further files asked for; a PDF needs a browser, which is looked for before anything runs."""
    from shopnb.report.browser import find_browser

    if given.pdf and find_browser() is None:
        raise ParameterError("pdf_needs_browser")
    return tuple(extra for extra in EXTRAS if getattr(given, extra))


def _lang_of(planned: Plan) -> str:
    return planned.jobs[0].lang if planned.jobs else ""


def _shops(written: Sequence[str], progress: terminal.Progress) -> tuple[dict[Path, Shop], list[Result]]:
    """Folder -> shop, opened (its inbox is imported when it has no tables yet, which takes its time).

    Of several shops one that cannot be opened is a result of its own, and the others run.
    """
    opened: dict[Path, Shop] = {}
    closed: list[tuple[str, ShopnbError]] = []
    for one in dict.fromkeys(written or [""]):
        folder = shop_folder(one)
        try:
            shop = open_shop(folder, progress=progress.step)
            opened[shop.folder.resolve()] = shop
        except ShopnbError as error:
            closed.append((folder.name, error))
        except Exception as error:  # one shop's broken files must not cost the others their night
            what = f"{type(error).__name__}: {error}"
            closed.append((folder.name, RunError("shop_unreadable", folder=str(folder), what=what)))
    if not opened:
        raise closed[0][1]
    return opened, [Result(name, "", "failed", failure=Failure.of(error)) for name, error in closed]


def _out(written: str, shops: Sequence[Path]) -> Path:
    if written:
        return Path(written).expanduser().resolve()
    if len(shops) > 1:
        raise ParameterError("out_needed", shops=len(shops))
    return shops[0] / "reports"


def _run_id() -> str:
    return f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
