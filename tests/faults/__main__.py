"""Every fault in turn, and a table of how many of them phlo survived: `invoke faults`.

    python -m tests.faults [--only TEXT] [--most N] [--jobs N] [--save]

A fault is survived when the run ends in good manners (no traceback, no hanging), the next `up` brings the project to
the very state of a clean run with its data kept and nothing left over, and the `up` after that finds nothing to do.
"""

from __future__ import annotations

import argparse
import enum
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.faults import outside, state
from tests.faults.own_engine import OwnEngine
from tests.faults.proxy import Kind
from tests.faults.scenario import CHANGED, FIRST, SCALED, Target
from tests.faults.site import Site, Trial, strike

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"
RANDOM_TRIALS = 30
Attempt = Callable[[Site, Target, int], Trial]


class Disk(enum.Enum):
    """The disk of an engine that a series has for itself, in bytes; LARGE is this machine's."""

    NONE = 0
    LARGE = 1
    SMALL = 192 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A fault at one place of a run after the other, until a run has no such place or there were `most`.

    engine: the disk of an engine of its own, Disk.NONE for the system's engine.
    start: what there is before the run, None for an empty host. With a start the fault is tried on the way back, too.
    """

    title: str
    start: Target | None
    target: Target
    attempt: Attempt
    engine: Disk = Disk.NONE
    most: int = 100_000

    @property
    def scenario(self) -> str:
        return self.target.title


@dataclass(slots=True, kw_only=True)
class Tally:
    tried: int = 0
    failures: list[str] = field(default_factory=list)


def all_series() -> Iterator[Series]:
    """Everything, for each starting point."""
    for start, target in ((None, FIRST), (FIRST, CHANGED), (FIRST, SCALED)):
        for kind in Kind:
            if kind is not Kind.EVENT:
                yield Series(title=kind.value, start=start, target=target, attempt=partial(_strike, kind))
        yield Series(title="a container's name is taken", start=start, target=target, attempt=_name_taken)
        yield Series(title="the image is removed", start=start, target=target, attempt=_image_removed)
        if start is None or start.port != target.port:
            yield Series(title="a port is taken", start=start, target=target, attempt=_port_taken, most=1)
        yield Series(title="a health check never passes", start=start, target=target, attempt=_never_healthy, most=1)
        for title, attempt in (("Ctrl-C at a random moment", _interrupted), ("two ups at once", _two_at_once)):
            yield Series(title=title, start=start, target=target, attempt=attempt, most=RANDOM_TRIALS)
        if os.geteuid() == 0:  # an engine of one's own needs root
            engine = Disk.LARGE
            yield Series(
                title="the engine is killed", start=start, target=target, attempt=_engine_killed, engine=engine
            )
            yield Series(
                title="the disk is full", start=start, target=target, attempt=_disk_full, engine=Disk.SMALL, most=2
            )


def _strike(kind: Kind, site: Site, target: Target, at: int) -> Trial:
    return strike(site, target, kind=kind, at=at)


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


def _engine_killed(site: Site, target: Target, at: int) -> Trial:
    return outside.engine_killed(site, target, at=at)


def _disk_full(site: Site, target: Target, at: int) -> Trial:
    return outside.disk_full(site, target, free=(at - 1) * (8 << 20))


@contextmanager
def site_for(series: Series) -> Iterator[Site]:
    """A project on the engine that the series asks for."""
    if series.engine is Disk.NONE:
        with Site() as site:
            yield site
        return
    with OwnEngine(disk_bytes=series.engine.value if series.engine is Disk.SMALL else None) as own, Site(own) as site:
        yield site


def carry_out(series: Series, most: int) -> Tally:
    """Try a fault at every place, on a project of its own."""
    tally = Tally()
    ways = [(series.start, series.target)]
    if series.start is not None:
        ways.append((series.target, series.start))
    with site_for(series) as site:
        for _, target in ways:
            site.reference(target)
        for at in range(1, min(most, series.most) + 1):
            for way in list(ways):
                if not _try(series, *way, at, site, tally):
                    ways.remove(way)
            if not ways:
                break
    return tally


def _try(series: Series, start: Target | None, target: Target, at: int, site: Site, tally: Tally) -> bool:
    """One fault; False when the run was over before it could strike."""
    if start is None:
        state.clear(site.engine, site.name)
    elif not site.is_at(start):
        site.reach(start)
    trial = series.attempt(site, target, at)
    if trial.struck:
        tally.tried += 1
    if trial.problems:
        tally.failures.append(f"{target.title} after {start.title if start else 'nothing'}, {series.title}, {at}")
        print("\n  ".join([f"✗ {tally.failures[-1]}: {trial.struck}", *trial.problems]), flush=True)
        state.clear(site.engine, site.name)
    return bool(trial.struck)


def table(tallies: dict[tuple[str, str], Tally]) -> str:
    """Faults against scenarios, `survived / tried`."""
    scenarios = list(dict.fromkeys(scenario for scenario, _ in tallies))
    lines = ["| fault | " + " | ".join(scenarios) + " |", "|---" * (len(scenarios) + 1) + "|"]
    for title in dict.fromkeys(title for _, title in tallies):
        cells = []
        for scenario in scenarios:
            tally = tallies.get((scenario, title))
            cells.append(f"{tally.tried - len(tally.failures)} / {tally.tried}" if tally else "")
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    tried = sum(tally.tried for tally in tallies.values())
    survived = tried - sum(len(tally.failures) for tally in tallies.values())
    return "\n".join([*lines, "", f"In all: {survived} of {tried} faults survived."])


def save(text: str) -> None:
    page = PAGE.read_text()
    head, _, rest = page.partition(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Let phlo run into every fault.")
    parser.add_argument("--only", default="", help="only series whose scenario and title have this in them")
    parser.add_argument("--most", type=int, default=100_000, help="at most so many places for each fault")
    parser.add_argument("--jobs", type=int, default=2, help="how many projects at a time")
    parser.add_argument("--save", action="store_true", help="write the table into docs/reliability.md")
    options = parser.parse_args()
    wanted = [series for series in all_series() if options.only in f"{series.scenario}, {series.title}"]
    tallies = {(series.scenario, series.title): Tally() for series in wanted}
    started = time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        running = {pool.submit(carry_out, series, options.most): series for series in wanted}
        for ended in as_completed(running):
            series, tally = running[ended], ended.result()
            whole = tallies[series.scenario, series.title]
            whole.tried += tally.tried
            whole.failures += tally.failures
            minutes = (time.monotonic() - started) / 60
            print(
                f"{series.scenario}, {series.title}: {tally.tried - len(tally.failures)} of {tally.tried} survived "
                f"({minutes:.1f} min)",
                flush=True,
            )
    text = table(tallies)
    print(text)
    if options.save:
        save(text)
    return 1 if any(tally.failures for tally in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
