"""What fails for a moment is tried again, and permanent failures are reported at once."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from phlo.errors import HostError
from phlo.hosts.connect import open_engine
from phlo.hosts.retry import PAUSES_SECONDS

TRIES = 1 + len(PAUSES_SECONDS)
PONG = b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 0\r\n\r\n"
REFUSED = "ssh: connect to host a port 22: Connection refused"
BUSY = "kex_exchange_identification: read: Connection reset by peer"
DENIED = "ops@a: Permission denied (publickey)."


class Server:
    """Answers each request on a connection of its own; hangs up on the first ones, before it answers anything."""

    def __init__(self, listener: socket.socket, hangs_up: int = 0) -> None:
        self._listener = listener
        self.left, self.seen = hangs_up, 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                channel, _ = self._listener.accept()
            except OSError:
                return
            with channel:
                if channel.recv(65536):
                    self.seen += 1
                    if self.left:
                        self.left -= 1
                    else:
                        channel.sendall(PONG)


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    """A socket that is there, and that nobody listens on yet."""
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "engine.sock"))
        yield made


def later(call: Callable[[], object]) -> None:
    threading.Timer(0.05, call).start()


def test_an_engine_that_listens_in_a_moment_is_waited_for(listener: socket.socket, tmp_path: Path) -> None:
    def start() -> None:
        listener.listen()
        Server(listener)

    with closing(open_engine(f"unix://{tmp_path}/engine.sock", name="a", environ={})) as engine:
        later(start)
        engine.ping()


def test_one_over_tcp_as_well() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]

        def start() -> None:
            listener.listen()
            Server(listener)

        with closing(open_engine(f"tcp://127.0.0.1:{port}", name="a", environ={})) as engine:
            later(start)
            engine.ping()


@pytest.mark.usefixtures("listener")
def test_one_that_never_listens_is_told(tmp_path: Path) -> None:
    engine = open_engine(f"unix://{tmp_path}/engine.sock", name="a", environ={})
    with pytest.raises(HostError, match=r"no Docker engine answers at .*engine\.sock \(Connection refused\)"):
        engine.ping()


def test_a_socket_that_is_not_there_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("it waited"))
    with pytest.raises(HostError, match="there is no such socket"):
        open_engine(f"unix://{tmp_path}/none.sock", name="a", environ={}).ping()


@pytest.mark.parametrize(("hangs_up", "works"), [(TRIES - 1, True), (TRIES, False)])
def test_a_read_that_is_cut_off_is_asked_again(
    listener: socket.socket, tmp_path: Path, hangs_up: int, works: bool
) -> None:
    listener.listen()
    server = Server(listener, hangs_up)
    with closing(open_engine(f"unix://{tmp_path}/engine.sock", name="a", environ={})) as engine:
        if works:
            engine.ping()
        else:
            with pytest.raises(HostError, match="the Docker engine went away during HEAD /_ping"):
                engine.ping()
    assert server.seen == TRIES


def test_a_write_that_is_cut_off_is_not_asked_again(listener: socket.socket, tmp_path: Path) -> None:
    listener.listen()
    server = Server(listener)
    with closing(open_engine(f"unix://{tmp_path}/engine.sock", name="a", environ={})) as engine:
        assert engine.api == (1, 41)
        engine.close()
        server.left, server.seen = 1, 0
        with pytest.raises(HostError, match="the Docker engine went away during POST"):
            engine.post("/containers/create", {})
    assert server.seen == 1


@pytest.fixture
def ssh(tmp_path: Path) -> Callable[..., tuple[str, int]]:
    """Signs in with an `ssh` that complains, of one thing after the other; gives the error and how often it ran.

    at_once: how many sign in side by side; all have to get the same error.
    """

    def run(*complaints: str, at_once: int = 1) -> tuple[str, int]:
        programs = tmp_path / "bin"
        programs.mkdir()
        for number, complaint in enumerate(complaints, 1):
            (programs / f"said-{number}").write_text(complaint + "\n")
        program = programs / "ssh"
        program.write_text(
            f"#!/bin/sh\ncd {programs}\necho >> runs\nnumber=$(wc -l < runs)\n"
            f"[ $number -le {len(complaints)} ] || number={len(complaints)}\n"
            "sleep 0.3\ncat said-$number >&2\nexit 255\n"
        )
        program.chmod(0o755)
        environ = {"PATH": f"{programs}:/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path)}
        engine = open_engine("ssh://ops@a", name="a", environ=environ)
        ready = threading.Barrier(at_once)

        def sign_in() -> str:
            ready.wait()
            with pytest.raises(HostError) as caught:
                engine.ping()
            return caught.value.what

        with ThreadPoolExecutor(at_once) as threads:
            said = {one.result() for one in [threads.submit(sign_in) for _ in range(at_once)]}
        return said.pop(), len((programs / "runs").read_text()) + len(said)

    return run


@pytest.mark.parametrize("complaint", [REFUSED, BUSY, "Connection closed by 10.0.0.1 port 22"])
def test_an_ssh_server_that_refuses_for_a_moment_is_asked_again(
    ssh: Callable[..., tuple[str, int]], complaint: str
) -> None:
    what, runs = ssh(complaint, DENIED)
    assert (what.startswith("ssh://ops@a does not let you in"), runs) == (True, 2)


def test_one_that_goes_on_refusing_is_told(ssh: Callable[..., tuple[str, int]]) -> None:
    what, runs = ssh(REFUSED)
    assert (what, runs) == (f"ssh://ops@a cannot be reached ({REFUSED})", TRIES)


@pytest.mark.parametrize("complaint", [DENIED, "Host key verification failed.", "ssh: Could not resolve hostname a"])
def test_what_will_not_pass_is_told_at_once(ssh: Callable[..., tuple[str, int]], complaint: str) -> None:
    assert ssh(complaint)[1] == 1


def test_a_host_that_does_not_answer_is_tried_once_for_all_who_wait_for_it(ssh: Callable[..., tuple[str, int]]) -> None:
    assert ssh("ssh: connect to host a port 22: Connection timed out", at_once=8)[1] == 1
