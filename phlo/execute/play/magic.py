"""The variables that Ansible always has, besides those of hosts and plays."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from phlo.inventory.hosts import ALL, CONTROL_MACHINE, Inventory
from phlo.playbook.model import Play, Task
from phlo.playbook.scope import HostScopes, Scope

UNGROUPED = "ungrouped"
# The version of Ansible's language that is followed, as playbooks ask for it.
_VERSION = (2, 19, 0)


class HostVariables(HostScopes):
    """`hostvars`: the variables of every host of the inventory, collected and rendered when a template uses them."""

    def __init__(self, names: Sequence[str], scope_of: Callable[[str], Scope]) -> None:
        self._names = dict.fromkeys(names)
        self._scope_of = scope_of

    def __getitem__(self, name: str) -> Scope:
        if name not in self._names and name not in CONTROL_MACHINE:
            raise KeyError(name)
        return self._scope_of(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def groups_of(inventory: Inventory) -> dict[str, list[str]]:
    """`groups`: every group with its hosts."""
    found = {name: list(group.hosts) for name, group in inventory.groups.items()}
    grouped = {host for name, group in inventory.groups.items() if name != ALL for host in group.hosts}
    found.setdefault(UNGROUPED, [host for host in inventory.hosts if host not in grouped])
    return {ALL: list(inventory.hosts), **found}


def names_of_groups(inventory: Inventory, host: str) -> list[str]:
    """`group_names`: the groups that a host is in, in the order of the alphabet."""
    if host not in inventory.hosts:
        return []
    return sorted(group.name for group in inventory.groups_of(host) if group.name != ALL) or [UNGROUPED]


def constants() -> dict[str, Any]:
    """What is the same for every host and task."""
    major, minor, revision = _VERSION
    text = f"{major}.{minor}.{revision}"
    return {
        "ansible_version": {"full": text, "string": text, "major": major, "minor": minor, "revision": revision},
        "ansible_playbook_python": sys.executable,
    }


def of_roles(play: Play, task: Task) -> dict[str, Any]:
    """The names of the roles of a play, and of the task's own."""
    names = [role.name for role in play.roles]
    found: dict[str, Any] = {
        "ansible_role_names": names,
        "ansible_play_role_names": names,
        "ansible_dependent_role_names": [],
        "role_names": names,
    }
    if task.role is not None:
        found |= {
            "role_name": task.role.name,
            "ansible_role_name": task.role.name,
            "role_path": str(task.role.folder),
            "ansible_parent_role_names": [],
        }
    return found


def of_inventory(inventory: Inventory) -> dict[str, Any]:
    """Where the inventory was read from."""
    if not inventory.sources:
        return {}
    first = inventory.sources[0]
    folder = first if first.is_dir() else first.parent
    return {
        "inventory_dir": str(folder),
        "inventory_file": str(first),
        "ansible_inventory_sources": [str(path) for path in inventory.sources],
    }
