"""Doing what a plan says under the deploy lock, and without it when there turns out to be nothing to do."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from phlo.errors import PhloError
from phlo.frozen import replace
from phlo.hosts.lock import claim_for, read_holder, release
from phlo.values import Emit, Event

if TYPE_CHECKING:
    from phlo.execute import Outcome
    from phlo.hosts.host import Host
    from phlo.plan import Plan


def nothing_to_do(plan: Plan, hosts: Mapping[str, Host], emit: Emit, *, run_id: str, forks: int) -> Outcome | None:
    """The outcome, told as that of any run, when no step has anything to do; None when there is something.

    It only looks, and takes no lock for that. What is to be done is decided anew once the lock is held. A lock that
    a run which was killed left behind is removed, since nobody will take it over.
    """
    from phlo.execute import run
    from phlo.execute.workers import Workers

    held: list[Event] = []
    outcome = run(plan, hosts, emit=held.append, run_id=run_id, check=True, forks=forks, stops_at_change=True)
    has_found = outcome.failures or any(result.changes for result in outcome.steps.values())
    if has_found and not outcome.is_interrupted:
        return None
    with Workers(forks) as workers:
        for rank, host in enumerate(hosts.values()):
            workers.submit(rank, partial(_remove_dead_lock, host, plan.project))
    for event in held:
        emit(event)
    return outcome


def _remove_dead_lock(host: Host, project: str) -> None:
    """Remove a lock whose holder has certainly ended; one of which that cannot be told stays."""
    try:
        holder = read_holder(host.engine, project)
        if holder is not None and holder.is_dead:
            release(host.engine, holder.id)
    except PhloError:
        return  # whoever needs the lock will say what is wrong
    finally:
        host.engine.close()


@contextmanager
def locked(
    plan: Plan, hosts: Mapping[str, Host], options: Any, emit: Emit, *, run_id: str
) -> Iterator[Mapping[str, Host]]:
    """The hosts, as long as their deploy locks are held; a write to one whose lock was lost raises LockError."""
    from phlo.execute.deploy_lock import DeployLock

    def tell(message: str) -> None:
        emit(Event(kind="note", time=time.time(), run=run_id, message=message))

    command = " ".join([f"phlo {plan.title}", *getattr(options, "services", ())])
    lock = DeployLock(
        hosts,
        plan.project,
        claim_for(command),
        wait_seconds=getattr(options, "lock_timeout", 0.0),
        tell=tell,
        forks=options.forks,
    )
    with lock:
        yield {
            name: replace(host, engine=host.engine.guarded(partial(lock.assert_held, name)))
            for name, host in hosts.items()
        }
