"""What phlo-postgrest sets up on a running database: the schema, and the roles that PostgREST works with."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

# The tests look into the database as PostgREST would; they do not need PostgREST itself.
pytestmark = pytest.mark.service("postgres")
SERVES = "CREATE TABLE IF NOT EXISTS api.numbers AS SELECT 42 AS answer"


def query(host: Any, role: Any, sql: str, *, user: str = "", password: str = "") -> Any:
    """What psql says, over the network when there is a password."""
    argv = ["psql", "-X", "-A", "-t", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-d", "phlo", "-c", sql]
    argv += ["-U", user or role.value("POSTGRES_USER"), *(["-h", "127.0.0.1"] if password else [])]
    return host.run(f"PGPASSWORD={shlex.quote(password)} {shlex.join(argv)}")


def as_postgrest(host: Any, role: Any, sql: str) -> Any:
    return query(host, role, sql, user="authenticator", password=role.value("POSTGREST_PASSWORD"))


def test_requests_without_a_token_read_the_schema_and_change_nothing(host: Any, role: Any) -> None:
    assert query(host, role, SERVES).succeeded

    read = as_postgrest(host, role, "SET ROLE web_anon; SELECT answer FROM api.numbers")
    assert read.stdout.strip() == "42", read.stderr
    changed = as_postgrest(host, role, "SET ROLE web_anon; DELETE FROM api.numbers")
    assert "permission denied for table numbers" in changed.stderr


def test_who_postgrest_signs_in_as_may_do_nothing_itself(host: Any, role: Any) -> None:
    assert query(host, role, SERVES).succeeded

    assert "permission denied for schema api" in as_postgrest(host, role, "SELECT answer FROM api.numbers").stderr


def test_the_role_of_requests_without_a_token_cannot_sign_in(host: Any, role: Any) -> None:
    assert "not permitted to log in" in query(host, role, "SELECT 1", user="web_anon", password="x").stderr


def test_what_a_writer_publishes_can_be_read(host: Any, role: Any) -> None:
    published = "SET ROLE publisher; CREATE TABLE IF NOT EXISTS api.published AS SELECT 'new' AS word"
    assert query(host, role, published).succeeded

    read = as_postgrest(host, role, "SET ROLE web_anon; SELECT word FROM api.published")
    assert read.stdout.strip() == "new", read.stderr


def test_postgrest_is_told_of_every_change_of_the_schema(host: Any, role: Any) -> None:
    told = query(host, role, "LISTEN pgrst; CREATE TABLE api.told (); DROP TABLE api.told; SELECT 1")
    assert 'Asynchronous notification "pgrst" with payload "reload schema"' in told.stdout + told.stderr


def test_its_password_is_not_in_the_set_up_s_environment(role: Any) -> None:
    spec = role.project.services["postgrest-setup"].compose
    assert role.value("POSTGRES_PASSWORD") not in repr(spec)
