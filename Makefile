# Everything is set up by the command that needs it:
#
#   make demo     install the package in .venv, then watch a real search for about a minute
#   make test     install what tests need, then run them
#
# Any Python from 3.11 will do; name it with PYTHON=/path/to/python3.12. VENV=folder chooses the environment.

is_new_enough := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11; do \
	$$each -c '$(is_new_enough)' >/dev/null 2>&1 && { echo $$each; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 2

# uv installs in seconds and compiles bytecode in parallel; where it can't be had or fails, pip does the same slowly.
# Whoever has put xgboost-cpu in the place of xgboost (see README) keeps it.
keep_cpu = $$(ls -d $(VENV)/lib/*/site-packages/xgboost_cpu-* >/dev/null 2>&1 && echo --override .ci/xgboost-cpu.txt)
install = { test -x $(BIN)/uv && \
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python $(keep_cpu) $(1); } || \
	{ $(BIN)/python -m pip install --quiet --upgrade pip && $(BIN)/python -m pip install --quiet $(1); }
pytest = $(BIN)/python -m pytest --durations=10

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast test-thorough test-slow test-py test-all-pythons check lint format wheel clean

help:
	@sed -n '2,6s/^# \{0,1\}//p' Makefile
	@echo "  make check    ruff, mypy and the import contracts      make test-slow         the tests that take minutes"
	@echo "  make format   put the code in shape                    make test-all-pythons  the suite on 3.11, 3.12, 3.13"
	@echo "  make wheel    build dist/*.whl                         make test-thorough     guides, browsers, raw files"
	@echo "  make clean    remove what make made"

$(VENV)/.python:
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(is_new_enough)' || \
		{ echo "'$(PYTHON)' is not Python 3.11 or newer; name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet uv || echo "uv can't be installed here; pip does the work, more slowly."
	@touch $@

$(VENV)/.installed: pyproject.toml $(VENV)/.python
	@echo "Installing the package and its libraries in $(VENV) …"
	@$(call install,-e '.[all]')
	@touch $@

$(VENV)/.installed-dev: pyproject.toml $(VENV)/.installed
	@echo "Installing what tests and checks need in $(VENV) …"
	@$(call install,--group dev)
	@touch $@

demo: $(VENV)/.installed
	@$(BIN)/python -m compileall -q automl search_spaces
	@$(BIN)/automl demo

# What measures time runs alone; all other tests share the cores.
test: test-fast
	$(pytest) -n $(WORKERS) -m "end_to_end and not alone and not thorough and not slow" tests
	$(pytest) -m "alone and not thorough and not slow" tests

test-fast: $(VENV)/.installed-dev
	@$(BIN)/python -m compileall -q automl search_spaces
	$(pytest) -n $(WORKERS) -m "not end_to_end and not thorough and not slow" --doctest-modules automl search_spaces tests

test-thorough: $(VENV)/.installed-dev
	$(pytest) -n $(WORKERS) -m "thorough and not alone and not slow" tests
	$(pytest) -m "thorough and alone and not slow" tests

test-slow: $(VENV)/.installed-dev
	$(pytest) -m slow tests

# make test-py PYTHON=python3.12 [SUITE=test-fast]
SUITE ?= test
test-py:
	$(MAKE) $(SUITE) VENV=.venv-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')

test-all-pythons:
	@for version in 3.11 3.12 3.13; do \
		found=$$(.ci/find-python $$version) || { echo "Python $$version is not installed here."; exit 1; }; \
		$(MAKE) test-py PYTHON=$$found SUITE=$(SUITE) || exit 1; \
	done

check: lint
	$(BIN)/mypy
	$(BIN)/lint-imports

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: $(VENV)/.installed-dev
	$(BIN)/python -m build --wheel --no-isolation

clean:
	rm -rf .venv .venv-3.* dist build test-output .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find automl search_spaces tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
