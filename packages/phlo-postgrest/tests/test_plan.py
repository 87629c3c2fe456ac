"""What is planned and rendered for PostgREST, which cannot be run where these tests are."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo.config.project import Project, ResolvedService
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
        asked=("postgrest",),
        generate_secrets=True,
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
    (spec,) = project.services["postgrest"].files

    assert (spec.mode, spec.uid, spec.gid) == (0o400, 1000, 1000)


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
