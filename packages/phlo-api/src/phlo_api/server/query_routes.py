"""The routes that run SQL: query, cancel, export. For operators: SQL can write."""

from __future__ import annotations

import csv
import io
import json
import uuid
from typing import Annotated

import httpx
from fastapi import APIRouter, Path, Request
from fastapi.concurrency import contextmanager_in_threadpool, run_in_threadpool
from fastapi.responses import Response

from phlo_api.server.access import Ctx, Operator, address_of
from phlo_api.server.context import Context
from phlo_api.server.problems import Refusal, documented
from phlo_api.server.queries import EngineClient
from phlo_api.server.query_models import ExportRequest, QueriesRequest, QueryResults, StatementResult
from phlo_api.server.sql_statements import statements_of
from phlo_api.server.sql_text import shape_of
from phlo_api.server.tokens import Identity

router = APIRouter(tags=["data"], responses=documented(400, 401, 403, 404, 409, 429, 502))
_STATUS = {"failed": 400, "timeout": 504, "cancelled": 409}
_FILE = {"content": {"text/csv": {"schema": {"type": "string"}}, "application/json": {"schema": {"type": "array"}}}}


@router.post("/data/queries")
async def run_queries(body: QueriesRequest, context: Ctx, who: Operator, request: Request) -> QueryResults:
    """Run SQL on the project's query engine, statement by statement, up to the first that fails. For operators.

    A statement that failed, was cancelled or took too long is a result with an error.
    """
    query = body.id or str(uuid.uuid4())
    engine, results = await _run(query, body.sql, body.limit, context, who, request)
    return QueryResults(id=query, engine=engine, statements=results)


@router.delete("/data/queries/{query}", status_code=204)
async def cancel_query(
    query: Annotated[str, Path(max_length=64)], context: Ctx, who: Operator, request: Request
) -> Response:
    """Cancel a query that runs, by the id that its request named. For operators."""
    if not context.queries.cancel(query):
        raise Refusal(404, f'no query "{query}" runs', fix="It may have ended.")
    await run_in_threadpool(context.audit.note, who, "cancel", query, "done", address=address_of(request))
    return Response(status_code=204)


@router.post("/data/export", response_class=Response, responses={**documented(504), 200: _FILE})
async def export_query(body: ExportRequest, context: Ctx, who: Operator, request: Request) -> Response:
    """Run SQL, and give the rows of its last statement as a file. For operators."""
    query = body.id or str(uuid.uuid4())
    _, results = await _run(query, body.sql, body.limit, context, who, request)
    last = results[-1]
    if last.error is not None:
        place = [f"line {last.error.line}, column {last.error.column}"] if last.error.line else []
        raise Refusal(_STATUS[last.error.kind], last.error.message, lines=place)
    text = _csv(last) if body.format == "csv" else _json(last)
    kind = "text/csv; charset=utf-8" if body.format == "csv" else "application/json"
    disposition = f'attachment; filename="query.{body.format}"'
    return Response(text, media_type=kind, headers={"Content-Disposition": disposition})


async def _run(
    query: str, sql: str, limit: int, context: Context, who: Identity, request: Request
) -> tuple[str, list[StatementResult]]:
    statements = statements_of(sql)
    if not statements:
        raise Refusal(400, "there is no statement", fix="Write one, such as SELECT 1.")
    shape = shape_of(sql)
    await run_in_threadpool(context.audit.note, who, "query", shape, "started", address=address_of(request))
    async with (
        contextmanager_in_threadpool(context.lake()) as lake,
        httpx.AsyncClient(trust_env=False, follow_redirects=False) as client,
    ):
        facts = lake.query_engine()
        engine = EngineClient(client, facts, lake.reachable, who.name)
        return facts["dialect"], await context.queries.run(query, statements, limit, engine.ask)


def _csv(result: StatementResult) -> str:
    """RFC 4180: lists and maps are JSON, null is empty."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([column.name for column in result.columns])
    for row in result.rows:
        writer.writerow([json.dumps(one) if isinstance(one, list | dict | bool) else one for one in row])
    return file.getvalue()


def _json(result: StatementResult) -> str:
    """A list of objects; of columns with one name the last counts."""
    names = [column.name for column in result.columns]
    return json.dumps([dict(zip(names, row, strict=True)) for row in result.rows], ensure_ascii=False)
