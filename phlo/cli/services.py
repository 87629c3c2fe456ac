"""phlo services: lists services and their state, and edits phlo.yaml."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from phlo.cli import exits
from phlo.cli.shell import Shell
from phlo.cli.workspace import open_workspace, resolve_project
from phlo.errors import ConfigError, HostError, did_you_mean
from phlo.hosts.live import LiveContainer, live_containers
from phlo.published import Published, address_text, merged
from phlo.report.services import ServiceRow

if TYPE_CHECKING:
    from phlo.config.project import Project, ResolvedService
    from phlo.discovery.definition import ServiceDefinition
    from phlo.hosts.host import Host

UNKNOWN = "Unknown"

_SICK = ("Failed", "Unhealthy", "Restarting")
_WORST_FIRST = (*_SICK, "Down", "Stopped", "Created", "Paused", "Starting", "Running", "Done")


def live_on(
    hosts: Mapping[str, Host], project: str, options: Any, shell: Shell
) -> tuple[list[LiveContainer], frozenset[str]]:
    """The existing containers, and the hosts that do not answer, which are reported."""
    found: list[LiveContainer] = []
    unreachable = set()
    for name, host in hosts.items():
        try:
            found += live_containers(host.engine, project, host=name)
        except HostError as error:
            exits.report_error(error, options, shell)
            unreachable.add(name)
    return found, frozenset(unreachable)


def service_rows(
    project: Project,
    live: Collection[LiveContainer],
    *,
    unreachable: Collection[str] = (),
    is_all: bool = False,
) -> Iterator[ServiceRow]:
    """One row a service and host; without `is_all` what only a profile would add is left out."""
    known = {*project.services, *project.absent}
    for service in project.services.values():
        for host in service.hosts:
            spots = service.runs_on if service.placement else (host,)
            mine = [one for one in live if one.service == service.name and one.host in spots]
            state = UNKNOWN if not mine and set(spots) & set(unreachable) else service_state(mine)
            ports = live_ports(mine) or _published(service)
            yield row_of(service.definition, state, ports, host=host, live=mine)
    for name, absence in sorted(project.absent.items()):
        mine = [one for one in live if one.service == name]
        state = service_state(mine) if mine else "Disabled" if absence.is_disabled else "Available"
        if mine or absence.is_disabled or is_all:
            yield row_of(absence.definition, state, live_ports(mine), note=f"({absence.reason})", live=mine)
    for name in sorted({one.service for one in live} - known):
        mine = [one for one in live if one.service == name]
        note = ", ".join(one.name for one in mine)
        yield ServiceRow(name, "orphan", service_state(mine), live_ports(mine), note, mine[0].host)


def row_of(
    definition: ServiceDefinition,
    state: str,
    ports: tuple[Published, ...],
    *,
    live: Collection[LiveContainer],
    host: str = "",
    note: str = "",
) -> ServiceRow:
    is_custom = definition.kind in ("inline", "compose", "project")
    plain = f"({definition.kind})" if definition.kind in ("inline", "compose") else definition.description
    return ServiceRow(
        name=definition.name,
        section="custom" if is_custom else "package",
        state=state,
        ports=ports,
        note=note or plain,
        host=host,
        health=next((one.health for one in live if one.health), None),
        package=definition.package,
        image=next((one.image for one in live), None),
    )


def service_state(containers: Collection[LiveContainer]) -> str:
    """One word for a service's containers, the worst of them."""
    states = {_container_state(one) for one in containers}
    return min(states, key=lambda state: _WORST_FIRST.index(state) if state in _WORST_FIRST else 0, default="Down")


def _container_state(one: LiveContainer) -> str:
    if one.state == "running":
        return {"starting": "Starting", "unhealthy": "Unhealthy"}.get(one.health or "", "Running")
    if one.is_done:
        return "Done"
    if one.has_failed:
        return "Failed"
    return "Stopped" if one.state == "exited" else one.state.capitalize()


def live_ports(containers: Collection[LiveContainer]) -> tuple[Published, ...]:
    return tuple(port.text for one in containers for port in one.ports)


def _published(service: ResolvedService) -> tuple[Published, ...]:
    """The ports it will publish, as far as they are fixed."""
    return tuple(port.text for port in service.compose.ports if port.published and port.published.isdigit())


def show(options: Any, shell: Shell) -> int:
    """Show one service."""
    from phlo.report.table import table

    workspace = open_workspace(options, shell)
    project = resolve_project(workspace, options, shell, fetch_secrets=False)
    data = _details(options.service, project)
    if options.json:
        shell.say_json(data)
        return exits.OK
    style = shell.style(options)
    width = max(map(len, data))
    variables = data.pop("variables")
    for key, value in data.items():
        if value in (None, "", [], {}):
            continue
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        shell.say(f"{style(f'{key:<{width}}', 'bold')}  {shown}")
    if variables:
        rows = [(one["name"], str(one["default"] or ""), one["description"] or "") for one in variables]
        shell.say(f"\n{table(('VARIABLE', 'DEFAULT', 'MEANING'), rows, style)}")
    return exits.OK


def _details(name: str, project: Project) -> dict[str, Any]:
    service, absence = project.services.get(name), project.absent.get(name)
    found = service or absence
    if found is None:
        known = {*project.services, *project.absent}
        raise ConfigError(f'there is no service "{name}"', fix=did_you_mean(name, known))
    definition = found.definition
    source = service.image if service else None
    return {
        "name": name,
        "description": definition.description,
        "category": definition.category,
        "package": " ".join(filter(None, (definition.package, definition.package_version))),
        "folder": str(definition.root),
        "part of up": f"yes ({service.reason})" if service else f"no ({absence.reason})" if absence else "",
        "profile": definition.profile,
        "image": source.reference if source else definition.image,
        "built as": source.recipe.name if source and source.recipe else None,
        "hosts": list(service.hosts) if service else [],
        "ports": [str(port) for port in merged(port.text for port in service.compose.ports)] if service else [],
        "depends on": [need.service for need in service.depends_on] if service else list(definition.depends_on),
        "provides": list(definition.provides),
        "requires": list(definition.requires),
        "wants": list(definition.wants),
        "variables": [
            {
                "name": variable,
                "default": "generated" if one.secret else one.default,
                "description": one.description,
                "secret": one.secret,
            }
            for variable, one in definition.env_vars.items()
        ],
    }


def ports(options: Any, shell: Shell) -> int:
    """List published ports."""
    from phlo.report.table import table

    workspace = open_workspace(options, shell)
    project = resolve_project(workspace, options, shell, fetch_secrets=False, asked=options.services)
    found = [
        {
            "service": service.name,
            "published": port.published,
            "target": port.target,
            "protocol": port.protocol,
            "ip": port.host_ip or "",
        }
        for service in project.services.values()
        for port in service.compose.ports
    ]
    if options.json:
        shell.say_json(found)
    elif found:
        header = ("SERVICE", "PORT", "IN THE CONTAINER")
        rows = [
            (
                str(port["service"]),
                address_text(str(port["ip"]), str(port["published"] or "any")),
                f"{port['target']}/{port['protocol']}",
            )
            for port in found
        ]
        shell.say(table(header, rows, shell.style(options)))
    else:
        shell.tell("No service publishes a port.")
    return exits.OK
