"""Imports go down only, the hot path loads nothing heavy, and the engine knows no service by name."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from phlo.discovery import discover_services
from phlo.orchestrators import TITLES

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "phlo"

# Each part of phlo, and the parts it may import besides itself.
BELOW: dict[str, set[str]] = {
    "errors": set(),
    "values": set(),
    "image_source": {"values"},
    "labels": set(),
    "orchestrators": set(),
    "bounded": set(),
    "published": set(),
    "visible": set(),
    "label_values": {"bounded"},
    "programs": {"bounded", "child_environment", "stop_signals"},
    "yaml_source": {"bounded", "errors", "values"},
    "events": {"values"},
    "events_json": {"events", "values", "visible"},
    "events_schema": {"events_json"},
    "kept_file": set(),
    "noop_cache": {"kept_file"},
    "kept_help": {"kept_file"},
    "ssh_names": set(),
    "child_environment": set(),
    "hosts": {"bounded", "label_values", "programs", "errors", "values", "ssh_names"},
    "stop_signals": set(),
    "user_cache": set(),
    "images": {"bounded", "programs", "errors", "image_source", "values", "hosts", "user_cache"},
    "compose": {"bounded", "errors", "image_source", "values", "yaml_source"},
    "operations": {
        "bounded",
        "compose",
        "sections",
        "label_values",
        "programs",
        "errors",
        "image_source",
        "values",
        "hosts",
        "images",
    },
    "sections": {"compose", "errors", "kept_file", "yaml_source"},
    "discovery": {
        "bounded",
        "compose",
        "kept_file",
        "sections",
        "programs",
        "errors",
        "image_source",
        "values",
        "yaml_source",
    },
    "vault": {"bounded", "programs", "errors", "values", "yaml_source"},
    "inventory": {"bounded", "programs", "errors", "values", "yaml_source", "ssh_names", "vault"},
}
BELOW["config"] = {*BELOW["discovery"], "discovery", "inventory", "vault"}

BELOW["playbook"] = {
    *(
        "bounded",
        "config",
        "discovery",
        "errors",
        "operations",
        "programs",
        "sections",
        "values",
        "yaml_source",
        "vault",
    )
}
BELOW["plan"] = {*BELOW["config"], "config", "playbook", "hosts", "images", "operations", "events", "events_json"}
BELOW["execute"] = {*BELOW["plan"], "plan", "stop_signals"}
BELOW["report"] = {"visible", *BELOW["plan"], "plan", "playbook"}
BELOW["doctor"] = {"bounded", "errors", "values", "hosts", "images", "config"}
BELOW["compose_import"] = {*BELOW["config"], "config"}
BELOW["ansible_import"] = {*BELOW["playbook"], "playbook", "compose", "compose_import"}
BELOW["testing"] = {*BELOW["execute"], "execute"}
_TOP = {"visible", *BELOW["execute"], "execute", "playbook", "report", "doctor", "testing"}
BELOW["scaffold"] = {"errors", "config", "operations"}
BELOW["backup"] = {"errors"}
BELOW["watch"] = {*BELOW["plan"], "plan"}
BELOW["cli"] = {
    *_TOP,
    "events_schema",
    "user_cache",
    "scaffold",
    "backup",
    "watch",
    "compose_import",
    "ansible_import",
    "noop_cache",
    "kept_help",
    "stop_signals",
}
BELOW["tasks"] = {"cli"}
BELOW["__main__"] = {"cli", "noop_cache", "kept_help"}
for _below in BELOW.values():
    _below.add("frozen")  # a language feature, so to speak
    _below.add("child_environment")  # whatever starts a program needs it
    _below.add("published")  # and whatever shows a port this
    _below.add("size")  # or a size
    _below.add("labels")  # names, which import nothing
    _below.add("orchestrators")  # a table of names
BELOW["frozen"] = set()
BELOW["size"] = set()
# An orchestrator's modules are at the height of the stage that loads them, see phlo.orchestrators.
STAGES = {
    "": "errors",
    "words": "errors",
    "nodes": "hosts",
    "operations": "operations",
    "body": "plan",
    "ports": "plan",
    "placement": "config",
    "steps": "plan",
    "managers": "cli",
    "commands": "cli",
    "verbs": "cli",
}
for _orchestrator in TITLES:
    for _stage, _part in STAGES.items():
        BELOW[f"{_orchestrator}.{_stage}".rstrip(".")] = {*BELOW[_part], _part}

_LIBRARIES = ("pydantic", "jinja2", "rich", "invoke", "docker", "ruamel")
_STANDARD = ("asyncio", "concurrent.futures", "dataclasses", "email", "http.client", "importlib.metadata", "inspect")
HEAVY = (*_LIBRARIES, *_STANDARD, "subprocess", "tarfile")


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "_roles" not in path.parts)


def part_of(module: str) -> str:
    """The part that a module is in: its second name, and for an orchestrator's module the third as well."""
    names = [*module.split("."), "", ""]
    return f"{names[1]}.{names[2]}".rstrip(".") if names[1] in TITLES else names[1]


def imported_names(path: Path, *, is_typing_counted: bool = False) -> Iterator[tuple[int, str]]:
    """What a module imports of phlo, wherever in it. is_typing_counted: also what only the type checker sees.

    `from phlo.a import b` gives `phlo.a.b`, whether b is a module or not.
    """
    tree = ast.parse(path.read_text())
    unseen = {
        id(inner)
        for node in ast.walk(tree)
        if not is_typing_counted and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in unseen:
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.split(".")[0] == "phlo")


def imported_parts(path: Path) -> Iterator[tuple[int, str]]:
    """The parts of phlo that a module imports, each with its line."""
    for line, name in imported_names(path):
        part = part_of(name)
        path_of_part = PACKAGE / part.replace(".", "/")
        if part and (path_of_part.is_dir() or path_of_part.with_suffix(".py").exists()):
            yield line, part


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def import_cycles(imports: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Every cycle, as the modules of which each imports the next one; the last one is the first again."""
    left = {name: set(others) for name, others in imports.items()}
    found = []
    while True:
        try:
            TopologicalSorter(left).prepare()
        except CycleError as error:
            cycle = list(reversed(error.args[1]))
            found.append(cycle)
            left[cycle[0]].remove(cycle[1])  # so that the next one is found
        else:
            return found


def test_modules_have_no_import_cycle() -> None:
    """Imports in functions and imports for the type checker count: a cycle that is loaded late is a cycle."""
    known = {module_name(path): path for path in modules()}
    imports = {}
    for name, path in known.items():
        names = (other for _, other in imported_names(path, is_typing_counted=True))
        imports[name] = {other if other in known else other.rpartition(".")[0] for other in names} & known.keys() - {
            name
        }

    assert sum(map(len, imports.values())) > len(known)
    assert import_cycles(imports) == []


def test_every_import_cycle_is_found() -> None:
    cycles = import_cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a", "e"}, "e": {"d"}, "f": {"e"}})

    assert sorted(sorted(set(cycle)) for cycle in cycles) == [["a", "b", "c"], ["d", "e"]]


def test_imports_for_the_type_checker_are_found(tmp_path: Path) -> None:
    path = tmp_path / "one.py"
    path.write_text(
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from phlo.plan import up\n\n"
        "def late() -> None:\n    import phlo.cli.main\n"
    )

    assert list(imported_names(path)) == [(7, "phlo.cli.main")]
    assert sorted(imported_names(path, is_typing_counted=True)) == [(4, "phlo.plan.up"), (7, "phlo.cli.main")]


def test_imports_go_down_only() -> None:
    wrong = []
    for path in modules():
        part = part_of(module_name(path))
        if not part:
            continue
        for line, imported in imported_parts(path):
            is_inside = imported == part or part.split(".")[0] == imported.split(".")[0]
            if not is_inside and imported not in BELOW.get(part, set()):
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {part} may not import {imported}")

    assert not wrong, "\n".join(wrong)


def test_every_part_has_its_place() -> None:
    parts = {part_of(module_name(path)) for path in modules()} - {""}

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
            if text == "superset" and path.parent.name == "filters":  # sets have supersets: Ansible's test of this name
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


def test_a_project_that_was_accepted_before_is_planned_without_anything_heavy(tmp_path: Path) -> None:
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
    environ = {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    # The first one checks the file with pydantic, and remembers that it was accepted. What packages hold is remembered
    # unless a file or folder of theirs has just changed, such as where another process leaves byte code for the first
    # time; then the next one reads it again.
    deadline = time.monotonic() + 120
    while True:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True, env=environ
        )
        heavy = set(done.stdout.split()) & set(HEAVY)
        if not heavy:
            break
        assert time.monotonic() < deadline, f"every plan loads {sorted(heavy)}"


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["services", "--help"],
        ["up", "--help"],
        ["--version"],
        ["__complete", "plugins"],
        ["completion", "bash"],
    ],
)
def test_help_and_completion_load_no_rich(words: list[str], tmp_path: Path) -> None:
    code = f"""
import sys
from phlo.cli.main import run
from phlo.cli.shell import Shell
assert run({words!r}, Shell.of_process({words!r})) == 0
print(*sorted(sys.modules), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT)},
    )

    assert done.stdout
    assert not {"rich", "pydantic", "invoke"} & set(done.stderr.split())


def test_plain_lines_and_piped_tables_load_no_rich() -> None:
    code = """
import sys
from phlo.report.lines import Lines
from phlo.report.plays import PlayLines
from phlo.report.style import Style
from phlo.report.table import table
Lines(print, Style()), PlayLines(print, Style())
table(("A", "B"), [("x", "y" * 200)], Style())
assert "rich" not in sys.modules
table(("A", "B"), [("x", "y" * 200)], Style(is_terminal=True))
assert "rich" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(ROOT)})
