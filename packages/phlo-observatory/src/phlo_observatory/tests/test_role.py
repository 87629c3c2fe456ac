"""A running phlo-observatory does what it promises."""

from __future__ import annotations

import json
import shlex
from typing import Any

import httpx
import pytest
import testinfra
from phlo_observatory.tests.browsing import PAGES, Visitor, axe_script

OWN = {"Sec-Fetch-Site": "same-origin"}
# What a page says that needs a lake, in a project without one.
NO_LAKE = "status of 404"


def address(role: Any) -> str:
    return f"http://127.0.0.1:{role.port(4200)}"


def inspect(role: Any, template: str) -> Any:
    command = shlex.join(["docker", "inspect", "--format", f"{{{{json {template}}}}}", role.container])
    return json.loads(testinfra.get_host("local://").check_output(command))


def test_a_page_needs_a_session_and_the_login_is_shown_without(role: Any) -> None:
    refused = httpx.get(f"{address(role)}/runs")
    assert (refused.status_code, refused.headers["location"]) == (302, "/login?then=%2Fruns")
    assert "Sign in" in httpx.get(f"{address(role)}/login").text


def test_without_a_session_nothing_reaches_the_api(role: Any) -> None:
    answer = httpx.get(f"{address(role)}/api/v1/services")
    assert answer.status_code == 401
    assert answer.json()["fix"]


def test_a_token_that_is_not_known_gives_no_session(role: Any) -> None:
    answer = httpx.post(f"{address(role)}/session", json={"token": "not-a-token"}, headers=OWN)
    assert answer.is_client_error
    assert "set-cookie" not in answer.headers


@pytest.fixture(scope="module")
def axe(engine_host: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    return axe_script(engine_host, tmp_path_factory.mktemp("axe"))


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_person_signs_in_and_every_page_is_without_a_fault(role: Any, page: Any, axe: str, theme: str) -> None:
    page.emulate_media(color_scheme=theme)
    visitor = Visitor(page, address(role), axe)
    visitor.sign_in(role.value("PHLO_API_OPERATOR_TOKEN"))
    for path in (*PAGES, "/services/observatory"):
        visitor.open(path)
        assert visitor.barriers() == [], path
        assert [one for one in visitor.problems if not (path == "/data" and NO_LAKE in one)] == [], path
        visitor.problems.clear()


def test_a_page_lets_no_other_site_in(role: Any) -> None:
    headers = httpx.get(f"{address(role)}/login").headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    stranger = httpx.post(f"{address(role)}/session", json={"token": "x"}, headers={"Sec-Fetch-Site": "same-site"})
    assert stranger.status_code == 403


def test_scripts_are_kept_by_browsers_for_good_and_pages_are_not(role: Any) -> None:
    page = httpx.get(f"{address(role)}/login").text
    script = page.partition('src="/assets/')[2].partition('"')[0]
    assert "immutable" in httpx.get(f"{address(role)}/assets/{script}").headers["cache-control"]
    assert httpx.get(f"{address(role)}/assets/missing.js").status_code in (302, 404)


def test_the_check_reaches_phlo_api(role: Any) -> None:
    assert "http://phlo-api:4000/health: 200" in role.run("check")


def test_the_container_can_do_as_little_as_possible(host: Any, role: Any) -> None:
    settings = inspect(role, ".HostConfig")
    assert settings["ReadonlyRootfs"] is True
    assert settings["CapDrop"] == ["ALL"]
    assert host.check_output("id -u") == "4200"
    assert not host.file("/var/run/docker.sock").exists


def test_the_session_key_is_for_the_server_alone(host: Any, role: Any) -> None:
    file = host.file("/var/lib/observatory/settings.json")
    assert (file.user, file.mode) == ("observatory", 0o400)
    assert role.value("OBSERVATORY_SESSION_KEY") not in json.dumps(inspect(role, "."))


def test_the_image_holds_what_runs_and_no_more(host: Any) -> None:
    assert host.check_output("ls /app/node_modules") == "srvx"
    assert not host.exists("npm")
