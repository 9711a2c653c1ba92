"""What a notebook shows: outputs that can be redrawn in place, and the controls that redraw them.

Belongs here: display handles and ipywidgets. Headless (papermill, nbconvert) the outputs work the same and no widget
is made, since a widget leaves its state in the notebook.
"""

from __future__ import annotations

from shopnb.widgets.answers import answers, brushing, calculator
from shopnb.widgets.brush import Brush
from shopnb.widgets.desk import Controlled
from shopnb.widgets.dials import Dial, Span
from shopnb.widgets.outputs import Block, Handles
from shopnb.widgets.panel import controls, is_interactive

__all__ = [
    "Block",
    "Brush",
    "Controlled",
    "Dial",
    "Handles",
    "Span",
    "answers",
    "brushing",
    "calculator",
    "controls",
    "is_interactive",
]
