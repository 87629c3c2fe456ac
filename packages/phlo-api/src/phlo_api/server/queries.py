"""Runs SQL statement by statement: with an id to cancel it by, a time-out, and the place of an error."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from phlo_api.server.data import MOST_ANSWER_BYTES, QUERY_SECONDS, exact, said, too_large
from phlo_api.server.data_models import Column
from phlo_api.server.problems import Refusal
from phlo_api.server.query_models import QueryError, StatementResult
from phlo_api.server.sql_statements import Statement

_CANCEL_SECONDS = 5.0
_TIMEOUTS = ("EXCEEDED_TIME_LIMIT", "ABANDONED_QUERY", "EXCEEDED_CPU_LIMIT", "Timeout")
_CANCELLED = ("USER_CANCELED", "ADMINISTRATIVELY_KILLED")
# DuckDB writes the line with the fault, and a caret below it.
_CARET = re.compile(r"^LINE (?P<line>\d+): (?P<text>.*)\n(?P<space> *)\^", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    columns: list[Column]
    rows: list[list[Any]]
    truncated: bool


class StatementError(Exception):
    """A statement failed. line, column: in the statement."""

    def __init__(self, message: str, name: str = "", line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.name = name
        self.line = line
        self.column = column


Ask = Callable[[str, int], Awaitable[Rows]]


class Queries:
    """The queries under way, by their ids."""

    def __init__(self, seconds: float = QUERY_SECONDS) -> None:
        """seconds: how long the statements of one query may take together."""
        self._seconds = seconds
        self._running: dict[str, asyncio.Event] = {}

    def cancel(self, query: str) -> bool:
        """Whether there was such a query. Called on the event loop."""
        found = self._running.get(query)
        if found is not None:
            found.set()
        return found is not None

    async def run(self, query: str, statements: Sequence[Statement], limit: int, ask: Ask) -> list[StatementResult]:
        """Run the statements one after the other, up to the first that fails."""
        if query in self._running:
            raise Refusal(409, f'a query "{query}" runs already', fix="Choose another id.")
        cancelled = self._running[query] = asyncio.Event()
        deadline = time.monotonic() + self._seconds
        results: list[StatementResult] = []
        try:
            for one in statements:
                results.append(await self._one(one, limit, ask, cancelled, deadline))
                if results[-1].error is not None:
                    break
        finally:
            del self._running[query]
        return results

    async def _one(
        self, one: Statement, limit: int, ask: Ask, cancelled: asyncio.Event, deadline: float
    ) -> StatementResult:
        began = time.monotonic()
        asking, stop = asyncio.ensure_future(ask(one.sql, limit)), asyncio.ensure_future(cancelled.wait())
        rows = Rows(columns=[], rows=[], truncated=False)
        error: QueryError | None = None
        try:
            left = max(0.0, deadline - began)
            await asyncio.wait({asking, stop}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if asking.done() and not cancelled.is_set():
                rows = asking.result()
            elif cancelled.is_set():
                error = QueryError(kind="cancelled", message="the query was cancelled")
            else:
                message = f"the query took longer than {self._seconds:g} s and was cancelled"
                error = QueryError(kind="timeout", message=message)
        except StatementError as reason:
            error = _error(reason, one)
        finally:
            for task in (asking, stop):
                task.cancel()
            await asyncio.gather(asking, stop, return_exceptions=True)
        return StatementResult(
            sql=one.sql,
            columns=rows.columns,
            rows=[[exact(value) for value in row] for row in rows.rows],
            truncated=rows.truncated,
            seconds=round(time.monotonic() - began, 4),
            error=error,
        )


class EngineClient:
    """Sends statements to the project's query engine, and reads bounded answers. reachable: makes a URL one to ask."""

    def __init__(
        self, client: httpx.AsyncClient, facts: Mapping[str, Any], reachable: Callable[[str], str], who: str
    ) -> None:
        self._client = client
        self._facts = facts
        self._reachable = reachable
        self._who = who
        self._left_bytes = MOST_ANSWER_BYTES

    async def ask(self, sql: str, limit: int) -> Rows:
        """Run one statement; at most `limit` rows. Cancelled, it ends the statement on the engine too."""
        ways = {"trino": self._trino, "duckdb": self._duckdb}
        return await ways[self._facts["dialect"]](sql, limit)

    async def _trino(self, sql: str, limit: int) -> Rows:
        facts = self._facts
        headers = {
            "X-Trino-User": str(facts["user"]),
            "X-Trino-Catalog": str(facts["catalog"]),
            "X-Trino-Source": "phlo-api",
            "X-Trino-Client-Info": self._who,
            "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
        }
        following: str | None = None
        columns: list[Column] = []
        rows: list[list[Any]] = []
        try:
            data = await self._json("POST", f"{facts['url']}/v1/statement", content=sql.encode(), headers=headers)
            while True:
                following = data.get("nextUri")
                if "error" in data:
                    raise _trino_error(data["error"])
                columns = columns or [Column(name=one["name"], type=one["type"]) for one in data.get("columns") or []]
                rows += data.get("data") or []
                if not following or len(rows) > limit:
                    break
                data = await self._json("GET", following, headers=headers)
        finally:
            if following:
                await asyncio.shield(asyncio.ensure_future(self._end(following, headers)))
        return Rows(columns=columns, rows=rows[:limit], truncated=len(rows) > limit)

    async def _end(self, following: str, headers: Mapping[str, str]) -> None:
        with contextlib.suppress(httpx.HTTPError):
            await self._client.delete(self._reachable(following), headers=headers, timeout=_CANCEL_SECONDS)

    async def _duckdb(self, sql: str, limit: int) -> Rows:
        headers = {"Authorization": f"Bearer {self._facts['password']}"}
        body = {"sql": sql, "max_rows": limit}
        data = await self._json("POST", f"{self._facts['url']}/query", json=body, headers=headers)
        columns = [Column(name=one["name"], type=one["type"]) for one in data["columns"]]
        return Rows(columns=columns, rows=data["rows"], truncated=bool(data["truncated"]))

    async def _json(self, method: str, url: str, **request: Any) -> Any:
        content = bytearray()
        try:
            async with self._client.stream(
                method, self._reachable(url), timeout=httpx.Timeout(_CANCEL_SECONDS, read=None), **request
            ) as answer:
                async for piece in answer.aiter_bytes():
                    content += piece
                    self._left_bytes -= len(piece)
                    if self._left_bytes < 0:
                        raise too_large(answer)
        except httpx.HTTPError as reason:
            where = httpx.URL(url).host
            what = f"{where} does not answer ({type(reason).__name__})"
            raise Refusal(502, what, fix=f"`phlo services list` says how {where} is doing.") from None
        if answer.status_code >= 400:
            raise _duckdb_error(answer, bytes(content))
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise Refusal(502, f"{answer.url.host} sends an answer that is not JSON") from None


def _trino_error(error: Mapping[str, Any]) -> StatementError:
    place = error.get("errorLocation") or {}
    message, name = str(error.get("message", "the query failed")), str(error.get("errorName", ""))
    return StatementError(message, name, place.get("lineNumber"), place.get("columnNumber"))


def _duckdb_error(answer: httpx.Response, content: bytes) -> StatementError:
    """The error in an answer. A long line is shown in part, with dots: then its column is not known."""
    message = said(answer, content)
    try:
        name = str(json.loads(content)["error"]["type"])
    except (ValueError, RecursionError, KeyError, TypeError):
        name = ""
    found = _CARET.search(message)
    if found is None:
        return StatementError(message, name)
    column = len(found["space"]) - len(f"LINE {found['line']}: ") + 1
    is_whole = column >= 1 and not found["text"].startswith("...")
    return StatementError(message, name, int(found["line"]), column if is_whole else None)


def _error(reason: StatementError, one: Statement) -> QueryError:
    line, column = one.place(reason.line, reason.column) if reason.line else (None, None)
    kind: Any = "timeout" if reason.name in _TIMEOUTS else "cancelled" if reason.name in _CANCELLED else "failed"
    return QueryError(kind=kind, message=str(reason), name=reason.name, line=line, column=column)
