"""What every page does: check parameters, compute once, display through handles, redraw on change, emit the record.

A page module subclasses `Page` and says what is its own: the numbers, the findings, the first screen, the sections.
"""

from __future__ import annotations

import datetime as dt
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import pandas as pd

from shopnb import calendar, labels, parameters, screen, tables, view, widgets
from shopnb.derived import Given, Kept, derived
from shopnb.errors import MissingDataError, ParameterError, ShopnbError
from shopnb.findings import Finding, rank
from shopnb.memory import Memory, remembering
from shopnb.metrics.periods import Event, Period, events_in
from shopnb.pages import answers, brushes, gates, provenance
from shopnb.pages.record import Figure, record_of
from shopnb.pages.wording import days_text, finding_view
from shopnb.schema import TABLES
from shopnb.shop import Shop
from shopnb.view import FindingView, Note

_OF_THEIR_OWN = ("shop", "lang", "start_date", "end_date", "due_date")  # parameters with checks of their own
_LEFT_TO_THE_PAGE = ("", "auto")
YEARS = range(2000, 2101)  # of the days that a parameter may name


class Page(ABC):
    """One report: parameters → numbers → findings → sections.

    Subclasses set `slug`, `needs` (tables without which it cannot run), `needs_any` (one of them is enough), `uses`
    (tables that add to it), `remarks` (tables that only a remark on the data reads) and `section_keys`, and fill the
    hooks; `days_behind` is how many days before the day it is made for its data may end without being stale, None
    where nobody can say. Hooks see `self.shop`, `self.given` (all parameters), `self.lang`, `self.numbers` (computed
    once per set of parameters), `self.found` (ranked findings).
    """

    slug: ClassVar[str]
    needs: ClassVar[tuple[str, ...]]
    needs_any: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = ()
    remarks: ClassVar[tuple[str, ...]] = ()
    section_keys: ClassVar[tuple[str, ...]]
    notes_shown: ClassVar[int] = 3
    days_behind: ClassVar[int | None] = 0

    def __init__(self, shop: Shop, given: Mapping[str, Any]) -> None:
        self.shop = shop
        self.given = Given(given)
        self.kept = Kept()
        self._reading = shop.reading
        self._handles = widgets.Handles()
        self._memory = Memory() if widgets.is_interactive() else None
        with self._at_work():
            self._check()

    @classmethod
    def lacking(cls, shop: Shop) -> ShopnbError | None:
        """Why the report cannot run on a shop: the first table it lacks, with the export to download; None: it can."""
        missing = [table for table in cls.needs if not shop.has(table)]
        if cls.needs_any and not any(shop.has(table) for table in cls.needs_any):
            missing.append(cls.needs_any[0])
        if not missing:
            return None
        try:
            shop.table(missing[0])
        except MissingDataError as error:
            return error
        return None

    @classmethod
    def last_day(cls, shop: Shop) -> str:
        """Last day in the tables that the report is about, ISO; "" where they have no days."""
        days = [shop.days(table) for table in (*cls.needs, *cls.needs_any) if shop.has(table)]
        return max((found[1].isoformat() for found in days if found), default="")

    # Hooks

    @abstractmethod
    def compute(self) -> Any:
        """The page's numbers, from the shop's tables and the parameters."""

    @abstractmethod
    def find(self) -> list[Finding]:
        """Findings, unranked."""

    @abstractmethod
    def period(self) -> tuple[Period | None, Period | None]:
        """The period and the one it is compared with; None where the data have no days."""

    @abstractmethod
    def figures(self) -> dict[str, Figure]:
        """The numbers of the record, under stable English names."""

    @abstractmethod
    def period_line(self) -> str:
        """The line under the title: period, comparison, how it was counted."""

    @abstractmethod
    def verdict(self) -> str:
        """One sentence with one main figure."""

    @abstractmethod
    def cards(self) -> list[view.Card]:
        """Four to six numbers."""

    @abstractmethod
    def quiet(self) -> str:
        """What is said where nothing stands out."""

    def progress(self) -> view.Progress | None:
        """How far a target is reached; None without one."""
        return None

    def due(self) -> list[str]:
        """What is to be looked at again today."""
        return []

    @abstractmethod
    def build_section(self, key: str) -> view.Section:
        """One section; the number of its parts does not depend on the data."""

    @abstractmethod
    def health_notes(self) -> list[Note]:
        """What is wrong or missing in the data, beyond the account of rows that every page shows."""

    def choices(self) -> Mapping[str, Sequence[str]]:
        """Parameter name to the values it may have; a page adds its own."""
        return {"lang": labels.LANGUAGES}

    # What a page offers to the hand

    def offered(self) -> Mapping[str, Sequence[Any]]:
        """Parameter name to the values that its control offers, each plain or as (words, value)."""
        with self._at_work():
            return self.kept.value("offered", self.given, lambda: answers.offered(self))

    def spans(self) -> Sequence[widgets.Span]:
        """Periods that can be picked by name."""
        return self.kept.value("spans", self.given, lambda: answers.spans(self))

    def dials(self, section: str) -> Sequence[widgets.Dial]:
        """The controls that stand beside a section."""
        with self._at_work():
            return self.kept.value(f"dials.{section}", self.given, lambda: answers.dials(self, section))

    def told(self, section: str) -> str:
        """What a section's dials change elsewhere on the page, in a sentence; "" where that is nothing."""
        with self._at_work():
            return answers.told(self, section)

    def brush(self, section: str) -> widgets.Brush | None:
        """What a box drawn on a section's chart filters; None where it has no such chart now."""
        with self._at_work():
            return self.kept.value(f"brush.{section}", self.given, lambda: brushes.brush(self, section))

    def points(self, section: str) -> pd.DataFrame:
        """The rows behind the chart of a section on which a box can be drawn; `query` chooses as the box does.

        One row a day, source, review or good; empty where the section has no such chart now.
        """
        found = self.brush(section)
        return found.table.frame.copy() if found else pd.DataFrame()

    # What every page shares

    def first_screen(self) -> view.Screen:
        """Verdict, cards, findings, in one order on every page."""
        sure, unsure = self.finding_views()
        return view.Screen(
            title=labels.text("common.title", self.lang, shop=self.shop.name, report=self.text("name")),
            period=self.period_line() + provenance.stale(self),
            verdict=self.verdict(),
            progress=self.progress(),
            cards=tuple(self.cards()),
            findings=sure,
            to_confirm=unsure,
            due=tuple(self.due()),
            quiet="" if sure else self.quiet(),
            notes=tuple(note.text for note in self.health_notes()[: self.notes_shown]),
            sample=self.shop.settings.sample,
        )

    def span(self, period: Period) -> str:
        """A period with the campaigns and festivals in it."""
        text = days_text(period, self.lang)
        inside = events_in(self.events, period)
        if not inside:
            return text
        names = labels.text("common.list_mark", self.lang).join(dict.fromkeys(event.name for event in inside))
        return text + labels.text("common.holds", self.lang, names=names)

    @property
    def lang(self) -> str:
        """Language of the page."""
        return str(self.given["lang"])

    @derived
    def numbers(self) -> Any:
        """Computed once for the parameters in force."""
        return self.compute()

    @derived
    def found(self) -> list[Finding]:
        """Findings, largest money first."""
        return rank(self.find())

    @derived
    def events(self) -> list[Event]:
        """Campaigns and holidays as the page names them: the shop's own over the package's calendar."""
        return calendar.events(self.frame("campaigns"), self.lang)

    @derived
    def calendar(self) -> list[Event]:
        """The same under names of no page's language: numbers are made with these, and stay in another language."""
        return calendar.events(self.frame("campaigns"))

    def frame(self, table: str) -> pd.DataFrame:
        """A small table whole, as pandas: the typed-in ones; empty with its columns where the shop has none."""
        return self.kept.value(f"frame.{table}", self.given, lambda: self._frame(table)).copy(deep=False)

    def _frame(self, table: str) -> pd.DataFrame:
        if self.shop.has(table):
            return self.shop.table(table).to_pandas()
        return TABLES[table].arrow_schema.empty_table().to_pandas()

    @derived
    def short_names(self) -> dict[str, str]:
        """Item id to the name shown, from the typed-in items."""
        items = self.frame("items").dropna(subset=["short_name"])
        return dict(zip(items["item_id"], items["short_name"], strict=True))

    def item_name(self, item_id: str, title: str) -> str:
        """The short name, else the start of the title and the end of the id (pages.md 2.0)."""
        return self.short_names.get(item_id) or f"{title[:10]}…{item_id[-4:]}"

    def text(self, key: str, /, **values: Any) -> str:
        """A sentence of this page's own topic."""
        return labels.text(f"{self.slug}.{key}", self.lang, **values)

    def has_text(self, key: str) -> bool:
        """Whether this page has a sentence of that key."""
        return labels.has(f"{self.slug}.{key}", self.lang)

    def muted(self, key: str, /, **values: Any) -> view.TextPart:
        """The grey line of what is missing and where to get it."""
        return view.TextPart(self.text(key, **values), muted=True)

    def table(
        self,
        id: str,
        frame: pd.DataFrame,
        columns: Sequence[tuple[str, str]],
        *,
        rows: int = 0,
        signed: Sequence[str] = (),
        bars: Sequence[str] = (),
    ) -> view.TablePart:
        """A table of `columns` (name, number kind), headed from the labels; the page shows the first `rows`, 0: all."""
        shown = tuple(
            view.TableColumn(name, labels.heading(name, self.lang), kind, bar=name in bars, signed=name in signed)
            for name, kind in columns
        )
        return view.TablePart(id, frame, shown, rows=rows)

    def day(self, name: str) -> dt.date | None:
        """A day parameter, None where it is not given."""
        written = self.given[name]
        if not written:
            return None
        try:
            day = dt.date.fromisoformat(written)
        except ValueError:
            raise ParameterError("parameter_day", report=self.slug, name=name, found=written) from None
        if day.year not in YEARS:  # half a year typed, and days whose neighbours no calendar has
            raise ParameterError("parameter_year", report=self.slug, name=name, found=written)
        return day

    def share(self, name: str) -> float:
        """A parameter that is a share, 0 to below 1; 0 stands for "not given"."""
        given = float(self.given[name])
        if not 0 <= given < 1:
            raise ParameterError("parameter_share", report=self.slug, name=name, found=given)
        return given

    def margin_rate(self) -> float:
        """The parameter, else the shop's own; NaN when nobody typed one."""
        own = self.shop.settings.margin_rate
        return self.share("margin_rate") or (math.nan if own is None else own)

    def choice(self, name: str) -> str:
        """A parameter that is one of its `choices`, or left to the page."""
        value = str(self.given[name])
        return value if value in _LEFT_TO_THE_PAGE else self._one_of(name, self.choices()[name])

    def _one_of(self, name: str, allowed: Sequence[str]) -> str:
        value = str(self.given[name])
        if value not in allowed:
            raise ParameterError(
                "parameter_choice", report=self.slug, name=name, found=value, allowed=[*filter(None, allowed)]
            )
        return value

    def _check(self) -> None:
        start, end = self.day("start_date"), self.day("end_date")
        if start and end and end < start:
            raise ParameterError("period_backwards", report=self.slug, start=start, end=end)
        if "margin_rate" in self.given:
            self.share("margin_rate")
        if missing := self.lacking(self.shop):
            raise missing
        chosen = [name for name, value in self.given.items() if isinstance(value, str) and name not in _OF_THEIR_OWN]
        if any(self.given[name] not in _LEFT_TO_THE_PAGE for name in chosen):  # else the tables need not be read
            for name in sorted(self.choices().keys() & set(chosen)):
                self.choice(name)

    @derived
    def _screen(self) -> view.Screen:
        with self._at_work():
            return self.first_screen()

    @derived
    def _health_shown(self) -> tuple[Note, ...]:
        with self._at_work():
            return tuple(self._health())

    def section_shown(self, key: str) -> view.Section:
        """One section as it is shown, built once for the parameters it reads."""
        with self._at_work():
            return self.kept.value(f"section.{key}", self.given, lambda: self.build_section(key))

    @property
    def view(self) -> view.Page:
        """The whole page in its language, money in the shop's currency."""
        with self._at_work():
            return view.Page(
                slug=self.slug,
                lang=self.lang,
                screen=self._screen,
                sections=tuple(self.section_shown(key) for key in self.section_keys),
                health=self._health_shown,
                methods=self._methods(),
                footer=provenance.footer(self),
                currency=self.shop.settings.currency,
            )

    def finding_views(self) -> tuple[tuple[FindingView, ...], tuple[FindingView, ...]]:
        """Findings for the first screen (three at most) and those to be confirmed."""
        shown = [finding_view(finding, self.lang) for finding in self.found]
        sure = [one for one, finding in zip(shown, self.found, strict=True) if finding.is_sure]
        unsure = [one for one, finding in zip(shown, self.found, strict=True) if not finding.is_sure]
        return tuple(sure[:3]), tuple(unsure[:2])

    # What a notebook calls

    def load(self) -> None:
        """Show one box: files, rows read and dropped with reasons, days covered, parameters used."""
        self._show("load")

    def controls(self) -> None:
        """Show the widgets that set the parameters; in a headless run show nothing."""
        widgets.controls(self)

    def findings(self) -> None:
        """Show the first screen: verdict, cards, findings."""
        self._show("findings")

    def section(self, key: str) -> None:
        """Show one question: chart, how to read it, table."""
        if key not in self.section_keys:
            raise KeyError(f"{self.slug} has no section {key!r}; there are {', '.join(self.section_keys)}")
        _ = self.section_shown(key)  # what is wrong with the data is said before anything is shown
        answers.show(self, key)
        self._show(f"section.{key}")

    def methods(self) -> None:
        """Show definitions, formulas, sources and versions; hand the record to the exporter."""
        self._show("methods")
        self._handles.emit(view.RECORD_MIME, self._carried())

    def update(self, **changed: Any) -> None:
        """Set parameters, redraw everything shown so far, and hand over the record."""
        self.redraw(**changed)
        self.hand_over()

    def hand_over(self) -> None:
        """Put the record of what is shown now in the place of the one before; nothing is drawn."""
        if "methods" in self._handles:
            self._handles.emit(view.RECORD_MIME, self._carried(), in_place=True)

    def _carried(self) -> dict[str, Any]:
        with self._at_work():
            return view.carried(self.record(), screen.page_payload(self.view))

    def redraw(self, **changed: Any) -> None:
        """Set parameters and redraw what they change of everything shown so far, each output as soon as it is made.

        The record of before stands until `hand_over`. Where the page cannot be made with these parameters, they and
        all that is shown stay as they were.
        """
        if self._reading != self.shop.reading:  # the shop's tables were read again
            self._reading = self.shop.reading
            self.kept.clear()
        before = self.given
        self.given = Given(parameters.check(self.slug, self.declared(), {**before, **changed}))
        try:
            self._check()
            with self._handles.redrawing():
                for name in sorted(self._handles, key=lambda name: name == "load"):  # the longest and least looked at
                    self._show(name)
        except (Exception, KeyboardInterrupt):
            self.given = before
            raise

    def _show(self, name: str) -> None:
        carries = self._handles.carries_style(name)
        blocks = self.kept.value(f"blocks.{name}.{carries}", self.given, lambda: self._blocks(name, is_styled=carries))
        self._handles.show(name, blocks, lang=self.lang)

    def _blocks(self, name: str, *, is_styled: bool) -> list[widgets.Block]:
        """What stands in the outputs of that name: `load`, `findings`, `methods`, or `section.` with its key."""
        part, _, key = name.partition(".")
        with self._at_work():
            if part == "section":
                kept: tables.RowsAs = "none" if brushes.has_place(self, key) else "csv_if_cut"  # the brush has them
                blocks = screen.section_blocks(self.section_shown(key), self.lang, rows_as=kept)
            elif part == "load":
                heading = labels.text("screen.health", self.lang)
                blocks = [screen.notes_html(self._health_shown, heading=heading)]
            elif part == "findings":
                blocks = [screen.screen_html(self._screen, self.lang)]
            else:
                methods, footer = self._methods(), provenance.footer(self)
                blocks = [screen.methods_html(methods, self.lang), screen.footer_html(footer, self.lang)]
            return screen.notebook_blocks(blocks, self.lang, is_styled=is_styled)

    def declared(self) -> tuple[parameters.Parameter, ...]:
        """The parameters of the page's notebook, in order."""
        return parameters.read_parameters(parameters.notebooks()[self.slug])

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Inside it, amounts are written in the shop's currency, and an open page remembers pure functions."""
        with labels.money_in(self.shop.settings.currency), remembering(self._memory):
            yield

    # What it is made of

    def record(self) -> dict[str, Any]:
        """The machine's view of the page (design: report record), without the clock."""
        with self._at_work():
            return record_of(self)

    @classmethod
    def tables_read(cls) -> tuple[str, ...]:
        """All tables that something on the page is made of."""
        return (*cls.needs, *cls.needs_any, *cls.uses, *cls.remarks)

    def _health(self) -> list[Note]:
        own = self.health_notes()
        return [*provenance.stale_note(self), *own, *gates.notes(self, own), *provenance.row_notes(self)]

    def _methods(self) -> tuple[tuple[str, str], ...]:
        keys = labels.keys(f"{self.slug}.methods", self.lang)
        return tuple((self.text(f"methods.{key}.term"), self.text(f"methods.{key}.text")) for key in keys)
