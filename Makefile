# Two commands matter: `make run` and `make test`. Both set up what they need. `make help` tells the others.
SUITS := import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))
PYTHON ?= $(shell for name in python3.14 python3.13 python3.12 python3.11; do \
  $$name -c '$(SUITS)' 2>/dev/null && echo $$name && exit; done; echo python3)
BIN := .venv/bin
TOOLS := .venv-tools/bin
PAGE := config/page
PAGE_TOOLS := $(PAGE)/node_modules/.bin
TESTS = $(BIN)/python -m pytest -n auto --dist worksteal
LOCKS := requirements requirements-dev requirements-tools
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test nightly check check-page coverage fix help setup bench figures soak fonts lock platforms audit sbom clean

run: .venv/.run-ready ## the bot, and a chat page to try it on; with a token, Telegram
	@$(BIN)/scoda run

test: check ## all checks and tests but the long ones, some eight minutes
	$(TESTS) -m "not nightly"

nightly: coverage ## the long tests, the coverage, what is pinned
	$(TESTS) -m nightly
	@$(MAKE) --no-print-directory sbom audit

# A measured test takes 1.7 times the time, and a start of the program four times, so only those that mirror a module
# are measured. The floor is in pyproject.toml.
coverage: .venv/.test-ready ## what share of the program the tests of its parts run; puts it into tests/README.md
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n auto --dist worksteal tests/unit tests/contract \
	  --ignore=tests/unit/sandbox/test_page.py --ignore=tests/unit/app --ignore=tests/unit/cli
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --format=total | $(BIN)/python .ci/coverage_figure.py
	$(BIN)/coverage report

check: .venv/.test-ready ## what needs no run: style, types, imports, catalogs, knowledge, secrets, the chat page
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m bot.i18n check
	$(BIN)/scoda knowledge check
	$(BIN)/python .ci/whitespace.py
	$(BIN)/python -m pytest -q -n 0 -k S02 tests/faults/test_secrets.py
	@$(MAKE) --no-print-directory check-page

# The page's own tools come from npm. A visitor of this repository needs none of it: without npm this is left out, aloud.
check-page: ## the chat page alone: style and types of its scripts
	@if command -v npm >/dev/null; then \
	  $(MAKE) --silent $(PAGE)/node_modules/.ready && \
	  $(PAGE_TOOLS)/biome check --error-on-warnings --config-path=$(PAGE) bot/sandbox/page && \
	  $(PAGE_TOOLS)/tsc --project $(PAGE); \
	else \
	  printf '%s\n' "*** NOT CHECKED: the scripts of the chat page. That needs npm and Node.js 18 or later: ***" \
	    "***   Debian, Ubuntu:  sudo apt install npm        macOS:  brew install node         ***"; \
	  test "$$TEST_REQUIRE_ALL" != 1; \
	fi

fix: .venv/.test-ready ## mend what the checks of style can mend themselves
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python .ci/whitespace.py --fix
	@if command -v npm >/dev/null; then \
	  $(MAKE) --silent $(PAGE)/node_modules/.ready && \
	  $(PAGE_TOOLS)/biome check --write --error-on-warnings --config-path=$(PAGE) bot/sandbox/page; \
	else echo "The scripts of the chat page were left as they are: that needs npm."; fi

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

setup: .venv/.test-ready ## what the tests need, once (run and test do it by themselves)

bench: .venv/.test-ready ## how fast it is
	$(BIN)/python -m tests.bench

# Ask all unseen questions (some minutes) and put the counts into README. Figures only: nobody looks at what was missed.
figures: .venv/.test-ready ## ask the unseen questions and put the counts into README
	$(BIN)/python -m tests.bench.bench_unseen --write

# The long forms of the fault tests, an hour and a half, and the million updates of the last one some hours more. A broken promise fails them; its seed is printed.
soak: .venv/.test-ready ## the long forms of the fault tests, an hour and a half
	$(BIN)/python -m tests.faults.simulation --seeds 2000
	$(BIN)/python -m tests.faults.kills --kills 200
	$(BIN)/python -m tests.faults.kills --paced --kills 100
	$(BIN)/python -m tests.faults.kills --updates 10000 --kills 100
	$(BIN)/python -m tests.faults.fuzzing --updates 60000
	FUZZ_FACTOR=30 $(BIN)/python -m pytest -q tests/faults/test_fuzzing.py
	$(BIN)/python -m tests.faults.load --visitors 1000
	$(BIN)/python -m tests.faults.soak --updates 1000000

.venv/bin/python:
	@$(PYTHON) -c '$(SUITS)' 2>/dev/null || { printf '%s\n' \
	  "This needs Python 3.11, 3.12, 3.13 or 3.14 with its venv module, and $(PYTHON) is not that. To get it:" \
	  "  Debian, Ubuntu:  sudo apt install python3 python3-venv    (Debian 12, Ubuntu 24.04 or later)" \
	  "  macOS:           brew install python@3.13" \
	  "  with pyenv:      pyenv install 3.13 && make run PYTHON=\"\$$(pyenv prefix 3.13)/bin/python\"" \
	  "  with uv:         uv python install 3.13 && make run PYTHON=\"\$$(uv python find 3.13)\"" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.run-ready: .venv/bin/python config/requirements.lock pyproject.toml bot/adapters/e5/kernel.c
	@echo "Installing what the bot needs (about a minute, once) …"
	$(PIP) --no-deps --require-hashes -r config/requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.test-ready: .venv/.run-ready config/requirements-dev.lock
	@echo "Installing what the tests need …"
	$(PIP) --no-deps --require-hashes -r config/requirements-dev.lock
	@touch $@

# The tools have an environment of their own, pinned by hashes as the bot is: what they need comes nowhere near it.
.venv-tools/.ready: .venv/bin/python config/requirements-tools.lock
	.venv/bin/python -m venv .venv-tools
	$(TOOLS)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
	  -r config/requirements-tools.lock
	@touch $@

$(PAGE)/node_modules/.ready: $(PAGE)/package-lock.json
	@echo "Installing what checks the chat page …"
	cd $(PAGE) && npm ci --silent
	@touch $@

# The fonts of the pictures, cut from Debian's; a label in a letter that they lack fails a test.
fonts: .venv/.test-ready ## cut the fonts of the pictures anew (Debian's fonts-noto-core and fonts-noto-cjk)
	$(BIN)/python .ci/fonts.py

# Resolve config/*.in anew. The lock files hold names, versions and hashes, no registry address.
lock: .venv-tools/.ready ## resolve config/*.in anew, with hashes
	for name in $(LOCKS); do \
	  $(TOOLS)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate --override config/overrides.txt config/$$name.in -o config/$$name.lock || exit 1; \
	done

# Show that what is pinned comes as wheels, without a compiler, wherever README says that the bot runs.
platforms: .venv-tools/.ready .venv/.run-ready ## what is pinned comes as wheels for all systems (network)
	@for platform in x86_64-manylinux_2_28 aarch64-manylinux_2_28 aarch64-apple-darwin; do \
	  for version in 3.11 3.12 3.13 3.14; do \
	    $(TOOLS)/uv pip install --quiet --dry-run --reinstall --no-deps --require-hashes --only-binary :all: \
	      --python $(BIN)/python --python-platform $$platform --python-version $$version -r config/requirements.lock \
	      && echo "$$platform, Python $$version: all wheels are there" || exit 1; \
	  done; done

# Ask for known faults of what is pinned. It fails, too, when one package could not be looked up (--strict).
audit: .venv-tools/.ready ## known faults of what is pinned (network)
	for name in $(LOCKS); do \
	  $(TOOLS)/pip-audit --strict --require-hashes --disable-pip -r config/$$name.lock || exit 1; \
	done

# What the bot consists of, for whoever has to know: CycloneDX 1.6, made from the lock, each file with its hash.
sbom: .venv-tools/.ready ## what the bot consists of (CycloneDX)
	@mkdir -p build
	$(TOOLS)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --spec-version 1.6 \
	  --output-file build/sbom.cdx.json config/requirements.lock
	$(BIN)/python .ci/sbom_names.py

clean: ## remove what was installed and made, the bot's data too
	rm -rf .venv .venv-tools $(PAGE)/node_modules build data
