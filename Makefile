# One word for each thing a newcomer does; `make help` lists them. Needs make and Python 3.11 or later, nothing else.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help install assets lock demo test test-slow mutants torture fuzz check format clean

# Where an environment forbids it, each of the hundreds of programs that tests start compiles everything anew.
export PYTHONDONTWRITEBYTECODE :=

BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
ARGS ?=
ENGINES ?= embedded
# Two more than there are processors: the tests on real engines wait more than they work.
WORKERS ?= $(shell echo $$(($$(nproc 2>/dev/null || echo 2) + 2)))

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo '  after a change of dependencies in pyproject.toml: make lock (ARGS=--upgrade for newer versions of all others),'
	@echo '    then commit requirements.lock and docs/licences.md with it'
	@echo '  make demo ARGS="--headless --days 60" passes options on; so does make test'
	@echo '  make demo ENGINES=real runs it on a Kafka and a PostgreSQL that it starts and ends'

install: .venv/.installed ## put the program and its tools into .venv

# The stamp is written last, so that an interrupted installation is done again.
.venv/.installed: pyproject.toml requirements.lock
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		rm -rf .venv; \
		for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
			if $$python -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
				echo "creating .venv with $$python"; $$python -m venv .venv; break; \
			fi; \
		done; \
		test -x $(BIN)/python || { echo "Python 3.11 or later with venv is needed; name it: make install PYTHON=..." >&2; exit 1; }; \
	fi
	@echo "installing into .venv"
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(MAKE) --no-print-directory assets
	@touch $@

assets: ## put the files that come out of wheels (JavaScript, schemas) into place, where they are not there yet
	@$(BIN)/python dev/assets.py

# After a change of dependencies in pyproject.toml. The lock file holds every package with the hashes of its files, for
# every platform and Python version; where packages come from stays a matter of each machine's own settings.
lock: ## pin all dependencies with hashes in requirements.lock, install them, list their licences
	@test -x $(BIN)/python || python3 -m venv .venv
	@$(PIP) install uv==0.13.9
	@index="$${PIP_INDEX_URL:-$$($(PIP) config get global.index-url 2>/dev/null || true)}"; \
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
		$${index:+--default-index "$$index"} --python-version 3.11 --extra dev --output-file requirements.lock $(ARGS) pyproject.toml
	@$(MAKE) --no-print-directory install
	@$(BIN)/python -m jinbao.dev.licences > docs/licences.md.new && mv docs/licences.md.new docs/licences.md

demo: install ## watch 32 provinces exchange transfers (Ctrl-C stops, the next start continues)
	@$(BIN)/jinbao demo --engines $(ENGINES) $(ARGS)

PYTEST := $(BIN)/pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test: install ## run the tests: every rule, room, page and command, some minutes
	@$(PYTEST) -m 'not slow' $(ARGS)

test-slow: install ## run the long ones: every page in a browser, nations on real engines, parts killed, disks full
	@$(PYTEST) -m slow $(ARGS)

mutants: install ## plant plausible mistakes one by one and say which test notices each
	@$(BIN)/python tests/mutants/hunt.py $(ARGS)

torture: install ## kill parts of large nations on real engines, half an hour or more
	@$(BIN)/python -m jinbao.torture $(ARGS)

N ?= 1000000
fuzz: install ## changed inputs and noise for readers, codec and intake; N=1000000 of them
	@$(BIN)/jinbao fuzz --target all --n $(N) $(ARGS)

check: install ## style, types, import directions, released schemas, generated pages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=.typing $(BIN)/lint-imports --no-cache
	$(BIN)/jinbao schemas check
	$(BIN)/jinbao codes --check docs/codes.md
	$(BIN)/jinbao states --check docs/states.md
	$(BIN)/jinbao schemas asyncapi --check docs/asyncapi.json
	$(BIN)/python -m jinbao.dev.licences --check docs/licences.md
	deploy/asyncapi/check.sh docs/asyncapi.json

format: install ## put the code into the common form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove .venv, caches and build output; data (.jinbao) stays
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
