"""Every fault in turn, and a table of how many of them phlo survived: `invoke faults`.

    python -m tests.faults [--only REGEX] [--most N] [--jobs N] [--save]

A fault is survived when the run exits cleanly (no traceback, no hanging), the next `up` brings the project to
the very state of a clean run with its data kept and nothing left over, and the `up` after that finds nothing to do.
"""

from __future__ import annotations

import argparse
import enum
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from tests.faults import clock, engine_faults, outside, own_files, page
from tests.faults.own_engine import OwnEngine
from tests.faults.page import Count
from tests.faults.preload import COMPILER
from tests.faults.proxy import Kind
from tests.faults.scenario import CHANGED, FIRST, SCALED, Target
from tests.faults.site import Site, Trial, strike

RANDOM_TRIALS = 30
ALL = 100_000
PARTS = 4  # of a long series, each on a site of its own
CAN_HAVE_OWN_ENGINE = os.geteuid() == 0
_STOPPED = threading.Event()  # by a signal: trials under way end, and their series do not count
# A read has no effect, so at a read these are the same as another kind: being killed after the request before, an
# error, or no answer at all.
AT_WRITES = (Kind.KILL_BEFORE, Kind.LOST_ANSWER, Kind.RESET, Kind.SILENT_AFTER)
Attempt = Callable[[Site, Target, int], Trial]


DISK_BYTES = 512 << 20
SMALL_DISK_BYTES = 192 << 20


class On(enum.Enum):
    """ANY: an engine of its own, where that can be had. OWN: only there. SYSTEM: where this machine's ports are."""

    ANY = enum.auto()
    OWN = enum.auto()
    SYSTEM = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A fault at one place of a run after the other, until a run has no such place or there were `most`.

    engine: where it can be tried.
    start: what there is before the run, None for an empty host. With a start the fault is tried on the way back, too.
    """

    title: str
    start: Target | None
    target: Target
    attempt: Attempt
    engine: On = On.ANY
    disk_bytes: int = DISK_BYTES
    most: int = ALL

    @property
    def scenario(self) -> str:
        return self.target.title


@dataclass(slots=True, kw_only=True)
class Tally:
    tried: int = 0
    failures: list[str] = field(default_factory=list)
    parts_left: int = 0

    def add(self, part: Tally) -> None:
        self.tried += part.tried
        self.failures += part.failures
        self.parts_left -= 1

    @property
    def survived(self) -> int:
        return self.tried - len(self.failures)


def all_series() -> Iterator[Series]:
    """Everything, for each starting point."""
    for start, target in ((None, FIRST), (FIRST, CHANGED), (FIRST, SCALED)):
        series = partial(Series, start=start, target=target)
        for kind in Kind:
            if kind in AT_WRITES:
                yield series(title=f"{kind.value} (writes)", attempt=partial(_strike, kind, True))
            elif kind is not Kind.EVENT:
                yield series(title=kind.value, attempt=partial(_strike, kind, False))
        yield series(title="a container's name is taken", attempt=_name_taken)
        yield series(title="the image is removed", attempt=_image_removed)
        if start is None or start.port != target.port:
            yield series(title="a port is taken", attempt=_port_taken, engine=On.SYSTEM, most=1)
        yield series(title="a health check never passes", attempt=_never_healthy, most=1)
        yield series(title="Ctrl-C at a random moment", attempt=_interrupted, most=RANDOM_TRIALS)
        yield series(title="two ups at once", attempt=_two_at_once, most=RANDOM_TRIALS)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            title = f"{number.name} when the engine is asked"
            yield series(title=title, attempt=partial(_signalled, number))
        if COMPILER is not None:
            yield series(
                title="the disk is full for phlo's own files", attempt=partial(_own_disk_full, own_files.FILES)
            )
            yield series(title="the output cannot be written", attempt=partial(_own_disk_full, own_files.OUTPUT))
            if start is not None:
                yield series(title="the clock is set back, then a rollback", attempt=_clock_set_back, most=1)
            yield series(title="the clocks jump an hour", attempt=_clock_jumped)
            yield series(
                title="the clocks jump while another waits for the lock",
                attempt=_jumped_while_another_waits,
                engine=On.OWN,  # and with it root, for a process namespace
                most=2,
            )
        yield series(title="the engine is killed", attempt=_engine_killed, engine=On.OWN)
        small = partial(series, engine=On.OWN, disk_bytes=SMALL_DISK_BYTES, most=2)
        yield small(title="the disk is full when an image is built", attempt=_disk_full)
        if start is None:
            yield small(title="the disk is full when an image is loaded", attempt=_disk_full_at_load)


def _strike(kind: Kind, only_writes: bool, site: Site, target: Target, at: int) -> Trial:
    return strike(site, target, kind=kind, at=at, only_writes=only_writes)


def _name_taken(site: Site, target: Target, at: int) -> Trial:
    return outside.name_taken(site, target, at=at)


def _image_removed(site: Site, target: Target, at: int) -> Trial:
    return outside.image_removed(site, target, at=at)


def _port_taken(site: Site, target: Target, at: int) -> Trial:
    return outside.port_taken(site, target)


def _never_healthy(site: Site, target: Target, at: int) -> Trial:
    return outside.never_healthy(site, target)


def _interrupted(site: Site, target: Target, at: int) -> Trial:
    return outside.interrupted(site, target, seed=at)


def _two_at_once(site: Site, target: Target, at: int) -> Trial:
    return outside.two_at_once(site, target, seed=at)


def _signalled(number: int, site: Site, target: Target, at: int) -> Trial:
    return outside.signalled(site, target, number=number, at=at)


def _own_disk_full(which: str, site: Site, target: Target, at: int) -> Trial:
    return own_files.disk_full(site, target, which=which, at=at)


def _clock_set_back(site: Site, target: Target, at: int) -> Trial:
    return clock.set_back(site, target)


def _clock_jumped(site: Site, target: Target, at: int) -> Trial:
    return clock.jumped(site, target, at=at)


def _jumped_while_another_waits(site: Site, target: Target, at: int) -> Trial:
    return clock.jumped_while_another_waits(site, target, at=at)


def _engine_killed(site: Site, target: Target, at: int) -> Trial:
    return engine_faults.engine_killed(site, target, at=at)


def _disk_full(site: Site, target: Target, at: int) -> Trial:
    return engine_faults.disk_full(site, target, free=(at - 1) * (8 << 20))


def _disk_full_at_load(site: Site, target: Target, at: int) -> Trial:
    return engine_faults.disk_full_at_load(site, target, free=(at - 1) * (8 << 10))


@contextmanager
def site_for(series: Series) -> Iterator[Site]:
    """A project, on an engine of its own where that can be had: in memory, and nobody else's load slows it down."""
    if series.engine is On.SYSTEM or not CAN_HAVE_OWN_ENGINE:
        with Site() as site:
            yield site
        return
    with OwnEngine(disk_bytes=series.disk_bytes) as own, Site(own) as site:
        yield site


def carry_out(series: Series, most: int, part: int = 0, parts: int = 1) -> Tally:
    """Try a fault at every place, or at every `parts`-th from `part` on, on a project of its own."""
    tally = Tally()
    ways = [(series.start, series.target)]
    if series.start is not None:
        ways.append((series.target, series.start))
    with site_for(series) as site:
        for _, target in ways:
            site.reference(target)
        for at in range(1 + part, min(most, series.most) + 1, parts):
            if _STOPPED.is_set():
                raise InterruptedError
            for way in list(ways):
                if not _try(series, *way, at, site, tally):
                    ways.remove(way)
            if not ways:
                break
    return tally


def _try(series: Series, start: Target | None, target: Target, at: int, site: Site, tally: Tally) -> bool:
    """One fault; False when the run was over before it could strike."""
    if start is None:
        site.clear()
    elif not site.is_at(start):
        site.reach(start)
    trial = series.attempt(site, target, at)
    if trial.struck:
        tally.tried += 1
    if trial.problems:
        tally.failures.append(f"{target.title} after {start.title if start else 'nothing'}, {series.title}, {at}")
        print("\n  ".join([f"✗ {tally.failures[-1]}: {trial.struck}", *trial.problems]), flush=True)
        site.clear()
    return bool(trial.struck)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Let phlo run into every fault.")
    parser.add_argument("--only", default="", help="only series whose `scenario, fault` has this in it (a regex)")
    parser.add_argument("--most", type=int, default=ALL, help="at most so many places for each fault")
    parser.add_argument("--jobs", type=int, default=4, help="how many projects at a time")
    parser.add_argument("--save", action="store_true", help="write each series' counts into docs/reliability.md")
    options = parser.parse_args()
    if options.save and options.most != ALL:
        parser.error("--save is for whole series: leave out --most")
    every = list(all_series())
    possible = [series for series in every if CAN_HAVE_OWN_ENGINE or series.engine is not On.OWN]
    wanted = [series for series in possible if re.search(options.only, f"{series.scenario}, {series.title}")]
    titles = [series.title for series in every]
    wanted.sort(key=lambda series: titles.index(series.title))  # the long ones first, for each starting point
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _STOPPED.set())
    tallies = {(series.scenario, series.title): Tally() for series in wanted}
    started = time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        running: dict[Future[Tally], Series] = {}
        for series in wanted:
            parts = PARTS if series.most == ALL else 1
            tallies[series.scenario, series.title].parts_left = parts
            running |= {pool.submit(carry_out, series, options.most, n, parts): series for n in range(parts)}
        for ended in as_completed(running):
            series = running[ended]
            tally = tallies[series.scenario, series.title]
            try:
                tally.add(ended.result())
            except InterruptedError:
                pool.shutdown(cancel_futures=True)
                break
            if tally.parts_left:
                continue
            minutes = (time.monotonic() - started) / 60
            print(
                f"{series.scenario}, {series.title}: {tally.survived} of {tally.tried} survived ({minutes:.1f} min)",
                flush=True,
            )
            if options.save:
                count = Count(survived=tally.survived, tried=tally.tried)
                page.update({(series.scenario, series.title): count}, order=[(s.scenario, s.title) for s in every])
    tried = sum(tally.tried for tally in tallies.values())
    print(f"In all: {sum(tally.survived for tally in tallies.values())} of {tried} faults survived.")
    if _STOPPED.is_set():
        print("Stopped before the end.")
        return 1
    return 1 if any(tally.failures for tally in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
