"""Waiting on a host: for ports, paths, their content, and open connections."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from phlo.errors import ConfigError, OperationError
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host
from phlo.operations.command_result import TaskFailedError
from phlo.operations.host_sockets import parse_sockets
from phlo.values import Status
from tests.support.machine import Machine


def refuse(timeout_seconds: float | None) -> Any:
    raise AssertionError("a host is asked, no engine")


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    return Machine(Host(name="data-1", engine=Engine(refuse, name="data-1")), tmp_path)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """A port that says hello to whoever connects."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"SSH-2.0-test\r\n")

        threading.Thread(target=serve, daemon=True).start()
        yield listening


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that nobody listens on, and that nobody else can get."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def test_a_port_that_answers_is_there_and_what_it_says_can_be_looked_for(here: Machine, server: socket.socket) -> None:
    port = server.getsockname()[1]
    done = here.run("wait_for", port=port)
    assert (done.status, done.facts["port"], done.facts["state"]) == (Status.OK, port, "started")
    found = here.run("wait_for", port=port, search_regex=r"SSH-(\d)", connect_timeout=1)
    assert found.facts["match_groups"] == ["2"]
    assert here.look("wait_for", port=port, state="stopped").changes[0].causes == ("still there",)


def test_a_port_that_does_not_answer_is_waited_for(here: Machine, silent: int) -> None:
    assert here.run("wait_for", port=silent, state="stopped").status is Status.OK
    assert here.look("wait_for", port=silent).changes[0].causes == ("no connection",)
    with pytest.raises(TaskFailedError, match=r"not so within 0\.1 s") as failed:
        here.run("wait_for", port=silent, timeout=0.1)
    assert "elapsed" in failed.value.facts
    with pytest.raises(OperationError, match="the database is late"):
        here.run("wait_for", port=silent, timeout=0.1, msg="the database is late")


def test_a_path_is_waited_for_until_it_is_there_with_its_content(here: Machine, tmp_path: Path) -> None:
    path = tmp_path / "log"
    assert here.run("wait_for", path="log", state="absent").status is Status.OK
    timer = threading.Timer(0.2, path.write_text, ["ready in 12 ms\n"])
    timer.start()
    done = here.run("wait_for", path="log", search_regex=r"in (?P<ms>\d+) ms", sleep=0.05, timeout=60)
    timer.join()
    assert (done.status, done.facts["match_groupdict"]) == (Status.OK, {"ms": "12"})
    assert here.look("wait_for", path="log", search_regex="nothing").changes[0].causes == ("nothing matches nothing",)
    assert here.look("wait_for", path="log", state="absent").changes


def test_a_command_is_waited_for_on_the_host(here: Machine, tmp_path: Path) -> None:
    assert here.look("wait_for", command="test -e there").changes[0].causes == ("status 1",)
    (tmp_path / "there").touch()
    assert here.run("wait_for", command="test -e there").status is Status.OK


def test_time_passes(here: Machine) -> None:
    done = here.run("wait_for", delay=0.05)
    assert (done.status, done.facts["port"]) == (Status.OK, None)


def test_connections_that_are_open_are_counted_for_drained(here: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        states = ["ESTABLISHED"]
        assert here.run("wait_for", port=port, state="drained").status is Status.OK
        with socket.create_connection(("127.0.0.1", port)):
            seen = here.look("wait_for", port=port, state="drained", active_connection_states=states)
            assert seen.changes[0].causes == ("open connections: 1",)
            excluded = here.look("wait_for", port=port, state="drained", exclude_hosts="127.0.0.1")
            assert excluded.changes == ()


def test_sockets_of_the_kernel_are_read_in_both_families() -> None:
    printed = (
        "  sl  local_address rem_address   st tx_queue\n"
        "   0: 0100007F:1F90 020200C0:A0B1 01 00000000:00000000\n"
        "   1: 0000000000000000FFFF00000100007F:0050 0000000000000000FFFF0000020200C0:A0B1 06 0:0\n"
        "   2: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 0:0\n"
    )
    assert list(parse_sockets(printed)) == [(8080, "192.0.2.2", 1), (80, "192.0.2.2", 6), (22, "::", 10)]


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({}, "needs one of port, path and command"),
        ({"port": 1, "path": "x"}, "needs one of port, path and command"),
        ({"delay": 1, "search_regex": "x"}, "needs one of port, path and command"),
        ({"path": "x", "state": "drained"}, "drained needs port"),
        ({"path": "x", "search_regex": "("}, "is not a regular expression"),
        ({"port": 1, "active_connection_states": "OPEN"}, "is no state of a connection"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(here: Machine, values: dict[str, Any], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        here.args("wait_for", values)
