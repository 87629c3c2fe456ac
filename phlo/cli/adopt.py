"""adopt: take over a container that was started by hand."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from phlo.cli import exits
from phlo.cli.shell import Shell
from phlo.cli.workspace import open_hosts, open_workspace, outline, refuse_in_cluster
from phlo.compose.engine.mounts import is_anonymous
from phlo.errors import ConfigError, EngineError, OperationError, did_you_mean
from phlo.hosts.adopted import BY_COMPOSE, COMPOSE, mark_body, may_be_marked
from phlo.hosts.engine import Engine
from phlo.hosts.engine_requests import path_part
from phlo.labels import LABEL_ADOPTED, LABEL_PROJECT, LABEL_SERVICE, is_set_aside
from phlo.operations.container.adopted import is_by_hand, remove_mark
from phlo.plan.up import container_name

if TYPE_CHECKING:
    from phlo.config.project import Project, ResolvedService

_WHERE = "phlo adopt"


def adopt(options: Any, shell: Shell) -> int:
    """Mark the container as one of the service and give it the name that the service's container has."""
    from phlo.execute.deploy_lock import DeployLock
    from phlo.hosts.lock import claim_for

    workspace = open_workspace(options, shell)
    project = outline(workspace, options, shell)
    service = _service(project, options.service)
    name = _host(service, options.host)
    host = open_hosts(workspace.inventory, [name], shell.environ)[name]
    claim = claim_for(f"phlo adopt {options.container} --as {service.name}")
    with DeployLock({name: host}, project.name, claim, wait_seconds=options.lock_timeout, tell=shell.tell) as lock:
        engine = host.engine.guarded(lambda: lock.assert_held(name))
        found = _container(engine, options.container, name)
        check(project, service, found, engine)
        old, new = found["Name"].lstrip("/"), container_name(project, service, 1)
        _mark_and_rename(engine, found, project.name, service.name, new)
    renamed = f"{old} is now {new}, " if old != new else f"{new} is "
    shell.tell(f"{renamed}the container of {service.name}. What `phlo up` would change: phlo plan {service.name}")
    return exits.OK


def check(project: Project, service: ResolvedService, found: Mapping[str, Any], engine: Engine) -> None:
    """Raise OperationError when a container, given its inspect answer, cannot become that of the service."""
    name = found["Name"].lstrip("/")
    labels = found["Config"].get("Labels") or {}
    is_again = is_by_hand(labels) and (labels[LABEL_PROJECT], labels[LABEL_SERVICE]) == (project.name, service.name)
    if not is_again and not may_be_marked(labels):
        raise _belongs_elsewhere(name, labels)
    mine: Any = {"label": [f"{LABEL_PROJECT}={project.name}", f"{LABEL_SERVICE}={service.name}"]}
    others = [entry for entry in engine.get("/containers/json", all=True, filters=mine) if entry["Id"] != found["Id"]]
    for other in (entry["Names"][0].lstrip("/") for entry in others):
        if not is_set_aside(other):
            fix = f"Remove it first (`docker rm -f {other}`; its volumes stay), or adopt yours as another service."
            raise OperationError(f'"{service.name}" has the container {other} already', where=_WHERE, fix=fix)
    wanted = container_name(project, service, 1)
    holder = engine.get_or_none(f"/containers/{path_part(wanted)}/json")
    if holder is not None and holder["Id"] != found["Id"] and holder["Name"] == f"/{wanted}":
        raise OperationError(f"another container is named {wanted}", where=_WHERE, fix="Rename or remove it.")
    if found["HostConfig"].get("AutoRemove"):
        what = f"{name} was started with --rm, so that the engine removes it when it stops"
        raise OperationError(what, where=_WHERE, fix="Remove it, and let `phlo up` make the service's container.")
    _check_volumes(project, service, found)


def _check_volumes(project: Project, service: ResolvedService, found: Mapping[str, Any]) -> None:
    """Raise OperationError for a named volume of a container that the service would not mount at the same path."""
    wanted = {posixpath.normpath(mount.target): mount for mount in service.compose.volumes}
    for mount in found.get("Mounts") or ():
        if mount["Type"] != "volume" or is_anonymous(mount["Name"]):
            continue
        target, volume = posixpath.normpath(mount["Destination"]), mount["Name"]
        ours = wanted.get(target)
        key = ours.source if ours is not None and ours.type == "volume" and ours.source else None
        if key is not None and project.volumes[key].name == volume:
            continue
        there = f"the volume {project.volumes[key].name}" if key else "another mount" if ours else "nothing"
        where = f"services.{service.name}.volumes"
        key = key or "data"
        raise OperationError(
            f"the container has the volume {volume} at {target}, where the service has {there}",
            where=where,
            fix=f'Mount it ("{key}:{target}") and name it: `volumes: {{{key}: {{name: {volume}, external: true}}}}`.',
        )


def _service(project: Project, name: str | None) -> ResolvedService:
    if not name:
        raise ConfigError("is given no service", where=_WHERE, fix="Write `phlo adopt CONTAINER --as SERVICE`.")
    service = project.services.get(name)
    if service is None:
        raise ConfigError(f'there is no service "{name}"', where=_WHERE, fix=did_you_mean(name, project.services))
    refuse_in_cluster(project, [name], "adopt", "A cluster makes the containers of its services itself.")
    if service.scale != 1:
        what = f'"{name}" has {service.scale} containers on each host, and only one can be adopted'
        raise ConfigError(what, where=_WHERE, fix="Adopt it with `scale: 1`, and scale it afterwards.")
    return service


def _host(service: ResolvedService, given: str | None) -> str:
    if given is None and len(service.hosts) == 1:
        return service.hosts[0]
    if given is None:
        what = f'"{service.name}" is on several hosts: {", ".join(service.hosts)}'
        raise ConfigError(what, where=_WHERE, fix="Write --host HOST.")
    if given not in service.hosts:
        fix = f"It is on {', '.join(service.hosts)}."
        raise ConfigError(f'"{service.name}" is not on the host "{given}"', where=_WHERE, fix=fix)
    return given


def _container(engine: Engine, name: str, host: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] | None = engine.get_or_none(f"/containers/{path_part(name)}/json")
    if found is None:
        raise OperationError(f'there is no container "{name}"', where=host, fix="List them: `docker ps -a`.")
    return found


def _belongs_elsewhere(name: str, labels: Mapping[str, str]) -> OperationError:
    is_by_compose = labels.get(LABEL_ADOPTED) == BY_COMPOSE or f"{COMPOSE}project" in labels
    owner = labels.get(LABEL_PROJECT, labels.get(f"{COMPOSE}project", ""))
    if not owner:
        return OperationError(f"{name} is a container of phlo or of a cluster", where=_WHERE, fix="Leave it as it is.")
    kind = "the Compose project" if is_by_compose else "the project"
    service = labels.get(LABEL_SERVICE, labels.get(f"{COMPOSE}service", ""))
    return OperationError(
        f"{name} belongs to {kind} {owner} (service {service})",
        where=_WHERE,
        fix="Containers of a Compose project are adopted by a phlo project of the same name, without this command.",
    )


def _mark_and_rename(engine: Engine, found: Mapping[str, Any], project: str, service: str, name: str) -> None:
    """Mark first: a marked container with another name is reported by `phlo plan`, with the command that renames it."""
    is_new = not is_by_hand(found["Config"].get("Labels"))
    if is_new:
        engine.post("/volumes/create", mark_body(found["Id"], project, service))
    if found["Name"] == f"/{name}":
        return
    try:
        engine.post(f"/containers/{found['Id']}/rename", name=name)
    except EngineError:
        if is_new:
            remove_mark(engine, found["Id"])
        raise
