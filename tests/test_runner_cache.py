"""What a report is made of, what stands already, who is at it, and what a full disk leaves: without a kernel."""

import dataclasses
import datetime as dt
import errno
import json
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from shopnb.errors import InputError
from shopnb.runner import Job, Plan, Result, attempt, run_batch
from shopnb.runner import cache as content
from shopnb.runner.claims import claimed
from shopnb.runner.index import write_index
from shopnb.runner.jobs import Failure
from shopnb.runner.journal import Journal
from shopnb.runner.publish import publish_report
from shopnb.view import RECORD_MIME, carried

NOTEBOOKS = Path(__file__).parent / "notebooks"


@pytest.fixture
def job(tmp_path):
    shop = tmp_path / "shop"
    (shop / "tables/imports").mkdir(parents=True)
    (shop / "shopnb.toml").write_text('name = "店"\n', "utf-8")
    (shop / "tables/imports/aa.json").write_text("{}", "utf-8")
    own = tmp_path / "own"
    own.mkdir()
    for name in ("dated_page.ipynb", "emit.py"):
        (own / name).write_bytes((NOTEBOOKS / name).read_bytes())
    return Job(
        shop=str(shop), report="dated_page", notebook=str(own / "dated_page.ipynb"), out=str(tmp_path / "out"),
        parameters={"shop": str(shop), "item": "00123", "lang": "zh"}, shop_label="shop", expected_end="2026-08-30",
        run="r1", program="p",
    )  # fmt: skip


def executed(job, verdict="All quiet"):
    """The notebook of a job as its kernel would leave it."""
    record = {"report": job.report, "title": "Title", "shop": "shop", "lang": "zh", "verdict": verdict,
              "period": {"start": None, "end": "2026-08-30", "compare": None}, "parameters": {}, "inputs": [],
              "figures": {}, "findings": [], "health": [], "versions": {}}  # fmt: skip
    page = {"slug": job.report, "lang": "zh", "title": "Title", "description": "Quiet", "screen": f"<p>{verdict}</p>",
            "sections": [], "health": "", "methods": "", "footer": "", "sample": False}  # fmt: skip
    data = {RECORD_MIME: carried(record, page)}
    cell = nbformat.v4.new_code_cell("", outputs=[nbformat.v4.new_output("display_data", data=data)])
    return nbformat.v4.new_notebook(cells=[cell])


@pytest.fixture
def runs(monkeypatch):
    """Jobs that were run; each gives its page without worker and kernel, everything behind the kernel as it is."""
    ran = []

    def execute(job):
        import tempfile

        ran.append(job)
        folder = Path(job.out) / job.shop_label
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".run-", dir=folder, ignore_cleanup_errors=True) as under_way:
            return publish_report(job, executed(job, f"run {len(ran)}"), Path(under_way), time.monotonic())

    def results(jobs, processes, *, run, fail, begun):
        for number, job in enumerate(jobs):
            begun(job)
            yield number, run(job)

    monkeypatch.setattr("shopnb.runner.attempts.execute", execute)
    monkeypatch.setattr("shopnb.runner.workers.results", results)  # in this process, where the jobs are counted
    return ran


def page_of(job):
    return Path(job.out) / "shop/dated_page_2026-08-30.html"


# What a report is made of


def changed_file(path, text):
    def change(job):
        target = Path(job.shop).parent / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
        return job

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda job: dataclasses.replace(job, parameters={**job.parameters, "item": "123"}),
        lambda job: dataclasses.replace(job, parameters={**job.parameters, "due_date": "2026-08-31"}),
        lambda job: dataclasses.replace(job, static=True),
        lambda job: dataclasses.replace(job, extras=("xlsx",)),
        lambda job: dataclasses.replace(job, program="a newer pandas"),
        changed_file("shop/shopnb.toml", 'name = "店"\nmargin_rate = 0.4\n'),
        changed_file("shop/tables/imports/bb.json", "{}"),
        changed_file("shop/exports/mine.toml", "table = 'orders'"),
        changed_file("shop/tables_in/items.csv", "商品ID"),
        changed_file("own/emit.py", "def emit(*given, **more): ..."),
    ],
)
def test_whatever_can_change_a_page_changes_its_key(job, change):
    before = content.key_of(job)
    assert content.key_of(job) == before
    assert content.key_of(change(job)) != before


@pytest.mark.parametrize("more", [{"run": "r2"}, {"seconds": 5.0}, {"memory_mb": 100}, {"force": True}])
def test_what_cannot_change_a_page_does_not_change_its_key(job, more):
    assert content.key_of(dataclasses.replace(job, **more)) == content.key_of(job)


def test_the_program_is_python_all_packages_and_our_own_bytes(monkeypatch, tmp_path):
    before = content.program_digest.__wrapped__()
    assert content.program_digest.__wrapped__() == before
    monkeypatch.setattr("platform.python_version", lambda: "3.99.0")
    assert content.program_digest.__wrapped__() != before


# What stands already


def test_a_report_of_the_same_content_is_not_run_again(job, runs):
    assert attempt(job).state == "done"
    again = attempt(dataclasses.replace(job, run="r2"))
    assert (again.state, len(runs)) == ("unchanged", 1)
    assert again.path == "shop/dated_page_2026-08-30.html"
    assert again.record["verdict"] == "run 1"
    assert attempt(dataclasses.replace(job, run="r3", force=True)).state == "done"
    assert len(runs) == 2


@pytest.mark.parametrize("ending", ["html", "json", "ipynb"])
@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_text("half a pa", "utf-8")])
def test_a_published_file_that_was_changed_or_deleted_is_made_again(job, runs, ending, harm):
    attempt(job)
    whole = page_of(job).with_suffix(f".{ending}")
    harm(whole)
    assert attempt(dataclasses.replace(job, run="r2")).state == "done"
    assert len(runs) == 2
    assert len(whole.read_text("utf-8")) > 20


@pytest.mark.parametrize("damage", ["", "{", '{"form": 0}', '{"form": 1, "key": "x"}', "[]"])
def test_an_account_that_cannot_be_read_only_costs_a_run(job, runs, damage):
    attempt(job)
    content.place(job, ".json").write_text(damage, "utf-8")
    assert attempt(dataclasses.replace(job, run="r2")).state == "done"


def test_half_a_character_pair_does_not_stop_a_report(job):
    folder = Path(job.out) / job.shop_label / ".run-x"
    folder.mkdir(parents=True)
    result = publish_report(job, executed(job, "cup \ud83d broken"), folder, time.monotonic())
    assert result.state == "done"
    record = (Path(job.out) / result.path).with_suffix(".json").read_text("utf-8")
    assert json.loads(record)["verdict"] == "cup ? broken"


def test_data_that_change_while_a_report_is_made_leave_no_account(job, runs, monkeypatch):
    import_of_another = Path(job.shop) / "tables/imports/bb.json"
    page = executed(job)

    def execute(given):
        import_of_another.write_text("{}", "utf-8")
        folder = Path(given.out) / given.shop_label / ".run-x"
        folder.mkdir(parents=True, exist_ok=True)
        return publish_report(given, page, folder, time.monotonic())

    monkeypatch.setattr("shopnb.runner.attempts.execute", execute)
    assert attempt(job).state == "done"
    import_of_another.unlink()  # undone: the old key again, but the page holds what is gone
    assert content.standing(job, content.key_of(job)) is None


def test_a_failure_is_run_again_but_not_by_the_same_batch(job, monkeypatch):
    tried = []

    def execute(given):
        tried.append(given)
        page = Path(given.out) / "shop/dated_page_2026-08-30.failed.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("why", "utf-8")
        failure = Failure.of(InputError("missing_columns", file="x", columns="y", found="z"))
        return Result("shop", "dated_page", "failed", "shop/dated_page_2026-08-30.failed.html", failure=failure)

    monkeypatch.setattr("shopnb.runner.attempts.execute", execute)
    assert [attempt(job).failure.code for _ in range(2)] == ["missing_columns"] * 2
    assert len(tried) == 1
    attempt(dataclasses.replace(job, run="r2"))
    assert len(tried) == 2


def test_a_dead_kernel_is_started_once_more_and_a_mistake_is_not(job, monkeypatch):
    for code, times in (("kernel_died", 2), ("report_memory", 1), ("report_failed", 1)):
        tried = []
        failure = Failure(code, {"zh": {}, "en": {}}, 1)

        def execute(given, tried=tried, failure=failure):
            tried.append(given)
            return Result("shop", "dated_page", "failed", failure=failure)

        monkeypatch.setattr("shopnb.runner.attempts.execute", execute)
        assert attempt(job).failure.code == code
        assert len(tried) == times


def test_a_job_goes_through_pickle_whole(job, runs):
    sent = pickle.loads(pickle.dumps(job))
    assert sent == job
    result = pickle.loads(pickle.dumps(attempt(sent)))
    assert result.state == "done"
    assert pickle.loads(pickle.dumps(attempt)) is attempt


# Faults around the notebook


def on_call(monkeypatch, number, error):
    """The `number`-th of all writes and renames raises."""
    calls = {"count": 0}
    for name in ("write_bytes", "write_text", "replace"):
        real = getattr(Path, name)

        def faulty(self, *given, _real=real, **more):
            calls["count"] += 1
            if calls["count"] == number:
                raise OSError(error, os.strerror(error))
            return _real(self, *given, **more)

        monkeypatch.setattr(Path, name, faulty)
    return calls


def test_a_disk_that_fills_up_at_any_write_leaves_no_half_report(job, runs, monkeypatch):
    attempt(dataclasses.replace(job, run="r0"))
    old = page_of(job).read_text("utf-8")
    for number in range(1, 30):
        Path(job.shop, "shopnb.toml").write_text(f'name = "{number}"\n', "utf-8")
        with monkeypatch.context() as patched:
            calls = on_call(patched, number, errno.ENOSPC)
            result = attempt(job)
        if calls["count"] < number:
            break
        assert (result.state, result.failure.code, result.exit_code) == ("failed", "disk_full", 2)
        assert not page_of(job).exists(), "an old page under today's name"
        assert not list(Path(job.out).rglob("*.part"))
        again = attempt(dataclasses.replace(job, run=f"after {number}"))
        assert again.state == "done"
        assert page_of(job).read_text("utf-8") != old
        assert json.loads(page_of(job).with_suffix(".json").read_text("utf-8"))["verdict"] == again.record["verdict"]
    assert number > 7


def test_a_kill_between_renames_is_mended_by_the_next_run(job, runs, monkeypatch):
    for number in range(1, 5):  # record, notebook, page, account
        attempt(dataclasses.replace(job, run=f"before {number}", force=True))
        with monkeypatch.context() as patched:
            real, calls = Path.replace, []

            def killed(self, target, _real=real, _calls=calls, _number=number):
                _calls.append(target)
                if len(_calls) == _number:
                    raise KeyboardInterrupt
                return _real(self, target)

            patched.setattr(Path, "replace", killed)
            with pytest.raises(KeyboardInterrupt):
                attempt(dataclasses.replace(job, run=f"killed {number}", force=True))
        names = [Path(target).suffix for target in calls[:-1]]
        assert ".html" not in names[:-1], "the page is the last of the three"
        result = attempt(dataclasses.replace(job, run=f"after {number}"))
        verdict = json.loads(page_of(job).with_suffix(".json").read_text("utf-8"))["verdict"]
        assert verdict in page_of(job).read_text("utf-8")
        assert result.record["verdict"] == verdict


def test_a_shop_that_vanishes_is_named(job, monkeypatch):
    import shutil

    def execute(given):
        shutil.rmtree(given.shop)
        raise OSError(errno.EIO, "a disk was taken out")

    monkeypatch.setattr("shopnb.runner.attempts.execute", execute)
    result = attempt(job)
    assert (result.failure.code, result.exit_code) == ("shop_gone", 2)
    assert "failed" in result.path


def test_a_folder_that_nothing_can_be_written_to_stops_the_batch_with_a_sentence(job, tmp_path):
    (tmp_path / "out").write_text("a file", "utf-8")
    with pytest.raises(InputError) as caught:
        run_batch(Plan([job]), out=tmp_path / "out", processes=1, lang="zh", run="r", tell=lambda _: None)
    assert caught.value.code == "out_not_writable"


# Who is at it


def test_what_another_process_is_at_is_left_to_it(job, runs):
    with claimed(content.place(job, ".lock")) as mine:
        assert mine
        assert attempt(job) is None
    assert (attempt(job).state, len(runs)) == ("done", 1)


def test_a_killed_process_lets_go(job, tmp_path):
    lock = content.place(job, ".lock")
    script = (
        "import sys, time; from pathlib import Path; from shopnb.runner.claims import claimed\n"
        "with claimed(Path(sys.argv[1])) as mine:\n    print(mine, flush=True)\n    time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script, str(lock)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline().strip() == "True"
        with claimed(lock) as mine:
            assert not mine
    finally:
        holder.kill()
        holder.communicate()
    with claimed(lock) as mine:
        assert mine


# The journal


def test_a_batch_goes_on_under_its_own_id_until_it_has_ended(job, tmp_path):
    out = tmp_path / "out"
    first = Journal(out, [job], "r1")
    again = Journal(out, [job], "r2")
    assert (first.resumed, again.resumed, again.run) == (False, True, "r1")
    assert Journal(out, [dataclasses.replace(job, static=True)], "r3").run == "r3"
    again.end()
    assert Journal(out, [job], "r4").run == "r4"


def test_a_batch_of_last_week_is_not_gone_on_with(job, tmp_path):
    Journal(tmp_path, [job], "r1")
    (path,) = (tmp_path / ".shopnb/journal").iterdir()
    old = (dt.datetime.now(dt.UTC) - dt.timedelta(days=7)).isoformat()
    path.write_text(json.dumps({"run": "r1", "began": old}), "utf-8")
    assert Journal(tmp_path, [job], "r2").run == "r2"
    path.write_text("{", "utf-8")
    assert Journal(tmp_path, [job], "r3").run == "r3"


def batch(job, run, **more):
    told, began = [], []
    named = {"out": Path(job.out), "processes": 1, "lang": "en", "tell": told.append, "begun": began.append}
    results = run_batch(Plan([job]), **{**named, "run": run, **more})
    assert results == told
    return results, began


def test_force_runs_all_but_what_the_interrupted_batch_has_done(job, runs):
    forced = dataclasses.replace(job, force=True)
    assert batch(forced, "r1")[0][0].state == "done"
    assert batch(forced, "r2")[0][0].state == "done"
    Journal(Path(job.out), [forced], "r2")  # as if r2 had been stopped before its end
    results, began = batch(forced, "r3")
    assert (results[0].state, began, len(runs)) == ("unchanged", [], 2)


# The index


def test_the_index_keeps_what_others_made_and_forgets_what_is_gone(job, runs, tmp_path):
    out = Path(job.out)
    other = dataclasses.replace(job, shop_label="other")
    batch(job, "r1")
    batch(other, "r2")
    rows = json.loads((out / "batch.json").read_text("utf-8"))["reports"]
    assert [(row["shop"], row["state"], row["run"]) for row in rows] == [
        ("other", "done", "r2"),
        ("shop", "done", "r1"),
    ]
    assert "shop/dated_page_2026-08-30.html" in (out / "index.html").read_text("utf-8")
    page_of(job).unlink()
    batch(other, "r3")
    rows = json.loads((out / "batch.json").read_text("utf-8"))["reports"]
    assert [(row["shop"], row["state"]) for row in rows] == [("other", "unchanged")]
    assert "run 2" in (out / "index.html").read_text("utf-8"), "the verdict of an unchanged report"


def test_a_stopped_batch_says_on_the_index_that_it_was(tmp_path):
    write_index(tmp_path, [], lang="en", run="r1", seconds=1.0, left=7)
    assert "7 reports did not run" in (tmp_path / "index.html").read_text("utf-8")
    assert json.loads((tmp_path / "batch.json").read_text("utf-8"))["run"]["left"] == 7
