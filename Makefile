# Everything a newcomer types. `make` alone lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# Newer than the lock and the project's metadata: then nothing has to be installed.
READY := $(VENV)/.ready

# Usage telemetry of every tool is off.
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export AIRFLOW__USAGE_DATA_COLLECTION__ENABLED := False
export SCARF_ANALYTICS := false

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: no $(PYTHON) on the PATH. Or name yours: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Python 3.11 is needed; $(PYTHON) is another version. Name one: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@echo "Setting up $(VENV): the first time, this downloads the locked packages."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --no-deps --requirement requirements.lock
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# The extra is paid for by those who ask for it: Spark's own distribution, dbt's adapter, Cosmos.
SPARK_READY := $(VENV)/.spark-ready

$(SPARK_READY): $(READY) requirements-spark.lock
	@echo "Setting up Spark in $(VENV): the first time, this downloads 450 MB."
	@$(BIN)/python -m pip install --quiet --no-deps --requirement requirements-spark.lock
	@touch $@

# A client of the oldest version that must still read the published files, apart from ours.
READERS_READY := $(VENV)/readers/.ready

$(READERS_READY): $(READY) requirements-readers.lock
	@$(BIN)/python -m pip install --quiet --no-deps --upgrade --target $(VENV)/readers --requirement requirements-readers.lock
	@touch $@

.PHONY: setup
setup: $(READY) ## make the virtual environment (the other targets do it by themselves)

.PHONY: run
run: $(READY) ## from extracts to pages: simulate a county if none has sent anything, run the DAGs, publish
	@$(BIN)/attendance run

.PHONY: test
test: $(READY) $(READERS_READY) ## everything that is checked: lint, types, import rules, SQL, unit, end-to-end and browser tests
	@$(BIN)/python -m tests.everything

.PHONY: up
up: $(READY) ## Airflow's web interface and scheduler, and the site, until Ctrl-C
	@$(BIN)/attendance up

.PHONY: serve
serve: $(READY) ## the published pages on a local address
	@$(BIN)/attendance serve

.PHONY: status
status: $(READY) ## what each LEA sent last, and through which day attendance is complete
	@$(BIN)/attendance status

.PHONY: lint
lint: $(READY) ## only the checks that read code: ruff, mypy, import-linter, sqlfluff
	@$(BIN)/python -m tests.everything lint

.PHONY: fix
fix: $(READY) ## let ruff and sqlfluff mend what they can
	@$(BIN)/ruff check --quiet --fix . || true
	@$(BIN)/ruff format --quiet .
	@$(BIN)/python -m tests.everything fix-sql

.PHONY: nights
nights: $(READY) ## is a running year published night after night, each beside the ones before? FROM=2023-10-02 NIGHTS=20
	@$(BIN)/python -m tests.nights --from $(FROM) --nights $(NIGHTS)

.PHONY: planted
planted: $(READY) ## plant an error for each rule and see a test fail: do the tests test anything?
	@$(BIN)/python -m tests.planted

.PHONY: oracle
oracle: $(READY) ## twenty counties of 5,000 students, counted day by day from the raw files: does every figure agree?
	@$(BIN)/python -m tests.oracle.seeds

SEEDS ?= 50
FROM ?= 2023-10-02
NIGHTS ?= 20

.PHONY: truths
truths: $(READY) ## is what is planted in SEEDS=50 simulated counties found, and nothing else? Goes on where it was stopped
	@$(BIN)/python -m tests.truths.seeds --first $(SEEDS)

# The state's files, and where the county that equals them is put. SCALE=0.01 takes a hundredth of it.
CDE ?= ../shared/data/cde
SCALE ?= 1
EQUAL := var/equal/$(SCALE)
AS_EQUAL := ATTENDANCE_HOME=$(EQUAL)/home ATTENDANCE_CONFIG=$(EQUAL)/county/config ATTENDANCE_EXTRACTS=$(EQUAL)/county/extracts

$(EQUAL)/county: $(READY)
	@mkdir -p $(EQUAL)
	@test -d $@ || $(BIN)/attendance simulate --out $@ --scale $(SCALE) --year 2023-24 \
		--like $(CDE)/chronicabsenteeism24.txt.gz --like $(CDE)/chronicabsenteeism23.txt.gz \
		--directory $(CDE)/school_directory_demographics_2025_26_la.parquet
	@touch $@

.PHONY: equal
equal: $(EQUAL)/county ## a county like the published one, at full scale, through loading and building: is every cell equal?
	@$(AS_EQUAL) $(BIN)/attendance load
	@$(AS_EQUAL) $(BIN)/attendance build
	@$(AS_EQUAL) $(BIN)/attendance compare --published

.PHONY: setup-spark
setup-spark: $(SPARK_READY) ## the extra that builds on Spark (make spark and make bench-spark do it by themselves)

.PHONY: spark
spark: $(SPARK_READY) ## build the county of `make run` on a Spark cluster on this machine, and compare every mart with DuckDB's
	@$(BIN)/attendance compare --engines

.PHONY: spark-equal
spark-equal: $(SPARK_READY) $(EQUAL)/county ## the same with a county like the published one: make spark-equal SCALE=0.3
	@$(AS_EQUAL) $(BIN)/attendance compare --engines

.PHONY: bench-spark
bench-spark: $(SPARK_READY) ## what a county takes on DuckDB and on Spark with one worker and two: docs/scale.md (two hours)
	@$(BIN)/python -m benchmarks.spark

.PHONY: bench
bench: $(READY) ## what a whole county takes beside DuckDB by hand, Polars and pandas: benchmarks/results.md (an hour)
	@$(BIN)/python -m benchmarks.county

LOCK := $(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --no-header --annotation-style=line \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.PHONY: lock
lock: $(READY) ## compile the locks anew from pyproject.toml: versions, never addresses; Spark's holds what it adds
	@$(LOCK) --extra dev --output-file requirements.lock pyproject.toml
	@$(LOCK) --extra spark --constraint requirements.lock --output-file $(VENV)/spark.lock pyproject.toml
	@awk 'NR == FNR {known[$$1]; next} !($$1 in known)' requirements.lock $(VENV)/spark.lock > requirements-spark.lock

.PHONY: clean
clean: ## remove what runs and tools left behind; the virtual environment stays
	@rm -rf var dbt_project/target dbt_project/logs .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
