"""Who may import whom, which libraries stand where, and who may touch files: read from the code, not from memory."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "shopnb"
PURE = {"errors", "view", "parameters", "memory", "derived"}  # errors, plain data, the parameters cell, what is kept
# layer -> the layers it may import; design.md section 2 and style.md 1.1, and CONTRIBUTING.md says why where it differs
ALLOWED = {
    "__init__": {"pages", "charts"},
    "__main__": {"cli"},
    "errors": {"labels"},
    "labels": set(),
    "schema": set(),
    "stats": set(),
    "text": set(),
    "view": set(),
    "parameters": {"errors"},
    "memory": set(),
    "derived": set(),
    "intake": {"schema"},
    "shop": {"intake", "schema", "labels"},
    "calendar": {"schema", "labels", "metrics"},
    "sources": set(),
    "metrics": {"stats", "schema", "text"},
    "findings": {"stats", "schema", "metrics"},  # the types of the numbers that rules look at
    "charts": {"labels"},
    "tables": {"labels"},
    "screen": {"labels", "tables"},
    "widgets": {"labels", "charts", "tables", "screen", "shop", "intake", "runner"},
    "pages": {
        "shop", "schema", "metrics", "stats", "findings", "charts", "tables", "screen", "labels", "widgets", "calendar",
        "sources",
        "text",
    },
    "report": {"labels", "tables", "screen"},
    "runner": {"labels", "report"},
    "readiness": {"shop", "pages", "labels"},
    "start": {"readiness", "intake", "shop", "schema", "labels", "calendar", "metrics", "widgets"},  # cli's twin
    "cli": {"runner", "intake", "shop", "report", "labels", "pages", "charts", "readiness", "start"},
}  # fmt: skip
# library -> the layers that may import it; all others may not
ONLY_IN = {
    "altair": {"charts", "report"},
    "vl_convert": {"report", "cli"},
    "IPython": {"tables", "widgets", "report", "start"},
    "ipywidgets": {"widgets", "start"},
    "duckdb": {"shop", "intake"},
    "papermill": {"runner"},
    "jupyter_client": {"runner"},
    "nbconvert": {"report"},
    "xlsxwriter": {"report", "shop"},
    "python_calamine": {"intake"},
    "rjieba": {"text"},
    "opencc": {"text"},
    "statsmodels": {"stats"},
    "requests": set(),
    "urllib.request": set(),
    "http": set(),
    "httpx": set(),
    "socket": {"runner"},
    "psutil": {"runner", "cli", "start"},
}
FILES = {"intake", "shop", "runner", "report", "cli", "start"}
OWN_DATA = {"labels", "text", "parameters", "calendar", "sources"}  # may read what travels with the package


def modules():
    return sorted(PACKAGE.rglob("*.py"))


def layer(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path):
    """(full name, line) of every import; `from shopnb import labels` is `shopnb.labels`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import in line {node.lineno}"
            if node.module == "shopnb":
                yield from ((f"shopnb.{name.name}", node.lineno) for name in node.names)
            else:
                yield str(node.module), node.lineno


def test_the_package_was_found():
    assert len(modules()) > 40
    assert {layer(path) for path in modules()} <= set(ALLOWED), "a new layer needs a line in ALLOWED"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_its_layer_and_those_below(path):
    may = ALLOWED[layer(path)] | PURE | {layer(path)}
    wrong = [
        f"{path.relative_to(PACKAGE)}:{line} imports {name}"
        for name, line in imported(path)
        if name.startswith("shopnb.") and name.split(".")[1] not in may
    ]
    assert not wrong


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_library_stands_only_where_it_belongs(path):
    wrong = [
        f"{path.relative_to(PACKAGE)}:{line} imports {name}"
        for name, line in imported(path)
        for library, layers in ONLY_IN.items()
        if f"{name}.".startswith(f"{library}.") and layer(path) not in layers
    ]
    assert not wrong


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_are_touched_at_the_two_ends_only(path):
    if layer(path) in FILES | OWN_DATA:
        return
    tree = ast.parse(path.read_text("utf-8"))
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert "open" not in called
    assert not {name for name, _ in imported(path)} & {"pathlib", "shutil", "tempfile", "io"}
    of_os = [
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os"
    ]
    assert set(of_os) <= {"environ"}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_middle_does_not_look_at_the_clock(path):
    if layer(path) in FILES | {"widgets"}:
        return
    calls = [node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    names = {func.attr for func in calls if isinstance(func, ast.Attribute)}
    assert not names & {"now", "today", "utcnow", "time", "monotonic", "perf_counter"}
