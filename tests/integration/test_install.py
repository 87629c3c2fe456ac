"""An engine of the test's own is started where none answers; one that answers is left alone."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from phlo.errors import HostError
from phlo.hosts import install
from phlo.hosts.install import Daemon, ensure_engine, ensure_program

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(os.geteuid() != 0, reason="starting an engine needs root"),
]


class SeparateDaemon(Daemon):
    """An engine in a network of its own: one without a bridge removes the bridge of the engine beside it."""

    def command(self, program: str) -> list[str]:
        return ["unshare", "--net", *super().command(program)]


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    """How an engine is started that shares nothing with the system's; stopped afterwards."""
    # A socket's path may have 107 characters, which pytest's own folders can exceed.
    with tempfile.TemporaryDirectory(prefix="phlo-engine-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        daemon = SeparateDaemon(
            socket=folder / "docker.sock",
            pidfile=folder / "docker.pid",
            log=folder / "dockerd.log",
            options=(
                f"--data-root={folder / 'data'}",
                f"--exec-root={folder / 'exec'}",
                "--bridge=none",
                "--iptables=false",
                "--ip-forward=false",
                "--storage-driver=vfs",
            ),
        )
        yield daemon
        stop(daemon)


def stop(daemon: Daemon) -> None:
    if daemon.pidfile.exists():
        pid = int(daemon.pidfile.read_text())
        os.kill(pid, signal.SIGTERM)
        try:
            os.waitpid(pid, 0)
        except ChildProcessError:  # an earlier wait had it
            pass


def test_an_engine_is_started_once_and_then_left_alone(daemon: Daemon) -> None:
    said: list[str] = []

    started = [ensure_engine(say=said.append, environ={}, daemon=daemon) for _ in range(2)]

    assert started == [True, False]
    with daemon.engine() as engine:
        assert engine.get("/version")["Version"]
    assert said[-1].endswith("left as it is")


def test_two_at_once_start_one_engine(daemon: Daemon) -> None:
    started: list[bool] = []
    threads = [
        threading.Thread(target=lambda: started.append(ensure_engine(say=lambda _: None, environ={}, daemon=daemon)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(started) == [False, True]


def test_a_pidfile_left_behind_does_not_hinder(daemon: Daemon) -> None:
    daemon.pidfile.write_text(str(os.getpid()))

    assert ensure_engine(say=lambda _: None, environ={}, daemon=daemon) is True


def test_an_engine_that_cannot_start_is_an_error_with_its_logs_end(daemon: Daemon) -> None:
    broken = Daemon(
        socket=daemon.socket,
        pidfile=daemon.pidfile,
        log=daemon.log,
        options=("--storage-driver=nonsense", *daemon.options[:2]),
    )

    with pytest.raises(HostError, match="ended at once") as caught:
        ensure_engine(say=lambda _: None, environ={}, daemon=broken)

    assert "error initializing graphdriver" in "\n".join(caught.value.detail)


def test_an_engine_elsewhere_is_only_asked(engine: object) -> None:
    address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    said: list[str] = []

    assert ensure_engine(say=said.append, environ={"DOCKER_HOST": address}) is False
    assert address in said[0]


def test_a_program_that_is_there_is_not_installed() -> None:
    def nothing(line: str) -> None:
        raise AssertionError(line)

    assert ensure_program("sh", package="dash", say=nothing) == shutil.which("sh")


def test_another_system_gets_one_clear_message(monkeypatch: pytest.MonkeyPatch, daemon: Daemon) -> None:
    monkeypatch.setattr(install.shutil, "which", lambda name, **_: None)

    with pytest.raises(HostError, match="on Debian and Ubuntu only") as caught:
        ensure_engine(say=lambda _: None, environ={}, daemon=daemon)

    assert caught.value.fix
