"""The client that talks to a Docker engine."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from phlo.errors import ConfigError, EngineError, HostError, InventoryError
from phlo.hosts.connect import open_engine
from phlo.hosts.engine import CommandTimeoutError, Engine
from phlo.hosts.engine_reader import EngineReader
from phlo.hosts.frames import demultiplex
from phlo.hosts.host import Host
from phlo.operations import container
from phlo.operations.hook import stop
from phlo.testing.law import converge
from phlo.testing.recording import Recorder


def test_a_reader_has_no_way_to_write(engine: Engine) -> None:
    reader = engine.reader()
    assert not isinstance(reader, Engine)
    assert not any(hasattr(reader, verb) for verb in ("post", "put_archive", "delete", "post_stream", "exec"))
    assert reader.get("/version")["ApiVersion"]


def test_the_version_spoken_is_one_that_both_sides_know(engine: Engine) -> None:
    assert (1, 41) <= engine.api <= (1, 51)


def test_what_is_not_there_is_none_or_an_error_with_the_engines_words(engine: Engine) -> None:
    assert engine.get_or_none("/containers/no-such-thing/json") is None
    with pytest.raises(EngineError, match="No such container: no-such-thing") as caught:
        engine.get("/containers/no-such-thing/json")
    assert caught.value.status == 404


def test_many_threads_share_one_engine(engine: Engine) -> None:
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda: answers.extend(engine.get("/version")["Version"] for _ in range(20)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 160
    assert len(set(answers)) == 1


def test_a_recorder_sees_every_request(tiny: str) -> None:
    recorder = Recorder()
    channel = open_engine(None, name="local", environ=os.environ)
    engine = Engine(recorder.wrap(channel._link.connect), name="local")
    engine.get_or_none("/containers/x/json")
    with pytest.raises(EngineError):
        engine.post("/containers/x/start")
    engine.close()
    version = f"/v{engine.api[0]}.{engine.api[1]}"
    assert recorder.requests == [
        "HEAD /_ping",
        f"GET {version}/containers/x/json",
        f"POST {version}/containers/x/start",
    ]
    assert recorder.writes == [f"POST {version}/containers/x/start"]


def test_a_command_gives_its_status_and_what_it_wrote(service: object, host: Host) -> None:
    args: container.Args = service()  # type: ignore[operator]
    converge("container", args, host)
    code, output = host.engine.exec(args.name, ["sh", "-c", "echo out; echo err >&2; exit 4"])
    assert (code, sorted(output.split())) == (4, [b"err", b"out"])


def test_a_command_that_does_not_end_in_time_is_given_up(service: object, host: Host) -> None:
    args: container.Args = service()  # type: ignore[operator]
    converge("container", args, host)
    with pytest.raises(CommandTimeoutError):
        host.engine.exec(args.name, ["sleep", "30"], timeout_seconds=0.2)


def test_no_engine_says_which_socket_and_what_to_do(tmp_path: Path) -> None:
    engine = open_engine(f"unix://{tmp_path}/none.sock", name="local", environ={})
    with pytest.raises(
        HostError, match=r"no Docker engine answers at .*/none.sock \(there is no such socket\)"
    ) as caught:
        engine.ping()
    assert "phlo doctor" in caught.value.fix


def test_a_tcp_address_nobody_listens_at_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    engine = open_engine(f"tcp://127.0.0.1:{port}", name="far", environ={})
    with pytest.raises(HostError, match=f"far: no Docker engine answers at tcp://127.0.0.1:{port}"):
        engine.ping()


def test_an_engine_that_does_not_answer_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        reader = EngineReader(
            lambda timeout: socket.create_connection(server.getsockname(), timeout), name="slow", timeout_seconds=0.1
        )
        with pytest.raises(HostError, match=r"did not answer HEAD /_ping within 0.1 s"):
            reader.ping()


def test_an_engine_that_stops_in_the_middle_of_an_answer_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def begin() -> None:
            channel, _ = server.accept()
            with channel:
                channel.recv(4096)
                channel.sendall(b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\n\r\n")
                channel.recv(4096)
                channel.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"half')
                channel.recv(4096)  # until the other side gives up

        beginning = threading.Thread(target=begin)
        beginning.start()
        reader = EngineReader(
            lambda timeout: socket.create_connection(server.getsockname(), timeout), name="slow", timeout_seconds=1
        )
        with pytest.raises(HostError, match=r"did not answer GET \S+ within 1 s"):
            reader.get("/info")
        beginning.join()


def test_how_long_an_engine_may_take_is_a_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        engine = open_engine(address, name="slow", environ={"PHLO_ENGINE_TIMEOUT": "0.1"})
        with pytest.raises(HostError, match=r"within 0.1 s.*PHLO_ENGINE_TIMEOUT=SECONDS"):
            engine.ping()


@pytest.mark.parametrize("text", ["soon", "0", "-1", "inf", "nan"])
def test_a_time_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(ConfigError, match=r"PHLO_ENGINE_TIMEOUT: .* is not a number of seconds"):
        open_engine(None, name="local", environ={"PHLO_ENGINE_TIMEOUT": text})


def test_a_container_may_take_longer_to_stop_than_the_engine_to_answer(service: object, host: Host) -> None:
    make: Any = service
    args: container.Args = make(body={"Cmd": ["sh", "-c", "trap '' TERM; sleep 60 & wait; wait"], "StopTimeout": 5})
    converge("container", args, host)
    impatient = open_engine(None, name="local", environ={**os.environ, "PHLO_ENGINE_TIMEOUT": "3"})
    started = time.monotonic()

    stop(impatient, args.name)

    assert time.monotonic() - started > 3
    assert not host.engine.get(f"/containers/{args.name}/json")["State"]["Running"]
    impatient.close()


@pytest.mark.parametrize("address", ["http://x", "tcp://", "nonsense"])
def test_an_address_that_is_none_says_what_one_looks_like(address: str) -> None:
    with pytest.raises(InventoryError, match="is not an address") as caught:
        open_engine(address, name="h", environ={})
    assert "unix:///" in caught.value.fix


@pytest.mark.parametrize("size", [1, 3, 8, 9, 100])
def test_output_is_put_together_from_any_pieces(size: int) -> None:
    wire = b"\x01\0\0\0\0\0\0\x05hello" + b"\x02\0\0\0\0\0\0\x06 world"
    pieces = [wire[start : start + size] for start in range(0, len(wire), size)]
    assert b"".join(demultiplex(iter(pieces))) == b"hello world"
