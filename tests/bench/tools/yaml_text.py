"""The YAML dialect of all files that the benchmark writes."""

from __future__ import annotations

from typing import Any

import yaml


def yaml_text(document: Any) -> str:
    """Block style, in the order given, as a person would write it."""
    return str(yaml.safe_dump(document, sort_keys=False))
