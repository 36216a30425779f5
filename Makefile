# The one menu: `make` alone shows it.
PROFILE ?= famille
LAB_PROFILE ?= $(if $(filter command line environment,$(origin PROFILE)),$(PROFILE),mini)
PCS ?= 1
ONCE ?=
KEEP ?=
PYTEST_ARGS ?=
WORKERS ?= 2
# Playwright keeps a loop of its own in its process: no asyncio test shares it.
BROWSER_TESTS := tests/acceptance/web tests/acceptance/assist tests/acceptance/maintenance
# The longest files first, so that no worker is left alone with one at the end.
OTHER_TESTS := $(filter-out $(BROWSER_TESTS:%=%/) %/__pycache__/,$(wildcard tests/acceptance/*/)) tests/integration tests/unit
BIN := .venv/bin
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint fix types imports catalogues unit integration acceptance images image-live \
        image-os lab bench bench-image bench-run bench-agent bench-erase bench-hardware bench-link figures docs lock clean setup-lab setup-test setup-bench need-root

help: ## this menu
	@printf 'Recyclerie. What can be made here:\n\n'
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nPROFILE=mini|famille  PCS=1..3  ONCE=1  KEEP=1  PYTEST_ARGS="-k name"  WORKERS=2\n'

setup: ## install what the controller needs; puts recyclerie and recyclerie-agent into .venv/bin
	@scripts/setup

setup-lab:
	@scripts/setup lab

setup-test:
	@scripts/setup lab test

setup-bench:
	@scripts/setup lab test bench

demo: setup-lab ## a donated PC from power-on to ready, before your eyes (PROFILE=mini for the quick look, PCS=3, ONCE=1)
	@scripts/as-root env PROFILE=$(PROFILE) PCS=$(PCS) ONCE=$(ONCE) KEEP=$(KEEP) $(BIN)/python -m tests.lab.demo

test: setup-test check image-live ## every check and test that needs no virtual PC
	@scripts/as-root scripts/images os mini
ifeq ($(strip $(PYTEST_ARGS)),)
# Both runs, also when the first one fails: one look shows all there is to mend.
	@failed=0; \
	for tests in "$(OTHER_TESTS)" "$(BROWSER_TESTS)"; do \
		scripts/as-root $(BIN)/pytest -n $(WORKERS) --dist loadfile --durations=15 $$tests || failed=1; \
	done; \
	exit $$failed
else
	@scripts/as-root $(BIN)/pytest $(PYTEST_ARGS)
endif

check: lint types imports catalogues ## linters, types, import directions, catalogues

lint: setup-test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@if [ -d playbooks ]; then $(BIN)/ansible-lint --offline -q; fi

types: setup-test
	@$(BIN)/mypy
	@$(BIN)/mypy -p inventory -p tests

imports: setup-test
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

catalogues: setup-test
	@$(BIN)/python -m controller.web.catalogues check

unit integration acceptance: setup-test ## one tier of the tests
	@scripts/as-root $(BIN)/pytest tests/$@ $(PYTEST_ARGS)

fix: setup-test ## let the linters mend what they can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

images: image-live image-os ## build the live image and the OS image PROFILE, unless they are up to date

image-live: setup-lab
	@scripts/as-root scripts/images live

image-os: setup-lab
	@scripts/as-root scripts/images os $(PROFILE)

lab: setup-test image-live ## virtual PCs that really boot (PROFILE=mini by default, PROFILE=famille for the full one)
	@scripts/as-root scripts/images os $(LAB_PROFILE)
	@scripts/as-root env RECYCLERIE_LAB_PROFILE=$(LAB_PROFILE) $(BIN)/pytest -v --durations=0 -m lab tests/lab $(PYTEST_ARGS)

bench: bench-image bench-agent bench-erase bench-hardware bench-link bench-run ## measure, and write docs/figures.md

bench-image: setup-test image-live ## compare ways to write the OS image
	@scripts/as-root scripts/images os $(PROFILE)
	@scripts/as-root $(BIN)/python -m tests.bench.image_write --profile $(PROFILE)
	@$(BIN)/python -m tests.bench.figures

bench-agent: setup-test image-live ## memory, idle CPU and first report of the agent
	@scripts/as-root $(BIN)/python -m tests.bench.agent_cost
	@$(BIN)/python -m tests.bench.figures

bench-run: setup-test image-live ## power-on to ready, stage by stage, and what it costs the controller
	@scripts/as-root scripts/images os $(LAB_PROFILE)
	@scripts/as-root env RECYCLERIE_LAB_PROFILE=$(LAB_PROFILE) $(BIN)/python -m tests.bench.run_cost
	@$(BIN)/python -m tests.bench.figures

bench-erase: setup-test image-live ## overwrite and validation against dd and nwipe, on devices of its own
	@scripts/as-root $(BIN)/python -m tests.bench.erase_cost
	@$(BIN)/python -m tests.bench.figures

bench-link: setup-bench ## streams through the link against a direct bridge; a session on a screen; 1,000 and 5,000 agents
	@scripts/as-root $(BIN)/python -m tests.bench.link_bytes
	@scripts/as-root $(BIN)/python -m tests.bench.link_screen
	@scripts/as-root $(BIN)/python -m tests.bench.agent_idle
	@scripts/as-root $(BIN)/python -m tests.bench.link_agents --agents 1000 5000
	@$(BIN)/python -m tests.bench.figures

bench-hardware: setup-test image-live ## inventories, verdicts, and the agent against FusionInventory's on one PC
	@$(BIN)/python -m tests.bench.hardware_verdicts > /dev/null
	@scripts/as-root $(BIN)/python -m tests.bench.hardware
	@$(BIN)/python -m tests.bench.figures

figures: setup ## write docs/figures.md again from the measurements in docs/figures/
	@$(BIN)/python -m tests.bench.figures

docs: setup-test ## write the tables of docs/ again from the code
	@$(BIN)/python -m tests.docs.reference

lock: setup ## resolve the dependencies again
	@$(BIN)/uv pip compile -q pyproject.toml --all-extras --generate-hashes --universal --python-version 3.11 \
	    --no-header --no-emit-index-url --no-annotate -o requirements.lock
	@$(BIN)/uv pip compile -q scripts/bootstrap.in --generate-hashes --universal --python-version 3.11 \
	    --no-header --no-emit-index-url --no-annotate -o scripts/bootstrap.lock

clean: ## remove what was made in this checkout (images and downloads stay in ~/.cache/recyclerie)
	@rm -rf .venv node_modules build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache \
	    .hypothesis test-results controller/web/static/vendor
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
