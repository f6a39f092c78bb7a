.DEFAULT_GOAL := help
.PHONY: help install run shell train test soak evaluate benchmark load lock sbom

export RASA_TELEMETRY_ENABLED := false
export UV_CACHE_DIR := $(CURDIR)/.cache/uv
export UV_LINK_MODE := hardlink

INSTALLED := .venv/installed
SERVED := models/served/lumbar.tar.gz
NEWEST := models/newest/lumbar.tar.gz
INPUTS := config.yml domain.yml $(wildcard data/*.yml content/*.yml lumbar/*.py lumbar/language/*.py lumbar/nlu/*.py)
PYTHON := .venv/bin/python

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

run: $(SERVED) ## install, train a first model, and serve the website's widget
	@$(PYTHON) -m lumbar.cli run

shell: $(SERVED) ## chat in Rasa's shell, with the action server beside it
	@$(PYTHON) -m lumbar.cli shell

train: $(INSTALLED) ## train a model, show it beside the served one, and ask
	$(PYTHON) -m lumbar.cli train

test: $(NEWEST) ## every test, ruff and mypy
	LUMBAR_SERVED=newest $(PYTHON) -m pytest -n 2 --dist loadgroup

soak: $(NEWEST) ## the tests that take longer than five minutes
	LUMBAR_SOAK=1 LUMBAR_SERVED=newest $(PYTHON) -m pytest -m soak

evaluate: $(INSTALLED) ## measure understanding, beside the last accepted report
	$(PYTHON) -m lumbar.cli evaluate

benchmark: $(NEWEST) ## measure side by side with stock Rasa; writes docs/benchmarks.md
	LUMBAR_SERVED=newest $(PYTHON) -m benchmarks

load: $(NEWEST) ## measure under load beside stock Rasa, with real servers; writes docs/load.md
	LUMBAR_SERVED=newest $(PYTHON) -m benchmarks.load

install: $(INSTALLED) ## everything into .venv/

lock: $(INSTALLED) ## resolve requirements.lock anew
	.venv/bin/uv pip compile --quiet --generate-hashes --no-header --extra dev --python $(PYTHON) pyproject.toml -o requirements.lock

sbom: $(INSTALLED) ## write build/sbom.json, what is installed (CycloneDX)
	@mkdir -p build
	.venv/bin/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml -o build/sbom.json $(PYTHON)

$(SERVED): | $(INSTALLED)
	$(PYTHON) -m lumbar.cli train

# The tests' model is of the files as they are; what is served, a person decides.
$(NEWEST): $(INSTALLED) $(INPUTS)
	$(PYTHON) -m lumbar.cli train --no-promote

$(INSTALLED): requirements.lock
	@python3.10 -c '' 2>/dev/null || { echo 'Lumbar needs Python 3.10: install it with "pyenv install 3.10", or your system'"'"'s python3.10 and python3.10-venv packages, and run make again.' >&2; exit 1; }
	python3.10 -m venv --clear .venv
	$(PYTHON) -m pip install --quiet --no-cache-dir --disable-pip-version-check uv==0.13.9
	.venv/bin/uv pip sync --quiet --compile-bytecode --require-hashes --python $(PYTHON) requirements.lock
	.venv/bin/uv pip install --quiet --no-deps --no-build-isolation --python $(PYTHON) --editable .
	@# However Python is started from here on, Rasa reports nothing to anyone.
	@echo 'import os; os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")' \
		> "$$($(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/no-telemetry.pth"
	@touch $@
