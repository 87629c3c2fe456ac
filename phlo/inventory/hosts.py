"""An inventory as a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.errors import InventoryError, did_you_mean
from phlo.frozen import dataclass, field
from phlo.values import Source
from phlo.vault.passwords import Vault

LOCAL = "local"
ALL = "all"
# The control machine, as playbooks call it. It need not be in an inventory, and is then no part of `all`.
CONTROL_MACHINE = ("localhost", "127.0.0.1", "::1")


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
    context_host:   the URL that the context stands for; None when it is unknown, and for `default`, which stands
                    for what Docker's own rules find.
    cert_path:      folder with ca.pem, cert.pem and key.pem, for `tcp://` with TLS.
    ssh_options:    further arguments of the `ssh` program.
    address:        how other hosts reach it; None: by its name.
    """

    name: str
    docker_host: str | None = None
    docker_context: str | None = None
    context_host: str | None = None
    cert_path: str | None = None
    ssh_options: tuple[str, ...] = ()
    address: str | None = None
    variables: Mapping[str, Variable] = field(default_factory=dict)
    source: Source = field(default_factory=lambda: Source(layer="built in"))

    @property
    def url(self) -> str:
        """Where the inventory says that its engine is, a context looked up; empty when it does not say."""
        return self.docker_host or self.context_host or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A named set of hosts.

    hosts:     its own and those of its children.
    depth:     steps below `all`. priority: among groups of one depth, the higher one wins.
    variables: those of inventory files; `Inventory.group_layers` has all.
    services:  those that are placed on it, and where that is said.
    """

    name: str
    hosts: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    depth: int = 0
    priority: int = 1
    variables: Mapping[str, Variable] = field(default_factory=dict)
    services: Mapping[str, Source] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VarsFolder:
    """What the `group_vars` and `host_vars` of a folder say, by the name of the group or host."""

    groups: Mapping[str, Mapping[str, Variable]] = field(default_factory=dict)
    hosts: Mapping[str, Mapping[str, Variable]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Hosts and groups by name, in the order they were written.

    folders:     what `group_vars` and `host_vars` say, the project's last; a host's own is in its variables already.
    sources:     what `-i` named.
    inputs:      the files and folders it was read from, and those that would count if they were there.
    is_volatile: a program was asked, which may say something else the next time.
    unused:      a sentence for each thing that counts for nothing: a file of variables for a group that is not there.
    beside:      folders whose `group_vars` and `host_vars` count, those of `folders`, in the same order.
    stand_ins:   a manager of a cluster that is talked to -> the first one, which does not answer; its variables count.
    vault:       decrypted its files, and decrypts those of playbooks and roles.
    """

    hosts: Mapping[str, Host] = field(default_factory=lambda: {LOCAL: Host(name=LOCAL)})
    groups: Mapping[str, Group] = field(default_factory=dict)
    folders: tuple[VarsFolder, ...] = ()
    sources: tuple[Path, ...] = ()
    inputs: tuple[Path, ...] = ()
    is_volatile: bool = False
    unused: tuple[str, ...] = ()
    beside: tuple[Path, ...] = ()
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    vault: Vault = field(default_factory=Vault, compare=False)

    def find(self, name: str) -> Host | None:
        """A host of the inventory, or the control machine; None for another name."""
        if name in CONTROL_MACHINE and name not in self.hosts:
            local = Variable(value="local", source=Source(layer="built in"))
            return Host(name=name, variables={"ansible_connection": local})
        return self.hosts.get(name)

    def groups_of(self, host: str) -> tuple[Group, ...]:
        """The groups that `host` is in, the one whose variables win last: deeper, of higher priority, later by name."""
        found = [group for group in self.groups.values() if host in group.hosts]
        return tuple(sorted(found, key=lambda group: (group.depth, group.priority, group.name)))

    def group_layers(self, host: str) -> tuple[Mapping[str, Variable], ...]:
        """The variables of a host's groups, the layer that wins last.

        Source: Ansible's documentation, "Understanding variable precedence", 3 to 7: inventory files, then
        `group_vars/all` beside them, the project's, then the other `group_vars` beside them, the project's.
        """
        groups = self.groups_of(host)
        if host in CONTROL_MACHINE and host not in self.hosts and ALL in self.groups:
            groups = (self.groups[ALL],)
        named = [group.name for group in groups if group.name != ALL]
        in_files = [group.variables for group in groups if group.variables]
        of_all = [folder.groups[ALL] for folder in self.folders if ALL in folder.groups]
        of_named = [folder.groups[name] for folder in self.folders for name in named if name in folder.groups]
        return (*in_files, *of_all, *of_named)

    def placed(self, service: str) -> tuple[str, ...]:
        """The hosts of the groups that say they have a service; empty when none does."""
        groups = tuple(group.name for group in self.groups.values() if service in group.services)
        return self.select(groups) if groups else ()

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
