"""Workers: kept from job to job, replaced when they die; a killed kernel, worker or template costs its report a try."""

import dataclasses
import json
import threading
import time
from pathlib import Path

import psutil
import pytest
from test_runner import job

from shopnb.runner import forks, workers
from shopnb.runner.attempts import attempt, give_up

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not forks.possible(), reason="processes are not forked on this system"),
]


def jobs(tmp_path, count, *, pause=0.0, report="counts_runs", **more):
    made = []
    for number in range(count):
        shop = tmp_path / f"shop{number}"
        (shop / "tables").mkdir(parents=True)
        given = {"shop": str(shop), "item": "", "lang": "zh", **({"pause": pause} if pause else {})}
        one = job(tmp_path, report, parameters=given, **more)
        made.append(dataclasses.replace(one, shop=str(shop), shop_label=shop.name))
    return made


def kernels():
    """Processes of the template that end first when memory runs out: kernels, not workers."""
    children = psutil.Process(forks.shared().process.pid).children()
    return [one for one in children if Path(f"/proc/{one.pid}/oom_score_adj").read_text().strip() == "500"]


def until_one(found):
    stop = time.monotonic() + 60
    while not (there := found()):
        assert time.monotonic() < stop, "waited in vain"
        time.sleep(0.02)
    return there[0]


def test_two_workers_run_all_jobs_and_are_gone_at_the_end(tmp_path):
    begun = []
    done = dict(workers.results(jobs(tmp_path, 5), 2, run=attempt, fail=give_up, begun=begun.append))
    assert sorted(done) == [0, 1, 2, 3, 4]
    assert {one.state for one in done.values()} == {"done"}
    assert [one.shop_label for one in begun] == [f"shop{number}" for number in range(5)]
    until_one(lambda: [1] if not psutil.Process(forks.shared().process.pid).children() else [])


@pytest.mark.parametrize("victim", ["kernel", "worker", "template"])
def test_a_kill_costs_a_try_and_no_report(tmp_path, victim):
    killed = []

    def kill():
        kernel = until_one(kernels)
        of_template = psutil.Process(kernel.ppid())
        others = [one for one in of_template.children() if one.pid not in {each.pid for each in kernels()}]
        killed.append({"kernel": kernel, "worker": others[0], "template": of_template}[victim])
        killed[0].kill()

    killer = threading.Thread(target=kill)
    killer.start()
    done = dict(workers.results(jobs(tmp_path, 3, pause=1.5), 2, run=attempt, fail=give_up))
    killer.join()
    assert killed
    assert {number: one.state for number, one in done.items()} == {0: "done", 1: "done", 2: "done"}
    for one in done.values():
        record = json.loads((tmp_path / "out" / one.path).with_suffix(".json").read_text("utf-8"))
        assert record["verdict"] in (tmp_path / "out" / one.path).read_text("utf-8")
    assert not list((tmp_path / "out").glob("*/.run-*")) or victim == "worker"


def test_a_worker_that_hangs_is_stopped_and_its_report_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "_GRACE_SECONDS", -1.0)  # as if it did not keep the limit itself
    (late,) = workers.results(jobs(tmp_path, 1, report="hangs", seconds=3.0), 1, run=attempt, fail=give_up)
    assert (late[1].state, late[1].failure.code) == ("failed", "report_timeout")
    assert (tmp_path / "out" / late[1].path).is_file()


def test_ordinary_workers_do_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv(forks.SWITCH, "0")
    ((number, done),) = workers.results(jobs(tmp_path, 1), 2, run=attempt, fail=give_up)
    assert (number, done.state) == (0, "done")
