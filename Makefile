# make demo: everything on the embedded sandbox.   make test: the tests.   make help: the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := singer-rest linked-target tap-crmoffice tap-trello target-crmoffice target-trello sandbox
MODULES := $(foreach package,$(PACKAGES),$(package)/$(subst -,_,$(package)))
# Workers for the tests, one more than the cores of a small machine: some tests wait.
WORKERS ?= 3
START_SANDBOX = $(BIN)/sandbox start --data .sandbox --links links-sandbox.db --sync "$(BIN)/meltano --environment=sandbox run sync"
PLANS := plan-crmoffice-to-trello.jsonl plan-trello-to-crmoffice.jsonl

# Caches and settings of a surrounding Meltano project or virtual environment do not belong here.
unexport VIRTUAL_ENV
export MELTANO_PROJECT_ROOT := $(CURDIR)
export MELTANO_SEND_ANONYMOUS_USAGE_STATS := false

.DEFAULT_GOAL := help
.PHONY: help setup demo plan demo-reset test guides soak lint format docs settings wheels bench screenshot ci clean requirements

help: ## show these lines
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(VENV)/ready ## make the virtual environment with Meltano, the packages and the test tools

$(VENV)/ready: requirements/dev.txt $(PACKAGES:%=%/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "Python 3.10 or newer is needed: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Setting up $(VENV) (once, about a minute) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(PACKAGES:%=-e ./%)
	@touch $@

.meltano/ready: meltano.yml requirements/constraints.txt $(PACKAGES:%=%/pyproject.toml) | setup
	@echo "Installing the plugins (once, about a minute) ..."
	@$(BIN)/meltano --log-level=warning install > /dev/null
	@touch $@

demo: setup .meltano/ready ## start the sandbox, sync both ways, show what happened
	@echo "Syncing both ways (the first time about a minute, at the pace that Trello allows) ..."
	@$(START_SANDBOX)
	@LOGLEVEL=WARNING $(BIN)/meltano --log-level=warning run demo || { $(BIN)/links --links-url sqlite:///links-sandbox.db check; echo "The demo has not come to its end. Its first [error] above tells why; the next make demo goes on from there."; exit 1; }
	@$(BIN)/links --links-url sqlite:///links-sandbox.db runs
	@$(BIN)/sandbox status --data .sandbox

plan: setup .meltano/ready ## tell what a sync in the sandbox would do, and write nothing
	@$(START_SANDBOX)
	@LOGLEVEL=WARNING $(BIN)/meltano --log-level=warning run plan
	@$(BIN)/links plan $(PLANS)

demo-reset: setup ## forget the demo: the sandbox's data, the links, the bookmarks
	@$(BIN)/sandbox stop --data .sandbox
	@rm -rf .sandbox links-sandbox.db*
	@$(BIN)/meltano --log-level=warning state clear --force sandbox:tap-crmoffice-to-target-trello
	@$(BIN)/meltano --log-level=warning state clear --force sandbox:tap-trello-to-target-crmoffice
	@echo "The demo starts over with the next: make demo"

test: setup ## run the tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

guides: setup ## run every command that the pages and the examples show
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m guides

soak: setup ## run the longest tests for about forty minutes: random histories, crashes, faults
	SOAK=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m soak

lint: setup ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(MODULES) publishing tests

format: setup ## put the code into the common format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup ## build the pages of docs/ as a site, into build/site
	$(BIN)/python -m publishing.site

settings: setup ## write what the plugins tell of their settings: docs/settings.md, hub/
	$(BIN)/python -m publishing.settings_reference
	$(BIN)/python -m publishing.hub_definitions

wheels: setup ## build the packages as they are released, into dist/
	$(BIN)/python -m publishing.packages

bench: setup ## measure, and print the ratios kept in docs/benchmarks.md
	$(BIN)/python -m tests.bench

screenshot: setup ## take the README's picture anew, from a new demo (needs Chromium)
	@$(MAKE) demo-reset
	@$(MAKE) demo
	$(BIN)/python -m tests.screenshot

ci: ## what CI runs
	bash .ci/run

requirements: setup ## pin the newest fitting versions of what the packages depend on
	$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade -o requirements/dev.txt requirements/dev.in
	grep -v '^ *--hash' requirements/dev.txt | sed 's/ \\$$//' > requirements/constraints.txt

clean: ## remove what the Makefile made
	-$(BIN)/sandbox stop --data .sandbox
	rm -rf $(VENV) .meltano .sandbox .artefacts links-*.db* plan-*.jsonl .mypy_cache .ruff_cache .pytest_cache output build dist
