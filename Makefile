# Every target makes what it needs, once, in a virtual environment beside this file.

PYTHON ?= python3
VENV := .venv
PEERS := .venv-peers
KERAS_VERSIONS := 3.12 newest nightly
BIN := $(VENV)/bin
ENGINES := jax numpy torch tensorflow
BACKEND ?= jax
ANSWERS := $(CURDIR)/$(VENV)/answers
PARALLEL := -n auto --dist worksteal
PYTEST := $(BIN)/python -m pytest -q $(PARALLEL)

.DEFAULT_GOAL := help
.PHONY: help demo test test-engines test-keras-versions completeness check bench bench-peers record-answers mutants clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 24

demo: $(VENV)/.$(BACKEND) ## run old Keras scripts, unchanged, on Keras 3 (BACKEND=jax, torch or tensorflow); the pictures go to out/
	$(BIN)/kompat run --backend $(BACKEND) examples/cyclical_lr_digits.py --output out
	$(BIN)/kompat run --backend $(BACKEND) examples/grad_cam_digits.py --output out
	$(BIN)/kompat run --backend $(BACKEND) examples/graph_training.py

test: $(VENV)/.base ## run the tests on JAX and on NumPy
	KERAS_BACKEND=jax $(PYTEST)
	KERAS_BACKEND=numpy $(PYTEST)

RUN_ENGINES = mkdir -p $(ANSWERS) && for engine in $(ENGINES); do \
	  echo "== $$engine"; \
	  KERAS_BACKEND=$$engine KOMPAT_ALL_FRAMEWORKS=1 KOMPAT_ANSWERS=$(ANSWERS)/$$engine.json \
	  TF_CPP_MIN_LOG_LEVEL=2 $(PYTEST) $(1) || exit 1; \
	done

test-engines: $(VENV)/.engines ## run the tests on the four engines, and compare docs/completeness.md
	@$(call RUN_ENGINES)
	$(BIN)/python -m tests.completeness $(ANSWERS) --check

test-keras-versions: $(KERAS_VERSIONS:%=.venv-keras-%/.done) ## run the tests on JAX with the oldest, newest and nightly Keras; TESTS=path for some
	@for version in $(KERAS_VERSIONS); do \
	  echo "== Keras $$version"; \
	  KERAS_BACKEND=jax .venv-keras-$$version/bin/python -m pytest -q $(PARALLEL) $(TESTS) || exit 1; \
	done

completeness: $(VENV)/.engines ## write docs/completeness.md from the cases of tf.keras on the four engines
	@$(call RUN_ENGINES,tests/backend/test_answers.py)
	$(BIN)/python -m tests.completeness $(ANSWERS)

check: $(VENV)/.base ## format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.base ## print the budgets beside the peers; fails when one is missed
	KERAS_BACKEND=jax $(BIN)/python -m bench $(if $(wildcard $(PEERS)/.done),--peers $(PEERS)/bin/python)

bench-peers: $(PEERS)/.done ## make the environment of tf_keras 2.21, which bench and record-answers use

record-answers: $(PEERS)/.done ## record the answers of real tf_keras 2.21 that the tests compare with
	cd tests && ../$(PEERS)/bin/python -m answers.record

mutants: $(VENV)/.engines ## break K's functions and each rule of tests/mutants, and show that the tests go red
	cd tests && KERAS_BACKEND=jax ../$(BIN)/python -m mutants.functions
	$(BIN)/python -m tests.mutants

clean: ## remove what the other targets made
	rm -rf $(VENV) $(PEERS) .venv-keras-* out *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

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
	$(BIN)/pip install --quiet tensorflow-cpu
	touch $@

$(VENV)/.engines: $(VENV)/.torch $(VENV)/.tensorflow
	$(BIN)/pip install --quiet flax
	touch $@

$(PEERS)/.done:
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet tensorflow-cpu==2.21.0 tf_keras==2.21.0 scikit-learn matplotlib
	touch $@

.venv-keras-3.12/.done: KERAS := keras==3.12.*
.venv-keras-newest/.done: KERAS := keras
.venv-keras-nightly/.done: KERAS := keras-nightly

.venv-keras-%/.done: pyproject.toml
	test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --editable ".[jax,dev]"
	$(@D)/bin/pip uninstall --quiet --yes keras keras-nightly
	$(@D)/bin/pip install --quiet --upgrade "$(KERAS)"
	KERAS_BACKEND=jax $(@D)/bin/python -c "import keras; print(keras.__version__)"
	touch $@
