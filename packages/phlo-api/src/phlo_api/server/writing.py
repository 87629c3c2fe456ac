"""The routes that start something, and those that ask the lake."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Request
from fastapi.responses import Response

from phlo_api.server.access import Ctx, Operator, Viewer, address_of, hostname_of
from phlo_api.server.data_models import Branch, Table, TableName
from phlo_api.server.models import ActionRequest, NewToken, RollbackRequest, ServicesRequest, Started, UpRequest
from phlo_api.server.problems import documented

actions = APIRouter(tags=["actions"], responses=documented(401, 403, 404, 409, 422, 423, 429, 503))
data = APIRouter(tags=["data"], responses=documented(400, 401, 403, 404, 409, 429, 502))

# A name of the catalog becomes a part of a URL: `.` and `..` would be steps in it.
CatalogName = Annotated[
    str, Path(max_length=300, pattern=r"^[^\x00-\x1f\x7f/\\]*[^\x00-\x1f\x7f/\\.][^\x00-\x1f\x7f/\\]*$")
]
_EVERYTHING, _LAST_RUN, _NO_ARGUMENTS = UpRequest(), RollbackRequest(), ActionRequest()
_NO_SERVICES = ServicesRequest()


@actions.post("/actions/up", status_code=202)
def start_up(context: Ctx, who: Viewer, request: Request, body: Annotated[UpRequest, Body()] = _EVERYTHING) -> Started:
    """Bring services up, as `phlo up`. Where phlo.yaml allows it; for operators.

    It carries out exactly the plan that the request names by its digest; 409 with what moved when the plan has changed.
    """
    return context.actions.up(body, who, address_of(request))


@actions.post("/actions/rollback", status_code=202)
def start_rollback(
    context: Ctx, who: Viewer, request: Request, body: Annotated[RollbackRequest, Body()] = _LAST_RUN
) -> Started:
    """Put back what ran before a run, as `phlo rollback`. Where phlo.yaml allows it; for operators."""
    return context.actions.rollback(body.run, who, address_of(request))


@actions.post("/services/{name}/restart", status_code=202)
def start_restart(name: str, context: Ctx, who: Viewer, request: Request) -> Started:
    """Stop a service and start it again, as `phlo restart`. Where phlo.yaml allows it; for operators."""
    service = context.service(name, hostname_of(request))
    return context.actions.restart([service.name], who, address_of(request))


@actions.post("/actions/restart", status_code=202)
def start_restarts(
    context: Ctx, who: Viewer, request: Request, body: Annotated[ServicesRequest, Body()] = _NO_SERVICES
) -> Started:
    """Stop services and start them again, in one run. Where phlo.yaml allows it; for operators."""
    return context.actions.restart(body.services, who, address_of(request))


@actions.post("/actions/stop", status_code=202)
def start_stop(
    context: Ctx, who: Viewer, request: Request, body: Annotated[ServicesRequest, Body()] = _NO_SERVICES
) -> Started:
    """Stop services, keeping their containers, as `phlo stop`. Where phlo.yaml allows it; for operators."""
    return context.actions.stop(body.services, who, address_of(request))


@actions.post("/runs/{run}/cancel", status_code=202)
def cancel_run(run: str, context: Ctx, who: Operator, request: Request) -> Response:
    """Interrupt a run that was started through this API, as Ctrl-C does. For operators.

    It starts nothing new, and finishes or rolls back what is under way.
    """
    context.actions.cancel(run, who, address_of(request))
    return Response(status_code=202)


@actions.post("/services/{name}/actions/{action}", status_code=202)
def start_action(
    name: str,
    action: str,
    context: Ctx,
    who: Viewer,
    request: Request,
    body: Annotated[ActionRequest, Body()] = _NO_ARGUMENTS,
) -> Started:
    """Run an action of a service's role, as `phlo run SERVICE.ACTION`. Where phlo.yaml allows it; for operators."""
    service = context.service(name, hostname_of(request))
    return context.actions.action(service, action, body, who, address_of(request))


@actions.post("/tokens/{name}/rotate")
def rotate_token(name: str, context: Ctx, who: Operator, request: Request) -> NewToken:
    """Make a token anew. It is shown this once; the old one is worth nothing from now on. For operators."""
    made = context.tokens.rotate(name)
    context.audit.note(who, "rotate", name, "done", address=address_of(request))
    return made


@data.get("/data/tables")
def list_tables(context: Ctx, who: Viewer) -> list[TableName]:
    """The tables of the Iceberg catalog."""
    with context.lake() as lake:
        return lake.tables()


@data.get("/data/tables/{namespace}/{table}")
def get_table(namespace: CatalogName, table: CatalogName, context: Ctx, who: Viewer) -> Table:
    """One table: its columns, partitions and snapshots."""
    with context.lake() as lake:
        return lake.table(namespace, table)


@data.get("/data/branches")
def list_branches(context: Ctx, who: Viewer) -> list[Branch]:
    """The branches and tags of the versioned catalog."""
    with context.lake() as lake:
        return lake.branches()
