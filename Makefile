# make build   the tables: environment, then everything from INPUT into WAREHOUSE
# make test    every test
# make lint    SQL, Python, YAML and documentation rules
# make lock    newest versions that fit pyproject.toml (needs uv)
# make clean   forget the environment and what dbt compiled; tables stay

INPUT ?= inputs/demo.yml
WAREHOUSE ?= $(or $(PM_WAREHOUSE),warehouse/precision_marketing.duckdb)
PYTHON ?= python3

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := build
.PHONY: build test test-duckdb-1.5 lint lock clean

# Another project's settings in the shell would lead dbt or Python astray.
unexport DBT_PROJECT_DIR DBT_PROFILES_DIR DBT_PROFILE DBT_TARGET PYTHONPATH PYTHONHOME

BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
OLDER_DUCKDB := .venv/duckdb-1.5

# A line per model, every warning and every error; not a line per passed test.
BRIEFLY := sed -u -E '/ [0-9]+ of [0-9]+ (START|PASS|SKIP relation .* due to) /d'

build: .venv/build.stamp
	@if [ ! -f "$(INPUT)" ]; then \
	    echo "make: there is no input file $(INPUT); these are at hand:" >&2; \
	    ls inputs/*.yml >&2; exit 2; \
	fi
	@mkdir -p "$(dir $(WAREHOUSE))"
	@PM_WAREHOUSE="$(WAREHOUSE)" $(BIN)/dbt --no-use-colors build \
	    --vars "$$(cat "$(INPUT)")" | $(BRIEFLY)
	@$(BIN)/precision-marketing summary --warehouse "$(WAREHOUSE)"

test: .venv/dev.stamp test-duckdb-1.5
	$(BIN)/python -m pytest

# The same project on the older DuckDB, laid over the environment.
test-duckdb-1.5: .venv/dev.stamp .venv/duckdb-1.5.stamp
	PYTHONPATH=$(OLDER_DUCKDB) $(BIN)/python -m pytest -m duckdb15

lint: .venv/dev.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/yamllint --strict .
	$(BIN)/sqlfluff lint models tests/singular
	PYTHONPATH=tests $(BIN)/dbt-score lint --run-dbt-parse

# -- Environment ---------------------------------------------------------------------

.venv/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit( \
	    0 if (3, 11) <= v < (3, 14) else "make: Python 3.11, 3.12 or 3.13 is needed," \
	    " and $(PYTHON) is %d.%d; say PYTHON=python3.11" % v)'
	$(PYTHON) -m venv .venv

.venv/build.stamp: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing what requirements.lock lists"
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: requirements-dev.lock .venv/build.stamp
	@echo "Installing what requirements-dev.lock lists"
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

.venv/duckdb-1.5.stamp: requirements-duckdb-1.5.lock | .venv/build.stamp
	@rm -rf $(OLDER_DUCKDB)
	@$(INSTALL) --require-hashes --target $(OLDER_DUCKDB) -r $<
	@touch $@

# Versions and hashes, no addresses: each machine installs from its own index.
COMPILE := uv pip compile --quiet --no-config --upgrade --universal \
    --python-version 3.11 --generate-hashes --no-annotate --no-header \
    --no-strip-extras --no-emit-index-url --no-emit-find-links

lock:
	$(COMPILE) pyproject.toml --group dev -o requirements-dev.lock
	$(COMPILE) pyproject.toml --group build -c requirements-dev.lock \
	    -o requirements.lock
	$(COMPILE) --group duckdb-1-5 -o requirements-duckdb-1.5.lock
	@! grep -nE '://| @ |^-' requirements*.lock

clean:
	rm -rf .venv target logs
