"""Containers whose namespaces or volumes another one uses: it has to follow them when they are restarted.

A namespace ends with the process that it was made for. What `network_mode: service:x`, `pid` and `ipc` share is
therefore lost when the other container is restarted, and the engine keeps the id of the other container, so that a
replaced one needs a new container here, too. `volumes_from` is resolved when a container is created.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

_NAMESPACES = {"NetworkMode": "network", "PidMode": "processes", "IpcMode": "shared memory"}
_PREFIX = "container:"


class Owner(NamedTuple):
    """A container that another one depends on in this way.

    is_made_anew: it is about to be made, or recreated. is_started: it is about to be started or restarted.
    """

    id: str = ""
    created: str = ""
    started: str = ""
    is_made_anew: bool = False
    is_started: bool = False


def owner_names(body: Mapping[str, Any]) -> set[str]:
    """The names of the containers that a ContainerCreate body shares something of."""
    host_config = body.get("HostConfig") or {}
    return {name for _, name in _shared(host_config)} | set(_volume_owners(host_config))


def owner_of(found: Mapping[str, Any] | None, verbs: frozenset[str] = frozenset()) -> Owner:
    """What matters of an owner. found: its inspect answer. verbs: what is about to be done with it."""
    is_made_anew = bool(verbs & {"create", "recreate"})
    is_started = bool(verbs & {"start", "restart"})
    if found is None:
        return Owner(is_made_anew=is_made_anew)
    return Owner(found["Id"], found["Created"], found["State"]["StartedAt"], is_made_anew, is_started)


def causes_to_make_anew(
    body: Mapping[str, Any], current: Mapping[str, Any], owners: Mapping[str, Owner]
) -> Iterator[str]:
    """Why a container has to be recreated because another one was, or is about to be."""
    for key, name in _shared(body.get("HostConfig") or {}):
        owner, live = owners.get(name), str(current["HostConfig"].get(key) or "")
        if owner is None or not live.startswith(_PREFIX):
            continue
        if owner.is_made_anew or (owner.id and live.removeprefix(_PREFIX) != owner.id):
            yield f"{name}, whose {_NAMESPACES[key]} it shares, {_made(owner)}"
    for name in _volume_owners(body.get("HostConfig") or {}):
        owner = owners.get(name)
        if owner and (owner.is_made_anew or (owner.created and moment(owner.created) > moment(current["Created"]))):
            yield f"{name}, whose volumes it uses, {_made(owner)}"


def causes_to_restart(
    body: Mapping[str, Any], current: Mapping[str, Any], owners: Mapping[str, Owner]
) -> Iterator[str]:
    """Why a running container has to be restarted because another one was, or is about to be."""
    if current["State"]["Status"] != "running":
        return
    for key, name in _shared(body.get("HostConfig") or {}):
        owner = owners.get(name)
        if owner is None or not owner.id:
            continue
        if owner.is_started or moment(owner.started) > moment(current["State"]["StartedAt"]):
            verb = "is to be started" if owner.is_started else "was restarted"
            yield f"{name}, whose {_NAMESPACES[key]} it shares, {verb}"


def _made(owner: Owner) -> str:
    return "is to be recreated" if owner.is_made_anew else "was recreated"


def _shared(host_config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in _NAMESPACES:
        mode = str(host_config.get(key) or "")
        if mode.startswith(_PREFIX):
            yield key, mode.removeprefix(_PREFIX)


def _volume_owners(host_config: Mapping[str, Any]) -> Iterator[str]:
    for item in host_config.get("VolumesFrom") or ():
        yield item.partition(":")[0]


def moment(text: str) -> tuple[datetime, str]:
    """An engine's RFC 3339 time, as something that can be compared: its seconds, and what comes behind them."""
    head, _, fraction = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(head), fraction.ljust(9, "0")
