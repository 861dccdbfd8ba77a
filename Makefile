# The front door. Each target works as the first command on a fresh Debian 12 with git and make.

SHELL := /bin/sh
BUILD := build/release
JOBS ?= $(shell nproc)
# The Python of Debian, whatever else is first in PATH.
PYTHON ?= /usr/bin/python3
# Where the demo keeps the packages and images that it makes.
export KASANE_DEMO_DIR ?= $(CURDIR)/build/demo
INSTALL := fixtures/debian_packages/install.sh
SOURCES = $(shell git ls-files '*.h' '*.cc')

.DEFAULT_GOAL := help
.PHONY: help build demo test bench format lint

help:
	@echo 'make demo     build kasane, make a channel of real packages, build an image of them, run it'
	@echo 'make test     build everything and run all tests'
	@echo 'make build    build $(BUILD)/kasane'
	@echo 'make bench    measure; results go to the terminal'
	@echo 'make format   clang-format all sources'
	@echo 'make lint     clang-format and clang-tidy as checks'

build:
	@sh $(INSTALL) build
	@cmake --preset release -DCMAKE_MESSAGE_LOG_LEVEL=WARNING >/dev/null
	@cmake --build $(BUILD) --parallel $(JOBS) --target kasane

demo: build
	@sh $(INSTALL) demo
	@PYTHON=$(PYTHON) sh fixtures/demo/run.sh $(BUILD)/kasane

test:
	@sh $(INSTALL) build demo test
	@cmake --preset fuzz -DCMAKE_MESSAGE_LOG_LEVEL=WARNING >/dev/null
	@cmake --preset release -DKASANE_FUZZ_RUNS=ON -DCMAKE_MESSAGE_LOG_LEVEL=WARNING >/dev/null
	@cmake --build $(BUILD) --parallel $(JOBS)
	@cmake --build build/fuzz --parallel $(JOBS)
	@ctest --test-dir $(BUILD) --output-on-failure --parallel $(JOBS)

bench:
	@sh $(INSTALL) build demo test bench
	@cmake --preset release -DKASANE_BENCHMARKS=ON -DCMAKE_MESSAGE_LOG_LEVEL=WARNING >/dev/null
	@cmake --build $(BUILD) --parallel $(JOBS)
	@PYTHON=$(PYTHON) sh tests/benchmarks/run.sh $(BUILD)

format:
	@sh $(INSTALL) lint
	@clang-format -i $(SOURCES)

lint:
	@sh $(INSTALL) build lint
	@clang-format --dry-run --Werror $(SOURCES)
	@cmake -S . -B build/lint -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON \
	  -DCMAKE_MESSAGE_LOG_LEVEL=WARNING >/dev/null
	@printf '%s\n' $(filter-out tests/fuzz/% tests/benchmarks/%,$(filter %.cc,$(SOURCES))) | \
	  xargs -P $(JOBS) -n 4 clang-tidy -p build/lint --quiet
