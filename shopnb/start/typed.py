"""The panel of the tables that people type in: a form a table from its declaration, and findings to copy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from markupsafe import Markup

from shopnb import labels
from shopnb.schema import CHOICES, REQUIRED, TABLES, Column
from shopnb.shop import open_shop
from shopnb.shop.settings import FEES, write_rates
from shopnb.shop.typing_in import Added, add_row, bad_rows, take_back
from shopnb.start import parts
from shopnb.start.findings import as_change, newest_findings
from shopnb.start.panel import Panel
from shopnb.start.past import past_runs
from shopnb.start.rates import MARGIN, rate

if TYPE_CHECKING:
    import ipywidgets

RATES = "fees"  # not a table: the rates in shopnb.toml
FORMS = (
    "changes", "campaigns", "targets", "costs", RATES, "peers", "competitors", "items", "source_groups", "stock",
    "service", "votes", "ab_daily",
)  # fmt: skip
_NEEDED = {"ab_daily": ("day", "variant", "impressions", "clicks")}
_FIRST = {"changes": ("item_id",), "costs": ("goods_cost",), "targets": ("scope", "paid_amount")}  # beside the needed
_CLOSED = {("changes", "object")}  # words that the reports look for: one click each, nothing else is taken
_ROWS_SHOWN, _FINDINGS_SHOWN = 5, 6
_SPLIT = " · "  # between a word that is stored and what it means


class Typed(Panel):
    """Forms."""

    def twin(self) -> Markup:
        """Which tables have rows, and their rows that could not be read."""
        desk = self.desk
        if desk.shop is None:
            return Markup()
        rows, bad = [], Markup()
        for name in FORMS:
            if name != RATES:
                count = sum(account.kept for account in desk.shop.accounts(name))
                rows.append([self._name(name), str(count), self._file(name)])
                bad += self._bad(name)
        headings = [desk.text(f"column.{key}") for key in ("table", "rows", "file")]
        return bad + parts.table(headings, rows, numbers=(1,))

    def build(self) -> Sequence[ipywidgets.Widget]:
        """The choice of a form, the form, what stands in the table; findings."""
        import ipywidgets

        self._added: Added | None = None
        names = [(self._name(name), name) for name in FORMS]
        self.which = parts.field(ipywidgets.Dropdown(options=names), self.desk.text("which_table"), name="table")
        self.which.observe(lambda _: self.guarded(self._refill)(), names="value")
        self.form = ipywidgets.VBox().add_class("nb-start-form")
        self.rows, self.all = parts.html(), parts.html()
        self.findings = ipywidgets.VBox().add_class("nb-start-findings")
        self.undo = parts.button(self.desk.text("undo"), self.guarded(self._take_back), icon="undo")
        self.undo.layout.display = "none"
        self._made_for: tuple[str, str] = ("", "")
        return [self.which, self.form, parts.row(self.said, self.undo), self.rows, self.findings, self.all]

    def redraw(self) -> None:
        """The form of the chosen table, its last rows, the findings of the newest reports."""
        if self.desk.shop is None:
            self.form.children, self.findings.children, self.rows.value = (), (), ""
            self.all.value = ""
            self._made_for = ("", "")
            return
        key = (self.which.value, str(self.desk.folder))
        if key != self._made_for:
            self._made_for = key
            self._make_form()
        self.rows.value = str(self._bad(self.which.value) + self._last_rows(self.which.value))
        self.all.value = str(parts.fold(self.desk.text("all_tables"), self.twin()))
        self._offer_findings()

    def forget(self) -> None:
        """A row of another shop is not taken back from here."""
        super().forget()
        self._added = None
        self.undo.layout.display = "none"

    def _refill(self) -> None:
        self.forget()
        self.redraw()

    def _make_form(self) -> None:
        import ipywidgets

        name, text = self.which.value, self.desk.text
        save = parts.button(text("save"), self.guarded(self._save), primary=True, icon="check")
        if name == RATES:
            self._fields = {key: self._rate_field(key) for key in ("margin_rate", *FEES)}
            first, more = list(self._fields.values()), []
        else:
            self._fields = {column.name: self._field(name, column) for column in TABLES[name]}
            needed = (*REQUIRED.get(name, _NEEDED.get(name, ())), *_FIRST.get(name, ()))
            first = [self._fields[one] for one in needed]
            more = [one for key, one in self._fields.items() if key not in needed]
        rows: list[Any] = [parts.row(*first, save)]
        if more:
            folded = ipywidgets.Accordion([parts.row(*more)], titles=[text("more_fields")], selected_index=None)
            rows.append(folded.add_class("nb-start-more"))
        self.form.children = rows

    def _field(self, table: str, column: Column) -> Any:
        import ipywidgets

        needed = column.name in REQUIRED.get(table, _NEEDED.get(table, ()))
        label = self._heading(column) + (" *" if needed else "")
        if column.dtype == "date":
            start = self.desk.today if needed else None
            return parts.field(ipywidgets.DatePicker(value=start), label, name=column.name)
        offered = self._offered(table, column.name)
        hint = self.desk.text("time_hint") if column.dtype == "timestamp" else ""
        if not offered:
            return parts.field(ipywidgets.Text(placeholder=hint), label, name=column.name)
        if (table, column.name) in _CLOSED:
            return parts.field(ipywidgets.ToggleButtons(options=offered, value=None), label, name="picked")
        box = ipywidgets.Combobox(options=offered, ensure_option=False, placeholder=self.desk.text("pick_or_type"))
        return parts.field(box, label, name=column.name)

    def _offered(self, table: str, name: str) -> list[str]:
        """What a field offers: declared words, with their meaning in the page's language, or the shop's items."""
        if name in ("item_id", "own_item_id", "item_ids"):
            return [f"{key}{_SPLIT}{said}" for key, said in self._items().items()]
        return [self._with_meaning(word) for word in CHOICES.get((table, name), ())]

    def _with_meaning(self, word: str) -> str:
        """A declared word, with what it means where the page speaks another language than the table."""
        key = f"start.word.{word}"
        meaning = labels.text(key, self.desk.lang) if labels.has(key, self.desk.lang) else word
        return word if meaning == word else f"{word}{_SPLIT}{meaning}"

    def _items(self) -> dict[str, str]:
        """Item id -> short name, else the start of its title; the shop's own words."""
        shop = self.desk.shop
        assert shop is not None
        found: dict[str, str] = {}
        for table, title in (("item_period", "item_title"), ("items", "short_name")):
            if shop.has(table):
                rows = shop.table(table).select("item_id", title).distinct().to_pandas().dropna()
                found |= {str(key): str(said)[:14] for key, said in rows.itertuples(index=False, name=None)}
        return found

    def _rate_field(self, key: str) -> Any:
        import ipywidgets

        settings = self.desk.shop.settings if self.desk.shop else None
        value = settings.margin_rate if settings and key == "margin_rate" else settings and settings.fees.get(key)
        hint = self.desk.text(f"fee_hint.{key}")
        box = ipywidgets.Text(value="" if value is None else f"{value:g}", placeholder=hint)
        return parts.field(box, self.desk.text(f"fee.{key}"), hint=hint, name=key)

    def _save(self) -> None:
        if self.which.value == RATES:
            self._save_rates()
            return
        written = {name: _written(one.value) for name, one in self._fields.items()}
        if not any(value for name, value in written.items() if not isinstance(self._fields[name].value, dt.date)):
            self.say(self.desk.text("nothing_typed"), "attention")
            return
        self._add(self.which.value, written)
        for one in self._fields.values():
            if not isinstance(one.value, dt.date):
                one.value = "" if "placeholder" in one.traits() else None

    def _save_rates(self) -> None:
        written = {key: rate(key, one.value, self.desk.lang) for key, one in self._fields.items()}
        margin = written.pop(MARGIN)
        write_rates(self.desk.folder, margin_rate=margin, fees=written)
        self._reopen()
        self.say(self.desk.text("rates_saved"), "good")

    def _add(self, table: str, written: Mapping[str, str]) -> None:
        """Add a row; what the import makes of it is said."""
        self.undo.layout.display = "none"
        self._added = add_row(self.desk.folder, table, written)
        self._reopen()
        said = _SPLIT.join(value for value in written.values() if value)
        self.say(self.desk.text("row_saved", table=self._name(table), row=said), "good")
        self.undo.layout.display = ""

    def _take_back(self) -> None:
        if self._added is None:
            return
        take_back(self._added)
        self._added = None
        self.undo.layout.display = "none"
        self._reopen()
        self.say(self.desk.text("row_taken_back"))

    def _reopen(self) -> None:
        """Bring the tables in step with what was typed, as every opening does."""
        self.desk.shop = open_shop(self.desk.folder)
        self.desk.changed()

    def _last_rows(self, name: str) -> Markup:
        shop = self.desk.shop
        if name == RATES or shop is None:
            return Markup()
        if not shop.has(name):
            return parts.paragraph(self.desk.text("no_rows"), "muted")
        rows = shop.table(name).to_pandas()
        tail = rows.tail(_ROWS_SHOWN).iloc[::-1]
        kept = [column for column in TABLES[name] if tail[list(column.stored_names)].notna().any(axis=None)]
        cells = [[self._cell(name, row, column) for column in kept] for _, row in tail.iterrows()]
        head = self.desk.text("last_rows", count=len(rows))
        return parts.paragraph(head, "muted") + parts.table([self._heading(one) for one in kept], cells)

    def _cell(self, table: str, row: pd.Series[Any], column: Column) -> str:
        shown = _shown(row, column)
        return self._with_meaning(shown) if (table, column.name) in CHOICES else shown

    def _bad(self, name: str) -> Markup:
        """The rows of a table's files that could not be read."""
        if name == RATES or self.desk.shop is None or not (bad := bad_rows(self.desk.folder, name)):
            return Markup()
        rows = [
            (one.file, one.row, one.column, one.value, labels.text(f"intake.rejected.{one.reason}", self.desk.lang))
            for one in bad
        ]
        headings = [self.desk.text(f"column.{key}") for key in ("file", "row", "field", "value", "why")]
        return parts.paragraph(self.desk.text("bad_rows", count=len(bad)), "attention") + parts.table(headings, rows)

    def _offer_findings(self) -> None:
        """The newest findings, each with a button that notes its action."""
        desk = self.desk
        runs = past_runs(desk.out, desk.folder.resolve().name)
        found = newest_findings(runs)[:_FINDINGS_SHOWN]
        made: list[Any] = [parts.html(parts.paragraph(desk.text("findings" if found else "no_findings"), "strong"))]
        noted = self._noted()
        for run, finding in found:
            said = parts.paragraph(finding["text"]) + parts.paragraph(
                desk.text("action", action=finding["action"], owner=finding.get("owner") or "–"), "muted"
            )
            note = parts.button(desk.text("note_it"), lambda: None, icon="pencil")
            if finding["text"] in noted:
                note.description, note.disabled = desk.text("noted"), True
            note.on_click(lambda _, run=run, finding=finding: self.guarded(
                lambda: self._add("changes", as_change(run, finding, desk.today)))())  # fmt: skip
            made.append(parts.row(note, parts.html(said)).add_class("nb-start-finding"))
        self.findings.children = made

    def _noted(self) -> set[str]:
        """The notes of the change log; a finding's text stands there once it has been copied."""
        shop = self.desk.shop
        assert shop is not None
        return set(shop.table("changes")["note"].to_pandas().dropna()) if shop.has("changes") else set()

    def _name(self, table: str) -> str:
        return self.desk.text("rates") if table == RATES else labels.text(f"intake.tables.{table}", self.desk.lang)

    def _file(self, table: str) -> str:
        """The file that the rows come from; the one to fill where there are none."""
        assert self.desk.shop is not None
        files = [account.file for account in self.desk.shop.accounts(table) if account.kept]
        return files[-1] if files else f"tables_in/{table}.csv"

    def _heading(self, column: Column) -> str:
        if self.desk.lang == "zh":
            return column.platform or column.name
        for key in (f"start.field.{column.name}", f"columns.{column.name}"):
            if labels.has(key, self.desk.lang):
                return labels.text(key, self.desk.lang)
        return column.name.replace("_", " ")


def _written(value: Any) -> str:
    """A field's value as it is typed into the file; of an offered word its own part."""
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value or "").split(_SPLIT)[0].strip()


def _shown(row: pd.Series[Any], column: Column) -> str:
    values = [row[name] for name in column.stored_names if pd.notna(row[name])]
    if not values:
        return ""
    if isinstance(values[0], pd.Timestamp | dt.date):
        return str(pd.Timestamp(values[0]).strftime("%Y-%m-%d" if column.dtype == "date" else "%Y-%m-%d %H:%M"))
    return "~".join(f"{value:g}" if isinstance(value, float) else str(value) for value in dict.fromkeys(values))
