"""Services: what is wanted of each, joined with what runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from phlo.cli.services import service_state
from phlo.config.project import Absence, Project, ResolvedService
from phlo.discovery.definition import ServiceDefinition
from phlo.errors import did_you_mean
from phlo.hosts.live import LiveContainer
from phlo.playbook.actions import actions_of
from phlo.playbook.load import Loader
from phlo.playbook.operations import Operations
from phlo.report.pages import ROUTE, page_facts, schemes_of
from phlo.values import Secret, Source
from phlo_api.server.live import Running, health_output
from phlo_api.server.models import ServiceStatus
from phlo_api.server.problems import Refusal
from phlo_api.server.service_models import (
    ActionArgument,
    Dependency,
    EnvironmentEntry,
    Instance,
    Resources,
    Service,
    ServiceAction,
    ServiceLink,
    ServicePort,
    SourceText,
)
from phlo_api.server.view import Resolved

_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not bound to
_BROWSABLE = ("http", "https")


class Catalogue:
    """Makes the API's services.

    actions:  service -> what its role can do. hostname: what a port that is published everywhere is reached by.
    """

    def __init__(
        self,
        resolved: Resolved,
        running: Running,
        *,
        actions: Mapping[str, list[ServiceAction]],
        mask: Callable[[str], str],
        hostname: str,
    ) -> None:
        self._project: Project = resolved.project
        self._resolved = resolved
        self._running = running
        self._actions = actions
        self._mask = mask
        self._hostname = hostname

    def all(self) -> list[Service]:
        """Every service there is, by name, those that are not part of the project too."""
        return [self.one(name) for name in sorted({*self._project.services, *self._project.absent})]

    def one(self, name: str) -> Service:
        """A service; a Refusal suggests the nearest name."""
        found = self._project.services.get(name)
        if found is not None:
            return self._enabled(found)
        absence = self._project.absent.get(name)
        if absence is None:
            raise unknown_service(name, self._project)
        return self._absent(name, absence)

    def _enabled(self, service: ResolvedService) -> Service:
        containers, definition = self._running.of(service.name), service.definition
        compose, source = service.compose, service.image
        ports = list(self._ports(service, containers))
        return Service(
            **self._identity(definition),
            enabled=True,
            reason=service.reason,
            one_shot=service.one_shot,
            status=self._status(service, containers),
            health=_health(containers),
            hosts=list(service.hosts),
            image=next(
                (one.image for one in containers), source.reference or (source.recipe.name if source.recipe else None)
            ),
            scale=service.scale,
            ports=ports,
            resources=Resources(
                memory_limit=compose.mem_limit,
                memory_reservation=compose.mem_reservation,
                cpus=compose.cpus,
                pids_limit=compose.pids_limit,
            ),
            instances=[self._instance(one) for one in containers],
            links=list(_links(service, ports)),
            depends_on=[
                Dependency(service=need.service, condition=need.condition.value) for need in service.depends_on
            ],
        )

    def _absent(self, name: str, absence: Absence) -> Service:
        containers = self._running.of(name)
        state: ServiceStatus = "disabled" if absence.is_disabled else "available"
        return Service(
            **self._identity(absence.definition),
            enabled=False,
            reason=absence.reason,
            one_shot=absence.definition.is_one_shot,
            status=_word(service_state(containers)) if containers else state,
            health=_health(containers),
            hosts=[],
            image=absence.definition.image,
            scale=0,
            ports=[],
            resources=Resources(memory_limit=None, memory_reservation=None, cpus=None, pids_limit=None),
            instances=[self._instance(one) for one in containers],
            links=[],
            depends_on=[
                Dependency(service=other, condition=str(need.get("condition") or "service_started"))
                for other, need in absence.definition.depends_on.items()
            ],
        )

    def _identity(self, definition: ServiceDefinition) -> dict[str, Any]:
        route = definition.provides.get(ROUTE) or {}
        return {
            "name": definition.name,
            "title": str(route.get("title") or definition.name),
            "description": definition.description,
            "category": definition.category,
            "kind": definition.kind,
            "package": definition.package,
            "version": definition.version or definition.package_version,
            "actions": self._actions.get(definition.name, []),
            "provides": list(definition.provides),
            "requires": list(definition.requires),
            "wants": list(definition.wants),
        }

    def _status(self, service: ResolvedService, containers: list[LiveContainer]) -> ServiceStatus:
        if not containers and any(host in self._running.unreachable for host in service.hosts):
            return "unknown"
        return _word(service_state(containers))

    def _instance(self, one: LiveContainer) -> Instance:
        inspected = self._running.details.get(one.id, {})
        started = str((inspected.get("State") or {}).get("StartedAt") or "")
        return Instance(
            container=one.name,
            id=one.id[:12],
            host=one.host,
            instance=one.instance,
            state=one.state,
            health=one.health,
            health_output=health_output(inspected, self._mask),
            exit_code=one.exit_code,
            since=one.since,
            started_at=None if started.startswith("0001") or not started else started,
            restarts=inspected.get("RestartCount"),
            image=one.image,
            made_at=one.made_at,
            made_by=one.made_by or None,
            made_for=[self._mask(cause) for cause in one.made_for],
        )

    def _ports(self, service: ResolvedService, containers: list[LiveContainer]) -> Iterator[ServicePort]:
        """The ports that are published now; of a service that does not run those that would be."""
        schemes = schemes_of(service)
        live = [(one.host, port) for one in containers for port in one.ports]
        for host, port in live:
            scheme = schemes.get((port.target, port.protocol))
            yield ServicePort(
                host=host,
                host_ip=port.ip,
                host_port=port.published,
                container_port=port.target,
                protocol=port.protocol,
                url=self._url(host, port.ip, port.published, scheme),
            )
        for planned in service.compose.ports if not live else ():
            fixed = planned.published if planned.published and planned.published.isdigit() else None
            for host in service.hosts:
                yield ServicePort(
                    host=host,
                    host_ip=planned.host_ip or "",
                    host_port=int(fixed) if fixed else None,
                    container_port=planned.target,
                    protocol=planned.protocol,
                    url=None,
                )

    def _url(self, host: str, address: str, port: int, scheme: str | None) -> str | None:
        if scheme not in _BROWSABLE:
            return None
        given = self._resolved.workspace.inventory.hosts.get(host)
        if address not in _EVERYWHERE and not address.startswith("127."):
            name = address
        elif given is not None and given.address:
            name = given.address
        else:
            name = self._hostname if address in _EVERYWHERE else address
        return f"{scheme}://{f'[{name}]' if ':' in name else name}:{port}"


def environment_of(name: str, project: Project) -> list[EnvironmentEntry]:
    """The environment of a service's containers, secrets without their values."""
    service = project.services.get(name)
    if service is None:
        raise unknown_service(name, project)
    return [
        EnvironmentEntry(
            name=key,
            value=None if isinstance(text, Secret) else str(text),
            secret=isinstance(text, Secret),
            source=_source_of(service, key),
        )
        for key, text in sorted(service.compose.environment.items())
    ]


def source_text(source: Source) -> SourceText:
    return SourceText(layer=source.layer, file=source.path, line=source.line, text=str(source))


def unknown_service(name: str, project: Project) -> Refusal:
    return Refusal(404, f'there is no service "{name}"', fix=did_you_mean(name, {*project.services, *project.absent}))


def _source_of(service: ResolvedService, key: str) -> SourceText | None:
    found = service.sources.get(f"environment.{key}") or service.sources.get("environment")
    return source_text(found) if found else None


def _links(service: ResolvedService, ports: Iterable[ServicePort]) -> Iterator[ServiceLink]:
    """The service's page, where the port that serves it is published."""
    route = page_facts(service)
    if route:
        path = str(route.get("path") or "/")
        served = (port for port in ports if port.url and str(port.container_port) == str(route.get("port")))
        for port in served:
            yield ServiceLink(title=str(route.get("title") or service.name), url=f"{port.url}{path}")


def role_actions(resolved: Resolved) -> Mapping[str, list[ServiceAction]]:
    """Service -> what its role can do. One that cannot be read is left out, as it is by `phlo run --list`."""
    catalog = resolved.workspace.catalog
    loader = Loader(root=resolved.project.root, services=catalog.services, operations=Operations().names())
    found: dict[str, list[ServiceAction]] = {}
    for action in actions_of(catalog.services.values(), loader)[0]:
        arguments = [
            ActionArgument(
                name=one.name,
                help=one.help,
                type=one.type,
                default=one.default,
                required=one.is_required,
                positional=one.is_positional,
                choices=list(one.choices),
            )
            for one in action.arguments
        ]
        found.setdefault(action.service, []).append(
            ServiceAction(
                name=action.name,
                help=action.help,
                danger=action.danger,
                interactive=action.interactive,
                interactive_without=action.interactive_without,
                arguments=arguments,
            )
        )
    return found


def _word(state: str) -> ServiceStatus:
    word: Any = state.lower()
    return word  # type: ignore[no-any-return]


def _health(containers: Iterable[LiveContainer]) -> str | None:
    """Of several instances the one that needs attention."""
    found = sorted({one.health for one in containers if one.health}, key=lambda word: (word == "healthy", word))
    return found[0] if found else None
