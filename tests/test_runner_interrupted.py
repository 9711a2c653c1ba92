"""Batches that are stopped, killed, or two at once: what is there is whole, what is done stays done, all gets done."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

NOTEBOOK = Path(__file__).parent / "notebooks" / "counts_runs.ipynb"
SHOPS = ("一", "b", "c", "d")
SECONDS = 300  # for one batch, on a busy machine; a batch alone takes a few
pytestmark = pytest.mark.slow


@pytest.fixture
def shops(tmp_path):
    made = [tmp_path / "shops" / name for name in SHOPS]
    for shop in made:
        (shop / "tables").mkdir(parents=True)
    return made


# The command line; somebody may edit the package while its tests run, which would be another program.
COMMAND = """
import sys
from shopnb.cli import main, running

running.program_digest = lambda: "this"
sys.exit(main(sys.argv[1:]))
"""


def begin(tmp_path, shops, *more):
    arguments = ["-c", COMMAND, "run", NOTEBOOK, "-p", "pause=0.5", "--lang", "en", *more]
    return python(*arguments, "--shop", *shops, "--out", tmp_path / "out", "--jobs", "2")


def python(*arguments):
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        encoding="utf-8", env={**os.environ, "SHOPNB_LANG": "en"},
    )  # fmt: skip


BATCH = """
import sys
from pathlib import Path
from shopnb.runner import Job, Plan, run_batch

notebook, out, run, force, *shops = sys.argv[1:]
jobs = [
    Job(shop=shop, report="counts_runs", notebook=notebook, parameters={"shop": shop, "pause": 0.5, "lang": "en"},
        out=out, shop_label=Path(shop).name, expected_end="2026-08-30", force=force == "True")
    for shop in shops
]
results = run_batch(Plan(jobs), out=Path(out), processes=2, lang="en", run=run, tell=lambda result: None)
sys.exit(max(result.exit_code for result in results))
"""


def begin_plain(tmp_path, shops, run, *, force=False):
    """A batch without the command line, which starts faster."""
    return python("-c", BATCH, NOTEBOOK, tmp_path / "out", run, force, *shops)


def finish(batch):
    out, err = batch.communicate(timeout=SECONDS)
    return batch.returncode, out, err


def runs(shops):
    return [len((shop / "runs.txt").read_text().split()) if (shop / "runs.txt").exists() else 0 for shop in shops]


def accounted(tmp_path):
    """Shop -> id of the batch whose report stands."""
    found = {}
    for name in SHOPS:
        path = tmp_path / f"out/.shopnb/{name}/counts_runs.json"
        if path.exists():
            found[name] = json.loads(path.read_text("utf-8"))["run"]
    return found


def assert_whole(tmp_path, name):
    record = json.loads((tmp_path / f"out/{name}/counts_runs_2026-08-30.json").read_text("utf-8"))
    page = (tmp_path / f"out/{name}/counts_runs_2026-08-30.html").read_text("utf-8")
    assert record["verdict"] in page
    assert page.rstrip().endswith("</html>")


def until(happened, batch=None, seconds=SECONDS):
    """Wait for something; in vain when the batch ends before it, or after `seconds`."""
    stop = time.monotonic() + seconds
    while not happened():
        assert batch is None or batch.poll() is None, batch.communicate()
        assert time.monotonic() < stop, "waited in vain"
        time.sleep(0.02)


def family(batch):
    try:
        return psutil.Process(batch.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def runs_still(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_stopped_batch_leaves_no_process_and_an_index_and_goes_on(tmp_path, shops):
    for number in (signal.SIGINT, signal.SIGTERM):  # Ctrl-C, and what systemd sends
        begun = sum(runs(shops))
        batch = begin(tmp_path, shops)
        until(lambda begun=begun: accounted(tmp_path) and sum(runs(shops)) > begun, batch)
        processes = family(batch)
        batch.send_signal(number)
        code, _, err = finish(batch)
        assert (code, "Stopped." in err, "Traceback" in err) == (130, True, False)
        until(lambda processes=processes: not any(runs_still(one) for one in processes), seconds=20)
        done = accounted(tmp_path)
        assert "did not run" in (tmp_path / "out/index.html").read_text("utf-8")
        for name in done:
            assert_whole(tmp_path, name)
    before = runs(shops)
    code, out, _ = finish(begin(tmp_path, shops))
    assert (code, out.count("unchanged  ")) == (0, len(done)), out
    for shop, ran in zip(shops, before, strict=True):
        assert_whole(tmp_path, shop.name)
        if shop.name in done:
            assert runs([shop]) == [ran], "what was done is not done again"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_batch_whose_runner_is_killed_at_any_moment_can_be_finished(tmp_path, shops):
    chance = random.Random(6)
    for turn in range(2):
        batch = begin_plain(tmp_path, shops, f"r{turn}", force=True)
        standing = len(accounted(tmp_path))
        until(lambda standing=standing: len(accounted(tmp_path)) > standing, batch)
        time.sleep(chance.uniform(0.0, 1.0))
        batch.kill()
        finish(batch)
        for name in accounted(tmp_path):
            assert_whole(tmp_path, name)
    done = accounted(tmp_path)
    assert len(set(done.values())) == 1, "with --force, too, the batch goes on under its own id"
    before = dict(zip(SHOPS, runs(shops), strict=True))
    code, out, err = finish(begin_plain(tmp_path, shops, "again", force=True))
    assert code == 0, err
    for shop in shops:
        assert_whole(tmp_path, shop.name)
        assert shop.name not in done or runs([shop]) == [before[shop.name]]
    rows = json.loads((tmp_path / "out/batch.json").read_text("utf-8"))["reports"]
    assert sorted(row["shop"] for row in rows) == sorted(SHOPS)
    assert not list((tmp_path / "out/.shopnb/journal").iterdir())


def test_two_batches_at_once_share_the_work(tmp_path, shops):
    batches = [begin_plain(tmp_path, shops, run) for run in ("r1", "r2")]
    codes = [finish(batch)[0] for batch in batches]
    assert codes == [0, 0]
    assert runs(shops) == [1] * len(shops)
    for name in SHOPS:
        assert_whole(tmp_path, name)
    rows = json.loads((tmp_path / "out/batch.json").read_text("utf-8"))["reports"]
    assert sorted(row["shop"] for row in rows) == sorted(SHOPS)
