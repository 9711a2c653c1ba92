"""Forked kernels: what one notebook does stays with it, limits hold, and ordinary kernels give the same."""

import dataclasses
import importlib.metadata
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import papermill
import psutil
import pytest
from test_runner import NOTEBOOKS, job

from shopnb.runner import execute, forks
from shopnb.runner.template import unsafe

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not forks.possible(), reason="processes are not forked on this system"),
]


def state_of_next(tmp_path):
    return execute(job(tmp_path, "tells_state")).record["parameters"]


def template():
    return forks.shared().process


def test_kernels_are_forked_from_one_process(tmp_path):
    first, second = state_of_next(tmp_path), state_of_next(tmp_path)
    assert first["parent"] == second["parent"] == template().pid


def test_what_a_notebook_changes_is_gone_in_the_next(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = state_of_next(tmp_path)
    died = execute(job(tmp_path, "changes_everything"))
    assert (died.state, died.failure.code, died.failure.cell) == ("failed", "kernel_died", "method")
    assert "exit status 3" in died.failure.parts["en"]["problem"]
    after = state_of_next(tmp_path)
    assert after["drawn"] != before["drawn"]
    mask = os.umask(0o022)
    os.umask(mask)
    assert {**after, "drawn": 0} == {
        "total": 3,
        "label": "State of the data",
        "left": [False, False, False],
        "paths": [],
        "folder": "notebooks",
        "mask": mask,
        "terminates": True,
        "blocked": 0,
        "temporary": str(tmp_path),
        "names": [],
        "main": True,
        "parent": template().pid,
        "drawn": 0,
    }


def test_a_crash_names_the_signal_and_the_cell_and_harms_nobody_else(tmp_path):
    died = execute(job(tmp_path, "segfaults"))
    assert (died.failure.code, died.failure.cell) == ("kernel_died", "load")
    assert "SIGSEGV" in died.failure.parts["en"]["problem"]
    assert execute(job(tmp_path, "dated_page")).state == "done"


@pytest.mark.parametrize(
    ("report", "limit", "code", "cell"),
    [
        ("hangs", {"seconds": 2.0}, "report_timeout", "findings"),
        ("eats_memory", {"memory_mb": 500}, "report_memory", "load"),
    ],
)
def test_a_report_over_its_limit_is_stopped_and_its_kernel_is_gone(tmp_path, report, limit, code, cell):
    stopped = execute(job(tmp_path, report, **limit))
    assert (stopped.state, stopped.failure.code, stopped.failure.cell) == ("failed", code, cell)
    assert stopped.seconds < 30
    page = (tmp_path / "out" / stopped.path).read_text("utf-8")
    assert stopped.failure.parts["zh"]["problem"] in page
    assert [one for one in psutil.Process(template().pid).children() if one.status() != psutil.STATUS_ZOMBIE] == []


def test_limits_that_are_kept_change_nothing(tmp_path):
    free = execute(job(tmp_path / "free", "dated_page"))
    bound = execute(job(tmp_path / "bound", "dated_page", seconds=100.0, memory_mb=4000))
    pages = [(tmp_path / name / "out" / one.path).read_bytes() for name, one in (("free", free), ("bound", bound))]
    assert pages[0] == pages[1]


def test_ordinary_kernels_give_the_same_page(tmp_path, monkeypatch):
    forked = execute(job(tmp_path / "forked", "dated_page"))
    monkeypatch.setenv(forks.SWITCH, "0")
    ordinary = execute(job(tmp_path / "ordinary", "dated_page"))
    parent = state_of_next(tmp_path)["parent"]
    assert parent == os.getpid()
    pages = [tmp_path / name / "out" / one.path for name, one in (("forked", forked), ("ordinary", ordinary))]
    assert pages[0].read_bytes() == pages[1].read_bytes()


def test_a_kernel_with_another_python_path_is_not_forked(tmp_path, monkeypatch):
    assert state_of_next(tmp_path)["parent"] == template().pid
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    assert state_of_next(tmp_path)["parent"] == os.getpid()


def test_a_template_that_was_killed_is_started_again(tmp_path):
    killed = forks.shared().process
    killed.kill()
    killed.wait()
    assert execute(job(tmp_path, "dated_page")).state == "done"
    assert template().pid != killed.pid


def test_a_process_with_a_second_thread_is_not_forked():
    import threading

    going = threading.Event()
    second = threading.Thread(target=going.wait, name="second")
    second.start()
    try:
        assert "second" in unsafe()
    finally:
        going.set()
        second.join()


def test_papermills_own_way_in_has_the_engine_and_saves_after_every_cell(tmp_path):
    names = {one.name for one in importlib.metadata.entry_points(group="jupyter_client.kernel_provisioners")}
    assert "shopnb-fork" in names
    made = papermill.execute_notebook(
        str(NOTEBOOKS / "dated_page.ipynb"), str(tmp_path / "out.ipynb"), parameters={"item": "00123"},
        engine_name="shopnb", progress_bar=False, cwd=str(NOTEBOOKS),
    )  # fmt: skip
    assert made.metadata.papermill.exception is None
    assert json.loads((tmp_path / "out.ipynb").read_text("utf-8"))["metadata"]["papermill"]["duration"] > 0


def test_nothing_is_left_when_the_owner_is_killed(tmp_path):
    code = (
        "from shopnb.runner import forks\nimport time\n"
        "one = forks.shared()\nprint(one.process.pid, one.address, flush=True)\ntime.sleep(600)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pid, address = owner.stdout.readline().split()
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    until = time.monotonic() + 60  # it may be importing still
    while (psutil.pid_exists(int(pid)) or Path(address).parent.exists()) and time.monotonic() < until:
        time.sleep(0.1)
    assert not psutil.pid_exists(int(pid))
    assert not Path(address).parent.exists()


def test_folders_of_killed_runs_are_swept_and_those_of_living_ones_stay(tmp_path):
    here = os.uname().nodename
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left, lives = (tmp_path / f"out/店/.run-{here}-{pid}-x" for pid in (dead.pid, os.getpid()))
    for folder in (left, lives):
        (folder / "ipython").mkdir(parents=True)
    done = dataclasses.replace(job(tmp_path, "dated_page"), run="again")
    assert execute(done).state == "done"
    assert not left.exists()
    assert lives.exists()
