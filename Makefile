# Everything people and CI call. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# A test file is one process's: its tests share servers.
BESIDE := -n 2 --dist loadfile
ALONE := e2e or editor or browser
# Where this folder was moved or Python has gone, the stamp is fresh but the scripts do not run.
UNSOUND := $(shell [ -x $(BIN)/python ] && grep -qsF '$(CURDIR)/$(BIN)/' $(BIN)/assistant || echo unsound)

# Benchmark files, where they lie beside this folder; `assistant eval` asks the hub for others.
ifneq ($(wildcard ../shared/data),)
export ASSISTANT_DATA ?= $(abspath ../shared/data)
endif

.PHONY: help setup demo serve eval-gate test test-fast e2e fmt lint type check lock clean unsound

help: ## List what there is
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: .venv/ready ## Build .venv with everything the project needs (again at any time)

.venv/ready: pyproject.toml requirements.lock .ci/setup .ci/cpu-overrides.txt $(UNSOUND)
	@.ci/setup && touch $@

demo: setup ## Complete code at real places of this repository, with a real model
	@$(BIN)/assistant demo

serve: setup ## Run the engine in the foreground; editors find it
	@$(BIN)/assistant serve

eval-gate: setup ## Before a release: small benchmarks against the recorded results
	@$(BIN)/assistant eval gate

test: setup ## All tests: unit, language server, real vLLM and model, real Neovim and Chromium
	@$(PYTEST) $(BESIDE) -m "not ($(ALONE))"
	@$(PYTEST) -m "$(ALONE)"

test-fast: setup ## Unit and language server tests only, under a minute
	@$(PYTEST) $(BESIDE) -m "not slow and not ($(ALONE))"

e2e: setup ## Only the tests with the real engine, a real editor or a real browser
	@$(PYTEST) -m "$(ALONE)"

fmt: setup ## Format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix-only --quiet .

lint: setup ## Style, import rules
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/lint-imports

type: setup ## Types, strictly
	@$(BIN)/mypy

check: lint type test ## What CI runs

lock: setup ## Resolve requirements.lock anew
	@.ci/setup lock

clean: ## Remove what `make setup` and the tools left in this folder
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info
