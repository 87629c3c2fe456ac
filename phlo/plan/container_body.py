"""A service as the Docker Engine API wants it: the body of ContainerCreate, and the networks to join.

Pure, and the same for the same service: lists whose order means nothing are sorted, what is not given is left out.
What each attribute becomes is in the table of attributes. What needs a newer API than 1.41 is in the body all the
same; `phlo.operations.drift` leaves it out of the comparison where the engine is older.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from phlo.compose.attributes import ENGINE
from phlo.compose.engine.column import DockerNames
from phlo.compose.engine.network import endpoints
from phlo.operations.container.args import NetworkAttachment

if TYPE_CHECKING:
    from phlo.compose.model import ComposeService


def container_body(
    service: ComposeService,
    *,
    volume_names: Mapping[str, str],
    network_names: Mapping[str, str],
    container_names: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The body of ContainerCreate without Image, phlo's own labels and NetworkingConfig; Secrets inside.

    service:         its `environment` is final: the content of env_file and what the host gives is in it.
    volume_names:    key of a volume -> its name in Docker; network_names: the same for networks.
    container_names: service -> its container's name, for `service:x` modes and volumes_from.
    """
    names = DockerNames(volumes=volume_names, networks=network_names, containers=container_names or {})
    body: dict[str, Any] = {}
    host: dict[str, Any] = {}
    for name, row in ENGINE.items():
        for path, value in row.written(name, service, names):
            place, _, key = path.rpartition(".")
            (host if place else body)[key] = value
    return {**body, "HostConfig": host} if host else body


def network_attachments(
    service: ComposeService,
    *,
    service_name: str,
    network_names: Mapping[str, str],
    container_names: Mapping[str, str] | None = None,
) -> tuple[NetworkAttachment, ...]:
    """The networks the container joins, the first being the one it is created on."""
    names = DockerNames(volumes={}, networks=network_names, containers=container_names or {})
    return tuple(
        NetworkAttachment(name=name, endpoint=endpoint) for name, endpoint in endpoints(service, names, service_name)
    )
