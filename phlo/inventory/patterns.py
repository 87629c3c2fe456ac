"""Host patterns as Ansible has them: `all`, `storage:!data-3`, `storage:&eu`, `data-*`, `~data-\\d+`; and `@failed`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from fnmatch import fnmatchcase

from phlo.errors import InventoryError, did_you_mean
from phlo.frozen import replace
from phlo.inventory.hosts import ALL, CONTROL_MACHINE, LOCAL, Group, Inventory

_SEPARATORS = re.compile(r"[,:]\s*(?![^\[]*\])")


# What is called `@NAME` in a pattern: gives the hosts when it is asked for.
Sets = Mapping[str, Callable[[], Collection[str]]]


def matching(
    inventory: Inventory,
    pattern: str,
    *,
    where: object = "",
    sets: Sets | None = None,
    has_control_machine: bool = False,
    is_open: bool = False,
) -> tuple[str, ...]:
    """The hosts that a pattern means, in the inventory's order.

    sets: what `@NAME` may be. Of its hosts those that are no longer in the inventory are left out.
    has_control_machine: `localhost` means the control machine where the inventory does not have it.
    is_open: a name that is not there matches nothing: tasks add hosts and groups.
    Raises InventoryError for a name that is neither a host nor a group; a wildcard may match nothing.
    """
    sets = sets or {}
    parts = [part.strip() for part in _parts(pattern) if part.strip()]
    extra = [name for name in CONTROL_MACHINE if has_control_machine and not _is_known(inventory, name)]
    if is_open:
        inventory = replace(inventory, groups={**_missing(inventory, parts), **inventory.groups})
    plain = [part for part in parts if part[0] not in "!&"]
    wanted = set(inventory.hosts) if not plain else set()
    for part in plain:
        wanted |= _hosts(inventory, part, where, sets, extra)
    for part in parts:
        if part.startswith("&"):
            wanted &= _hosts(inventory, part[1:], where, sets, extra)
    for part in parts:
        if part.startswith("!"):
            wanted -= _hosts(inventory, part[1:], where, sets, extra)
    return tuple(host for host in (*inventory.hosts, *extra) if host in wanted)


def _missing(inventory: Inventory, parts: Collection[str]) -> dict[str, Group]:
    """An empty group for each name that is neither a host nor a group."""
    known = (ALL, *CONTROL_MACHINE, *inventory.hosts)
    found = (_SUBSCRIPT.fullmatch(part.lstrip("!&")) or _PLAIN.fullmatch(part.lstrip("!&")) for part in parts)
    return {one[1]: Group(name=one[1]) for one in found if one and one[1] not in known}


def _parts(pattern: str) -> list[str]:
    """The names of a pattern; the control machine may have one with colons in it."""
    comma_parts = re.split(r",(?![^\[]*\])", pattern)
    return [
        name
        for part in comma_parts
        for name in ([part] if part.strip() in CONTROL_MACHINE else _SEPARATORS.split(part))
    ]


def _is_known(inventory: Inventory, name: str) -> bool:
    """Whether the inventory has the control machine: under this name, or as the host of a project without another."""
    return name in inventory.hosts or LOCAL in inventory.hosts


_PLAIN = re.compile(r"([^~@*?\[\]]+)")
_SUBSCRIPT = re.compile(r"(.+)\[(-?\d+)(?:([:-])(-?\d*))?\]")


def _hosts(inventory: Inventory, part: str, where: object, sets: Sets, extra: Collection[str]) -> set[str]:
    found = None if part.startswith("~") else _SUBSCRIPT.fullmatch(part)
    if found is None:  # `w[12]` is the twelfth of "w", as in Ansible, and `w[1ab]` a set of characters
        return _named(inventory, part, where, sets, extra)
    base, first, colon, last = found.groups()
    of_base = _named(inventory, base, where, sets, extra)
    named = [inventory.groups[base]] if base in inventory.groups else []
    hosts = [host for host in (named[0].hosts if named else inventory.hosts) if host in of_base]
    if not colon:
        return set(hosts[int(first) :][:1])
    # The end is included, as in Ansible.
    return set(hosts[int(first) : int(last) + 1 if last else None])


def _named(inventory: Inventory, part: str, where: object, sets: Sets, extra: Collection[str]) -> set[str]:
    if part.startswith("@"):
        if part[1:] not in sets:
            known = [f"@{name}" for name in sets]
            raise InventoryError(f'there is no set of hosts "{part}"', where=where, fix=did_you_mean(part, known))
        return set(inventory.hosts) & set(sets[part[1:]]())
    if part in ("all", "*"):
        return set(inventory.hosts)
    if part.startswith("~"):
        try:
            expression = re.compile(part[1:])
        except re.error as reason:
            fix = "After ~ stands a regular expression of Python, such as ~web-[0-9]+."
            raise InventoryError(f'"{part}" is not a regular expression: {reason}', where=where, fix=fix) from None
        names = [name for name in (*inventory.hosts, *inventory.groups) if expression.match(name)]
    elif any(sign in part for sign in "*?["):
        names = [name for name in (*inventory.hosts, *inventory.groups) if fnmatchcase(name, part)]
    elif part in inventory.hosts or part in inventory.groups:
        names = [part]
    elif part in CONTROL_MACHINE and LOCAL in inventory.hosts:
        names = [LOCAL]
    elif part in extra:
        return {part}
    else:
        all_names = (*inventory.hosts, *inventory.groups, "all")
        raise InventoryError(f'there is no host or group "{part}"', where=where, fix=did_you_mean(part, all_names))
    found: set[str] = set()
    for name in names:
        found.update(inventory.groups[name].hosts if name in inventory.groups else (name,))
    return found
