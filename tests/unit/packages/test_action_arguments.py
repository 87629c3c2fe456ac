"""What somebody gives to a role's action is never an option of the program that the action runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

PACKAGES = Path(__file__).parents[3] / "packages"
FILES = sorted(path for path in PACKAGES.glob("*/src/*/tasks/*.yaml") if "arguments:" in path.read_text())


def commands(value: Any) -> Iterator[list[str]]:
    """Every command that is written as a list, wherever it is."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("command", "exec", "argv") and isinstance(inner, list):
                yield [str(word) for word in inner]
            else:
                yield from commands(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from commands(inner)


def is_given(word: str, names: list[str]) -> bool:
    """Whether a word consists of nothing but a value that the caller has chosen."""
    used = re.findall(r"[a-z_]+", word) if word.startswith("{{") else []
    return bool({name.replace("-", "_") for name in names} & set(used)) and not word.startswith("{{ '--")


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_value_on_its_own_stands_behind_the_separator_or_is_a_scripts_own(path: Path) -> None:
    data = yaml.safe_load(path.read_text())
    names = [
        name
        for name, one in data["arguments"].items()
        if one.get("type") not in ("path", "integer", "flag") and "choices" not in one
    ]
    for words in commands(data["tasks"]):
        is_script = words[1:2] in (["-c"], ["-euc"])
        for at, word in enumerate(words):
            is_value = words[at - 1] == "{{ '--command' if command else omit }}"
            if is_given(word, names):
                assert "--" in words[:at] or is_script or is_value, f"{path}: {word}"
