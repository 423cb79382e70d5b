# `make install` installs; `make run` does too and opens the app; `make test` also runs every check.
# The rest is for working on it; CONTRIBUTING.md says when.

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
ARGS   ?=

# An install is repeated only when what it depends on has changed: its stamp carries their checksum.
INPUTS    := requirements.txt constraints.txt pyproject.toml
SUM       := $(shell cat $(INPUTS) | cksum | tr -cd '0-9')
INSTALLED := $(VENV)/.installed-$(SUM)
DEVELOP   := $(VENV)/.develop-$(SUM)

TESTERS   := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

# What `make train` and `make evaluate` work on; override on the command line. DATA has no default:
# the shipped model's settings want the folders of RSICD and UCM-Captions, which are not ours to ship.
CONFIG ?= checkpoints/cmpagl-small/training.json
DATA   ?=
DRAWN  ?= runs/drawn
DRAWN_VAL ?= runs/drawn-val
SPLIT  ?= val
OUT    ?= runs/cmpagl-small

ifneq ($(filter train evaluate,$(MAKECMDGOALS)),)
ifeq ($(strip $(DATA)),)
$(error 'make $(MAKECMDGOALS)' needs the folders of data sets: add DATA="rsicd ucm", each a folder or a name on the Hugging Face hub (hf:OWNER/NAME))
endif
endif

.PHONY: install run test lint docs screenshots load fire versions audit train evaluate

install: $(INSTALLED)

run: $(INSTALLED)
	$(PY) app.py $(ARGS)

# Files in turn on one process more than there are cores, as pages wait, four at most; the longest
# first; a core each for torch.
test: $(DEVELOP) lint
	CHROMIUM="$$($(PY) tests/find_chromium.py --install)" && export CHROMIUM && \
	OMP_NUM_THREADS=1 $(PY) -m pytest -n $(TESTERS) --maxprocesses 4 --dist loadfile \
		--no-loadscope-reorder $(ARGS)

lint: $(DEVELOP)
	$(PY) -m ruff check .
	$(PY) -m mypy

docs: $(DEVELOP)
	$(PY) -m mkdocs build --config-file docs/mkdocs.yml

screenshots: $(DEVELOP)
	CHROMIUM="$$($(PY) tests/find_chromium.py --install)" && export CHROMIUM && \
	$(PY) tests/screenshots.py $(ARGS) && $(PY) tests/geotiff_picture.py

fire: $(DEVELOP)
	FIRE_EXAMPLES=2000 KILLS=10 $(PY) -m pytest tests/fire tests/app/api/test_mcp.py \
		tests/cmpagl/store/test_killed.py -s $(ARGS)

load: $(DEVELOP)
	$(PY) -m benchmarks.load $(ARGS)

# The suite on the oldest Python with the lowest versions of the ranges, and on the newest with the
# highest, each in a folder of its own. This and `audit` need uv (`pip install uv`).
versions: lowest-direct-3.11 highest-3.13

lowest-direct-% highest-%:
	uv venv --allow-existing --python $* .venv-$@
	uv pip install --python .venv-$@ --resolution $(@:-$*=) --editable '.[dev]'
	CHROMIUM="$$(.venv-$@/bin/python tests/find_chromium.py --install)" && export CHROMIUM && \
	OMP_NUM_THREADS=1 .venv-$@/bin/python -m pytest $(ARGS)

audit:
	uv tool run pip-audit --no-deps --disable-pip --requirement constraints.txt

train: $(INSTALLED) $(DRAWN) $(DRAWN_VAL)
	$(PY) -m cmpagl train --config $(CONFIG) \
		$(addprefix --data ,$(DATA) $(DRAWN) $(DRAWN_VAL)) --out $(OUT) $(ARGS)

$(DRAWN): | $(INSTALLED)
	$(PY) -m cmpagl draw --count 1500 --seed 4711 --out $@

$(DRAWN_VAL): | $(INSTALLED)
	$(PY) -m cmpagl draw --count 480 --seed 7 --split val --out $@

evaluate: $(INSTALLED)
	for data in $(DATA); do \
		$(PY) -m cmpagl evaluate --data $$data --split $(SPLIT) $(ARGS) || exit; \
	done

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "CMPAGL Explorer needs Python 3.11 or newer, and '$(PYTHON)' is not:" \
			"name another with 'make PYTHON=/path/to/python3.11 ...'." >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "'$(PYTHON) -m venv' failed: on Debian or Ubuntu, install python3-venv first." >&2; \
		exit 2; }

$(INSTALLED): | $(PY)
	$(PY) -m pip install --constraint constraints.txt --editable .
	@rm -f $(VENV)/.installed-* $(VENV)/.develop-* && touch $@

$(DEVELOP): | $(PY)
	$(PY) -m pip install --constraint constraints.txt --editable '.[dev]'
	@rm -f $(VENV)/.installed-* $(VENV)/.develop-* && touch $(INSTALLED) $@
