"""What discovery hands to the other stages: the services that exist, and what could not be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from phlo.discovery.definition import ServiceDefinition
from phlo.errors import ConfigError, PhloError, did_you_mean
from phlo.frozen import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A package or role that was skipped.

    package:  distribution name, or `roles/NAME` of the project.
    services: names of the services that are missing because of it, as far as they are known.
    """

    package: str
    error: PhloError
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginInfo:
    """An entry point of an installed distribution. problem: why it cannot be used, None when it can."""

    name: str
    group: str
    distribution: str
    version: str
    summary: str = ""
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What one place holds: the installed packages, or a `roles/` folder. Iterating gives its plug-ins.

    services: without those of what was skipped.
    inputs:   see `Catalog.inputs`.
    """

    plugins: tuple[PluginInfo, ...] = ()
    services: tuple[ServiceDefinition, ...] = ()
    problems: tuple[Problem, ...] = ()
    inputs: tuple[Path, ...] = ()

    def __iter__(self) -> Iterator[PluginInfo]:
        return iter(self.plugins)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Everything that can be part of a project, besides its inline services.

    services: name -> definition, in alphabetical order.
    inputs:   files and folders this was made from; when one appears, disappears or changes its mtime, look again.
    """

    services: Mapping[str, ServiceDefinition]
    plugins: tuple[PluginInfo, ...] = ()
    problems: tuple[Problem, ...] = ()
    inputs: tuple[Path, ...] = ()

    def lookup(self, name: str) -> ServiceDefinition:
        """The service called `name`; a ConfigError suggests the nearest, or tells why its package was skipped."""
        if name in self.services:
            return self.services[name]
        for problem in self.problems:
            if name in problem.services:
                what = f'the service "{name}" cannot be used, for {problem.package} is broken'
                raise ConfigError(what, fix="Repair it, or install another version.", others=[problem.error])
        fix = did_you_mean(name, self.services) or "Install a service package, or write a role in roles/."
        raise ConfigError(f'there is no service "{name}"', fix=fix)


NO_SERVICES = Catalog(services={}, plugins=(), problems=(), inputs=())
