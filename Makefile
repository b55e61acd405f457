# Every command of the project. `make` alone explains them.
# Variables given on the command line (PORT=8001, DEMO=0, CHROMIUM=…) reach every program that a target starts.

PYTHON ?= python3
ARGS ?=
SIZE ?= S
PY := .venv/bin/python
SOURCES := lib reps deals metrics dashboard salesteam bench scripts tests manage.py

.DEFAULT_GOAL := help
.PHONY: help run stop check format test test-fast test-long bench screenshots assets messages lock develop

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: ## install what is missing, start everything, print address and sign-ins (PORT=8000, DEMO=0 for an empty company)
	@exec $(PYTHON) salesteam/bootstrap.py run

stop: ## stop what `make run` started, from another terminal
	@test -x $(PY) && exec $(PY) -m salesteam.supervisor stop

check: develop ## style, types, templates, migrations and the compose file
	$(PY) -m ruff check $(SOURCES)
	$(PY) -m ruff format --check $(SOURCES)
	$(PY) -m mypy
	$(PY) -m djlint --lint --quiet templates
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) -m check_jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	@! grep -rnE '^(<{7}|>{7}) ' $(SOURCES) templates Makefile *.md *.toml *.yml || { echo "A merge conflict was left behind."; exit 1; }

format: develop ## put Python into the one style
	$(PY) -m ruff check --fix-only $(SOURCES)
	$(PY) -m ruff format $(SOURCES)

test: develop ## all tests, with a browser that is found or installed (ARGS="tests/deals -k stale")
	@browser=$$($(PY) -m salesteam.browser) && CHROMIUM="$$browser" exec $(PY) -m pytest -m "not long" $(ARGS)

test-fast: develop ## the tests that need no browser and not many seconds
	@exec $(PY) -m pytest -n auto --dist loadfile -m "not browser and not slow and not long" $(ARGS)

test-long: develop ## everything, with many more invented inputs
	@browser=$$($(PY) -m salesteam.browser) && CHROMIUM="$$browser" HYPOTHESIS_PROFILE=long exec $(PY) -m pytest $(ARGS)

bench: develop ## how fast it is with a large company's data (SIZE=S or L; docs/speed.md): the exit status is the verdict
	@exec $(PY) -m bench.run $(SIZE)

screenshots: develop ## every page at two widths, light and dark, in both languages, into screenshots/ (ARGS="--only deals")
	@browser=$$($(PY) -m salesteam.browser) && CHROMIUM="$$browser" exec $(PY) -m scripts.screenshots $(ARGS)

assets: ## build static/vendor/ and the translations again
	@rm -f static/vendor/.stamp
	@exec $(PYTHON) salesteam/bootstrap.py assets

messages: develop ## collect the strings to translate into locale/
	$(PY) scripts/messages.py

lock: develop ## choose versions anew for every requirements file and package.json
	@for name in "" -local -dev -node -uv; do \
	  .venv/bin/uv pip compile requirements$$name.txt -o requirements$$name.lock \
	    --generate-hashes --universal --python-version 3.11 --no-header --no-annotate --quiet $(ARGS) || exit 1; \
	done
	@npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund

develop:
	@$(PYTHON) salesteam/bootstrap.py develop
