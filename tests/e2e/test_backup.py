"""A database is destroyed, and a backup brings it back: with a real PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phlo.discovery import ServiceDiscovery
from phlo.testing.role_project import free_ports
from tests.support.unprotected import UNPROTECTED

Run = Callable[..., str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("backup")


@pytest.fixture(scope="module")
def run(folder: Path) -> Iterator[Run]:
    """phlo on a project with PostgreSQL alone."""
    (port,) = free_ports(1)
    name = f"phlo-test-{uuid.uuid4().hex[:8]}"
    others = [service.name for service in ServiceDiscovery().get_default_services(["postgres"])]
    project = {
        "name": name,
        "env": {"POSTGRES_PORT": port},
        # On a machine with much to do the database takes its time.
        "services": {"disabled": others, "postgres": {"healthcheck": {"start_period": "10m", "timeout": "1m"}}},
    }
    (folder / "phlo.yaml").write_text(json.dumps(project))  # JSON is YAML

    def phlo(*words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "phlo", *words],
            cwd=folder,
            env={**os.environ, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=600,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    phlo("run", "up", "postgres")
    yield phlo
    phlo("run", "down", "--volumes", "--yes", *UNPROTECTED, "-t", "0")


def sql(run: Run, statement: str, *, database: str = "phlo", user: str = "phlo") -> str:
    words = ["psql", "-AXtq", "-v", "ON_ERROR_STOP=1", "--username", user, "--dbname", database, "--command", statement]
    return run("exec", "postgres", *words).strip()


def test_every_database_with_its_owner_comes_back_after_its_volume_was_destroyed(run: Run, folder: Path) -> None:
    sql(run, "CREATE TABLE stars AS SELECT n, md5(n::text) AS name FROM generate_series(1, 20000) AS n")
    sql(run, "CREATE ROLE nessie LOGIN")
    sql(run, "CREATE DATABASE nessie OWNER nessie")
    sql(run, "CREATE TABLE refs (name text); INSERT INTO refs VALUES ('main')", database="nessie", user="nessie")
    before = sql(run, "SELECT count(*), md5(string_agg(name, ',' ORDER BY n)) FROM stars")

    run("run", "backup", "--to", "lake.tar.gz", "postgres")
    assert os.stat(folder / "lake.tar.gz").st_mode & 0o777 == 0o600
    run("run", "down", "--volumes", "--yes", *UNPROTECTED, "-t", "0")
    run("run", "up", "postgres")
    assert sql(run, "SELECT to_regclass('stars') IS NULL") == "t"
    run("run", "restore", "--from", "lake.tar.gz", "--yes", "--unprotect", "postgres-data")

    assert sql(run, "SELECT count(*), md5(string_agg(name, ',' ORDER BY n)) FROM stars") == before
    assert sql(run, "SELECT name FROM refs", database="nessie", user="nessie") == "main"
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'nessie'"
    assert sql(run, owner) == "nessie"


def test_what_came_later_is_replaced_and_a_restore_can_be_repeated(run: Run) -> None:
    sql(run, "CREATE TABLE notes (text text); INSERT INTO notes VALUES ('first')")
    run("run", "backup", "--to", "notes.tar.gz", "postgres")
    sql(run, "UPDATE notes SET text = 'second'")
    for _ in range(2):
        run("run", "restore", "--from", "notes.tar.gz", "--yes", "--unprotect", "postgres-data")
        assert sql(run, "SELECT text FROM notes") == "first"


def test_a_dump_of_one_database_goes_where_it_is_told_to(run: Run) -> None:
    sql(run, "CREATE TABLE remarks (text text); INSERT INTO remarks VALUES ('first')")
    run("run", "postgres.backup", "--to", "one.dump", "--database", "phlo")
    run("run", "postgres.restore", "--from", "one.dump", "--database", "copy")
    assert sql(run, "SELECT text FROM remarks", database="copy") == "first"
