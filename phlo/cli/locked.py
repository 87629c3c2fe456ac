"""Holding the deploy lock: for a whole command, or from the first change of a run on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from phlo.cli.run_id import new_run_id, runs_of_hosts
from phlo.errors import LockError, PhloError
from phlo.events import Emit, Event, Note
from phlo.execute.worker_pool import WorkerPool
from phlo.frozen import dataclass, replace
from phlo.hosts.lock import claim_for, read_holder, release

if TYPE_CHECKING:
    from phlo.execute.deploy_lock import DeployLock
    from phlo.hosts.engine_reader import EngineReader
    from phlo.hosts.host import Host
    from phlo.plan import Plan


class LockAtFirstChange:
    """The deploy lock of a run, taken before its first change and held until the `with` block ends.

    A run without changes takes no lock. Until the lock is taken, the run's events are held back: a run whose
    observations no longer hold starts over, as if it had not begun.
    """

    def __init__(self, plan: Plan, hosts: Mapping[str, Host], options: Any) -> None:
        self._plan = plan
        self._plain_hosts = hosts
        self._options = options
        self._lock: DeployLock | None = None
        self._holding = ExitStack()
        self._releasing: threading.Thread | None = None
        self._known_runs: frozenset[str] = frozenset()
        self._run_id = ""
        self._emit: Emit = _ignore
        self._held_back: list[Event] = []
        self._is_held_back = True
        self._passing = threading.Lock()
        self._was_waited_for = False
        self.is_taken = False
        self.hosts = _guarded(hosts, self._assert_held)

    def __enter__(self) -> LockAtFirstChange:
        return self

    def __exit__(self, *error: object) -> None:
        if self._releasing is not None:
            self._releasing.join()
        self._holding.close()

    def next_run_id(self, known: Collection[str]) -> str:
        """A name that sorts after those of the known runs, and after those on the hosts once the lock is taken."""
        self._run_id = new_run_id({*known, *self._known_runs})
        return self._run_id

    def begin(self, emit: Emit) -> Emit:
        """Where a run sends its events. emit: gets them from the first change on, or once the run has ended."""
        self._emit, self._held_back, self._is_held_back = emit, [], not self.is_taken
        return self._take_event

    def take(self, read: Callable[[str], EngineReader], still_holds: Callable[[], bool]) -> bool:
        """Take the lock; False when what the run has seen so far cannot be relied on. Raises LockError.

        read: gives what the run reads a host's engine with. still_holds: whether the current state is as observed.
        """
        self._lock = _deploy_lock(self._plan, self._plain_hosts, self._options, self._tell)
        self._holding.enter_context(self._lock)
        self.is_taken = True
        self._known_runs = runs_of_hosts(self._plain_hosts, self._plan.project, forks=self._options.forks, read=read)
        is_newest = max(self._known_runs, default="") < self._run_id
        if self._was_waited_for or not is_newest or not still_holds():
            return False
        self._pass_on()
        return True

    def end(self) -> None:
        """Pass on what is still held back, and begin to give the lock back: what follows changes nothing on hosts.

        If this run took no lock, it removes that of a killed run.
        """
        self._pass_on()
        if self.is_taken:
            self._releasing = threading.Thread(target=self._holding.close)
            self._releasing.start()
        else:
            with WorkerPool(self._options.forks) as workers:
                for rank, host in enumerate(self._plain_hosts.values()):
                    workers.submit(rank, partial(_remove_dead_lock, host, self._plan.project))

    def _assert_held(self, host: str) -> None:
        if self._lock is None:
            raise LockError("phlo was about to change something without the deploy lock", where=host)
        self._lock.assert_held(host)

    def _take_event(self, event: Event) -> None:
        with self._passing:
            if self._is_held_back:
                self._held_back.append(event)
            else:
                self._emit(event)

    def _pass_on(self) -> None:
        with self._passing:
            self._is_held_back = False
            for event in self._held_back:
                self._emit(event)
            self._held_back.clear()

    def _tell(self, message: str) -> None:
        """A note about the lock: somebody else holds it, or has left it behind."""
        self._was_waited_for = True
        self._emit(Note(time=time.time(), run=self._run_id, message=message))


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedHosts:
    """The hosts, as long as their deploy locks are held; a write to one whose lock was lost raises LockError."""

    hosts: Mapping[str, Host]
    lock: DeployLock

    def add(self, name: str, host: Host) -> Host:
        """One more host, with its lock. Raises LockError."""
        self.lock.add(name, host)
        return _guarded({name: host}, self.lock.assert_held)[name]


@contextmanager
def locked(plan: Plan, hosts: Mapping[str, Host], options: Any, emit: Emit, *, run_id: str) -> Iterator[LockedHosts]:
    """Hold the deploy locks of the hosts of a play, whether they have an engine or not."""

    def tell(message: str) -> None:
        emit(Note(time=time.time(), run=run_id, message=message))

    with _deploy_lock(plan, hosts, options, tell, is_without_engines=True) as lock:
        yield LockedHosts(hosts=_guarded(hosts, lock.assert_held), lock=lock)


def _deploy_lock(
    plan: Plan,
    hosts: Mapping[str, Host],
    options: Any,
    tell: Callable[[str], None],
    *,
    is_without_engines: bool = False,
) -> DeployLock:
    from phlo.execute.deploy_lock import DeployLock

    return DeployLock(
        hosts,
        plan.project,
        claim_for(" ".join([f"phlo {plan.title}", *getattr(options, "services", ())])),
        wait_seconds=getattr(options, "lock_timeout", 0.0),
        tell=tell,
        forks=options.forks,
        is_without_engines=is_without_engines,
    )


def _guarded(hosts: Mapping[str, Host], assert_held: Callable[[str], None]) -> Mapping[str, Host]:
    """The hosts, with a check before each write. assert_held: raises LockError for the name of one without its lock."""
    return {name: replace(host, engine=host.engine.guarded(partial(assert_held, name))) for name, host in hosts.items()}


def _remove_dead_lock(host: Host, project: str) -> None:
    """Remove a lock whose holder has certainly ended; one whose holder is unknown stays."""
    try:
        holder = read_holder(host.engine, project)
        if holder is not None and holder.is_dead:
            release(host.engine, holder.id)
    except PhloError:
        return  # anyone who needs the lock will say what is wrong
    finally:
        host.engine.close()


def _ignore(event: Event) -> None:
    """Where events go before a run has begun."""
