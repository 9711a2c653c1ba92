"""Fixtures that several tests share."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real files beside the repository that nobody here wrote; tests that use them skip where they are not."""
    folder = Path(__file__).parents[1].parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no folder with real files beside the repository")
    return folder


@pytest.fixture(scope="session")
def sample_shop(tmp_path_factory) -> Path:
    """The sample shop, its exports imported once; the committed folder stays as it is."""
    from shopnb.shop import open_shop

    committed = Path(__file__).parents[1] / "data" / "sample"
    folder = tmp_path_factory.mktemp("shops") / "sample"
    shutil.copytree(committed, folder, ignore=shutil.ignore_patterns("tables", "reports"))
    open_shop(folder)
    return folder
