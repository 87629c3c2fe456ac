"""What a backup or a restore stops, removes and overwrites, said before it happens."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from phlo.cli.backup_parts import Part, in_order
from phlo.config.project import Project
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host
from phlo.hosts.live import live_containers
from phlo.operations.protection import Protection, refusal
from phlo.playbook.model import Action

_STOPPING = ("stopped", "restarted")


def backup_notice(parts: Sequence[Part], project: Project) -> list[str]:
    """What making a backup does to what runs, a sentence each."""
    stopped = sorted({name for part in parts for name in _stopped_by(part, part.backup, project)})
    return [f"stopped while its data is copied, and then started again: {name}" for name in stopped]


def restore_notice(parts: Sequence[Part], dependents: Collection[str], project: Project) -> list[str]:
    """What a restore does to what runs, a sentence each. dependents: services that are stopped for it."""
    stopped = {name for part in parts for name in _stopped_by(part, part.restore, project)} | set(dependents)
    replaced = [f"the volume {part.volume}" if part.volume else f"the data of {part.service.name}" for part in parts]
    removed = sorted({name for part in parts if part.volume for name in _users(part, project)})
    return [
        *(f"replaced by the backup's: {what}" for what in replaced),
        *(f"stopped until the data is back: {name}" for name in sorted(stopped)),
        *(f"removed and made again, also the version kept for `phlo rollback`: containers of {one}" for one in removed),
    ]


def refuse_protected(
    parts: Sequence[Part], project: Project, hosts: Mapping[str, Host], protection: Protection
) -> None:
    """Raise OperationError for protected volumes that are there and that a restore would overwrite."""
    found = [
        name
        for part in parts
        for name, volume in _volumes(part, project, hosts)
        if protection.covers(name, volume.get("Labels"))
    ]
    if found:
        what = "would be overwritten: nothing was changed"
        raise refusal(found, protection, what=what, where="phlo restore")


def parts_with_data(parts: Sequence[Part], project: Project, hosts: Mapping[str, Host]) -> list[Part]:
    """Those of the parts that have something to lose: a volume, or a container, is on a host."""
    running = {
        one.service for name, host in hosts.items() for one in live_containers(host.engine, project.name, host=name)
    }
    return [part for part in parts if part.service.name in running or any(_volumes(part, project, hosts))]


def _volumes(part: Part, project: Project, hosts: Mapping[str, Host]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The volumes of a part that are there: name and inspect answer."""
    for key in [part.volume] if part.volume else part.service.compose.named_volumes:
        name = project.volumes[key].name
        for host in part.service.runs_on:
            volume = hosts[host].engine.get_or_none(f"/volumes/{path_part(name)}") if host in hosts else None
            if volume is not None:
                yield name, volume


def _stopped_by(part: Part, action: Action | None, project: Project) -> set[str]:
    """The services that saving or restoring a part stops."""
    if part.volume is not None:
        return set(_users(part, project))
    return set() if action is None else {name for name in _stops_in(_tasks(action)) if name in project.services}


def _users(part: Part, project: Project) -> list[str]:
    return [one.name for one in in_order(project) if part.volume in one.compose.named_volumes]


def _tasks(action: Action) -> Any:
    from phlo.yaml_source import load_yaml

    data = load_yaml(action.path, label=action.path.name).data
    return data.get("tasks") if isinstance(data, Mapping) else data


def _stops_in(node: Any) -> Iterator[str]:
    """Services that tasks stop with `power`, those inside blocks included."""
    if isinstance(node, Mapping):
        power = node.get("power")
        if isinstance(power, Mapping) and power.get("state") in _STOPPING:
            yield str(power.get("service"))
        for item in node.values():
            yield from _stops_in(item)
    elif isinstance(node, list):
        for item in node:
            yield from _stops_in(item)
