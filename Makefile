# Two commands are all a newcomer needs: `make demo` and `make test`. Both set up what they need first.
# Another Python than the first that is new enough: `make PYTHON=python3.13 …`.

VENV := .venv
BIN := $(VENV)/bin
export PYTHON

.PHONY: demo test soak mutants bench bench-scale bench-latency bench-people bench-start lint setup schema lock wheel image-check clean

demo: setup
	@$(BIN)/accessgraph demo

test: setup
	$(BIN)/pytest -n 2

# The tests that repeat something, for as long as it takes to trust the result: about a quarter of an hour.
soak: setup
	SOAK=1 $(BIN)/pytest -n 2 -m soak

# Whether a test fails for each small change to gateway/engine, for about an hour. See tests/engine/SURVIVORS.md.
mutants: setup
	$(BIN)/python -m pip install --quiet mutmut==3.8.1
	$(BIN)/mutmut run --max-children 1

# Against the peers, on a quiet machine; needs wrk and a C compiler. See bench/README.md.
bench: setup
	@$(BIN)/python bench/run

bench-scale: setup
	@$(BIN)/python bench/scale

bench-latency: setup
	@$(BIN)/python bench/latency

bench-people: setup
	@$(BIN)/python bench/people

bench-start: setup
	@$(BIN)/python bench/start

lint: setup
	@scripts/lint

# Everything the demo and the tests need, in .venv and in the explorer's folder; quick when nothing changed.
setup:
	@scripts/setup

# The exported schema, after a change to gateway/graph.
schema: setup
	$(BIN)/accessgraph schema print > schema.graphql

# The pinned dependencies, after a change to pyproject.toml.
lock: setup
	@scripts/lock

# The distribution, with the explorer in it.
wheel: setup
	@scripts/build-wheel

# The Dockerfile's steps, run for real without a container engine.
image-check: setup
	@$(BIN)/python scripts/check-dockerfile-steps

clean:
	rm -rf $(VENV) build dist mutants gateway/http/explorer/static gateway/http/explorer/web/node_modules
