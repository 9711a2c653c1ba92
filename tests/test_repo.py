"""The repository keeps its word: lists that must agree, commands that exist, files in form, a wheel that is whole."""

import re
import shlex
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from shopnb import labels, parameters
from shopnb.cli.parser import COMMANDS, build_parser

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
BINARY = {".npz", ".png", ".gz", ".xlsx", ".xls", ".zip", ".parquet", ".ico"}


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def tracked():
    """Files under version control, or all files where there is none (a source archive)."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a clone")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def targets():
    return set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text("utf-8")))


def test_the_conda_list_is_that_of_the_project():
    lines = (ROOT / "environment.yml").read_text("utf-8").splitlines()
    start = lines.index("  - pip:") + 1
    assert [line.strip().removeprefix("- ").strip('"') for line in lines[start:]] == project()["project"][
        "dependencies"
    ]
    assert f"  - python{project()['project']['requires-python']}" in lines
    assert "  - pip" in lines


def test_the_lock_pins_everything_with_hashes_and_names_no_address():
    text = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"(?m)^--|^-[ef]", text)
    pins = re.findall(
        r"(?m)^([a-z0-9][a-z0-9._-]*(?:\[[a-z0-9,-]+\])?)==[^\\]*\\\n    --hash=sha256:[0-9a-f]{64}", text
    )
    assert len(pins) == len(re.findall(r"(?m)^[^\s#]", text)), "a line without hash"
    wanted = project()["project"]["dependencies"] + project()["dependency-groups"]["dev"]
    names = {re.match(r"[A-Za-z0-9._-]+", one)[0].lower().replace("_", "-") for one in wanted}
    assert names <= {pin.split("[")[0] for pin in pins}


def test_continuous_integration_and_pre_commit_run_what_contributing_names():
    run = (ROOT / ".ci/run").read_text("utf-8")
    assert "make lint" in run
    assert "make test" in run
    assert set(re.findall(r"`make ([a-z]+)`", README + CONTRIBUTING)) <= targets()
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for tool in ("ruff check", "ruff format", "mypy", "codespell", "nbstripout --keep-id"):
        assert tool in makefile
        assert tool in (ROOT / ".pre-commit-config.yaml").read_text("utf-8")


def test_hooks_are_local():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    assert re.findall(r"(?m)repo: (.*)", hooks) == ["local"]
    assert "://" not in hooks


def test_every_text_file_has_one_newline_at_its_end_of_file():
    wrong = []
    for path in tracked():
        if path.suffix in BINARY or "data" in path.relative_to(ROOT).parts[:2]:
            continue
        content = path.read_bytes()
        if content and (not content.endswith(b"\n") or content.endswith(b"\n\n") or b"\r\n" in content):
            wrong.append(str(path.relative_to(ROOT)))
    assert not wrong


def test_every_command_stands_in_the_readme_with_its_options():
    lines = README.splitlines()
    for command, (_, _, options) in COMMANDS.items():
        wanted = [option.removesuffix("…") for option in options]
        shown = [line for line in lines if line.startswith(f"shopnb {command}")]
        assert any(all(option in line for option in wanted) for line in shown), command


def test_the_help_in_the_readme_is_the_help_of_the_command(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert build_parser("en").format_help().strip() in README


def test_every_command_and_option_is_explained_in_both_languages():
    for lang in labels.LANGUAGES:
        for command, (_, _, options) in COMMANDS.items():
            assert labels.has(f"cli.commands.{command}", lang)
            for option in options:
                assert labels.has(f"cli.options.{option.removesuffix('…').lstrip('-')}", lang)


def test_every_report_has_a_question_and_stands_in_the_readme():
    for slug in parameters.notebooks():
        assert f"`{slug}`" in README
        assert all(labels.has(f"runner.questions.{slug}", lang) for lang in labels.LANGUAGES)


def test_both_languages_hold_the_same_sentences():
    def keys(group, prefix=""):
        for name, value in group.items():
            yield from keys(value, f"{prefix}{name}.") if isinstance(value, dict) else [prefix + name]

    folders = {lang: ROOT / "shopnb/labels" / lang for lang in labels.LANGUAGES}
    topics = {lang: {path.name for path in folder.glob("*.toml")} for lang, folder in folders.items()}
    assert topics["zh"] == topics["en"]
    for topic in sorted(topics["zh"]):
        found = {
            lang: set(keys(tomllib.loads((folder / topic).read_text("utf-8")))) for lang, folder in folders.items()
        }
        assert found["zh"] == found["en"], topic


def test_links_and_pictures_of_the_documents_lead_somewhere():
    for document in ROOT.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text("utf-8")):
            assert (ROOT / target).exists(), f"{document.name}: {target}"


@pytest.mark.slow
def test_a_wheel_carries_notebooks_and_sample_and_finds_them(tmp_path):
    wheel = build_wheel(tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "installed")
    for notebook in parameters.notebooks().values():
        assert f"shopnb/_notebooks/{notebook.name}" in names
    sample = ROOT / "data/sample"
    for path in [*sample.glob("inbox/*"), *sample.glob("tables_in/*.csv"), sample / "shopnb.toml"]:
        assert f"shopnb/_sample/{path.relative_to(sample).as_posix()}" in names
    for path in [
        *(ROOT / "shopnb").rglob("*.toml"),
        *(ROOT / "shopnb").rglob("*.jinja"),
        *(ROOT / "shopnb").rglob("*.gz"),
    ]:
        assert path.relative_to(ROOT).as_posix() in names
    assert not [name for name in names if "__pycache__" in name or name.startswith(("tests/", "tools/"))]
    script = (
        "from shopnb import parameters; from shopnb.shop.sample import sample_folder;"
        "print(len(parameters.notebooks()), (sample_folder() / 'shopnb.toml').is_file(), parameters.__file__)"
    )
    environment = {"PYTHONPATH": str(tmp_path / "installed"), "SHOPNB_HOME": str(tmp_path / "home"), "PATH": ""}
    told = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    ).stdout.split(maxsplit=2)
    assert told[:2] == [str(len(parameters.notebooks())), "True"]
    assert told[2].startswith(str(tmp_path))


def build_wheel(folder):
    """The wheel of this checkout, built without a network by the backend that the lock holds."""
    script = f"import hatchling.build; print(hatchling.build.build_wheel({str(folder)!r}))"
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    return folder / told.stdout.strip().splitlines()[-1]


def test_shell_lines_of_the_readme_name_real_commands():
    for block in re.findall(r"```(?:sh|powershell)\n(.*?)```", README, re.S):
        for line in filter(None, block.splitlines()):
            words = shlex.split(line, posix=False)
            if words[0] == "make":
                assert words[1] in targets()
            elif words[0].endswith("shopnb"):
                assert words[1] in COMMANDS
