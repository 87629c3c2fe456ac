"""What a project is on each host: one resolution for all hosts whose variables make no difference to it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar

from phlo.config.candidates import inventory_variables
from phlo.config.project import Project
from phlo.errors import ConfigError, did_you_mean, nearest
from phlo.frozen import replace
from phlo.inventory.hosts import Inventory

Resolved = tuple[Project, frozenset[str]]
Given = Mapping[str, str | None]
T = TypeVar("T")


def on_all_hosts(first: str, resolved: Resolved, inventory: Inventory, resolve: Callable[[str], Resolved]) -> Project:
    """The project as `first` has it, with the variants that other hosts' variables make of it.

    resolved: the project on `first`, and the names of the variables that made it. resolve: the same on another host.
    A host that gives those variables the same values as one that was resolved before needs no resolution of its own.
    """
    project, _ = resolved
    hosts = sorted({host for service in project.services.values() for host in service.hosts})
    known = _Known(resolved, _given(inventory, first))
    variants: dict[str, Project] = {}
    for host in hosts:
        given = _given(inventory, host)
        found = known.find(given)
        if found is None:
            made = resolve(host)
            known.add(made, given)
            found = made[0]
        if found is not project:
            variants[host] = found
    if not variants:
        return project
    every = list({id(one): one for one in (project, *variants.values())}.values())
    return replace(
        project,
        variants=variants,
        warnings=_merged(one.warnings for one in every),
        secrets=_merged(one.secrets for one in every),
        inputs=_merged(one.inputs for one in every),
        environment_read=tuple(sorted({name for one in every for name in one.environment_read})),
        pending_secrets=tuple(sorted({name for one in every for name in one.pending_secrets})),
        is_volatile=any(one.is_volatile for one in every),
    )


def not_placed(names: Iterable[str], inventory: Inventory, where: Callable[[str], str]) -> list[ConfigError]:
    """The errors for services without a host: one for each that may be misspelt in the inventory, one for all others.

    where: the line of a service in phlo.yaml.
    """
    placed = {service: source for group in inventory.groups.values() for service, source in group.services.items()}
    errors, others = [], []
    for name in names:
        if close := nearest(name, placed):
            fix = f'Is it "{close}" in {placed[close]}?'
            errors.append(ConfigError(f'"{name}" is placed on no host', where=where(name), fix=fix))
        else:
            others.append(name)
    if others:
        listed = ", ".join(others)
        what = f'"{listed}" is placed on no host' if len(others) == 1 else f"{listed} are placed on no host"
        fix = f"Write services: [{listed}] in a group of the inventory{_example(inventory)}, or hosts: here."
        errors.append(ConfigError(what, where=where(others[0]), fix=fix))
    return errors


def _example(inventory: Inventory) -> str:
    """The group that places most services, else the deepest one: where a service without a host may belong."""
    groups = [group for group in inventory.groups.values() if group.hosts]
    if not groups:
        return ""
    best = max(groups, key=lambda group: (len(group.services), group.depth))
    return f' (such as "{best.name}" with {", ".join(best.hosts[:3])}{", ..." * (len(best.hosts) > 3)})'


def unknown_services(inventory: Inventory, known: Iterable[str]) -> list[str]:
    """A sentence for each service that a group of the inventory places and that there is none of."""
    names = frozenset(known)
    return [
        f'{source}: there is no service "{name}" to place. {did_you_mean(name, names)}'
        for group in inventory.groups.values()
        for name, source in group.services.items()
        if name not in names
    ]


def limited(project: Project, hosts: Collection[str]) -> Project:
    """The project as far as these hosts go: on the others nothing is looked at and nothing is waited for."""
    kept = frozenset(hosts)

    def narrow(one: Project) -> Project:
        services = {
            name: replace(service, hosts=tuple(host for host in service.hosts if host in kept))
            for name, service in one.services.items()
        }
        return replace(one, services=services)

    made = {id(one): narrow(one) for one in project.variants.values()}
    variants = {host: made[id(one)] for host, one in project.variants.items() if host in kept}
    return replace(narrow(project), variants=variants)


class _Known:
    """Resolutions by the values that made them, each kind under the names of its variables."""

    def __init__(self, resolved: Resolved, given: Given) -> None:
        self._by_names: dict[frozenset[str], dict[tuple[str | None, ...], Project]] = {}
        self.add(resolved, given)

    def add(self, resolved: Resolved, given: Given) -> None:
        project, names = resolved
        self._by_names.setdefault(names, {})[_key(names, given)] = project

    def find(self, given: Given) -> Project | None:
        found = (projects.get(_key(names, given)) for names, projects in self._by_names.items())
        return next((project for project in found if project is not None), None)


def _key(names: Collection[str], given: Given) -> tuple[str | None, ...]:
    return tuple(given.get(name, "\0not given") for name in sorted(names))


def _given(inventory: Inventory, host: str) -> Given:
    return {candidate.name: candidate.text for candidate in inventory_variables(inventory, host)}


def _merged(parts: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(item for part in parts for item in part))
