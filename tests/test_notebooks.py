"""Static rules for every notebook: thin, tagged, stripped, no code that belongs in the package."""

import ast
import json
import re
import statistics
from pathlib import Path

import pytest

from shopnb import parameters

FOLDER = Path(__file__).parents[1] / "notebooks"
TAGS = {"parameters", "setup", "load", "controls", "findings", "section", "method"}
ORDER = r"parameters setup load (controls )?findings( section){1,9} method"
FORBIDDEN = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While, ast.Try, ast.With, ast.Lambda, ast.BinOp,
    ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp, ast.Subscript,
)  # fmt: skip
HEADING = re.compile(r"#{1,3} [^#\n]*[\u4e00-\u9fff][^#\n]*[A-Za-z][^#\n]*")


def found():
    return sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))


def cells(path, kind="code"):
    content = json.loads(path.read_text("utf-8"))
    return [cell for cell in content["cells"] if cell["cell_type"] == kind]


def source(cell):
    return "".join(cell["source"])


def tags(cell):
    return cell["metadata"].get("tags", [])


def reports():
    return [path for path in found() if not path.name.startswith("00")]


every_report = pytest.mark.parametrize("path", reports(), ids=lambda path: path.stem)
every_notebook = pytest.mark.parametrize("path", found(), ids=lambda path: path.stem)


def test_notebooks_were_found():
    assert list(parameters.notebooks().values()) == reports()
    assert len(reports()) >= 2
    assert len({path.stem[:2] for path in found()}) == len(found()), "two notebooks of one number"


@every_notebook
def test_every_code_cell_has_exactly_one_known_tag(path):
    assert [cell["id"] for cell in cells(path) if len(tags(cell)) != 1 or tags(cell)[0] not in TAGS] == []


@every_report
def test_the_cells_stand_in_the_common_order(path):
    assert re.fullmatch(ORDER, " ".join(tags(cell)[0] for cell in cells(path)))


@every_notebook
def test_a_notebook_is_thin(path):
    lengths = [len([line for line in source(cell).splitlines() if line.strip()]) for cell in cells(path)]
    assert max(lengths) <= 12
    assert statistics.median(lengths) <= 4
    assert len(json.loads(path.read_text("utf-8"))["cells"]) <= 30


@every_notebook
def test_no_cell_holds_code_that_belongs_in_the_package(path):
    for cell in cells(path):
        if tags(cell) == ["parameters"]:
            continue  # read_parameters is stricter still
        tree = ast.parse(source(cell))  # a %magic or !shell line does not parse
        assert [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, FORBIDDEN)] == []
        assert len([node for node in tree.body if isinstance(node, ast.Expr)]) <= 1, "one thing shown a cell"


@every_notebook
def test_a_notebook_imports_shopnb_and_nothing_else(path):
    for cell in cells(path):
        for node in ast.walk(ast.parse(source(cell))):
            assert not isinstance(node, ast.Import)
            assert not isinstance(node, ast.ImportFrom) or node.module == "shopnb"


@every_notebook
def test_markdown_is_headings_in_both_languages(path):
    written = cells(path, "markdown")
    assert written
    assert [source(cell) for cell in written if not HEADING.fullmatch(source(cell).strip())] == []


@every_notebook
def test_a_notebook_is_stored_without_outputs_and_traces_of_a_run(path):
    content = json.loads(path.read_text("utf-8"))
    assert set(content["metadata"]) <= {"kernelspec", "language_info"}
    assert "version" not in content["metadata"]["language_info"]
    for cell in cells(path):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        assert set(cell["metadata"]) == {"tags"} | ({"jupyter"} if path.name.startswith("00") else set())


def test_the_start_page_hides_its_code():
    hidden = [cell["metadata"]["jupyter"] for cell in cells(FOLDER / "00_start_here.ipynb")]
    assert hidden == [{"source_hidden": True}] * len(hidden)


@every_report
def test_parameters_are_readable_and_all_go_to_the_page(path):
    declared = parameters.read_parameters(path)
    assert len(declared) <= 12
    opened = next(source(cell) for cell in cells(path) if "open_page(" in source(cell))
    call = next(
        node
        for node in ast.walk(ast.parse(opened))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "open_page"
    )
    assert ast.literal_eval(call.args[0]) == path.stem[3:]
    assert {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords} == {
        one.name: one.name for one in declared
    }


@every_notebook
def test_every_notebook_stands_in_the_folders_readme(path):
    assert path.name in (FOLDER / "README.md").read_text("utf-8")


@every_report
def test_the_readme_names_the_parameters_of_a_notebook(path):
    row = next(line for line in (FOLDER / "README.md").read_text("utf-8").splitlines() if path.name in line)
    shared = {"shop", "start_date", "end_date", "due_date", "lang"}
    named = set(re.findall(r"`(\w+)`", row.split("|")[4]))
    assert named == {one.name for one in parameters.read_parameters(path)} - shared
