"""SQL: every statement's result, an error with its place, a time-out and a cancelled query as what they are."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from phlo_api.server.data_models import Column
from phlo_api.server.problems import Refusal
from phlo_api.server.queries import EngineClient, Queries, Rows, StatementError
from phlo_api.server.query_models import StatementResult
from phlo_api.server.query_routes import _csv, _json
from phlo_api.server.sql_statements import statements_of


@pytest.mark.parametrize(
    ("sql", "statements"),
    [
        ("select 1", [("select 1", 1, 1)]),
        ("select 1;", [("select 1", 1, 1)]),
        ("select 1;\n\n  select 2 ;;", [("select 1", 1, 1), ("select 2", 3, 3)]),
        (
            "select ';', \";\", $a$;$a$ -- ;\n; select 2",
            [("select ';', \";\", $a$;$a$ -- ;", 1, 1), ("select 2", 2, 3)],
        ),
        ("/* ; */ select 'it''s;' ; -- nothing", [("/* ; */ select 'it''s;'", 1, 1)]),
        ("", []),
        (" ; -- nothing\n;/* */", []),
        ("select 'no end; select 2", [("select 'no end; select 2", 1, 1)]),
        ("BEGIN; insert into t values (1); COMMIT", [("BEGIN; insert into t values (1); COMMIT", 1, 1)]),
        ("use a.b; select 1", [("use a.b; select 1", 1, 1)]),
        ("select 'begin'; select 2", [("select 'begin'", 1, 1), ("select 2", 1, 17)]),
    ],
)
def test_a_text_is_its_statements(sql: str, statements: list[tuple[str, int, int]]) -> None:
    assert [(one.sql, one.line, one.column) for one in statements_of(sql)] == statements


def ran(sql: str, ask: Callable[[str, int], Awaitable[Rows]], queries: Queries | None = None) -> list[StatementResult]:
    found = (queries or Queries()).run("some-query", statements_of(sql), 10, ask)
    return asyncio.run(asyncio.wait_for(found, 60))


def rows_of(*values: Any) -> Rows:
    return Rows(columns=[Column(name="a", type="integer")], rows=[list(values)], truncated=False)


def test_every_statement_has_its_result_up_to_the_first_that_fails() -> None:
    async def ask(sql: str, limit: int) -> Rows:
        if "bad" in sql:
            raise StatementError("no such column", "COLUMN_NOT_FOUND", 1, 8)
        return rows_of(sql, 2**60)

    first, second = ran("select 1;\n  select bad; select 3", ask)
    assert (first.rows, first.error) == ([["select 1", str(2**60)]], None)
    assert second.error is not None
    assert (second.error.kind, second.error.name) == ("failed", "COLUMN_NOT_FOUND")
    assert (second.error.line, second.error.column) == (2, 10)


class Endless:
    """A statement that does not end, and whether it was ended."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.was_ended = False

    async def ask(self, sql: str, limit: int) -> Rows:
        self.began.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.was_ended = True
        return rows_of(1)


def test_a_time_out_is_an_error_of_its_own_and_ends_the_statement() -> None:
    async def test() -> None:
        endless = Endless()
        (found,) = await Queries(seconds=0.01).run("some-query", statements_of("select 1; select 2"), 10, endless.ask)
        assert found.error is not None
        assert (found.error.kind, endless.was_ended) == ("timeout", True)

    asyncio.run(asyncio.wait_for(test(), 60))


def test_a_query_is_cancelled_by_its_id_and_no_other() -> None:
    async def test() -> None:
        endless, queries = Endless(), Queries()
        running = asyncio.ensure_future(queries.run("some-query", statements_of("select 1"), 10, endless.ask))
        await endless.began.wait()
        with pytest.raises(Refusal, match="runs already"):
            await queries.run("some-query", statements_of("select 1"), 10, endless.ask)
        assert not queries.cancel("another-query")
        assert queries.cancel("some-query")
        (found,) = await running
        assert found.error is not None
        assert (found.error.kind, endless.was_ended) == ("cancelled", True)
        assert not queries.cancel("some-query")

    asyncio.run(asyncio.wait_for(test(), 60))


TRINO = {"dialect": "trino", "url": "http://trino:8080", "user": "ann", "catalog": "iceberg"}
DUCKDB = {"dialect": "duckdb", "url": "http://duckdb:8080", "password": "secret"}


def answered(
    facts: dict[str, str], answer: Callable[[httpx.Request], httpx.Response], sql: str, queries: Queries | None = None
) -> list[StatementResult]:
    async def run() -> list[StatementResult]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            ask = EngineClient(client, facts, str, "ann").ask
            return await (queries or Queries()).run("some-query", statements_of(sql), 2, ask)

    return asyncio.run(asyncio.wait_for(run(), 60))


def test_trino_is_asked_page_by_page_and_left_when_there_are_enough_rows() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        if request.method == "DELETE":
            return httpx.Response(204)
        page = {"columns": [{"name": "a", "type": "integer"}], "data": [[1], [2]], "nextUri": "http://trino:8080/next"}
        return httpx.Response(200, json=page if request.method == "GET" else {"nextUri": "http://trino:8080/first"})

    (found,) = answered(TRINO, answer, "select a from t")
    assert (found.rows, found.truncated, asked) == ([[1], [2]], True, ["POST", "GET", "GET", "DELETE"])


def test_an_error_of_trino_has_its_place_in_the_whole_text() -> None:
    error = {
        "message": "line 2:3: mismatched input",
        "errorName": "SYNTAX_ERROR",
        "errorLocation": {"lineNumber": 2, "columnNumber": 3},
    }
    (found,) = answered(TRINO, lambda request: httpx.Response(200, json={"error": error}), "\n select\n x y z")
    assert found.error is not None
    assert (found.error.name, found.error.line, found.error.column) == ("SYNTAX_ERROR", 3, 3)


def test_a_time_out_of_the_engine_is_one_too() -> None:
    error = {"message": "too long", "errorName": "EXCEEDED_TIME_LIMIT"}
    (found,) = answered(TRINO, lambda request: httpx.Response(200, json={"error": error}), "select 1")
    assert found.error is not None
    assert found.error.kind == "timeout"
    body = {"error": {"type": "Timeout", "message": "the query ran for 60 seconds"}}
    (found,) = answered(DUCKDB, lambda request: httpx.Response(504, json=body), "select 1")
    assert found.error is not None
    assert found.error.kind == "timeout"


def test_what_is_cancelled_is_ended_on_trino() -> None:
    queries, asked = Queries(), []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        if request.method == "GET":
            queries.cancel("some-query")
            await asyncio.Event().wait()
        return httpx.Response(200, json={"nextUri": "http://trino:8080/next"})

    (found,) = answered(TRINO, answer, "select 1", queries)  # type: ignore[arg-type]
    assert found.error is not None
    assert (found.error.kind, asked) == ("cancelled", ["POST", "GET", "DELETE"])


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ('Parser Error: syntax error at or near "from"\n\nLINE 2:   selec from x\n                ^', (3, 9)),
        ("Binder Error: no column\n\nLINE 1: select nocolumn from t\n               ^", (2, 9)),
        ("Binder Error: no column\n\nLINE 1: ...select nocolumn from t\n                  ^", (2, None)),
        ("Catalog Error: Table with name t does not exist!", (None, None)),
    ],
)
def test_an_error_of_duckdb_has_its_place(message: str, place: tuple[int | None, int | None]) -> None:
    """The messages are DuckDB's, with a caret below the fault."""
    body = {"error": {"type": "ParserException", "message": message}}
    (found,) = answered(DUCKDB, lambda request: httpx.Response(400, json=body), "\n select 1")
    assert found.error is not None
    assert (found.error.line, found.error.column, found.error.message) == (*place, message)


def test_an_engine_that_does_not_answer_is_a_refusal() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    with pytest.raises(Refusal, match="trino does not answer"):
        answered(TRINO, answer, "select 1")


def test_rows_are_exported_as_csv_and_json() -> None:
    columns = [Column(name=name, type="varchar") for name in ("a", "b")]
    rows = [['x,"y"\n', None], [[1, {"k": 2}], True]]
    result = StatementResult(sql="", columns=columns, rows=rows, truncated=False, seconds=0, error=None)
    assert list(csv.reader(io.StringIO(_csv(result)))) == [["a", "b"], ['x,"y"\n', ""], ['[1, {"k": 2}]', "true"]]
    assert json.loads(_json(result)) == [{"a": 'x,"y"\n', "b": None}, {"a": [1, {"k": 2}], "b": True}]
