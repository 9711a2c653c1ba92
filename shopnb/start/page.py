"""The start page as its notebook sees it: one call a cell, each shows one panel."""

from __future__ import annotations

from shopnb import widgets
from shopnb.start.choosing import Choosing
from shopnb.start.desk import Desk
from shopnb.start.files import Files
from shopnb.start.past import Past
from shopnb.start.running import Running
from shopnb.start.typed import Typed


class Start:
    """The start page; in a headless run every call shows the static twin of its panel."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.panels = {kind.__name__.lower(): kind(desk) for kind in (Choosing, Files, Running, Past, Typed)}

    def shop(self) -> None:
        """Which shop, in which language; a new one."""
        self.panels["choosing"].show()
        if widgets.is_interactive():
            choosing = self.panels["choosing"]
            assert isinstance(choosing, Choosing)
            choosing.guarded(lambda: choosing.open(self._desk.named))()

    def files(self) -> None:
        """Exports in: upload, inbox, what each was taken for, what can be seen now."""
        self.panels["files"].show()

    def reports(self) -> None:
        """Run reports of a period; links to the pages."""
        self.panels["running"].show()

    def runs(self) -> None:
        """What was run before."""
        self.panels["past"].show()

    def tables(self) -> None:
        """Forms for the tables that people type in, the change log first; findings to copy into it."""
        self.panels["typed"].show()


def open_start(*, shop: str = "", start_date: str = "", end_date: str = "", lang: str = "zh") -> Start:
    """Open the start page.

    Parameters
    ----------
    shop : shop folder that is open first, "" for the one that was open last (at first the sample).
    start_date, end_date : period that stands there first, "" for the reports' own choice.
    lang : language of the page and of the reports it runs.

    Notes
    -----
    In JupyterLab the folder is opened beside the page, with progress; headless at once. A folder that cannot be
    opened is a sentence in the first panel.
    """
    desk = Desk(shop, start=start_date, end=end_date, lang=lang)
    if not widgets.is_interactive():
        desk.open(desk.named)
    return Start(desk)
