"""A running phlo-duckdb does what it promises, on a real catalog and a real object store."""
# ruff: noqa: S608 - what these tests send is SQL

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import testinfra

SLOW = "SELECT count(*) FROM range(100_000_000_000) t(i) WHERE hash(i) % 7 = 3"


def url(role: Any, path: str) -> str:
    return f"http://127.0.0.1:{role.port(9400)}{path}"


def ask(role: Any, sql: str, *, token: str | None = None, **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token or role.value('DUCKDB_TOKEN')}"}
    return httpx.post(url(role, "/query"), json={"sql": sql, **more}, headers=headers, timeout=60)


def rows(role: Any, sql: str, **more: Any) -> Any:
    answer = ask(role, sql, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()["rows"]


def failure(answer: httpx.Response) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error["type"], error["message"]


def docker(command: str) -> str:
    return str(testinfra.get_host("local://").check_output(f"docker {command}"))


@pytest.fixture
def schema(role: Any) -> Iterator[str]:
    name = "iceberg.role_test"
    rows(role, f"CREATE SCHEMA IF NOT EXISTS {name}")
    yield name
    for (table,) in rows(role, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'role_test'"):
        rows(role, f"DROP TABLE {name}.{table}")
    rows(role, f"DROP SCHEMA {name}")


@pytest.fixture
def commits(role: Any, schema: str) -> str:
    """A table of the catalog with two rows."""
    table = f"{schema}.commits"
    rows(
        role, f"CREATE TABLE {table} (id BIGINT, author VARCHAR, size DECIMAL(10, 2), made TIMESTAMPTZ, tags VARCHAR[])"
    )
    rows(
        role,
        f"INSERT INTO {table} VALUES (1, 'ada', 1.50, '2026-03-01 12:00:00+00', ['x', 'y']), (2, NULL, 2, NULL, [])",
    )
    return table


def test_a_table_of_the_catalog_is_written_and_read(role: Any, commits: str) -> None:
    answer = ask(role, f"SELECT * FROM {commits} ORDER BY id").json()
    assert answer["columns"] == [
        {"name": "id", "type": "BIGINT"},
        {"name": "author", "type": "VARCHAR"},
        {"name": "size", "type": "DECIMAL(10,2)"},
        {"name": "made", "type": "TIMESTAMP WITH TIME ZONE"},
        {"name": "tags", "type": "VARCHAR[]"},
    ]
    assert answer["rows"] == [
        [1, "ada", "1.50", "2026-03-01T12:00:00+00:00", ["x", "y"]],
        [2, None, "2.00", None, []],
    ]
    assert (answer["row_count"], answer["truncated"]) == (2, False)


def test_rows_can_be_changed_and_removed(role: Any, commits: str) -> None:
    rows(role, f"UPDATE {commits} SET author = 'grace' WHERE id = 2; DELETE FROM {commits} WHERE id = 1")
    assert rows(role, f"SELECT id, author FROM {commits}") == [[2, "grace"]]


def test_a_table_is_made_from_a_query(role: Any, schema: str) -> None:
    rows(role, f"CREATE TABLE {schema}.numbers AS SELECT range AS n FROM range(100000)")
    assert rows(role, f"SELECT count(*), sum(n) FROM {schema}.numbers") == [[100000, 4999950000]]


def test_what_is_rolled_back_was_never_there(role: Any, commits: str) -> None:
    rows(role, f"BEGIN; DELETE FROM {commits}; ROLLBACK")
    assert rows(role, f"SELECT count(*) FROM {commits}") == [[2]]


def test_tables_outlive_a_restart_of_the_engine(role: Any, host: Any, commits: str) -> None:
    docker(f"restart {role.container}")
    assert host.run("timeout 240 sh -c 'until duckdb-ready; do sleep 0.5; done'").succeeded
    assert rows(role, f"SELECT count(*) FROM {commits}") == [[2]]


def test_parameters_are_values_and_never_sql(role: Any) -> None:
    assert rows(role, "SELECT ?, ?", parameters=["'; DROP TABLE x", 7]) == [["'; DROP TABLE x", 7]]


def test_without_the_token_nobody_runs_sql(role: Any) -> None:
    assert failure(httpx.post(url(role, "/query"), json={"sql": "SELECT 1"}))[:2] == (401, "Unauthorized")
    assert failure(ask(role, "SELECT 1", token="not-the-token"))[:2] == (401, "Unauthorized")


def test_a_mistake_in_the_sql_is_told(role: Any) -> None:
    assert failure(ask(role, "SELEC 1"))[:2] == (400, "ParserException")
    status, kind, message = failure(ask(role, "SELECT * FROM iceberg.role_test.nothing"))
    assert (status, kind) == (400, "CatalogException")
    assert "nothing" in message


def test_a_mistake_in_the_request_is_told(role: Any) -> None:
    assert failure(ask(role, "SELECT 1", limit=3)) == (422, "BadRequest", "limit: Extra inputs are not permitted")


def test_more_rows_than_asked_for_are_left_out_and_said(role: Any) -> None:
    answer = ask(role, "FROM range(5)", max_rows=2).json()
    assert (answer["rows"], answer["truncated"]) == ([[0], [1]], True)


def test_a_query_that_takes_too_long_is_ended(role: Any) -> None:
    begin = time.monotonic()
    assert failure(ask(role, SLOW, timeout_seconds=1)) == (504, "Timeout", "the query ran for 1 seconds")
    assert time.monotonic() - begin < 10
    assert running(role) == 0


def test_a_query_that_nobody_waits_for_is_ended(role: Any) -> None:
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            url(role, "/query"),
            json={"sql": SLOW},
            headers={"Authorization": f"Bearer {role.value('DUCKDB_TOKEN')}"},
            timeout=1,
        )
    deadline = time.monotonic() + 60
    while running(role) and time.monotonic() < deadline:
        threading.Event().wait(0.1)
    assert running(role) == 0


def test_queries_run_side_by_side(role: Any, commits: str) -> None:
    with ThreadPoolExecutor(12) as pool:
        slow = pool.submit(ask, role, SLOW, timeout_seconds=8)
        quick = list(pool.map(lambda at: rows(role, f"SELECT {at}, count(*) FROM {commits}"), range(10)))
        is_waiting = not slow.done()
    assert quick == [[[at, 2]] for at in range(10)]
    assert is_waiting


def test_a_query_bigger_than_its_memory_goes_to_disk(role: Any) -> None:
    sql = "SELECT count(*) FROM (SELECT DISTINCT repeat('x', 1000) || i FROM range(350_000) t(i))"
    assert rows(role, sql) == [[350_000]]


def test_a_schema_that_was_missing_is_found_once_it_is_there(role: Any) -> None:
    assert failure(ask(role, "FROM iceberg.role_test_late.words"))[:2] == (400, "CatalogException")
    rows(role, "CREATE SCHEMA iceberg.role_test_late; CREATE TABLE iceberg.role_test_late.words AS SELECT 'hi' AS word")
    assert rows(role, "FROM iceberg.role_test_late.words") == [["hi"]]
    rows(role, "DROP TABLE iceberg.role_test_late.words; DROP SCHEMA iceberg.role_test_late")


@pytest.mark.parametrize(
    "sql",
    [
        "FROM read_text('/etc/phlo-duckdb/duckdb.json')",
        "FROM read_text('http://127.0.0.1:9400/metrics')",
        "COPY (SELECT 1) TO '/tmp/x.csv'",
        "ATTACH '/tmp/x.db'",
        "INSTALL spatial",
        "SET enable_external_access = true",
    ],
)
def test_sql_reaches_nothing_but_the_object_store(role: Any, sql: str) -> None:
    assert failure(ask(role, sql))[:2] in {(400, "PermissionException"), (400, "InvalidInputException")}


def test_secrets_are_not_shown_by_sql(role: Any) -> None:
    answer = ask(role, "SELECT secret_string FROM duckdb_secrets()").text
    assert "redacted" in answer
    for name in ("SEAWEEDFS_SECRET_KEY", "DUCKDB_TOKEN"):
        assert role.value(name) not in answer


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("table", "n | word\n--+-----\n1 | a\n(1 row)\n"),
        ("csv", "n,word\n1,a\n"),
        ("json", '[\n  {\n    "n": 1,\n    "word": "a"\n  }\n]\n'),
    ],
)
def test_the_command_behind_the_action_prints_rows(host: Any, output: str, expected: str) -> None:
    sql = shlex.quote("SELECT 1 AS n, 'a' AS word")
    assert host.check_output(f"duckdb-query --output {output} -- {sql}") == expected.rstrip("\n")


def test_the_command_behind_the_action_fails_with_the_reason(host: Any) -> None:
    failed = host.run("duckdb-query 'SELECT * FROM nothing'")
    assert failed.rc == 1
    assert failed.stdout == ""
    assert "nothing does not exist" in failed.stderr


def test_it_counts_what_it_does(role: Any) -> None:
    before = figure(role, 'duckdb_queries_total{outcome="answered"}')
    rows(role, "SELECT 1")
    assert figure(role, 'duckdb_queries_total{outcome="answered"}') == before + 1


def test_it_has_a_page(role: Any) -> None:
    page = httpx.get(url(role, "/"))
    assert page.headers["content-type"].startswith("text/html")
    assert "<title>DuckDB</title>" in page.text


def test_it_is_not_root(host: Any) -> None:
    assert host.file("/proc/1").user == "duckdb"


def test_the_token_is_in_no_docker_inspect(role: Any) -> None:
    assert role.value("DUCKDB_TOKEN") not in docker(f"inspect {role.container}")


def test_the_settings_are_for_the_server_alone(host: Any) -> None:
    file = host.file("/etc/phlo-duckdb/duckdb.json")
    assert (file.user, file.mode) == ("duckdb", 0o400)


def running(role: Any) -> float:
    return figure(role, "duckdb_queries_running")


def figure(role: Any, name: str) -> float:
    for line in httpx.get(url(role, "/metrics")).text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.rpartition(" ")[2])
    return 0.0
