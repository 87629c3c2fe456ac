"""Errors as problem details (RFC 9457), whoever raised them."""

from __future__ import annotations

from typing import Any

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
from phlo_api.server.models import Problem

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    400: "The request is wrong",
    401: "A token is needed",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    409: "The project cannot be used as it is",
    413: "The request is too large",
    421: "The name is not known here",
    422: "The request is not of the right form",
    423: "Somebody else is at work",
    429: "Too many requests",
    500: "The API itself failed",
    502: "What the answer comes from does not answer",
    503: "A host does not answer",
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
    """A request that is answered with a problem."""

    def __init__(self, status: int, detail: str, *, fix: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.problem = Problem(title=title_of(status), status=status, detail=detail, fix=fix)
        self.headers = headers or {}


def title_of(status: int) -> str:
    return _TITLES.get(status, "The request failed")


def problem_of(error: PhloError) -> Problem:
    """A phlo error for a caller of the API."""
    status = next((code for kind, code in _BY_ERROR if isinstance(error, kind)), 500)
    return Problem(
        title=title_of(status),
        status=status,
        detail=error.what,
        fix=error.fix,
        where=error.where,
        lines=[*error.detail, *map(str, error.others)],
    )


def answer(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(problem.model_dump(), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def add_error_answers(app: FastAPI) -> None:
    """Answer every error with a problem."""

    @app.exception_handler(Refusal)
    def refusal(request: Request, error: Refusal) -> JSONResponse:
        return answer(error.problem, error.headers)

    @app.exception_handler(PhloError)
    def phlo_error(request: Request, error: PhloError) -> JSONResponse:
        return answer(problem_of(error))

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


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that may answer with these."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": title_of(status), "content": content} for status in statuses}
