"""The panel that chooses, opens or makes a shop, and the language of page and reports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from shopnb import labels
from shopnb.errors import InputError
from shopnb.intake import import_files
from shopnb.shop import new_shop
from shopnb.shop.folder import find_folder
from shopnb.shop.inbox import safe_name
from shopnb.shop.settings import PLATFORMS, write_rates
from shopnb.start import parts
from shopnb.start.desk import SHOPS
from shopnb.start.panel import Panel
from shopnb.start.rates import MARGIN, rate

if TYPE_CHECKING:
    import ipywidgets

NEW, ELSEWHERE = "+new", "+elsewhere"
OUTDATED = "tables_outdated"


class Choosing(Panel):
    """Which shop."""

    def twin(self) -> Markup:
        """The open shop: what it is called, which days its tables cover, where it lies."""
        desk = self.desk
        if desk.shop is None:
            if desk.trouble is None:
                return Markup()
            if desk.trouble.code == OUTDATED:
                return parts.paragraph(desk.text("outdated", folder=desk.named), "attention")
            return parts.lines(parts.sentence(desk.trouble, desk.lang), "attention")
        days, tables = desk.days(), len(list(desk.shop.tables))
        key = "shop_line" if days else "shop_line_empty"
        values = {"first": days.start, "last": days.end} if days else {}
        line = desk.text(key, name=desk.shop.name, tables=tables, **values)
        where = desk.text("shop_where", folder=desk.short(desk.folder), inbox=desk.short(desk.folder / "inbox"))
        return parts.paragraph(line, "strong") + parts.paragraph(where, "muted")

    def build(self) -> Sequence[ipywidgets.Widget]:
        """The list of shops, the language, and what a new one needs."""
        import ipywidgets

        text = self.desk.text
        self.choice = parts.field(ipywidgets.Dropdown(options=self._options()), text("shop"), name="shop")
        self.choice.observe(self.moved(self._chosen), names="value")
        named = [(labels.text(f"parameters.choices.lang.{one}", self.desk.lang), one) for one in labels.LANGUAGES]
        self.lang = parts.field(
            ipywidgets.Dropdown(options=named, value=self.desk.lang), labels.text("parameters.lang", self.desk.lang),
            name="lang",
        )  # fmt: skip
        self.lang.observe(self.moved(self.desk.speak), names="value")
        self.name = parts.field(ipywidgets.Text(placeholder=text("new_name_hint")), text("new_name"), name="name")
        kinds = [(text(f"platform.{one}"), one) for one in PLATFORMS]
        self.platform = parts.field(ipywidgets.Dropdown(options=kinds), text("new_platform"), name="platform")
        self.margin = parts.field(
            ipywidgets.Text(placeholder="0.42"), text("new_margin"), hint=text("new_margin_hint"), name="margin"
        )
        make = parts.button(text("new_make"), self.guarded(self._make), primary=True)
        self.new = parts.row(self.name, self.platform, self.margin, make)
        self.path = parts.field(ipywidgets.Text(placeholder=text("path_hint")), text("path"), name="path")
        open_it = parts.button(text("path_open"), self.guarded(lambda: self.open(self.path.value.strip())))
        self.elsewhere = parts.row(self.path, open_it)
        self.line = parts.html()
        self.again = parts.button(text("read_again"), self.guarded(self._read_again), primary=True, icon="refresh")
        self.again.layout.display = "none"
        self._unfold("")
        chosen = parts.row(self.choice, self.lang)
        going = parts.row(self.progress, self.cancel)
        return [chosen, self.new, self.elsewhere, going, self.said, self.line, self.again]

    def redraw(self) -> None:
        """The shop that is open, in the list and in words."""
        with self.silently():
            self.choice.options = self._options()
            if self.desk.shop is not None:
                self.choice.value = str(self.desk.folder.resolve())
                self._unfold("")
        self.line.value = str(self.twin())
        outdated = self.desk.trouble is not None and self.desk.trouble.code == OUTDATED
        self.again.layout.display = "" if outdated else "none"

    def forget(self) -> None:
        """What stands here is about the opening itself."""

    def open(self, folder: str) -> None:
        """Open a folder beside the page: a first time reads its inbox."""
        if not folder:
            raise InputError("shop_not_found", shop=folder or "-", places=str(Path.cwd()))
        self.beside(lambda: self.desk.open(folder, told=self.step), lambda _: self._opened())

    def _read_again(self) -> None:
        """Read the files of a folder again whose tables an older version stored, then open it."""
        named = self.desk.named
        self.beside(
            lambda: import_files([], find_folder(named), rebuild=True, progress=self.step), lambda _: self.open(named)
        )

    def _opened(self) -> None:
        self.desk.remember()
        self.say("")
        self.desk.changed()

    def _options(self) -> list[tuple[str, str]]:
        known = self.desk.known_shops()
        if self.desk.shop is not None:
            own = str(self.desk.folder.resolve())
            known[own] = "sample" if known.get(own) == "sample" else self.desk.shop.name
        named = [(self.desk.text("sample") if name == "sample" else name, folder) for folder, name in known.items()]
        return [*named, (self.desk.text("new"), NEW), (self.desk.text("elsewhere"), ELSEWHERE)]

    def _chosen(self, value: str | None) -> None:
        self._unfold(value or "")
        if value and value not in (NEW, ELSEWHERE):
            self.open(value)

    def _unfold(self, which: str) -> None:
        self.new.layout.display = "" if which == NEW else "none"
        self.elsewhere.layout.display = "" if which == ELSEWHERE else "none"

    def _make(self) -> None:
        name = self.name.value.strip()
        if not name:
            self.say(self.desk.text("new_without_name"), "attention")
            return
        if self.desk.work.is_busy:
            self.say(self.desk.text("busy"), "attention")
            return
        margin = rate(MARGIN, self.margin.value, self.desk.lang)
        folder = new_shop(Path(SHOPS) / safe_name(name), name=name, platform=self.platform.value, lang=self.desk.lang)
        if margin is not None:
            write_rates(folder, margin_rate=margin, fees={})
        self.open(str(folder))
