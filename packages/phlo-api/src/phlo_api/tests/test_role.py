"""A running phlo-api does what it promises, and its view of the engine only reads."""

from __future__ import annotations

import json
import shlex
from typing import Any

import httpx
import pytest
import testinfra

# Runs in the API's container, which has no other client: prints the status and the body.
ASK_ENGINE = """
import sys
from pathlib import Path
from phlo_api_app.engine import UnixConnection
connection = UnixConnection(Path("/run/phlo-engine/engine.sock"))
connection.request(sys.argv[1], sys.argv[2])
response = connection.getresponse()
print(response.status)
print(response.read().decode())
"""


def get(role: Any, path: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{role.port(4000)}{path}", timeout=10)


def ask_engine(host: Any, method: str, path: str) -> tuple[int, str]:
    status, _, body = host.check_output(shlex.join(["python", "-c", ASK_ENGINE, method, path])).partition("\n")
    return int(status), body


def inspect(role: Any, template: str) -> Any:
    command = shlex.join(["docker", "inspect", "--format", f"{{{{json {template}}}}}", role.container])
    return json.loads(testinfra.get_host("local://").check_output(command))


def test_it_is_healthy_and_sees_the_engine(role: Any) -> None:
    answer = get(role, "/health")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["engine"]) == ("ok", "ok")


@pytest.mark.parametrize("path", ["/api/services", "/api/plugins", "/api/registry"])
def test_a_list_is_not_empty(role: Any, path: str) -> None:
    answer = get(role, path)
    assert answer.status_code == 200
    assert answer.json()


def test_it_lists_itself_as_running_with_its_port(role: Any) -> None:
    service = get(role, f"/api/services/{role.service}").json()
    assert service["state"] == "running"
    assert role.port(4000) in [port["host"] for port in service["ports"]]


def test_an_unknown_service_is_named_with_the_nearest(role: Any) -> None:
    answer = get(role, f"/api/services/{role.service}x")
    assert answer.status_code == 404
    assert answer.json()["nearest"] == role.service


def test_the_configuration_is_shown(role: Any) -> None:
    answer = get(role, "/api/config")
    assert answer.status_code == 200
    assert set(answer.json()) == {"project", "config", "warnings"}


def test_the_documentation_page_needs_no_other_host(role: Any) -> None:
    assert "://" not in get(role, "/docs").text.replace("http://www.w3.org/2000/svg", "")
    assert "SwaggerUIBundle" in get(role, "/docs/assets/swagger-ui-bundle.js").text
    assert "/api/services/{name}" in get(role, "/openapi.json").json()["paths"]


def test_there_is_no_docker_socket_in_the_container(host: Any, role: Any) -> None:
    assert not host.file("/var/run/docker.sock").exists
    assert "docker.sock" not in json.dumps(inspect(role, ".Mounts"))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_the_view_of_the_engine_refuses_to_write(host: Any, method: str) -> None:
    assert ask_engine(host, method, "/containers/json")[0] == 405


@pytest.mark.parametrize(
    "path",
    [
        "/containers/x/logs",
        "/containers/x/archive?path=/",
        "/containers/x/json/../archive?path=/",
        "/containers/..%2fsecrets/json",
        "/secrets",
        "/events",
        "/v1.41/containers/x/top",
    ],
)
def test_the_view_of_the_engine_shows_only_what_is_listed(host: Any, path: str) -> None:
    assert ask_engine(host, "GET", path)[0] == 403


def test_the_view_of_the_engine_hides_the_values_of_an_environment(host: Any, role: Any) -> None:
    status, body = ask_engine(host, "GET", f"/v1.41/containers/{role.container}/json")
    shown = json.loads(body)
    assert status == 200
    assert shown["Config"]["Env"]
    assert all(entry.endswith("=***") for entry in shown["Config"]["Env"])
    assert "Mounts" not in shown


def test_the_container_can_do_as_little_as_possible(host: Any, role: Any) -> None:
    settings = inspect(role, ".HostConfig")
    assert settings["ReadonlyRootfs"] is True
    assert settings["CapDrop"] == ["ALL"]
    assert [option.replace("=", ":") for option in settings["SecurityOpt"]] == ["no-new-privileges:true"]
    assert host.check_output("id -u") != "0"
