"""A running postgres-exporter does what it promises."""

from __future__ import annotations

from typing import Any

import pytest
import testinfra

pytestmark = pytest.mark.service("postgres-exporter")


def test_it_tells_how_the_database_is(host: Any) -> None:
    metrics = host.check_output("wget -q -O - http://127.0.0.1:9187/metrics").splitlines()
    assert "pg_up 1" in metrics
    assert any(line.startswith("pg_database_size_bytes{") and 'datname="first"' in line for line in metrics)


def test_it_is_not_root(host: Any) -> None:
    assert host.check_output("id -u") == "65534"


def test_its_password_is_in_no_docker_inspect(role: Any) -> None:
    inspected = testinfra.get_host("local://").check_output(f"docker inspect {role.container}")
    assert role.value("POSTGRES_EXPORTER_PASSWORD") not in inspected
