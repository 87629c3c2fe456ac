"""The container that a task means by naming a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host, ReadHost
from phlo.labels import LABEL_INSTANCE, LABEL_PROJECT, LABEL_SERVICE, is_set_aside


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A container. mounts: folders in it that something is mounted on."""

    id: str
    name: str
    mounts: tuple[str, ...] = ()


def find_target(
    project: str, service: str, container: str | None, host: ReadHost | Host, *, where: str, stopped: bool = False
) -> Target:
    """The container called `container`, else the first running one of `service`.

    stopped: one that does not run will do.

    Raises OperationError when neither is given, and when it is not there or does not run.
    """
    if container:
        found = host.engine.get_or_none(f"/containers/{path_part(container)}/json")
        if found is None or not (stopped or found["State"]["Running"]):
            state = "is not there" if found is None else f"does not run ({found['State']['Status']})"
            raise OperationError(f'the container "{container}" {state}', where=f"{host.name} {where}")
        return Target(id=found["Id"], name=found["Name"].lstrip("/"), mounts=_mounts(found))
    if not service:
        fix = "Write service: NAME, or container: NAME."
        raise OperationError("says neither which service nor which container", where=where, fix=fix)
    labels = [f"{LABEL_PROJECT}={project}", f"{LABEL_SERVICE}={service}"]
    listed = host.engine.get("/containers/json", filters={"label": labels, "status": ["running"]})
    if not listed and stopped:
        every = host.engine.get("/containers/json", all=True, filters={"label": labels})
        listed = [entry for entry in every if not is_set_aside(entry["Names"][0])]
    if not listed:
        raise OperationError(
            f'the service "{service}" has no {"" if stopped else "running "}container',
            where=f"{host.name} {where}",
            fix=f"Start it: `phlo run up {service}`.",
        )
    first = min(listed, key=lambda entry: (int(entry["Labels"].get(LABEL_INSTANCE, "1")), entry["Names"][0]))
    return Target(id=first["Id"], name=first["Names"][0].lstrip("/"), mounts=_mounts(first))


def _mounts(found: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(mount["Destination"] for mount in found.get("Mounts") or ())
