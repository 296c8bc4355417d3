# Two commands: `make report` (a published report) and `make test` (every test). Both make what they need.
#
#   make report                    the demo shop, unless a shop was loaded before
#   make report DATA=path/to/files  a shop of your own in theLook's tables
#   make report ARGS="--as-of 2026-03-31 --set timezone=Europe/Berlin"
#   make test TESTS=tests/load     some of the tests
#   make test-bigquery PROJECT=my-project   the BigQuery tests on a real project of yours, instead of the emulator

PYTHON ?= python3
DATA ?=
ARGS ?=
TESTS ?=
# Of a real Google Cloud project for test-bigquery.
PROJECT ?=
LOCATION ?= US
QUARTO_SECONDS ?= 90

ROOT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
VENV := $(ROOT)/.venv
BIN := $(VENV)/bin
# The same project is found from any folder: `make -C path report`, `make -f path/Makefile report`.
export SHOPBOOK_PROJECT := $(ROOT)

.PHONY: report test test-bigquery lint format environment dev quarto emulator demo lab clean help
.DEFAULT_GOAL := help

help:
	@echo "make report   build the report: the demo shop, or DATA=folder in theLook's tables"
	@echo "make test     run every test, with lint and types"
	@echo "make test-bigquery PROJECT=my-project   run the BigQuery tests on a project of yours (see docs/bigquery.md)"
	@echo "make lab      open JupyterLab on the notebooks"
	@echo "make lint     ruff, mypy and the SQL lint"
	@echo "make clean    remove what was generated; loaded data and the environment stay"

# A stamp file holds the environment, so that the second run costs nothing.
$(VENV)/made: $(ROOT)/pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Shopbook needs Python 3.11 or newer; name one with: make PYTHON=python3.12 report" >&2; exit 1; }
	@echo "environment: making $(VENV)"
	@"$(PYTHON)" -m venv "$(VENV)"
	@"$(BIN)/python" -m pip install -qq --disable-pip-version-check --editable "$(ROOT)"
	@touch "$@"

$(VENV)/made-dev: $(VENV)/made
	@echo "environment: adding what the tests need"
	@"$(BIN)/python" -m pip install -qq --disable-pip-version-check --editable "$(ROOT)[dev]"
	@touch "$@"

# The BigQuery emulator lives in a Python 3.13 of its own; its tests skip where there is none.
$(VENV)/bigquery-emulator/made: $(VENV)/made-dev
	@cd "$(ROOT)" && "$(BIN)/python" -m tests.bigquery.environment

# Quarto is wanted, not needed: one try, bounded in time; the built-in renderer takes over.
$(VENV)/tried-quarto: $(VENV)/made
	@if command -v quarto >/dev/null 2>&1 || [ -x "$(BIN)/quarto" ]; then \
		echo "quarto: found"; \
	else \
		echo "quarto: trying to install it (at most $(QUARTO_SECONDS) s)"; \
		"$(BIN)/python" -m analysis_lib.verbs.install_quarto $(QUARTO_SECONDS) \
			|| echo "quarto: not available here; the built-in renderer is used"; \
	fi
	@touch "$@"

environment: $(VENV)/made
dev: $(VENV)/made-dev
quarto: $(VENV)/tried-quarto
emulator: $(VENV)/bigquery-emulator/made

report: $(VENV)/tried-quarto
	@PATH="$(BIN):$$PATH" "$(BIN)/python" -m analysis_lib.verbs.make_report --data "$(DATA)" -- $(ARGS)

test: $(VENV)/made-dev emulator lint
	@cd "$(ROOT)" && PATH="$(BIN):$$PATH" "$(BIN)/python" -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(TESTS)

# A project without datasets, and credentials that may make datasets in it.
test-bigquery: $(VENV)/made-dev
	@test -n "$(PROJECT)" || { echo "Name a Google Cloud project for tests: make test-bigquery PROJECT=my-project" >&2; exit 2; }
	@echo "On $(PROJECT) in $(LOCATION): some thousand small jobs, each billed at least 10 MB for a table: below 100 GB, or"
	@echo "0.60 dollars; no query may bill more than 1 GiB. It makes datasets and removes them."
	@cd "$(ROOT)" && PATH="$(BIN):$$PATH" SHOPBOOK_TEST_BIGQUERY_PROJECT="$(PROJECT)" \
		SHOPBOOK_TEST_BIGQUERY_LOCATION="$(LOCATION)" "$(BIN)/python" -m pytest -n 0 -rs $(or $(TESTS),tests/bigquery)

lint: $(VENV)/made-dev
	@cd "$(ROOT)" && "$(BIN)/ruff" check . && "$(BIN)/ruff" format --check . && "$(BIN)/mypy" \
		&& "$(BIN)/python" -m analysis_lib.verbs.lint_sql

format: $(VENV)/made-dev
	@cd "$(ROOT)" && "$(BIN)/ruff" check --fix . && "$(BIN)/ruff" format .

lab: $(VENV)/made
	@cd "$(ROOT)" && PATH="$(BIN):$$PATH" "$(BIN)/shopbook" lab

clean:
	@rm -rf "$(ROOT)/reports/_site" "$(ROOT)/reports/_build" "$(ROOT)/data/demo" "$(ROOT)/data/tmp"
