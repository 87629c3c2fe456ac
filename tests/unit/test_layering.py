"""Imports go down only, the hot path loads nothing heavy, and the engine knows no service by name."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from phlo.discovery import discover_services

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "phlo"

# Each part of phlo, and the parts it may import besides itself.
BELOW: dict[str, set[str]] = {
    "errors": set(),
    "values": set(),
    "yaml_source": {"errors", "values"},
    "events_json": {"values"},
    "settled": set(),
    "hosts": {"errors", "values"},
    "user_cache": set(),
    "images": {"errors", "values", "hosts", "user_cache"},
    "operations": {"errors", "values", "hosts", "images"},
    "discovery": {"errors", "values", "yaml_source"},
    "inventory": {"errors", "values", "yaml_source"},
}
BELOW["config"] = {"errors", "values", "yaml_source", "discovery", "inventory"}
BELOW["plan"] = {*BELOW["config"], "config", "hosts", "images", "operations", "events_json"}
BELOW["execute"] = {*BELOW["plan"], "plan", "events_json"}
BELOW["playbook"] = {*BELOW["execute"], "execute"}
BELOW["report"] = {*BELOW["plan"], "plan", "playbook", "events_json"}
BELOW["doctor"] = {"errors", "values", "hosts", "images", "config"}
BELOW["compose_import"] = {*BELOW["config"], "config"}
BELOW["testing"] = {*BELOW["execute"], "execute"}
_TOP = {*BELOW["execute"], "execute", "playbook", "report", "doctor", "testing"}
BELOW["scaffold"] = {"errors", "operations"}
BELOW["backup"] = {"errors"}
BELOW["watch"] = {*BELOW["plan"], "plan"}
BELOW["cli"] = {*_TOP, "user_cache", "scaffold", "backup", "watch", "compose_import", "tasks", "settled"}
BELOW["tasks"] = {*_TOP, "cli"}
BELOW["__main__"] = {"cli", "settled"}
for _below in BELOW.values():
    _below.add("frozen")  # a language feature, so to speak
BELOW["frozen"] = set()

_LIBRARIES = ("pydantic", "jinja2", "rich", "invoke", "docker", "ruamel")
_STANDARD = ("asyncio", "concurrent.futures", "dataclasses", "email", "http.client", "importlib.metadata", "inspect")
HEAVY = (*_LIBRARIES, *_STANDARD, "subprocess", "tarfile")


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "_roles" not in path.parts)


def part_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def imported_parts(path: Path) -> Iterator[tuple[int, str]]:
    """The parts of phlo that a module imports, wherever in it; what only the type checker sees does not count."""
    tree = ast.parse(path.read_text())
    unseen = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in unseen:
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "phlo":
            names = [f"phlo.{alias.name}" for alias in node.names if (PACKAGE / alias.name).exists()]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        yield from ((node.lineno, part_of(name)) for name in names if name.split(".")[0] == "phlo" and "." in name)


def test_imports_go_down_only() -> None:
    wrong = []
    for path in modules():
        part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if part == "__init__":
            continue
        for line, imported in imported_parts(path):
            if imported != part and imported not in BELOW.get(part, set()):
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {part} may not import {imported}")

    assert not wrong, "\n".join(wrong)


def test_every_part_has_its_place() -> None:
    parts = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in modules()} - {"__init__"}

    assert parts <= set(BELOW)


def names_of_services() -> set[str]:
    """The offerings' own names, that is without phlo's."""
    registry = json.loads((ROOT / "registry" / "plugins.json").read_text())
    entries = registry["plugins"] if isinstance(registry, dict) else registry
    named = {entry["name"].removeprefix("phlo-") for entry in entries}
    named |= {path.name.removeprefix("phlo-") for path in (ROOT / "packages").glob("phlo-*")}
    return named - {"api"}  # an ordinary word, as in "Engine API"


def test_no_module_knows_a_service_by_name() -> None:
    """Neither as a name nor in a text; docstrings and comments may have examples."""
    pattern = re.compile(rf"(?i)(?<![a-z])({'|'.join(sorted(map(re.escape, names_of_services())))})(?![a-z])")
    wrong = []
    for path in modules():
        tree = ast.parse(path.read_text())
        prose = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
                text = node.value
            elif isinstance(node, ast.Name):
                text = node.id
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                text = node.name
            else:
                continue
            if text == "superset" and path.name == "filters.py":  # sets have supersets: Ansible's test of this name
                continue
            if found := pattern.search(text):
                wrong.append(f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}: {found[0]}")

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "module",
    [
        "phlo.values",
        "phlo.hosts.connect",
        "phlo.images",
        "phlo.operations.image",
        "phlo.operations.container",
        "phlo.cli.main",
    ],
)
def test_the_hot_path_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT)},
    )

    loaded = set(done.stdout.split())
    assert not loaded & set(HEAVY)


def test_a_project_without_mistakes_is_planned_without_anything_heavy(tmp_path: Path) -> None:
    services = "  web: {type: inline, image: 'web:1', ports: ['80:80'], volumes: ['data:/data']}\n"
    disabled = f"  disabled: [{', '.join(discover_services(tmp_path).services)}]\n"
    (tmp_path / "phlo.yaml").write_text(f"name: lake\nservices:\n{disabled}{services}volumes: {{data: }}\n")
    code = """
import sys
from phlo.cli import lifecycle, parser
from phlo.cli.shell import Shell
from phlo.execute import run
verb, rest = parser.find_verb(["up"])
options, shell = parser.parse(verb, rest), Shell.of_process(["up"])
workspace = lifecycle.open_workspace(options, shell)
steps = lifecycle.build_plan(lifecycle.resolve_project(workspace, options, shell))
assert "local/web/container" in {step.id for step in steps.steps}
print(*sorted(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT)},
    )

    assert not set(done.stdout.split()) & set(HEAVY)
