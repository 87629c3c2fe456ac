"""What is planned and rendered for PostgREST, which cannot be run where these tests are."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from phlo.config.project import Project, ResolvedService
from phlo.config.request import Request
from phlo.config.resolve import resolve
from phlo.discovery import discover_services
from phlo.inventory import Inventory
from phlo.plan import build
from phlo.values import reveal


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with the profile `api` and values that have to be quoted."""
    (tmp_path / "phlo.yaml").write_text("name: lake\n")
    return resolve(
        discover_services(tmp_path),
        Inventory(),
        root=tmp_path,
        environ={"POSTGREST_PASSWORD": "p@ss/word", "POSTGREST_JWT_SECRET": "s" * 32, "POSTGREST_WRITERS": 'a"b, c'},
        request=Request(services=("postgrest",), generate_secrets=True),
    )


def rendered(service: ResolvedService, path: str) -> str:
    (text,) = [reveal(spec.content) for spec in service.files if spec.path == path]
    return text if isinstance(text, str) else text.decode()


def test_it_signs_in_to_the_database_that_it_claims(project: Project) -> None:
    lines = rendered(project.services["postgrest"], "/etc/postgrest/postgrest.conf").splitlines()

    assert lines == [
        'db-uri = "postgresql://authenticator:p%40ss%2Fword@postgres:5432/phlo"',
        'db-schemas = "api"',
        'db-anon-role = "web_anon"',
        f'jwt-secret = "{"s" * 32}"',
        "server-port = 3000",
        "admin-server-port = 3001",
    ]


def test_its_configuration_is_for_the_server_alone(project: Project) -> None:
    (spec,) = [spec for spec in project.services["postgrest"].files if spec.path == "/etc/postgrest/postgrest.conf"]

    assert (spec.mode, spec.uid, spec.gid) == (0o400, 1000, 1000)


# What `postgrest --ready FILE` does before it asks the admin server, in version 14 (src/PostgREST/Client.hs): it takes
# the admin server's host from the file, else the server's, and refuses the names that stand for several addresses.
READY = r"""#!/bin/bash
[[ $1 == --ready ]] || exit 2
value() { sed -nE "s/^$1 = \"?([^\"]*)\"?/\1/p" "$2"; }
host=$(value admin-server-host "$2"); host=${host:-$(value server-host "$2")}; host=${host:-!4}
port=$(value admin-server-port "$2")
[[ -n $port ]] || { echo "UNREACHABLE: Admin server is not running." >&2; exit 1; }
case $host in "*"|"*4"|"!4"|"*6"|"!6") echo "REFUSED: server-host is $host" >&2; exit 1;; esac
echo "OK: http://$host:$port/ready"
"""


def test_the_health_check_asks_the_admin_server_at_one_address(project: Project, tmp_path: Path) -> None:
    service = project.services["postgrest"]
    (program := tmp_path / "postgrest").write_text(READY)
    program.chmod(0o755)
    assert service.compose.healthcheck is not None
    _, name, *words = service.compose.healthcheck.test
    for file in service.files:
        content = reveal(file.content)
        (tmp_path / Path(file.path).name).write_text(content if isinstance(content, str) else content.decode())
    done = subprocess.run(
        [tmp_path / name, *(str(tmp_path / Path(word).name) if word.startswith("/") else word for word in words)],
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout) == (0, "OK: http://127.0.0.1:3001/ready\n"), done.stderr


def test_the_admin_server_listens_for_other_containers_because_they_read_its_metrics(project: Project) -> None:
    text = rendered(project.services["postgrest"], "/etc/postgrest/postgrest.conf")

    assert "server-host" not in text


def test_the_set_up_signs_in_as_the_administrator(project: Project) -> None:
    text = rendered(project.services["postgrest-setup"], "/etc/postgrest-setup/pg_service.conf")

    assert text.splitlines()[:5] == ["[setup]", "host=postgres", "port=5432", "dbname=phlo", "user=phlo"]


def test_names_are_quoted_in_the_set_up(project: Project) -> None:
    text = rendered(project.services["postgrest-setup"], "/etc/postgrest-setup/setup.sql")

    assert 'GRANT USAGE, CREATE ON SCHEMA "api" TO "a""b";' in text
    assert 'ALTER DEFAULT PRIVILEGES FOR ROLE "c" IN SCHEMA "api"' in text


def test_it_starts_once_the_set_up_has_ended_and_that_once_the_database_is_ready(project: Project) -> None:
    steps = {step.id: step for step in build(project).steps}

    assert "local/postgrest-setup/ready" in steps["local/postgrest/container"].after
    assert "local/postgres/ready" in steps["local/postgrest-setup/container"].after
