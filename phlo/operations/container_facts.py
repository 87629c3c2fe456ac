"""What a container is, as flat facts in the user's words, read out of the Engine API's form of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.compose.attributes import ENGINE
from phlo.compose.engine.fact import Fact


def container_facts(config: Mapping[str, Any], host: Mapping[str, Any]) -> dict[str, Fact]:
    """The facts of a container. config: `Config` of an inspect answer, or the body; host: its `HostConfig`."""
    whole = {**config, "HostConfig": host}
    return {term: fact for name, row in ENGINE.items() for term, fact in row.read(name, whole)}
