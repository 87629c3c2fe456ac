"""The hosts of a run, as its steps see them: each looked at once for many steps, and let go when it is done."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from phlo.errors import HostError
from phlo.execute.worker_pool import WorkerPool
from phlo.frozen import replace
from phlo.hosts.engine_reader import EngineReader
from phlo.hosts.host import Host, ReadHost, no_peer
from phlo.hosts.shells import Shells
from phlo.hosts.snapshot import Snapshot
from phlo.values import Step

_MOST_AT_ONCE = 64  # hosts of which what was seen is compared


class HostSession(NamedTuple):
    """A host for those who change it, and for those who look at it; the looks know what the changes may have moved."""

    host: Host
    reader: ReadHost
    snapshot: Snapshot
    shells: Shells


class HostSessions:
    """The hosts by name. steps: those that use them. One thread at a time tells of a step's end.

    is_recorded: note what is looked at, until `still_hold` is asked whether all of it is as it was.
    """

    def __init__(self, hosts: Mapping[str, Host], steps: Sequence[Step], *, is_recorded: bool = False) -> None:
        self._hosts = hosts
        self._is_recorded = is_recorded
        # Steps that looked into containers, which cannot be compared, and hosts of which all is forgotten.
        self._looked_inside: set[str] = set()
        self._has_let_go = False
        self._left = Counter(step.host for step in steps)
        self._containers: dict[str, list[str]] = defaultdict(list)
        for step in steps:
            if step.operation == "container":
                self._containers[step.host].append(step.args.name)
        self._sessions: dict[str, HostSession] = {}
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> HostSession:
        there = self._sessions.get(name)
        if there is not None:
            return there
        with self._lock:
            if name not in self._sessions:
                host = self._hosts[name]
                expected = self._containers.pop(name, ())
                snapshot = Snapshot(host.engine, expected=expected, is_recorded=self._is_recorded)
                shells = Shells(host.engine.unguarded())
                self._sessions[name] = HostSession(
                    replace(host, engine=host.engine.watched(snapshot.forget), peer=self._peer),
                    replace(host.reader(), engine=snapshot, query=shells.query, peer=self._read_peer),
                    snapshot,
                    shells,
                )
            return self._sessions[name]

    def reader(self, step: Step, host: str = "") -> ReadHost:
        """The host of a step, or another one, to look at; noted is that the step looks into a container."""
        reader = self[host or step.host].reader
        if not self._is_recorded:
            return reader

        def query(*arguments: Any, **options: Any) -> Any:
            self._looked_inside.add(step.id)
            return reader.query(*arguments, **options)

        return replace(reader, query=query)

    def engine_reader(self, name: str) -> EngineReader:
        """What has been seen of a host's engine, to read from."""
        return self[name].reader.engine

    def still_hold(self, project: str, ended: Mapping[str, object]) -> bool:
        """Whether all that was seen so far is as it was, as far as a project is concerned.

        From now on nothing is noted. ended: the steps that will not look again.
        """
        self._is_recorded = False
        sessions = dict(self._sessions)
        if self._has_let_go or self._looked_inside & ended.keys():
            return False
        moved: list[str] = []

        def compare(name: str, snapshot: Snapshot) -> None:
            try:
                if not snapshot.still_holds(project):
                    moved.append(name)
            except HostError:
                moved.append(name)

        with WorkerPool(_MOST_AT_ONCE) as workers:
            for rank, (name, place) in enumerate(sessions.items()):
                workers.submit(rank, partial(compare, name, place.snapshot))
        return not moved

    def _peer(self, name: str) -> Host:
        return self[name].host if name in self._hosts else no_peer(name)

    def _read_peer(self, name: str) -> ReadHost:
        return self[name].reader if name in self._hosts else no_peer(name)

    def step_ended(self, name: str) -> None:
        """With a host's last step what is known of it goes, and the connections to it are closed."""
        self._left[name] -= 1
        if not self._left[name]:
            self._has_let_go = True
            place = self._sessions.pop(name, None)
            if place is not None:
                place.shells.close()
            self._hosts[name].engine.close()
