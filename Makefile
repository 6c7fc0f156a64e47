# The commands of this project; `make help` lists them. Each sets up what it needs by itself.

PYTHON ?= python3
BIN := .venv/bin

# $(call install,requirements file): a virtual environment with exactly what the file names.
define install
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "Python 3.11 or newer is needed. Name one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
@mkdir -p var
@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv >var/install.log 2>&1 || { \
	echo "Python cannot make a virtual environment (on Debian: apt-get install python3-venv)." >&2; \
	exit 1; }
@echo "Installing packages; the first time takes about half a minute …"
@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --retries 2 \
	--require-hashes -r $(1) >var/install.log 2>&1 || { \
	echo "The packages could not be installed. Is this machine online? See var/install.log." >&2; \
	exit 1; }
@touch $@
endef

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

.PHONY: demo
demo: .venv/demo.ready ## Run the site with sample content: PORT, DEMO_PASSWORD
	@$(BIN)/python -m config.demo

.PHONY: test
test: .venv/dev.ready ## Run all tests on SQLite, PostgreSQL and in a browser: ARGS="-k name"
	@$(BIN)/python -m tests $(ARGS)

.PHONY: check
check: .venv/dev.ready ## Lint, format, types, migrations, templates, deployment checks
	@BIN=$(BIN) sh .ci/check

.PHONY: bench
bench: .venv/demo.ready ## Measure what requests cost, side by side in one run
	@$(BIN)/python -m benchmarks.pages
	@$(BIN)/python -m benchmarks.server
	@$(BIN)/python -m benchmarks.desk
	@$(BIN)/python -m benchmarks.search
	@$(BIN)/python -m benchmarks.admin

.PHONY: format
format: .venv/dev.ready ## Put code and templates into the house's format
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .
	@$(BIN)/djade --target-version 5.2 $$(git ls-files 'templates/*.html') || true

.PHONY: lock
lock: .venv/dev.ready ## Renew requirements*.txt from pyproject.toml (installs uv)
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-header pyproject.toml -o requirements.txt
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-header pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt

.PHONY: clean
clean: ## Remove the virtual environment and the demo with all that was written in it
	@rm -rf .venv var

.venv/demo.ready: requirements.txt
	$(call install,requirements.txt)

.venv/dev.ready: requirements-dev.txt
	$(call install,requirements-dev.txt)
