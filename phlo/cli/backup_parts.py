"""What of a project is backed up, and the plays that do it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, NamedTuple

from phlo.config.project import Project, ResolvedService
from phlo.errors import ConfigError, PhloError, did_you_mean, first_of
from phlo.frozen import replace
from phlo.playbook.actions import action_files, action_play, read_action
from phlo.playbook.load import NOTHING_AROUND, Loader
from phlo.playbook.model import Action, Play
from phlo.playbook.reading import Reader
from phlo.playbook.scope import final
from phlo.playbook.source import Origin, Raw, SourceFile

BACKUP, RESTORE = "backup", "restore"


class Part(NamedTuple):
    """What one service, or one of its volumes, has in a backup.

    path: in the archive. backup, restore: its actions; None for a volume. volume: the volume's key.
    """

    service: ResolvedService
    path: str
    backup: Action | None = None
    restore: Action | None = None
    volume: str | None = None


def parts_of(
    project: Project, loader: Loader, *, services: Collection[str] = (), with_volumes: bool = False
) -> list[Part]:
    """What there is to back up, a service after those it needs.

    services: only these. with_volumes: the volumes, too, of services that have no backup action.
    Raises ConfigError for a service that is not there or cannot be restored.
    """
    errors: list[PhloError] = [
        ConfigError(f'there is no service "{name}" in this project', fix=did_you_mean(name, project.services))
        for name in services
        if name not in project.services
    ]
    found: list[Part] = []
    for service in in_order(project):
        if services and service.name not in services:
            continue
        try:
            if part := _by_action(service, loader):
                found.append(part)
        except PhloError as error:
            errors.append(error)
    bare = list(_bare_volumes(project, services, loader)) if with_volumes else []
    for volume, service in bare:
        if service.placement is not None:
            what = f"the volume {volume} is on a node of {service.placement.label}, where --volumes does not reach"
            fix = f"Give {service.name} an action {BACKUP} and one called {RESTORE}, or leave --volumes out."
            errors.append(ConfigError(what, where=service.definition.where(), fix=fix))
    if errors:
        raise first_of(errors)
    return [*found, *(Part(service, f"volumes/{volume}.tar", volume=volume) for volume, service in bare)]


def in_order(project: Project) -> list[ResolvedService]:
    """The project's services, each after those it depends on."""
    graph = {name: [need.service for need in one.depends_on] for name, one in sorted(project.services.items())}
    return [project.services[name] for name in TopologicalSorter(graph).static_order() if name in project.services]


def left_out(project: Project, parts: Iterable[Part], loader: Loader) -> list[str]:
    """The volumes that no part holds."""
    held = {part.volume for part in parts}
    return [volume for volume, _ in _bare_volumes(project, (), loader) if volume not in held]


def _by_action(service: ResolvedService, loader: Loader) -> Part | None:
    actions = actions_by_name(service, loader)
    if BACKUP not in actions:
        return None
    if RESTORE not in actions:
        what = f"{service.name} has an action {BACKUP} and none called {RESTORE}"
        raise ConfigError(what, where=service.definition.where(), fix="A backup is of use only if it can be restored.")
    if len(service.hosts) > 1:
        what = f"{service.name} is on several hosts, and its action {BACKUP} can be run for one of them only"
        raise ConfigError(what, fix=f"Run {service.name}.{BACKUP} --limit HOST for each.")
    return Part(service, f"services/{service.name}", backup=actions[BACKUP], restore=actions[RESTORE])


def actions_by_name(service: ResolvedService, loader: Loader) -> dict[str, Action]:
    """The actions of a service that have to do with backups."""
    files = action_files(service.definition)
    return {path.stem: read_action(service.name, path, loader) for path in files if path.stem in (BACKUP, RESTORE)}


def _bare_volumes(project: Project, services: Collection[str], loader: Loader) -> Iterator[tuple[str, ResolvedService]]:
    """Volumes that no service with an action uses, each with the first service that does."""
    ordered = in_order(project)
    covered = {
        key
        for service in ordered
        if BACKUP in actions_by_name(service, loader)
        for key in service.compose.named_volumes
    }
    seen: set[str] = set()
    for service in ordered:
        for key in service.compose.named_volumes:
            if key not in covered and key not in seen and (not services or service.name in services):
                seen.add(key)
                if not project.volumes[key].is_external:
                    yield key, service


def backup_play(part: Part, project: Project, loader: Loader, folder: Path) -> Play:
    """Writes the part to its path below `folder`."""
    target = str(folder / part.path)
    if part.backup:
        return _action(part.backup, part, loader, {"to": target})
    return _volume_play(part, project, loader, lambda name: {"volume_archive": {"volume": name, "dest": target}})


def restore_play(part: Part, project: Project, loader: Loader, folder: Path) -> Play:
    """Puts the part back out of its path below `folder`. Of a volume the containers that use it are removed."""
    source = str(folder / part.path)
    if part.restore:
        return _action(part.restore, part, loader, {"from": source})
    arguments = {"src": source, "replace": True}
    return _volume_play(
        part, project, loader, lambda name: {"volume_unarchive": {**arguments, "volume": name}}, starts_again=False
    )


def _action(action: Action, part: Part, loader: Loader, given: Mapping[str, Any]) -> Play:
    unknown = [name for name in given if name not in {one.variable for one in action.arguments}]
    missing = [one.name for one in action.arguments if one.is_required and one.variable not in given]
    if unknown or missing:
        what = f"needs the argument {unknown[0]}" if unknown else f"cannot be run without --{missing[0]}"
        fix = f"`{BACKUP}` has one required argument, `to`; `{RESTORE}` one, `from`."
        raise ConfigError(f"the action {action.name} {what}", where=loader.label(action.path), fix=fix)
    values = {one.variable: "" if one.default is None else one.default for one in action.arguments}
    play = action_play(action, loader, part.service.hosts)
    return replace(play, variables=(final({**values, **given}),))


def _volume_play(part: Part, project: Project, loader: Loader, task: Any, *, starts_again: bool = True) -> Play:
    """The task with every service stopped that uses the volume."""
    assert part.volume is not None
    users = [one.name for one in in_order(project) if part.volume in one.compose.named_volumes]
    stops = [
        {"name": f"stop {name}", "power": {"service": name, "state": "stopped"}, "register": f"stopped_{number}"}
        for number, name in enumerate(users)
    ]
    starts = [
        {
            "name": f"start {name}",
            "power": {"service": name, "state": "started"},
            "when": f"stopped_{number} is defined and stopped_{number}.changed",
        }
        for number, name in enumerate(users)
    ]
    name = project.volumes[part.volume].name
    title = f"the volume {part.volume}"
    block = {"block": [*reversed(stops), {"name": title, **task(name)}], "always": starts if starts_again else []}
    return _play(title, part.service.hosts[:1], [block], loader)


def _play(title: str, hosts: Iterable[str], tasks: list[Any], loader: Loader) -> Play:
    source = SourceFile(json.dumps(tasks), label=title, folder=loader.root)  # JSON is YAML
    origin = Origin(source)
    reader = Reader()
    entries = loader.parser(reader, loader.root).entries(source.data, origin, NOTHING_AROUND)
    reader.finish()
    return Play(name=title, hosts=Raw(list(hosts), origin), sections=(entries,), folder=loader.root, origin=origin)
