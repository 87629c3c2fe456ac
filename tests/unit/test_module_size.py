"""Modules stay short enough to read in one sitting."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 400


def too_long(paths: list[Path], most: int) -> list[str]:
    """The files with more than `most` lines, with how many they have."""
    counts = ((path, path.read_text().count("\n")) for path in sorted(paths))
    return [f"{path}: {count} lines" for path, count in counts if count > most]


@pytest.mark.parametrize("pattern", ["phlo/**/*.py", "packages/*/src/**/*.py"])
def test_no_module_is_longer_than_400_lines(pattern: str) -> None:
    modules = list(ROOT.glob(pattern))

    assert len(modules) > 20
    assert too_long(modules, MOST_LINES) == []


def test_a_module_that_is_too_long_is_found(tmp_path: Path) -> None:
    short, long = tmp_path / "short.py", tmp_path / "long.py"
    short.write_text("pass\n" * 3)
    long.write_text("pass\n" * 4)

    assert too_long([short, long], 3) == [f"{long}: 4 lines"]
