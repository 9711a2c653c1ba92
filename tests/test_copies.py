"""The working copy of the notebooks: the package's newer ones come in, what its user changed stays."""

import argparse
import json
import os
import shutil
import signal

import nbformat
import nbformat.sign
import pytest

from shopnb import parameters
from shopnb.cli.lab import lab, working_copy


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of two notebooks, and a home of its own for what JupyterLab trusts."""
    own, folder = parameters.notebook_folder(), tmp_path / "package"
    folder.mkdir()
    for name in ("00_start_here", "01_shop_overview"):
        shutil.copy(own / f"{name}.ipynb", folder)
    monkeypatch.setattr("shopnb.parameters.notebook_folder", lambda: folder)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    return folder


def rewritten(path, old, new, *, outputs=()):
    """A notebook of which something was changed, as JupyterLab saves it."""
    notebook = json.loads(path.read_text("utf-8").replace(old, new))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)
        if cell["cell_type"] == "code":
            cell["outputs"] = list(outputs)
    path.write_text(json.dumps(notebook), "utf-8")


def test_a_working_copy_follows_the_package_and_keeps_what_the_user_changed(package, tmp_path, capsys):
    folder = working_copy(tmp_path / "我的 笔记", "en")
    start, mine = folder / "00_start_here.ipynb", folder / "01_shop_overview.ipynb"
    newer = folder / "01_shop_overview.new.ipynb"
    assert 'lang: str = \\"en\\"' in start.read_text("utf-8")
    notary = nbformat.sign.NotebookNotary(data_dir=str(tmp_path / "jupyter"))
    assert notary.check_signature(nbformat.read(start, as_version=4)), "its button runs it without a question"

    said = {"name": "stdout", "output_type": "stream", "text": ["saved"]}
    rewritten(start, "", "", outputs=[said])
    rewritten(mine, "data/sample", "shops/mine")
    before = {path: path.read_text("utf-8") for path in (start, mine)}
    working_copy(folder, "zh")
    assert {path: path.read_text("utf-8") for path in before} == before
    assert not newer.exists()
    assert capsys.readouterr().out == ""

    for name in (start.name, mine.name):
        rewritten(package / name, "shopnb import", "shopnb import ShopnbError,")
    working_copy(folder, "zh")
    assert "ShopnbError" in start.read_text("utf-8")
    assert 'lang: str = \\"en\\"' in start.read_text("utf-8"), "the language it had"
    assert mine.read_text("utf-8") == before[mine]
    assert "ShopnbError" in newer.read_text("utf-8")
    assert "01_shop_overview.new.ipynb" in capsys.readouterr().out
    newer.unlink()
    working_copy(folder, "zh")
    assert not newer.exists(), "it is laid beside once"


def test_the_first_ctrl_c_leaves_the_question_to_jupyterlab(package, tmp_path, monkeypatch):
    told = iter([KeyboardInterrupt, 0])

    class Running:
        def __init__(self, said, env):
            assert env["JUPYTER_CONFIG_PATH"].startswith(str(tmp_path / "mine" / ".shopnb"))

        def wait(self):
            if (code := next(told)) is KeyboardInterrupt:
                raise KeyboardInterrupt
            return code

    monkeypatch.setattr("subprocess.Popen", Running)
    assert lab(argparse.Namespace(folder=str(tmp_path / "mine")), "zh") == 0
    assert next(told, "ended") == "ended"


def test_a_request_to_end_ends_jupyterlab(package, tmp_path, monkeypatch):
    class Running:
        ended = False

        def __init__(self, said, env):
            pass

        def wait(self):
            os.kill(os.getpid(), signal.SIGTERM)
            return 0 if self.ended else 1

        def terminate(self):
            self.ended = True

    monkeypatch.setattr("subprocess.Popen", Running)
    before = signal.getsignal(signal.SIGTERM)
    assert lab(argparse.Namespace(folder=str(tmp_path / "mine")), "zh") == 0
    assert signal.getsignal(signal.SIGTERM) is before
