"""What is said of a text that is no YAML."""

from __future__ import annotations

import pytest

from phlo.errors import ConfigError
from phlo.yaml_source import parse_yaml


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
