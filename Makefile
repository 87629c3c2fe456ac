# Thin: makes the environment, then calls invoke. `.venv/bin/invoke --list` shows everything there is.

INVOKE := .venv/bin/invoke

.PHONY: help up down test check clean environment

help:
	@echo "make up      start the quickstart example: engine, images, services"
	@echo "make down    stop and remove it; its volumes stay"
	@echo "make test    run every test"
	@echo "make check   check format, lint, types and layers"
	@echo "make clean   remove the environment and what builds leave behind"

up: environment
	@$(INVOKE) engine up urls

down: environment
	@$(INVOKE) down

test: environment
	@$(INVOKE) test --all

check: environment
	@$(INVOKE) check

clean:
	@rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .phlo-bench-cache

environment:
	@sh scripts/environment.sh
