"""Holding the deploy lock on all hosts of a run, for as long as it lasts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from functools import partial
from types import TracebackType

from phlo.errors import EngineError, HostError, InventoryError, LockError, OperationError, PhloError
from phlo.execute.worker_pool import WorkerPool
from phlo.hosts.host import Host
from phlo.hosts.local_transport import LocalTransport
from phlo.hosts.lock import RENEWALS_IN_A_LEASE, Claim, EngineLock, LockPlace, acquire_at
from phlo.hosts.lock_file import LockFile
from phlo.stop_signals import StopRequest, stop_signals

LEAST_AT_ONCE = 64
# Goes on while the machine sleeps, so that a laptop that wakes up knows that its leases are over.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class DeployLock:
    """The lock of a project on hosts, taken on entering a `with` block and given back on leaving it.

    wait_seconds: how long to wait for somebody else. tell: gets messages about waiting and take-over.
    is_without_engines: of a host without an engine the lock is a file there.
    forks: how many hosts are asked at once; it is hardly any work, so that a few more are.

    A host that cannot be reached is left out: the steps on it fail automatically. Raises LockError when somebody
    else holds the lock on one of the others; then it is held on none. A signal that asks phlo to stop takes effect
    once no lock is half taken or half given back; a second one at once.
    """

    def __init__(
        self,
        hosts: Mapping[str, Host],
        project: str,
        claim: Claim,
        *,
        wait_seconds: float,
        tell: Callable[[str], None],
        forks: int = LEAST_AT_ONCE,
        is_without_engines: bool = False,
    ) -> None:
        self._is_without_engines = is_without_engines
        self._hosts = dict(hosts)
        self._project = project
        self._claim = claim
        self._wait_seconds = wait_seconds
        self._tell = tell
        self._most_at_once = max(forks, LEAST_AT_ONCE)
        self._ended = threading.Event()
        self._stop = StopRequest()
        # Per host: the lock's id and where it is kept, why there is none, and when it was last known to be ours.
        self._ids: dict[str, str] = {}
        self._places: dict[str, LockPlace] = {}
        self._lost: dict[str, PhloError] = {}
        self._proven: dict[str, float] = {}

    def __enter__(self) -> DeployLock:
        try:
            with stop_signals(first=self._stop.take):
                self._acquire_all()
            self._stop.raise_if_set()
            threading.Thread(target=self._renew_until_ended, name="phlo-lock-renewal", daemon=True).start()
        except BaseException:
            self._give_back()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._give_back()
        self._stop.raise_if_set()

    def assert_held(self, host: str) -> None:
        """Raise LockError when the lock was lost: somebody else may be changing the host.

        Asks the engine only when the lease was not renewed in time (the machine slept, the engine was away).
        """
        if host in self._lost:
            raise self._lost[host]
        if _now() - self._proven[host] < self._claim.lease_seconds:
            return
        if not self._places[host].is_there(self._ids[host]):
            self._lost[host] = _lost(self._project, host)
            raise self._lost[host]
        self._proven[host] = _now()

    def add(self, name: str, host: Host) -> None:
        """Take the lock on one more host, until the block ends. Raises LockError.

        A host behind the engine of another one of this run has the lock already.
        """
        self._hosts[name] = host
        self._acquire(name, is_shared=True)

    def _acquire_all(self) -> None:
        """The first host alone, so that of two runs on the same hosts one gets all; the others side by side."""
        first, *rest = sorted(self._hosts)
        self._acquire(first)
        self._side_by_side(self._acquire, rest)

    def _side_by_side(self, call: Callable[[str], None], names: Collection[str]) -> None:
        """Make a call for each host; the first error is raised once all have ended."""
        errors: list[PhloError] = []

        def make(name: str) -> None:
            try:
                call(name)
            except PhloError as error:
                errors.append(error)
            if len(self._hosts) > self._most_at_once:  # a file descriptor each would be too many
                self._hosts[name].engine.close()

        with WorkerPool(self._most_at_once) as workers:
            for rank, name in enumerate(names):
                workers.submit(rank, partial(make, name))
        if errors:
            raise errors[0]

    def _acquire(self, name: str, *, is_shared: bool = False) -> None:
        host = self._hosts[name]
        self._places[name] = EngineLock(engine=host.engine, project=self._project, host=name)
        try:
            try:
                identity = self._take(name)
            except HostError:
                found = _lock_file(host, self._project) if self._is_without_engines else None
                if found is None:
                    raise
                self._places[name], is_shared = found, True
                identity = self._take(name)
            if identity is not None:
                self._ids[name] = identity
        except LockError as error:
            holder = self._places[name].holder()
            if holder is None or holder.id not in self._ids.values():
                raise
            if not is_shared:
                what = "is the same Docker engine as another host of the inventory"
                raise InventoryError(what, where=name, fix="Give each engine one name there.") from error
            self._ids[name] = holder.id
        except HostError as error:
            self._lost[name] = error
        self._proven[name] = _now()

    def _take(self, name: str) -> str | None:
        return acquire_at(
            self._places[name],
            self._claim,
            host=name,
            wait_seconds=self._wait_seconds,
            tell=self._tell,
            pause=self._stop.wait,
        )

    def _renew_until_ended(self) -> None:
        while not self._ended.wait(self._claim.lease_seconds / RENEWALS_IN_A_LEASE):
            self._side_by_side(self._renew, tuple(self._ids))

    def _renew(self, name: str) -> None:
        asked = _now()
        try:
            is_ours = self._places[name].renew(self._ids[name])
        except Exception:  # whatever it was: this thread goes on, and `assert_held` knows when it was too long
            return
        if is_ours:
            self._proven[name] = asked
        elif not self._ended.is_set():
            self._lost[name] = _lost(self._project, name)

    def _give_back(self) -> None:
        self._ended.set()
        with stop_signals(first=self._stop.take):
            self._side_by_side(self._release, tuple(self._ids))

    def _release(self, name: str) -> None:
        try:
            self._places[name].release(self._ids[name])
        except (HostError, EngineError, OperationError):
            pass  # anyone who comes next finds this process gone, or its lease over


def lock_of(host: Host, project: str) -> LockPlace:
    """Where the lock of a project on a host is kept: by its engine, else as a file. Raises HostError."""
    place: LockPlace = EngineLock(engine=host.engine, project=project, host=host.name)
    try:
        place.holder()
    except HostError:
        found = _lock_file(host, project)
        if found is None:
            raise
        found.holder()
        return found
    return place


def _lock_file(host: Host, project: str) -> LockPlace | None:
    """The lock of a host without an engine; None where nothing can be run."""
    transport = host.transport or (LocalTransport() if host.is_local else None)
    return None if transport is None else LockFile(transport=transport, project=project, host=host.name)


def _now() -> float:
    return time.clock_gettime(_CLOCK)


def _lost(project: str, host: str) -> LockError:
    return LockError(
        f'the deploy lock of "{project}" was taken away while this run was under way; it stopped there',
        where=host,
        fix="See who has it with `phlo deploy-lock status`, then run the same command again.",
    )
