# footnote: the commands a person needs. `make` alone lists them.
# Each makes .venv by itself (uv when there, else python3 -m venv + pip) and is quick the second time.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PROCESSORS := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
# Workers of pytest: three for each processor, because tests wait for other processes most of the time.
WORKERS := $(shell echo $$(( 3 * $(PROCESSORS) )))
PYTEST := $(BIN)/python -m pytest
# Tests start some thousand processes: each would compile everything where the environment forbids to keep bytecode.
export PYTHONDONTWRITEBYTECODE :=
# What the last whole run took on this machine, in seconds: `make test` and `make check` write and say it.
TOOK := build/test-seconds
STAMP := $(VENV)/.installed
# What is the same in two runs of one Python: an environment of another one is made again, not mixed with it.
WHICH := import ssl, sys; print(sys.version)
SITE := build/site
DOCS := $(shell find docs -type f -not -path '*/_build/*')

.DEFAULT_GOAL := help
.PHONY: help install demo test lint types bytecode quick check endure format docs wheel lock bench talk clean truth

define SAY_TIME
if [ -s $(TOOK) ]; then echo "all tests: the last time they took $$(( ($$(cat $(TOOK)) + 30) / 60 )) minutes here"; \
else echo "all tests: about $$(cat .ci/minutes) minutes on two processors"; fi
endef
define TIMED
began=$$(date +%s) && $(1) && mkdir -p $(dir $(TOOK)) && echo $$(( $$(date +%s) - began )) > $(TOOK)
endef

help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@command -v uv >/dev/null 2>&1 && uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) || \
	  [ "$$($(BIN)/python -c '$(WHICH)' 2>/dev/null)" = "$$($(PYTHON) -c '$(WHICH)')" ] || $(PYTHON) -m venv --clear $(VENV)
	@echo "installing the locked dependencies into $(VENV) (once, under a minute)"
	@if command -v uv >/dev/null 2>&1; then \
	  uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock && \
	  uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@

install: $(STAMP)  ## make .venv from the lock

$(SITE)/index.html: $(STAMP) $(DOCS) core/config/settings.py core/answer/limits.py core/index/fusion.py core/quote/relevance.py
	@$(BIN)/sphinx-build -q -W -b html -d build/doctrees docs $(SITE)
	@touch $@

docs: $(SITE)/index.html  ## build the documentation to build/site

wheel: $(SITE)/index.html  ## pack dist/*.whl and dist/*.tar.gz, with the demo's site inside
	@rm -rf dist && $(BIN)/hatchling build -d dist

demo: $(SITE)/index.html  ## see it work: crawl these docs, answer three questions, stay in a chat; SERVE=1: in a browser
	@$(BIN)/footnote demo $(if $(SERVE),--serve)

test: $(STAMP)  ## run the tests (minutes), or some: make test T=tests/core
	@$(if $(T),$(PYTEST) -n 0 $(T),$(SAY_TIME); $(MAKE) -s bytecode && $(call TIMED,$(PYTEST) -n $(WORKERS) --dist loadfile))

lint: $(STAMP)  ## look at form and layers: ruff, import-linter (seconds)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo

types: $(STAMP)  ## check the types: mypy
	@$(BIN)/mypy

quick: lint types  ## the loop while you work: lint, layers, types, and the tests that need no server (a minute)
	@$(PYTEST) -n $$(( $(PROCESSORS) + 1 )) --dist loadfile -q -m 'not long and not slow and not heavy' -p no:cacheprovider --hypothesis-profile=quick

newborn:  ## make quick in a fresh clone, as on a machine that was started 30 s ago (Linux, root)
	@.ci/newborn

endure: $(STAMP)  ## run the long tests: many kills, many replicas (minutes)
	@$(PYTEST) -m long

bytecode: $(STAMP)  # written once, before the workers of pytest would each write it
	@mkdir -p build && $(PYTEST) --collect-only -q -n 0 -p no:cacheprovider >build/collected.txt 2>&1 || { tail -40 build/collected.txt; exit 1; }

check: $(STAMP)  ## every gate: lint, types, all tests
	@$(MAKE) --no-print-directory -j $(PROCESSORS) lint types docs bytecode
	@$(SAY_TIME); $(call TIMED,$(PYTEST) -n $(WORKERS) --dist loadfile --tb=native --reruns 1 --rerun-show-tracebacks -raR)  # the second try: docs/decisions/0018

format: $(STAMP)  ## let ruff mend what it can
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

lock:  ## write requirements*.lock again from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command "make lock" -q --upgrade -o requirements.lock
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command "make lock" -q -c requirements.lock -o requirements-dev.lock

.venv-bench/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -m venv .venv-bench && echo '*' > .venv-bench/.gitignore
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@.venv-bench/bin/python -m pip install --quiet --require-hashes -r requirements.lock
	@.venv-bench/bin/python -m pip install --quiet --group bench
	@.venv-bench/bin/python -m pip install --quiet --require-hashes -r requirements.lock
	@.venv-bench/bin/python -m pip install --quiet --no-deps -e .
	@touch $@

bench: .venv-bench/.installed  ## measure store, answer, embedder and crawl next to their peers (bench/README.md)
	@failed=0; for each in store answer embed crawl; do .venv-bench/bin/python -m bench.$$each || failed=1; done; exit $$failed

truth: $(STAMP)  ## measure the check on planted errors and write docs/truth.md (a minute; needs ../shared)
	@$(BIN)/python -m bench.truth --write docs/truth.md

talk: $(STAMP)  ## does it know when to speak? play the threads of ../shared/talk on both platforms (minutes; needs ../shared)
	@$(BIN)/python -m bench.talk

clean:  ## remove what was built; .venv stays
	rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis
