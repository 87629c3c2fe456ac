"""What a run of playbooks works with: the project, its hosts, and the variables that are always there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from phlo import __version__
from phlo.config.capabilities import spelled
from phlo.config.layers import GROUP_VARS, HOST_VARS
from phlo.config.project import Project
from phlo.execute.converge import Observation
from phlo.execute.play.facts_layer import FactsLayer, gather_facts
from phlo.execute.play.host_state import HostState
from phlo.execute.play.magic import HostVariables, constants, groups_of, names_of_groups, of_inventory, of_roles
from phlo.execute.play.members import Members
from phlo.frozen import dataclass, field
from phlo.hosts.host import Host, ReadHost
from phlo.inventory.hosts import Inventory
from phlo.operations import Operation
from phlo.operations.cluster_state import state_of
from phlo.playbook.load import Loader
from phlo.playbook.model import Play, RoleContext, Task
from phlo.playbook.scope import Layer, Scope, Variable, final
from phlo.playbook.source import Origin
from phlo.playbook.templating import OMIT
from phlo.values import Change, Source

COMMAND_LINE = "command line"

BringUp = Callable[[Sequence[str], Sequence[str]], Mapping[str, tuple[Change, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What a run of plays works with.

    members:  the hosts and groups.
    find:     an operation by its name.
    bring_up: converges services on hosts, in check mode only looks; gives the changes by host. Raises when it fails.
    ask:      asks the user something; None when nobody is there to answer. ask_hidden: without showing the answer.
    extra:    variables that win over all others. command_line: those of `-e`, which may hold templates.
    verbosity: how many -v were given.
    is_cancelled: True once the run that these plays are a part of was asked to stop.
    gathers:  whether tasks may use facts in plays that do not say.
    reader_of: how tasks look at a host. before_change: called with what a task would change; raises when it must not.
    """

    project: Project
    members: Members
    loader: Loader
    find: Callable[[str], Operation]
    bring_up: BringUp
    ask: Callable[[str], str] | None = None
    ask_hidden: Callable[[str], str] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    command_line: Layer = field(default_factory=dict)
    check: bool = False
    shows_diff: bool = False
    forks: int = 8
    verbosity: int = 0
    is_cancelled: Callable[[], bool] = lambda: False
    reader_of: Callable[[Host | ReadHost], ReadHost] = lambda host: host.reader()
    before_change: Callable[[Observation], None] = lambda found: None
    clock: Callable[[], float] = field(default=lambda: 0.0)
    gathers: bool = True
    _bases: dict[tuple[str, int], tuple[Layer, ...]] = field(default_factory=dict)

    @property
    def inventory(self) -> Inventory:
        """That of the start of the run, with what tasks added."""
        return self.members.inventory

    def state(self, name: str) -> HostState:
        """A host at the start of a run."""
        return HostState(name=name, host=self.members.host(name))

    def base(self, name: str) -> tuple[Layer, ...]:
        """The variables of a host of the inventory before any play; the run need not reach the host."""
        key = (name, self.members.generation)
        if key not in self._bases:
            self._bases[key] = self._base(name)
        return self._bases[key]

    def _base(self, name: str) -> tuple[Layer, ...]:
        host = self.inventory.find(name)
        if host is None:
            return ()
        # Those of the inventory are another host's, as far as they are not this one's.
        values = {
            key: one for key, one in self.project.values.items() if one.source.layer not in (GROUP_VARS, HOST_VARS)
        }
        project = {key: Variable(value.text) for key, value in values.items()}
        capabilities = final(spelled(self.project.capabilities))
        groups = [_inventory_layer(layer) for layer in self.inventory.group_layers(name)]
        own = _inventory_layer(host.variables)
        address = final({"ansible_host": _address(self.inventory, name)})
        return (address, project, capabilities, *groups, own)

    def node_of(self, service: str, host: Host | ReadHost) -> Host | ReadHost:
        """Where the container of a service is, as a task on `host` means it: on `host`, unless that is a node of the
        cluster that the service is on; then on the node that its first task runs on.

        Where the cluster has no task of it, the task reports that there is no container.
        """
        found = self.project.services.get(service)
        if found is None or found.placement is None or host.name not in (*found.placement.nodes, *found.hosts):
            return host
        manager = self.members.host(found.hosts[0]).reader().engine
        names = state_of(found.placement.orchestrator).hosts_of(manager, self.project.name, service)
        return self.members.host(names[0]) if names and host.name not in names else host

    def extra_layer(self) -> Layer:
        """What the command line gives, on top of everything."""
        given = {key: value.text for key, value in self.project.values.items() if value.source.layer == COMMAND_LINE}
        return {**final(given), **self.command_line, **final(self.extra)}

    def scope(
        self,
        state: HostState,
        play: Play,
        task: Task,
        shared: Layer,
        states: Mapping[str, HostState],
        facts: Layer,
    ) -> Scope:
        """The variables of a task on a host.

        shared: what all hosts of the play see (`ansible_play_hosts`, ...). facts: those of the host.
        """
        role = task.role
        needed = role.needed if role else ()
        low = (*(one.defaults for one in (*play.roles, *needed)), *((role.defaults,) if role else ()))
        middle = tuple(one.variables for one in (*play.roles, *needed))
        middle += (self._facts(role), role.variables) if role else ()
        return Scope(
            (
                *low,
                *self.base(state.name),
                facts,
                *play.variables,
                *middle,
                *task.directives.variables,
                state.included,
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
            **constants(),
            **of_inventory(self.inventory),
            **of_roles(play, task),
            **self._of_host(state.name),
            "groups": groups_of(self.inventory),
            "hostvars": self.hostvars(play, states, tuple(self.inventory.hosts)),
            "project": {"name": self.project.name, "root": str(self.project.root)},
            "services": self._services(),
            "playbook_dir": str(play.folder),
            "ansible_check_mode": self.check,
            "ansible_diff_mode": self.shows_diff,
            "ansible_forks": self.forks,
            "ansible_verbosity": self.verbosity,
            "ansible_search_path": [str(task.folder), str(play.folder)],
            "environment": [raw.value for raw in task.directives.environment],
            "phlo_check_mode": self.check,
            "phlo_version": __version__,
            "omit": OMIT,
        }
        if role is not None and role.service:
            names["service"] = self._services().get(role.service, {"name": role.service})
        return final(names)

    def _of_host(self, name: str) -> dict[str, Any]:
        return {
            "inventory_hostname": name,
            "inventory_hostname_short": name.partition(".")[0],
            "group_names": names_of_groups(self.inventory, name),
        }

    def hostvars(self, play: Play, states: Mapping[str, HostState], names: Sequence[str]) -> HostVariables:
        """The variables of hosts, as a play sees them."""

        def scope_of(name: str) -> Scope:
            state = states.get(name)
            base = self.base(name)
            included, found = (state.included, state.facts) if state else ({}, {})
            facts = self.facts_layer(state, play, partial(gather_facts, state.host, self.project.root)) if state else {}
            return Scope((*base, facts, *play.variables, included, found, final(self._of_host(name))))

        return HostVariables(names, scope_of)

    def facts_layer(self, state: HostState, play: Play, look: Callable[[], Mapping[str, Any]]) -> FactsLayer:
        """The facts of a host, which `look` finds when a task uses one."""
        is_gathering = self.gathers if play.gather_facts is None else play.gather_facts
        return FactsLayer(state, look if is_gathering else None)

    def _services(self) -> dict[str, Any]:
        return {
            name: {
                "name": name,
                "hosts": list(service.hosts),
                "ports": [{"published": port.published, "target": port.target} for port in service.compose.ports],
            }
            for name, service in self.project.services.items()
        }

    def injected(self, task: Task, host: str) -> dict[str, Any]:
        """What operations get besides what a task writes. host: the one that the task is for."""
        return {
            "project": self.project.name,
            "root": self.project.root,
            "folder": task.folder,
            "service": task.role.service if task.role else "",
            "network": self._network(task),
            "find_file": lambda name, kind: self.loader.find(task, name, kind),
            "label": self.loader.label,
            "verbosity": self.verbosity,
            "role_folder": task.role.folder if task.role else None,
            "decrypted": lambda content, path: self.loader.vault.content(content, where=self.loader.label(path)),
            "variables_of": self.loader.variables,
            "has_host": self.members.has_host,
            "is_in_group": lambda group, parents: self.members.is_in_group(host, group, parents),
            "ask": self.ask,
            "clock": self.clock,
        }

    def _network(self, task: Task) -> str:
        """The network a one-shot container is put on: the role's service's first one, else the project's default."""
        service = self.project.services.get(task.role.service) if task.role else None
        keys = [attached.key for attached in service.compose.networks] if service else []
        keys += [key for key in ("default", *self.project.networks) if key in self.project.networks]
        return self.project.networks[keys[0]].name if keys else ""


def _inventory_layer(variables: Mapping[str, Any]) -> Layer:
    return {
        name: Variable(variable.value, Origin(None, name=_place(name, variable.source)))
        for name, variable in variables.items()
    }


def _place(name: str, source: Source) -> str:
    return f"{source} {name}"


def _address(inventory: Inventory, name: str) -> str:
    """`ansible_host`: where a host is reached by SSH, its name where it is not."""
    found = inventory.find(name)
    return urlsplit((found.docker_host if found else None) or "").hostname or name
