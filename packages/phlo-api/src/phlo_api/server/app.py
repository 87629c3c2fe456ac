"""The application: every route behind its guard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute
from starlette.types import Message, Receive, Scope, Send

import phlo
from phlo_api.server import live_routes, metrics, query_routes, reading, writing
from phlo_api.server.access import Anybody, Ctx, Viewer, hostname_of
from phlo_api.server.change_models import Changes
from phlo_api.server.client_address import ClientAddresses
from phlo_api.server.conditional import Conditional
from phlo_api.server.context import Context
from phlo_api.server.docs import add_docs
from phlo_api.server.facts import hosts
from phlo_api.server.guard import Guard
from phlo_api.server.host_names import HostNames
from phlo_api.server.models import Health, LogEnd, LogLine, Problem
from phlo_api.server.problems import add_error_answers, documented
from phlo_api.server.run_models import RunEvent
from phlo_api.server.settings import HOSTS_VARIABLE, Settings

PREFIX = "/api/v1"
_DESCRIPTION = "What a phlo project consists of, what of it runs, and, where phlo.yaml allows it, ways to change that."


def create_app(settings: Settings) -> FastAPI:
    """The application for one project. There are no CORS headers: a page of another origin gets nothing."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        if context.client.is_closed:
            context.open()
        context.sampler.start()
        taking = asyncio.create_task(asyncio.to_thread(context.take_tokens))
        yield
        await taking
        context.close()

    context = Context(settings)
    app = FastAPI(
        title="phlo API",
        version=phlo.__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=life,
        generate_unique_id_function=_operation_id,
    )
    app.state.context = context
    add_error_answers(app)
    for router in (reading.router, live_routes.router, writing.actions, writing.data, query_routes.router):
        app.include_router(router, prefix=PREFIX)
    _add_own_routes(app)
    if settings.assets:
        add_docs(app, settings.assets)
    app.add_middleware(Conditional)
    app.add_middleware(HostNames, allowed=settings.environ.get(HOSTS_VARIABLE, ""))
    app.add_middleware(_Counted, requests=context.requests)
    app.add_middleware(
        Guard,
        requests_per_minute=settings.requests_per_minute,
        wrong_tokens_per_minute=settings.wrong_tokens_per_minute,
        addresses=ClientAddresses(settings.trusted_proxies),
        is_known=context.tokens.is_known,
    )
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


def _add_own_routes(app: FastAPI) -> None:
    @app.get("/health", tags=["health"], responses=documented(401, 429))
    async def get_health(context: Ctx, who: Anybody) -> Health:
        """Whether this API works, also while the project cannot be used or no engine answers; more with a token."""
        if who is None:  # answered without a thread, so also while all of them are busy
            return Health(status="ok", version=phlo.__version__)
        project, engine = await run_in_threadpool(reading.engine_state, context)
        notes = await run_in_threadpool(context.notes) if who.is_operator else []
        return Health(status="ok", version=phlo.__version__, project=project, engine=engine, notes=notes)

    @app.get(
        f"{PREFIX}/metrics", tags=["health"], response_class=PlainTextResponse, responses=documented(401, 409, 429)
    )
    def get_metrics(context: Ctx, who: Viewer, request: Request) -> PlainTextResponse:
        """Figures for Prometheus, which sends the token as `authorization: {credentials_file: ...}` says."""
        services = context.catalogue(hostname_of(request)).all()
        machines = hosts(context.view.resolved(), context.settings.resolving().environ, context.lost)
        text = metrics.metrics_text(services, machines, context.runs.latest(), context.requests)
        return PlainTextResponse(text, media_type=metrics.MEDIA_TYPE)


class _Counted:
    """Counts answers by route, for the figures."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], requests: metrics.Requests) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = scope.get("route")
                path = route.path if isinstance(route, APIRoute) else "other"
                self._requests.count(scope["method"], path, message["status"])
            await send(message)

        await self._app(scope, receive, counting if scope["type"] == "http" else send)


def _operation_id(route: APIRoute) -> str:
    """`list_services`: what a generated client calls it."""
    return route.name


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the models that no route names: those of problems and of streams' events."""
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        schemas = document["components"]["schemas"]
        for model in (Problem, RunEvent, LogLine, LogEnd, Changes):
            schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= {name: inner for name, inner in schema.pop("$defs", {}).items() if name not in schemas}
            schemas[model.__name__] = schema
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        document["paths"]["/health"]["get"]["security"].append({})  # the token is optional
        for path in document["paths"].values():
            for operation in path.values():
                if "422" in operation["responses"]:
                    operation["responses"]["422"] = documented(422)[422]
        app.openapi_schema = document
    return app.openapi_schema
