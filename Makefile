# hopthu: `make lab` shows everything working, `make test` proves it. `make help` lists the rest.
PYTHON ?= python3
BIN := .venv/bin
# Tests and labs start hundreds of Pythons: each would compile the same modules again.
unexport PYTHONDONTWRITEBYTECODE
LAB_PACKAGES := systemd-container mmdebstrap openssh-client apt-utils iproute2

.PHONY: help setup system node kernels lock check types quick lab lab-down docs test drill bench
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 18

setup: $(BIN)/hopthu ## make .venv with hopthu in it, from the pinned lock

$(BIN)/hopthu: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || sh lab/install-packages python3 python3-venv
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

system: ## install the Debian packages the lab needs, where they are missing
	@sh lab/install-packages $(LAB_PACKAGES)

node: # the language server that editors use on the data runs on it
	@command -v npm >/dev/null || sh lab/install-packages nodejs npm

kernels: # tests boot pairs of stores on kernels of their own: containers have no replicated disks
	@sh lab/install-packages user-mode-linux

check: setup ## the quick checks: style, types, tests that need no server; a minute
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@$(MAKE) --no-print-directory --jobs 2 types quick
	$(BIN)/hopthu check

types: setup
	$(BIN)/mypy

quick: setup
	$(BIN)/pytest -q -n auto --dist loadscope -m "not (slow or editor or lab or drill)"

lab: setup system ## boot a data centre here, apply the data, prove it with real mail
	$(BIN)/hopthu lab up
	$(BIN)/hopthu apply lab --yes
	$(BIN)/hopthu verify lab
	@$(BIN)/hopthu lab status --next-steps

lab-down: setup ## end the data centre
	$(BIN)/hopthu lab down

docs: setup .venv-docs/bin/zensical ## write what is made from code, and a searchable site in build/site
	$(BIN)/python -m hopthu.docs
	$(BIN)/python -m hopthu.docs.site build
	.venv-docs/bin/zensical build --strict --clean --config-file build/zensical.toml
	@echo 'Look at it: python3 -m http.server --directory build/site --bind 127.0.0.1 8000'

.venv-docs/bin/zensical: requirements-docs.lock
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || sh lab/install-packages python3 python3-venv
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/pip install --quiet --require-hashes -r requirements-docs.lock
	@touch $@

# What is downloaded is downloaded first: a network that fails later fails no test.
# Three workers whatever the machine has: each boots labs of its own, and a lab waits much of its
# time. What measures time runs after them, alone, from the same snapshots of labs.
test: check system node kernels .venv-docs/bin/zensical ## all tests but the long drills, the booted lab included
	sh tests/other-pythons
	rm -f benchmarks/test-times.tsv
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && trap 'exit 1' HUP INT TERM && \
	export HOPTHU_TEST_SNAPSHOTS="$$folder" && \
	$(BIN)/pytest -q -n 3 --dist loadfile --no-loadscope-reorder --require-lab \
	  -m "(slow or lab or editor) and not (alone or drill)" --times=benchmarks/test-times.tsv && \
	$(BIN)/pytest -q -m "alone and not drill" --require-lab --times=benchmarks/test-times.tsv

drill: setup system kernels ## properties at random; the long drills in the lab: twenty kills, the 2025 merger; an hour
	sh tests/other-pythons whole
	$(BIN)/pytest -q -n auto tests/property -m "not drill" --hypothesis-profile=random
	$(BIN)/pytest -q -m drill --require-lab --timeout 7200

bench: setup system ## measure; writes benchmarks/results.md
	$(BIN)/python benchmarks/run.py

PIN := uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11

lock: ## pin every dependency again (needs uv)
	$(PIN) --extra dev -o requirements.lock pyproject.toml
	$(PIN) -o requirements-docs.lock --group docs
