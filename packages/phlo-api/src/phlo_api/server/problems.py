"""Errors as problem details (RFC 9457), anyone who raised them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from phlo.errors import (
    ConfigError,
    EngineError,
    HostError,
    InventoryError,
    LockError,
    PackageError,
    PhloError,
    PlanError,
)
from phlo_api.server.excerpts import place_of
from phlo_api.server.models import ExcerptLine, Finding, Problem

MEDIA_TYPE = "application/problem+json"
F = TypeVar("F", bound=Finding)
_TITLES = {
    400: "Request failed",
    401: "Token required",
    403: "Not allowed",
    404: "Not found",
    405: "Method not supported",
    409: "Refused in the current state",
    413: "Request too large",
    421: "Unknown host name",
    422: "Invalid request",
    423: "Another run is in progress",
    429: "Too many requests",
    500: "Internal error of phlo-api",
    502: "A service is not responding",
    503: "A Docker host is not reachable",
}
_BY_ERROR: tuple[tuple[type[PhloError], int], ...] = (
    (LockError, 423),
    (EngineError, 502),
    (HostError, 503),
    (ConfigError, 409),
    (PackageError, 409),
    (InventoryError, 409),
    (PlanError, 409),
)


class Refusal(Exception):
    """A request that is answered with a problem. where: as that of a PhloError."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        fix: str = "",
        where: str = "",
        lines: Sequence[str] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        title = title_of(status)
        self.problem = Problem(title=title, status=status, detail=detail, fix=fix, where=where, lines=list(lines))
        self.headers = headers or {}


def title_of(status: int) -> str:
    return _TITLES.get(status, "The request failed")


def problem_of(error: PhloError) -> Problem:
    """A phlo error for a caller of the API."""
    status = next((code for kind, code in _BY_ERROR if isinstance(error, kind)), 500)
    first, *others = (
        Finding(detail=one.what, fix=one.fix, where=one.where, lines=list(one.detail)) for one in error.each()
    )
    place = place_of(first.where) if isinstance(error, ConfigError) else None
    title = f"Configuration error in {place[0]}" if place else title_of(status)
    return Problem(title=title, status=status, others=others, **first.model_dump())


def with_places(problem: Problem, excerpt_of: Callable[[str, int], list[ExcerptLine]]) -> Problem:
    """The problem with the file, the line and the excerpt of each error in a file."""

    def placed(one: F) -> F:
        place = place_of(one.where)
        if place is None:
            return one
        file, line = place
        return one.model_copy(update={"file": file, "line": line, "excerpt": excerpt_of(file, line)})

    return placed(problem.model_copy(update={"others": [placed(one) for one in problem.others]}))


def answer(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(problem.model_dump(), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def add_error_answers(app: FastAPI) -> None:
    """Answer every error with a problem."""

    @app.exception_handler(Refusal)
    def refusal(request: Request, error: Refusal) -> JSONResponse:
        return answer(_placed(error.problem, request), error.headers)

    @app.exception_handler(PhloError)
    def phlo_error(request: Request, error: PhloError) -> JSONResponse:
        return answer(_placed(problem_of(error), request))

    @app.exception_handler(RequestValidationError)
    def not_valid(request: Request, error: RequestValidationError) -> JSONResponse:
        lines = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        return answer(Problem(title=title_of(422), status=422, detail="; ".join(lines[:3]), lines=lines))

    @app.exception_handler(HTTPException)
    def http_error(request: Request, error: HTTPException) -> JSONResponse:
        problem = Problem(title=title_of(error.status_code), status=error.status_code, detail=str(error.detail))
        return answer(problem, dict(error.headers or {}))

    @app.exception_handler(Exception)
    def unforeseen(request: Request, error: Exception) -> JSONResponse:
        what = f"{type(error).__name__} in {request.method} {request.url.path}"
        return answer(Problem(title=title_of(500), status=500, detail=what, fix="See the API's log, and report it."))


def _placed(problem: Problem, request: Request) -> Problem:
    """The problem with its places. Without a valid token nothing of the project's files is shown."""
    is_identified = bool(getattr(request.state, "is_identified", False))
    return with_places(problem, request.app.state.context.excerpt if is_identified else lambda file, line: [])


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that may answer with these."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": title_of(status), "content": content} for status in statuses}
