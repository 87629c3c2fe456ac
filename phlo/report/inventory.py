"""An inventory as text and as data: its hosts, its groups as a tree, one host with its variables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from phlo.inventory.hosts import ALL, Host, Inventory, Variable
from phlo.report.style import Style
from phlo.report.table import table
from phlo.report.tree import Node, tree_text
from phlo.values import Secret
from phlo.vault.passwords import Vault

# Names of variables whose values nobody should read over a shoulder.
_SECRET_NAME = re.compile(r"passw|secret|token|credential|private_key$|api_?key", re.IGNORECASE)
MASK = "***"


class Known(NamedTuple):
    """A variable of a host, and those that it overrides, the one that wins first."""

    name: str
    shown: Any
    where: str
    losers: tuple[str, ...]


def way_to(host: Host) -> str:
    """How a host is reached, in one word."""
    if host.docker_context:
        return f"context {host.docker_context}"
    return host.docker_host or "this machine"


def groups_of(inventory: Inventory, host: str) -> list[str]:
    return [group.name for group in inventory.groups_of(host) if group.name != ALL]


def services_of(inventory: Inventory, host: str) -> list[str]:
    """The services that the inventory itself places on a host."""
    return sorted({service for group in inventory.groups_of(host) for service in group.services})


def list_data(inventory: Inventory, names: Collection[str]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "groups": groups_of(inventory, name),
            "docker_host": inventory.hosts[name].docker_host,
            "docker_context": inventory.hosts[name].docker_context,
            "address": inventory.hosts[name].address,
            "services": services_of(inventory, name),
        }
        for name in names
    ]


def list_text(inventory: Inventory, names: Collection[str], style: Style) -> str:
    rows = [
        (
            name,
            way_to(inventory.hosts[name]),
            inventory.hosts[name].address or "",
            ", ".join(groups_of(inventory, name)),
            ", ".join(services_of(inventory, name)),
        )
        for name in names
    ]
    return table(("HOST", "REACHED BY", "ADDRESS", "GROUPS", "SERVICES"), rows, style, wrapped=("GROUPS", "SERVICES"))


def graph_data(inventory: Inventory) -> dict[str, Any]:
    """The groups as a tree from `all` on: each with its own hosts and with the groups in it."""

    def part(name: str) -> dict[str, Any]:
        children, hosts = _below(inventory, name)
        return {"name": name, "hosts": hosts, "children": [part(child) for child in children]}

    return part(ALL)


def graph_text(inventory: Inventory, style: Style) -> str:
    def node(name: str) -> Node:
        children, hosts = _below(inventory, name)
        return Node(name, below=[*map(node, children), *map(Node, hosts)], colours=("bold",))

    return tree_text([node(ALL)], style)


def _below(inventory: Inventory, name: str) -> tuple[list[str], list[str]]:
    """The groups right below a group, and the hosts of it that are in none of these."""
    groups = inventory.groups
    if name == ALL:
        inside = {child for group in groups.values() if group.name != ALL for child in group.children}
        children = [other for other in groups if other != ALL and other not in inside]
    else:
        children = list(groups[name].children)
    covered = {host for child in children for host in groups[child].hosts}
    hosts = groups[name].hosts if name in groups else tuple(inventory.hosts)
    return children, [host for host in hosts if host not in covered]


def variables_of(inventory: Inventory, host: str, is_secret: Callable[[str], bool]) -> list[Known]:
    """The variables of a host by name, secrets masked."""
    chains: dict[str, list[Variable]] = {}
    for layer in (*inventory.group_layers(host), inventory.hosts[host].variables):
        for name, variable in layer.items():
            chains.setdefault(name, []).append(variable)
    return [
        Known(
            name,
            MASK if is_secret(name) or _SECRET_NAME.search(name) else _shown(chain[-1].value, inventory.vault),
            str(chain[-1].source),
            tuple(str(variable.source) for variable in reversed(chain[:-1])),
        )
        for name, chain in sorted(chains.items())
    ]


def _shown(value: Any, vault: Vault) -> Any:
    """The value with what Ansible Vault had encrypted masked."""
    if isinstance(value, Mapping):
        return {key: _shown(item, vault) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item, vault) for item in value]
    return MASK if isinstance(value, Secret) or vault.has_decrypted(value) else value


def show_data(inventory: Inventory, host: str, is_secret: Callable[[str], bool]) -> dict[str, Any]:
    known = variables_of(inventory, host, is_secret)
    variables = {one.name: {"value": one.shown, "from": one.where, "over": list(one.losers)} for one in known}
    given = inventory.hosts[host]
    more = {"ssh_options": list(given.ssh_options), "from": str(given.source), "variables": variables}
    return {**list_data(inventory, (host,))[0], **more}


def show_text(inventory: Inventory, host: str, is_secret: Callable[[str], bool], style: Style) -> str:
    given = inventory.hosts[host]
    facts = {
        "host": host,
        "reached by": way_to(given),
        "ssh options": " ".join(given.ssh_options),
        "address": given.address or "",
        "groups": ", ".join(groups_of(inventory, host)),
        "services": ", ".join(services_of(inventory, host)),
        "written in": str(given.source),
    }
    lines = [f"{style(f'{name:<11}', 'bold')}  {value}" for name, value in facts.items() if value]
    known = variables_of(inventory, host, is_secret)
    if known:
        rows = [(one.name, _text(one.shown), one.where, ", ".join(one.losers)) for one in known]
        lines += [
            "",
            table(("VARIABLE", "VALUE", "FROM", "OVERRIDES"), rows, style, wrapped=("VALUE", "FROM", "OVERRIDES")),
        ]
    return "\n".join(lines)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
