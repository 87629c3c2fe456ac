"""What the programs that phlo starts get of its environment."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from phlo.child_environment import child_environment

PACKAGE = Path(__file__).resolve().parents[2] / "phlo"
_STARTS = re.compile(
    r"subprocess\.(run|Popen|call|check_call|check_output|getoutput|getstatusoutput)"
    r"|os\.(system|popen|posix_spawnp?|spawn\w+|exec\w+)|pty\.spawn|webbrowser\.\w+|asyncio\.create_subprocess_\w+"
)


def calls() -> Iterator[tuple[Path, ast.AST, ast.Call]]:
    """Each call that starts a program, with the function around it."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and _STARTS.fullmatch(ast.unparse(node.func)):
                        yield path, function, node


CALLS = list(calls())


def is_made_in_one_place(function: ast.AST, environment: ast.expr) -> bool:
    """Whether an environment is what child_environment() gives, directly or by way of a local name."""
    if isinstance(environment, ast.Name):
        values = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == environment.id
        ]
        return bool(values) and all(is_made_in_one_place(function, value) for value in values)
    return isinstance(environment, ast.Call) and ast.unparse(environment.func) == "child_environment"


def test_the_calls_that_start_programs_are_found() -> None:
    assert {path.name for path, _, _ in CALLS} >= {"ssh.py", "programs.py", "secret_editor.py"}


@pytest.mark.parametrize(
    ("path", "function", "call"), CALLS, ids=[f"{path.stem}-{call.lineno}" for path, _, call in CALLS]
)
def test_every_program_gets_its_environment_from_one_place(path: Path, function: ast.AST, call: ast.Call) -> None:
    given = [word.value for word in call.keywords if word.arg == "env"]
    if ast.unparse(call.func).startswith("os.posix_spawn"):
        given = [call.args[2]]
    assert given, f"{path}:{call.lineno} lets a program inherit the whole environment"
    assert is_made_in_one_place(function, given[0]), f"{path}:{call.lineno} makes an environment of its own"


def test_the_passphrase_is_left_out_and_everything_else_is_kept() -> None:
    given = {"PHLO_SECRETS_PASSPHRASE": "sesame", "PHLO_SECRETS_PASSPHRASE_FILE": "/run/p", "PATH": "/bin", "X": "1"}
    assert child_environment(given, more={"Y": "2"}, without=("X",)) == {
        "PHLO_SECRETS_PASSPHRASE_FILE": "/run/p",
        "PATH": "/bin",
        "Y": "2",
    }


def test_a_program_that_needs_the_passphrase_is_given_it_by_name() -> None:
    name = "PHLO_SECRETS_PASSPHRASE"
    assert child_environment({name: "sesame"}, more={name: "other"}) == {name: "other"}


def test_without_an_environment_that_of_this_process_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHLO_SECRETS_PASSPHRASE", "sesame")
    monkeypatch.setenv("OTHER", "kept")
    found = child_environment()
    assert "PHLO_SECRETS_PASSPHRASE" not in found
    assert found["OTHER"] == "kept"
