"""What the view of the engine lets through, without an engine."""

from __future__ import annotations

import json
from typing import Any

import pytest
from engine_policy import find_route, keep, plain_path, plain_query, shown

OWN, OTHER = "a" * 64, "b" * 64


def shape_of(path: str) -> Any:
    """The shape of the view at a path."""
    found = find_route("GET", path, writes=False)
    assert found is not None
    return found[0].shape


@pytest.mark.parametrize(
    ("target", "plain"),
    [
        ("/_ping", ("", "/_ping")),
        ("/v1.41/info", ("/v1.41", "/info")),
        ("/v1.51/containers/lake-postgres-1/json", ("/v1.51", "/containers/lake-postgres-1/json")),
        ("/images/phlo/postgres%3A17%40sha256:ab/json", ("", "/images/phlo/postgres:17@sha256:ab/json")),
    ],
)
def test_a_plain_path_is_split_from_its_version(target: str, plain: tuple[str, str]) -> None:
    assert plain_path(target) == plain


@pytest.mark.parametrize(
    "target",
    [
        "",
        "/",
        "info",
        "*",
        "http://docker/info",
        "//info",
        "/info/",
        "/./info",
        "/containers/../json",
        "/containers/x%2f..%2fjson",
        "/containers/%2e%2e/json",
        "/containers/%252e/json",
        "/containers/x;y/json",
        "/containers/x\\y/json",
        "/containers/json\n",
        "/containers/json#x",
        "/containers/\u2024\u2024/json",
        "/" + "x" * 2000,
    ],
)
def test_any_other_form_of_a_path_is_refused(target: str) -> None:
    assert plain_path(target) is None


@pytest.mark.parametrize(
    "path",
    [
        "/_ping",
        "/version",
        "/info",
        "/containers/json",
        "/containers/lake-postgres-1/json",
        "/images/json",
        "/images/phlo/postgres:17-abc/json",
        "/images/localhost:5000/a/b@sha256:abc/json",
        "/networks",
        "/networks/lake_default",
        "/volumes",
        "/volumes/lake_data",
    ],
)
def test_a_listed_path_is_shown(path: str) -> None:
    assert shape_of(path) is not None


@pytest.mark.parametrize(
    ("method", "path", "reading", "writing"),
    [
        ("GET", f"/containers/{OWN}/logs", True, True),
        ("HEAD", f"/containers/{OWN}/archive", True, True),
        ("GET", f"/containers/{OWN}/attach/ws", False, False),
        ("GET", f"/containers/{OWN}/export", False, False),
        ("POST", "/containers/create", False, True),
        ("POST", f"/containers/{OWN}/start", False, True),
        ("POST", "/exec/abc/start", False, True),
        ("GET", "/exec/abc/json", False, True),
        ("GET", "/images/phlo/a:1/get", False, True),
        ("POST", "/build", False, True),
        ("POST", "/session", False, False),
        ("POST", "/containers/prune", False, False),
        ("POST", "/images/prune", False, False),
        ("POST", "/swarm/init", False, False),
        ("POST", "/secrets/create", False, False),
        ("POST", "/containers/json", False, False),
        ("GET", "/secrets", False, False),
        ("GET", "/configs", False, False),
        ("GET", "/events", False, False),
        ("get", "/info", False, False),
    ],
)
def test_which_requests_may_be_made(method: str, path: str, reading: bool, writing: bool) -> None:
    assert (find_route(method, path, writes=False) is not None) is reading
    assert (find_route(method, path, writes=True) is not None) is writing


@pytest.mark.parametrize(
    ("method", "path", "owner"),
    [
        ("GET", f"/containers/{OTHER}/logs", "container"),
        ("DELETE", f"/containers/{OTHER}", "container"),
        ("POST", f"/containers/{OTHER}/exec", "container"),
        ("POST", "/exec/abc/start", "exec"),
        ("DELETE", "/volumes/x", "volume"),
        ("DELETE", "/networks/x", "network"),
        ("POST", "/networks/x/disconnect", "member"),
    ],
)
def test_what_belongs_to_somebody_is_checked(method: str, path: str, owner: str) -> None:
    found = find_route(method, path, writes=True)
    assert found is not None
    assert found[0].owner == owner


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
    assert shown(INSPECTED, shape_of("/containers/abc/json"), "demo") == {
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
    assert shown(mine, shape_of("/containers/abc/json"), "demo") == mine


def test_of_a_list_the_projects_own_entries_are_whole_and_others_are_cut() -> None:
    mine = {"Id": "a", "Command": "server", "Labels": {"phlo.project": "demo", "x": "y"}}
    other = {"Id": "b", "Command": "server --password=hunter2", "Labels": None, "Ports": [{"PrivatePort": 1, "X": 2}]}
    found = shown([mine, other], shape_of("/containers/json"), "demo")
    assert found == [mine, {"Id": "b", "Labels": None, "Ports": [{"PrivatePort": 1}]}]
    assert keep([other], shape_of("/containers/json")) == found[1:]


@pytest.mark.parametrize(
    ("path", "query", "plain"),
    [
        ("/containers/json", "", ""),
        ("/containers/json", "all=true&size=1", "all=true"),
        (
            "/containers/json",
            "filters=%7B%22label%22%3A%5B%22a%3Db%22%5D%7D",
            "filters=%7B%22label%22%3A%5B%22a%3Db%22%5D%7D",
        ),
        ("/containers/json", "filters=%0d%0aX", "filters=%0D%0AX"),
        (f"/containers/{OWN}/archive", "path=/etc", "path=%2Fetc"),
        (f"/containers/{OWN}/archive", "path=/etc&path=/proc", None),
        (f"/containers/{OWN}/top", "ps_args=axe", ""),
        (f"/containers/{OWN}/logs", "follow=1&stdin=1", "follow=1"),
        (f"/containers/{OWN}/logs", "&".join(["tail=1"] * 200), None),
    ],
)
def test_of_a_query_only_known_names_reach_the_engine_and_each_once(path: str, query: str, plain: str | None) -> None:
    found = find_route("GET", path, writes=False)
    assert found is not None
    assert plain_query(found[0], query) == plain


def test_of_volumes_and_networks_of_others_no_options_are_shown() -> None:
    mine = {"Name": "a", "Options": {"o": "hunter2"}, "Labels": {"phlo.project": "demo"}}
    other = {"Name": "b", "Options": {"o": "hunter2"}, "Mountpoint": "/x", "Labels": {"phlo.project": "x", "y": "z"}}
    cut = {"Name": "b", "Labels": {"phlo.project": "x"}}
    volumes = shown({"Volumes": [mine, other], "Warnings": None}, shape_of("/volumes"), "demo")
    assert volumes == {"Volumes": [mine, cut], "Warnings": None}
    assert shown([mine, other], shape_of("/networks"), "demo") == [mine, cut]


_COMPOSE = {
    "com.docker.compose.project": "demo",
    "com.docker.compose.service": "web",
    "com.docker.compose.container-number": "1",
}


@pytest.mark.parametrize(
    ("labels", "is_whole"),
    [
        (_COMPOSE, True),
        ({**_COMPOSE, "com.docker.compose.project": "other"}, False),
        ({**_COMPOSE, "com.docker.compose.oneoff": "True"}, False),
        ({**_COMPOSE, "phlo.project": "other"}, False),
        ({"com.docker.compose.project": "demo"}, False),
    ],
)
def test_a_container_of_the_compose_project_of_the_same_name_is_shown_whole(
    labels: dict[str, str], is_whole: bool
) -> None:
    listed = {"Id": OWN, "Names": ["/x"], "Command": "server", "Labels": {**labels, "team": "data"}}
    inspected = {"Id": OWN, "Config": {"Labels": listed["Labels"]}, "Mounts": []}
    (entry,) = shown([listed], shape_of("/containers/json"), "demo")
    assert (entry == listed) == is_whole
    assert ("Mounts" in shown(inspected, shape_of(f"/containers/{OWN}/json"), "demo")) == is_whole


def test_a_container_that_is_marked_as_adopted_is_shown_whole_and_so_is_what_says_so() -> None:
    mine, other = ({"Id": one, "Names": ["/x"], "Command": "server", "Labels": None} for one in (OWN, OTHER))
    assert shown([mine, other], shape_of("/containers/json"), "demo", {OWN})[0] == mine
    assert "Command" not in shown([mine, other], shape_of("/containers/json"), "demo", {OWN})[1]
    mark = {"Name": f"phlo-adopted.{OWN}", "Labels": {"phlo.adopted": OWN, "phlo.adopted.project": "demo", "x": "y"}}
    assert shown(mark, shape_of("/volumes/x"), "demo")["Labels"] == {
        "phlo.adopted": OWN,
        "phlo.adopted.project": "demo",
    }


def test_networks_and_volumes_of_the_compose_project_of_the_same_name_are_shown_whole() -> None:
    mine = {"Name": "a", "Options": {"o": "x"}, "Labels": {"com.docker.compose.project": "demo"}}
    assert shown(mine, shape_of("/volumes/a"), "demo") == mine
    assert "Options" not in shown(mine, shape_of("/volumes/a"), "other")


def test_a_view_without_a_project_owns_nothing() -> None:
    assert shown({"Name": "a", "Labels": {"phlo.project": ""}}, shape_of("/volumes/a"), "") == {
        "Name": "a",
        "Labels": {"phlo.project": ""},
    }
