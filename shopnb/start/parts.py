"""What panels are made of: sentences, tables, rows of controls; the same HTML for the static twin.

Belongs here: markup. Everything from outside is escaped here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from IPython.display import display
from markupsafe import Markup, escape

from shopnb import labels
from shopnb.errors import ShopnbError
from shopnb.labels.letters import columns_of

if TYPE_CHECKING:
    import ipywidgets

_SHORT = 22  # half-width columns: cells up to here stay on one line
_START = Markup(
    '<button class="jp-mod-styled jp-mod-accept" data-commandlinker-command="notebook:run-all-cells">▶ {}</button>'
)
WIDGET_MIME = "application/vnd.jupyter.widget-view+json"


@cache
def _css(file: str) -> str:
    return resources.files(__package__).joinpath(file).read_text(encoding="utf-8")


def style() -> str:
    """The style sheet of the start page, in JupyterLab's own colours."""
    return f"<style>{_css('start.css')}</style>"


def shown(text: object) -> Markup:
    """Text from anywhere, escaped and without control characters; finished markup as it is."""
    return text if isinstance(text, Markup) else escape(labels.visible(str(text)))


def paragraph(text: object, look: str = "") -> Markup:
    """One paragraph; `look` is a class: muted, good, attention, strong."""
    return Markup('<p class="nb-start-p {}">{}</p>').format(look, shown(text))


def lines(text: str, look: str = "") -> Markup:
    """A message of several lines."""
    return paragraph(Markup("<br>").join(shown(line) for line in text.splitlines()), look)


def table(
    headings: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[int] = (), stacked: bool = False
) -> Markup:
    """Rows under headings, in a box that scrolls by itself; columns named in `numbers` stand at the right.

    The cells of a `stacked` table stand below each other where there is no room beside, without their headings.
    """
    at_right = frozenset(numbers)
    head = _cells(Markup('<th scope="col"{}>{}</th>'), headings, at_right)
    body = Markup().join(Markup("<tr>{}</tr>").format(_cells(Markup("<td{}>{}</td>"), row, at_right)) for row in rows)
    return Markup(
        '<div class="nb-start-scroll{}" tabindex="0"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(" nb-start-stacked" if stacked else "", head, body)


def _cells(form: Markup, cells: Sequence[object], at_right: frozenset[int]) -> Markup:
    return Markup().join(form.format(_side(cell, place in at_right), shown(cell)) for place, cell in enumerate(cells))


def _side(cell: object, at_right: bool) -> Markup:
    """Numbers at the right; short texts on one line."""
    if at_right:
        return Markup(' class="nb-start-n"')
    return Markup(' class="nb-start-s"') if columns_of(str(cell)) <= _SHORT else Markup()


def fold(title: str, inside: Markup) -> Markup:
    """Something that opens on a click."""
    return Markup('<details class="nb-start-fold"><summary>{}</summary>{}</details>').format(shown(title), inside)


def sentence(error: BaseException, lang: str) -> str:
    """What an error says to an operator: its sentences, or for our own mistakes that they are ours."""
    if isinstance(error, ShopnbError):
        return error.text(lang).removeprefix(f"{error.code}: ")
    return labels.text("widgets.broken", lang, what=f"{type(error).__name__}: {error}")


def show_html(content: Markup, lang: str) -> None:
    """The static twin, as an output that every reader of notebooks shows."""
    display({"text/html": f'{style()}<div class="nb-start" lang="{lang}">{content}</div>', "text/plain": ""}, raw=True)


def show_widget(box: ipywidgets.Widget, lang: str) -> None:
    """Show widgets; what is saved of them is their place and one sentence, which is seen where no kernel runs them."""
    said = labels.text("start.run_again", lang)
    again = Markup('<style>{}</style><p class="nb-start-again" lang="{}">{} {}</p>').format(
        Markup(_css("again.css")), lang, said, _START.format(labels.text("start.start", lang))
    )
    display({"text/html": again, "text/plain": ""}, raw=True)
    view = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
    display({WIDGET_MIME: view, "text/plain": said}, raw=True)


def html(content: object = "", look: str = "") -> ipywidgets.HTML:
    """A widget that shows markup."""
    import ipywidgets

    made = ipywidgets.HTML(str(content)).add_class("nb-start-html")
    return made.add_class(look) if look else made


def row(*members: ipywidgets.Widget) -> ipywidgets.Widget:
    """Controls side by side, on the next line where there is no room."""
    import ipywidgets

    return ipywidgets.Box(list(members)).add_class("nb-start-row")


def button(text: str, pressed: Callable[[], Any], *, primary: bool = False, icon: str = "") -> ipywidgets.Button:
    """A button as wide as its words."""
    import ipywidgets

    made = ipywidgets.Button(
        description=text, icon=icon, button_style="primary" if primary else "", layout={"width": "auto"}
    )
    made.on_click(lambda _: pressed())
    return made


def field(widget: ipywidgets.Widget, label: str, *, hint: str = "", name: str = "") -> ipywidgets.Widget:
    """A control with its label above it."""
    widget.description = label
    widget.tooltip = hint or label
    widget.add_class("nb-start-field")
    return widget.add_class(f"nb-start-field-{name}") if name else widget
