# The few words that this repository understands. ARGS="…" goes on to the command behind a word,
# PYTHON=… names the Python to set up with.

ARGS ?=
PYTHON ?=

# Settings of another Python on this machine must not reach into .venv.
unexport PYTHONHOME PYTHONPATH

# Paths stay relative: make cannot handle spaces in a target's path.
python := .venv/bin/python
set_up = python=$$(PYTHON='$(PYTHON)' sh requirements/find-python) && "$$python" -I requirements/install.py $(if $(PYTHON),--this-python)

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: .set-up-run ## Set up if need be, then start the bot (without WENJU_TOKEN: the terminal chat)
	@$(python) -m bot run $(ARGS)

.PHONY: test
test: .set-up-dev ## Run the whole test suite (ARGS="-k name" for a part of it)
	@$(python) -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal $(ARGS)

.PHONY: lint
lint: .set-up-dev ## Check style, types and the Dockerfile
	@$(python) -m ruff check
	@$(python) -m ruff format --check
	@$(python) -m mypy
	@.venv/bin/hadolint Dockerfile

.PHONY: format
format: .set-up-dev ## Bring the code into the house style
	@$(python) -m ruff check --fix
	@$(python) -m ruff format

.PHONY: evaluate
evaluate: .set-up-run ## Measure the answers to the gold questions (ARGS="--json" for a script)
	@$(python) -m bot evaluate $(ARGS)

.PHONY: bench
bench: .set-up-bench ## Measure the speed beside other engines (1,000 to 100,000 documents)
	@$(python) -m benchmarks $(ARGS)

.PHONY: bench-large
bench-large: .set-up-bench ## Measure the speed with a million documents (half an hour, 16 GiB)
	@$(python) -m benchmarks --large $(ARGS)

.PHONY: pictures
pictures: .set-up-dev ## Draw the README's pictures anew from the bot's real messages
	@$(python) -m docs.pictures $(ARGS)

.PHONY: hooks
hooks: .set-up-dev ## Let git check each commit before it is made
	@$(python) -m pre_commit install

# The same uv and the same starting point give the same files; ARGS=--upgrade moves to newer versions.
compile = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --custom-compile-command 'make lock' $(ARGS)

.PHONY: lock
lock: .set-up-dev ## Write the lock files anew from pyproject.toml (ARGS=--upgrade for newer versions)
	@$(compile) --all-extras --group dev -o requirements/dev.lock pyproject.toml
	@$(compile) --no-annotate --extra semantic --extra charts -c requirements/dev.lock -o requirements/run.lock pyproject.toml
	@$(compile) --no-annotate --group pyproject.toml:build -c requirements/dev.lock -o requirements/build.lock
	@$(compile) --no-annotate --group pyproject.toml:bench -c requirements/dev.lock -o requirements/bench.lock

.PHONY: clean
clean: ## Remove the environment and all caches, not your state
	@rm -rf .venv build dist wenju.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

.PHONY: .set-up-run .set-up-dev .set-up-bench
.set-up-run:
	@$(set_up) run
.set-up-dev:
	@$(set_up) dev
.set-up-bench:
	@$(set_up) bench
