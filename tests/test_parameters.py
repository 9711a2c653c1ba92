"""Parameters cells: what is read, what is converted, what is refused."""

import json

import pytest

from shopnb import parameters
from shopnb.errors import ParameterError
from shopnb.parameters import Parameter, check, convert, read_parameters


def notebook(folder, source, tag="parameters"):
    cell = {"cell_type": "code", "metadata": {"tags": [tag]}, "source": source, "outputs": [], "execution_count": None}
    path = folder / "01_x.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
    return path


def test_a_line_gives_name_type_default_and_help(tmp_path):
    found = read_parameters(notebook(tmp_path, 'names: list[str] = ["a#b"]  # 来源, empty: all\ndays: int = 30'))
    assert found == (Parameter("names", "list[str]", ["a#b"], "来源, empty: all"), Parameter("days", "int", 30, ""))


def test_a_notebook_without_the_tag_has_no_parameters(tmp_path):
    assert read_parameters(notebook(tmp_path, "days: int = 30", tag="setup")) == ()


@pytest.mark.parametrize("line", ["days = 30", "days: int | None = 30", "days: int"])
def test_a_line_that_papermill_would_misread_is_our_mistake(tmp_path, line):
    with pytest.raises(ValueError, match="01_x.ipynb"):
        read_parameters(notebook(tmp_path, line))


@pytest.mark.parametrize(
    ("kind", "texts", "value"),
    [
        ("str", ["00123"], "00123"),
        ("int", ["30"], 30),
        ("float", ["3"], 3.0),
        ("bool", ["True"], True),
        ("bool", ["no"], False),
        ("list[str]", ["007"], ["007"]),
        ("list[str]", ["a", "b"], ["a", "b"]),
    ],
)
def test_text_is_converted_by_the_declared_type(kind, texts, value):
    found = convert("r", Parameter("p", kind, None, ""), texts)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "texts", "code"),
    [
        ("int", ["3.5"], "parameter_text"),
        ("int", [""], "parameter_text"),
        ("float", ["a"], "parameter_text"),
        ("bool", ["maybe"], "parameter_text"),
        ("str", ["a", "b"], "parameter_repeated"),
    ],
)
def test_text_of_another_type_is_refused(kind, texts, code):
    with pytest.raises(ParameterError) as caught:
        convert("r", Parameter("p", kind, None, ""), texts)
    assert caught.value.code == code


DECLARED = (Parameter("days", "int", 30, ""), Parameter("item", "str", "", ""), Parameter("share", "float", 0.5, ""))


def test_what_is_not_given_has_its_default():
    assert check("r", DECLARED, {"share": 1}) == {"days": 30, "item": "", "share": 1.0}


@pytest.mark.parametrize("given", [{"item": 123}, {"days": True}, {"days": "30"}, {"days": 30.0}, {"share": True}])
def test_a_value_of_another_type_is_refused(given):
    with pytest.raises(ParameterError) as caught:
        check("r", DECLARED, given)
    assert caught.value.code == "parameter_type"


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ParameterError) as caught:
        check("r", DECLARED, {"dayz": 3})
    assert caught.value.code == "unknown_parameter"
    assert caught.value.values["nearest"] == "days"


def test_every_report_declares_what_all_reports_have():
    notebooks = parameters.notebooks()
    assert notebooks
    for path in notebooks.values():
        declared = {one.name: one for one in read_parameters(path)}
        assert [declared[name].type for name in ("shop", "start_date", "end_date", "lang")] == ["str"] * 4
        assert all(one.help for one in declared.values()), path.name
