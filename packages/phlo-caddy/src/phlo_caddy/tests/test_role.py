"""A running phlo-caddy does what it promises, in front of a service with a page: the phlo API."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import testinfra

CADDYFILE = "/etc/caddy/Caddyfile"


def get(role: Any, name: str, path: str = "/") -> httpx.Response:
    """What a browser gets at http://NAME.localhost, without a resolver that knows such names."""
    port = role.port(8000)
    return httpx.get(f"http://127.0.0.1:{port}{path}", headers={"Host": f"{name}:{port}"})


def docker(command: str) -> str:
    return str(testinfra.get_host("local://").check_output(f"docker {command}"))


def test_a_services_page_is_at_its_name(role: Any) -> None:
    answer = get(role, "phlo-api.localhost", "/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_the_first_page_links_to_every_page_on_the_port_that_was_asked(role: Any) -> None:
    links = re.findall(r'href="([^"]+)"', get(role, "localhost").text)
    assert f"http://phlo-api.localhost:{role.port(8000)}/docs" in links


def test_every_link_of_the_first_page_leads_to_a_page(role: Any) -> None:
    links = [httpx.URL(link) for link in re.findall(r'href="([^"]+)"', get(role, "localhost").text)]
    assert links
    assert {get(role, link.host, link.path).status_code for link in links} == {200}


@pytest.mark.parametrize("name", ["nothing.localhost", "evil.example", "phlo-api-engine.localhost"])
def test_a_name_that_is_not_known_reaches_no_service(role: Any, name: str) -> None:
    answer = get(role, name, "/health")
    assert answer.status_code == 404
    assert f"http://localhost:{role.port(8000)}/" in answer.text


@pytest.fixture
def changed(host: Any, role: Any, tmp_path: Path) -> Iterator[None]:
    """The routes with another name for the same page, put there as phlo does it."""
    before = host.file(CADDYFILE).content_string
    file = tmp_path / "Caddyfile"
    for text in (before.replace("http://phlo-api.", "http://other."), before):
        file.write_text(text)
        docker(f"cp {file} {role.container}:{CADDYFILE}")
        if text != before:
            yield


def test_routes_that_change_are_taken_without_a_restart(role: Any, changed: None) -> None:
    since = docker(f"inspect --format '{{{{.State.StartedAt}}}}' {role.container}")
    deadline = time.monotonic() + 30
    while get(role, "other.localhost", "/health").status_code != 200:
        assert time.monotonic() < deadline, "the changed route is not served"
        time.sleep(0.2)
    assert get(role, "phlo-api.localhost", "/health").status_code == 404
    assert docker(f"inspect --format '{{{{.State.StartedAt}}}}' {role.container}") == since


def test_it_counts_what_it_does(host: Any, role: Any) -> None:
    # It counts from zero when it reads its routes again, as it may be doing because of the test before.
    deadline = time.monotonic() + 30
    counted = ""
    while "caddy_http_requests_total" not in counted:
        assert time.monotonic() < deadline, counted
        get(role, "phlo-api.localhost", "/health")
        counted = host.check_output("wget -q -O - http://127.0.0.1:9180/metrics")


def test_its_administration_is_reached_from_nowhere(host: Any) -> None:
    assert host.run("wget -q -T 2 -t 1 -O - http://127.0.0.1:2019/config/").failed


def test_it_is_not_root(host: Any) -> None:
    assert host.file("/proc/1").user == "nobody"
