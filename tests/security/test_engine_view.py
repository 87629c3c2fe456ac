"""The view of the engine, attacked over a real socket with the real engine behind it.

The witness is the engine: no attack may change a container, make one, or show what belongs to another project.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from phlo.hosts.adopted import mark_body, mark_name
from phlo.hosts.connect import open_engine
from phlo.hosts.engine import Engine
from phlo.operations.archive import archive_of
from phlo.values import FileSpec

sys.path.insert(0, str(Path(__file__).parents[2] / "packages/phlo-api/src/phlo_api/image"))
import engine_http
import engine_view

SENTINEL = "sentinel-of-another-project-3b9a"
SOCKET = (os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock").removeprefix("unix://")
Serve = Callable[..., str]


class Scene(NamedTuple):
    """Containers of this project and of another one, and the other one's volume and network."""

    project: str
    own: str
    other: str
    engine: Engine

    def state(self) -> list[Any]:
        """What an attack could have changed."""
        found = [self.engine.get(f"/containers/{one}/json") for one in (self.own, self.other)]
        mine = {"label": [f"phlo.project={self.project}", f"phlo.project={self.project}-other"]}
        kept = [(one["Name"], one["State"]["StartedAt"], one["State"]["Status"], one["ExecIDs"]) for one in found]
        made = [
            one["Names"]
            for label in mine["label"]
            for one in self.engine.get("/containers/json", all=True, filters={"label": [label]})
        ]
        return [kept, sorted(made)]


@pytest.fixture(scope="module")
def scene(engine: Engine, tiny: str) -> Iterator[Scene]:
    project = f"phlo-test-view-{os.getpid()}"
    ids = []
    for owner in (project, f"{project}-other"):
        labels = {"phlo.project": owner, "phlo.config-hash": SENTINEL, "traefik.auth": SENTINEL}
        body = {
            "Image": tiny,
            "Cmd": ["sh", "-c", f"echo {SENTINEL}; trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done"],
            "Env": [f"KEY={SENTINEL}"],
            "Labels": labels,
        }
        ids.append(engine.post("/containers/create", body, name=f"{owner}-1")["Id"])
        engine.post(f"/containers/{ids[-1]}/start")
        options = {"type": "tmpfs", "device": "tmpfs", "o": f"size=1m,uid=0,context={SENTINEL}"}
        engine.post("/volumes/create", {"Name": f"{owner}-data", "DriverOpts": options, "Labels": labels})
        engine.post("/networks/create", {"Name": f"{owner}-net", "Options": {"x": SENTINEL}, "Labels": labels})
    yield Scene(project, ids[0], ids[1], engine)
    for one in ids:
        engine.delete(f"/containers/{one}", force=True, v=True)
    for owner in (project, f"{project}-other"):
        engine.delete(f"/volumes/{owner}-data")
        engine.delete(f"/networks/{owner}-net")


@pytest.fixture(scope="module")
def serve(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    servers: dict[bool, engine_view.Server] = {}
    folder = tmp_path_factory.mktemp("view")

    def start(*, writes: bool = False) -> str:
        path = str(folder / f"{writes}.sock")
        if writes not in servers:
            project = engine_view.Project(SOCKET, scene.own)
            servers[writes] = engine_view.Server(path, SOCKET, project, writes=writes)
            threading.Thread(target=servers[writes].serve_forever, daemon=True).start()
        return path

    yield start
    for server in servers.values():
        server.shutdown()
        server.server_close()


def converse(path: str, data: bytes, seconds: float = 15.0) -> bytes:
    """All that a server answers to some bytes, until it ends the connection."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(seconds)
        client.connect(path)
        answer = b""
        try:
            client.sendall(data)
            while piece := client.recv(65536):
                answer += piece
        except (BrokenPipeError, ConnectionResetError):
            pass
        return answer


def filled(attack: str, scene: Scene) -> bytes:
    text = attack.replace("@", "HTTP/1.1\r\nHost: d\r\n")
    return text.format(own=scene.own, other=scene.other, project=scene.project).encode()


def get(path: str, target: str, method: str = "GET") -> tuple[int, bytes]:
    """The status and the body of an answer."""
    answer = converse(path, f"{method} {target} HTTP/1.1\r\nHost: docker\r\n\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(None, 2)[1]), body


@pytest.fixture
def adopted(scene: Scene, tiny: str) -> Iterator[dict[str, str]]:
    """Name -> id of containers that phlo adopts: one that Compose made, one started by hand, and one of a stranger."""
    engine, compose = scene.engine, "com.docker.compose."
    labels = {f"{compose}project": scene.project, f"{compose}service": "web", f"{compose}container-number": "1"}
    made = {}
    for name, own in (("compose", labels), ("hand", {}), ("stranger", {f"{compose}project": scene.project})):
        body = {"Image": tiny, "Cmd": ["echo", SENTINEL], "Labels": own}
        made[name] = engine.post("/containers/create", body, name=f"{scene.project}-{name}")["Id"]
        engine.post(f"/containers/{made[name]}/start")
        engine.wait(made[name])
    engine.post("/volumes/create", mark_body(made["hand"], scene.project, "shop"))
    yield made
    for one in made.values():
        engine.delete(f"/containers/{one}", force=True, v=True)
    engine.delete(f"/volumes/{mark_name(made['hand'])}", force=True)


def test_adopted_containers_are_shown_as_the_projects_own_and_no_others(
    scene: Scene, serve: Serve, adopted: dict[str, str]
) -> None:
    path = serve()
    listed = {one["Id"]: one for one in json.loads(get(path, "/containers/json?all=1")[1])}
    for name, is_own in (("compose", True), ("hand", True), ("stranger", False)):
        assert ("Mounts" in listed[adopted[name]]) == is_own
        assert ("HostConfig" in json.loads(get(path, f"/containers/{adopted[name]}/json")[1])) == is_own
        assert get(path, f"/containers/{adopted[name]}/logs?stdout=1")[0] == (200 if is_own else 403)


# Requests with places for the ids; "@" is the end of a usual request line and its Host header.
# KILL is a request that must not reach the engine.
KILL = "POST /containers/{other}/kill @Content-Length: 0\r\n\r\n"
LOGS = "/containers/{own}/logs?stdout=1"
ATTACKS: dict[str, str] = {
    "an upgrade and a second request": f"GET {LOGS} @Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n{KILL}",
    "an upgrade to HTTP/2": f"GET {LOGS} @Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n{KILL}",
    "an upgrade of a view": f"GET /info @Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n{KILL}",
    "a second request behind the first": f"GET {LOGS} @\r\n{KILL}",
    "keep-alive and a second request": f"GET {LOGS} @Connection: keep-alive\r\n\r\n{KILL}",
    "a line feed in the request line": f"GET {LOGS} HTTP/1.1\nHost: d\n\n{KILL}\r\n\r\n",
    "a line feed in the target": f"GET {LOGS}\n{KILL} @\r\n",
    "a carriage return in the target": f"GET {LOGS}\r{KILL} @\r\n",
    "a line feed between headers": f"GET {LOGS} HTTP/1.1\r\nHost: d\nX: y\r\n\r\n{KILL}",
    "a carriage return in a header": f"GET {LOGS} @X: a\rb\r\n\r\n{KILL}",
    "a NUL in a header": f"GET {LOGS} @X: a\0b\r\n\r\n{KILL}",
    "a folded header": f"GET {LOGS} @X: a\r\n b\r\n\r\n{KILL}",
    "a space before the colon": f"GET {LOGS} @Content-Length : 5\r\n\r\n{KILL}",
    "a header without a name": f"GET {LOGS} @: a\r\n\r\n{KILL}",
    "no host": f"GET {LOGS} HTTP/1.1\r\nX: y\r\n\r\n{KILL}",
    "two hosts": f"GET {LOGS} @Host: e\r\n\r\n{KILL}",
    "HTTP/1.0": f"GET {LOGS} HTTP/1.0\r\nHost: d\r\n\r\n{KILL}",
    "HTTP/2": f"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{KILL}",
    "no version": f"GET {LOGS}\r\n{KILL}",
    "an empty line first": f"\r\nGET {LOGS} @\r\n{KILL}",
    "tabs between the words": f"GET\t{LOGS}\tHTTP/1.1\r\nHost: d\r\n\r\n{KILL}",
    "two spaces between the words": f"GET  {LOGS} @\r\n{KILL}",
    "a whole address": f"GET http://docker{LOGS} @\r\n{KILL}",
    "a connection": f"CONNECT docker:80 @\r\n{KILL}",
    "an asterisk": f"OPTIONS * @\r\n{KILL}",
    "a method in small letters": f"get {LOGS} @\r\n{KILL}",
    "another method in a header": "GET /containers/{other}/kill @X-HTTP-Method-Override: POST\r\n\r\n",
    "a length and chunks": f"GET {LOGS} @Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{KILL}",
    "chunks and a length": f"GET {LOGS} @Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n{KILL}",
    "two lengths": f"GET {LOGS} @Content-Length: 0\r\nContent-Length: 9\r\n\r\n{KILL}",
    "two equal lengths": f"GET {LOGS} @Content-Length: 0\r\nContent-Length: 0\r\n\r\n{KILL}",
    "a list of lengths": f"GET {LOGS} @Content-Length: 0, 0\r\n\r\n{KILL}",
    "a length with a sign": f"GET {LOGS} @Content-Length: +9\r\n\r\n{KILL}",
    "a body": f"GET {LOGS} @Content-Length: 9\r\n\r\n{KILL}",
    "a body in chunks": f"GET {LOGS} @Transfer-Encoding: chunked\r\n\r\n1;a=b\r\nx\r\n0\r\n\r\n{KILL}",
    "a body of a view": f"GET /containers/json @Content-Length: 9\r\n\r\n{KILL}",
    "a body behind HEAD": f"HEAD {LOGS} @Content-Length: 9\r\n\r\n{KILL}",
    "an unknown coding": f"GET {LOGS} @Transfer-Encoding: xchunked\r\n\r\n{KILL}",
    "two codings": f"GET {LOGS} @Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{KILL}",
    "a body that is announced": f"GET {LOGS} @Expect: 100-continue\r\nContent-Length: 9\r\n\r\n{KILL}",
    "a way out of an image": "GET /images/x/../../containers/{other}/json @\r\n",
    "an encoded way out": "GET /images/x/%2e%2e/%2e%2e/containers/{other}/json @\r\n",
    "a half encoded way out": "GET /images/x/.%2e/%2E./containers/{other}/json @\r\n",
    "encoded slashes": "GET /images/x%2f..%2f..%2fcontainers%2f{other}%2fjson @\r\n",
    "encoded twice": "GET /images/x/%252e%252e/containers/{other}/json @\r\n",
    "backslashes": "GET /images/x\\..\\..\\containers/{other}/json @\r\n",
    "two slashes": "GET //containers/{other}/logs?stdout=1 @\r\n",
    "a dot": "GET /./containers/{other}/logs?stdout=1 @\r\n",
    "a slash at the end": "GET /containers/{other}/logs/?stdout=1 @\r\n",
    "an encoded end": "GET /containers/{other}%00/logs?stdout=1 @\r\n",
    "encoded letters": "GET /containers/{other}/%6cogs?stdout=1 @\r\n",
    "two versions": "GET /v1.41/v1.41/containers/{other}/logs?stdout=1 @\r\n",
    "a fragment": "GET /containers/{own}/logs#/containers/{other}/logs?stdout=1 @\r\n",
    "logs of another": "GET /containers/{other}/logs?stdout=1 @\r\n",
    "files of another": "GET /containers/{other}/archive?path=/ @\r\n",
    "another path for archive": "GET /containers/{own}/archive?path=/etc&path=/proc/1 @\r\n",
    "attach by GET": "GET /containers/{own}/attach?stdin=1&stream=1 @\r\n",
    "attach over a web socket": "GET /containers/{own}/attach/ws?stdin=1 @\r\n",
    "the engine's events": "GET /events @\r\n",
    "a request in a query": "GET /containers/json?filters=%0d%0a%0d%0aPOST%20/containers/{other}/kill @\r\n",
}
# Attacks on a view that may write, too: on what belongs to others, and on its own reading of a request.
EMPTY = "Content-Length: 0\r\n"
WRITE_ATTACKS: dict[str, str] = {
    "to stop another": KILL,
    "to remove another": "DELETE /containers/{other}?force=1 @\r\n",
    "to run something in another": "POST /containers/{other}/exec @"
    'Content-Type: application/json\r\nContent-Length: 16\r\n\r\n{{"Cmd":["true"]}}',
    "a second request behind a writing one": "POST /containers/{own}/resize?h=1&w=1 @" + EMPTY + "\r\n" + KILL,
    "a second request behind chunks": "POST /containers/{own}/resize?h=1&w=1 @"
    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + KILL,
    "a trailer and a second request": "POST /containers/{own}/resize?h=1&w=1 @"
    "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n" + KILL,
    "an upgrade where there is none": "POST /containers/{own}/resize @Connection: Upgrade\r\n"
    "Upgrade: tcp\r\n" + EMPTY + "\r\n" + KILL,
    "a way to another": "POST /containers/{own}/../{other}/kill @" + EMPTY + "\r\n",
    "to prune": "POST /containers/prune @" + EMPTY + "\r\n",
    "to prune volumes": "POST /volumes/prune @" + EMPTY + "\r\n",
    "another's volume": "DELETE /volumes/{project}-other-data @\r\n",
    "another's network": "DELETE /networks/{project}-other-net @\r\n",
    "another's place in a network": "POST /networks/bridge/disconnect @"
    'Content-Type: application/json\r\nContent-Length: 80\r\n\r\n{{"Container":"{other}"}}',
    "the swarm": "POST /swarm/init @" + EMPTY + "\r\n",
    "plugins": "POST /plugins/pull?remote=x @" + EMPTY + "\r\n",
    "a session": "POST /session @Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
}


@pytest.mark.parametrize("attack", [*ATTACKS.values()], ids=[*ATTACKS])
@pytest.mark.parametrize("writes", [False, True], ids=["reading", "writing"])
def test_no_form_of_a_request_passes_more_than_it_says(scene: Scene, serve: Serve, attack: str, writes: bool) -> None:
    before = scene.state()
    answer = converse(serve(writes=writes), filled(attack, scene))
    assert scene.state() == before
    is_own_logs = b"\r\n\r\n" in answer and answer.startswith(b"HTTP/1.1 200") and LOGS in attack
    assert is_own_logs or SENTINEL.encode() not in answer
    assert answer.count(b"HTTP/1.1 ") <= 1, "a second request was answered"


def test_a_view_that_reads_gives_away_no_image(serve: Serve, tiny: str) -> None:
    assert get(serve(), f"/images/{tiny}/get")[0] == 403


@pytest.mark.parametrize("attack", [*WRITE_ATTACKS.values()], ids=[*WRITE_ATTACKS])
def test_a_view_that_writes_keeps_to_its_own_project(scene: Scene, serve: Serve, attack: str) -> None:
    before = scene.state()
    answer = converse(serve(writes=True), filled(attack, scene))
    assert scene.state() == before
    assert answer.count(b"HTTP/1.1 ") == 1
    for kind, name in (("volumes", "data"), ("networks", "net")):
        assert scene.engine.get(f"/{kind}/{scene.project}-other-{name}")


@pytest.mark.parametrize(
    "target",
    [
        "/info",
        "/containers/json?all=1",
        "/containers/{other}/json",
        "/containers/{other}/json?size=1",
        "/networks",
        "/networks/{project}-other-net",
        "/volumes",
        "/volumes/{project}-other-data",
        "/images/json",
    ],
)
def test_of_another_project_only_what_is_listed_is_shown(scene: Scene, serve: Serve, target: str) -> None:
    status, body = get(serve(), target.format(other=scene.other, project=scene.project))
    assert status == 200
    found = json.loads(body)
    entries = found.get("Volumes", [found]) if isinstance(found, dict) else found
    for entry in entries:
        labels = (entry.get("Config") or entry).get("Labels") or {}
        if labels.get("phlo.project") != scene.project:
            assert SENTINEL not in json.dumps(entry)
    if "networks" in target or "volumes" in target:
        assert f"{scene.project}-other" in body.decode()


@pytest.mark.parametrize("target", ["/containers/{own}/json", "/volumes/{project}-data", "/networks/{project}-net"])
def test_what_is_the_projects_own_is_shown_whole(scene: Scene, serve: Serve, target: str) -> None:
    status, body = get(serve(), target.format(own=scene.own, project=scene.project))
    assert (status, SENTINEL in body.decode()) == (200, True)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/_ping", b"OK"),
        ("/v1.41/containers/{own}/logs?stdout=1&tail=1", SENTINEL.encode()),
        ("/containers/{project}-1/logs?stdout=1", SENTINEL.encode()),
        ("/containers/{own}/archive?path=/etc", b"etc/"),
        ("/containers/{own}/top", b"Processes"),
        ("/containers/{own}/stats?stream=0&one-shot=1", b"memory_stats"),
        ("/images/phlo/test-busybox%3A1/json", b"Entrypoint"),
    ],
)
def test_the_projects_own_output_and_files_are_passed_on(
    scene: Scene, serve: Serve, target: str, expected: bytes
) -> None:
    status, body = get(serve(), target.format(own=scene.own, project=scene.project))
    assert status == 200
    assert expected in body


def test_a_name_is_checked_and_used_as_the_same_container(
    scene: Scene, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets: list[str] = []
    relay = engine_http.Exchange.relay

    def recorded(self: Any, engine: Any, head: Any, target: str, **more: Any) -> bytes:
        targets.append(target)
        return relay(self, engine, head, target, **more)

    monkeypatch.setattr(engine_http.Exchange, "relay", recorded)
    assert get(serve(), f"/containers/{scene.project}-1/logs?stdout=1")[0] == 200
    assert targets == [f"/containers/{scene.own}/logs?stdout=1"]


def test_a_client_that_leaves_a_silent_container_leaves_no_thread(scene: Scene, serve: Serve) -> None:
    path = serve()
    before = threading.active_count()
    clients = []
    for _ in range(5):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.connect(path)
        request = f"GET /containers/{scene.own}/logs?stdout=1&follow=1 HTTP/1.1\r\nHost: d\r\n\r\n"
        client.sendall(request.encode())
        assert client.recv(12) == b"HTTP/1.1 200"
        clients.append(client)
    assert threading.active_count() == before + 5
    for client in clients:
        client.close()
    eventually(lambda: threading.active_count() == before)


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert holds()


def test_headers_that_come_too_slowly_or_never_end_are_refused(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_http, "HEAD_SECONDS", 0.3)
    assert converse(serve(), b"GET / HTTP/1.1\r\nHost: d\r\n").startswith(b"HTTP/1.1 408")
    monkeypatch.undo()
    endless = b"GET /info HTTP/1.1\r\nHost: d\r\n" + b"X: y\r\n" * 100_000
    assert converse(serve(), endless)[:12] in (b"HTTP/1.1 431", b"")


def test_a_body_that_does_not_come_is_not_waited_for(
    scene: Scene, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_http, "STALL_SECONDS", 0.3)
    head = (
        "POST /containers/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    )
    before = scene.state()
    converse(serve(writes=True), head.encode())
    assert scene.state() == before


def test_of_too_many_connections_the_last_are_ended_and_the_first_are_served(
    scene: Scene, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_view, "MOST_CONNECTIONS", 3)
    path = str(tmp_path / "few.sock")
    with engine_view.Server(path, SOCKET, engine_view.Project(SOCKET, scene.own), writes=False) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        idle = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(3)]
        for client in idle:
            client.connect(path)
        assert converse(path, b"GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n") == b""
        for client in idle:
            client.close()
        eventually(lambda: converse(path, b"GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n").endswith(b"OK"))
        server.shutdown()


@pytest.fixture
def through(serve: Serve) -> Iterator[Engine]:
    """phlo's own client of the engine, through a view that writes."""
    with closing(open_engine(f"unix://{serve(writes=True)}", name="view", environ={})) as engine:
        yield engine


def test_phlo_does_through_a_writing_view_what_it_does_to_the_engine(
    scene: Scene, through: Engine, tiny: str, tmp_path: Path
) -> None:
    labels = {"phlo.project": scene.project}
    body = {"Image": tiny, "Cmd": ["sleep", "60"], "Labels": labels}
    made = through.post("/containers/create", body, name=f"{scene.project}-made")["Id"]
    through.put_archive(made, "/", archive_of([FileSpec(path="/etc/given", content=b"given", mode=0o644)]))
    through.put_archive(made, "/", iter([archive_of([FileSpec(path="/etc/streamed", content=b"x", mode=0o644)])]))
    through.post(f"/containers/{made}/start")
    run = through.post(
        f"/containers/{made}/exec",
        {"Cmd": ["cat"], "AttachStdin": True, "AttachStdout": True, "AttachStderr": True},
    )["Id"]
    channel, first = through.upgrade(f"/exec/{run}/start", {"Detach": False, "Tty": False})
    with channel:
        channel.sendall(b"both ways")
        channel.shutdown(socket.SHUT_WR)
        while piece := channel.recv(4096):
            first += piece
    assert first.endswith(b"both ways")
    assert b"given" in b"".join(through.get_bytes(f"/containers/{made}/archive", path="/etc/given"))
    through.post(f"/networks/{scene.project}-net/connect", {"Container": made})
    through.delete(f"/containers/{made}", force=True, v=True)
    helper = through.post("/containers/create", {"Image": tiny, "Cmd": ["true"]})["Id"]
    through.post(f"/containers/{helper}/start")
    assert through.post(f"/containers/{helper}/wait")["StatusCode"] == 0
    through.delete(f"/containers/{helper}", force=True)
    volume = through.post("/volumes/create", {"Name": f"{scene.project}-made", "Labels": labels})["Name"]
    through.delete(f"/volumes/{volume}")
    saved = b"".join(through.get_bytes(f"/images/{tiny}/get"))
    assert list(through.post_stream("/images/load", iter([saved]), headers={"Content-Type": "application/x-tar"}))


def test_dockers_own_command_line_works_through_the_view(scene: Scene, serve: Serve) -> None:
    environ = {**os.environ, "DOCKER_HOST": f"unix://{serve()}"}
    for words in (["logs", scene.own], ["inspect", scene.own], ["ps", "-a"], ["volume", "ls"], ["network", "ls"]):
        ended = subprocess.run(["docker", *words], env=environ, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 0, ended.stderr
    refused = subprocess.run(["docker", "kill", scene.own], env=environ, capture_output=True, text=True, timeout=60)
    assert "only reads" in refused.stderr
