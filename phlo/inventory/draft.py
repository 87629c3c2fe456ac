"""An inventory that is being read: what every source adds, later ones overriding earlier ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.errors import InventoryError, PhloError
from phlo.frozen import dataclass, field
from phlo.inventory.connection import connection_of
from phlo.inventory.hosts import ALL, Group, Host, Inventory, Variable, VarsFolder
from phlo.values import Source

CONNECTION = ("docker_host", "docker_context", "docker_cert_path", "address")
# Ansible's: of two groups on one level, the one with the higher number wins.
PRIORITY = "ansible_group_priority"


@dataclass(slots=True, kw_only=True)
class Draft:
    """Hosts and groups as they are read. A name is added as often as it is met; errors are collected.

    unused: a sentence for each thing that was read and counts for nothing.
    """

    hosts: dict[str, dict[str, Variable]] = field(default_factory=dict)
    host_sources: dict[str, Source] = field(default_factory=dict)
    members: dict[str, dict[str, None]] = field(default_factory=lambda: {ALL: {}})
    children: dict[str, dict[str, None]] = field(default_factory=lambda: {ALL: {}})
    variables: dict[str, dict[str, Variable]] = field(default_factory=lambda: {ALL: {}})
    services: dict[str, dict[str, Source]] = field(default_factory=dict)
    errors: list[PhloError] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    def add_group(self, name: str) -> None:
        for part in (self.members, self.children):
            part.setdefault(name, {})
        self.variables.setdefault(name, {})

    def add_host(self, name: str, group: str, source: Source) -> dict[str, Variable]:
        """The host's variables, to be added to."""
        self.members[group][name] = None
        self.host_sources.setdefault(name, source)
        return self.hosts.setdefault(name, {})

    def add_service(self, name: str, group: str, source: Source) -> None:
        self.services.setdefault(group, {}).setdefault(name, source)

    def add_child(self, group: str, child: str) -> bool:
        """Put a group into another; False, and nothing is done, when the other is inside of it."""
        if group == child or self._reaches(child, group):
            return False
        self.children[group][child] = None
        return True

    def _reaches(self, start: str, wanted: str) -> bool:
        children = self.children.get(start, {})
        return wanted in children or any(self._reaches(child, wanted) for child in children)

    def frozen(self, folders: tuple[VarsFolder, ...], environ: Mapping[str, str]) -> Inventory:
        """The inventory. folders: what `group_vars` and `host_vars` say, the one that wins last.

        environ: says where docker keeps its contexts.

        Raises InventoryError with everything that is wrong.
        """
        groups = self.groups()
        ordered = Inventory(groups=groups, folders=folders)
        hosts = {}
        for name, variables in self.hosts.items():
            own: dict[str, Variable] = dict(variables)
            for folder in folders:
                own |= folder.hosts.get(name, {})
            known: dict[str, Variable] = {}
            for layer in ordered.group_layers(name):
                known |= layer
            try:
                hosts[name] = self.host(name, own, {**known, **own}, environ)
            except InventoryError as error:
                self.errors.append(error)
        return Inventory(hosts=hosts, groups=groups, folders=folders)

    def host(
        self, name: str, variables: Mapping[str, Variable], known: Mapping[str, Variable], environ: Mapping[str, str]
    ) -> Host:
        """A host with its connection. known: `variables` and those of its groups. Raises InventoryError."""
        connection = connection_of(name, known)
        return Host(
            name=name,
            docker_host=connection.docker_host,
            docker_context=connection.docker_context,
            context_host=_context_host(connection.docker_context, name, environ),
            cert_path=connection.cert_path,
            ssh_options=connection.ssh_options,
            address=connection.address,
            variables={key: value for key, value in variables.items() if key not in CONNECTION},
            source=self.host_sources[name],
        )

    def groups(self) -> dict[str, Group]:
        """The groups with the hosts of their children."""
        depths = self._depths()
        return {
            name: Group(
                name=name,
                hosts=tuple(host for host in self.hosts if name == ALL or host in self._all_members(name)),
                children=tuple(self.children[name]),
                depth=depths.get(name, 1),
                priority=self._priority(name),
                variables=self.variables[name],
                services=self.services.get(name, {}),
            )
            for name in self.members
        }

    def _priority(self, group: str) -> int:
        given = self.variables[group].get(PRIORITY)
        try:
            return 1 if given is None else int(given.value)
        except (TypeError, ValueError):
            what = f'{PRIORITY} of "{group}" is not a number'
            self.errors.append(InventoryError(what, where=given.source if given else group, fix="Write e.g. 10."))
            return 1

    def _all_members(self, group: str) -> set[str]:
        found = set(self.members[group])
        for child in self.children[group]:
            found |= self._all_members(child)
        return found

    def _depths(self) -> dict[str, int]:
        depths = {ALL: 0}
        queue = [ALL, *(name for name in self.members if name != ALL)]
        while queue:
            name = queue.pop(0)
            for child in self.children[name]:
                depth = max(depths.get(child, 0), depths.get(name, 1) + 1)
                if depths.get(child) != depth:
                    depths[child] = depth
                    queue.append(child)
        return depths


def _context_host(context: str | None, host: str, environ: Mapping[str, str]) -> str | None:
    """What a context stands for. A missing context is reported when the host is needed."""
    if context is None:
        return None
    from phlo.inventory.context import context_endpoint

    try:
        endpoint = context_endpoint(context, host=host, environ=environ)
    except InventoryError:
        return None
    return endpoint.docker_host if endpoint else None


def variables_in(given: Mapping[Any, Any], source: Any) -> dict[str, Variable]:
    """Variables out of a mapping. source: gives where one of them stands, by its name."""
    return {str(name): Variable(value=value, source=source(str(name))) for name, value in given.items()}
