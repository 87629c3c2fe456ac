# Thin: makes the environment, then calls invoke. `.venv/bin/invoke --list` shows everything there is.

INVOKE := .venv/bin/invoke

.PHONY: help up lakehouse down test check clean environment

help:
	@echo "make up         a light lakehouse with an example pipeline: engine, images, services, data"
	@echo "make lakehouse  the same on the full set of services"
	@echo "make down       stop and remove both; their volumes stay"
	@echo "make test       run every test"
	@echo "make check      check format, lint, types and layers"
	@echo "make clean      remove the environment and what builds leave behind"

up: environment
	@$(INVOKE) engine light up --profile-tasks load urls

lakehouse: environment
	@$(INVOKE) lakehouse

down: environment
	@$(INVOKE) down
	@cd examples/lakehouse && ../../.venv/bin/phlo down

test: environment
	@$(INVOKE) test --all

check: environment
	@$(INVOKE) check

clean:
	@rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .phlo-bench-cache

environment:
	@sh scripts/environment.sh
