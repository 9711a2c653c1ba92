"""Files handed over by a browser: into the inbox of a shop folder, under a name that is safe and free.

Belongs here: the name, and writing. What a file is, intake decides.
"""

from __future__ import annotations

import errno
import re
from pathlib import Path, PurePosixPath, PureWindowsPath

from shopnb.errors import InputError

INBOX = "inbox"
_UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*]+')
_LONGEST = 120


def receive(folder: Path, name: str, content: bytes) -> Path:
    """Put a file into the inbox.

    Parameters
    ----------
    folder : the shop folder.
    name : as the browser gave it; folders in it and signs that a file system cannot take are left out.
    content : its bytes. The same bytes under the same name are not written twice; other bytes under a name that is
        taken get a number behind it, as a browser does.

    Raises
    ------
    InputError
        `folder_not_writable`, `import_disk_full`.
    """
    inbox = folder / INBOX
    try:
        inbox.mkdir(parents=True, exist_ok=True)
        path = _free(inbox, safe_name(name), content)
        if not path.exists():
            temporary = path.with_name(f".{path.name}.tmp")
            temporary.write_bytes(content)
            temporary.replace(path)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise InputError("import_disk_full", folder=str(folder)) from None
        raise InputError("folder_not_writable", folder=str(folder)) from None
    return path


def safe_name(name: str) -> str:
    r"""A file's own name without folders and without signs that some file system refuses.

    Examples
    --------
    >>> safe_name("..\\..\\商品 排行?.xls")
    '商品 排行_.xls'
    >>> safe_name("...")
    'file'
    """
    own = _UNSAFE.sub("_", PureWindowsPath(PurePosixPath(name).name).name).strip(" .")
    stem, dot, suffix = own.rpartition(".")
    return f"{stem[:_LONGEST]}{dot}{suffix[:12]}" if stem else own[:_LONGEST] or "file"


def _free(inbox: Path, name: str, content: bytes) -> Path:
    """The path for a name: one that holds the same bytes already, else one that nothing holds."""
    path, number = inbox / name, 0
    while path.exists() and (not path.is_file() or path.read_bytes() != content):
        number += 1
        path = inbox / f"{Path(name).stem}({number}){Path(name).suffix}"
    return path
