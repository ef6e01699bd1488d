# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Everything below stays in this folder: .venv holds the tools, .cache what they download and remember.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

VENV := .venv
SIMULATOR := .cache/simulator
PORT ?= 5555
ARGS ?=

# A PYTHONHOME or PYTHONPATH of the user's is meant for something else.
unexport $(filter-out PYTHON,$(filter PYTHON%,$(.VARIABLES)))

# Every tool is run through this script, which says why.
RUN := @sh tools/run.sh

.PHONY: help
help: ## this list
	@echo "make demo     - see it work: one environment from nothing to funded agents, in an AWS on this machine"
	@echo "make test     - everything that CI checks"
	@echo
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do \
	    printf '  make %-13s %s\n' "$$name" "$$text"; done
	@echo
	@echo "Needed: Python 3.11 or later, git, make. Another Python than python3: make PYTHON=python3.13 ..."
	@echo "make test, make unit and make molecule need Node.js 20 or later with npm as well, for a simulator of IAM policies and chains;"
	@echo "make demo leaves the funding of agents out without it."

# ---- set-up ---------------------------------------------------------------------------------------------------------

.PHONY: setup
setup: $(VENV)/.stamp ## build .venv: locked versions of all tools, and the collections this one depends on

# Scripts in a virtual environment name the place where it was made: in a copied or moved checkout it is made anew.
# A Python that is named on the command line is a wish to have that one.
ifneq ($(shell cat $(VENV)/.stamp 2>/dev/null),$(CURDIR))
STALE := FORCE
endif
ifneq ($(PYTHON),)
ifeq ($(MAKELEVEL),0)
STALE := FORCE
endif
endif

$(VENV)/.stamp: requirements/lock.txt requirements/collections.txt requirements/awx.txt tools/bootstrap.py $(STALE)
	@python=$$(PYTHON="$(PYTHON)" sh tools/find_python.sh "$(VENV)/bin/python") && \
	    "$$python" -I tools/bootstrap.py --venv "$(VENV)"

# Node.js is needed for this alone, and this for these tests alone: everything else works without, the demo all but whole.
test unit: $(SIMULATOR)/.stamp

$(SIMULATOR)/.stamp: tests/simulator/package.json tests/simulator/package-lock.json tests/simulator/install.py \
    $(VENV)/.stamp
	@$(VENV)/bin/python -I tests/simulator/install.py

# Chains for the tests, and for the Molecule scenarios that look at wallets or pay them.
FOUNDRY := .cache/foundry
test unit molecule: $(FOUNDRY)/.stamp

$(FOUNDRY)/.stamp: tests/foundry/package.json tests/foundry/package-lock.json tests/foundry/install.py \
    $(SIMULATOR)/.stamp
	@$(VENV)/bin/python -m tests.foundry.install

HYPERLANE := .cache/hyperlane
test unit: $(HYPERLANE)/.stamp

$(HYPERLANE)/.stamp: tests/hyperlane/install.py $(SIMULATOR)/.stamp
	@$(VENV)/bin/python -m tests.hyperlane.install

.PHONY: FORCE
FORCE:

.PHONY: lock
lock: $(VENV)/.stamp ## choose the newest allowed versions again, and write them down with their hashes
	cd requirements && ../$(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	    --generate-hashes --custom-compile-command "make lock" dev.in -o lock.txt
	# Wheels that are only unpacked: the Python that they are declared for does not matter.
	cd requirements && for name in collections awx oldest newest; do \
	    ../$(VENV)/bin/uv pip compile --quiet --upgrade --no-deps --python-version 3.14 \
	    --generate-hashes --custom-compile-command "make lock" $$name.in -o $$name.txt || exit 1; done
	$(VENV)/bin/python -I tests/simulator/install.py --lock
	$(VENV)/bin/python -m tests.foundry.install --lock

# ---- use ------------------------------------------------------------------------------------------------------------

.PHONY: demo
demo: $(VENV)/.stamp ## provision staging twice in an AWS on this machine, show the table, and fund its agents
	$(RUN) python -m tools.demo

.PHONY: sandbox
sandbox: $(VENV)/.stamp ## the same AWS, in the foreground on port 5555 (PORT=...)
	$(RUN) python -m sandbox --iam --port $(PORT)

# ---- tests ----------------------------------------------------------------------------------------------------------

.PHONY: test
test: $(VENV)/.stamp ## unit, most of molecule, sanity of what is published, lint; and a summary
	@$(VENV)/bin/python -m tools.stages "$(MAKE)" unit scenarios/artifact-sanity/lint

LINTERS := lint-ruff lint-format lint-mypy lint-yaml lint-ansible lint-changelog lint-docs lint-reuse
.PHONY: lint $(LINTERS)
lint: $(LINTERS) ## ruff, mypy, yamllint, ansible-lint, antsibull, reuse

$(LINTERS): $(VENV)/.stamp

lint-ruff:
	$(RUN) ruff check .

lint-format:
	$(RUN) ruff format --check .

lint-mypy:
	$(RUN) mypy -p ansible_collections.interchain.agent_ops.plugins -p sandbox -p tools

lint-yaml:
	$(RUN) yamllint --strict .

# The playbooks of Molecule's scenarios are left to a release: a check of each one's syntax costs two seconds, and make test
# runs them all.
lint-ansible:
	$(RUN) ansible-lint --offline --profile production --exclude extensions/molecule

.PHONY: lint-scenarios
lint-scenarios: $(VENV)/.stamp
	$(RUN) ansible-lint --offline --profile production extensions/molecule

lint-changelog:
	$(RUN) antsibull-changelog lint

lint-docs:
	$(RUN) antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs all --skip-rstcheck .

lint-reuse:
	$(RUN) python -m tools.licences

.PHONY: unit
unit: $(VENV)/.stamp ## pytest: the sandbox, the pure parts, the modules against the sandbox (ARGS=... for pytest)
	$(RUN) python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: molecule
molecule: $(VENV)/.stamp ## a scenario for each role and each root playbook (ARGS="--exclude awx")
	$(RUN) python -m tests.module_server molecule test --all $(ARGS)

# What make test has time for: tests/playbooks and tests/awx go through what is left out here in more detail.
LEFT_OUT := awx proof_bucket provision_development provision_production signer_iam verify
.PHONY: scenarios
scenarios:
	@$(MAKE) molecule ARGS="$(addprefix --exclude ,$(LEFT_OUT))"

.PHONY: sanity
sanity: $(VENV)/.stamp ## ansible-test sanity, without an ignore file, on all files
	@$(VENV)/bin/python -m tools.sanity $(ARGS)

.PHONY: integration
integration: $(VENV)/.stamp ## ansible-test integration: the modules, each family against a sandbox of its own
	@$(VENV)/bin/python -m tools.integration $(ARGS)

.PHONY: matrix
matrix: $(VENV)/.stamp ## oldest and newest ansible-core, on each Python that is found (ARGS="--core 2.21 --python 3.12")
	@$(VENV)/bin/python -m tools.matrix $(ARGS)

.PHONY: bench
bench: $(VENV)/.stamp ## how fast, compared with a loop over amazon.aws and with plain scripts (ARGS=funding for a part)
	$(RUN) python -m tests.benchmarks $(ARGS)

# ---- documentation --------------------------------------------------------------------------------------------------

.PHONY: docs
docs: $(VENV)/.stamp ## the documentation as a site, all plugins and roles in it: .cache/docs/html
	@$(VENV)/bin/python -m tools.docs

# ---- releases -------------------------------------------------------------------------------------------------------

.PHONY: release release-check artifact-importer artifact-sanity
release: $(VENV)/.stamp ## build the tarball that is published: what users need, and nothing else
	@$(VENV)/bin/python -m tools.release

release-check: $(VENV)/.stamp ## what a release has to pass, on the built tarball; and what needs the network, with its reason
	@$(VENV)/bin/python -m tools.release_check "$(MAKE)"

artifact-importer: $(VENV)/.stamp
	@$(VENV)/bin/python -m tools.release_check --importer

# What users get. make test is content with that: tests and tools have ruff, and all of it before a release.
artifact-sanity: $(VENV)/.stamp
	@$(VENV)/bin/python -m tools.release_check --sanity $(ARGS)

# ---- the rest -------------------------------------------------------------------------------------------------------

.PHONY: clean
clean: ## remove .venv, .cache and what runs left behind; artifacts/ (reports) is kept
	rm -rf .venv .cache .ansible tests/output .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
