# make build    the tables: environment, everything from INPUT into WAREHOUSE, report.html
# make publish  a copy of the public tables for BI tools, to be read during a build
# make doctor   what a build of INPUT needs: environment, memory, disk, mapping, data
# make docs     every table and column on one page, without a network
# make test     every test, on both versions of DuckDB
# make test-duckdb-1.5  those that run on the older version, on it
# make lint     rules for Python, YAML, SQL and what each model must say
# make lint-python  its part for Python: ruff
# make lint-yaml    its part for YAML: yamllint
# make lint-docs    its part for descriptions, tests and contracts: dbt-score
# make lint-sql     its part for SQL: sqlfluff
# make bench    time and memory beside peers (bench/README.md); not a test
# make lock     newest versions that fit pyproject.toml (needs uv)
# make clean    forget the environment and what dbt compiled; tables stay
# make help     these lines

INPUT ?= inputs/demo.yml
WAREHOUSE ?= $(or $(PM_WAREHOUSE),warehouse/precision_marketing.duckdb)
PYTHON ?= python3

SHELL := bash
.DEFAULT_GOAL := build
.PHONY: build publish doctor docs help test test-duckdb-1.5 lock clean
.PHONY: lint lint-python lint-yaml lint-docs lint-sql bench

# Another project's settings in the shell would lead dbt or Python astray.
unexport DBT_PROJECT_DIR DBT_PROFILES_DIR DBT_PROFILE DBT_TARGET DBT_TARGET_PATH
unexport PYTHONPATH PYTHONHOME

BIN := .venv/bin
# A lock is whole: nothing is left to resolve. Twice quiet: errors alone.
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps
OLDER_DUCKDB := .venv/duckdb-1.5

# A line per finished model, every warning, every error; not one per passed test.
BRIEFLY := sed -u -E '/ [0-9]+ of [0-9]+ (START|PASS|SKIP|NO-OP) /d'

# Stops before dbt would read the demo shop instead.
INPUT_IS_THERE = if [ ! -f "$(INPUT)" ]; then \
    echo "make: there is no input file $(INPUT); these are at hand:" >&2; \
    ls inputs/*.yml >&2; exit 2; \
fi
# Not make's dir, which takes a space for the end of a name.
FOLDER = $$(dirname "$(WAREHOUSE)")

# Data tests judge the data at each build; unit tests judge the code, in `make test`.
build: .venv/build.stamp
	@$(INPUT_IS_THERE)
	@mkdir -p "$(FOLDER)"
	@set -o pipefail; PM_WAREHOUSE="$(WAREHOUSE)" $(BIN)/dbt --no-use-colors build \
	    --exclude-resource-type unit_test --vars "$$(cat "$(INPUT)")" | $(BRIEFLY)
	@$(BIN)/precision-marketing summary --warehouse "$(WAREHOUSE)"
	@$(BIN)/precision-marketing report --warehouse "$(WAREHOUSE)"

publish: .venv/build.stamp
	@$(BIN)/precision-marketing publish --warehouse "$(WAREHOUSE)" \
	    --parquet "$(FOLDER)/published"

doctor: .venv/build.stamp
	@$(BIN)/precision-marketing doctor --input "$(INPUT)" --warehouse "$(WAREHOUSE)"

docs: .venv/build.stamp
	@$(INPUT_IS_THERE)
	@if [ ! -f "$(WAREHOUSE)" ]; then \
	    echo "make: there is no file $(WAREHOUSE); make build makes it" >&2; exit 2; \
	fi
	@PM_WAREHOUSE="$(WAREHOUSE)" $(BIN)/dbt --quiet docs generate --static \
	    --vars "$$(cat "$(INPUT)")"
	@cp target/static_index.html "$(FOLDER)/docs.html"
	@echo "$(FOLDER)/docs.html: every table and column; open it in a browser"

help:
	@sed -n 's/^# make/make/p' $(firstword $(MAKEFILE_LIST))

# Two files of tests at a time; each worker makes the builds that its files share.
test: .venv/dev.stamp test-duckdb-1.5
	$(BIN)/python -m pytest -n 2 --dist loadfile

# The same project on the older DuckDB, laid over the environment.
test-duckdb-1.5: .venv/dev.stamp .venv/duckdb-1.5.stamp
	PYTHONPATH="$(CURDIR)/$(OLDER_DUCKDB)" $(BIN)/python -m pytest -m duckdb15

lint: lint-python lint-yaml lint-docs lint-sql

lint-python: .venv/dev.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check

lint-yaml: .venv/dev.stamp
	$(BIN)/yamllint --strict .

lint-docs: .venv/dev.stamp
	DBT_TARGET=lint PYTHONPATH=tests $(BIN)/dbt-score lint --run-dbt-parse

# Compiles each model in memory: no warehouse is opened. The warnings that are silenced
# are Python's, about workers that sqlfluff stops.
lint-sql: .venv/dev.stamp
	PYTHONWARNINGS=ignore $(BIN)/sqlfluff lint models python_models tests/singular

BENCH ?= --lines 1000000 10000000
BASKETS_BENCH ?= --lines 1000000 10000000
SCORING_BENCH ?= --customers 1000000
VALUE_BENCH ?= --customers 1000000
RECOMMENDATIONS_BENCH ?= --lines 1000000 10000000

bench: .venv/bench.stamp
	@$(BIN)/python bench/run.py $(BENCH)
	@$(BIN)/python bench/baskets.py $(BASKETS_BENCH)
	@$(BIN)/python bench/scoring.py $(SCORING_BENCH)
	@$(BIN)/python bench/lifetime_value.py $(VALUE_BENCH)
	@$(BIN)/python bench/recommendations.py $(RECOMMENDATIONS_BENCH)

# -- Environment ---------------------------------------------------------------------

.venv/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit( \
	    0 if (3, 11) <= v < (3, 14) else "make: Python 3.11, 3.12 or 3.13 is needed," \
	    " and $(PYTHON) is %d.%d; say PYTHON=python3.11" % v)'
	$(PYTHON) -m venv .venv

.venv/build.stamp: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing what requirements.lock lists; a minute or two"
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: requirements-dev.lock .venv/build.stamp
	@echo "Installing what requirements-dev.lock lists"
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

# pyfim comes as C source: this alone needs a compiler.
.venv/bench.stamp: requirements-bench.lock .venv/dev.stamp
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes \
	    -r requirements-bench.lock
	@touch $@

.venv/duckdb-1.5.stamp: requirements-duckdb-1.5.lock | .venv/build.stamp
	@rm -rf $(OLDER_DUCKDB)
	@$(INSTALL) --require-hashes --target $(OLDER_DUCKDB) -r $<
	@touch $@

# Versions and hashes, no addresses: each machine installs from its own index. With
# UPGRADE= the versions at hand stay where they fit.
UPGRADE ?= --upgrade
COMPILE := uv pip compile --quiet --no-config $(UPGRADE) --universal \
    --python-version 3.11 --generate-hashes --no-annotate --no-header \
    --no-strip-extras --no-emit-index-url --no-emit-find-links

lock:
	$(COMPILE) pyproject.toml --group dev -o requirements-dev.lock
	$(COMPILE) pyproject.toml --group build -c requirements-dev.lock \
	    -o requirements.lock
	$(COMPILE) --group duckdb-1-5 -o requirements-duckdb-1.5.lock
	$(COMPILE) --group bench -o requirements-bench.lock
	@! grep -nE '://| @ |^-' requirements*.lock

clean:
	rm -rf .venv target logs
