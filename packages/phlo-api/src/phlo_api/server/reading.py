"""The routes that only read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

import phlo
from phlo.errors import PhloError
from phlo_api.server import facts
from phlo_api.server.access import Ctx, Operator, Viewer, hostname_of
from phlo_api.server.models import AuditEntry, Graph, HostInfo, Plugins, RegistryItem, Session, Token
from phlo_api.server.problems import documented
from phlo_api.server.run_models import Plan
from phlo_api.server.service_models import ConfigEntry, EnvironmentEntry, ProjectInfo, Service
from phlo_api.server.services import environment_of
from phlo_api.server.stats_models import Stats

router = APIRouter(responses=documented(401, 409, 429, 503))
ServiceNames = Annotated[list[str], Query(max_length=200, description="Only these; repeat it for several.")]


@router.get("/session", tags=["session"])
def get_session(context: Ctx, who: Viewer) -> Session:
    """Whose token this is, and what it may start."""
    allowed = [name for name in context.settings.actions if who.is_operator]
    return Session(name=who.name, role=who.role, actions_allowed=allowed)


@router.get("/project", tags=["project"])
def get_project(context: Ctx, who: Viewer) -> ProjectInfo:
    """The project, and its last run."""
    resolved = context.view.resolved()
    project = resolved.project
    return ProjectInfo(
        name=project.name,
        root=str(project.root),
        description=context.view.description(),
        warnings=list(project.warnings),
        phlo_version=phlo.__version__,
        changed_at=resolved.changed_at,
        services=len(project.services),
        pending_secrets=list(project.pending_secrets),
        last_run=context.runs.latest(),
    )


@router.get("/services", tags=["services"])
def list_services(context: Ctx, who: Viewer, request: Request) -> list[Service]:
    """Every service there is, with what runs of it; those that are not part of the project too."""
    return context.catalogue(hostname_of(request)).all()


@router.get("/services/{name}", tags=["services"], responses=documented(404))
def get_service(name: str, context: Ctx, who: Viewer, request: Request) -> Service:
    """One service."""
    return context.service(name, hostname_of(request))


@router.get("/services/{name}/environment", tags=["services"], responses=documented(404))
def get_service_environment(name: str, context: Ctx, who: Viewer) -> list[EnvironmentEntry]:
    """The environment of its containers, with where each value was written; secrets without their values."""
    return environment_of(name, context.view.resolved().project)


@router.get("/plugins", tags=["plugins"])
def list_plugins(context: Ctx, who: Viewer) -> Plugins:
    """The installed plug-ins, and those that cannot be used with what is wrong."""
    return facts.plugins(context.view.resolved())


@router.get("/registry", tags=["plugins"])
def search_registry(
    context: Ctx, who: Viewer, q: Annotated[str, Query(max_length=200, description="Words to search for.")] = ""
) -> list[RegistryItem]:
    """Everything that phlo offers, installed or not."""
    return facts.registry(context.view.resolved(), q)


@router.get("/hosts", tags=["hosts"])
def list_hosts(context: Ctx, who: Viewer) -> list[HostInfo]:
    """The hosts of the inventory, each asked now; one that did not answer is asked again after half a minute."""
    return facts.hosts(context.view.resolved(), context.settings.resolving().environ, context.lost)


@router.get("/stats", tags=["hosts"])
def get_stats(
    context: Ctx,
    who: Viewer,
    since: Annotated[float, Query(ge=0, description="Only samples after this time: `now` of the last answer.")] = 0.0,
) -> Stats:
    """What each service and each host uses of processors, memory and networks, up to an hour back."""
    return context.sampler.history.stats(since)


@router.get("/graph", tags=["project"])
def get_graph(context: Ctx, who: Viewer, request: Request) -> Graph:
    """Services, capabilities and hosts, and what they have to do with each other."""
    services = context.catalogue(hostname_of(request)).all()
    return facts.graph(context.view.resolved().project, services)


@router.get("/plan", tags=["project"], responses=documented(404))
def get_plan(context: Ctx, who: Viewer, service: ServiceNames = []) -> Plan:  # noqa: B006 - FastAPI copies it
    """What `phlo up` would change now, and why. It reads the files and asks the hosts anew, and changes nothing.

    `POST /actions/up` takes the plan's digest, and refuses when the plan has changed since.
    """
    return context.plans.now(service)


@router.get("/config", tags=["project"])
def get_config(context: Ctx, who: Viewer) -> list[ConfigEntry]:
    """Every variable, where its value was written, and the values that lost; secrets without their values."""
    return facts.configuration(context.view.resolved().project)


@router.get("/audit", tags=["session"], responses=documented(403))
def list_audit(context: Ctx, who: Operator, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[AuditEntry]:
    """What was done through this API and by whom, the newest first. For operators."""
    return context.audit.latest(limit)


@router.get("/tokens", tags=["session"])
def list_tokens(context: Ctx, who: Viewer) -> list[Token]:
    """The tokens there are, without themselves."""
    return context.tokens.all()


def engine_state(context: Ctx) -> tuple[str, str]:
    """The project's name, and `ok` or why its engines do not answer."""
    try:
        resolved = context.view.resolved()
    except PhloError as error:
        return str(error), "unknown"
    missing = context.running(resolved).unreachable
    return "ok", "; ".join(missing.values()) or "ok"
