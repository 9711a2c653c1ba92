"""The small line in a card.

Belongs here: sparklines as SVG. A missing day is a gap, the last day a dot.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

_WIDTH, _HEIGHT, _EDGE = 72, 22, 3  # drawn to fit any width: lines and dot keep their thickness


def sparkline(values: Sequence[float | None], alt: str) -> Markup:
    """An SVG of `values` from the oldest to the last; "" with fewer than two known.

    Examples
    --------
    >>> sparkline([1.0, None], "")
    Markup('')
    """
    known = [value for value in values if value is not None and value == value]
    if len(known) < 2:
        return Markup("")
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    step = (_WIDTH - 2 * _EDGE) / (len(values) - 1)
    pieces, pen, last = [], "M", (0.0, 0.0)
    for place, value in enumerate(values):
        if value is None or value != value:
            pen = "M"
            continue
        last = (_EDGE + place * step, _HEIGHT - _EDGE - (value - low) / span * (_HEIGHT - 2 * _EDGE))
        pieces.append(f"{pen}{last[0]:.1f} {last[1]:.1f}")
        pen = "L"
    return Markup(
        '<svg class="nb-spark" viewBox="0 0 {w} {h}" preserveAspectRatio="none" role="img" aria-label="{alt}">'
        '<path d="{path}"/><path class="nb-dot" d="M{x} {y}h0"/></svg>'
    ).format(w=_WIDTH, h=_HEIGHT, alt=escape(alt), path="".join(pieces), x=f"{last[0]:.1f}", y=f"{last[1]:.1f}")
