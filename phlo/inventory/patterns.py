"""Host patterns, as Ansible has them: `all`, `storage:!data-3`, `storage:&eu`, `data-*`, `~data-\\d+`."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from phlo.errors import InventoryError, did_you_mean
from phlo.inventory.hosts import LOCAL, Inventory

_SEPARATORS = re.compile(r"[,:]\s*(?![^\[]*\])")


def matching(inventory: Inventory, pattern: str, *, where: object = "") -> tuple[str, ...]:
    """The hosts that a pattern means, in the inventory's order.

    Raises InventoryError for a name that is neither a host nor a group; a wildcard may match nothing.
    """
    parts = [part.strip() for part in _SEPARATORS.split(pattern) if part.strip()]
    plain = [part for part in parts if part[0] not in "!&"]
    wanted = set(inventory.hosts) if not plain else set()
    for part in plain:
        wanted |= _hosts(inventory, part, where)
    for part in parts:
        if part.startswith("&"):
            wanted &= _hosts(inventory, part[1:], where)
    for part in parts:
        if part.startswith("!"):
            wanted -= _hosts(inventory, part[1:], where)
    return tuple(host for host in inventory.hosts if host in wanted)


def _hosts(inventory: Inventory, part: str, where: object) -> set[str]:
    if part in ("all", "*"):
        return set(inventory.hosts)
    if part.startswith("~"):
        expression = re.compile(part[1:])
        names = [name for name in (*inventory.hosts, *inventory.groups) if expression.match(name)]
    elif any(sign in part for sign in "*?["):
        names = [name for name in (*inventory.hosts, *inventory.groups) if fnmatchcase(name, part)]
    elif part in inventory.hosts or part in inventory.groups:
        names = [part]
    elif part == "localhost" and LOCAL in inventory.hosts:
        names = [LOCAL]
    else:
        known = (*inventory.hosts, *inventory.groups, "all")
        raise InventoryError(f'there is no host or group "{part}"', where=where, fix=did_you_mean(part, known))
    found: set[str] = set()
    for name in names:
        found.update(inventory.groups[name].hosts if name in inventory.groups else (name,))
    return found
