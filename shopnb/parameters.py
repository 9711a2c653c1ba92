"""Parameters of a report, read from its notebook's parameters cell: the one source of name, type, default and help.

Belongs here: reading that cell, checking and converting values. Opens only the notebooks that travel with the package.
"""

from __future__ import annotations

import ast
import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shopnb.errors import ParameterError

TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool, "list[str]": list}
_YES, _NO = ("true", "yes", "1"), ("false", "no", "0")


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell: `name: type = literal  # help`."""

    name: str
    type: str
    default: Any
    help: str


def notebook_folder() -> Path:
    """Where the notebooks are: beside the package in a checkout, inside it when installed from a wheel."""
    package = Path(__file__).resolve().parent
    checkout = package.parent / "notebooks"
    return checkout if checkout.is_dir() else package / "_notebooks"


@cache
def notebooks() -> dict[str, Path]:
    """Slug -> notebook of every report, in the order of their numbers. `00_…` is the start page, not a report."""
    found = sorted(notebook_folder().glob("[0-9][0-9]_*.ipynb"))
    return {path.stem[3:]: path for path in found if not path.stem.startswith("00")}


@cache
def read_parameters(notebook: Path) -> tuple[Parameter, ...]:
    """The declared parameters of a notebook, in order; () where no cell is tagged `parameters`."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if not tagged:
        return ()
    source = tagged[0]["source"]
    lines = ("".join(source) if isinstance(source, list) else source).splitlines()
    declared = []
    for node in ast.parse("\n".join(lines)).body:
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None):
            raise ValueError(
                f"{notebook.name}: line {node.lineno} of the parameters cell is not `name: type = literal`"
            )
        kind, line = ast.unparse(node.annotation), lines[node.lineno - 1]
        if kind not in TYPES:
            raise ValueError(f"{notebook.name}: {node.target.id} is of type {kind}; allowed: {', '.join(TYPES)}")
        help_text = line.encode()[node.end_col_offset :].decode().lstrip().removeprefix("#").strip()
        declared.append(Parameter(node.target.id, kind, ast.literal_eval(node.value), help_text))
    return tuple(declared)


def check(report: str, declared: tuple[Parameter, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    """All parameters of a report: the given values where there are any, else the defaults.

    Raises
    ------
    ParameterError
        `unknown_parameter` naming the nearest known name; `parameter_type` when a value is not of the declared type
        (an int is taken for a float, nothing else is guessed).
    """
    known = {parameter.name: parameter for parameter in declared}
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise ParameterError(
                "unknown_parameter", report=report, name=name, nearest=near[0] if near else "–", known=", ".join(known)
            )
    values = {}
    for parameter in declared:
        value = given.get(parameter.name, parameter.default)
        values[parameter.name] = _of_type(report, parameter, value)
    return values


def _of_type(report: str, parameter: Parameter, value: Any) -> Any:
    wanted = TYPES[parameter.type]
    if wanted is float and type(value) is int:
        return float(value)
    fits = type(value) is wanted and (not isinstance(value, list) or all(type(part) is str for part in value))
    if not fits:
        raise ParameterError(
            "parameter_type", report=report, name=parameter.name, wanted=parameter.type, found=repr(value),
            kind=type(value).__name__,
        )  # fmt: skip
    return value


def convert(report: str, parameter: Parameter, texts: list[str]) -> Any:
    """A value from the command line, by the declared type: an id `00123` stays text, lists come by repeating.

    Raises
    ------
    ParameterError
        `parameter_text` when the text is not of the declared type, `parameter_repeated` for a second value of a
        parameter that is no list.
    """
    if parameter.type == "list[str]":
        return list(texts)
    if len(texts) > 1:
        raise ParameterError("parameter_repeated", report=report, name=parameter.name, values=", ".join(texts))
    text = texts[0]
    if parameter.type == "str":
        return text
    if parameter.type == "bool" and text.lower() in _YES + _NO:
        return text.lower() in _YES
    if parameter.type in ("int", "float"):
        try:
            return TYPES[parameter.type](text)
        except ValueError:
            pass
    raise ParameterError("parameter_text", report=report, name=parameter.name, wanted=parameter.type, found=text)
