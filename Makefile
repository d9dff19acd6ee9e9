# Everything one does with the project. Python 3.11+ and make are enough to begin.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help run test threads check format acts types chaos attack bench ics debian lock clean

help: ## show this
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

# What is installed stands in the locks, with hashes; the requirements beside them say what for.
PIP := bin/pip install -q --disable-pip-version-check --require-hashes -r

$(VENV)/made: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version). Try: make run PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/$(PIP) requirements.lock
	@touch $@

$(VENV)/made-dev: $(VENV)/made requirements-dev.lock
	$(VENV)/$(PIP) requirements-dev.lock
	@touch $@

CLIENTS := .venv-clients
$(CLIENTS)/made-clients: tests/clients/requirements.lock $(VENV)/made
	-$(PYTHON) -m venv $(CLIENTS) && $(CLIENTS)/$(PIP) $< && touch $@

# The TypeScript checker, and the types of what the screens import, as static/vendor/package-lock.json has them.
NODE_MODULES := static/vendor/node_modules
$(NODE_MODULES)/made: static/vendor/package-lock.json
	-@command -v npm > /dev/null && npm ci --prefix static/vendor --silent --ignore-scripts --no-audit --no-fund \
	  --fetch-retries 1 --fetch-retry-mintimeout 1000 && touch $@

run: $(VENV)/made ## serve; an empty database gets a demo meeting, and its links are printed
	@$(RUN) -m meetingsvc serve --demo

check: $(VENV)/made-dev $(NODE_MODULES)/made ## lint, types of Python and of the browser's modules
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	@if [ -e $(NODE_MODULES)/made ]; then echo tsc --project static/js; $(NODE_MODULES)/.bin/tsc --project static/js; \
	  else echo "Left out: the types of static/js, since npm could not install static/vendor (Debian: npm)"; fi

format: $(VENV)/made-dev ## bring the code into shape
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

lock: $(VENV)/made-dev ## write the locks anew, after a change of requirements
	$(RUN) tools/lock.py

debian: ## as root on Debian: install what browser and PostgreSQL tests need
	@$(PYTHON) tools/debian.py

test: $(VENV)/made-dev $(CLIENTS)/made-clients debian check ## everything: checks, then the suite; ends with what was left out and why
	$(RUN) tools/suite.py

threads: $(VENV)/made-dev $(CLIENTS)/made-clients debian ## the suite once more, served with threads instead of eventlet
	MEETINGSVC_ASYNC_MODE=threading $(RUN) tools/suite.py

chaos: $(VENV)/made-dev ## twenty SIGKILLs under load, then a soak of five minutes
	$(RUN) -m tests.chaos

attack: $(VENV)/made-dev ## everything one host can do to a running service with 200 followers, as one table
	$(RUN) -m tests.attack

bench: $(VENV)/made-dev ## the table of speed, as ratios in one run
	$(RUN) -m tests.load

ics: $(VENV)/made-dev debian ## calendar files by six independent readers, and one file for every time zone
	npm install --silent --no-package-lock --no-audit --no-fund --prefix tests/calendar/parsers
	ICS_ALL_PARSERS=1 $(RUN) -m pytest tests/calendar
	$(RUN) -m tests.calendar.all_zones

acts: $(VENV)/made ## write docs/acts.md anew
	$(RUN) -m meetingsvc acts --write docs/acts.md

types: $(VENV)/made ## write static/js/view.d.ts anew, after a change of the view's types
	$(RUN) -m tools.view_types

clean: ## remove what was made, but never var/
	rm -rf $(VENV) $(CLIENTS) $(NODE_MODULES) .mypy_cache .ruff_cache .hypothesis
