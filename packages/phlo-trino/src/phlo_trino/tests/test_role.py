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

READY = "timeout 300 bash -c 'until /etc/trino/is-ready; do sleep 0.5; done'"


def docker(command: str) -> str:
    return str(testinfra.get_host("local://").check_output(f"docker {command}"))


def ask(host: Any, sql: str) -> list[dict[str, Any]]:
    """The rows of the answer."""
    argv = ["trino", "--server=http://localhost:8080", "--output-format=JSON", f"--execute={sql}"]
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


def test_it_gives_metrics_to_who_says_no_name(role: Any) -> None:
    answer = httpx.get(f"http://127.0.0.1:{role.port(8080)}/metrics", timeout=60)
    assert answer.status_code == 200
    assert "# TYPE" in answer.text


def test_it_is_not_root(host: Any) -> None:
    assert host.check_output("id -u") == "1000"


def test_secrets_are_in_no_docker_inspect_and_not_for_others(host: Any, role: Any) -> None:
    assert role.value("TRINO_INTERNAL_SECRET") not in docker(f"inspect {role.container}")
    for path in ("/etc/trino/config.properties", "/etc/trino/catalog/iceberg.properties"):
        assert (host.file(path).mode, host.file(path).uid) == (0o400, 1000)
