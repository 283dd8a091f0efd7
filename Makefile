# Every command of the course. `make` alone lists them. Each installs what it needs (see setup) and says so.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 8000
NAME ?=
DEVICE ?= cpu
JOBS ?= 3
PY := .venv/bin/python
# Two threads that wait for each other were up to 80 times slower on a busy machine; the hub is never asked by default.
export OMP_NUM_THREADS ?= 1
export HF_HUB_OFFLINE ?= 1
export TOKENIZERS_PARALLELISM ?= false
# Where the machine has a GPU pip may choose torch itself; elsewhere the constraints keep CUDA away.
CONSTRAINTS := $(shell command -v nvidia-smi >/dev/null 2>&1 || echo -c constraints-cpu.txt)
say = @printf '\033[1m» %s\033[0m\n'

.PHONY: help setup serve book test check format zip notebooks data family bench screenshot clean

help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: .venv/ready  ## make .venv with everything the course needs (called by the others)

.venv/ready: pyproject.toml requirements.txt requirements-dev.txt constraints-cpu.txt
	$(say) 'Preparing .venv (Python packages: a few minutes the first time)'
	@command -v $(PYTHON) >/dev/null || { echo 'Python 3.11 or newer is needed: install it or call make PYTHON=/path/to/python3'; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed, $$($(PYTHON) --version) found: call make PYTHON=/path/to/python3"; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv .venv \
		|| { echo 'The venv module is missing: on Debian or Ubuntu, apt-get install python3-venv'; exit 1; }
	@# torch first and alone: with it there, no later package goes looking for another build of it.
	@$(PY) -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS) torch
	@$(PY) -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS) -r requirements.txt -r requirements-dev.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

serve: setup  ## build the book, open it on this machine, rebuild it on change (PORT=8000)
	@$(PY) -m book.serve --port $(PORT)

book: setup  ## build the whole book, running every notebook, into build/html
	@$(PY) -m book.build

zip: setup  ## the offline copy of the site: build/llms-por-dentro.zip
	@$(PY) -m book.build --zip

notebooks: setup  ## one clean .ipynb per page: build/notebooks
	@$(PY) -m book.build --notebooks

check: setup  ## style: ruff rules and format, no change made
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

format: setup  ## apply ruff's fixes and format
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

test: setup check  ## everything CI runs: style, book, every test, in a real browser too
	@$(PY) -m tests.browser
	@$(PY) -m book.build
	$(say) 'Running the tests, $(JOBS) files at a time; those that measure time come last, alone'
	@$(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder -m 'not alone'
	@$(PY) -m pytest -m alone

family: setup  ## rebuild every model of the course, from the texts on: hours (DEVICE=cuda on a GPU)
	@$(PY) -m builders family --device $(DEVICE)

data: setup  ## rebuild one artefact: make data NAME=corpus (no NAME: list them)
	@$(PY) -m builders $(NAME) --device $(DEVICE)

bench: setup  ## speed of the engine and of searches, against their rivals: build/bench.md and a table
	@$(PY) -m tests.browser
	@$(PY) -m builders.bench
	@$(PY) -m builders.bench_retrieval --sizes 1000,10000 --out build/busca-tamanho.json
	@$(PY) -m builders.bench_page_training --browser

screenshot: setup  ## the pictures of README.md, from the built site
	@$(PY) -m tests.browser
	@$(PY) -m book.build
	@$(PY) -m book.screenshot

clean:  ## remove what the commands made (.venv stays)
	rm -rf build
