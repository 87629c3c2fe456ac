"""Groups of hosts that an orchestrator runs as one: `orchestrator: NAME` among a group's variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from phlo.errors import InventoryError, PhloError, did_you_mean, first_of
from phlo.frozen import dataclass
from phlo.inventory.hosts import Group, Inventory, Variable
from phlo.orchestrators import TITLES
from phlo.values import Source

ORCHESTRATOR = "orchestrator"
OWN_ENGINE = "docker"
MANAGER, WORKER = "manager", "worker"
MESH, HOST = "mesh", "host"
MANAGERS_OF_MANY = 3  # as many as survive the loss of one


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A group whose hosts an orchestrator runs as one.

    orchestrator: its name, one of `phlo.orchestrators.TITLES`. name: the group's.
    managers, workers: in the inventory's order. manager: the one that phlo talks to.
    publish: how ports are published: `mesh`, the same on every node, or `host`, on the nodes where a task runs.
    """

    orchestrator: str
    name: str
    managers: tuple[str, ...]
    manager: str
    workers: tuple[str, ...] = ()
    publish: str = MESH
    source: Source

    @property
    def nodes(self) -> tuple[str, ...]:
        return (*self.managers, *self.workers)

    @property
    def label(self) -> str:
        """What errors call it."""
        return f'the {TITLES[self.orchestrator]} "{self.name}"'

    def role_of(self, host: str) -> str:
        return MANAGER if host in self.managers else WORKER


def clusters(inventory: Inventory) -> tuple[Cluster, ...]:
    """The clusters of an inventory. Raises InventoryError with everything that is wrong with them."""
    found: dict[str, Cluster] = {}
    errors: list[PhloError] = []
    holders: dict[str, str] = {}
    for group in inventory.groups.values():
        given = _own(inventory, group).get(ORCHESTRATOR)
        if given is None or not group.hosts:
            continue
        try:
            orchestrator = _word(given, ORCHESTRATOR, (*TITLES, OWN_ENGINE))
            if orchestrator == OWN_ENGINE:
                continue
            cluster = _cluster(inventory, group, orchestrator, given.source)
            for host in group.hosts:
                if host in holders:
                    raise InventoryError(
                        f'"{host}" is in two {TITLES[orchestrator]}s, "{holders[host]}" and "{group.name}"',
                        where=given.source,
                        fix=f"A host is a node of one {TITLES[orchestrator]}: remove it from one of the groups.",
                    )
            holders |= dict.fromkeys(group.hosts, group.name)
            found[group.name] = cluster
        except InventoryError as error:
            errors.append(error)
    if errors:
        raise first_of(errors)
    return tuple(found.values())


def cluster_of(inventory: Inventory, host: str) -> Cluster | None:
    """The cluster that a host is a node of."""
    return next((cluster for cluster in clusters(inventory) if host in cluster.nodes), None)


def with_nodes(inventory: Inventory, hosts: tuple[str, ...]) -> tuple[str, ...]:
    """The hosts, and behind the manager of a cluster all of its nodes: what runs there is on any of them."""
    nodes = {cluster.manager: cluster.nodes for cluster in clusters(inventory)}
    return tuple(dict.fromkeys(node for host in hosts for node in nodes.get(host, (host,))))


def _own(inventory: Inventory, group: Group) -> Mapping[str, Variable]:
    """The group's own variables, those of its `group_vars` files included."""
    known = dict(group.variables)
    for folder in inventory.folders:
        known |= folder.groups.get(group.name, {})
    return known


def _cluster(inventory: Inventory, group: Group, orchestrator: str, source: Source) -> Cluster:
    role_name, publish_name, title = f"{orchestrator}_role", f"{orchestrator}_publish", TITLES[orchestrator]
    roles = {host: _of(inventory, host, role_name, (MANAGER, WORKER)) for host in group.hosts}
    managers = [host for host, role in roles.items() if role == MANAGER]
    free = [host for host, role in roles.items() if role is None]
    if not managers:
        managers = free[: MANAGERS_OF_MANY if len(free) >= MANAGERS_OF_MANY else 1]
    if not managers:
        fix = f"Give one of its hosts {role_name}: {MANAGER}, preferably the first, or three of them."
        raise InventoryError(f'the {title} "{group.name}" has no manager', where=source, fix=fix)
    publish = {_of(inventory, host, publish_name, (MESH, HOST)) or MESH for host in group.hosts}
    if len(publish) > 1:
        what = f'the hosts of the {title} "{group.name}" have different values of {publish_name}'
        raise InventoryError(what, where=source, fix=f"Write it once, in the variables of {group.name}.")
    return Cluster(
        orchestrator=orchestrator,
        name=group.name,
        managers=tuple(managers),
        manager=next((name for name in managers if inventory.stand_ins.get(name) == managers[0]), managers[0]),
        workers=tuple(host for host in group.hosts if host not in managers),
        publish=publish.pop(),
        source=source,
    )


def _of(inventory: Inventory, host: str, name: str, known: tuple[str, ...]) -> str | None:
    """A host's variable, its groups' included."""
    found = [variables[name] for variables in _layers(inventory, host) if name in variables]
    return _word(found[-1], name, known) if found else None


def _layers(inventory: Inventory, host: str) -> Iterator[Mapping[str, Variable]]:
    yield from inventory.group_layers(host)
    yield inventory.hosts[host].variables


def _word(given: Variable, name: str, known: tuple[str, ...]) -> str:
    if given.value in known:
        return str(given.value)
    raise InventoryError(
        f'{name} should be {" or ".join(known)}, got "{given.value}"',
        where=given.source,
        fix=did_you_mean(str(given.value), known) or f"Write {name}: {known[0]}.",
    )
