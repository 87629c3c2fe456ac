"""phlo swarm: hosts of the inventory made one Docker Swarm, and how its nodes are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from phlo.cli import exits
from phlo.cli.shell import Shell
from phlo.cli.workspace import load_inventory, open_hosts, project_root
from phlo.config.across_hosts import ip_address_of
from phlo.errors import ConfigError, HostError, InventoryError, did_you_mean
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host
from phlo.inventory.clusters import Cluster, clusters
from phlo.inventory.hosts import Inventory
from phlo.report.table import table
from phlo.swarm import nodes as requests
from phlo.swarm.nodes import Node, NodeState, node_state, nodes
from phlo.swarm.placement import node_labels


class _Done(NamedTuple):
    """One thing that was done."""

    swarm: str
    host: str
    what: str


def init(options: Any, shell: Shell) -> int:
    """Make the first manager of each Swarm."""
    done = [line for one in _opened(options, shell) for line in one.init()]
    return _tell(done, "Every Swarm is there. Next: phlo swarm join", options, shell)


def join(options: Any, shell: Shell) -> int:
    """Let all hosts join, each in its role and marked with its groups."""
    done = [line for one in _opened(options, shell) for line in one.join()]
    return _tell(done, "Every host is a node of its Swarm, in its role", options, shell)


def status(options: Any, shell: Shell) -> int:
    """Show the nodes; those of the inventory that are none count as a failure."""
    rows = [row for one in _opened(options, shell) for row in one.status(options, shell)]
    if options.json:
        shell.say_json([dict(zip(_KEYS, row, strict=True)) for row in rows])
    else:
        shell.say(table(tuple(key.upper() for key in _KEYS), rows, shell.style(options)))
    return exits.OK if all(row[3] == "ready" for row in rows) else exits.FAILED


_KEYS = ("swarm", "host", "role", "state", "availability", "reachability", "engine")


def _tell(done: list[_Done], nothing: str, options: Any, shell: Shell) -> int:
    if options.json:
        shell.say_json([line._asdict() for line in done])
        return exits.OK
    for line in done:
        shell.say(f"{line.swarm} {line.host}: {line.what}")
    shell.tell(f"{len(done)} changed." if done else f"Nothing to do. {nothing}.")
    return exits.OK


def _opened(options: Any, shell: Shell) -> list[_Work]:
    try:
        root = project_root(options, shell)
    except ConfigError:  # an inventory can do without a project
        if options.project_dir:
            raise
        root = shell.cwd
    inventory = load_inventory(options, shell, root)
    found = {swarm.name: swarm for swarm in clusters(inventory) if swarm.orchestrator == "swarm"}
    if not found:
        fix = "Write orchestrator: swarm among the variables of a group, and name the inventory with -i."
        raise InventoryError("no group of the inventory is a Swarm", where="phlo swarm", fix=fix)
    if options.group and options.group not in found:
        fix = did_you_mean(options.group, found)
        raise InventoryError(f'"{options.group}" is not a Swarm of the inventory', where="phlo swarm", fix=fix)
    return [
        _Work(inventory, swarm, open_hosts(inventory, swarm.nodes, shell.environ))
        for name, swarm in found.items()
        if options.group in (None, name)
    ]


class _Work:
    """One Swarm of the inventory."""

    def __init__(self, inventory: Inventory, swarm: Cluster, hosts: Mapping[str, Host]) -> None:
        self._inventory, self._swarm, self._hosts = inventory, swarm, hosts

    def init(self) -> Iterator[_Done]:
        """On the first manager, unless it is one already. Raises InventoryError for one that is a node elsewhere."""
        name = self._swarm.manager
        state = node_state(self._engine(name))
        if state.is_manager:
            return
        self._refuse(state, name)
        others = [host for host in self._swarm.managers[1:] if node_state(self._engine(host)).is_manager]
        if others:
            raise InventoryError(
                f"is not a node, and {others[0]} is a manager of a Swarm already",
                where=name,
                fix=f"Put {others[0]} first in the group, then: phlo swarm join",
            )
        requests.init(self._engine(name), self._address(name))
        yield _Done(self._swarm.name, name, "made it the first manager of a new Swarm")

    def join(self) -> Iterator[_Done]:
        """Every host that is not a node; then roles and labels that differ."""
        manager = self._manager()
        for name in self._swarm.nodes:
            state, known = node_state(self._engine(name)), nodes(manager)
            if state.is_in and state.id in known:
                continue
            self._refuse(state, name)
            role = self._swarm.role_of(name)
            address, of_manager = self._address(name), self._address(self._swarm.manager)
            requests.join(self._engine(name), address, manager, of_manager, role, host=name)
            yield _Done(self._swarm.name, name, f"joined as {role}")
        for name in self._swarm.nodes:  # managers first, so that a Swarm never has none
            yield from self._settle(name, nodes(manager)[node_state(self._engine(name)).id], manager)

    def _settle(self, name: str, node: Node, manager: Engine) -> Iterator[_Done]:
        role = self._swarm.role_of(name)
        labels = {**_not_ours(node.labels), **node_labels(name, self._inventory)}
        said = []
        if node.role != role:
            said.append(f"{node.role} -> {role}")
        if dict(node.labels) != labels:
            said.append("marked with its name and groups")
        if said:
            requests.set_node(manager, node, role=role, labels=labels)
        yield from (_Done(self._swarm.name, name, what) for what in said)

    def status(self, options: Any, shell: Shell) -> Iterator[tuple[str, ...]]:
        states: dict[str, NodeState | None] = {}
        for name in self._swarm.nodes:
            try:
                states[name] = node_state(self._engine(name))
            except HostError as error:
                exits.report_error(error, options, shell)
                states[name] = None
        managers = [name for name, state in states.items() if state and state.is_manager]
        known = nodes(self._engine(managers[0])) if managers else {}
        by_name = {_host_of(node): node for node in known.values()}
        for name, state in states.items():
            node = known.get(state.id) if state else by_name.get(name)
            yield (self._swarm.name, name, *_shown(node, state, self._swarm.role_of(name)))
        mine = {state.id for state in states.values() if state}
        for node in known.values():
            if node.id not in mine and _host_of(node) not in states:
                yield (self._swarm.name, f"{node.hostname} (not in the group)", *_shown(node, None, node.role))

    def _manager(self) -> Engine:
        name = self._swarm.manager
        if not node_state(self._engine(name)).is_manager:
            raise InventoryError(f'is not a manager yet of "{self._swarm.name}"', where=name, fix="phlo swarm init")
        return self._engine(name)

    def _engine(self, name: str) -> Engine:
        return self._hosts[name].engine

    def _address(self, name: str) -> str:
        address = ip_address_of(self._inventory.hosts[name])
        if address is None:
            raise InventoryError(
                "has no IP address in the inventory that other nodes could reach it by",
                where=name,
                fix=f"Write address: IP for {name}.",
            )
        return address

    def _refuse(self, state: NodeState, name: str) -> None:
        """Raise InventoryError for a host that is in a Swarm, which is another one then."""
        if state.state == "inactive":
            return
        what = "is a node of another Swarm" if state.is_in else f"is in a Swarm that is {state.state}"
        fix = f"If nothing there is needed any more: `docker swarm leave --force` on {name}."
        raise InventoryError(what, where=name, fix=fix)


def _shown(node: Node | None, state: NodeState | None, role: str) -> tuple[str, ...]:
    if node is None:
        return role, "unreachable" if state is None else "not joined", "", "", ""
    return node.role, node.state, node.availability, node.reachability, node.engine


def _host_of(node: Node) -> str:
    """The host of the inventory that a node is marked as."""
    marked = [label.removeprefix("phlo.host.") for label in node.labels if label.startswith("phlo.host.")]
    return marked[0] if marked else node.hostname


def _not_ours(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in labels.items() if not name.startswith("phlo.")}
