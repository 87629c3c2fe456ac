"""examples/rotation: a database and its client get another password, and the old one opens nothing any more."""

from __future__ import annotations

import os
import subprocess

from tests.e2e.conftest import Example

EXAMPLE = "rotation"


def is_let_in(container: str, password: str) -> bool:
    """Whether the database takes a password over the network."""
    script = 'psql -w -h "$(hostname -i)" -U phlo -d phlo -c "select 1"'
    argv = ["docker", "exec", "-e", "PGPASSWORD", container, "sh", "-c", script]
    return subprocess.run(argv, env={**os.environ, "PGPASSWORD": password}, capture_output=True).returncode == 0


def test_only_the_new_password_opens_the_database_and_its_client_works_on(example: Example) -> None:
    example.phlo("up")
    old = example.phlo("secrets", "get", "POSTGRES_PASSWORD").strip()
    assert "Services that use it: client, postgres." in example.phlo("secrets", "rotate", "POSTGRES_PASSWORD")
    new = example.phlo("secrets", "get", "POSTGRES_PASSWORD").strip()
    assert [is_let_in(f"{example.name}-postgres-1", password) for password in (old, new)] == [False, True]
    assert "Nothing to do" in example.phlo("up")
