# The two commands of the README are `make demo` and `make test`; everything they need is made below .venv and .tools.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint fmt docs dashboards dashboards-outline kubernetes kubernetes-check image image-check bench lock

demo: $(VENV)/.demo
	$(BIN)/jobhive-exporter demo $(ARGS)

# One process for each core; a file's tests stay together, as they share what they set up.
test: $(VENV)/.dev
	$(BIN)/pytest --numprocesses=auto --dist=loadfile $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m dashboards.lint

fmt: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.dev
	$(BIN)/python -m exporter.reference > docs/metrics.md
	$(BIN)/python -m exporter.config_reference > docs/configuration.md

dashboards: $(VENV)/.dev
	$(BIN)/python -m dashboards.build
	$(BIN)/python -m dashboards.outline > docs/dashboards-outline.txt

dashboards-outline: $(VENV)/.dev
	$(BIN)/python -m dashboards.outline

# What Kubernetes gets of alerts/rules and dashboards/json.
kubernetes: $(VENV)/.dev
	$(BIN)/python -m deploy.manifests

# Needs kubectl: the tests render the manifests with a renderer of their own, which this holds against the real one.
kubernetes-check: $(VENV)/.dev
	$(BIN)/python -m tests.deploy.kustomize

# Both need root and some packages of Debian, and take minutes: deploy/build-image says which.
image:
	deploy/build-image

image-check:
	deploy/check-image

bench: $(VENV)/.dev
	$(BIN)/python -m bench $(ARGS)

# uv resolves for every supported Python at once; it is needed here only.
lock: $(VENV)/.dev
	$(BIN)/pip install --quiet uv
	for extra in run demo dev; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
			--no-emit-index-url --no-emit-find-links $$(test $$extra = run || echo --extra $$extra) \
			pyproject.toml --output-file requirements/$$extra.txt > /dev/null; \
	done
	echo 'setuptools>=77' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate --no-emit-index-url --no-emit-find-links - --output-file requirements/build.txt > /dev/null

$(VENV)/pyvenv.cfg:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.%: requirements/%.txt requirements/build.txt pyproject.toml $(VENV)/pyvenv.cfg
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/build.txt --requirement $<
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@
