"""`shopnb list` and `shopnb run`.

Belongs here: what the planner has to know of the shops, and telling how a batch goes.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import secrets
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shopnb import labels, parameters
from shopnb.cli import terminal
from shopnb.cli.sample import shop_folder
from shopnb.errors import ParameterError, ShopnbError
from shopnb.runner import EXTRAS, Choice, Plan, Reports, Result, plan, run_batch
from shopnb.shop import ReportTables, Shop, open_shop

if TYPE_CHECKING:
    from shopnb.pages import Page


def needs(slug: str) -> tuple[str, ...]:
    """Tables that a report is about; () for a notebook of the user's own."""
    page = _page(slug)
    return (*page.needs, *page.needs_any) if page else ()


def tables_of(slug: str) -> ReportTables | None:
    """The tables that a report is made of; None for a notebook of the user's own."""
    page = _page(slug)
    return ReportTables(page.needs, page.needs_any, page.uses) if page else None


def lacking(shop: Shop, slug: str) -> ShopnbError | None:
    """Why a report cannot run on a shop: the first table it lacks, with the export to download."""
    page = _page(slug)
    return page.lacking(shop) if page else None


def last_day(shop: Shop, slug: str) -> str:
    """Last day in the tables a report is about, ISO; "" where they have no days."""
    page = _page(slug)
    return page.last_day(shop) if page else ""


def refused(shop: Shop, slug: str, values: Mapping[str, Any]) -> ParameterError | None:
    """Why a report's page would not take these parameters; its own checks, run without computing anything."""
    page = _page(slug)
    try:
        if page:
            page(shop, values)
    except ParameterError as error:
        return error
    return None


def _page(slug: str) -> type[Page] | None:
    from shopnb.pages import PAGES  # pandas, Altair and Ibis: only where a report is looked at

    return PAGES.get(slug)


def list_(given: argparse.Namespace, lang: str) -> int:
    """Print all reports: question, needed tables, parameters."""
    notebooks = parameters.notebooks()
    declared = {slug: parameters.read_parameters(notebook) for slug, notebook in notebooks.items()}
    questions = {slug: labels.text(f"runner.questions.{slug}", lang) for slug in notebooks}
    if given.json:
        reports = [
            {
                "report": slug,
                "question": questions[slug],
                "needs": list(needs(slug)),
                "notebook": str(notebook),
                "parameters": [vars(parameter) for parameter in declared[slug]],
            }
            for slug, notebook in notebooks.items()
        ]
        terminal.say_json({"reports": reports})
        return 0
    headings = [labels.text(f"cli.list.{key}", lang) for key in ("report", "question", "needs")]
    mark = labels.text("cli.list_mark", lang)
    rows = [
        [slug, questions[slug], mark.join(labels.text(f"intake.tables.{name}", lang) for name in needs(slug))]
        for slug in notebooks
    ]
    terminal.say(terminal.table(headings, rows))
    for slug, known in declared.items():
        terminal.say("\n" + labels.text("cli.list.parameters", lang, report=slug))
        for one in known:
            told = {"name": one.name, "type": one.type, "default": repr(one.default), "help": one.help}
            terminal.say(labels.text("cli.list.parameter", lang, **told).rstrip())
    return 0


def run(given: argparse.Namespace, lang: str) -> int:
    """Run reports; 1 when one failed by our fault, else 2 when one by the operator's, else 0."""
    if given.jobs < 0:
        raise ParameterError("jobs_count", found=given.jobs)
    progress = terminal.Progress(lang, quiet=given.json)
    shops = _shops([written for group in given.shop for written in group], progress)
    progress.clear()
    out = _out(given.out, list(shops))
    choice = Choice(
        shops=tuple(shops), out=out, reports=tuple(given.report), given=tuple(given.given), lang=given.lang,
        static=given.static, extras=_extras(given), run=_run_id(),
    )  # fmt: skip
    known = Reports(
        lacking=cache(lambda folder, slug: lacking(shops[folder], slug)),
        last_day=lambda folder, slug: last_day(shops[folder], slug),
        refused=lambda folder, slug, values: refused(shops[folder], slug, values),
    )
    planned = plan(choice, known)
    processes = max(1, min(given.jobs or os.cpu_count() or 1, len(planned.jobs)))
    total = len(planned.jobs) + len(planned.set_aside)
    teller = _Teller(lang, total, as_json=given.json)
    teller.begin(processes, len(planned.jobs), out)
    results = run_batch(
        planned, out=out, processes=processes, lang=given.lang or _lang_of(planned) or lang, run=choice.run,
        tell=teller.tell,
    )  # fmt: skip
    teller.close(results, out, choice.run)
    codes = {result.exit_code for result in results}
    return 1 if 1 in codes else max(codes)


def _extras(given: argparse.Namespace) -> tuple[str, ...]:
    """The further files asked for; a PDF needs a browser, which is looked for before anything runs."""
    from shopnb.report.browser import find_browser

    if given.pdf and find_browser() is None:
        raise ParameterError("pdf_needs_browser")
    return tuple(extra for extra in EXTRAS if getattr(given, extra))


def _lang_of(planned: Plan) -> str:
    return planned.jobs[0].lang if planned.jobs else ""


def _shops(written: Sequence[str], progress: terminal.Progress) -> dict[Path, Shop]:
    """Folder -> shop, opened (its inbox is imported when it has no tables yet, which takes its time)."""
    opened = [open_shop(shop_folder(one), progress=progress.step) for one in dict.fromkeys(written or [""])]
    return {shop.folder.resolve(): shop for shop in opened}


def _out(written: str, shops: Sequence[Path]) -> Path:
    if written:
        return Path(written).expanduser().resolve()
    if len(shops) > 1:
        raise ParameterError("out_needed", shops=len(shops))
    return shops[0] / "reports"


def _run_id() -> str:
    return f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


class _Teller:
    """Tells of every result as it comes in: a line and, where it went wrong, the message; or JSON lines."""

    def __init__(self, lang: str, total: int, *, as_json: bool) -> None:
        self._lang = lang
        self._total = total
        self._as_json = as_json
        self._ended = 0
        self._progress = terminal.Progress(lang, quiet=as_json)

    def begin(self, processes: int, jobs: int, out: Path) -> None:
        if not self._as_json:
            values = {"count": jobs, "processes": processes, "out": str(out)}
            terminal.say(labels.text("cli.run.started", self._lang, **values))
        self._progress.step(0, self._total, "")

    def tell(self, result: Result) -> None:
        self._ended += 1
        if self._as_json:
            terminal.say_json(result.as_row(self._lang))
            return
        self._progress.clear()
        state = labels.text(f"cli.run.{result.state}", self._lang)
        values = {"shop": result.shop, "report": result.report, "seconds": result.seconds}
        terminal.say(labels.text("cli.run.line", self._lang, state=state, **values))
        if result.failure:
            terminal.complain("  " + result.failure.text(self._lang).replace("\n", "\n  "))
        self._progress.step(self._ended, self._total, f"{result.shop} · {result.report}")

    def close(self, results: Sequence[Result], out: Path, run_id: str) -> None:
        self._progress.clear()
        done = sum(result.state == "done" for result in results)
        if self._as_json:
            terminal.say_json(
                {"run": {"id": run_id}, "done": done, "total": len(results), "index": str(out / "index.html")}
            )
            return
        terminal.say(labels.text("cli.run.summary", self._lang, done=done, total=len(results)))
        terminal.say(labels.text("cli.run.open", self._lang, path=str(out / "index.html")))
