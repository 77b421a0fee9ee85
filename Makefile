PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ecoflows-setup

.PHONY: help setup demo test lint types contracts pytest lock bench clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

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

lock: $(STAMP) ## Refresh requirements.lock from pyproject.toml
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --group dev pyproject.toml -o requirements.lock

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

pytest: $(STAMP) ## The tests
	@$(BIN)/pytest -q

bench: $(STAMP) ## The benchmarks; each prints a small table
	$(BIN)/python benchmarks/imports.py
	$(BIN)/python benchmarks/time_density.py
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/maps.py
	$(BIN)/python benchmarks/large_specs.py
	$(BIN)/python benchmarks/typed_edges.py

clean: ## Remove what the demo and the tools made
	rm -rf demo .ecoflows .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build
