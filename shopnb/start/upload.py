"""The control that takes files from a browser: by its button or dropped on it, a piece at a time.

Belongs here: putting pieces together. What becomes of the files is the caller's. ipywidgets' own FileUpload takes no
dropped file, says nothing while it sends, and sends everything as one message, which JupyterLab cuts off at 10 MB.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import anywidget
import traitlets


@dataclass
class Handed:
    """What came: (name, bytes) of each file, and the names of those too large or not readable."""

    files: list[tuple[str, bytes]] = field(default_factory=list)
    large: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


class FileUpload(anywidget.AnyWidget):  # type: ignore[misc]
    """A button and a place to drop files.

    Parameters
    ----------
    handed : called once with all that was chosen or dropped together.
    words : button, drop (beside it), going (while it sends; #1 is the file's number, #2 how many, #3 its name).
    accept : suffixes that the browser offers. most : bytes of the largest file that is taken.
    """

    _esm = resources.files(__package__).joinpath("upload.js").read_text("utf-8")
    words = traitlets.Dict().tag(sync=True)
    accept = traitlets.Unicode().tag(sync=True)
    most = traitlets.Int().tag(sync=True)
    disabled = traitlets.Bool().tag(sync=True)

    def __init__(self, handed: Callable[[Handed], None], **given: Any) -> None:
        super().__init__(**given)
        self._handed = handed
        self._came = Handed()
        self._name, self._pieces = "", bytearray()
        self.on_msg(self.heard)

    def heard(self, _: object, content: dict[str, Any], pieces: Sequence[memoryview]) -> None:
        """A message of the browser; each but the last is answered, then the next one comes."""
        kind = content["kind"]
        if kind == "all":
            came, self._came = self._came, Handed()
            came.large, came.unread = content["large"], content["unread"]
            self._handed(came)
            return
        if kind == "begin":
            self._name, self._pieces = content["name"], bytearray()
        elif kind == "piece":
            self._pieces += b"".join(pieces)
        else:
            self._came.files.append((self._name, bytes(self._pieces)))
            self._pieces = bytearray()
        self.send({"kind": "taken"})
