"""A started quickstart answers on every address its README names. Run after `phlo run up` in this folder."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import httpx
import pytest

PROJECT = Path(__file__).parents[1]
API = "http://127.0.0.1:4000"
RUNNING = {"hello", "phlo-api", "phlo-api-engine", "postgres", "seaweedfs"}
DISABLED = {"hello-preview"}


def ask(route: str) -> httpx.Response:
    """What phlo-api answers to the token that reads."""
    lines = (PROJECT / ".phlo/.env.local").read_text(encoding="utf-8").splitlines()
    token = next(line.partition("=")[2] for line in lines if line.startswith("PHLO_API_VIEWER_TOKEN="))
    asked = httpx.get(f"{API}/api/v1/{route}", headers={"Authorization": f"Bearer {token}"}, timeout=60)
    return asked.raise_for_status()


def states() -> dict[str, tuple[str, str | None]]:
    """State and health of every service, by name."""
    return {service["name"]: (service["status"], service["health"]) for service in ask("services").json()}


def secrets() -> list[str]:
    """The values phlo generated for this project."""
    lines = (PROJECT / ".phlo/.env.local").read_text(encoding="utf-8").splitlines()
    return [line.partition("=")[2].strip("\"'") for line in lines if "=" in line and not line.startswith("#")]


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("http://127.0.0.1:8000/", 200),
        ("http://127.0.0.1:8000/cgi-bin/services", 200),
        (f"{API}/health", 200),
        (f"{API}/docs", 200),
        (f"{API}/api/v1/services", 401),  # without a token
        ("http://127.0.0.1:9000/healthz", 200),
        ("http://127.0.0.1:9000/", 403),  # S3 without a key
        ("http://127.0.0.1:8181/v1/config", 200),
    ],
)
def test_an_address_answers(url: str, status: int) -> None:
    assert httpx.get(url, timeout=10).status_code == status


@pytest.mark.parametrize(("name", "ports"), [("postgres", {5433}), ("seaweedfs", {9000, 8181}), ("hello", {8000})])
def test_a_service_is_published_on_the_ports_of_phlo_yaml_alone(name: str, ports: set[int]) -> None:
    service = ask(f"services/{name}").json()
    assert {port["host_port"] for port in service["ports"]} == ports
    for port in ports:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()


def test_every_service_is_running_and_healthy() -> None:
    # phlo's own probes are done before the engine's next one is due, which is when the engine says "healthy".
    deadline = time.monotonic() + 30
    while "starting" in {health for _, health in states().values()} and time.monotonic() < deadline:
        time.sleep(0.2)
    assert {name: state for name, state in states().items() if name in RUNNING} == dict.fromkeys(
        RUNNING, ("running", "healthy")
    )


def test_the_disabled_service_has_no_container() -> None:
    assert {states()[name][0] for name in DISABLED} == {"disabled"}


def test_the_inline_service_reaches_the_api_by_name() -> None:
    page = httpx.get("http://127.0.0.1:8000/cgi-bin/services", timeout=10).json()
    assert {service["name"] for service in page} >= RUNNING


def test_no_generated_secret_leaves_by_the_api() -> None:
    routes = ("services", "services/postgres/environment", "plugins", "registry", "config", "plan", "runs", "tokens")
    said = "".join(ask(route).text for route in routes)
    assert secrets()
    assert [secret for secret in secrets() if secret in said] == []
