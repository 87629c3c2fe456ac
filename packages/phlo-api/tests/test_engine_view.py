"""What the view of the engine lets through, without an engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from engine_view import Project, keep, may_pass, shape_of, shown, upstream_target, view

OWN, OTHER = "a" * 64, "b" * 64


class Known(Project):
    """The project `demo`, one of whose containers is OWN, with an exec `own-run` in it."""

    def __init__(self) -> None:
        super().__init__("/nowhere.sock", OWN)
        self._name = "demo"

    def owns(self, container: str) -> bool:
        return container == OWN or container in self.made

    def runs(self, execution: str) -> bool:
        return execution == "own-run"


@pytest.mark.parametrize(
    "path",
    [
        "/_ping",
        "/version",
        "/v1.41/info",
        "/containers/json",
        "/v1.51/containers/lake-postgres-1/json",
        "/images/json",
        "/images/phlo/postgres:17-abc/json",
        "/networks",
        "/networks/lake_default",
        "/volumes",
    ],
)
def test_a_listed_path_is_shown(path: str) -> None:
    assert shape_of(path) is not None


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/containers/create",
        "/containers/x/logs",
        "/containers/x/json/",
        "/containers/../json",
        "/containers/x%2f..%2fjson",
        "/containers/x/../secrets/json",
        "//containers/json",
        "/v1.41/v1.41/info",
        "/secrets",
        "/configs",
        "/events",
        "/exec/x/json",
        "/containers/json\n",
    ],
)
def test_any_other_path_is_refused_without_asking_the_engine(path: str) -> None:
    status, _ = view(Known(), "/nowhere.sock", "GET", path, "")
    assert status == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "get"])
def test_a_method_that_is_not_get_or_head_is_refused(method: str) -> None:
    status, _ = view(Known(), "/nowhere.sock", method, "/containers/json", "")
    assert status == 405
    assert not may_pass(Known(), method, "/containers/create", writes=False)


def test_an_engine_that_is_not_there_is_a_502_that_says_so(tmp_path: Path) -> None:
    status, body = view(Known(), str(tmp_path / "none.sock"), "GET", "/version", "")
    assert status == 502
    assert b"No such file" in body


INSPECTED: dict[str, Any] = {
    "Id": "abc",
    "Path": "server",
    "Args": ["--password=hunter2"],
    "Config": {
        "Image": "demo:1",
        "Env": ["PASSWORD=hunter2", "EMPTY=", "NO_VALUE"],
        "Cmd": ["--password=hunter2"],
        "Labels": {"phlo.project": "other", "traefik.auth": "hunter2"},
    },
    "HostConfig": {"Binds": ["/hunter2:/data"]},
    "Mounts": [{"Source": "/hunter2"}],
    "State": {"Status": "running", "Health": {"Status": "healthy", "Log": [{"Output": "hunter2"}]}},
    "NetworkSettings": {"Ports": {}, "IPAddress": "172.17.0.2"},
}


def test_of_a_container_of_another_project_no_secret_gets_through() -> None:
    assert shown(INSPECTED, shape_of("/containers/abc/json"), Known()) == {
        "Id": "abc",
        "Config": {
            "Image": "demo:1",
            "Env": ["PASSWORD=***", "EMPTY=***", "NO_VALUE=***"],
            "Labels": {"phlo.project": "other"},
        },
        "State": {"Status": "running", "Health": {"Status": "healthy"}},
        "NetworkSettings": {"Ports": {}},
    }


def test_a_container_of_the_project_is_shown_whole() -> None:
    mine = json.loads(json.dumps(INSPECTED).replace('"other"', '"demo"'))
    assert shown(mine, shape_of("/containers/abc/json"), Known()) == mine


def test_of_a_list_the_projects_own_entries_are_whole_and_others_are_cut() -> None:
    mine = {"Id": "a", "Command": "server", "Labels": {"phlo.project": "demo", "x": "y"}}
    other = {"Id": "b", "Command": "server --password=hunter2", "Labels": None, "Ports": [{"PrivatePort": 1, "X": 2}]}
    found = shown([mine, other], shape_of("/containers/json"), Known())
    assert found == [mine, {"Id": "b", "Labels": None, "Ports": [{"PrivatePort": 1}]}]
    assert keep([other], shape_of("/containers/json")) == found[1:]


@pytest.mark.parametrize(
    ("method", "path", "reading", "writing"),
    [
        ("GET", f"/v1.41/containers/{OWN}/logs", True, True),
        ("GET", f"/v1.41/containers/{OTHER}/logs", False, False),
        ("GET", f"/containers/{OTHER}/archive", False, False),
        ("POST", "/v1.41/containers/create", False, True),
        ("POST", f"/containers/{OWN}/start", False, True),
        ("POST", f"/containers/{OTHER}/start", False, False),
        ("DELETE", f"/containers/{OTHER}", False, False),
        ("POST", f"/containers/{OTHER}/exec", False, False),
        ("POST", "/exec/own-run/start", False, True),
        ("POST", "/exec/another/start", False, False),
        ("POST", "/build", False, True),
        ("POST", "/containers/prune", False, False),
        ("POST", "/images/prune", False, False),
        ("POST", "/swarm/init", False, False),
        ("POST", "/secrets/create", False, False),
        ("GET", "/containers/json", False, False),
        ("POST", f"/containers/{OWN}/../{OTHER}/start", False, False),
    ],
)
def test_what_goes_to_the_engine_as_it_is(method: str, path: str, reading: bool, writing: bool) -> None:
    assert may_pass(Known(), method, path, writes=False) is reading
    assert may_pass(Known(), method, path, writes=True) is writing


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ("", "/containers/json"),
        ("all=true&size=1", "/containers/json?all=true"),
        (
            "filters=%7B%22label%22%3A%5B%22a%3Db%22%5D%7D",
            "/containers/json?filters=%7B%22label%22%3A%5B%22a%3Db%22%5D%7D",
        ),
    ],
)
def test_of_a_query_only_harmless_names_reach_the_engine(query: str, target: str) -> None:
    assert upstream_target("/containers/json", query) == target
