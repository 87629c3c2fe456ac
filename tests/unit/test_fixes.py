"""An error that a user meets before anything runs says what to do about it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import phlo

PACKAGE = Path(phlo.__file__).parent
PARTS = ("cli", "config", "sections", "discovery", "inventory", "compose_import", "backup")
ERRORS = ("ConfigError", "InventoryError", "PackageError", "PlanError")
# Whose lines below (of pip) say it, or that a user cannot meet.
WITHOUT = {"discovery/install.py"}


def without_fix(path: Path) -> Iterator[int]:
    """The lines of a module where an error is made without a fix."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS):
            continue
        if not any(keyword.arg in ("fix", None) for keyword in node.keywords):
            yield node.lineno


def test_every_error_of_the_configuration_and_the_command_line_has_a_fix() -> None:
    modules = sorted(path for part in PARTS for path in (PACKAGE / part).rglob("*.py"))
    bare = {str(path.relative_to(PACKAGE)): lines for path in modules if (lines := list(without_fix(path)))}
    assert set(bare) == WITHOUT, bare
