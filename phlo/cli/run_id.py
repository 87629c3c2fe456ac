"""Names of runs. They sort by the order of the runs, which a clock that was set back does not change."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.errors import EngineError, HostError

if TYPE_CHECKING:
    from phlo.hosts.engine_reader import EngineReader
    from phlo.hosts.host import Host

_FORM = "%Y%m%d-%H%M%S-%f"


def new_run_id(known: Iterable[str] = (), *, now: float | None = None) -> str:
    """A name for a run that sorts after those of all known runs: `20260131-120000-123456`, the time in UTC.

    It is later than the time where the clock is behind the newest known run. now: seconds since the epoch.
    """
    now = time.time() if now is None else now
    fresh = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{int(now % 1 * 1e6):06d}"
    newest = max((run for run in known if _moment(run) is not None), default="")
    if fresh > newest:
        return fresh
    moment = _moment(newest)
    assert moment is not None
    return (moment + timedelta(microseconds=1)).strftime(_FORM)


def next_run_id(root: Path, hosts: Mapping[str, Host], project: str, *, forks: int) -> str:
    """A name that sorts after every run that the project's history and its hosts know of."""
    from phlo.execute.history import run_ids

    return new_run_id({*run_ids(root), *runs_of_hosts(hosts, project, forks=forks)})


def runs_of_hosts(
    hosts: Mapping[str, Host], project: str, *, forks: int, read: Callable[[str], EngineReader] | None = None
) -> frozenset[str]:
    """The runs that made something of a project's on its hosts. read: gives what a host is read with, by its name."""
    from phlo.execute.worker_pool import WorkerPool
    from phlo.hosts.live import runs_on

    known: set[str] = set()

    def look(host: Host) -> None:
        try:
            known.update(runs_on(read(host.name) if read else host.engine, project))
        except (HostError, EngineError):
            return  # the steps on that host say what is wrong with it

    with WorkerPool(forks) as workers:
        for rank, host in enumerate(hosts.values()):
            workers.submit(rank, partial(look, host))
    return frozenset(known)


def _moment(run: str) -> datetime | None:
    try:
        return datetime.strptime(run, _FORM)
    except ValueError:
        return None
