"""A running phlo-trino does what it promises."""
# ruff: noqa: S608  the statements are made of the names of tables of these tests

from __future__ import annotations

import json
import shlex
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import testinfra

pytestmark = pytest.mark.service("trino")

READY = "timeout 600 bash -c 'until /etc/trino/is-ready; do sleep 0.5; done'"


def docker(command: str) -> str:
    return str(testinfra.get_host("local://").check_output(f"docker {command}"))


def ask(host: Any, sql: str) -> list[dict[str, Any]]:
    """The rows of the answer."""
    argv = ["trino", "--server=http://localhost:8081", "--output-format=JSON", f"--execute={sql}"]
    return [json.loads(line) for line in host.check_output(shlex.join(argv)).splitlines()]


@pytest.fixture
def table(host: Any) -> Iterator[str]:
    """A table in the lake, with two rows."""
    ask(host, "CREATE SCHEMA IF NOT EXISTS iceberg.role_test")
    name = f"iceberg.role_test.words_{uuid.uuid4().hex[:8]}"
    ask(host, f"CREATE TABLE {name} AS SELECT * FROM (VALUES (1, 'one'), (2, 'two')) AS t (number, word)")
    yield name
    ask(host, f"DROP TABLE {name}")


def test_it_counts(host: Any) -> None:
    assert ask(host, "SELECT count(*) AS n FROM tpch.tiny.lineitem") == [{"n": 60175}]


def test_a_table_of_the_lake_is_written_and_read(host: Any, table: str) -> None:
    ask(host, f"INSERT INTO {table} VALUES (3, 'three')")
    ask(host, f"DELETE FROM {table} WHERE number = 1")
    assert ask(host, f"SELECT number, word FROM {table} ORDER BY number") == [
        {"number": 2, "word": "two"},
        {"number": 3, "word": "three"},
    ]


def test_a_table_of_the_lake_outlives_a_restart(host: Any, role: Any, table: str) -> None:
    docker(f"restart {role.container}")
    assert host.run(READY).succeeded
    assert ask(host, f"SELECT sum(number) AS n FROM {table}") == [{"n": 3}]


def test_its_catalogs_are_there_or_it_says_why_not(host: Any, role: Any) -> None:
    found = {row["catalog_name"] for row in ask(host, "SELECT catalog_name FROM system.metadata.catalogs")}
    assert {"iceberg", "memory", "tpch", "system"} <= found
    said = docker(f"logs {role.container} 2>&1")
    assert ("postgresql" in found) != ("the catalog postgresql is left out" in said)


def test_the_action_query_prints_what_is_asked_for(role: Any) -> None:
    assert "42" in role.run("query", "SELECT 40 + 2 AS answer")
    assert json.loads(role.run("query", "--output", "json", "VALUES 1, 2")) == [{"_col0": 1}, {"_col0": 2}]
    assert json.loads(role.run("query", "--output", "json", "SELECT 1 AS a WHERE false")) == []
    assert role.run("query", "--output", "csv", "SELECT 40 + 2 AS answer").strip().splitlines()[:2] == [
        '"answer"',
        '"42"',
    ]


def test_the_action_catalogs_lists_them(role: Any) -> None:
    assert "iceberg" in role.run("catalogs")


def test_it_gives_metrics_to_who_says_no_name(host: Any) -> None:
    ask = "exec 3<> /dev/tcp/127.0.0.1/8081; printf 'GET /metrics HTTP/1.0\\r\\nHost: trino\\r\\n\\r\\n' >&3; cat <&3"
    answer = host.check_output(f'bash -c "{ask}"')
    assert " 200 OK" in answer.splitlines()[0]
    assert "# TYPE" in answer


def login(role: Any) -> tuple[str, str]:
    return role.value("TRINO_USER"), role.value("TRINO_PASSWORD")


def test_the_published_port_needs_the_login_and_refuses_other_sites(role: Any) -> None:
    address = f"http://127.0.0.1:{role.port(8080)}"
    statement = {"content": "SELECT 1", "headers": {"X-Trino-User": "anybody"}}
    assert httpx.post(f"{address}/v1/statement", **statement).status_code == 401
    assert httpx.post(f"{address}/v1/statement", **statement, auth=("phlo", "wrong")).status_code == 401
    for path in ("/ui/", "/ui/api/query", "/v1/info", "/metrics"):
        assert httpx.get(address + path).status_code == 401
        assert httpx.get(address + path, auth=login(role), headers={"Host": "evil.example"}).status_code == 421
    statement["headers"]["Origin"] = "http://evil.example"
    assert httpx.post(f"{address}/v1/statement", **statement, auth=login(role)).status_code == 403


def test_a_program_that_signs_in_queries_through_the_published_port(role: Any) -> None:
    address = f"http://127.0.0.1:{role.port(8080)}"
    answer = httpx.post(
        f"{address}/v1/statement", content="SELECT 40 + 2", headers={"X-Trino-User": "phlo"}, auth=login(role)
    ).json()
    rows = []
    while following := answer.get("nextUri"):
        assert following.startswith(f"{address}/")
        answer = httpx.get(following, headers={"X-Trino-User": "phlo"}, auth=login(role), timeout=60).json()
        rows += answer.get("data", [])
    assert rows == [[42]]


def test_the_page_asks_for_no_second_name(role: Any) -> None:
    address = f"http://127.0.0.1:{role.port(8080)}"
    page = httpx.get(f"{address}/ui/", auth=login(role), follow_redirects=True)
    assert (page.status_code, page.url.path.startswith("/ui/login")) == (200, False)
    own = {"Origin": address, "Sec-Fetch-Site": "same-origin"}
    assert httpx.get(f"{address}/ui/api/query", auth=login(role), headers=own).status_code == 200


def test_only_the_port_with_the_login_is_published(role: Any) -> None:
    assert set(docker(f"port {role.container}").split()[::3]) == {"8080/tcp"}


def test_it_is_not_root(host: Any) -> None:
    assert host.check_output("id -u") == "1000"


def test_secrets_are_in_no_docker_inspect_and_not_for_others(host: Any, role: Any) -> None:
    assert role.value("TRINO_INTERNAL_SECRET") not in docker(f"inspect {role.container}")
    for path in ("/etc/trino/config.properties", "/etc/trino/login", "/etc/trino/catalog/iceberg.properties"):
        assert (host.file(path).mode, host.file(path).uid) == (0o400, 1000)
