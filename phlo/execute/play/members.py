"""The hosts and groups of a run: those of its inventory, and those that its tasks add."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from phlo.errors import InventoryError, PlanError, did_you_mean
from phlo.hosts.host import Host, ReadHost
from phlo.inventory.additions import with_host, with_member
from phlo.inventory.hosts import ALL, Inventory
from phlo.vault.ansible_yaml import Unsafe

OpenHost = Callable[[Inventory, str], Host | ReadHost]
Addition = Callable[[Inventory], Inventory]


def _only_known(inventory: Inventory, name: str) -> Host | ReadHost:
    """The default for a run that has all its hosts from the start."""
    raise PlanError(f'the host "{name}" is not part of this run', fix="Add hosts in a play, not in a role's tasks.")


def _read_once() -> Inventory:
    raise PlanError("the inventory is not read again here", fix="Write refresh_inventory in a play.")


class Members:
    """What is known of hosts and groups while plays run.

    hosts:     those that are ready to be talked to.
    open_host: opens another one, when a play begins that it is in.
    reload:    reads the inventory again.
    """

    def __init__(
        self,
        inventory: Inventory,
        hosts: Mapping[str, Host | ReadHost],
        *,
        open_host: OpenHost = _only_known,
        reload: Callable[[], Inventory] = _read_once,
    ) -> None:
        self._inventory = inventory
        self._hosts = dict(hosts)
        self._open_host = open_host
        self._reload = reload
        self._changing = threading.Lock()
        self._additions: list[Addition] = []
        self._generation = 0

    @property
    def inventory(self) -> Inventory:
        return self._inventory

    @property
    def generation(self) -> int:
        """Differs after each change."""
        return self._generation

    def names(self) -> list[str]:
        """The hosts of the inventory, and those that are open besides."""
        return list(dict.fromkeys((*self._inventory.hosts, *self._hosts)))

    def host(self, name: str) -> Host | ReadHost:
        """A host, ready to be talked to. Raises InventoryError for a name that is not there."""
        with self._changing:
            if name not in self._hosts:
                if self._inventory.find(name) is None:
                    fix = did_you_mean(name, self._inventory.hosts)
                    raise InventoryError(f'there is no host "{name}"', fix=fix)
                self._hosts[name] = self._open_host(self._inventory, name)
            return self._hosts[name]

    def has_host(self, name: str, groups: Sequence[str], variables: Mapping[str, Any]) -> bool:
        """Whether a host is there, in these groups and with these variables. Raises InventoryError for wrong ones."""
        inventory = self._inventory
        with_host(inventory, name, groups, variables, where=name)
        found = inventory.hosts.get(name)
        if found is None or not all(one in inventory.groups and name in inventory.groups[one].hosts for one in groups):
            return False
        known = {key: one.value for key, one in found.variables.items()}
        return all(key in known and known[key] == value for key, value in variables.items())

    def is_in_group(self, host: str, group: str, parents: Sequence[str]) -> bool:
        """Whether a host is in a group that is in these groups. Raises InventoryError for a circle of groups."""
        with_member(self._inventory, host, group, parents)
        groups = self._inventory.groups
        is_inside = all(name in groups and group in groups[name].children for name in parents)
        return is_inside and group in groups and host in groups[group].hosts

    def take(self, host: str, data: Mapping[str, Any], *, where: str) -> None:
        """Add what `add_host` or `group_by` says. host: the one that the task is for. Raises InventoryError."""
        if (made := data.get("add_host")) is not None:
            name, groups, variables = made["host_name"], made["groups"], _literal(made["host_vars"])
            self._add(partial(with_host, name=name, groups=groups, variables=variables, where=where))
        if (group := data.get("add_group")) is not None:
            parents = [name for name in data["parent_groups"] if name != ALL]
            self._add(partial(with_member, host=host, group=group, parents=parents))

    def refresh(self) -> None:
        """Read the inventory again; what tasks added stays."""
        with self._changing:
            inventory = self._reload()
            for addition in self._additions:
                inventory = addition(inventory)
            self._take(inventory)

    def _add(self, addition: Addition) -> None:
        with self._changing:
            self._take(addition(self._inventory))
            self._additions.append(addition)

    def _take(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._generation += 1


def _literal(value: Any) -> Any:
    """A value that a task rendered already; texts in it are not taken for templates once more."""
    if isinstance(value, str) and ("{{" in value or "{%" in value):
        return Unsafe(value)
    if isinstance(value, Mapping):
        return {key: _literal(item) for key, item in value.items()}
    return [_literal(item) for item in value] if isinstance(value, list) else value
