"""The start page in a real JupyterLab with the network cut: a new shop, exports in, a report out, without code."""

import json

import pytest
from test_lab import KNOWN, PATIENCE, TOKEN, local, serving

from shopnb import labels
from shopnb.cli.lab import START, command, surroundings, working_copy
from shopnb.shop import open_shop

pytestmark = pytest.mark.slow

WIDGET = "[...window.jupyterapp.shell.widgets('main')].find((one) => one.context?.path === '{path}')"
SAVED_BYTES = 200_000
CUT_OFF = """() => [...document.querySelectorAll('.nb-start-stacked, .nb-start.widget-vbox')]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent.slice(0, 80))"""
DROPPED = """() => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(["日期,版本,展现,点击\\n2026-08-30,甲,1000,50\\n"], "拖来的.csv"));
  const place = document.querySelector('.nb-start-drop');
  for (const kind of ['dragenter', 'dragover', 'drop'])
    place.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
}"""
SLOW = "to activate"  # JupyterLab about its own plugins, on a loaded machine


def word(key, **values):
    return labels.text(f"start.{key}", "zh", **values)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What `shopnb lab` copies, the sample without its long inbox: the test hands exports in."""
    home = tmp_path_factory.mktemp("start")
    with pytest.MonkeyPatch.context() as surrounding:
        surrounding.setenv("JUPYTER_DATA_DIR", str(home / "data"))  # where this JupyterLab looks for what is trusted
        work = working_copy(home / "work")
    inbox = work / "data" / "sample" / "inbox"
    for path in inbox.iterdir():
        if "创意报表" not in path.name:
            path.unlink()
    return work


@pytest.fixture(scope="module")
def address(folder):
    """JupyterLab as `shopnb lab` starts it, with nothing of the user's settings."""
    clean = {name: value for name, value in surroundings(folder).items() if name.partition("_")[0] != "JPY"}
    with serving(folder, command(folder), clean) as address:
        yield address


@pytest.fixture(scope="module")
def page(browser):
    """A window of Chromium for the start page."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(PATIENCE)
    return page


def hand_in(page, *files):
    """Upload files as a person does, the last of them no export, and wait until the page tells of them."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=word("upload.button")).click()
    chooser.value.set_files(list(files))
    told = word("taken_refused", imported=len(files) - 1, unchanged=0, refused=1)
    page.locator(".nb-start-said", has_text=told).wait_for()


def test_a_stranger_makes_a_shop_hands_exports_in_and_gets_a_report(folder, address, page, tmp_path):
    said, outside, widget = [], [], WIDGET.format(path=START)
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda one: outside.append(one.url) if not local(one.url, address) else None)

    page.goto(f"{address}/?token={TOKEN}")  # where `shopnb lab` sends the browser
    page.wait_for_function(f"window.jupyterapp && {widget}?.sessionContext?.session?.kernel?.status === 'idle'")
    page.get_by_role("button", name=word("start")).click()  # signed by `shopnb lab`: nothing is asked
    page.wait_for_selector(".nb-start-findings", state="attached")
    page.locator(".nb-start-p.strong", has_text="禾木杯具旗舰店(虚构):").wait_for()

    page.locator(".nb-start-field-shop select").select_option(label=word("new"))
    page.locator(".nb-start-field-name input").fill("杯子店")
    page.get_by_role("button", name=word("new_make")).click()
    page.get_by_text(word("shop_line_empty", name="杯子店")).wait_for()

    wrong = tmp_path / "截图.xls"
    wrong.write_bytes(b"\x89PNG\r\n" + bytes(range(256)))
    hand_in(page, *sorted((folder / "data/sample/inbox").iterdir()), wrong)
    shop = open_shop(folder / "shops" / "杯子店")
    assert {account.table for account in shop.accounts() if account.kept} == {"ad_daily"}
    assert not (shop.folder / "inbox" / wrong.name).exists()
    told = labels.error_parts("not_a_table", "zh", file=wrong.name)
    assert page.get_by_role("row", name=f"{told['problem']} {told['fix']}").count() == 1

    page.evaluate(DROPPED)
    page.locator(".nb-start-said", has_text=word("taken", imported=1, unchanged=0)).wait_for()
    page.get_by_role("button", name=word("undo_upload")).click()
    page.locator(".nb-start-said", has_text=word("upload_undone", count=1)).wait_for()

    page.get_by_role("button", name=word("run")).click()
    opened = page.locator(".nb-start-report .nb-start-alone")
    opened.wait_for()
    (record,) = [json.loads(path.read_text("utf-8")) for path in shop.folder.glob("reports/*/listing_ab_*.json")]
    page.get_by_role("cell", name=record["verdict"]).wait_for()
    page.get_by_text(word("interrupted")).wait_for(state="detached")
    with page.context.expect_page() as tab:
        opened.click()
    assert tab.value.locator(".nb-verdict").text_content() == record["verdict"]
    assert [text for text in said if not text.startswith(KNOWN) and SLOW not in text] == []
    assert outside == []

    page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".nb-start-stacked th").first.wait_for(state="hidden")
    assert page.evaluate(CUT_OFF) == []

    page.evaluate(f"{widget}.context.save()")
    saved = (folder / START).read_text("utf-8")
    assert len(saved.encode()) < SAVED_BYTES
    assert "widget-view+json" in saved
    assert str(folder) not in saved
    assert "杯子店" not in saved

    page.evaluate(f"{widget}.sessionContext.session.kernel.restart()")
    page.get_by_text(word("run_again")).first.wait_for(state="visible")
    page.reload()  # the page as it is found another day: saved, and nothing of it runs
    dead = page.get_by_text("Error displaying widget")
    dead.nth(4).wait_for(state="attached")
    assert page.get_by_role("button", name=word("start")).count() == 1 + 5, "in the title and in each panel"
    assert [page.get_by_text(word("run_again")).nth(panel).is_visible() for panel in range(5)] == [True] * 5
    assert [dead.nth(panel).is_visible() for panel in range(5)] == [False] * 5
