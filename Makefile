# Every target starts from nothing but python3 and its venv module; a second run reuses what the first installed.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help setup demo test soak check format lint types contracts bench bench-allocation bench-batch bench-contest bench-sba bench-receivables bench-explain bench-families bench-features lock clean bench-ledger bench-api

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY) ## create the environment from the hash-locked requirements

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("assetlight needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked requirements (first run: one to three minutes)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: $(READY) ## simulate, import, train, score, explain, serve (ONCE=1 stops before serving)
	$(BIN)/assetlight demo $(if $(ONCE),--once)

test: $(READY) ## the whole suite
	$(BIN)/python -m pytest -n auto $(ARGS)

soak: $(READY) ## the sizes that take minutes: a million posted rows, 200 kills on each database, long walks of the OpenAPI document
	$(BIN)/python -m pytest -m soak $(ARGS)

check: $(READY) format-check lint types contracts test ## everything that must be green before a change lands

format: $(READY) ## format the sources
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only --quiet .

format-check: $(READY)
	$(BIN)/ruff format --check .

lint: $(READY) ## ruff
	$(BIN)/ruff check .

types: $(READY) ## mypy, strict
	$(BIN)/mypy

contracts: $(READY) ## which module may import which
	$(BIN)/lint-imports

bench: $(READY) ## limits a second and milliseconds for one, against their targets
	$(BIN)/python -m benchmarks.limits
	$(BIN)/python -m benchmarks.recomputation
	$(BIN)/python -m benchmarks.explanation

bench-explain: $(READY) ## exact contributions beside pred_contrib, shap, treelite, onnxruntime (ARGS="--quick")
	$(BIN)/python -m benchmarks.exact_contributions $(ARGS)

bench-features: $(READY) ## 20 million invoices: ours beside DuckDB by hand, polars, pandas (ARGS="--invoices N")
	$(BIN)/python -m benchmarks.features $(ARGS)

bench-allocation: $(READY) ## 100 million yuan over the 302 contest enterprises, beside simple rules
	$(BIN)/python -m benchmarks.allocation

bench-batch: $(READY) ## a million enterprises from facts to complete decisions, beside a plain script (ARGS="--rows N")
	$(BIN)/python -m benchmarks.batch $(ARGS)

bench-contest: $(READY) ## import, train and score the contest data: seconds, memory, AUC
	$(BIN)/python -m benchmarks.contest

bench-sba: $(READY) ## the SBA loans across the crisis: learned to fiscal year 2004, tested later
	$(BIN)/python -m benchmarks.sba $(ARGS)

bench-receivables: $(READY) ## late payment from the customer's own past, tested on later invoices
	$(BIN)/python -m benchmarks.receivables $(ARGS)

bench-families: $(READY) ## simulate 10,000 enterprises and compare the feature families: docs/families.md
	$(BIN)/python -m benchmarks.families

bench-ledger: $(READY) ## durable entries a second: one commit a row beside group commit, SQLite and PostgreSQL
	$(BIN)/python -m benchmarks.ledger $(ARGS)

bench-api: $(READY) ## the API under load: p50, p99, requests/s, split by stage (ARGS="--small")
	$(BIN)/python -m benchmarks.api $(ARGS)

lock: ## renew requirements.txt from pyproject.toml (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--all-extras --output-file requirements.txt pyproject.toml

clean: ## remove the environment and every cache
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
