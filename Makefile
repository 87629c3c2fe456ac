# Thin: makes the environment, then calls invoke. `.venv/bin/invoke --list` shows everything.

INVOKE := .venv/bin/invoke

.PHONY: help up test check down clean environment

help:
	@echo "make up      start the quickstart example: engine, images, services"
	@echo "make down    stop and remove it; its volumes stay"
	@echo "make test    run every test"
	@echo "make check   format, lint, types"
	@echo "make clean   remove the environment and what builds leave behind"

up down test check: environment
	@$(INVOKE) $(if $(filter test,$@),test --all,$@)

clean:
	@rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

environment:
	@sh scripts/environment.sh
