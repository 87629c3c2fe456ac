"""A host that goes away and comes back, and the name of a host."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from phlo.errors import ConfigError, HostError, OperationError
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host
from phlo.hosts.transport import Job, Output
from phlo.operations import hostname, reboot
from phlo.operations.command_result import TaskFailedError
from phlo.values import Status
from tests.support.machine import Machine


def refuse(timeout_seconds: float | None) -> Any:
    raise AssertionError("a host is asked, no engine")


class Remote:
    """A host behind SSH that is gone for some looks after it was told to reboot."""

    is_local = False

    def __init__(self, looks_away: int, code: int = 255) -> None:
        self.start, self.away, self.looks_away, self.code = "first", 0, looks_away, code
        self.commands: list[str] = []

    def run(self, job: Job, is_cancelled: Callable[[], bool]) -> Output:
        script = job.argv[2]
        if "shutdown" in script:
            self.commands.append(" ".join(job.argv[4:]))
            if self.code != 255:
                return Output(code=self.code, stderr=b"shutdown: not allowed\n")
            self.start, self.away = "second", self.looks_away
            raise HostError("the connection ended while a program ran")
        if self.away:
            self.away -= 1
            raise HostError("cannot be reached")
        return Output(code=0, stdout=self.start.encode() if "boot_id" in script else b"")


def remote(transport: Any) -> Machine:
    engine = Engine(refuse, name="data-1")
    return Machine(Host(name="data-1", engine=engine, is_local=False, transport=transport))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reboot, "_PAUSE_SECONDS", 0.0)


def test_a_host_is_back_when_it_is_another_start() -> None:
    host = Remote(looks_away=3)
    done = remote(host).run("reboot", msg="new kernel")
    assert (done.status, done.facts["rebooted"], host.away) == (Status.CHANGED, True, 0)
    assert host.commands == [" new kernel"]


def test_check_mode_only_looks() -> None:
    host = Remote(looks_away=0)
    assert remote(host).look("reboot").is_pending
    assert host.commands == []


def test_a_host_that_does_not_come_back_is_an_error() -> None:
    with pytest.raises(TaskFailedError, match=r"was not back within 0\.05 s \(cannot be reached\)"):
        remote(Remote(looks_away=10**9)).run("reboot", reboot_timeout=0.05)


def test_a_host_that_refuses_to_go_is_an_error() -> None:
    with pytest.raises(TaskFailedError, match="shutdown: not allowed") as failed:
        remote(Remote(looks_away=0, code=1)).run("reboot")
    assert failed.value.facts == {"rebooted": False}


def test_the_control_machine_does_not_reboot_itself() -> None:
    with pytest.raises(OperationError, match="the control machine cannot reboot itself"):
        Machine(Host(name="local", engine=Engine(refuse, name="local"))).look("reboot")


@pytest.mark.parametrize(
    ("running", "written", "causes"),
    [
        ("web", "web", ()),
        ("old", "web", ("the name: old -> web",)),
        ("web", "", ("/etc/hostname: none -> web",)),
    ],
)
def test_a_name_is_that_of_the_kernel_and_of_the_next_start(
    running: str, written: str, causes: tuple[str, ...]
) -> None:
    args = hostname.Args(name="web", root=Path("/"))
    found = hostname.decide(args, hostname.Seen(running=running, written=written))
    assert tuple(cause for change in found for cause in change.causes) == causes


@pytest.mark.parametrize("name", ["-x", "a b", "a_b", "", "x" * 65])
def test_a_name_that_no_host_can_have_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="is no name of a host"):
        Machine(Host(name="local", engine=Engine(refuse, name="local"))).args("hostname", {"name": name})
