# A thin wrapper: `make help` prints the plain commands behind each target. Needs Python 3.11 or newer, nothing else.
SHELL := /bin/sh
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
PYTEST_ARGS ?= -n auto --dist loadfile --no-loadscope-reorder
BENCH ?= ingest
INSTALL_PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --no-deps --only-binary :all:
INSTALL_UV = $(UV) pip install --quiet --python $(BIN)/python --require-hashes --no-deps --only-binary :all:
INSTALL = $(if $(UV),$(INSTALL_UV),$(INSTALL_PIP))

.PHONY: help setup demo test test-browser lint check-production bench lock clean
.DEFAULT_GOAL := help

help: ## Print this, and the plain commands for machines without make
	@echo "make setup         install what finobs needs into $(VENV) (uv when it is there, else venv and pip)"
	@echo "make demo          start with a synthetic bank: PORT, DEMO_TRANSACTIONS, DEMO_CUSTOMERS, DEMO_DATA change it"
	@echo "make test          all tests but the browser's; DATABASE_URL and REDIS_URL choose servers"
	@echo "make test-browser  the tests that drive Chromium"
	@echo "make lint          style, types, imports, templates, migrations, API description, production settings"
	@echo "make bench         BENCH=ingest, or another of 'manage.py bench'"
	@echo "make lock          compile requirements/*.in with hashes (needs uv)"
	@echo
	@echo "Without make:"
	@echo "  python3 -m venv .venv"
	@echo "  .venv/bin/python -m pip install --require-hashes --no-deps --only-binary :all: -r requirements/base.txt"
	@echo "  .venv/bin/python manage.py demo"
	@echo "and for tests: the same with requirements/dev.txt, then"
	@echo "  .venv/bin/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m 'not browser'"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older."; exit 1; }
	$(if $(UV),$(UV) venv --quiet --python $(PYTHON) $(VENV),$(PYTHON) -m venv $(VENV))

# Stamps: what is installed already is not installed again.
$(VENV)/.base: requirements/base.txt | $(BIN)/python
	@echo "Installing finobs (about a minute with pip, seconds with uv) ..."
	$(INSTALL) -r requirements/base.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt | $(BIN)/python
	@echo "Installing finobs with its tests and tools ..."
	$(INSTALL) -r requirements/dev.txt
	@touch $(VENV)/.base $@

setup: $(VENV)/.base ## Install

demo: $(VENV)/.base ## One process, no servers
	@exec $(BIN)/python manage.py demo

test: $(VENV)/.dev ## No server needed
	$(BIN)/python -m pytest $(PYTEST_ARGS) -m "not browser"

test-browser: $(VENV)/.dev
	$(BIN)/python -m pytest -m browser $(BROWSER_ARGS)

lint: $(VENV)/.dev check-production
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint templates
	$(BIN)/python manage.py makemigrations --check --dry-run --settings finobs.settings.test
	$(BIN)/python manage.py spectacular --fail-on-warn --validate --file /dev/null --settings finobs.settings.test
	@if docker compose version >/dev/null 2>&1; then docker compose --env-file .env.example config --quiet; fi

check-production: $(VENV)/.dev ## The settings of production pass Django's own deployment checks
	SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))') ALLOWED_HOSTS=finobs.example \
	DATABASE_URL=postgres://finobs@127.0.0.1/finobs REDIS_URL=redis://127.0.0.1:6379/0 \
	$(BIN)/python manage.py check --deploy --fail-level WARNING --settings finobs.settings.production

bench: $(VENV)/.base
	$(BIN)/python manage.py bench $(BENCH) $(if $(SIZE),--size $(SIZE)) --json

lock: ## Compile the lock files; needs uv
	@for set in base production dev; do \
		$(UV) pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
			--no-emit-find-links requirements/$$set.in -o requirements/$$set.txt || exit 1; \
	done

clean: ## Remove what make installed; the data in var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
