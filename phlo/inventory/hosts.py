"""An inventory as a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.errors import InventoryError, did_you_mean
from phlo.frozen import dataclass, field
from phlo.values import Source

LOCAL = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A variable of a host or group: any YAML value, and where it stands."""

    value: Any
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A machine with a Docker engine.

    docker_host:    `unix://`, `ssh://` or `tcp://` URL; None with no docker_context: the engine that Docker's own
                    rules find.
    docker_context: a context of the docker command line.
    cert_path:      folder with ca.pem, cert.pem and key.pem, for `tcp://` with TLS.
    ssh_options:    further arguments of the `ssh` program.
    address:        how other hosts reach it; None: by its name.
    """

    name: str
    docker_host: str | None = None
    docker_context: str | None = None
    cert_path: str | None = None
    ssh_options: tuple[str, ...] = ()
    address: str | None = None
    variables: Mapping[str, Variable] = field(default_factory=dict)
    source: Source = field(default_factory=lambda: Source(layer="built in"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A named set of hosts. hosts: its own and those of its children; depth: steps below `all`."""

    name: str
    hosts: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    depth: int = 0
    variables: Mapping[str, Variable] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Hosts and groups by name, in the order they were written. inputs: the files it was read from."""

    hosts: Mapping[str, Host] = field(default_factory=lambda: {LOCAL: Host(name=LOCAL)})
    groups: Mapping[str, Group] = field(default_factory=dict)
    inputs: tuple[Path, ...] = ()

    def groups_of(self, host: str) -> tuple[Group, ...]:
        """The groups that `host` is in, the one whose variables win last: deeper before later in the alphabet."""
        found = [group for group in self.groups.values() if host in group.hosts]
        return tuple(sorted(found, key=lambda group: (group.depth, group.name)))

    def select(self, names: tuple[str, ...], *, where: object = "") -> tuple[str, ...]:
        """The hosts that `names` (of hosts or groups) mean, in the inventory's order."""
        wanted: set[str] = set()
        for name in names:
            if name in self.hosts:
                wanted.add(name)
            elif name in self.groups:
                wanted.update(self.groups[name].hosts)
            else:
                known = (*self.hosts, *self.groups)
                raise InventoryError(f'there is no host or group "{name}"', where=where, fix=did_you_mean(name, known))
        return tuple(host for host in self.hosts if host in wanted)
