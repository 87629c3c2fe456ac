"""The API's answers, with a state file and an engine that plays back a recorded list."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Any

import httpx
import pytest
from phlo_api_app.app import Settings, create_app
from phlo_api_app.state import masked

STATE = {
    "project": "demo",
    "services": [
        {
            "name": "postgres",
            "description": "PostgreSQL",
            "category": "database",
            "kind": "package",
            "package": "phlo-postgres",
            "version": "17",
            "image": "phlo/postgres:17",
            "ports": [{"host": 5432, "container": 5432, "protocol": "tcp"}],
            "depends_on": [],
            "enabled": True,
            "reason": "default",
        },
        {
            "name": "hello",
            "kind": "inline",
            "ports": [{"host": 8000, "container": 8000, "protocol": "tcp", "app_protocol": "http"}],
            "depends_on": [{"service": "postgres", "condition": "service_healthy"}],
            "enabled": True,
        },
        {"name": "superset", "enabled": False, "reason": "disabled in phlo.yaml", "ports": [], "depends_on": []},
    ],
    "plugins": [{"name": "postgres", "problem": None}],
    "registry": [{"name": "phlo-postgres"}],
    "config": {"env": {"DB_PASSWORD": "hunter2", "LEVEL": "info"}},
    "warnings": ["one thing"],
}
LISTED = [
    {
        "Image": "phlo/postgres:17-abc",
        "State": "running",
        "Status": "Up 3 minutes (healthy)",
        "Labels": {"phlo.project": "demo", "phlo.service": "postgres"},
        "Ports": [{"IP": "127.0.0.1", "PrivatePort": 5432, "PublicPort": 15432, "Type": "tcp"}],
    },
    {
        "Names": ["/demo-postgres-1.phlo-before-20260131-120000-000000"],
        "Image": "phlo/postgres:16-abc",
        "State": "exited",
        "Status": "Exited (0) 2 days ago",
        "Labels": {"phlo.project": "demo", "phlo.service": "postgres"},
        "Ports": [],
    },
    {
        "Image": "hello:1",
        "State": "exited",
        "Status": "Exited (1) 2 seconds ago",
        "Labels": {"phlo.project": "demo", "phlo.service": "hello"},
        "Ports": [],
    },
    {
        "Image": "hello:1",
        "State": "running",
        "Status": "Up 1 second (health: starting)",
        "Labels": {"phlo.project": "demo", "phlo.service": "hello"},
        "Ports": [
            {"IP": "::", "PrivatePort": 8000, "PublicPort": 8001, "Type": "tcp"},
            {"IP": "0.0.0.0", "PrivatePort": 8000, "PublicPort": 8001, "Type": "tcp"},
        ],
    },
]


class _Recorded(BaseHTTPRequestHandler):
    """Answers every GET with LISTED."""

    def do_GET(self) -> None:
        body = json.dumps(LISTED).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Nothing: the test's output is for the test."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A state file, and no engine."""
    state_file = tmp_path / "state.json"
    state_file.write_text(json.dumps(STATE))
    return Settings(state_file=state_file, view_socket=tmp_path / "engine.sock", assets=tmp_path)


@pytest.fixture
def engine(settings: Settings) -> Iterator[None]:
    with ThreadingUnixStreamServer(str(settings.view_socket), _Recorded) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield
        server.shutdown()
        thread.join()


def get(settings: Settings, path: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=create_app(settings))
        async with httpx.AsyncClient(transport=transport, base_url="http://lake.example:4000") as client:
            return await client.get(path)

    return asyncio.run(ask())


@pytest.mark.usefixtures("engine")
def test_services_join_what_is_known_with_what_runs(settings: Settings) -> None:
    answer = get(settings, "/api/services")
    assert answer.status_code == 200
    shown = {service["name"]: service for service in answer.json()}
    assert list(shown) == ["hello", "postgres", "superset"]
    postgres = shown["postgres"]
    assert (postgres["state"], postgres["health"], postgres["image"]) == ("running", "healthy", "phlo/postgres:17-abc")
    assert postgres["ports"] == [{"host": 15432, "container": 5432, "protocol": "tcp"}]
    assert postgres["urls"] == ["tcp://127.0.0.1:15432"]


@pytest.mark.usefixtures("engine")
def test_of_several_instances_the_one_that_needs_attention_is_shown(settings: Settings) -> None:
    hello = get(settings, "/api/services/hello").json()
    assert (hello["state"], hello["health"]) == ("exited", "starting")


@pytest.mark.usefixtures("engine")
def test_a_port_published_everywhere_is_reached_by_the_name_the_caller_used(settings: Settings) -> None:
    assert get(settings, "/api/services/hello").json()["urls"] == ["http://lake.example:8001"]


@pytest.mark.usefixtures("engine")
def test_a_disabled_service_is_absent_and_says_why(settings: Settings) -> None:
    superset = get(settings, "/api/services/superset").json()
    assert (superset["enabled"], superset["state"]) == (False, "absent")
    assert superset["reason"] == "disabled in phlo.yaml"


def test_without_an_engine_services_are_a_503_with_the_reason_and_unknown_states(settings: Settings) -> None:
    answer = get(settings, "/api/services")
    assert answer.status_code == 503
    assert "does not answer" in answer.json()["error"]
    assert {service["state"] for service in answer.json()["services"]} == {"unknown"}


def test_without_an_engine_the_api_itself_is_healthy(settings: Settings) -> None:
    answer = get(settings, "/health")
    assert answer.status_code == 200
    assert "does not answer" in answer.json()["engine"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("postgras", {"error": 'there is no service "postgras"', "nearest": "postgres"}),
        ("zzz", {"error": 'there is no service "zzz"'}),
    ],
)
def test_an_unknown_service_is_a_404_with_the_nearest_name(
    settings: Settings, name: str, problem: dict[str, str]
) -> None:
    answer = get(settings, f"/api/services/{name}")
    assert (answer.status_code, answer.json()) == (404, problem)


def test_the_configuration_hides_what_sounds_secret(settings: Settings) -> None:
    answer = get(settings, "/api/config")
    assert answer.json()["config"] == {"env": {"DB_PASSWORD": "***", "LEVEL": "info"}}
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(("path", "entries"), [("/api/plugins", "plugins"), ("/api/registry", "registry")])
def test_plugins_and_registry_are_shown_as_phlo_wrote_them(settings: Settings, path: str, entries: str) -> None:
    assert get(settings, path).json() == STATE[entries]


@pytest.mark.parametrize("content", [None, "", "not json", "[]", "{}"])
def test_a_state_that_cannot_be_read_is_a_503_that_says_so(settings: Settings, content: str | None) -> None:
    settings.state_file.unlink()
    if content is not None:
        settings.state_file.write_text(content)
    answer = get(settings, "/api/config")
    assert answer.status_code == 503
    assert str(settings.state_file) in answer.json()["error"]
    assert get(settings, "/health").json()["project"] is None


def test_the_documentation_page_names_no_other_host(settings: Settings) -> None:
    page = get(settings, "/docs")
    assert page.status_code == 200
    assert "://" not in page.text.replace("http://www.w3.org/2000/svg", "")
    assert "default-src 'self'" in page.headers["content-security-policy"]


def test_every_route_is_in_the_openapi_document(settings: Settings) -> None:
    assert set(get(settings, "/openapi.json").json()["paths"]) == {
        "/health",
        "/api/services",
        "/api/services/{name}",
        "/api/plugins",
        "/api/registry",
        "/api/config",
    }


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"POSTGRES_PASSWORD": "x"}, {"POSTGRES_PASSWORD": "***"}),
        ({"POSTGRES_PASSWORD_FILE": "/run/x"}, {"POSTGRES_PASSWORD_FILE": "/run/x"}),
        ({"api-key": 7}, {"api-key": "***"}),
        ({"secret": True}, {"secret": True}),
        (["TOKEN=x", "A=b", "plain"], ["TOKEN=***", "A=b", "plain"]),
        ({"secrets": {"a": ["b"]}}, {"secrets": {"a": ["b"]}}),
        (
            {"deep": [{"accessKey": "x", "client_secret": "x"}]},
            {"deep": [{"accessKey": "***", "client_secret": "***"}]},
        ),
    ],
)
def test_masking_looks_at_the_names_of_texts(value: Any, shown: Any) -> None:
    assert masked(value) == shown
