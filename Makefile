# Two commands are all a newcomer needs: `make demo` and `make test`. Both set up what they need first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint setup schema lock wheel clean

demo: setup
	$(BIN)/accessgraph demo

test: setup
	$(BIN)/pytest -n 2

lint: setup
	scripts/lint

# Everything the demo and the tests need, in .venv and in the explorer's folder; quick when nothing changed.
setup:
	@PYTHON=$(PYTHON) scripts/setup

# The exported schema, after a change to gateway/graph.
schema: setup
	$(BIN)/accessgraph schema print > schema.graphql

# The pinned dependencies, after a change to pyproject.toml.
lock:
	@PYTHON=$(PYTHON) scripts/lock

# The distribution, with the explorer in it.
wheel: setup
	$(BIN)/pip wheel --no-deps --no-build-isolation --wheel-dir dist .

clean:
	rm -rf $(VENV) build dist gateway/http/explorer/static gateway/http/explorer/web/node_modules
