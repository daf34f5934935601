# Every target makes what it needs, once, in a virtual environment beside this file.

ifeq ($(OS),Windows_NT)
  PYTHON ?= python
  SCRIPTS := Scripts
else
  PYTHON ?= python3
  SCRIPTS := bin
endif
VENV := .venv
PEERS := .venv-peers
KERAS_VERSIONS := 3.12 newest nightly
BIN := $(VENV)/$(SCRIPTS)
ENGINES := jax numpy torch tensorflow
BACKEND ?= jax
PARALLEL := -n auto --dist worksteal
PYTEST := $(BIN)/python -m pytest -q $(PARALLEL)

.DEFAULT_GOAL := help
.PHONY: help demo test test-others test-engines test-keras-versions test-all \
  completeness check format bench bench-peers record-answers mutants fresh dist clean

help: ## list the targets, and what the tests of each engine need
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-21s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@sed -n 's/^#| //p' $(MAKEFILE_LIST)

#| KERAS_BACKEND=ENGINE .venv/bin/python -m pytest tests/PATH runs one engine's tests; it needs
#|   jax, numpy            what make check installs: JAX (380 MB), and SciPy
#|   torch                 PyTorch 2.13 beside JAX (750 MB on a CPU): make .venv/.torch
#|   tensorflow            TensorFlow beside JAX (1.3 GB): make .venv/.tensorflow
#|   all four, with Flax   what make test-engines installs: make .venv/.engines

demo: $(VENV)/.$(BACKEND) ## run old Keras scripts, unchanged, on Keras 3 (BACKEND=jax, torch or tensorflow); the pictures go to out/
	$(BIN)/kompat run --backend $(BACKEND) examples/cyclical_lr_digits.py --output out
	$(BIN)/kompat run --backend $(BACKEND) examples/grad_cam_digits.py --output out
	$(BIN)/kompat run --backend $(BACKEND) examples/graph_training.py

# What runs on every change: docs/design.md. Programs of JAX run once, and need no optimisation.
QUICK := JAX_DISABLE_MOST_OPTIMIZATIONS=1 $(PYTEST) -m "not nightly" --hypothesis-profile=quick

test: $(VENV)/.base ## run the tests of every change on JAX and on NumPy
	KERAS_BACKEND=jax $(QUICK)
	KERAS_BACKEND=numpy $(QUICK)

test-others: $(VENV)/.engines ## run the tests of every change on PyTorch and on TensorFlow
	KERAS_BACKEND=torch KOMPAT_ALL_FRAMEWORKS=1 $(QUICK)
	KERAS_BACKEND=tensorflow KOMPAT_ALL_FRAMEWORKS=1 TF_CPP_MIN_LOG_LEVEL=2 $(QUICK)

test-engines: $(VENV)/.engines ## run all tests on the four engines, as every night
	@for engine in $(ENGINES); do \
	  echo "== $$engine"; \
	  KERAS_BACKEND=$$engine KOMPAT_ALL_FRAMEWORKS=1 TF_CPP_MIN_LOG_LEVEL=2 $(PYTEST) || exit 1; \
	done

test-keras-versions: $(KERAS_VERSIONS:%=.venv-keras-%/.done) ## run the tests on JAX with the oldest, newest and nightly Keras; TESTS=path for some
	@for version in $(KERAS_VERSIONS); do \
	  echo "== Keras $$version"; \
	  KERAS_BACKEND=jax .venv-keras-$$version/$(SCRIPTS)/python -m pytest -q $(PARALLEL) $(TESTS) || exit 1; \
	done

test-all: check test-engines mutants test-keras-versions fresh ## run everything, as every night: hours

completeness: $(VENV)/.base ## write docs/completeness.md from the cases and what the tests expect of K
	cd tests && ../$(BIN)/python -m completeness

check: $(VENV)/.base ## format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.base ## format the code, and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.base ## print the budgets beside the peers; fails when one is missed
	KERAS_BACKEND=jax $(BIN)/python -m bench $(if $(wildcard $(PEERS)/.done),--peers $(PEERS)/$(SCRIPTS)/python)

bench-peers: $(PEERS)/.done ## make the environment of tf_keras 2.21, which bench and record-answers use

record-answers: $(PEERS)/.done ## record the answers of real tf_keras 2.21 that the tests compare with
	cd tests && ../$(PEERS)/$(SCRIPTS)/python -m answers.record

mutants: $(VENV)/.engines ## break K's functions and each rule of tests/mutants, and show that the tests go red
	cd tests && KERAS_BACKEND=jax ../$(BIN)/python -m mutants.functions
	$(BIN)/python -m tests.mutants

fresh: ## install the wheel in empty environments, and see that the README's promises hold; EXTRAS="jax none" for some
	$(PYTHON) -m tests.fresh $(EXTRAS)

dist: $(VENV)/.dist ## build the sdist and, from it, the wheel, and check them
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/python -m twine check --strict dist/*

clean: ## remove what the other targets made
	rm -rf $(VENV) $(PEERS) .venv-keras-* out dist build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.base: pyproject.toml setup.py kompat_startup.pth
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable ".[jax,dev]"
	touch $@

$(VENV)/.jax $(VENV)/.numpy: $(VENV)/.base
	touch $@

$(VENV)/.torch: $(VENV)/.base
	$(BIN)/pip install --quiet torch==2.13.0
	touch $@

$(VENV)/.tensorflow: $(VENV)/.base
	$(BIN)/pip install --quiet --editable ".[tensorflow]"
	touch $@

$(VENV)/.engines: $(VENV)/.torch $(VENV)/.tensorflow
	$(BIN)/pip install --quiet flax
	touch $@

$(VENV)/.dist: $(VENV)/.base
	$(BIN)/pip install --quiet build twine
	touch $@

$(PEERS)/.done:
	test -x $(PEERS)/$(SCRIPTS)/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/$(SCRIPTS)/pip install --quiet tensorflow-cpu==2.21.0 tf_keras==2.21.0 scikit-learn matplotlib
	touch $@

.venv-keras-3.12/.done: KERAS := keras==3.12.*
.venv-keras-newest/.done: KERAS := keras
.venv-keras-nightly/.done: KERAS := keras-nightly

.venv-keras-%/.done: pyproject.toml
	test -x $(@D)/$(SCRIPTS)/python || $(PYTHON) -m venv $(@D)
	$(@D)/$(SCRIPTS)/pip install --quiet --editable ".[jax,dev]"
	$(@D)/$(SCRIPTS)/pip uninstall --quiet --yes keras keras-nightly
	$(@D)/$(SCRIPTS)/pip install --quiet --upgrade "$(KERAS)"
	KERAS_BACKEND=jax $(@D)/$(SCRIPTS)/python -c "import keras; print(keras.__version__)"
	touch $@
