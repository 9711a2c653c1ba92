# Needs python3 (3.11 or newer, with venv) and make. Everything else comes from requirements.lock into .venv.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.shopnb-installed
NOTEBOOK_KEYS := metadata.papermill metadata.language_info.version cell.metadata.papermill

.DEFAULT_GOAL := help
.PHONY: help report test lab lint format lock clean

help:  ## what there is to make
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

report: $(STAMP)  ## all reports of the sample shop, into reports/
	$(BIN)/shopnb run --out reports

test: $(STAMP)  ## all tests
	$(BIN)/python -m pytest -q --numprocesses auto --dist loadfile

lab: $(STAMP)  ## JupyterLab on a working copy of the notebooks
	$(BIN)/shopnb lab

lint: $(STAMP)  ## the checks that pre-commit and CI run
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/codespell $$(git ls-files ':!data')
	$(BIN)/nbstripout --keep-id --extra-keys "$(NOTEBOOK_KEYS)" --verify $$(git ls-files '*.ipynb')

format: $(STAMP)  ## put code and notebooks into form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/nbstripout --keep-id --extra-keys "$(NOTEBOOK_KEYS)" $$(git ls-files '*.ipynb')

# Needs uv and the network. One lock for Python 3.11 to 3.14 on Linux, macOS and Windows, from wheels alone.
lock:  ## resolve requirements.lock anew from pyproject.toml
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-emit-find-links --only-binary :all: --quiet --output-file requirements.lock

clean:  ## remove the environment and the made reports
	rm -rf .venv reports

$(STAMP): requirements.lock pyproject.toml
	@echo "Setting up .venv: some minutes, once."
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps --editable .
	touch $@
