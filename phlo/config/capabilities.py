"""The facts that a capability's provider offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.config.interpolate import interpolate_all
from phlo.config.layers import Variables
from phlo.discovery.definition import ServiceDefinition


def facts_of(
    providers: Mapping[str, str], definitions: Mapping[str, ServiceDefinition], variables: Variables
) -> dict[str, Mapping[str, Any]]:
    """Capability -> its provider's facts, with the provider's variables filled in."""
    found: dict[str, Mapping[str, Any]] = {}
    for capability, name in providers.items():
        definition = definitions[name]
        found[capability] = interpolate_all(
            definition.provides[capability],
            variables.lookup(name),
            where=definition.where,
            unset=variables.unset,
            keys=("provides", capability),
        )
    return found
