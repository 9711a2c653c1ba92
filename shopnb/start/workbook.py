"""A report's notebook for one shop, to open and move its controls without writing a line.

Belongs here: making that copy in the shop folder. What is shown in it is the page's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from shopnb import parameters
from shopnb.start.copies import OWN, Copied, follow

SAMPLE_SHOP = 'shop: str = "data/sample"'


def workbook(folder: Path, slug: str, lang: str) -> Path:
    """The notebook of a report in the shop folder, made or brought up to date; one that its user changed stays.

    Its code is folded away: it is opened for its controls, those of `shopnb lab` for their code too.

    Parameters
    ----------
    folder : the shop folder. slug : the report. lang : language of a notebook that is not there yet.
    """
    package = parameters.notebooks()[slug]
    notebook = json.loads(package.read_text("utf-8"))
    shop = json.dumps(f"../{folder.resolve().name}", ensure_ascii=False)  # from beside the tables, wherever they lie
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = "".join(cell["source"]).replace(SAMPLE_SHOP, f"shop: str = {shop}")
            cell["metadata"]["jupyter"] = {"source_hidden": True}
    text = json.dumps(notebook, ensure_ascii=False, indent=1)
    memory = folder / OWN / "copied.json"
    digests: dict[str, str] = json.loads(memory.read_text("utf-8")) if memory.is_file() else {}
    done = Copied()
    follow(text, folder / package.name, lang, digests, done)
    if done.written or done.beside:
        trust([*done.written, *done.beside])
        memory.parent.mkdir(exist_ok=True)
        memory.write_text(json.dumps(digests, indent=1), "utf-8")
    return folder / package.name


def trust(notebooks: Sequence[Path]) -> None:
    """Sign the package's own notebooks, so that JupyterLab does not ask whether their start button may run them."""
    import nbformat.sign

    notary = nbformat.sign.NotebookNotary()
    for notebook in notebooks:
        notary.sign(nbformat.read(notebook, as_version=4))
