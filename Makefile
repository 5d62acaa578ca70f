# One verb per habit: make run, make test, make check, make bench. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# What is compiled is kept: the tests' asserts, written anew for each run, take ten seconds of a core.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list these
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

.PHONY: run
run: ## set up what is missing, start everything, send the sample letters and show them filed
	@bin/set-up run
	@exec $(BIN)/python -m samples.first_run

.PHONY: test
test: ## set up what is missing and run every test
	@bin/set-up test
	@bin/in-room $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

.PHONY: check
check: ## lint, types, import rules and the fast tests
	@bin/set-up check
	@$(MAKE) --no-print-directory --keep-going --output-sync -j lines types fast

# The parts of `make check`. Each says what it found when it ends, and all of them end.
.PHONY: lines types fast
lines:
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports
types:
	@$(BIN)/mypy
fast:
	@bin/in-room $(BIN)/pytest -q -n auto -m "not slow and not record and not corpus"

.PHONY: bench
bench: ## print the benchmarks, each beside its baseline; exit 1 where an asked-for figure is missed
	@bin/set-up test
	@$(BIN)/python -m bench

.PHONY: lock
lock: ## write the lock files anew from pyproject.toml
	@$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --python-version 3.11 --universal -U pyproject.toml --group build -o requirements.lock
	@$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --python-version 3.11 --universal -U pyproject.toml --group build --group dev -c requirements.lock \
	  -o requirements-dev.lock
