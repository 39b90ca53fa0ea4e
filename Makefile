# hopthu: `make lab` shows everything working, `make test` proves it.
PYTHON ?= python3
BIN := .venv/bin
LAB_PACKAGES := systemd-container mmdebstrap openssh-client apt-utils iproute2 python3-venv

.PHONY: help setup lock check lab test bench clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: $(BIN)/hopthu ## .venv with hopthu in it, from the pinned lock

$(BIN)/hopthu: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null && $(PYTHON) -c 'import ensurepip' 2>/dev/null || sh lab/install-packages $(LAB_PACKAGES)
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

lock: ## pin every dependency again (needs uv)
	uv pip compile --universal --generate-hashes --no-header --no-annotate --extra dev --python-version 3.11 -o requirements.lock pyproject.toml
