PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ecoflows-setup

# Tests start many processes: each would compile its libraries anew without bytecode on disk.
export PYTHONDONTWRITEBYTECODE :=

AIRFLOW := 2.11.2 3.3.2
AIRFLOW_STAMPS := $(AIRFLOW:%=.venv-airflow-%/.ecoflows-setup)

.PHONY: help setup demo test test-airflow test-kubernetes lint types contracts pytest lock lock-airflow bench clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: $(STAMP) ## Make .venv with ecoflows and its locked dependencies

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "ecoflows needs Python 3.11 or newer; try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) (the first time takes a minute or two)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.4'
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-header

lock: $(STAMP) ## Refresh requirements.lock, and the locks of the image, from pyproject.toml
	$(COMPILE) --upgrade --group dev pyproject.toml -o requirements.lock
	$(COMPILE) --upgrade --no-annotate --constraint requirements.lock --extra s3 --extra gcs --extra earthranger --extra postgis pyproject.toml \
	  -o requirements/runtime.lock
	$(COMPILE) --upgrade --no-annotate --constraint requirements.lock --group build -o requirements/build.lock

demo: $(STAMP) ## Run the main job on generated example data; the map is in demo/
	@$(BIN)/ecoflows simulate demo/observations.parquet
	@$(BIN)/ecoflows run specs/time_density.yaml --params specs/time_density.params.yaml --outputs demo
	@echo
	@echo "open the map:  demo/draw_ecomap.html  (the picture: demo/save_map_image.png)"
	@echo "stop the local Prefect server:  $(BIN)/ecoflows server stop"

test: lint types contracts pytest ## Everything that has to pass

lint: $(STAMP) ## ruff: lint and format
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .

types: $(STAMP) ## mypy, strict
	@$(BIN)/mypy

contracts: $(STAMP) ## import-linter: imports go down only
	@$(BIN)/lint-imports --no-cache

pytest: $(STAMP) ## The tests, on all cores (up to four)
	@tests/postgis/install
	@$(BIN)/pytest -q --numprocesses auto --maxprocesses 4 --dist worksteal

test-airflow: $(STAMP) $(AIRFLOW_STAMPS) ## The compiled DAGs in real Airflow, two versions of it
	@$(BIN)/pytest -q -m airflow --numprocesses 2 --dist loadgroup tests/airflow

test-kubernetes: $(STAMP) ## Deployments in the cluster that KUBECONFIG names; docs/kubernetes.md
	@$(BIN)/pytest -q -m kubernetes tests/kubernetes

.venv-airflow-%/.ecoflows-setup: requirements/airflow-%.lock | $(STAMP)
	@echo "setting up $(@D) (once, half a minute)"
	@rm -rf $(@D)
	@$(BIN)/uv venv --quiet --python $(BIN)/python $(@D)
	@$(BIN)/uv pip install --quiet --python $(@D)/bin/python --require-hashes -r $<
	@$(@D)/bin/python -m compileall -q -j 2 $(@D)/lib
	@touch $@

lock-airflow: $(STAMP) ## Refresh requirements/airflow-*.lock from their .in files
	@for version in $(AIRFLOW); do $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header requirements/airflow-$$version.in \
	  -o requirements/airflow-$$version.lock || exit 1; done

bench: $(STAMP) ## The benchmarks; each prints a small table
	$(BIN)/python benchmarks/imports.py
	$(BIN)/python benchmarks/time_density.py
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/maps.py
	$(BIN)/python benchmarks/large_specs.py
	$(BIN)/python benchmarks/typed_edges.py
	$(BIN)/python benchmarks/targets.py
	$(BIN)/python benchmarks/deployments.py
	$(BIN)/python benchmarks/pods.py

clean: ## Remove what the demo and the tools made
	rm -rf demo .ecoflows .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build
