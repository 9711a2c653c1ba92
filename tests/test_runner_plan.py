"""Planning: what is refused before a kernel starts, and what a job carries."""

import dataclasses
import pickle
from pathlib import Path

import pytest

from shopnb.errors import InputError, MissingDataError, ParameterError
from shopnb.runner.jobs import Limits
from shopnb.runner.plan import Choice, Reports, plan

NOTEBOOKS = Path(__file__).parent / "notebooks"
DATED, UNDATED = str(NOTEBOOKS / "dated_page.ipynb"), str(NOTEBOOKS / "undated_page.ipynb")


def choice(tmp_path, *given, reports=(DATED, UNDATED), shops=("shop",), **more):
    folders = tuple(tmp_path / name for name in shops)
    return Choice(shops=folders, out=tmp_path / "out", reports=reports, given=given, **more)


def accepts(shop, slug, values):
    return None


def expects_none(shop, slug, day):
    return ""


ALL_THERE = Reports(
    lacking=lambda shop, slug: None, last_day=lambda shop, slug: "2026-08-30", refused=accepts, due=expects_none
)


def lacking(*without):
    """Reports of which the shops named have no tables."""
    error = MissingDataError("nothing_to_run", shops="x")
    return Reports(
        lacking=lambda shop, slug: error if (shop.name, slug) in without else None,
        last_day=lambda shop, slug: "",
        refused=accepts,
        due=expects_none,
    )


def test_every_report_of_every_shop_is_a_job_that_can_be_sent(tmp_path):
    made = plan(choice(tmp_path, shops=("a", "b")), ALL_THERE)
    assert [(job.shop_label, job.report) for job in made.jobs] == [
        ("a", "dated_page"),
        ("a", "undated_page"),
        ("b", "dated_page"),
        ("b", "undated_page"),
    ]
    assert pickle.loads(pickle.dumps(made.jobs)) == made.jobs
    assert made.jobs[0].parameters["shop"] == str(tmp_path / "a")


def test_parameters_go_to_the_reports_that_are_named_or_declare_them(tmp_path):
    texts = ("days=7", "names=a", "names=b", "undated_page.item=00123")
    dated, undated = plan(choice(tmp_path, *texts), ALL_THERE).jobs
    assert dated.parameters["days"] == undated.parameters["days"] == 7
    assert dated.parameters["names"] == ["a", "b"]
    assert (dated.parameters["item"], undated.parameters["item"]) == ("", "00123")


def test_a_value_may_hold_dots_and_equals_signs(tmp_path):
    (job,) = plan(choice(tmp_path, "item=a.b=c", reports=(DATED,)), ALL_THERE).jobs
    assert job.parameters["item"] == "a.b=c"


def test_the_day_of_a_failed_page_is_the_given_one_else_the_last_in_the_data(tmp_path):
    assert plan(choice(tmp_path, "end_date=2026-08-01"), ALL_THERE).jobs[0].expected_end == "2026-08-01"
    assert plan(choice(tmp_path), ALL_THERE).jobs[0].expected_end == "2026-08-30"
    assert plan(choice(tmp_path), lacking()).jobs[0].expected_end == "undated"
    assert plan(choice(tmp_path, "end_date=../../elsewhere"), ALL_THERE).jobs[0].expected_end == "2026-08-30"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (("dayz=7",), "unknown_parameter"),
        (("dated_page.dayz=7",), "unknown_parameter"),
        (("days=seven",), "parameter_text"),
        (("days=7", "days=8"), "parameter_repeated"),
        (("days",), "parameter_form"),
        (("=7",), "parameter_form"),
        (("no_such.days=7",), "unknown_report"),
        (("shop=elsewhere",), "parameter_option"),
        (("dated_page.lang=en",), "parameter_option"),
    ],
)
def test_wrong_parameters_are_refused(tmp_path, given, code):
    with pytest.raises(ParameterError) as caught:
        plan(choice(tmp_path, *given), ALL_THERE)
    assert caught.value.code == code
    assert caught.value.text("zh")


def test_one_language_a_run(tmp_path):
    with pytest.raises(ParameterError) as caught:
        plan(choice(tmp_path, "lang=zh", lang="en"), ALL_THERE)
    assert caught.value.code == "lang_twice"
    assert {job.lang for job in plan(choice(tmp_path, lang="en"), ALL_THERE).jobs} == {"en"}
    assert {job.lang for job in plan(choice(tmp_path, "lang=en"), ALL_THERE).jobs} == {"en"}


def test_an_unknown_report_is_refused_with_those_there_are(tmp_path):
    with pytest.raises(ParameterError) as caught:
        plan(choice(tmp_path, reports=("shop_overveiw",)), ALL_THERE)
    assert caught.value.code == "unknown_report"
    assert caught.value.values["known"].startswith("shop_overview")


def test_two_shops_of_one_folder_name_are_refused(tmp_path):
    with pytest.raises(ParameterError) as caught:
        plan(choice(tmp_path, shops=("north/Shop", "south/shop")), ALL_THERE)
    assert caught.value.code == "shops_of_one_name"


def test_a_named_report_without_its_table_is_the_operators_mistake(tmp_path):
    with pytest.raises(MissingDataError):
        plan(choice(tmp_path, reports=(DATED,)), lacking(("shop", "dated_page")))


def test_of_several_named_reports_those_that_can_run_do(tmp_path):
    made = plan(choice(tmp_path), lacking(("shop", "dated_page")))
    assert [job.report for job in made.jobs] == ["undated_page"]
    assert [(result.report, result.state, result.exit_code) for result in made.set_aside] == [
        ("dated_page", "not_ready", 2)
    ]


def test_a_report_that_nobody_named_is_skipped_without_blame(tmp_path, monkeypatch):
    found = {"dated_page": Path(DATED), "undated_page": Path(UNDATED)}
    monkeypatch.setattr("shopnb.parameters.notebooks", lambda: found)
    made = plan(choice(tmp_path, reports=()), lacking(("shop", "dated_page")))
    assert [(result.state, result.exit_code) for result in made.set_aside] == [("skipped", 0)]
    with pytest.raises(MissingDataError) as caught:
        plan(choice(tmp_path, reports=()), lacking(("shop", "dated_page"), ("shop", "undated_page")))
    assert caught.value.code == "nothing_to_run"


def test_two_notebooks_of_one_report_name_are_refused(tmp_path):
    copy = tmp_path / "07_dated_page.ipynb"
    copy.write_bytes(Path(DATED).read_bytes())
    with pytest.raises(ParameterError) as caught:
        plan(choice(tmp_path, reports=(DATED, str(copy))), ALL_THERE)
    assert caught.value.code == "reports_of_one_name"
    assert len(plan(choice(tmp_path, reports=(DATED, DATED)), ALL_THERE).jobs) == 1


@pytest.mark.parametrize(
    "content", ["not json", "{}", '{"cells": [{"metadata": {"tags": ["parameters"]}, "source": "a = ("}]}']
)
def test_a_notebook_of_the_user_that_cannot_be_read_is_said_so(tmp_path, content):
    path = tmp_path / "mine.ipynb"
    path.write_text(content, "utf-8")
    with pytest.raises(InputError) as caught:
        plan(choice(tmp_path, reports=(str(path),)), ALL_THERE)
    assert caught.value.code == "notebook_unreadable"


def test_a_value_that_the_page_refuses_stops_all_before_a_kernel_starts(tmp_path):
    error = ParameterError("jobs_count", found=-1)
    known = dataclasses.replace(ALL_THERE, refused=lambda shop, slug, values: error)
    with pytest.raises(ParameterError) as raised:
        plan(choice(tmp_path), known)
    assert raised.value is error


def test_a_value_that_only_one_shop_refuses_fails_there_alone(tmp_path):
    error = ParameterError("jobs_count", found=-1)
    known = dataclasses.replace(ALL_THERE, refused=lambda shop, slug, values: error if shop.name == "b" else None)
    made = plan(choice(tmp_path, shops=("a", "b"), reports=(DATED,)), known)
    assert [job.shop_label for job in made.jobs] == ["a"]
    assert [(one.shop, one.state, one.failure.code) for one in made.set_aside] == [("b", "failed", "jobs_count")]


def due_on(day):
    """Reports whose data should reach the day they are for, or `day` where none is asked."""
    return dataclasses.replace(ALL_THERE, due=lambda shop, slug, asked: asked.isoformat() if asked else day)


def test_data_that_end_too_early_are_told_to_the_page_and_to_the_batch(tmp_path):
    (job,) = plan(choice(tmp_path, reports=(DATED,)), due_on("2026-08-31")).jobs
    assert (job.due, job.parameters["due_date"], job.expected_end) == ("2026-08-31", "2026-08-31", "2026-08-30")
    (job,) = plan(choice(tmp_path, reports=(DATED,)), due_on("2026-08-30")).jobs
    assert (job.due, job.parameters["due_date"]) == ("", "")


def test_a_late_run_reports_the_day_it_is_for(tmp_path):
    (job,) = plan(choice(tmp_path, reports=(DATED,), day="2026-08-28"), due_on("2026-11-21")).jobs
    assert (job.parameters["end_date"], job.expected_end, job.due) == ("2026-08-28", "2026-08-28", "")
    (job,) = plan(choice(tmp_path, reports=(DATED,), day="2026-09-01"), due_on("2026-11-21")).jobs
    assert (job.parameters["end_date"], job.expected_end, job.due) == ("", "2026-08-30", "2026-09-01")


def test_who_looks_back_is_not_told_that_the_data_are_old(tmp_path):
    (job,) = plan(choice(tmp_path, "end_date=2026-08-01", reports=(DATED,)), due_on("2026-11-21")).jobs
    assert job.due == ""


def test_the_day_and_an_end_are_not_given_together(tmp_path):
    with pytest.raises(ParameterError) as caught:
        plan(choice(tmp_path, "end_date=2026-08-01", day="2026-08-02"), ALL_THERE)
    assert caught.value.code == "day_twice"


def test_limits_and_force_travel_with_the_job(tmp_path):
    (job,) = plan(choice(tmp_path, reports=(DATED,), limits=Limits(90, 800), force=True), ALL_THERE).jobs
    assert (job.seconds, job.memory_mb, job.force) == (90, 800, True)
