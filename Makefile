# The developer's vocabulary. `make help` lists it; CI and pre-commit call the same names.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
NAME ?=
PATHS := console decisioning governance simulator bench tests manage.py
THERE = $(wildcard $(PATHS))

export PORT
export DATA_DIR
export SIMULATE
export HILLSTROM

.PHONY: help setup hooks demo screenshots test test-fast test-browser run worker services doctor format \
	format-check lint types arch migrations-check check prove bench clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' \
	  | while IFS='|' read -r name does; do printf '  %-18s %s\n' "$$name" "$$does"; done

# ── the environment ──────────────────────────────────────────────────────────

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "Python 3.11 or newer is needed; point to one with make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Making a virtual environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
	  || { rm -rf $(VENV) && $(PYTHON) -m venv --without-pip $(VENV); }

define install
	@echo "Installing $(1) into $(VENV) …"
	@if $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -r $(1); \
	else \
	  $(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check -r $(1); \
	fi
	@touch $(2)
endef

$(VENV)/.runtime: requirements.lock | $(BIN)/python
	$(call install,requirements.lock,$@)

$(VENV)/.dev: requirements-dev.lock | $(BIN)/python
	$(call install,requirements-dev.lock,$@)

setup: $(VENV)/.runtime $(VENV)/.dev hooks ## virtual environment, locked dependencies, git hooks

hooks:
	@if [ -d .git ] && [ ! -e .git/hooks/pre-commit ]; then \
	  mkdir -p .git/hooks && printf '#!/bin/sh\nexec make check\n' > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit \
	  && echo "Commits run make check first."; fi

# ── the product ──────────────────────────────────────────────────────────────

demo: $(VENV)/.runtime ## everything from nothing: PORT= DATA_DIR= SIMULATE=0 HILLSTROM=file
	@exec $(BIN)/python manage.py demo_up --port $(PORT)

run: $(VENV)/.runtime ## web with reload, against the services that are up (or its own)
	@exec $(BIN)/python manage.py runserver 127.0.0.1:$(PORT)

worker: $(VENV)/.runtime ## Celery worker with beat
	@exec $(BIN)/python manage.py services \
	  $(BIN)/celery -A console.config.celery worker -B -Q celery,world --concurrency 2 --loglevel INFO \
	  --schedule /dev/null

services: $(VENV)/.runtime ## the embedded services in the foreground
	@exec $(BIN)/python manage.py services

doctor: $(VENV)/.runtime ## what is wrong and how to mend it
	@exec $(BIN)/python manage.py doctor

# ── tests ────────────────────────────────────────────────────────────────────

CHROMIUM = $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.PHONY: chromium
chromium:
	@if [ -n "$(CHROMIUM)" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing chromium with apt-get for the browser tests …"; \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core fonts-inter >/dev/null 2>&1 \
	  || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	       apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core fonts-inter >/dev/null; }; \
	else \
	  echo "The browser tests need chromium. Install it once: sudo apt-get install chromium"; exit 1; \
	fi

test: $(VENV)/.dev chromium ## everything: unit, integration on PostgreSQL, browser
	@$(BIN)/python -m pytest -n 2 --dist loadfile -q -rfE --cov --cov-report= --durations 5
	@$(BIN)/python -m coverage report --skip-covered --skip-empty | tail -n 1

test-fast: $(VENV)/.dev ## what needs neither database nor browser
	@$(BIN)/python -m pytest -q -m "not browser and not slow and not django_db"

test-browser: $(VENV)/.dev chromium ## only what drives chromium
	@$(BIN)/python -m pytest -q -m browser

# ── checks ───────────────────────────────────────────────────────────────────

TEMPLATES = $(shell find templates -name '*.html' 2>/dev/null)

format: $(VENV)/.dev ## ruff format and djade, in place
	@$(BIN)/ruff format $(THERE)
	@$(BIN)/ruff check --fix-only --quiet $(THERE)
	@$(if $(TEMPLATES),$(BIN)/djade --target-version 5.2 $(TEMPLATES) || true,:)

format-check: $(VENV)/.dev
	@$(BIN)/ruff format --check --quiet $(THERE)
	@$(if $(TEMPLATES),$(BIN)/djade --check --target-version 5.2 $(TEMPLATES),:)

lint: $(VENV)/.dev ## ruff, djlint, codespell; changes nothing
	@$(BIN)/ruff check $(THERE)
	@$(if $(TEMPLATES),$(BIN)/djlint --lint --quiet templates,:)
	@$(BIN)/codespell $(THERE) $(wildcard templates static docs README.md CHANGELOG.md Makefile)

types: $(VENV)/.dev ## mypy --strict
	@$(BIN)/mypy

arch: $(VENV)/.dev ## import contracts and architecture tests
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m pytest -q tests/architecture

migrations-check: $(VENV)/.dev ## no model change without its migration, one line of history
	@$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

check: format-check lint types arch migrations-check ## all of the above: what a commit must pass

# ── long ones ────────────────────────────────────────────────────────────────

prove: $(VENV)/.dev ## the long proofs, each writes its row into docs/proofs.md: NAME=
	@exec $(BIN)/python -m bench.prove $(NAME)

bench: $(VENV)/.dev ## the performance suite: ours, the peer's, the floor
	@exec $(BIN)/python -m bench

screenshots: $(VENV)/.dev chromium ## pictures of the main pages of the running demo, into docs/img: NAME=
	@exec $(BIN)/python -m bench.screenshots $(NAME) --demo $(or $(DATA_DIR),var)/demo.json

clean: ## remove caches; keeps var/ and .venv/
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
