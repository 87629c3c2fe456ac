"""Hosts and groups that a play adds to an inventory: `add_host` and `group_by`."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from phlo.errors import InventoryError, first_of
from phlo.frozen import replace
from phlo.inventory.draft import CONNECTION, Draft
from phlo.inventory.hosts import ALL, Host, Inventory, Variable, VarsFolder
from phlo.inventory.vars_files import VarsFiles
from phlo.values import Source

# The layer of hosts and variables that a task added.
_ADDED = "add_host"


def with_host(
    inventory: Inventory, name: str, groups: Sequence[str], variables: Mapping[str, Any], where: str
) -> Inventory:
    """The inventory with a host in groups, which are made where they are missing; of an existing host
    the variables and groups are added to. where: the task that adds it.

    Raises InventoryError for a connection that cannot be.
    """
    is_known = name in inventory.hosts
    if not is_known:
        inventory = replace(inventory, hosts=_with_place(inventory, name))
    draft = _draft_of(inventory)
    source = Source(layer=_ADDED, path=where)
    for group in (ALL, *groups):
        draft.add_group(group)
        draft.add_host(name, group, source)
    own = draft.hosts[name]
    own |= {key: Variable(value=value, source=source) for key, value in variables.items()}
    found = _with_vars_files(replace(inventory, groups=draft.groups()), groups, [name])
    for folder in found.folders:
        own |= folder.hosts.get(name, {})
    if is_known and not any(map(_is_of_connection, variables)):
        host = replace(inventory.hosts[name], variables=own)
    else:
        known = {key: one for layer in found.group_layers(name) for key, one in layer.items()}
        host = draft.host(name, own, {**known, **own}, os.environ)
    return replace(found, hosts={**found.hosts, name: host})


def _with_place(inventory: Inventory, name: str) -> dict[str, Host]:
    """The hosts with one more, behind those that are added or in no group but `all`: these come first in Ansible."""
    first = [
        one for one, host in inventory.hosts.items() if host.source.layer == _ADDED or _is_ungrouped(inventory, one)
    ]
    names = [*first, name, *(one for one in inventory.hosts if one not in first)]
    return {one: inventory.hosts.get(one) or Host(name=name, source=Source(layer=_ADDED)) for one in names}


def _is_ungrouped(inventory: Inventory, host: str) -> bool:
    return all(group.name == ALL for group in inventory.groups_of(host))


def _is_of_connection(variable: str) -> bool:
    return variable in CONNECTION or variable.startswith("ansible_")


def with_member(inventory: Inventory, host: str, group: str, parents: Sequence[str]) -> Inventory:
    """The inventory with a host in a group, which is made with its parents where it is missing."""
    draft = _draft_of(inventory)
    for name in (group, *parents):
        draft.add_group(name)
    draft.members[group][host] = None
    for parent in parents:
        if parent != ALL and not draft.add_child(parent, group):
            what = f'the groups "{group}" and "{parent}" are inside each other'
            raise InventoryError(what, where=group, fix="Name another parent group.")
    return _with_vars_files(replace(inventory, groups=draft.groups()), [group, *parents], ())


def _draft_of(inventory: Inventory) -> Draft:
    groups = inventory.groups
    return Draft(
        hosts={name: dict(host.variables) for name, host in inventory.hosts.items()},
        host_sources={name: host.source for name, host in inventory.hosts.items()},
        members={ALL: {}, **{name: dict.fromkeys(group.hosts) for name, group in groups.items()}},
        children={ALL: {}, **{name: dict.fromkeys(group.children) for name, group in groups.items()}},
        variables={ALL: {}, **{name: dict(group.variables) for name, group in groups.items()}},
        services={name: dict(group.services) for name, group in groups.items()},
    )


def _with_vars_files(inventory: Inventory, groups: Collection[str], hosts: Collection[str]) -> Inventory:
    """The inventory with what `group_vars` and `host_vars` say of names that it did not have before."""
    files = VarsFiles(label=str, vault=inventory.vault)
    folders = []
    for beside, folder in zip(inventory.beside, inventory.folders, strict=True):
        more = files.read(beside, set(groups) - folder.groups.keys(), set(hosts) - folder.hosts.keys())
        folders.append(VarsFolder(groups={**folder.groups, **more.groups}, hosts={**folder.hosts, **more.hosts}))
    if files.errors:
        raise first_of(files.errors)
    return replace(inventory, folders=tuple(folders))
