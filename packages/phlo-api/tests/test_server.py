"""The API's answers about a real project, resolved by phlo; no engine is needed for what is asked here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from phlo_api.openapi import document_text
from phlo_api.server.app import create_app
from phlo_api.server.settings import HOSTS_VARIABLE, Settings
from serving import OPERATOR, VIEWER, Ask, asking

from phlo.errors import ConfigError

PASSWORD = "correct-horse-battery-staple"
PROJECT = """
name: lake
description: a lake for tests
services:
  defaults: false
  enabled: [postgres]
  web:
    type: inline
    image: web:1
    ports: [{target: 80, published: 8080, app_protocol: http}]
    environment: {GREETING: hello, DATABASE: "${POSTGRES_PASSWORD}"}
    depends_on: [postgres]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a secret, and an engine that is not there."""
    (tmp_path / ".phlo").mkdir()
    (tmp_path / "phlo.yaml").write_text(PROJECT)
    (tmp_path / ".phlo" / ".env.local").write_text(f"POSTGRES_PASSWORD={PASSWORD}\n")
    return tmp_path


@pytest.fixture
def settings(root: Path) -> Settings:
    return Settings(
        root=root,
        state_folder=root / ".phlo" / "api",
        environ={"DOCKER_HOST": f"unix://{root}/no.sock", "PATH": "/usr/bin:/bin", HOSTS_VARIABLE: "lake.example"},
        tokens={"viewer": VIEWER, "operator": OPERATOR},
    )


@pytest.fixture
def ask(settings: Settings) -> Iterator[Ask]:
    with asking(settings) as ask:
        yield ask


def test_the_openapi_document_that_is_checked_in_is_that_of_the_code() -> None:
    checked_in = Path(__file__).parents[1] / "openapi.json"
    assert checked_in.read_text() == document_text(), (
        "run `python -m phlo_api.openapi > packages/phlo-api/openapi.json`"
    )


def test_every_reference_of_the_openapi_document_leads_somewhere() -> None:
    document = json.loads(document_text())
    schemas = document["components"]["schemas"]
    named = [part.split('"')[0] for part in document_text().split('"#/components/schemas/')[1:]]
    assert set(named) <= set(schemas)


def test_services_are_those_of_the_project_with_their_source(ask: Ask) -> None:
    shown = {one["name"]: one for one in ask("/services").json()}
    assert shown["web"]["enabled"] is True
    assert shown["web"]["status"] == "unknown"
    assert [(port["host_port"], port["container_port"]) for port in shown["web"]["ports"]] == [(8080, 80)]
    assert shown["web"]["depends_on"] == [{"service": "postgres", "condition": "service_healthy"}]
    assert shown["trino"]["enabled"] is False
    assert "sql" in shown["postgres"]["provides"]


def test_an_edit_of_the_project_is_seen_by_the_next_request(ask: Ask, root: Path) -> None:
    assert ask("/services/web").json()["ports"][0]["host_port"] == 8080
    (root / "phlo.yaml").write_text(PROJECT.replace("8080", "9090"))
    assert ask("/services/web").json()["ports"][0]["host_port"] == 9090


def test_an_edit_that_breaks_the_project_is_a_problem_with_its_line_and_the_api_stays_healthy(
    ask: Ask, root: Path
) -> None:
    (root / "phlo.yaml").write_text(PROJECT.replace("8080", "80a"))
    answer = ask("/services")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["where"].startswith("phlo.yaml:10")
    assert answer.json()["fix"]
    assert ask("/health", token=None).status_code == 200


def test_no_answer_shows_a_secret(ask: Ask) -> None:
    paths = ["/project", "/services", "/services/web/environment", "/config", "/graph", "/plugins", "/plan", "/tokens"]
    for path in paths:
        answer = ask(path, token=OPERATOR)
        assert answer.status_code in (200, 503), (path, answer.text)
        assert PASSWORD not in answer.text, path
        assert OPERATOR not in answer.text, path


def test_an_environment_says_where_each_value_was_written_and_keeps_secrets(ask: Ask) -> None:
    shown = {one["name"]: one for one in ask("/services/web/environment").json()}
    assert shown["GREETING"]["value"] == "hello"
    assert shown["GREETING"]["source"]["file"] == "phlo.yaml"
    assert shown["GREETING"]["source"]["line"] == 11
    assert (shown["DATABASE"]["value"], shown["DATABASE"]["secret"]) == (None, True)


def test_a_variable_shows_the_values_that_lost(ask: Ask, root: Path) -> None:
    (root / ".phlo" / ".env").write_text("POSTGRES_PORT=6000\n")
    shown = {one["key"]: one for one in ask("/config").json()}["POSTGRES_PORT"]
    assert (shown["value"], shown["source"]["layer"]) == ("6000", ".phlo/.env")
    assert [one["source"]["layer"] for one in shown["losers"]] == ["role defaults"]


def test_an_unknown_service_is_a_404_with_the_nearest_name(ask: Ask) -> None:
    answer = ask("/services/postgras")
    assert (answer.status_code, answer.json()["fix"]) == (404, 'Did you mean "postgres"?')


def test_a_host_that_does_not_answer_says_why(ask: Ask) -> None:
    (host,) = ask("/hosts").json()
    assert (host["name"], host["reachable"]) == ("local", False)
    assert "no.sock" in host["problem"]


@pytest.mark.parametrize("path", ["/project", "/services", "/plan", "/runs", "/logs", "/metrics", "/tokens", "/audit"])
@pytest.mark.parametrize("token", [None, "", "wrong", VIEWER + "x", VIEWER[:-1]])
def test_nothing_is_told_without_a_right_token(ask: Ask, path: str, token: str | None) -> None:
    answer = ask(path, token=token)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["fix"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/actions/up"),
        ("POST", "/actions/rollback"),
        ("POST", "/services/web/restart"),
        ("POST", "/services/postgres/actions/backup"),
        ("POST", "/tokens/viewer/rotate"),
        ("POST", "/data/queries"),
        ("POST", "/data/export"),
        ("DELETE", "/data/queries/some-query"),
        ("GET", "/audit"),
    ],
)
def test_a_viewer_may_do_nothing(ask: Ask, method: str, path: str) -> None:
    answer = ask(path, method=method, json={"sql": "select 1"} if "data" in path else {})
    assert answer.status_code == 403


def test_every_operation_that_is_no_get_is_refused_to_a_viewer(ask: Ask) -> None:
    values = {"name": "web", "action": "backup", "query": "some-query"}
    for path, methods in json.loads(document_text())["paths"].items():
        plain = path.removeprefix("/api/v1")
        for name, value in {**values, **({"name": "postgres"} if "action" in path else {})}.items():
            plain = plain.replace(f"{{{name}}}", value)
        for method in set(methods) - {"get"}:
            plain = plain.replace("tokens/web", "tokens/viewer")
            body = {"sql": "select 1"} if "data" in path else {}
            answer = ask(plain, method=method.upper(), json=body)
            assert answer.status_code == 403, (method, plain, answer.text)


def test_what_phlo_yaml_does_not_allow_is_refused_to_an_operator_too_and_noted(ask: Ask) -> None:
    answer = ask("/actions/up", token=OPERATOR, method="POST", json={})
    assert answer.status_code == 403
    assert "PHLO_API_ACTIONS" in answer.json()["fix"]
    (entry,) = ask("/audit", token=OPERATOR).json()
    assert (entry["who"], entry["action"], entry["result"]) == ("operator", "up", "refused")


def test_a_rotated_token_counts_and_the_old_one_does_not_also_after_a_restart(ask: Ask, settings: Settings) -> None:
    fresh = ask("/tokens/viewer/rotate", token=OPERATOR, method="POST").json()["token"]
    assert ask("/session", token=fresh).json()["name"] == "viewer"
    assert ask("/session", token=VIEWER).status_code == 401
    kept = (settings.state_folder / "tokens.json").read_text()
    assert fresh not in kept
    assert OPERATOR not in kept
    again = create_app(settings).state.context.tokens
    assert again.identify(fresh).name == "viewer"
    assert again.identify(VIEWER) is None


def test_every_answer_has_the_headers_that_browsers_heed_and_none_for_other_origins(ask: Ask) -> None:
    for answer in (ask("/session"), ask("/nowhere"), ask("/session", token=None)):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    other = ask("/session", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers
    assert ask("/session", method="OPTIONS", headers={"Origin": "https://evil.example"}).status_code == 405


def test_a_body_that_is_too_large_is_refused_before_it_is_read(ask: Ask) -> None:
    assert ask("/data/queries", token=OPERATOR, method="POST", content=b"x" * 1_000_001).status_code == 413


def test_what_the_lake_lacks_is_a_404_that_says_what_brings_it(ask: Ask) -> None:
    answer = ask("/data/branches")
    assert answer.status_code == 404
    assert "nessie" in answer.json()["fix"]


def test_in_a_container_the_home_is_that_of_who_ran_phlo(tmp_path: Path) -> None:
    control = tmp_path / "control.json"
    control.write_text('{"project": "lake", "home": "/home/ann", "variables": {"TZ": "UTC"}, "bases": {}}')
    settings = Settings(root=tmp_path, state_folder=tmp_path, environ={"PATH": "/bin"}, control=control)
    assert settings.resolving().environ == {"PATH": "/bin", "HOME": "/home/ann", "TZ": "UTC"}


def test_a_project_that_cannot_be_read_is_said_rather_than_that_the_token_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "phlo.yaml").write_text("name: [")
    app = create_app(Settings(root=tmp_path, state_folder=tmp_path / "state"))
    with pytest.raises(ConfigError, match=r"phlo\.yaml"):
        app.state.context.identify(VIEWER)
    app.state.context.close()
