# Everything runs in a virtual environment of its own; `make PYTHON=python3.12 …` picks another interpreter.
PYTHON ?= python3
VENV ?= .venv
BIN := $(abspath $(VENV))/bin
# Tests on real servers mostly wait: so many workers share them, each with servers of its own (0.7 GB).
WORKERS ?= 3
SHARED := --numprocesses $(WORKERS) --dist worksteal
export PATH := $(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help install demo test lint unit services bench collection wheel down clean

help: ## Show what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 14

install: $(VENV)/.installed ## Install the command, the collection and the tools of development

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12 ...") if sys.version_info < (3, 11) else None'
	@echo "Installing into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: install ## Break a practice service with a bad release and watch the playbook bring it back
	@$(BIN)/runbook demo

test: lint unit services ## Lint, unit tests, tests on the real servers

lint: install ## Only the linters and the type checker
	ruff check .
	ruff format --check .
	mypy -p hotswap_runbooks -p ansible_collections.hotswap.runbooks.plugins.module_utils
	yamllint --strict .
	ansible-lint

unit: install ## Only the unit tests and the tests of what is shipped
	pytest tests/unit tests/packaging

services: install ## Only the tests on the real servers and on every ansible-core
	pytest tests/cores tests/services $(SHARED)

bench: install ## Measure the ratios of docs/benchmarks.md again
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python -m tests.benchmarks

collection: install ## Build the collection into dist/
	ansible-galaxy collection build --force --output-path dist

wheel: install ## Build the wheel, with the collection inside, into dist/
	$(BIN)/python -m build --no-isolation --wheel --outdir dist

down: install ## End the practice environment of this directory
	@$(BIN)/runbook gameday down

clean: ## End the practice environment and remove what was built and installed here
	@if [ -x $(BIN)/runbook ]; then $(BIN)/runbook gameday down; fi
	rm -rf $(VENV) dist build .gameday .ansible .pytest_cache .mypy_cache .ruff_cache
