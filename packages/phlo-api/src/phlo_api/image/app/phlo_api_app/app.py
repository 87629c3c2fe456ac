"""The routes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from phlo_api_app.docs import add_docs
from phlo_api_app.engine import Container, EngineError, list_containers
from phlo_api_app.services import Service, join
from phlo_api_app.state import State, StateError, load_state, masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where things are. The defaults are those of the image."""

    state_file: Path = Path("/var/lib/phlo/state.json")
    view_socket: Path = Path("/run/phlo-engine/engine.sock")
    assets: Path = Path("/opt/phlo-api/assets")
    version: str = "0.1.0"


class Health(BaseModel):
    """This API's own health. engine: `ok`, or why live state is not known."""

    status: str
    version: str
    project: str | None
    engine: str


class Problem(BaseModel):
    """Why there is no answer. nearest: the known name most like the one asked for. services: what is known anyway."""

    error: str
    nearest: str | None = None
    services: list[Service] | None = None


class Refusal(Exception):
    """A request that gets a Problem and a status other than 200."""

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(problem.error)
        self.status = status
        self.problem = problem


_Json = dict[str, Any]


def create_app(settings: Settings) -> FastAPI:
    """The application; it reads the state file and asks the engine on every request and keeps nothing."""
    app = FastAPI(
        title="phlo API",
        version=settings.version,
        description="What a phlo project consists of, and what of it runs. Read-only.",
        docs_url=None,
        redoc_url=None,
        responses={503: {"model": Problem}},
    )
    _add_error_answers(app)
    _add_routes(app, settings)
    add_docs(app, settings.assets)
    return app


def _add_error_answers(app: FastAPI) -> None:
    @app.exception_handler(StateError)
    def no_state(request: Request, error: StateError) -> JSONResponse:
        return _problem(503, Problem(error=str(error)))

    @app.exception_handler(Refusal)
    def refusal(request: Request, error: Refusal) -> JSONResponse:
        return _problem(error.status, error.problem)


def _problem(status: int, problem: Problem) -> JSONResponse:
    return JSONResponse(problem.model_dump(exclude_none=True), status_code=status)


def _add_routes(app: FastAPI, settings: Settings) -> None:
    def state() -> State:
        return load_state(settings.state_file)

    @app.get("/health", tags=["health"])
    def health() -> Health:
        """Whether this API works; it does also while the engine does not answer."""
        try:
            project = state().project
        except StateError:
            project = None
        _, reason = _containers(settings, project or "")
        return Health(status="ok", version=settings.version, project=project, engine=reason or "ok")

    @app.get("/api/services", tags=["services"])
    def list_services(request: Request) -> list[Service]:
        """Every service of the project, the disabled ones too. Without an engine: 503, with what is known anyway."""
        project = state()
        containers, reason = _containers(settings, project.project)
        found = join(project.services, containers, hostname=_hostname(request))
        if reason:
            raise Refusal(503, Problem(error=reason, services=found))
        return found

    @app.get("/api/services/{name}", tags=["services"], responses={404: {"model": Problem}})
    def show_service(name: str, request: Request) -> Service:
        """One service."""
        project = state()
        known = [entry for entry in project.services if entry["name"] == name]
        if not known:
            raise Refusal(404, _unknown(name, (entry["name"] for entry in project.services)))
        containers, reason = _containers(settings, project.project)
        found = join(known, containers, hostname=_hostname(request))
        if reason:
            raise Refusal(503, Problem(error=reason, services=found))
        return found[0]

    @app.get("/api/plugins", tags=["project"])
    def list_plugins() -> list[_Json]:
        """The installed plug-ins, with the problem of those that cannot be used."""
        return [dict(entry) for entry in state().plugins]

    @app.get("/api/registry", tags=["project"])
    def list_registry() -> list[_Json]:
        """Everything phlo offers, installed or not."""
        return [dict(entry) for entry in state().registry]

    @app.get("/api/config", tags=["project"])
    def show_config() -> _Json:
        """The resolved configuration, secrets masked, and what phlo warned of."""
        project = state()
        return {"project": project.project, "config": masked(project.config), "warnings": list(project.warnings)}


def _containers(settings: Settings, project: str) -> tuple[tuple[Container, ...] | None, str | None]:
    """The project's containers, or None and the reason."""
    try:
        return list_containers(settings.view_socket, project), None
    except EngineError as error:
        return None, str(error)


def _hostname(request: Request) -> str:
    return request.url.hostname or "localhost"


def _unknown(name: str, known: Iterable[str]) -> Problem:
    near = difflib.get_close_matches(name, list(known), n=1)
    return Problem(error=f'there is no service "{name}"', nearest=near[0] if near else None)
