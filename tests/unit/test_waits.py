"""No test depends on how fast the machine is: each wait says what it waits for, and has time under load."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Benchmarks measure time; whatever else is a test, or helps one.
FILES = sorted(
    path
    for pattern in ("tests/**/*.py", "packages/*/tests/**/*.py", "packages/*/src/*/tests/**/*.py")
    for path in ROOT.glob(pattern)
    if "bench" not in path.parts
)
LEAST_SECONDS = 30
# What has to be short, because the test is about who gives up -> the seconds.
SHORT = {
    "packages/phlo-duckdb/src/phlo_duckdb/tests/test_role.py": {1},
    "tests/unit/operations/test_wait_for.py": {0.1},
    "tests/unit/test_programs.py": {0.2},
}


def is_clock(node: ast.AST) -> bool:
    return ast.unparse(node) == "time.monotonic()"


def hasty(tree: ast.AST, short: Set[float] = frozenset()) -> Iterator[str]:
    """The waits that say nothing when they end in vain, and those that are too short."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and node.msg is None and "time.monotonic() < deadline" in ast.unparse(node):
            yield f"line {node.lineno}: a deadline without a message"
        given = seconds(node)
        if given is not None and 0 < given.value < LEAST_SECONDS and given.value not in short:
            yield f"line {given.lineno}: a wait of {given.value} s"


def seconds(node: ast.AST) -> ast.Constant | None:
    """The N of `time.monotonic() + N` and of `timeout=N`."""
    found: ast.AST | None = None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and is_clock(node.left):
        found = node.right
    if isinstance(node, ast.keyword) and node.arg == "timeout":
        found = node.value
    return found if isinstance(found, ast.Constant) and isinstance(found.value, int | float) else None


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_wait_has_time_and_says_what_it_waits_for(path: Path) -> None:
    short = SHORT.get(str(path.relative_to(ROOT)), frozenset())
    assert list(hasty(ast.parse(path.read_text(encoding="utf-8")), short)) == []


@pytest.mark.parametrize(
    ("code", "problems"),
    [
        ("assert time.monotonic() < deadline", 1),
        ("assert time.monotonic() < deadline, 'no answer'", 0),
        ("deadline = time.monotonic() + 10", 1),
        ("deadline = time.monotonic() + 60", 0),
        ("run(argv, timeout=5)", 1),
        ("run(argv, timeout=60)", 0),
    ],
)
def test_a_hasty_wait_is_found(code: str, problems: int) -> None:
    assert len(list(hasty(ast.parse(code)))) == problems
