"""A running phlo-pgweb does what it promises."""

from __future__ import annotations

from typing import Any

import httpx


def query(role: Any, sql: str) -> httpx.Response:
    return httpx.post(f"http://127.0.0.1:{role.port(8081)}/api/query", data={"query": sql})


def test_it_reads_the_database_of_the_project(role: Any) -> None:
    assert query(role, "SELECT current_database()").json()["rows"] == [[role.value("POSTGRES_DB")]]


def test_it_changes_nothing(role: Any) -> None:
    assert query(role, "CREATE TABLE role_test (n int)").status_code == 400


def test_it_is_not_root(host: Any) -> None:
    assert host.check_output("id -u") == "1000"
