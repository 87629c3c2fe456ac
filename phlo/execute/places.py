"""The hosts of a run, as its steps see them: each looked at once for many steps, and let go when it is done."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from phlo.frozen import replace
from phlo.hosts.host import Host, ReadHost, no_peer
from phlo.hosts.snapshot import Snapshot


class Place(NamedTuple):
    """A host for those who change it, and for those who look at it; the looks know what the changes may have moved."""

    host: Host
    reader: ReadHost


class Places:
    """The hosts by name. uses: the host of every step, as often as it has steps."""

    def __init__(self, hosts: Mapping[str, Host], uses: Iterable[str]) -> None:
        self._hosts = hosts
        self._left = Counter(uses)
        self._places: dict[str, Place] = {}
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Place:
        with self._lock:
            if name not in self._places:
                host = self._hosts[name]
                snapshot = Snapshot(host.engine)
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
        with self._lock:
            self._left[name] -= 1
            if self._left[name]:
                return
            self._places.pop(name, None)
        self._hosts[name].engine.close()
