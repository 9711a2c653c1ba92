"""What a notebook shows: outputs that can be redrawn in place, and the controls that redraw them.

Belongs here: display handles and ipywidgets. Headless (papermill, nbconvert) the outputs work the same and no widget
is made, since a widget leaves its state in the notebook.
"""

from __future__ import annotations

from shopnb.widgets.outputs import Block, Handles
from shopnb.widgets.panel import Controlled, controls, is_interactive

__all__ = ["Block", "Controlled", "Handles", "controls", "is_interactive"]
