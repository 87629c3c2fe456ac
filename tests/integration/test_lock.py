"""The deploy lock on a real engine: one holder at a time, and a dead one's place is taken."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from phlo.discovery import ServiceDiscovery
from phlo.errors import LockError
from phlo.execute.deploy_lock import DeployLock
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host
from phlo.hosts.live import live_containers
from phlo.hosts.lock import Claim, Holder, acquire, claim_for, lock_name, read_holder, release, renew
from phlo.hosts.process import ProcessId, this_process
from phlo.noop_cache import live_digest
from tests.support.running import ended, start

# The service is healthy once somebody puts a file into the folder: an `up` waits for as long as a test wants.
PROJECT = """
name: {name}
services:
  web:
    type: inline
    image: phlo/test-busybox:1
    volumes: ["./gate:/gate"]
    stop_grace_period: 1s
    healthcheck: {{test: ["CMD", "test", "-f", "/gate/open"], interval: 1s, retries: 1000}}
"""

ELSEWHERE = ProcessId(machine="another machine", pid=1, started="1")


@pytest.fixture
def folder(tmp_path: Path, project: str, tiny: str) -> Path:
    (tmp_path / "gate").mkdir()
    installed = [service.name for service in ServiceDiscovery().get_default_services()]
    switched_off = "".join(f"  {name}: {{enabled: false}}\n" for name in installed)
    (tmp_path / "phlo.yaml").write_text(PROJECT.format(name=project) + switched_off)
    return tmp_path


class Phlo:
    """Runs phlo in a project's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []

    def start(self, *words: str) -> subprocess.Popen[str]:
        self.started.append(start(self.folder, *words))
        return self.started[-1]

    def __call__(self, *words: str, code: int = 0) -> str:
        """Run it to its end, giving what it printed; the exit code must be as said."""
        return ended(self.start(*words), code)


@pytest.fixture
def phlo(folder: Path) -> Iterator[Phlo]:
    runner = Phlo(folder)
    yield runner
    for process in runner.started:
        process.kill()
        process.communicate()


@pytest.fixture(autouse=True)
def cleared(engine: Engine, project: str) -> Iterator[None]:
    yield
    release(engine, lock_name(project))


def until_held(engine: Engine, project: str) -> Holder:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        holder = read_holder(engine, project)
        if holder is not None:
            return holder
        time.sleep(0.02)
    raise AssertionError("nobody took the lock")


def open_gate(folder: Path) -> None:
    (folder / "gate" / "open").touch()


def take(engine: Engine, project: str, claim: Claim, *, wait_seconds: float = 0) -> tuple[str, list[str]]:
    told: list[str] = []
    return acquire(engine, project, claim, host="local", wait_seconds=wait_seconds, tell=told.append), told


# -- two runs at once --------------------------------------------------------------------------------------


def test_a_second_up_ends_with_6_and_names_the_holder(phlo: Phlo, engine: Engine, project: str) -> None:
    first = phlo.start("up")
    holder = until_held(engine, project)

    text = phlo("up", code=6)

    assert f"process {first.pid}" in text
    assert holder.claim.user in text
    assert "phlo up" in text
    open_gate(phlo.folder)
    ended(first, 0)
    assert read_holder(engine, project) is None


def test_a_second_up_that_may_wait_goes_on_when_the_first_has_ended(phlo: Phlo, engine: Engine, project: str) -> None:
    first = phlo.start("up")
    until_held(engine, project)
    second = phlo.start("up", "--lock-timeout", "30")
    open_gate(phlo.folder)

    ended(first, 0)
    ended(second, 0)

    assert "Nothing to do" in phlo("up")
    assert read_holder(engine, project) is None


def test_the_lock_of_a_killed_run_is_taken_over_with_a_note(phlo: Phlo, engine: Engine, project: str) -> None:
    first = phlo.start("up")
    until_held(engine, project)
    first.kill()
    first.communicate()
    assert "its process has ended" in phlo("deploy-lock", "status")
    open_gate(phlo.folder)

    assert "took over the deploy lock" in phlo("up")

    assert read_holder(engine, project) is None


def test_a_run_whose_lock_is_released_by_force_stops_before_its_next_write(
    phlo: Phlo, engine: Engine, host: Host, project: str
) -> None:
    claim = replace(claim_for("phlo up"), lease_seconds=0.4)
    with DeployLock({"local": host}, project, claim, wait_seconds=0, tell=print) as lock:
        lock.assert_held("local")
        assert "seems to be running" in phlo("deploy-lock", "release", code=6)
        phlo("deploy-lock", "release", "--force")

        time.sleep(claim.lease_seconds)
        with pytest.raises(LockError, match="was taken away"):
            lock.assert_held("local")


@pytest.mark.parametrize("words", [["plan"], ["up", "--check"], ["down", "--check"], ["ps"], ["deploy-lock", "status"]])
def test_what_only_looks_needs_no_lock(words: list[str], phlo: Phlo, engine: Engine, project: str) -> None:
    take(engine, project, claim_for("phlo up"))
    phlo(*words)


def test_status_says_who_when_and_what_for(phlo: Phlo, engine: Engine, project: str) -> None:
    assert "free" in phlo("deploy-lock", "status")
    take(engine, project, claim_for("phlo up web"))

    (shown,) = json.loads(phlo("deploy-lock", "status", "--json"))

    assert (shown["host"], shown["pid"], shown["command"]) == ("local", os.getpid(), "phlo up web")
    assert (shown["is_dead"], shown["is_over"]) == (False, False)


def test_one_engine_under_two_names_is_told_for_what_it_is(phlo: Phlo, engine: Engine, project: str) -> None:
    socket = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    hosts = ", ".join(f"{name}: {{docker_host: '{socket}'}}" for name in ("one", "two"))
    (phlo.folder / "inventory.yaml").write_text(f"all: {{hosts: {{{hosts}}}}}\n")
    (phlo.folder / "site.yaml").write_text("- hosts: all\n  tasks: [{debug: {msg: hello}}]\n")
    (phlo.folder / "phlo.yaml").write_text(f"name: {project}\nservices: {{defaults: false}}\n")

    told = phlo("run", "play", "site.yaml", "-i", "inventory.yaml", code=3)

    assert "two: is the same Docker engine as another host of the inventory" in told
    assert read_holder(engine, project) is None


# -- exclusion ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_dead_holder_there", [False, True])
def test_of_many_at_once_one_gets_it(is_dead_holder_there: bool, engine: Engine, project: str) -> None:
    if is_dead_holder_there:
        mine = claim_for("phlo up")
        take(engine, project, replace(mine, process=replace(mine.process, started="before")))
    barrier, won, lost = threading.Barrier(8), list[str](), list[LockError]()

    def contend() -> None:
        barrier.wait()
        try:
            won.append(take(engine, project, claim_for("phlo up"))[0])
        except LockError as error:
            lost.append(error)

    threads = [threading.Thread(target=contend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(won), len(lost)) == (1, 7)
    holder = read_holder(engine, project)
    assert holder is not None
    assert holder.id == won[0]


def test_projects_do_not_hinder_each_other(engine: Engine, project: str) -> None:
    identity, _ = take(engine, f"{project}-other", claim_for("phlo up"))
    take(engine, project, claim_for("phlo up"))
    release(engine, identity)


def test_releasing_a_lock_that_was_taken_over_leaves_the_new_one(engine: Engine, project: str) -> None:
    old, _ = take(engine, project, claim_for("phlo up"))
    release(engine, old)
    new, _ = take(engine, project, claim_for("phlo down"))

    release(engine, old)

    holder = read_holder(engine, project)
    assert holder is not None
    assert holder.id == new


def test_a_foreign_container_of_the_locks_name_is_an_error_and_stays(engine: Engine, project: str, tiny: str) -> None:
    made = engine.post("/containers/create", {"Image": tiny}, name=lock_name(project))["Id"]

    with pytest.raises(LockError, match="that phlo did not make"):
        take(engine, project, claim_for("phlo up"))

    assert engine.get(f"/containers/{made}/json")["Name"] == f"/{lock_name(project)}"


# -- holders that died -------------------------------------------------------------------------------------


def test_a_process_number_that_was_given_again_is_not_the_holder(engine: Engine, project: str) -> None:
    mine = claim_for("phlo up")
    take(engine, project, replace(mine, process=replace(mine.process, started="1")))

    _, told = take(engine, project, mine)

    assert "its process has ended" in told[0]


def test_a_holder_elsewhere_that_stopped_renewing_is_taken_over(engine: Engine, project: str) -> None:
    claim = Claim(user="eve@elsewhere", process=ELSEWHERE, command="phlo up", lease_seconds=2)
    take(engine, project, claim)

    _, told = take(engine, project, claim_for("phlo up"), wait_seconds=20)

    assert "eve@elsewhere" in told[-1]
    assert "was not renewed" in told[-1]


def test_a_holder_elsewhere_that_renews_keeps_its_lock_beyond_the_lease(engine: Engine, project: str) -> None:
    claim = Claim(user="eve@elsewhere", process=ELSEWHERE, command="phlo up", lease_seconds=4)
    held, _ = take(engine, project, claim)
    ended = threading.Event()

    def keep() -> None:
        while not ended.wait(1):
            assert renew(engine, held)

    keeper = threading.Thread(target=keep)
    keeper.start()
    try:
        with pytest.raises(LockError, match="eve@elsewhere"):
            take(engine, project, claim_for("phlo up"), wait_seconds=8)
    finally:
        ended.set()
        keeper.join()


def test_a_live_holder_elsewhere_survives_a_clock_that_jumps_ahead(
    engine: Engine, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = Claim(user="eve@elsewhere", process=ELSEWHERE, command="phlo up", lease_seconds=2)
    held, _ = take(engine, project, claim)
    monkeypatch.setattr("phlo.hosts.lock.engine_time", lambda engine: time.time() + 86400)
    monkeypatch.setattr("phlo.hosts.lock._renewed", lambda engine, identity: time.time())  # before any look, anew
    outcome: list[str] = []
    contender = threading.Thread(target=_contend, args=(engine, project, outcome))
    contender.start()

    contender.join(3 * claim.lease_seconds)
    assert outcome == []

    release(engine, held)
    contender.join(10)
    assert outcome == ["got it"]


def _contend(engine: Engine, project: str, outcome: list[str]) -> None:
    take(engine, project, claim_for("phlo up"), wait_seconds=0)
    outcome.append("got it")


def test_a_dead_holder_elsewhere_is_taken_over_though_the_clock_jumped_back(
    engine: Engine, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(engine, project, Claim(user="eve@elsewhere", process=ELSEWHERE, command="phlo up", lease_seconds=2))
    monkeypatch.setattr("phlo.hosts.lock.engine_time", lambda engine: time.time() - 86400)

    _, told = take(engine, project, claim_for("phlo up"), wait_seconds=10)

    assert "was not renewed" in told[-1]


def test_a_renewal_tells_a_lock_that_is_gone(engine: Engine, project: str) -> None:
    held, _ = take(engine, project, claim_for("phlo up"))
    assert renew(engine, held)
    release(engine, held)
    assert not renew(engine, held)


def test_a_process_is_told_from_a_later_one_and_from_an_ended_one() -> None:
    me = this_process()
    child = subprocess.Popen(["true"])
    ended_child = replace(me, pid=child.pid)

    assert not me.is_gone()
    assert replace(me, started="1").is_gone()
    assert ended_child.is_gone()  # running or not: it started at another time
    child.wait()
    assert ended_child.is_gone()
    assert not replace(ELSEWHERE, pid=child.pid).is_gone()
    assert ProcessId.parse(str(me)) == me


# -- the lock is not part of the project ----------------------------------------------------------------------


def test_nothing_takes_the_lock_for_a_part_of_the_project(phlo: Phlo, engine: Engine, project: str) -> None:
    open_gate(phlo.folder)
    phlo("up")
    socket = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
    before = live_digest(socket, "1.41", project, ())
    held, _ = take(engine, project, claim_for("phlo up"))

    assert live_digest(socket, "1.41", project, ()) == before
    assert [one.service for one in live_containers(engine, project, host="local")] == ["web"]
    phlo("plan", "--remove-orphans", "--detailed-exitcode")

    release(engine, held)
    phlo("down")
