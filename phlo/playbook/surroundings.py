"""What a run of playbooks works with: the project, its hosts, and the variables that are always there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from phlo import __version__
from phlo.config.capabilities import spelled
from phlo.config.project import Project
from phlo.frozen import dataclass, field
from phlo.hosts.host import Host, ReadHost
from phlo.inventory.hosts import Inventory
from phlo.operations import Operation
from phlo.playbook.host_state import HostState
from phlo.playbook.load import Loader
from phlo.playbook.model import Play, RoleContext, Task
from phlo.playbook.scope import Layer, Scope, Variable, final
from phlo.playbook.source import Origin
from phlo.playbook.templating import OMIT
from phlo.values import Change, Source

COMMAND_LINE = "command line"

BringUp = Callable[[Sequence[str], Sequence[str]], Mapping[str, tuple[Change, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """All that plays need of the world.

    hosts:    every host of the inventory, ready to be talked to.
    find:     an operation by its name.
    bring_up: converges services on hosts, in check mode only looks; gives the changes by host. Raises when it fails.
    ask:      asks the user something; None when nobody is there to answer.
    extra:    variables that win over all others.
    """

    project: Project
    inventory: Inventory
    hosts: Mapping[str, Host | ReadHost]
    loader: Loader
    find: Callable[[str], Operation]
    bring_up: BringUp
    ask: Callable[[str], str] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    check: bool = False
    shows_diff: bool = False
    forks: int = 8
    clock: Callable[[], float] = field(default=lambda: 0.0)

    def state(self, name: str) -> HostState:
        """A host at the start of a run."""
        project = {key: Variable(value.text) for key, value in self.project.values.items()}
        capabilities = final(spelled(self.project.capabilities))
        groups = [_inventory_layer(layer) for layer in self.inventory.group_layers(name)]
        own = _inventory_layer(self.inventory.hosts[name].variables)
        return HostState(name=name, host=self.hosts[name], base=(project, capabilities, *groups, own))

    def node_of(self, service: str, host: Host | ReadHost) -> Host | ReadHost:
        """Where the container of a service is, as a task on `host` means it: on `host`, unless that is a node of the
        Swarm that the service is on; then on the node that its first task runs on.

        A Swarm that has no task of it is left to the task, which tells that there is no container.
        """
        found = self.project.services.get(service)
        if found is None or found.place is None or host.name not in (*found.place.nodes, *found.hosts):
            return host
        from phlo.operations.swarm_place import hosts_of

        names = hosts_of(self.hosts[found.hosts[0]].reader().engine, self.project.name, service)
        return self.hosts[names[0]] if names and host.name not in names else host

    def extra_layer(self) -> Layer:
        """What the command line gives, on top of everything."""
        given = {key: value.text for key, value in self.project.values.items() if value.source.layer == COMMAND_LINE}
        return final({**given, **self.extra})

    def scope(self, state: HostState, play: Play, task: Task, shared: Layer, states: Mapping[str, HostState]) -> Scope:
        """The variables of a task on a host. shared: what all hosts of the play see (`ansible_play_hosts`, ...)."""
        role = task.role
        low = (role.defaults,) if role else ()
        middle = (self._facts(role), role.variables) if role else ()
        return Scope(
            (
                *low,
                *state.base,
                *play.variables,
                *middle,
                *task.directives.variables,
                state.facts,
                *state.params,
                shared,
                self._magic(state, play, task, states),
                self.extra_layer(),
            )
        )

    def _facts(self, role: RoleContext) -> Layer:
        """Capabilities as the role's service sees them, and what others claim of it."""
        service = self.project.services.get(role.service or "")
        return final(service.facts) if service else {}

    def _magic(self, state: HostState, play: Play, task: Task, states: Mapping[str, HostState]) -> Layer:
        role = task.role
        names: dict[str, Any] = {
            "inventory_hostname": state.name,
            "group_names": [group.name for group in self.inventory.groups_of(state.name) if group.name != "all"],
            "groups": {name: list(group.hosts) for name, group in self.inventory.groups.items()}
            or {"all": list(self.inventory.hosts)},
            "hostvars": HostVariables(self, play, task, states),
            "project": {"name": self.project.name, "root": str(self.project.root)},
            "services": self._services(),
            "playbook_dir": str(play.folder),
            "ansible_check_mode": self.check,
            "phlo_check_mode": self.check,
            "phlo_version": __version__,
            "omit": OMIT,
        }
        if role is not None:
            names |= {"role_name": role.name, "role_path": str(role.folder)}
            if role.service:
                names["service"] = self._services().get(role.service, {"name": role.service})
        return final(names)

    def _services(self) -> dict[str, Any]:
        return {
            name: {
                "name": name,
                "hosts": list(service.hosts),
                "ports": [{"published": port.published, "target": port.target} for port in service.compose.ports],
            }
            for name, service in self.project.services.items()
        }

    def filled(self, task: Task) -> dict[str, Any]:
        """What operations get besides what a task writes."""
        return {
            "project": self.project.name,
            "root": self.project.root,
            "folder": task.folder,
            "service": task.role.service if task.role else "",
            "network": self._network(task),
            "find_file": lambda name, kind: self.loader.find(task, name, kind),
            "label": self.loader.label,
            "ask": self.ask,
            "clock": self.clock,
        }

    def _network(self, task: Task) -> str:
        """The network a one-shot container is put on: the role's service's first one, else the project's default."""
        service = self.project.services.get(task.role.service) if task.role else None
        keys = [attached.key for attached in service.compose.networks] if service else []
        keys += [key for key in ("default", *self.project.networks) if key in self.project.networks]
        return self.project.networks[keys[0]].name if keys else ""


class HostVariables(Mapping[str, Any]):
    """`hostvars`: the variables of every host."""

    def __init__(self, surroundings: Surroundings, play: Play, task: Task, states: Mapping[str, HostState]) -> None:
        self._surroundings = surroundings
        self._play = play
        self._task = task
        self._states = states

    def __getitem__(self, name: str) -> Any:
        state = self._states.get(name) or self._surroundings.state(name)
        scope = Scope((*state.base, *self._play.variables, state.facts))
        # Variables of another host that hold templates are given as they were written.
        return {key: variable.value for key in scope.names() if (variable := scope.lookup(key))}

    def __iter__(self) -> Iterator[str]:
        return iter(self._surroundings.inventory.hosts)

    def __len__(self) -> int:
        return len(self._surroundings.inventory.hosts)


def _inventory_layer(variables: Mapping[str, Any]) -> Layer:
    return {
        name: Variable(variable.value, Origin(None, name=_place(name, variable.source)))
        for name, variable in variables.items()
    }


def _place(name: str, source: Source) -> str:
    return f"{source} {name}"


def lookup_functions(root: Path) -> dict[str, Callable[..., Any]]:
    """Functions that templates can call: `lookup('env', 'HOME')`, `query`, `now()`."""

    def lookup(kind: str, *names: str, default: Any = None) -> Any:
        found = query(kind, *names, default=default)
        return found[0] if len(found) == 1 else ",".join(map(str, found))

    def query(kind: str, *names: str, default: Any = None) -> list[Any]:
        if kind == "env":
            return [os.environ.get(name, "" if default is None else default) for name in names]
        if kind == "file":
            return [(root / name).read_text(encoding="utf-8").rstrip("\n") for name in names]
        raise ValueError(f'there is no lookup "{kind}"; there are env and file')

    def now(utc: bool = True, fmt: str | None = None) -> Any:
        moment = datetime.now(UTC) if utc else datetime.now().astimezone()
        return moment.strftime(fmt) if fmt else moment

    return {"lookup": lookup, "query": query, "q": query, "now": now}
