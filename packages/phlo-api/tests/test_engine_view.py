"""What the view of the engine lets through, without an engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from engine_view import keep, shape_of, upstream_target, view


@pytest.mark.parametrize(
    "path",
    [
        "/_ping",
        "/version",
        "/v1.41/info",
        "/containers/json",
        "/v1.51/containers/lake-postgres-1/json",
        "/images/json",
        "/networks",
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
        "/containers/x/archive",
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
    status, _ = view("/nowhere.sock", "GET", path, "")
    assert status == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "get"])
def test_a_method_that_is_not_get_or_head_is_refused(method: str) -> None:
    status, _ = view("/nowhere.sock", method, "/containers/json", "")
    assert status == 405


def test_an_engine_that_is_not_there_is_a_502_that_says_so(tmp_path: Path) -> None:
    status, body = view(str(tmp_path / "none.sock"), "GET", "/version", "")
    assert status == 502
    assert b"No such file" in body


def test_of_a_container_no_secret_gets_through() -> None:
    inspected: dict[str, Any] = {
        "Id": "abc",
        "Path": "server",
        "Args": ["--password=hunter2"],
        "Config": {
            "Image": "demo:1",
            "Env": ["PASSWORD=hunter2", "EMPTY=", "NO_VALUE"],
            "Cmd": ["--password=hunter2"],
            "Labels": {"phlo.project": "demo", "traefik.auth": "hunter2"},
        },
        "HostConfig": {"Binds": ["/hunter2:/data"]},
        "Mounts": [{"Source": "/hunter2"}],
        "State": {"Status": "running", "Health": {"Status": "healthy", "Log": [{"Output": "hunter2"}]}},
        "NetworkSettings": {"Ports": {}, "IPAddress": "172.17.0.2"},
    }
    assert keep(inspected, shape_of("/containers/abc/json")) == {
        "Id": "abc",
        "Config": {
            "Image": "demo:1",
            "Env": ["PASSWORD=***", "EMPTY=***", "NO_VALUE=***"],
            "Labels": {"phlo.project": "demo"},
        },
        "State": {"Status": "running", "Health": {"Status": "healthy"}},
        "NetworkSettings": {"Ports": {}},
    }


def test_a_list_is_cut_item_by_item_and_null_stays_null() -> None:
    listed = [
        {"Id": "a", "Command": "server --password=hunter2", "Labels": None, "Ports": [{"PrivatePort": 1, "X": 2}]}
    ]
    assert keep(listed, shape_of("/containers/json")) == [{"Id": "a", "Labels": None, "Ports": [{"PrivatePort": 1}]}]


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
