"""The routes."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import duckdb
from fastapi import FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, ConfigDict, Field

from phlo_duckdb_app.lake import Lake, LakeError
from phlo_duckdb_app.metrics import Metrics
from phlo_duckdb_app.running import Answer, Running
from phlo_duckdb_app.settings import Settings

# How often a running query is looked after: its time, and whether anybody still waits for it.
_LOOK_SECONDS = 0.25
# How long DuckDB has to let go of an interrupted query, before the answer goes out without it.
_GRACE_SECONDS = 5
_UNREACHABLE = (duckdb.IOException, duckdb.HTTPException)
_PAGE = Path(__file__).with_name("page.html")
_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"


class Query(BaseModel):
    """sql: one statement, or several of which the last answers. timeout_seconds, max_rows: less than the server's."""

    model_config = ConfigDict(extra="forbid")

    sql: str = Field(min_length=1)
    parameters: list[Any] = []
    timeout_seconds: float | None = Field(default=None, gt=0)
    max_rows: int | None = Field(default=None, ge=0)


class Refusal(Exception):
    """A request that gets an error. outcome: what the figures count it as."""

    def __init__(self, status: int, kind: str, message: str, *, outcome: str = "refused") -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.outcome = outcome


def create_app(settings: Settings) -> FastAPI:
    """The application around one lake."""
    lake = Lake(settings)
    metrics = Metrics()
    pool = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="query")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        pool.shutdown(wait=False, cancel_futures=True)

    app = FastAPI(title="DuckDB over HTTP", docs_url=None, redoc_url=None, lifespan=lifespan)
    _add_error_answers(app)
    _add_pages(app, lake, metrics)

    @app.post("/query")
    async def query(query: Query, request: Request, authorization: Annotated[str, Header()] = "") -> JSONResponse:
        """Run SQL and give its rows."""
        _check_token(authorization, settings.token)
        begin = time.monotonic()
        outcome = "failed"
        with metrics.running.track_inprogress():
            try:
                answer = await _run(query, request, settings, lake, pool)
                outcome = "answered"
            except Refusal as refusal:
                outcome = refusal.outcome
                raise
            finally:
                metrics.queries.labels(outcome).inc()
                metrics.seconds.observe(time.monotonic() - begin)
        return JSONResponse(
            {
                "columns": answer.columns,
                "rows": answer.rows,
                "row_count": len(answer.rows),
                "truncated": answer.truncated,
                "seconds": answer.seconds,
            }
        )

    return app


def _check_token(authorization: str, token: str) -> None:
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise Refusal(401, "Unauthorized", "send the token: Authorization: Bearer TOKEN")


async def _run(query: Query, request: Request, settings: Settings, lake: Lake, pool: ThreadPoolExecutor) -> Answer:
    timeout = min(query.timeout_seconds or settings.timeout_seconds, settings.timeout_seconds)
    max_rows = settings.max_rows if query.max_rows is None else min(query.max_rows, settings.max_rows)
    running = Running(lake, query.sql, query.parameters, max_rows=max_rows)
    future = asyncio.get_running_loop().run_in_executor(pool, running.run)
    deadline = time.monotonic() + timeout
    while not future.done():
        left = deadline - time.monotonic()
        if left <= 0:
            await _stop(running, future)
            waited = "ran" if running.has_started else "waited for its turn"
            raise Refusal(504, "Timeout", f"the query {waited} for {timeout:g} seconds", outcome="timed out")
        if await request.is_disconnected():
            await _stop(running, future)
            raise Refusal(499, "Disconnected", "nobody waits for the answer", outcome="abandoned")
        await asyncio.wait({future}, timeout=min(_LOOK_SECONDS, left))
    try:
        return future.result()
    except LakeError as error:
        raise Refusal(503, "NotReady", str(error), outcome="failed") from None
    except duckdb.Error as error:
        status = 502 if isinstance(error, _UNREACHABLE) else 400
        raise Refusal(status, type(error).__name__, str(error), outcome="failed") from None


async def _stop(running: Running, future: asyncio.Future[Answer]) -> None:
    running.stop()
    await asyncio.wait({future}, timeout=_GRACE_SECONDS)
    if future.done():
        future.exception()  # seen, or asyncio reports it as forgotten
    else:
        future.cancel()


def _add_error_answers(app: FastAPI) -> None:
    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> JSONResponse:
        headers = {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else None
        return _problem(refusal.status, refusal.kind, str(refusal), headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        found = [f"{'.'.join(map(str, one['loc'][1:])) or 'body'}: {one['msg']}" for one in error.errors()]
        return _problem(422, "BadRequest", "; ".join(found))


def _problem(status: int, kind: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": {"type": kind, "message": message}}, status_code=status, headers=headers)


def _add_pages(app: FastAPI, lake: Lake, metrics: Metrics) -> None:
    @app.get("/health")
    def health() -> JSONResponse:
        """Whether SQL can be run: the catalog is attached."""
        try:
            lake.open()
        except LakeError as error:
            return _problem(503, "NotReady", str(error))
        return JSONResponse({"status": "ok", "version": duckdb.__version__})

    @app.get("/metrics")
    def figures() -> PlainTextResponse:
        """Counts and times, for Prometheus; no SQL and no names."""
        return PlainTextResponse(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    @app.get("/")
    def page() -> HTMLResponse:
        """A page to type SQL into."""
        return HTMLResponse(_PAGE.read_text(), headers={"Content-Security-Policy": _PAGE_POLICY})
