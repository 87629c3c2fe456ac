"""What others do while phlo is at work: take names and ports, remove images, start it twice, press Ctrl-C."""

from __future__ import annotations

import os
import random
import signal
import socket
import threading
from collections.abc import Collection
from urllib.parse import parse_qs, urlsplit

from phlo.labels import SET_ASIDE
from tests.faults import state
from tests.faults.launch import spawn
from tests.faults.proxy import FaultProxy, Kind, Request
from tests.faults.scenario import BROKEN, Target
from tests.faults.site import Site, Trial, manners


def name_taken(site: Site, target: Target, *, at: int = 1, besides: Collection[str] = ()) -> Trial:
    """Somebody makes a container of the very name that phlo is about to give, the `at`-th that it gives.

    besides: names, without the project's, that do not count: services side by side give theirs in no fixed order.
    """
    given: list[str] = []
    taken: list[tuple[str, str]] = []

    def take(request: Request) -> bool:
        name = _given_name(request)
        if name is None or name.removeprefix(site.name) in besides:
            return False
        given.append(name)
        if len(given) < at:
            return False
        made = site.engine.post("/containers/create", {"Image": site.image}, name=name)
        taken.append((name, made["Id"]))
        return True

    before = state.born(site.engine, site.name)
    proxy, done = site.faulty_run(target, kind=Kind.EVENT, at=1, only_writes=True, event=take)
    if not taken:
        return Trial()
    ((name, identity),) = taken
    trial = Trial(struck=f"{name} at {proxy.struck}", problems=manners(done))
    if done.code == 0:
        trial.problems.append(f"ended with 0 though {name} was taken: {done.output}")
    found = site.engine.get_or_none(f"/containers/{identity}/json")
    if found is None or found["Name"] != f"/{name}" or found["State"]["Status"] != "created":
        trial.problems.append(f"the foreign container {name} was touched")
    # The next up must leave it alone as well, whether it can do without the name or not.
    site.run()
    found = site.engine.get_or_none(f"/containers/{identity}/json")
    if found is None or found["Name"] != f"/{name}" or found["State"]["Status"] != "created":
        trial.problems.append(f"the foreign container {name} was touched by the next up")
    else:
        site.engine.delete(f"/containers/{identity}", force=True)
    trial.problems += site.check_recovery(target, before)
    return trial


def image_removed(site: Site, target: Target, *, at: int) -> Trial:
    """The image's name is removed before the `at`-th write, and given again before the next `up`."""

    def remove(request: Request) -> bool:
        site.engine.delete(f"/images/{site.image}", force=True, noprune=True)
        return True

    before = state.born(site.engine, site.name)
    try:
        proxy, done = site.faulty_run(target, kind=Kind.EVENT, at=at, only_writes=True, event=remove)
    finally:
        site.tag_image()
    if proxy.struck is None:
        return Trial()
    trial = Trial(struck=f"image removed at {proxy.struck}", problems=manners(done))
    trial.problems += site.check_recovery(target, before)
    return trial


def port_taken(site: Site, target: Target) -> Trial:
    """Something else listens on the port that a service is to have."""
    before = state.born(site.engine, site.name)
    was_up = set(state.current(site.engine, site.name))
    site.write(target)
    with socket.create_server(("127.0.0.1", site.first_port + target.port)):
        done = site.run()
        trial = Trial(struck="port taken", problems=manners(done))
        if done.code not in (1, 5):
            trial.problems.append(f"ended with {done.code} though the port was taken: {done.output}")
        web = site.engine.get_or_none(f"/containers/{site.name}-web-1/json")
        if was_up and not (web and web["State"]["Running"]):
            trial.problems.append("what served before was not put back")
    trial.problems += site.check_recovery(target, before)
    return trial


def never_healthy(site: Site, target: Target) -> Trial:
    """A new version's health check never passes: the old one is put back, and the next good one comes up."""
    before = state.born(site.engine, site.name)
    old = state.current(site.engine, site.name).get(f"{site.name}-db-1")
    site.write(BROKEN)
    done = site.run("up", "--wait-timeout", "20")
    trial = Trial(struck="never healthy", problems=manners(done))
    if done.code != (5 if old else 1):
        trial.problems.append(f"ended with {done.code}: {done.output}")
    now = state.current(site.engine, site.name).get(f"{site.name}-db-1")
    if old and not (now and now["Id"] == old["Id"] and now["State"]["Running"]):
        trial.problems.append("the old version was not put back")
    site.write(target)
    trial.problems += site.check_recovery(target, before)
    return trial


def interrupted(site: Site, target: Target, *, seed: int) -> Trial:
    """Ctrl-C at a random moment of the run."""
    chance = random.Random(seed)
    before = state.born(site.engine, site.name)
    site.write(target)
    run = site.start(launch=spawn)
    seconds = chance.uniform(0.1, 3)
    timer = threading.Timer(seconds, run.interrupt)
    timer.start()
    done = run.end()
    timer.cancel()
    problems = manners(done, is_killed=False) if done.code != -signal.SIGINT else []
    trial = Trial(struck=f"Ctrl-C after {seconds:.2f} s (seed {seed})", problems=problems)
    trial.problems += site.check_recovery(target, before)
    return trial


def signalled(site: Site, target: Target, *, number: int, at: int, only_writes: bool = False) -> Trial:
    """A signal at the `at`-th request: the run ends with its code, releases the lock and leaves nothing half-done."""
    proxies: list[FaultProxy] = []

    def send(request: Request) -> bool:
        os.kill(proxies[0].victim.result(), number)
        return True

    before = state.born(site.engine, site.name)
    proxy, done = site.faulty_run(
        target, kind=Kind.EVENT, at=at, only_writes=only_writes, event=send, prepare=proxies.append
    )
    if proxy.struck is None:
        return Trial(problems=[] if done.code == 0 else [f"without a fault it ended with {done.code}: {done.output}"])
    trial = Trial(struck=f"{signal.Signals(number).name} at {proxy.struck}", problems=[])
    if done.code != 128 + number or "Traceback" in done.output:
        trial.problems.append(f"ended with {done.code}: {done.output}")
    trial.problems += [f"left: {name}" for name in state.leftovers(site.engine, site.name)]
    trial.problems += site.check_recovery(target, before)
    return trial


def two_at_once(site: Site, target: Target, *, seed: int) -> Trial:
    """Two `up`s with little time between them: each ends well or says that the other holds the lock."""
    chance = random.Random(seed)
    before = state.born(site.engine, site.name)
    site.write(target)
    first = site.start()
    seconds = chance.uniform(0, 1)
    started = threading.Event()
    timer = threading.Timer(seconds, started.set)
    timer.start()
    started.wait()
    ends = [run.end() for run in (site.start(), first)]
    codes = sorted(done.code for done in ends)
    trial = Trial(struck=f"a second up after {seconds:.2f} s (seed {seed})")
    if codes not in ([0, 0], [0, 6]):
        trial.problems += [f"they ended with {codes}", *(done.output for done in ends)]
    if state.differences(site.references[target.title], state.snapshot(site.engine, site.name)):
        trial.problems.append("the state after both is not that of a clean run")
    trial.problems += site.check_recovery(target, before)
    return trial


def _given_name(request: Request) -> str | None:
    """The name that a request gives to a container."""
    parts = urlsplit(request.target)
    if request.method == "POST" and (parts.path.endswith("/containers/create") or parts.path.endswith("/rename")):
        name = parse_qs(parts.query).get("name", [""])[0]
        return name if name and not name.startswith("phlo-lock.") and SET_ASIDE not in name else None
    return None
