"""A running phlo-postgres does what it promises."""

from __future__ import annotations

import json
import os
import shlex
import socket
import struct
from contextlib import closing
from typing import Any

import pytest
import testinfra
from phlo_postgres.operations import postgres_db, postgres_user

from phlo.hosts.connect import open_engine
from phlo.hosts.host import Host
from phlo.values import Secret

READY = "timeout 60 sh -c 'until pg_isready --quiet --host 127.0.0.1; do sleep 0.1; done'"
SSL_REQUEST = struct.pack("!ii", 8, 80877103)  # PostgreSQL's message formats, SSLRequest


def query(
    host: Any, role: Any, sql: str, *, server: str = "", user: str = "", password: str = "", database: str = ""
) -> Any:
    user, database = user or role.value("POSTGRES_USER"), database or role.value("POSTGRES_DB")
    argv = ["psql", "-X", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1", "-U", user, "-d", database, "-c", sql]
    command = shlex.join([*argv, "-h", server] if server else argv).replace("SELF", "$(hostname -i)")
    return host.run(f"PGPASSWORD={shlex.quote(password)} {command}" if password else command)


def docker(command: str) -> str:
    return str(testinfra.get_host("local://").check_output(f"docker {command}"))


def test_it_runs_sql(host: Any, role: Any) -> None:
    assert query(host, role, "SELECT 40 + 2").stdout.strip() == "42"


def test_it_is_postgresql_17(host: Any, role: Any) -> None:
    assert query(host, role, "SHOW server_version").stdout.startswith("17.")


def test_data_outlives_a_restart(host: Any, role: Any) -> None:
    assert query(host, role, "CREATE TABLE IF NOT EXISTS role_test (word text)").succeeded
    assert query(host, role, "INSERT INTO role_test VALUES ('still here')").succeeded
    docker(f"restart {role.container}")
    assert host.run(READY).succeeded
    assert query(host, role, "SELECT DISTINCT word FROM role_test").stdout.strip() == "still here"
    assert query(host, role, "DROP TABLE role_test").succeeded


def test_over_the_network_the_generated_password_lets_in(host: Any, role: Any) -> None:
    answer = query(host, role, "SELECT 1", server="SELF", password=role.value("POSTGRES_PASSWORD"))
    assert answer.stdout.strip() == "1", answer.stderr


def test_over_the_network_a_wrong_password_is_refused(host: Any, role: Any) -> None:
    answer = query(host, role, "SELECT 1", server="SELF", password="not-the-password")
    assert answer.failed
    assert "password authentication failed" in answer.stderr


@pytest.mark.parametrize(("name", "other"), [("first", "second"), ("second", "first")])
def test_a_service_gets_the_database_that_it_claims_and_no_other(host: Any, role: Any, name: str, other: str) -> None:
    who = {"user": f"{name}_user", "password": role.value(f"{name.upper()}_PASSWORD"), "server": "SELF"}
    made = "CREATE TABLE IF NOT EXISTS own (word text); SELECT current_user, current_database()"
    assert query(host, role, made, database=name, **who).stdout.splitlines()[-1] == f"{name}_user|{name}"
    for database in (other, role.value("POSTGRES_DB")):
        refused = query(host, role, "SELECT 1", database=database, **who)
        assert refused.failed
        assert f'permission denied for database "{database}"' in refused.stderr


def test_the_published_port_speaks_postgresql(role: Any) -> None:
    with socket.create_connection(("127.0.0.1", role.port(5432)), timeout=60) as connection:
        connection.sendall(SSL_REQUEST)
        assert connection.recv(1) in (b"S", b"N")


def test_the_server_is_not_root(host: Any) -> None:
    assert host.file("/proc/1").user == "postgres"


def test_the_password_is_in_no_docker_inspect(role: Any) -> None:
    assert role.value("POSTGRES_PASSWORD") not in docker(f"inspect {role.container}")


def test_the_password_file_is_for_the_server_alone(host: Any) -> None:
    file = host.file("/run/secrets/postgres_password")
    assert (file.user, file.mode) == ("postgres", 0o400)


def test_it_stops_by_itself(host: Any, role: Any) -> None:
    docker(f"stop {role.container}")
    state = json.loads(docker(f"inspect --format '{{{{json .State}}}}' {role.container}"))
    docker(f"start {role.container}")
    assert host.run(READY).succeeded
    assert state["ExitCode"] == 0


def test_its_operations_find_nothing_to_do_a_second_time(role: Any) -> None:
    given = {"project": role.project.name, "own_service": role.service}
    with closing(open_engine(None, name="local", environ=os.environ)) as engine:
        server = Host(name="local", engine=engine)
        for user in (
            {"name": "role_test", "password": Secret("first'\\one")},
            {"name": "role_test", "password": Secret("second"), "createdb": True},
            {"name": "role_test", "createdb": True, "roles": ("pg_monitor", "pg_read_all_data")},
            {"name": "role_test", "createdb": True, "roles": ("pg_monitor",)},
        ):
            converge(postgres_user, postgres_user.Args(**user, **given), server)
        for options in (
            {"owner": "role_test"},
            {"private": True},
            {"private": True, "connect": ("first_user",)},
            {"private": False},
            {"state": "absent"},
        ):
            converge(postgres_db, postgres_db.Args(name='role "test"', **options, **given), server)
        converge(postgres_user, postgres_user.Args(name="role_test", state="absent", **given), server)


def converge(operation: Any, args: Any, server: Host) -> None:
    seen = operation.observe(args, server.reader())
    changes = operation.decide(args, seen)
    assert changes
    for change in changes:
        operation.apply(change, args, seen, server)
    assert operation.decide(args, operation.observe(args, server.reader())) == []
