"""What happens to an engine of one's own: it is killed, and its disk runs full."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults import state
from tests.faults.launch import Ended
from tests.faults.proxy import Kind, Request
from tests.faults.scenario import Target
from tests.faults.site import Site, Trial, manners

_BLOB_BYTES = 24 << 20


def engine_killed(site: Site, target: Target, *, at: int) -> Trial:
    """The engine is killed at the `at`-th write, and restarted."""
    assert site.own is not None
    own = site.own

    def restart(request: Request) -> bool:
        own.stop()
        own.start()
        return True

    before = state.born(site.engine, site.name)
    proxy, done = site.faulty_run(target, kind=Kind.EVENT, at=at, only_writes=True, event=restart)
    if proxy.struck is None:
        return Trial()
    trial = Trial(struck=f"engine killed at {proxy.struck}", problems=manners(done))
    trial.problems += site.check_recovery(target, before)
    return trial


def disk_full(site: Site, target: Target, *, free: int) -> Trial:
    """So little of the disk is free that an image cannot be built (or nothing can be done at all)."""
    before = state.born(site.engine, site.name)
    site.write(target)
    with (site.folder / "phlo.yaml").open("a") as project:
        project.write("  big: {type: inline, build: ./big, stop_grace_period: 1s}\n")
    (site.folder / "big").mkdir(exist_ok=True)
    (site.folder / "big" / "Dockerfile").write_text(f"FROM {site.image}\nCOPY blob /blob\n")
    (site.folder / "big" / "blob").write_bytes(random.Random(f"{target.title} {free}").randbytes(_BLOB_BYTES))
    with _filled(site, free=free):
        done = site.run()
    trial = Trial(struck=f"{free} bytes free", problems=_says_disk_full(done))
    repaired = site.run()
    if repaired.code != 0:
        trial.problems.append(f"with room again it ended with {repaired.code}: {repaired.output}")
    site.write(target)
    site.run("up", "--remove-orphans")
    trial.problems += site.check_recovery(target, before)
    return trial


def disk_full_at_load(site: Site, target: Target, *, free: int) -> Trial:
    """So little of the disk is free that an image cannot be loaded: that of the deploy lock, the first of a run."""
    site.write(target)
    with _filled(site, free=free):
        done = site.run()
    trial = Trial(struck=f"{free} bytes free", problems=_says_disk_full(done))
    trial.problems += site.check_recovery(target, None)
    return trial


@contextmanager
def _filled(site: Site, *, free: int) -> Iterator[None]:
    """The engine's disk, with so many bytes left."""
    assert site.own is not None
    filler = site.own.disk / "filler"
    filler.write_bytes(b"x" * max(shutil.disk_usage(site.own.disk).free - free, 0))
    try:
        yield
    finally:
        filler.unlink()


def _says_disk_full(done: Ended) -> list[str]:
    if done.code == 1 and re.search("no space left|disk .* full", done.output):
        return manners(done)
    return [*manners(done), f"ended with {done.code}: {done.output}"]
