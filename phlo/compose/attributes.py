"""The table of all attributes of a Compose service: what phlo does with each.

The rows are in `phlo.compose.rows`. An attribute that has no row is an error that names the nearest one; `x-*` is
ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from phlo.compose.attribute import Attribute, Support
from phlo.compose.engine.column import Engine
from phlo.compose.model import ComposeService
from phlo.compose.rows import isolation, limits, network, process, project, storage, unsupported

__all__ = [
    "ATTRIBUTES",
    "ATTRIBUTE_AT",
    "ENGINE",
    "REFUSED_ON_SWARM",
    "SWARM_PATHS",
    "UPDATABLE",
    "Attribute",
    "Support",
    "names",
]

_GROUPS = (project, process, network, storage, isolation, limits, unsupported)

ATTRIBUTES: Mapping[str, Attribute] = MappingProxyType(
    {name: row for group in _GROUPS for name, row in group.ROWS.items()}
)

# The engine column of the attributes that are part of a container's settings, by attribute.
ENGINE: Mapping[str, Engine] = MappingProxyType(
    {name: row.engine for name, row in ATTRIBUTES.items() if row.engine is not None}
)

# Keys of HostConfig that an engine can change on a container that exists (Engine API, ContainerUpdate).
UPDATABLE: tuple[str, ...] = tuple(key for row in ENGINE.values() for key in row.updatable)

# Path in the body of ContainerCreate -> attribute.
ATTRIBUTE_AT: Mapping[str, str] = MappingProxyType({path: name for name, row in ENGINE.items() for path in row.paths})

# Path in the TaskTemplate of a Swarm service -> path of the same value in a container's settings.
SWARM_PATHS: Mapping[str, str] = MappingProxyType(
    {row.swarm_path: row.engine.paths[0] for row in ATTRIBUTES.values() if row.engine and row.swarm_path}
)


def _fields(name: str, row: Attribute) -> tuple[str, ...]:
    """The fields of ComposeService that belong to this attribute; `external_links` adds to that of `links`."""
    return row.fields or ((name,) if name in ComposeService.__annotations__ else ())


# The fields of ComposeService for which a Swarm has no place.
REFUSED_ON_SWARM: tuple[str, ...] = tuple(
    field
    for name, row in ATTRIBUTES.items()
    if row.support is Support.HONOURED and row.is_refused_on_swarm
    for field in _fields(name, row)
)


def names(support: Support) -> tuple[str, ...]:
    """The attributes that phlo treats so, in the order of the table."""
    return tuple(name for name, row in ATTRIBUTES.items() if row.support is support)
