"""Which reports of which shops to run with which parameters; everything that can be refused is refused here.

Belongs here: names, parameters and missing tables, checked before a kernel starts. Runs nothing.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shopnb import parameters
from shopnb.errors import InputError, MissingDataError, ParameterError, ShopnbError
from shopnb.runner.jobs import UNDATED, Failure, Job, Limits, Result, State

_DUE = "due_date"  # the parameter that tells a page that its data end too early
_OWN_OPTION = {"shop": "--shop", "lang": "--lang"}


@dataclass(frozen=True)
class Reports:
    """What the planner has to know of the shops' data, asked only where it is needed.

    Parameters
    ----------
    lacking : shop folder and slug -> why the report cannot run there (a missing table), or None.
    last_day : shop folder and slug -> last day in its data, ISO, or "" where they have no days.
    refused : shop folder, slug and all parameters -> why the page would not take their values, or None.
    due : shop folder, slug and the day the report is for (None: yesterday there) -> day that its data should reach,
        ISO, or "" where nobody expects any.
    """

    lacking: Callable[[Path, str], ShopnbError | None]
    last_day: Callable[[Path, str], str]
    refused: Callable[[Path, str, Mapping[str, Any]], ParameterError | None]
    due: Callable[[Path, str, dt.date | None], str]


@dataclass(frozen=True)
class Choice:
    """What was asked for on the command line.

    Parameters
    ----------
    shops : shop folders, absolute.
    reports : slugs or notebook paths; () for every report whose tables are there.
    given : `[report.]name=value` texts; a list is given by repeating its name.
    lang : zh or en; "" for each notebook's default.
    day : the day that the reports are for, ISO: later data are left out; "": as far as the data go.
    program : digest of the program that runs them.
    """

    shops: tuple[Path, ...]
    out: Path
    reports: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    lang: str = ""
    static: bool = False
    extras: tuple[str, ...] = ()
    run: str = ""
    day: str = ""
    force: bool = False
    limits: Limits = Limits()
    program: str = ""


@dataclass(frozen=True)
class Plan:
    """Jobs to run, and the reports that will not run with the reason."""

    jobs: list[Job] = field(default_factory=list)
    set_aside: list[Result] = field(default_factory=list)


def plan(choice: Choice, known: Reports) -> Plan:
    """Every report of every shop: a job, or set aside because a table is missing.

    Raises
    ------
    ParameterError
        `unknown_report`, `unknown_parameter`, `parameter_form`, `parameter_text`, `parameter_repeated`,
        `parameter_option` (shop and lang have options of their own), `lang_twice`, `day_twice`, `shops_of_one_name`,
        `reports_of_one_name`; and what a page refuses in every shop (`parameter_choice`, `period_backwards` …).
    InputError
        `notebook_unreadable` for a notebook whose parameters cell cannot be read.
    ShopnbError
        When no named report can run anywhere: the reason of the first.
    """
    _check_shop_names(choice.shops)
    notebooks = _notebooks(choice.reports)
    values = _values(choice, notebooks)
    made, refusals = Plan(), dict[str, ParameterError]()
    for shop in choice.shops:
        for slug, notebook in notebooks.items():
            error = known.lacking(shop, slug)
            if error is None:
                job = _job(choice, shop, slug, notebook, values[slug], known)
                refusal = known.refused(shop, slug, job.parameters)
                if refusal is None:
                    made.jobs.append(job)
                else:
                    refusals.setdefault(slug, refusal)
                    made.set_aside.append(Result(shop.name, slug, "failed", failure=Failure.of(refusal)))
            else:
                state: State = "not_ready" if choice.reports else "skipped"
                made.set_aside.append(Result(shop.name, slug, state, failure=Failure.of(error)))
    running = {job.report for job in made.jobs}
    for refusal in (refusals[slug] for slug in refusals if slug not in running):
        raise refusal
    if not made.jobs:
        _refuse_nothing(choice, known, list(notebooks))
    return made


def _refuse_nothing(choice: Choice, known: Reports, slugs: Sequence[str]) -> None:
    errors = [known.lacking(shop, slug) for shop in choice.shops for slug in slugs]
    if choice.reports and errors and errors[0] is not None:
        raise errors[0]
    raise MissingDataError("nothing_to_run", shops=", ".join(shop.name for shop in choice.shops))


def _check_shop_names(shops: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for shop in shops:
        key = shop.name.casefold()  # one folder on Windows and macOS
        if key in seen:
            raise ParameterError("shops_of_one_name", name=shop.name, first=seen[key], second=shop)
        seen[key] = shop


def _notebooks(reports: Sequence[str]) -> dict[str, Path]:
    """Slug -> notebook of the reports asked for, or of all."""
    every = parameters.notebooks()
    if not reports:
        return dict(every)
    chosen: dict[str, Path] = {}
    for name in reports:
        is_path = name.endswith(".ipynb") and Path(name).is_file()
        if name not in every and not is_path:
            raise unknown_report(name)
        notebook = Path(name).resolve() if is_path else every[name]
        slug = slug_of(notebook)
        if chosen.setdefault(slug, notebook) != notebook:
            raise ParameterError("reports_of_one_name", name=slug, first=chosen[slug], second=notebook)
    return chosen


def unknown_report(name: str) -> ParameterError:
    """The error for a name that is no report; it names all there are, the nearest first."""
    every = parameters.notebooks()
    near = difflib.get_close_matches(name, every, n=len(every), cutoff=0.0)
    return ParameterError("unknown_report", name=name, known=", ".join(near))


def slug_of(notebook: Path) -> str:
    """`05_review_analysis.ipynb` is the report review_analysis; other names are taken as they are."""
    number, _, rest = notebook.stem.partition("_")
    return rest if number.isdigit() and rest else notebook.stem


def _values(choice: Choice, notebooks: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    """Slug -> all its parameters but `shop`, of the declared types."""
    declared = {slug: _declared(notebook) for slug, notebook in notebooks.items()}
    texts = _given_texts(choice, declared)
    values = {}
    for slug, known in declared.items():
        by_name = {parameter.name: parameter for parameter in known}
        converted = {name: parameters.convert(slug, by_name[name], given) for name, given in texts[slug].items()}
        values[slug] = parameters.check(slug, known, converted)
    return values


def _declared(notebook: Path) -> tuple[parameters.Parameter, ...]:
    """Parameters of a notebook, which may be one of the user's own."""
    try:
        return parameters.read_parameters(notebook)
    except (ValueError, KeyError, SyntaxError) as error:
        raise InputError("notebook_unreadable", file=str(notebook), detail=str(error)) from error


def _given_texts(
    choice: Choice, declared: Mapping[str, tuple[parameters.Parameter, ...]]
) -> dict[str, dict[str, list[str]]]:
    """Slug -> name -> the texts given for it; every text has found a report that declares its name."""
    names = {slug: {parameter.name for parameter in known} for slug, known in declared.items()}
    texts: dict[str, dict[str, list[str]]] = {slug: {} for slug in names}
    for written in choice.given:
        report, name, value = _split(written, names)
        if name == "lang" and not report and choice.lang and value != choice.lang:
            raise ParameterError("lang_twice", option=choice.lang, parameter=value)
        if name == "shop" or (name == "lang" and report):
            raise ParameterError("parameter_option", name=name, option=_OWN_OPTION[name])
        if name == "end_date" and choice.day:
            raise ParameterError("day_twice", day=choice.day, end=value)
        takers = [slug for slug in names if name in names[slug] and report in ("", slug)]
        if not takers:
            everything = sorted(set().union(*names.values()) if not report else names[report])
            near = difflib.get_close_matches(name, everything, n=1)
            raise ParameterError(
                "unknown_parameter", report=report or ", ".join(names), name=name, nearest=near[0] if near else "–",
                known=", ".join(everything),
            )  # fmt: skip
        for slug in takers:
            texts[slug].setdefault(name, []).append(value)
    if choice.lang:
        for slug in names:
            if "lang" in names[slug]:
                texts[slug]["lang"] = [choice.lang]
    return texts


def _split(written: str, names: Mapping[str, set[str]]) -> tuple[str, str, str]:
    """`report.name=value` -> (report, name, value); report is "" when it is not named."""
    left, equals, value = written.partition("=")
    report, dot, name = left.rpartition(".")
    if not equals or not name:
        raise ParameterError("parameter_form", found=written)
    if dot and report not in names:
        if report in parameters.notebooks():
            raise ParameterError("report_not_selected", name=report, selected=", ".join(names))
        raise unknown_report(report)
    return report, name, value


def _job(choice: Choice, shop: Path, slug: str, notebook: Path, values: Mapping[str, Any], known: Reports) -> Job:
    last, asked = known.last_day(shop, slug), _day(values.get("end_date"))
    given = {**values, "shop": str(shop)} if "shop" in values else dict(values)
    if choice.day and "end_date" in values and last > choice.day:
        given["end_date"] = asked = choice.day
    due = known.due(shop, slug, dt.date.fromisoformat(asked or choice.day) if asked or choice.day else None)
    late = due if last and last < due else ""
    if late and values.get(_DUE) == "":
        given[_DUE] = late
    return Job(
        shop=str(shop), report=slug, notebook=str(notebook), parameters=given, out=str(choice.out),
        shop_label=shop.name, expected_end=asked or last or UNDATED, static=choice.static, extras=choice.extras,
        run=choice.run, seconds=choice.limits.seconds, memory_mb=choice.limits.memory_mb, force=choice.force,
        program=choice.program, due=late,
    )  # fmt: skip


def _day(written: Any) -> str:
    """A day in the form that file names have; "" for anything else (the page will say what is wrong with it)."""
    try:
        return dt.date.fromisoformat(written).isoformat()
    except (TypeError, ValueError):
        return ""
