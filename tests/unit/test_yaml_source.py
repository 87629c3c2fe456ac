"""What is said of a text that is no YAML."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo.errors import ConfigError
from phlo.yaml_source import load_yaml, parse_yaml


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("a:\n\tb: 1\n", "Indent with spaces, not with tabs."),
        ("a: [1\nb: 2\n", "Look at the indentation, brackets and quotes of this line and the one before it."),
    ],
)
def test_it_names_the_line_and_the_likely_mistake(text: str, fix: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, label="phlo.yaml")
    assert str(caught.value).startswith("phlo.yaml:2: is not valid YAML")
    assert caught.value.fix == fix


LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 9)
)
MERGES = "a0: &a0 {x: 1}\n" + "".join(
    f"a{level}: &a{level} {{<<: [{', '.join([f'*a{level - 1}'] * 9)}]}}\n" for level in range(1, 9)
)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[" * 100_000, "nested"),
        ("{a: " * 100_000, "nested"),
        ("- " * 100_000, "nested"),
        ("? " * 100_000, "nested"),
        ("".join(f"{' ' * level}a:\n" for level in range(3000)), "nested"),
        ("[" * 500 + "]" * 500, "nested"),
        ("- " * 150 + "x", "nested"),
        (LAUGHS, "more than 200,000 values"),
        (MERGES, "more than 200,000 values"),
        ("- a\n" * 300_000, "more than 200,000 values"),
    ],
    ids=[
        *("open lists", "open mappings", "dashes", "keys", "indentation", "lists", "few dashes"),
        *("billion laughs", "billion merges", "many values"),
    ],
)
def test_a_text_that_would_exhaust_the_parser_is_refused_with_its_file(text: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what) as caught:
        parse_yaml(text, label="phlo.yaml")

    assert caught.value.where.startswith("phlo.yaml")


def test_a_file_over_the_limit_is_refused_with_its_size(tmp_path: Path) -> None:
    path = tmp_path / "phlo.yaml"
    with path.open("wb") as stream:
        stream.truncate(1 << 40)

    with pytest.raises(ConfigError, match="larger than 4 MiB"):
        load_yaml(path, label="phlo.yaml")
