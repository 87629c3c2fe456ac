"""Are the ports that a project wants to publish free?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from phlo.doctor.result import CheckResult, CheckStatus
from phlo.frozen import dataclass
from phlo.hosts.engine_reader import EngineReader
from phlo.hosts.ports import is_port_taken
from phlo.labels import LABEL_PROJECT

if TYPE_CHECKING:
    from phlo.config.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPort:
    """A port of this machine that a service wants. ip: empty for all addresses."""

    service: str
    port: int
    protocol: str = "tcp"
    ip: str = ""


def wanted_ports(project: Project) -> tuple[WantedPort, ...]:
    """The fixed ports that a project's services publish; a range leaves the choice to the engine."""
    return tuple(
        WantedPort(service=service.name, port=int(port.published), protocol=port.protocol, ip=port.host_ip or "")
        for service in project.services.values()
        for port in service.compose.ports
        if port.published and port.published.isdigit()
    )


@dataclass(frozen=True, slots=True)
class _Holder:
    container: str
    is_own: bool


def check_ports(
    wanted: Sequence[WantedPort], engine: EngineReader, project: str, *, is_local: bool
) -> list[CheckResult]:
    """One result for each port that is taken, else one for all. is_local: try programs' ports too, by binding."""
    if not wanted:
        return []
    holders = _holders(engine, project)
    results = []
    for port in sorted(wanted, key=lambda port: (port.port, port.protocol)):
        holder = holders.get((port.port, port.protocol))
        if holder is not None and holder.is_own:
            continue
        if holder is not None:
            results.append(_taken(port, f"the container {holder.container}"))
        elif is_local and is_port_taken(port.port, port.protocol, port.ip):
            results.append(_taken(port, "another program"))
    if results:
        return results
    numbers = ", ".join(str(number) for number in sorted({port.port for port in wanted}))
    return [CheckResult(name="ports", status=CheckStatus.OK, text=f"{numbers}: free, or held by this project")]


def _holders(engine: EngineReader, project: str) -> dict[tuple[int, str], _Holder]:
    """(port, protocol) -> the running container that publishes it."""
    holders = {}
    for container in engine.get("/containers/json"):
        is_own = (container.get("Labels") or {}).get(LABEL_PROJECT) == project
        for port in container.get("Ports") or ():
            if "PublicPort" in port:
                holder = _Holder(container["Names"][0].lstrip("/"), is_own)
                holders[int(port["PublicPort"]), str(port["Type"])] = holder
    return holders


def _taken(port: WantedPort, by: str) -> CheckResult:
    return CheckResult(
        name="ports",
        status=CheckStatus.FAIL,
        text=f"port {port.port}/{port.protocol}, which {port.service} wants, is taken by {by}",
        fix=f"Stop it, or give {port.service} another port in phlo.yaml: `port: {port.port + 1}`.",
    )
