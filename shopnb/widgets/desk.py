"""The desk of one page: which parameters are wanted, when they are applied, and who is told.

The state is the parameters: controls anywhere in the notebook write into one set of wanted values and follow it.
Applying calls the page's `redraw`, which recomputes with the functions of a headless run.
"""

from __future__ import annotations

import asyncio
import html
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol
from weakref import WeakKeyDictionary

from shopnb import labels
from shopnb.errors import ShopnbError
from shopnb.parameters import Parameter
from shopnb.widgets.control import DAYS
from shopnb.widgets.dials import Dial, Span

FIXED = ("shop", "due_date")  # another shop is another run; what data are due is the scheduler's to know
WAIT_SECONDS = 0.05  # what the hand does in one go is one change
TYPED_SECONDS = 0.15  # a date typed digit by digit is one change


class Controlled(Protocol):
    """What a page offers to its controls."""

    slug: ClassVar[str]

    @property
    def given(self) -> Mapping[str, Any]:
        """The parameters in force."""

    @property
    def lang(self) -> str:
        """Language of the labels."""

    def declared(self) -> tuple[Parameter, ...]:
        """The parameters in the order of the cell."""

    def offered(self) -> Mapping[str, Sequence[Any]]:
        """Parameter name to the values that its control offers, each plain or as (words, value)."""

    def spans(self) -> Sequence[Span]:
        """Periods that can be picked by name."""

    def dials(self, section: str) -> Sequence[Dial]:
        """The controls that stand beside a section."""

    def told(self, section: str) -> str:
        """What they change elsewhere on the page, in a sentence; "" for nothing."""

    def redraw(self, **changed: Any) -> None:
        """Set parameters and redraw what they change."""

    def hand_over(self) -> None:
        """Hand the record of what is shown to whoever reads the notebook afterwards."""


class Front(Protocol):
    """Controls somewhere in the notebook."""

    def follow(self) -> None:
        """Stand at the wanted values, in the page's language."""

    def say(self, written: str) -> None:
        """Show a line of HTML: what goes on."""


class Desk:
    """Wanted values of one page, and the fronts that show them."""

    def __init__(self, page: Controlled) -> None:
        self.page = page
        self.first = {name: value for name, value in page.given.items() if name not in FIXED}
        self.wanted = dict(self.first)
        self.fronts: dict[str, Front] = {}
        self._pending: asyncio.TimerHandle | None = None
        self._alone = threading.RLock()

    def alone(self, act: Callable[..., None]) -> Callable[..., None]:
        """`act`, once nothing else goes on with the page: JupyterLab hands what is moved to threads of the kernel."""

        def called(*given: Any) -> None:
            with self._alone:
                act(*given)

        return called

    def want(self, **values: Any) -> None:
        """Apply these values when the hand rests: what comes close together is one change.

        Without a running event loop they are applied at once.
        """
        with self._alone:
            self.wanted = {**self.wanted, **values}
        may_be_half_typed = len(values) == 1 and values.keys() <= set(DAYS)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.apply()
            return
        if self._pending:
            self._pending.cancel()
        self._pending = loop.call_later(TYPED_SECONDS if may_be_half_typed else WAIT_SECONDS, self.apply)

    def reset(self) -> None:
        """Back to the values that the notebook's cell gave."""
        self.wanted = dict(self.first)
        self.apply()

    def apply(self) -> None:
        """Recompute and redraw with the wanted values; a mistake is a sentence beside the controls."""
        with self._alone:
            self._apply()

    def _apply(self) -> None:
        self._pending = None
        lang = self.page.lang
        self._say(lang, labels.text("widgets.working", lang), look="nb-busy")
        try:
            self.page.redraw(**self.wanted)
            lang = self.page.lang
            for front in self.fronts.values():
                front.follow()
            self._say(lang, labels.text("widgets.done", lang))
            self.page.hand_over()  # nobody sees it: not to be waited for
        except ShopnbError as error:
            sentence = error.text(lang).removeprefix(f"{error.code}: ")
            self._say(lang, sentence, labels.text("widgets.kept", lang), look="nb-attention")
        except KeyboardInterrupt:
            sentence = labels.text("widgets.stopped", lang)
            self._say(lang, sentence, labels.text("widgets.kept", lang), look="nb-attention")
        except Exception as error:  # ours: a traceback would go where the operator never looks
            what = f"{type(error).__name__}: {error}"
            self._say(lang, labels.text("widgets.broken", lang, what=what), look="nb-attention")

    def _say(self, lang: str, *sentences: str, look: str = "") -> None:
        """What goes on, in the line of every front."""
        role = "alert" if look == "nb-attention" else "status"
        lines = [html.escape(line) for sentence in sentences for line in sentence.splitlines()]
        for front in self.fronts.values():
            front.say(f'<span class="nb-said {look}" lang="{lang}" role="{role}">{"<br>".join(lines)}</span>')


_DESKS: WeakKeyDictionary[Any, Desk] = WeakKeyDictionary()


def desk_of(page: Controlled) -> Desk:
    """The one desk of a page."""
    if page not in _DESKS:
        _DESKS[page] = Desk(page)
    return _DESKS[page]
