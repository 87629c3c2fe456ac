"""A running phlo-grafana does what it promises."""

from __future__ import annotations

import time
from typing import Any

import httpx


def api(role: Any, path: str) -> httpx.Response:
    login = (role.value("GRAFANA_USER"), role.value("GRAFANA_PASSWORD"))
    return httpx.get(f"http://127.0.0.1:{role.port(3000)}/api/{path}", auth=login)


def test_the_generated_password_lets_in_and_another_does_not(role: Any) -> None:
    assert api(role, "org").status_code == 200
    url = f"http://127.0.0.1:{role.port(3000)}/api/org"
    assert httpx.get(url, auth=(role.value("GRAFANA_USER"), "admin")).status_code == 401


def test_its_data_source_answers(role: Any) -> None:
    assert api(role, "datasources/uid/figures/health").json()["status"] == "OK"


def test_the_dashboard_of_the_services_is_there(role: Any) -> None:
    deadline = time.monotonic() + 30
    while api(role, "dashboards/uid/phlo-services").status_code != 200:
        assert time.monotonic() < deadline, "the dashboard is not there"
        time.sleep(0.5)


def test_it_is_not_root(host: Any) -> None:
    assert host.file("/proc/1").user == "grafana"
