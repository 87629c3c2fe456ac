"""Which services are part of a run, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from phlo.config.capability_types import is_collected
from phlo.config.containers import Container, Containers
from phlo.config.definitions import Switch
from phlo.config.project import Absence
from phlo.config.project_file import ProjectFile
from phlo.discovery.definition import ServiceDefinition
from phlo.errors import ConfigError, PhloError, did_you_mean, first_of
from phlo.frozen import dataclass, field
from phlo.values import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Services by name: those of the project, those of this run (each with its reason), and the rest.

    enabled:   what a bare `up` runs, and what was asked for, with all that it depends on.
    chosen:    the part of it that this run is about.
    providers: capability -> the service that provides it.
    requested: the part of `enabled` that is enabled only because the command line names it, or its profile.
    """

    enabled: Mapping[str, str]
    chosen: Mapping[str, str]
    absent: Mapping[str, Absence]
    providers: Mapping[str, str]
    requested: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class Selector:
    """Follows dependencies from what is enabled.

    stood_in: default service -> its replacement.
    added:    services that nobody enabled and that are the only ones to provide what an enabled one requires.
    """

    file: ProjectFile
    definitions: Mapping[str, ServiceDefinition]
    switches: Mapping[str, Switch]
    containers: Containers
    profiles: frozenset[str]
    errors: list[PhloError] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    stood_in: dict[str, str] = field(default_factory=dict)
    added: set[str] = field(default_factory=set)

    def select(self, asked: Sequence[str], named: Iterable[str] = (), *, no_deps: bool) -> Selection:
        """Choose. Raises ConfigError with everything that is wrong in the services looked at.

        named: services whose profiles are active, too.
        """
        self._check_profiles()
        self.profiles |= {profile for name in named for profile in self._profiles_of(name)}
        self._check_asked(asked)
        self._hide_absent_roles(asked)
        given = self._wanted_providers()
        self._note_stood_in()
        of_file = {name for name in self.definitions if self._reason(name, frozenset(self.file.config.profiles))}
        start = {name: reason for name in self.definitions if (reason := self._reason(name))}
        start |= given
        start |= {name: "asked for" for name in asked if name in self.definitions}
        enabled = self._with_only_providers(self._closure(start, optional=frozenset()))
        providers = self._providers(enabled)
        chosen = dict(enabled)
        if asked:
            wanted = {name: "asked for" for name in asked if name in enabled}
            chosen = wanted if no_deps else self._closure(wanted, optional=frozenset(enabled), providers=providers)
        if self.errors:
            raise first_of(_distinct(self.errors))
        absent = {name: self._absence(name, enabled) for name in self.definitions if name not in chosen}
        is_more = not {*start} <= {*of_file, *given}
        by_file = self._closure(dict.fromkeys((*of_file, *given), ""), optional=frozenset()) if is_more else enabled
        return Selection(
            enabled=enabled,
            chosen=dict(sorted(chosen.items())),
            absent=absent,
            providers=providers,
            requested=frozenset(enabled) - frozenset(self._with_only_providers(by_file)) if is_more else frozenset(),
        )

    def _hide_absent_roles(self, asked: Iterable[str]) -> None:
        """Hide what roles that are not in the project declare from the services that phlo.yaml itself describes.

        Which roles are in the project is determined by names alone, because the containers need the variables.
        """
        inline = {name for name, one in self.definitions.items() if one.kind == "inline"}
        if not inline:
            return
        able = {capability: self._able(capability) for one in self.definitions.values() for capability in one.requires}
        waiting = [name for name in self.definitions if self._reason(name)]
        waiting += [*asked, *self.file.config.capabilities.values()]
        present: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in self.definitions and name not in present:
                present.add(name)
                only = [able[capability][0] for capability in self.definitions[name].requires if able[capability]]
                waiting += [*self._written_needs(name), *only]
        self.containers.hide(frozenset(self.definitions) - present - inline, inline)

    def _written_needs(self, name: str) -> Iterable[str]:
        """What a service depends on, as written."""
        override = self.file.service(name).get("depends_on")
        return map(str, override) if isinstance(override, (list, Mapping)) else self.definitions[name].depends_on

    def _check_profiles(self) -> None:
        """Refuse profiles that no service has; `*` stands for all of them."""
        known = {profile for name in self.definitions for profile in self._profiles_of(name)}
        if "*" in self.profiles:
            self.profiles = frozenset({*known, *self.profiles} - {"*"})
        for profile in sorted(self.profiles - known):
            where = "--profile"
            if profile in self.file.config.profiles:
                where = self.file.document.where("profiles", self.file.config.profiles.index(profile))
            fix = did_you_mean(profile, known) or "No service has a profile."
            self.errors.append(ConfigError(f'there is no profile "{profile}"', where=where, fix=fix))

    def _check_asked(self, asked: Iterable[str]) -> None:
        for name in dict.fromkeys(asked):
            if name not in self.definitions:
                fix = did_you_mean(name, self.definitions)
                self.errors.append(ConfigError(f'there is no service "{name}"', fix=fix))
            elif self._is_disabled(name):
                source = self.switches[name].source
                fix = f"Enable it with `phlo services enable {name}`."
                self.errors.append(ConfigError(f'the service "{name}" is disabled', where=source, fix=fix))

    def _is_disabled(self, name: str) -> bool:
        return name in self.switches and self.switches[name].is_on is False

    def _reason(self, name: str, active: frozenset[str] | None = None) -> str | None:
        """Why a service is part of a bare `up`; None when it is not. active: the profiles, default: all of this run."""
        definition = self.definitions[name]
        if switch := self.switches.get(name):
            return f"enabled in {switch.source}" if switch.is_on else None
        profiles = self._profiles_of(name)
        if profiles:
            found = sorted((self.profiles if active is None else active) & profiles)
            return f"profile {found[0]}" if found else None
        if definition.kind in ("inline", "compose"):
            return definition.kind
        is_default = definition.default and self.file.config.services.defaults and name not in self.stood_in
        return "default" if is_default else None

    def _profiles_of(self, name: str) -> frozenset[str]:
        definition = self.definitions[name]
        given = self.file.service(name).get("profiles", definition.compose.get("profiles"))
        names = given if isinstance(given, (list, tuple)) else []
        return frozenset((*map(str, names), *([definition.profile] if definition.profile else [])))

    def _wanted_providers(self) -> dict[str, str]:
        """The services that `capabilities` of phlo.yaml names."""
        found = {}
        for capability, name in self.file.config.capabilities.items():
            where = self.file.document.where("capabilities", capability)
            able = self._able(capability)
            if is_collected(capability):
                what = f'many services provide "{capability}" at once'
                self.errors.append(ConfigError(what, where=where, fix="There is nothing to choose: remove it."))
            elif name not in able:
                fix = did_you_mean(name, able) or f'No installed service provides "{capability}".'
                self.errors.append(ConfigError(f'"{name}" does not provide "{capability}"', where=where, fix=fix))
            elif self._is_disabled(name):
                what = f'"{name}" should provide "{capability}" but is disabled (see {self.switches[name].source})'
                self.errors.append(ConfigError(what, where=where, fix="Choose another, or enable it."))
            else:
                source = self.file.document.source("capabilities", capability)
                found[name] = f"provides {capability} by {source}"
        return found

    def _able(self, capability: str) -> list[str]:
        return [name for name, one in self.definitions.items() if capability in one.provides]

    def _note_stood_in(self) -> None:
        """Default services that phlo.yaml chose others for, and those that are of no use without them."""
        given = self.file.config.capabilities
        for name, definition in self.definitions.items():
            if definition.default and name not in given.values():
                others = [given[capability] for capability in definition.provides if capability in given]
                if others:
                    self.stood_in[name] = others[0]
        for name, definition in self.definitions.items():
            for other, entry in definition.depends_on.items():
                if definition.default and entry["required"] and other in self.stood_in:
                    self.stood_in.setdefault(name, self.stood_in[other])

    def _with_only_providers(self, enabled: Mapping[str, str]) -> dict[str, str]:
        """Together with each service that is the only one to provide what an enabled one requires."""
        found = dict(enabled)
        while missing := self._only_providers(found):
            self.added |= missing.keys()
            found = self._closure({**found, **missing}, optional=frozenset())
        return found

    def _only_providers(self, enabled: Mapping[str, str]) -> dict[str, str]:
        found = {}
        for name in sorted(enabled):
            for capability in self.definitions[name].requires:
                able = [other for other in self._able(capability) if not self._is_disabled(other)]
                if len(able) == 1 and able[0] not in enabled and capability not in self.file.config.capabilities:
                    found[able[0]] = f"needed by {name} for {capability}"
        return found

    def _closure(
        self,
        start: Mapping[str, str],
        *,
        optional: frozenset[str],
        providers: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """`start` and what it depends on, with reasons. optional: services to take where they are not required."""
        found = dict(start)
        waiting = list(start)
        while waiting:
            name = waiting.pop(0)
            container = self._container(name)
            if container is None:
                continue
            for other in self._needs(container, optional, providers or {}):
                if other not in found:
                    found[other] = f"needed by {name}"
                    waiting.append(other)
        return found

    def _container(self, name: str) -> Container | None:
        if name in self.failed:
            return None
        try:
            return self.containers.of(self.definitions[name])
        except PhloError as error:
            self.failed.add(name)
            self.errors.append(error)
            return None

    def _needs(self, container: Container, optional: frozenset[str], providers: Mapping[str, str]) -> list[str]:
        name = container.definition.name
        found = []
        for other, entry in container.compose.depends_on.items():
            if not entry["required"]:
                found += [other] if other in optional else []
            elif self._is_there(other, container):
                found.append(other)
        for capability in (*container.definition.requires, *container.definition.wants):
            provider = providers.get(capability)
            if provider and provider != name:
                found.append(provider)
        return found

    def _is_there(self, other: str, container: Container) -> bool:
        name = container.definition.name
        if other in self.definitions and not self._is_disabled(other):
            return True
        where = container.merged.where("depends_on", other)
        if other in self.definitions:
            what = f'"{name}" depends on "{other}", which is disabled at {self.switches[other].source}'
            fix = f'Enable "{other}", disable "{name}" too, or write required: false.'
        else:
            from phlo.discovery.registry import missing_dependency

            what, fix = missing_dependency(container.definition, other, self.definitions)
        self.errors.append(ConfigError(what, where=where, fix=fix))
        return False

    def _providers(self, enabled: Mapping[str, str]) -> dict[str, str]:
        """Which of the enabled services provides each capability."""
        found: dict[str, str] = {}
        able: dict[str, list[str]] = {}
        for name in sorted(enabled):
            for capability in self.definitions[name].provides:
                if not is_collected(capability):
                    able.setdefault(capability, []).append(name)
        for capability, every in sorted(able.items()):
            # What was added for another capability leaves this one to the services that were enabled anyway.
            names = [name for name in every if name not in self.added] or every
            wanted = self.file.config.capabilities.get(capability)
            found[capability] = wanted if wanted in every else names[0]
            if len(names) > 1 and wanted is None:
                what = f'"{capability}" is provided by {" and by ".join(names)}'
                fix = f"Write capabilities: {{{capability}: {names[0]}}}, or disable one of them."
                self.errors.append(ConfigError(what, where=self.file.document.where("capabilities"), fix=fix))
        self._check_required(enabled, found)
        return found

    def _check_required(self, enabled: Mapping[str, str], providers: Mapping[str, str]) -> None:
        for name in sorted(enabled):
            definition = self.definitions[name]
            for index, capability in enumerate(definition.requires):
                is_chosen = capability in self.file.config.capabilities
                if capability in providers or is_chosen or is_collected(capability):
                    continue
                able = self._able(capability)
                fix = "Install a package that provides it."
                if able:
                    fix = f"Choose {' or '.join(able)}: write capabilities: {{{capability}: {able[0]}}} in phlo.yaml."
                where = definition.where("requires", capability if capability in definition.claims else index)
                what = f'"{name}" requires "{capability}", which no enabled service provides'
                self.errors.append(ConfigError(what, where=where, fix=fix))

    def _absence(self, name: str, enabled: Mapping[str, str]) -> Absence:
        definition = self.definitions[name]
        if self._is_disabled(name):
            source: Source = self.switches[name].source
            return Absence(definition=definition, reason="disabled in phlo.yaml", source=source, is_disabled=True)
        if name in enabled:
            return Absence(definition=definition, reason="not asked for", is_optional=True)
        if name in self.stood_in and definition.name not in self.switches:
            return Absence(definition=definition, reason=f"{self.stood_in[name]} takes its place")
        profiles = sorted(self._profiles_of(name))
        reason = f"profile {profiles[0]}" if profiles else "not enabled"
        return Absence(definition=definition, reason=reason, is_optional=bool(profiles))


def _distinct(errors: Iterable[PhloError]) -> list[PhloError]:
    """Each error once: what a run needs is looked at from several sides."""
    return list({str(error): error for error in errors}.values())
