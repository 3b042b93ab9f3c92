# xunhu: set-up, tests, demo.  Each target does its own set-up.
SHELL := /bin/bash
PY := .venv/bin/python
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: dahdi-vm all demo test test-fast lint sanitize bench bench-doc build clean

all: build

build/.base: tools/setup-system
	tools/setup-system base
	@mkdir -p build && touch $@

build/.peers: tools/setup-system
	tools/setup-system base peers
	@mkdir -p build && touch $@

.venv/.ready: build/.base pyproject.toml tools/setup-python
	tools/setup-python
	@touch $@

build: .venv/.ready
	@tools/build
	@tools/make-voices --quiet

# What lives by the wall clock, with processes of its own, runs two files at a time: most of it waits. The rest on all cores.
PACED := tests/interop tests/service

test: build/.peers build
	$(PY) -m pytest tests -n auto $(PACED:%=--ignore=%)
	$(PY) -m pytest $(PACED) -n 2 --dist loadfile

test-fast: build/.peers build
	$(PY) -m pytest tests -m "not slow and not interop"

lint: build
	.venv/bin/ruff check .
	.venv/bin/mypy

# The dahdi driver beside the real kernel module, in a virtual machine
dahdi-vm: build/.peers build
	tests/dahdi/run

sanitize: build/.peers .venv/.ready
	tools/sanitize

clean:
	rm -rf build *.egg-info
	find xunhu -name '*.so' -delete

# `make test` says what is tested; `make bench` prints costs per channel and per call, and the ratio to peers.
bench: build/.peers build
	@$(PY) benchmarks/run

# The same, and the figures go into docs/performance.md
bench-doc: build/.peers build
	@$(PY) benchmarks/run --markdown

demo: build
	@.venv/bin/xunhu demo
