"""Clocks that jump: phlo's own, by a preloaded library, and the engine's, by the dates of its answers.

The library (`clock.c`, compiled for a trial) changes what one process reads from its wall clock and leaves the
monotonic ones alone, as setting a machine's clock does. Nobody else notices, and it needs no rights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from phlo.hosts.engine_requests import TIMEOUT_VARIABLE
from phlo.hosts.lock import lock_name
from tests.faults import state
from tests.faults.launch import Ended, Run, spawn
from tests.faults.preload import compiled
from tests.faults.proxy import FaultProxy, Kind, Request
from tests.faults.scenario import Target
from tests.faults.site import Site, Trial, manners

HOUR = 3600
# Longer than a lease that is over must stay unmoved to be taken over.
WATCH_SECONDS = 40


def jumped(site: Site, target: Target, *, at: int) -> Trial:
    """Before the `at`-th write both clocks jump an hour: ahead, back, and so on in turn. The run must not notice."""
    seconds = HOUR if at % 2 else -HOUR
    before = state.born(site.engine, site.name)
    proxies: list[FaultProxy] = []
    clock, environ = _clock(site)

    def jump(request: Request) -> bool:
        _set(clock, seconds)
        proxies[0].clock_seconds = seconds
        return True

    proxy, done = site.faulty_run(
        target,
        kind=Kind.EVENT,
        at=at,
        only_writes=True,
        event=jump,
        prepare=proxies.append,
        launch=spawn,
        environ=environ,
    )
    if proxy.struck is None:
        return Trial(problems=[] if done.code == 0 else [f"without a fault it ended with {done.code}: {done.output}"])
    trial = Trial(struck=f"{seconds:+d} s at {proxy.struck}", problems=manners(done))
    if done.code != 0:
        trial.problems.append(f"ended with {done.code}: {done.output}")
    trial.problems += site.check_recovery(target, before)
    return trial


def jumped_while_another_waits(site: Site, target: Target, *, at: int) -> Trial:
    """The clocks jump while a run holds the lock, and another, on another machine, waits for it: it must not get it.

    The other machine is a process namespace of its own: from there nobody can tell if the holder lives, and only the
    lease counts. The first run is held up at its first write under the lock.
    """
    seconds = HOUR if at % 2 else -HOUR
    before = state.born(site.engine, site.name)
    proxies: list[FaultProxy] = []
    others: list[Ended] = []
    clock, environ = _clock(site)

    def jump(request: Request) -> bool:
        if "/images/load" in request.target or lock_name(site.name) in request.target:
            return False
        _set(clock, seconds)
        proxies[0].clock_seconds = seconds
        return True

    def contend() -> None:
        other = site.proxy(kind=Kind.EVENT, at=0)
        other.clock_seconds = seconds
        words = ("up", "--lock-timeout", str(WATCH_SECONDS))
        run = site.start(*words, address=other.address, launch=_elsewhere, environ=environ)
        others.append(run.end())
        other.close()

    def prepare(proxy: FaultProxy) -> None:
        proxies.append(proxy)
        proxy.hold = contend

    proxy, done = site.faulty_run(
        target,
        kind=Kind.EVENT,
        at=1,
        only_writes=True,
        event=jump,
        prepare=prepare,
        launch=spawn,
        environ={**environ, TIMEOUT_VARIABLE: "600"},
    )
    trial = Trial(struck=f"{seconds:+d} s at {proxy.struck}", problems=manners(done))
    if done.code != 0:
        trial.problems.append(f"the holder ended with {done.code}: {done.output}")
    for other in others:
        if other.code != 6 or "took over" in other.output:
            trial.problems.append(f"the other one ended with {other.code}: {other.output}")
    trial.problems += site.check_recovery(target, before)
    return trial


def _clock(site: Site) -> tuple[Path, dict[str, str]]:
    """The file that says how wrong the clock is, and the variables for a process to go by it."""
    clock = site.folder / "clock"
    _set(clock, 0)
    return clock, {"LD_PRELOAD": str(compiled(site.folder, "clock")), "FAULT_CLOCK": str(clock)}


def set_back(site: Site, target: Target) -> Trial:
    """A run's clock is an hour behind that of the run before; `rollback` must still undo the later one of the two."""
    clock, environ = _clock(site)
    before = state.born(site.engine, site.name)
    first = dict(state.current(site.engine, site.name))
    site.write(target)
    _set(clock, -HOUR)
    runs = [site.start("up", launch=spawn, environ=environ).end()]
    # An instance too many is removed and not kept, so that no rollback brings it back.
    there = state.current(site.engine, site.name)
    runs.append(site.start("rollback", launch=spawn, environ=environ).end())
    trial = Trial(struck=f"{-HOUR:+d} s", problems=[problem for done in runs for problem in manners(done)])
    trial.problems += [f"ended with {done.code}: {done.output}" for done in runs if done.code]
    now = state.current(site.engine, site.name)
    changed = {
        name for name, found in first.items() if name in there and (name not in now or now[name]["Id"] != found["Id"])
    }
    if changed:
        trial.problems.append(f"not what ran before: {', '.join(sorted(changed))}")
    trial.problems += site.check_recovery(target, before)
    return trial


def _set(clock: Path, seconds: int) -> None:
    whole = clock.with_suffix(".new")
    whole.write_text(str(seconds))
    whole.replace(clock)


def _elsewhere(words: Sequence[str], folder: Path, environ: Mapping[str, str], output: Path) -> Run:
    return spawn(words, folder, environ, output, before=("unshare", "--pid", "--fork", "--mount-proc", "--kill-child"))
