"""Running one report and a batch, with small notebooks that are named for what they do."""

import dataclasses
import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from shopnb.runner import Job, Plan, Result, execute, run_batch
from shopnb.runner.jobs import Failure

NOTEBOOKS = Path(__file__).parent / "notebooks"
pytestmark = pytest.mark.slow


def job(tmp_path, report, **more):
    given = {"shop": str(tmp_path), "item": "00123", "lang": "zh"}
    named = {"expected_end": "2026-08-30", "run": "r1", "parameters": given, **more}
    return Job(
        shop=str(tmp_path), report=report, notebook=str(NOTEBOOKS / f"{report}.ipynb"), out=str(tmp_path / "out"),
        shop_label="店", **named,
    )  # fmt: skip


def files(tmp_path):
    return sorted(
        path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()
    )


def old_report(tmp_path, *names):
    (tmp_path / "out/店").mkdir(parents=True)
    for name in names:
        (tmp_path / "out/店" / name).write_text("yesterday's", "utf-8")


def test_a_good_report_leaves_page_record_and_notebook_named_for_its_last_day(tmp_path):
    old_report(tmp_path, "dated_page_2026-08-30.failed.html", "dated_page_2026-08-30.failed.ipynb")
    result = execute(job(tmp_path, "dated_page"))
    assert (result.state, result.exit_code, result.path) == ("done", 0, "店/dated_page_2026-08-30.html")
    assert files(tmp_path) == [f"店/dated_page_2026-08-30.{kind}" for kind in ("html", "ipynb", "json")]
    record = json.loads((tmp_path / "out/店/dated_page_2026-08-30.json").read_text("utf-8"))
    assert record["parameters"]["item"] == "00123"
    assert record["run"]["id"] == "r1"
    assert record["run"]["seconds"] > 0
    page = (tmp_path / "out" / result.path).read_text("utf-8")
    assert "All quiet" in page
    assert "r1" not in page


def test_a_report_without_days_is_named_undated(tmp_path):
    assert execute(job(tmp_path, "undated_page")).path == "店/undated_page_undated.html"


def test_the_kernel_is_this_python_headless_and_with_one_thread(tmp_path, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "a notebook in JupyterLab")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    result = execute(job(tmp_path, "tells_environment"))
    assert result.record["parameters"] == {"python": sys.executable, "session": None, "threads": "1"}


def test_start_up_files_of_the_user_do_not_run(tmp_path, monkeypatch):
    started = tmp_path / "ipython/profile_default/startup"
    started.mkdir(parents=True)
    (started / "00.py").write_text("raise SystemExit", "utf-8")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    assert execute(job(tmp_path, "undated_page")).state == "done"


@pytest.mark.parametrize(
    ("report", "state", "exit_code", "code", "cell"),
    [
        ("missing_data", "not_ready", 2, "nothing_to_run", "load"),
        ("operator_error", "failed", 2, "missing_columns", "load"),
        ("our_error", "failed", 1, "report_failed", "findings"),
        ("kernel_dies", "failed", 1, "kernel_died", "load"),
        ("no_record", "failed", 1, "no_record", ""),
    ],
)
def test_a_failed_report_leaves_why_and_nothing_under_its_name(tmp_path, report, state, exit_code, code, cell):
    old_report(tmp_path, f"{report}_2026-08-30.html", f"{report}_undated.html", f"{report}_2026-08-29.html")
    result = execute(job(tmp_path, report))
    assert (result.state, result.exit_code, result.failure.code, result.failure.cell) == (state, exit_code, code, cell)
    assert result.path == f"店/{report}_2026-08-30.failed.html"
    assert files(tmp_path) == [
        f"店/{report}_2026-08-29.html",
        f"店/{report}_2026-08-30.failed.html",
        f"店/{report}_2026-08-30.failed.ipynb",
    ]
    page = (tmp_path / "out" / result.path).read_text("utf-8")
    assert "Traceback" not in page
    assert "<script>alert" not in page


def test_an_operators_error_speaks_both_languages_whatever_the_kernel_spoke(tmp_path):
    failure = execute(job(tmp_path, "operator_error")).failure
    assert failure.parts["en"]["problem"] == "<b>日报</b>.xlsx lacks the columns 统计日期."
    assert failure.parts["zh"]["problem"] == "<b>日报</b>.xlsx 缺少这些列:统计日期。"


def test_the_same_job_gives_the_same_page_twice(tmp_path):
    pages = []
    for out in ("a", "b"):
        made = dataclasses.replace(job(tmp_path, "dated_page"), out=str(tmp_path / out), run=out)
        pages.append((tmp_path / out / execute(made).path).read_bytes())
    assert pages[0] == pages[1]


def run(tmp_path, reports, processes, set_aside=()):
    told = []
    planned = Plan([job(tmp_path, report) for report in reports], list(set_aside))
    results = run_batch(planned, out=tmp_path / "out", processes=processes, lang="zh", run="r1", tell=told.append)
    assert len(told) == len(results)
    return results


def test_a_batch_goes_on_after_a_failure_and_tells_all_in_one_file(tmp_path):
    skipped = Result("店", "skipped_one", "skipped", failure=Failure("missing_table", {"zh": {}, "en": {}}, 2))
    run(tmp_path, ["our_error", "dated_page"], 2, [skipped])
    batch = json.loads((tmp_path / "out/batch.json").read_text("utf-8"))
    assert batch["run"]["id"] == "r1"
    assert [(row["shop"], row["report"], row["state"]) for row in batch["reports"]] == [
        ("店", "our_error", "failed"),
        ("店", "dated_page", "done"),
        ("店", "skipped_one", "skipped"),
    ]
    assert all((tmp_path / "out" / row["path"]).is_file() for row in batch["reports"] if row["state"] != "skipped")
    index = (tmp_path / "out/index.html").read_text("utf-8")
    assert "dated_page_2026-08-30.html" in index
    assert "our_error_2026-08-30.failed.html" in index


def test_a_folder_that_cannot_be_written_fails_that_report_only(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/店").write_text("a file where the folder should be", "utf-8")
    (result,) = run(tmp_path, ["dated_page"], 1)
    assert (result.state, result.exit_code, result.failure.code) == ("failed", 2, "out_not_writable")


def test_a_job_in_a_file_is_all_that_another_process_needs(tmp_path):
    (tmp_path / "sent").write_bytes(pickle.dumps(job(tmp_path, "dated_page")))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    script = (
        "import pickle, sys; from pathlib import Path; from shopnb.runner import attempt\n"
        "result = attempt(pickle.loads(Path(sys.argv[1]).read_bytes()))\n"
        "Path(sys.argv[2]).write_bytes(pickle.dumps(result))"
    )
    words = [sys.executable, "-c", script, tmp_path / "sent", tmp_path / "back"]
    subprocess.run(words, cwd=elsewhere, check=True, capture_output=True)
    result = pickle.loads((tmp_path / "back").read_bytes())
    assert (result.state, result.path) == ("done", "店/dated_page_2026-08-30.html")
    assert (tmp_path / "out" / result.path).is_file()
