"""Where the sample shop is: `data/sample` of a checkout; of an installed package, a copy that can be written.

Belongs here: finding that folder, and the paths that a command was given.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def own_folder() -> Path:
    """Folder for what shopnb keeps of its own: `.shopnb` in the home folder, or where `SHOPNB_HOME` says."""
    return Path(os.environ.get("SHOPNB_HOME") or Path.home() / ".shopnb")


def packaged_sample() -> Path | None:
    """The sample as an installed package carries it, perhaps read-only; None in a checkout, which has `data/sample`."""
    packaged = _PACKAGE / "_sample"
    return packaged if packaged.is_dir() else None


def sample_folder() -> Path:
    """The sample shop, absolute. That of an installed package is copied once to where it can be written."""
    packaged = packaged_sample()
    if packaged is None:
        return _PACKAGE.parent / "data" / "sample"
    copy = own_folder() / "sample"
    if not copy.is_dir():
        shutil.copytree(packaged, copy)
    return copy


def shop_folder(written: str) -> Path:
    """The shop folder that a command was given; the sample when none was."""
    return Path(written).expanduser() if written else sample_folder()
