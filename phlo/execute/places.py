"""The hosts of a run, as its steps see them: each looked at once for many steps, and let go when it is done."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from phlo.frozen import replace
from phlo.hosts.host import Host, ReadHost, no_peer
from phlo.hosts.snapshot import Snapshot
from phlo.values import Step


class Place(NamedTuple):
    """A host for those who change it, and for those who look at it; the looks know what the changes may have moved."""

    host: Host
    reader: ReadHost


class Places:
    """The hosts by name. steps: those that use them. One thread at a time tells of a step's end."""

    def __init__(self, hosts: Mapping[str, Host], steps: Sequence[Step]) -> None:
        self._hosts = hosts
        self._left = Counter(step.host for step in steps)
        self._containers: dict[str, list[str]] = defaultdict(list)
        for step in steps:
            if step.operation == "container":
                self._containers[step.host].append(step.args.name)
        self._places: dict[str, Place] = {}
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Place:
        there = self._places.get(name)
        if there is not None:
            return there
        with self._lock:
            if name not in self._places:
                host = self._hosts[name]
                snapshot = Snapshot(host.engine, expected=self._containers.pop(name, ()))
                self._places[name] = Place(
                    replace(host, engine=host.engine.watched(snapshot.forget), peer=self._peer),
                    replace(host.reader(), engine=snapshot, peer=self._read_peer),
                )
            return self._places[name]

    def _peer(self, name: str) -> Host:
        return self[name].host if name in self._hosts else no_peer(name)

    def _read_peer(self, name: str) -> ReadHost:
        return self[name].reader if name in self._hosts else no_peer(name)

    def step_ended(self, name: str) -> None:
        """With a host's last step what is known of it goes, and the connections to it are closed."""
        self._left[name] -= 1
        if not self._left[name]:
            self._places.pop(name, None)
            self._hosts[name].engine.close()
