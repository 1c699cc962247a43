# `make demo` and `make test` are all that a fresh clone needs, beside Python 3.11 or later.
# Everything else here is what those two are made of. `make help` lists it.

PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
MODEL ?= coconet_jsb_base
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# The folders that setup.py maps to musegen.<folder>; package/ is musegen itself.
FOLDERS := $(filter-out package,$(patsubst %/__init__.py,%,$(wildcard */__init__.py)))
# Folders are listed too, so that a file that was removed counts as a change.
SOURCES := $(shell find package $(FOLDERS) -not -name '*.pyc' -not -name __pycache__)
METADATA := setup.py pyproject.toml README.md LICENSE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test fuzz coverage check lint types imports dependencies format train \
	bench clean distclean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 15

# --- what users and CI run ---------------------------------------------------------

demo: $(VENV)/.demo  ## harmonise the example melody into demo/
	@$(BIN)/musegen harmonize examples/ode_to_joy.mid -d demo \
		-f midi,musicxml,png,svg --seed 0 --overwrite
	@echo "The melody in four voices:"
	@find "$(CURDIR)/demo" -type f | sort | sed 's/^/  /'

test: check  ## every check, then the test suite
	$(BIN)/pytest -n $(JOBS) --dist loadfile $(PYTEST_ARGS)

fuzz: $(VENV)/.dev  ## the property tests, with examples that no run had before
	$(BIN)/pytest -m hypothesis --hypothesis-profile=fuzz -n $(JOBS) $(PYTEST_ARGS)

coverage: $(VENV)/.dev  ## the tests of data/ with their coverage, at least 95 %
	$(BIN)/pytest tests/data -n $(JOBS) --dist loadfile --cov=musegen.data \
		--cov-report=term-missing --cov-fail-under=95

# --- the checks ----------------------------------------------------------------

check: lint types imports dependencies  ## every check but the tests

lint: $(VENV)/.dev  ## format and lint, changing nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev build/typing/musegen  ## mypy, strict
	$(BIN)/mypy

imports: $(VENV)/.dev  ## the direction of imports
	$(BIN)/lint-imports

dependencies: $(VENV)/.dev  ## unused and undeclared packages
	$(BIN)/deptry .

format: $(VENV)/.dev  ## format, and repair what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# --- models and figures ------------------------------------------------------------

# A run that was stopped goes on with `make train TRAIN_ARGS=--resume`.
train: $(VENV)/.dev  ## train the default model anew (TRAIN_ARGS=... adds options)
	$(BIN)/musegen train coconet --run runs/$(MODEL) \
		--export runs/$(MODEL)/$(MODEL) $(TRAIN_ARGS)

bench: $(VENV)/.dev  ## run every benchmark behind the figures we state
	@set -e; for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python "$$file"; done

# --- environments ------------------------------------------------------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else \
		"musegen needs Python 3.11 or later; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

# setuptools would carry files that are gone from build/lib into the wheel.
$(VENV)/.demo: $(SOURCES) $(METADATA) | $(BIN)/python
	rm -rf build/lib build/bdist.*
	$(PIP) ".[plot]"
	touch $@

$(VENV)/.dev: $(SOURCES) $(METADATA) | $(BIN)/python
	rm -rf build/lib build/bdist.*
	$(PIP) ".[dev]"
	touch $@

# The package under its own name, made of links, for the type checker.
build/typing/musegen: setup.py $(wildcard package/*) $(FOLDERS:=/__init__.py)
	rm -rf $@
	mkdir -p $@
	ln -s $(addprefix $(CURDIR)/,$(filter-out %/__pycache__,$(wildcard package/*)) $(FOLDERS)) $@

clean:  ## remove what was built; keeps $(VENV) and trained runs
	rm -rf build dist demo *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache .coverage
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

distclean: clean  ## clean, and remove the environment as well
	rm -rf $(VENV)
