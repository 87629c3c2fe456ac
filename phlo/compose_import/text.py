"""The text of a new phlo.yaml."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML

from phlo.config.edit import unmistakable


def yaml_text(data: Mapping[str, Any], *, comment: str) -> str:
    """`data` as YAML, below a comment, with an empty line between the sections."""
    yaml = YAML()
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    sections = []
    for key, value in data.items():
        out = io.StringIO()
        yaml.dump({key: unmistakable(value)}, out)
        sections.append(out.getvalue())
    return "\n".join([*(f"# {line}" for line in comment.splitlines()), "".join(sections[:1]), *sections[1:]])
