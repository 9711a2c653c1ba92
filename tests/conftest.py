"""Fixtures that several tests share."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BROWSER_FLAGS = (
    "--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-sync", "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> str:
    """The installed Chromium; tests that need a browser skip where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no Chromium on this machine: install Debian's package chromium")
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """That Chromium, started, with every host but this machine cut off."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(BROWSER_FLAGS))
        yield launched
        launched.close()


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
