"""The first screen drawn without a browser: an SVG laid out by hand, and its PNG.

Belongs here: lines, boxes and their heights. Words come finished from the page; colours are those of its light theme.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import vl_convert

from shopnb import labels
from shopnb.labels.letters import columns_of, wrap
from shopnb.report.notebook import Parts

_WIDTH, _EDGE, _PAD = 390, 14, 12
_SCALE = 2
_LABEL = 24  # half-width columns that fit over a card's number
_FONT = "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, Source Han Sans SC, WenQuanYi Micro Hei, Segoe UI, sans-serif"
_INK, _SOFT, _BRAND, _ACCENT, _WARN, _GOOD = "#17211f", "#4d5a57", "#134e4a", "#276ba9", "#9a4a05", "#0f6e56"
_PAPER, _CARD, _LINE, _RED, _GREEN = "#f3f4f2", "#ffffff", "#dfe2de", "#c0322b", "#137a63"
_LEADING = 1.45  # height of a line over the size of its letters
_TONES = {"good": _GOOD, "attention": _WARN}
_ARROWS = {"up": "▲", "down": "▼", "level": "■"}


@dataclass
class _Canvas:
    """Elements drawn so far, and how far down."""

    y: float = _EDGE
    drawn: list[str] = field(default_factory=list)

    def text(
        self, x: float, y: float, said: str, *, size: float, colour: str, bold: bool = False, anchor: str = ""
    ) -> None:
        weight, place = ' font-weight="700"' if bold else "", f' text-anchor="{anchor}"' if anchor else ""
        self.drawn.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}"{weight}{place}>{escape(said)}</text>'
        )

    def lines(self, x: float, said: str, *, size: float, colour: str, bold: bool = False) -> None:
        """A text broken to the room there is, below what is drawn."""
        room = int((_WIDTH - _EDGE - _PAD - x) / (size * (0.53 if bold else 0.51)))
        for line in wrap(said, room) if said else []:
            self.y += size * _LEADING
            self.text(x, self.y - size * 0.35, line, size=size, colour=colour, bold=bold)

    def box(self, top: float, bottom: float) -> str:
        return (
            f'<rect x="{_EDGE}" y="{top:.1f}" width="{_WIDTH - 2 * _EDGE}" height="{bottom - top:.1f}" rx="8"'
            f' fill="{_CARD}" stroke="{_LINE}"/>'
        )


def card_png(parts: Parts) -> bytes:
    """The first screen as PNG at twice the density, drawn from what the page says."""
    return bytes(vl_convert.svg_to_png(card_svg(parts), scale=_SCALE))


def card_height(parts: Parts) -> int:
    """Height in px that the first screen needs at phone width, as near as counting letters can tell."""
    return int(_drawn(parts).y)


def card_svg(parts: Parts) -> str:
    """The first screen as SVG, 390 px wide."""
    canvas = _drawn(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{canvas.y:.0f}"'
        f' viewBox="0 0 {_WIDTH} {canvas.y:.0f}" font-family="{_FONT}">'
        f'<rect width="100%" height="100%" fill="{_PAPER}"/>{"".join(canvas.drawn)}</svg>'
    )


def _drawn(parts: Parts) -> _Canvas:
    glance, lang, canvas = parts.page["glance"], parts.page["lang"], _Canvas()
    sample = f" · {labels.text('screen.sample', lang)}" if glance["sample"] else ""
    canvas.lines(_EDGE + _PAD, glance["title"] + sample, size=12.5, colour=_BRAND, bold=True)
    canvas.lines(_EDGE + _PAD, glance["period"], size=12, colour=_SOFT)
    canvas.lines(_EDGE + _PAD, glance["verdict"], size=20, colour=_INK, bold=True)
    if glance["progress"]:
        canvas.lines(_EDGE + _PAD, glance["progress"]["text"], size=12, colour=_SOFT)
    canvas.drawn.append(f'<rect x="{_EDGE}" y="{_EDGE}" width="3" height="{canvas.y - _EDGE:.1f}" fill="{_BRAND}"/>')
    canvas.y += 10
    for place in range(0, len(glance["cards"]), 2):
        _card_row(canvas, glance["cards"][place : place + 2], lang)
    canvas.y += 8
    canvas.lines(_EDGE, labels.text("screen.findings", lang), size=12, colour=_BRAND, bold=True)
    canvas.y += 4
    if not glance["findings"]:
        _boxed(canvas, lambda: canvas.lines(_EDGE + _PAD, glance["quiet"], size=14, colour=_INK, bold=True))
    for place, finding in enumerate(glance["findings"], start=1):
        _boxed(canvas, lambda finding=finding, place=place: _finding(canvas, finding, place, lang))
    canvas.y += _EDGE
    return canvas


def _card_row(canvas: _Canvas, cards: list[Mapping[str, Any]], lang: str) -> None:
    top, half = canvas.y, (_WIDTH - 2 * _EDGE) / 2
    up, down = (_RED, _GREEN) if lang == "zh" else (_GREEN, _RED)
    colours = {"up": up, "down": down, "level": _SOFT}
    tallest = max(len(_label_and_lines(card)[1]) for card in cards)
    bottom = top + 62 + tallest * 16
    canvas.drawn.append(canvas.box(top, bottom))
    for place, card in enumerate(cards):
        x = _EDGE + place * half + _PAD
        label, lines = _label_and_lines(card)
        canvas.text(x, top + 21, label, size=12, colour=_SOFT)
        if card["tone"]:
            said = labels.text(f"screen.tone.{card['tone']}", lang)
            right = _EDGE + (place + 1) * half - _PAD
            canvas.text(right, top + 21, said, size=11, colour=_TONES[card["tone"]], bold=True, anchor="end")
        canvas.text(x, top + 48, labels.visible(card["value"]), size=21, colour=_INK, bold=True)
        for turn, line in enumerate(lines):
            y, arrow = top + 66 + turn * 16, _ARROWS.get(card["direction"], "") if turn == 0 else ""
            if arrow:
                canvas.text(x, y - 1, arrow, size=9, colour=colours[card["direction"]])
            canvas.text(x + (14 if arrow else 0), y, labels.visible(line), size=11.5, colour=_SOFT)
    canvas.y = bottom + 1


def _label_and_lines(card: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The label with its suffix beside it, or, where both are too long for half a phone, as the last line."""
    label, suffix, lines = labels.visible(card["label"]), labels.visible(card["suffix"]), list(card["lines"])
    if suffix and columns_of(f"{label} {suffix}") > (_LABEL - 7 if card["tone"] else _LABEL):
        return label, [*lines, suffix]
    return f"{label} {suffix}".strip(), lines


def _boxed(canvas: _Canvas, draw: Any) -> None:
    """What `draw` draws, in a box as high as it needs."""
    top, place = canvas.y, len(canvas.drawn)
    canvas.y += 6
    draw()
    canvas.y += 9
    canvas.drawn.insert(place, canvas.box(top, canvas.y))
    canvas.y += 1


def _finding(canvas: _Canvas, finding: Mapping[str, Any], place: int, lang: str) -> None:
    x = _EDGE + 34
    canvas.drawn.append(f'<circle cx="{_EDGE + 19}" cy="{canvas.y + 12:.1f}" r="8.5" fill="{_BRAND}"/>')
    canvas.text(_EDGE + 19, canvas.y + 16, str(place), size=11, colour=_CARD, anchor="middle")
    tone = f"{labels.text('screen.tone.' + finding['tone'], lang)} · " if finding["tone"] else ""
    canvas.lines(x, finding["headline"], size=14.5, colour=_INK, bold=True)
    canvas.lines(x, tone + finding["money"], size=13.5, colour=_ACCENT, bold=True)
    canvas.lines(x, f"→ {finding['action']}" if finding["action"] else "", size=13.5, colour=_INK)
    who = " · ".join(filter(None, (finding["owner"], finding["review_on"], finding["confidence"])))
    canvas.lines(x, who, size=12, colour=_SOFT)
    if finding["mind"]:
        canvas.lines(x, labels.text("screen.mind", lang, text=finding["mind"]), size=12, colour=_SOFT)
