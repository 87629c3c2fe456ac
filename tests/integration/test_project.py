"""Whole commands on whole projects, as a user runs them, against a real engine."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from phlo.discovery import ServiceDiscovery
from phlo.hosts.engine import Engine
from phlo.labels import is_set_aside
from phlo.testing.role_project import free_ports
from tests.integration.conftest import Phlo
from tests.support.proxy import RecordingProxy

ROLE = """
name: web
description: A page
category: web
default: true
image: phlo/test-busybox:1
compose:
  command: [httpd, -f, -p, "80"]
  environment: {COLOUR: blue}
  ports: ["127.0.0.1:{port}:80"]
  stop_grace_period: 1s
"""

OTHER = """
name: other
description: Another one
default: true
image: phlo/test-busybox:1
compose:
  stop_grace_period: 1s
"""

PROJECT = """
name: {name}
services:
  web:
    environment: {{SIZE: big}}
  other: {{enabled: false}}
  custom:
    type: inline
    image: phlo/test-busybox:1
    depends_on: [web]
    volumes: ["data:/data"]
    stop_grace_period: 1s
"""


@pytest.fixture
def port() -> int:
    return free_ports(1)[0]


@pytest.fixture
def folder(tmp_path: Path, project: str, port: int, tiny: str) -> Path:
    """A project with two roles of its own, one of them disabled, and an inline service."""
    for name, text in (("web", ROLE.replace("{port}", str(port))), ("other", OTHER)):
        (tmp_path / "roles" / name).mkdir(parents=True)
        (tmp_path / "roles" / name / "service.yaml").write_text(text)
    # What this environment has installed is not what these tests are about.
    installed = [service.name for service in ServiceDiscovery().get_default_services()]
    switched_off = "".join(f"  {name}: {{enabled: false}}\n" for name in installed)
    (tmp_path / "phlo.yaml").write_text(PROJECT.format(name=project) + switched_off)
    return tmp_path


def containers(engine: Engine, project: str) -> dict[str, dict[str, Any]]:
    """Service -> inspect answer of its container."""
    listed = engine.get("/containers/json", all=True, filters={"label": [f"phlo.project={project}"]})
    current = [entry for entry in listed if not is_set_aside(entry["Names"][0])]
    return {entry["Labels"]["phlo.service"]: engine.get(f"/containers/{entry['Id']}/json") for entry in current}


def instances(engine: Engine, project: str, service: str) -> dict[str, str]:
    """Name -> id of what runs of a service."""
    listed = engine.get("/containers/json", filters={"label": [f"phlo.project={project}", f"phlo.service={service}"]})
    return {entry["Names"][0]: entry["Id"] for entry in listed}


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "phlo.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_an_override_applies_a_disabled_service_stays_away_and_an_inline_one_starts(
    phlo: Phlo, engine: Engine, project: str, port: int
) -> None:
    phlo("run", "up")
    found = containers(engine, project)
    assert set(found) == {"web", "custom"}
    assert {"COLOUR=blue", "SIZE=big"} <= set(found["web"]["Config"]["Env"])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert connection.recv(64).startswith(b"HTTP/1")


def test_a_second_up_changes_nothing_and_writes_nothing(phlo: Phlo, engine: Engine, project: str) -> None:
    phlo("run", "up")
    before = {name: found["Id"] for name, found in containers(engine, project).items()}
    with proxied() as proxy:
        for _ in range(3):
            assert "Nothing to do" in phlo("run", "up", DOCKER_HOST=proxy.address).stderr
    assert proxy.writes == []
    assert {name: found["Id"] for name, found in containers(engine, project).items()} == before


CHANGES: dict[str, tuple[str, str, str]] = {
    "environment": ("SIZE: big", "SIZE: small", "environment.SIZE changed"),
    "environment added": ("SIZE: big", "SIZE: big, SHAPE: round", "environment.SHAPE added"),
    "command": ("web:\n", 'web:\n    command: [httpd, -f, -p, "80", -v]\n', "command"),
    "memory": ("web:\n", "web:\n    mem_limit: 64m\n", "memory limit: none -> 64MB"),
    "label": ("web:\n", "web:\n    labels: {team: data}\n", "labels.team added"),
    "volume": ("web:\n", 'web:\n    volumes: ["more:/more"]\n', "mounts./more added"),
    "user": ("web:\n", 'web:\n    user: "0"\n', "user"),
    "health check": ("web:\n", 'web:\n    healthcheck: {test: ["CMD", "true"]}\n', "healthcheck"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_makes_anew_exactly_the_service_it_is_about(
    case: str, phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    old, new, cause = CHANGES[case]
    phlo("run", "up")
    before = containers(engine, project)
    edit(folder, old, new)
    assert cause in phlo("plan").stdout
    phlo("run", "up")
    after = containers(engine, project)
    changed = {name for name in after if after[name]["Id"] != before[name]["Id"]}
    assert changed == {"web"}
    assert "Nothing to do" in phlo("run", "up").stderr


def test_a_moved_port_is_one_recreate_with_its_cause(phlo: Phlo, folder: Path, port: int) -> None:
    phlo("run", "up")
    (other,) = free_ports(1)
    edit(folder, "web:\n", f"web:\n    port: {other}\n")
    text = phlo("plan").stdout
    assert str(other) in text
    assert str(port) in text
    assert "0 to create, 1 to recreate, 0 to remove" in text
    assert phlo("plan", "--detailed-exitcode", code=2)


def test_a_comment_changes_nothing(phlo: Phlo, folder: Path) -> None:
    phlo("run", "up")
    edit(folder, "name:", "# a comment\nname:")
    assert "Nothing to do" in phlo("run", "up").stderr


def test_what_only_looks_writes_nothing(phlo: Phlo, folder: Path) -> None:
    commands = (
        ["plan"],
        ["run", "up", "--check"],
        ["run", "down", "--check"],
        ["config", "show"],
        ["services", "list"],
    )
    for is_up in (False, True):
        with proxied() as proxy:
            for words in commands:
                phlo(*words, DOCKER_HOST=proxy.address)
        assert proxy.requests
        assert proxy.writes == []
        assert (folder / ".phlo" / ".env.local").exists() is False
        if not is_up:
            phlo("run", "up")
            edit(folder, "SIZE: big", "SIZE: small")


def test_down_removes_all_but_the_data_and_volumes_only_when_told(phlo: Phlo, engine: Engine, project: str) -> None:
    mine = {"label": [f"phlo.project={project}"]}
    phlo("run", "up")
    phlo("run", "down")
    assert containers(engine, project) == {}
    assert engine.get("/networks", filters=mine) == []
    assert [volume["Name"] for volume in engine.get("/volumes", filters=mine)["Volumes"]] == [f"{project}_data"]
    phlo("run", "down", "--volumes", "--yes")
    assert not engine.get("/volumes", filters=mine)["Volumes"]
    phlo("run", "down")


def test_a_service_that_was_disabled_is_shown_and_goes_only_when_told(
    phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    edit(folder, "other: {enabled: false}", "other: {enabled: true}")
    phlo("run", "up")
    edit(folder, "other: {enabled: true}", "other: {enabled: false}")
    assert "--remove-orphans" in phlo("run", "up").stderr
    assert "other" in containers(engine, project)
    phlo("run", "up", "--remove-orphans")
    assert "other" not in containers(engine, project)


def test_a_version_that_does_not_work_is_rolled_back_with_its_own_exit_code(
    phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    phlo("run", "up")
    before = containers(engine, project)["web"]["Id"]
    edit(folder, "web:\n", "web:\n    command: [sh, -c, 'echo broken; exit 9']\n")
    text = phlo("run", "up", code=5).stderr
    assert "broken" in text
    assert "exit status 9" in text
    found = containers(engine, project)["web"]
    assert (found["Id"], found["State"]["Status"]) == (before, "running")


def test_instances_change_over_one_by_one_and_those_after_a_broken_one_stay(
    phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    edit(folder, "  custom:\n", "  custom:\n    scale: 3\n    environment: {V: '1'}\n")
    phlo("run", "up")
    edit(folder, "V: '1'", "V: '2'")
    done = [json.loads(line) for line in phlo("run", "up", "--output", "json").stdout.splitlines()]
    turns = [
        (event["kind"], event["name"].rpartition(":")[2])
        for event in done
        if event["kind"] in ("step_started", "step_finished") and event["service"] == "custom"
        if event["name"].startswith(("container:", "ready:"))
    ]
    assert [number for kind, number in turns] == ["1"] * 4 + ["2"] * 4 + ["3"] * 4

    edit(folder, "environment: {V: '2'}", "command: [sh, -c, 'exit 9']")
    before = instances(engine, project, "custom")
    text = phlo("run", "up", code=5).stderr
    assert text.count("restoring the previous") == 1
    assert instances(engine, project, "custom") == before


def test_a_run_whose_reader_has_gone_goes_on_to_its_end(folder: Path, engine: Engine, project: str, phlo: Phlo) -> None:
    phlo("plan")  # makes what a first run makes
    argv = [sys.executable, "-m", "phlo", "up", "-vv"]
    with subprocess.Popen(argv, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=120) == 0
    assert set(instances(engine, project, "web")) == {f"/{project}-web-1"}


def test_a_version_that_never_worked_is_put_back_but_nothing_is_called_rolled_back(
    phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    never = "web:\n    healthcheck: {test: [CMD, 'false'], interval: 1s, retries: 1}\n"
    edit(folder, "web:\n", never)
    phlo("run", "up", code=1)
    before = containers(engine, project)["web"]["Id"]
    edit(folder, never, f"{never}    command: [sh, -c, 'echo worse; exit 9']\n")

    text = phlo("run", "up", code=1).stderr

    assert "the previous version is restored, but does not work either (unhealthy)" in text
    found = containers(engine, project)["web"]
    assert (found["Id"], found["State"]["Status"]) == (before, "running")


def test_what_runs_is_listed_read_and_taken_down_by_its_name_though_phlo_yaml_is_broken(
    phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    phlo("run", "up")
    (folder / "phlo.yaml").write_text("services: [")

    assert "--project-name NAME" in phlo("ps", code=3).stderr
    assert f"{project}-web-1" in phlo("ps", "-p", project).stdout
    phlo("logs", "-p", project, "web")
    phlo("down", "-p", project, "--volumes", "--yes")

    assert containers(engine, project) == {}


def test_the_services_list_says_how_each_is(phlo: Phlo) -> None:
    phlo("run", "up")
    listed = {service["name"]: service for service in json.loads(phlo("services", "list", "--json").stdout)}
    assert listed["web"]["state"].lower() == "running"
    assert listed["other"]["state"].lower() == "disabled"
    assert "inline" in json.dumps(listed["custom"])


def test_events_as_json_are_one_document_a_line(phlo: Phlo) -> None:
    events = [json.loads(line) for line in phlo("run", "up", "--output", "json").stdout.splitlines()]
    assert [events[0]["kind"], events[-1]["kind"]] == ["run_started", "run_finished"]
    assert all(event["v"] == 2 for event in events)


def test_no_engine_is_exit_code_4_and_says_what_to_do(phlo: Phlo, tmp_path: Path) -> None:
    text = phlo("run", "up", code=4, DOCKER_HOST=f"unix://{tmp_path}/none.sock").stderr
    assert "no Docker engine answers" in text
    assert "phlo doctor" in text


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("  other: {enabled: false}", "  other: {enabld: false}", "phlo.yaml:6 services.other.enabld"),
        ("  other: {enabled: false}", "  othr: {enabled: false}", 'Did you mean "other"?'),
        ("SIZE: big", "SIZE: [", "phlo.yaml:"),
        ("depends_on: [web]", "depends_on: [wbe]", 'Did you mean "web"?'),
        ("depends_on: [web]", "depends_on: [other]", "other"),
    ],
)
def test_a_mistake_in_phlo_yaml_is_exit_code_3_and_changes_nothing(
    old: str, new: str, what: str, phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    edit(folder, old, new)
    assert what in phlo("run", "up", code=3).stderr
    assert containers(engine, project) == {}


class proxied:  # noqa: N801  reads as a verb where it is used
    """A recording proxy for as long as a `with` block lasts."""

    def __enter__(self) -> RecordingProxy:
        # A socket's path may have 107 characters, which pytest's own folders can exceed.
        self._folder = tempfile.TemporaryDirectory(prefix="phlo-proxy-")
        self._proxy = RecordingProxy(Path(self._folder.name) / "docker.sock")
        return self._proxy

    def __exit__(self, *_: object) -> None:
        self._proxy.close()
        self._folder.cleanup()
