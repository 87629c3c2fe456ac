"""Where the engine of a host listens: as the inventory says, else as the docker command line finds its engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from phlo.inventory import Inventory

# What the inventory calls the engine that DOCKER_HOST leads to, for a phlo in a container.
MACHINE_ENGINE_VARIABLE = "PHLO_MACHINE_ENGINE"


class EngineAddress(NamedTuple):
    """Where an engine listens. cert_path: folder of its TLS files, None for none of its own."""

    url: str
    cert_path: str | None


def engine_address(inventory: Inventory, host: str, environ: Mapping[str, str]) -> EngineAddress:
    """Where a host's engine listens: as the inventory says, else where docker itself finds its engine.

    A phlo that works in a container for the machine around it has another way to that machine's socket: what the
    inventory calls by the name in PHLO_MACHINE_ENGINE is what DOCKER_HOST names.
    """
    given = inventory.find(host)
    assert given is not None, host
    if given.docker_context:
        from phlo.inventory.context import context_endpoint

        if endpoint := context_endpoint(given.docker_context, host=host, environ=environ):
            return EngineAddress(endpoint.docker_host, given.cert_path or endpoint.cert_path)
        return _without_context(environ, given.cert_path)
    if given.docker_host and given.docker_host != environ.get(MACHINE_ENGINE_VARIABLE):
        return EngineAddress(given.docker_host, given.cert_path)
    return docker_engine(environ, given.cert_path)


def docker_engine(environ: Mapping[str, str], cert_path: str | None = None) -> EngineAddress:
    """The engine of the docker command line: DOCKER_HOST, else the context in use, else Docker's usual socket.

    cert_path: TLS files that override those of the environment and of the context.
    Raises InventoryError when the context in use does not exist.
    """
    from phlo.inventory.context import active_endpoint

    if endpoint := active_endpoint(environ):
        return EngineAddress(endpoint.docker_host, cert_path or endpoint.cert_path)
    return _without_context(environ, cert_path)


def _without_context(environ: Mapping[str, str], cert_path: str | None) -> EngineAddress:
    from phlo.hosts.connect import DEFAULT_SOCKET, cert_path_of

    return EngineAddress(environ.get("DOCKER_HOST") or DEFAULT_SOCKET, cert_path or cert_path_of(environ))
