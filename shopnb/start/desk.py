"""What all panels of the start page share: the shop that is open, the language, the work in hand.

Belongs here: that state, and telling the panels when it changes.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from shopnb import calendar, labels
from shopnb.errors import ShopnbError
from shopnb.metrics.periods import Period, presets
from shopnb.schema import TABLES
from shopnb.shop import Shop, open_shop
from shopnb.shop.folder import find_folder
from shopnb.shop.sample import sample_folder
from shopnb.shop.settings import FILE_NAME
from shopnb.start.work import StoppedError, Work

SHOPS = "shops"  # where new shop folders are made, beside the notebooks
LAST = Path(SHOPS, ".last")  # the shop that was open last
SAMPLE = "data/sample"


class Desk:
    """The state of the start page.

    Parameters
    ----------
    folder : the shop folder as the notebook names it; "" for the one that was open last, at first the sample.
    start, end : days that the period begins with, "" for the reports' own choice.
    lang : zh or en.
    """

    def __init__(self, folder: str, *, start: str = "", end: str = "", lang: str = "zh") -> None:
        self.named = folder or _last()
        self.start, self.end = start, end
        self.lang = lang if lang in labels.LANGUAGES else labels.system_language()
        self.shop: Shop | None = None
        self.trouble: ShopnbError | None = None
        self.work = Work()
        self._listeners: list[Callable[[], None]] = []

    def text(self, key: str, /, **values: object) -> str:
        """A sentence of the start page."""
        return labels.text(f"start.{key}", self.lang, **values)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call this when shop, tables, language or reports have changed."""
        self._listeners.append(listener)

    def changed(self) -> None:
        """Tell all panels."""
        for listener in self._listeners:
            listener()

    def speak(self, lang: str) -> None:
        """Change the language of the page and of the reports it runs."""
        self.lang = lang
        self.changed()

    def open(self, folder: str | Path, *, told: Callable[[int, int, str], None] | None = None) -> None:
        """Open a shop folder; a first time reads its inbox. What is wrong stands in `trouble`."""
        self.named = str(folder)
        try:
            self.shop, self.trouble = open_shop(folder, progress=told), None
        except StoppedError:
            raise
        except ShopnbError as error:
            self.shop, self.trouble = None, error

    def remember(self) -> None:
        """Which shop is open, for the next time; the sample alone leaves no trace."""
        with contextlib.suppress(OSError):
            if self.shop is not None and (self.short(self.folder) != SAMPLE or LAST.exists()):
                LAST.parent.mkdir(exist_ok=True)
                LAST.write_text(self.short(self.folder), "utf-8")

    @property
    def folder(self) -> Path:
        """The folder of the open shop."""
        assert self.shop is not None
        return self.shop.folder

    def short(self, path: Path) -> str:
        """A path from the working directory where it lies below it, so that no machine's folders are shown."""
        whole, here = path.resolve(), Path.cwd().resolve()
        return whole.relative_to(here).as_posix() if whole.is_relative_to(here) else str(path)

    @property
    def out(self) -> Path:
        """Where the shop's reports stand, as `shopnb run` without `--out` puts them."""
        return self.folder.resolve() / "reports"

    @property
    def today(self) -> dt.date:
        """The day in the shop's time zone; the day of what people note."""
        zone = self.shop.settings.time_zone if self.shop else "Asia/Shanghai"
        return dt.datetime.now(ZoneInfo(zone)).date()

    def days(self) -> Period | None:
        """First and last day of the tables that come from exports and have days."""
        if self.shop is None:
            return None
        spans = [span for name in self.shop.tables if not TABLES[name].typed and (span := self.shop.days(name))]
        return Period(min(first for first, _ in spans), max(last for _, last in spans)) if spans else None

    def presets(self) -> tuple[dict[str, Period], str]:
        """The periods that people ask for by name, and the name of the campaign among them."""
        covered = self.days()
        if covered is None or self.shop is None:
            return {}, ""
        typed = self.shop.table("campaigns") if self.shop.has("campaigns") else None
        empty = TABLES["campaigns"].arrow_schema.empty_table()
        events = calendar.events((empty if typed is None else typed).to_pandas(), self.lang)
        found = presets(covered.end, events)
        names = [one.name for one in events if "campaign" in found and one.period.overlaps(found["campaign"])]
        return found, next((name for name in names if name), "")

    def known_shops(self) -> dict[str, str]:
        """Folder -> name of the shops to choose from: the notebook's own, the sample, those beside the notebooks."""
        places = [Path(self.named), Path(SAMPLE), *sorted(Path(SHOPS).glob("*"))]
        found: dict[str, str] = {}
        for place in places:
            if (folder := _existing(place)) and (folder / FILE_NAME).is_file():
                found.setdefault(str(folder.resolve()), folder.name)
        if not any(_is_sample(folder) for folder in found):
            found[str(sample_folder())] = "sample"
        return found


def _last() -> str:
    """The shop that was open last; the sample where there was none or it is gone."""
    with contextlib.suppress(OSError, ValueError):
        named = LAST.read_text("utf-8").strip()
        if named and Path(named, FILE_NAME).is_file():
            return named
    return SAMPLE


def _existing(place: Path) -> Path | None:
    try:
        return find_folder(place)
    except ShopnbError:
        return None


def _is_sample(folder: str) -> bool:
    return Path(folder).name == "sample"
