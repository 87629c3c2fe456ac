"""Collects the containers, networks, volumes and images of a playbook as one Compose project."""

from __future__ import annotations

import os.path
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from phlo.ansible_import import container, resources
from phlo.ansible_import.expressions import Texts
from phlo.ansible_import.names import is_volume_name, with_names
from phlo.ansible_import.walk import FoundTask, short_name
from phlo.compose.part import Part, Rules
from phlo.compose.project import ComposeProject
from phlo.compose.project_files import ComposeFiles, default_files
from phlo.compose.scope import Origin as FileOrigin
from phlo.compose.scope import Scope as FileScope
from phlo.compose.sections import SECTIONS, Described
from phlo.compose_import.convert import Converted, convert
from phlo.compose_import.finding import Finding, sentence
from phlo.compose_import.paths import split_source
from phlo.compose_import.source import ComposeSource
from phlo.config.layers import PROJECT, Candidate, Variables
from phlo.config.root import normalized_name
from phlo.errors import PhloError
from phlo.frozen import dataclass, field, replace
from phlo.playbook.free_form import arguments_of
from phlo.playbook.scope import Layer, Scope, final
from phlo.playbook.source import Origin, Raw
from phlo.playbook.templating import OMIT
from phlo.values import Source
from phlo.yaml_source import YamlDocument, dotted_name

MODULES = ("docker_container", "docker_network", "docker_volume", "docker_image", "docker_compose_v2")
_LOOPS = ("loop", "with_items", "with_list")
_NO_EFFECT = {
    "register": "nothing registers what became of a service",
    "until": "what needs the service waits for its health check",
    "notify": "a handler of a service is not called when it changes",
    "changed_when": "phlo says what changed",
    "failed_when": "phlo says what failed",
    "ignore_errors": "a service that fails ends `phlo up`",
    "delegate_to": "a service runs on the hosts under `hosts:`",
}


class Power(NamedTuple):
    """A task that only starts, stops or restarts a container."""

    service: str
    state: str


@dataclass(slots=True, kw_only=True)
class Became:
    """What a task became. services: those it describes. is_whole: nothing of the task is left to do by hand."""

    services: list[str] = field(default_factory=list)
    power: list[Power] = field(default_factory=list)
    is_whole: bool = True


@dataclass(slots=True, kw_only=True)
class Collector:
    """Takes tasks, and gives the project.

    below, above: variables below and above those that tasks have.
    known_hosts: the hosts and groups of the inventory; None: no inventory was given.
    """

    target: Path
    texts: Texts
    below: tuple[Layer, ...] = ()
    above: tuple[Layer, ...] = ()
    known_hosts: Collection[str] | None = None
    findings: list[Finding] = field(default_factory=list)
    include: list[str] = field(default_factory=list)
    _parts: dict[str, Part] = field(default_factory=dict)
    _own: dict[str, dict[str, Any]] = field(default_factory=dict)
    _sections: dict[str, dict[str, Described]] = field(default_factory=lambda: {name: {} for name in SECTIONS})
    _builds: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, task: FoundTask, key: str) -> Became:
        """Take one task of the module `key`."""
        found = Became()
        origin = task.origin / key
        module = short_name(key)
        for word in task.mapping:
            if why := _NO_EFFECT.get(word):
                self._lose(task.origin / word, f"{word}: {why}")
        given = arguments_of(module, task.mapping[key])
        if not isinstance(given, Mapping):
            self._lose(origin, "has arguments that are known only when it runs")
            return Became(is_whole=False)
        given = {**given, **(task.mapping.get("args") or {})}
        try:
            turns = list(self._turns(task))
        except PhloError as error:
            self._lose(task.origin, f"loops over what is known only when it runs: {sentence(error)}")
            return Became(is_whole=False)
        for scope in turns:
            try:
                options = self.texts.value(given, origin, scope)
            except PhloError as error:
                self._lose(origin, sentence(error))
                found.is_whole = False
                continue
            self._one(module, task, options, origin, found, is_on=self._holds(task, scope) is not False)
        return found

    def _scope(self, task: FoundTask) -> Scope:
        return Scope((*self.below, *task.around.layers, *self.above, final({"omit": OMIT})))

    def _turns(self, task: FoundTask) -> Iterator[Scope]:
        """The variables of each turn of a task's loop; those of the task where it has none."""
        scope = self._scope(task)
        word = next((word for word in task.mapping if word == "loop" or str(word).startswith("with_")), None)
        if word is None:
            yield scope
            return
        raw = Raw(task.mapping[word], task.origin / word)
        items = self.texts.templar.render(raw, scope)
        if word not in _LOOPS:
            call = Raw(f"query('{word.removeprefix('with_')}', *terms)", raw.origin)
            terms = items if isinstance(items, list) else [items]
            items = self.texts.templar.expression(call, scope.plus(final({"terms": terms})))
        control = task.mapping.get("loop_control") or {}
        for index, item in enumerate(_flat(items) if word == "with_items" else items):
            names = {str(control.get("loop_var", "item")): item}
            if control.get("index_var"):
                names[str(control["index_var"])] = index
            yield scope.plus(final(names))

    def _holds(self, task: FoundTask, scope: Scope) -> bool | None:
        """Whether the task's conditions hold, noted where a service has none; None: known only when it runs."""
        for raw in task.around.when:
            holds = self.texts.holds(raw, scope)
            if holds is None:
                self._note(raw.origin, f"`when: {raw.value}` is left out: its value is known only when it runs")
                return None
            state = "holds here, and is left out" if holds else "does not hold here; the service is disabled"
            self._note(raw.origin, f"`when: {raw.value}` {state}")
            if not holds:
                return False
        return True

    def _one(
        self,
        module: str,
        task: FoundTask,
        options: Mapping[str, Any],
        origin: Origin,
        found: Became,
        *,
        is_on: bool,
    ) -> None:
        state = str(options.get("state", "present"))
        name = self.texts.final(options.get("name", ""))
        options = {**options, "name": name}
        if state == "absent":
            self._lose(origin, f'removes "{name}": phlo keeps what phlo.yaml describes; `phlo prune` removes the rest')
            return
        if module == "docker_container":
            self._container(task, name, options, origin, found, is_on=is_on)
        elif module == "docker_network":
            self._entry("networks", *resources.network(options), origin)
        elif module == "docker_volume":
            self._entry("volumes", *resources.volume(options), origin)
        elif module == "docker_image":
            reference, build, lost = resources.image(options)
            self._lose_options(lost, origin)
            if build is not None:
                self._builds[self.texts.final(reference)] = build
        else:
            found.is_whole = self._compose(task, options, origin)

    def _container(
        self,
        task: FoundTask,
        name: str,
        options: Mapping[str, Any],
        origin: Origin,
        found: Became,
        *,
        is_on: bool,
    ) -> None:
        state = str(options.get("state", "started"))
        if state == "stopped":
            found.power.append(Power(name, "stopped"))
        elif options.get("restart") is True:
            found.power.append(Power(name, "restarted"))
        if not options.get("image"):
            if not found.power or found.power[-1].service != name:
                found.power.append(Power(name, "started"))
            return
        if found.power and name in self._parts:
            return
        options = with_names(options, self.texts.final)
        attributes, origins, lost = container.translate(options, services=self._parts)
        for option, why in lost.items():
            self._lose(origin / option, f"{option}: {why}")
        if name in self._parts:
            before = self._parts[name].attributes
            if any(before.get(key) != item for key, item in attributes.items()):
                self._lose(origin, f'the container "{name}" is described a second time')
            return
        found.services.append(name)

        def position(*keys: str | int) -> str:
            option = origins.get(str(keys[0])) if keys else None
            if option is None:
                return (origin if not keys else origin / keys[0]).where()
            return _inside(origin / option, keys[1:]).where()

        self._parts[name] = Part(
            attributes=attributes, layer=PROJECT, root=self.target, rules=Rules.COMPOSE, position=position
        )
        self._own[name] = {} if is_on else {"enabled": False}
        if options.get("detach") is False:
            self._own[name]["one_shot"] = True
        if hosts := self._places(task.around.hosts, origin):
            self._own[name]["hosts"] = hosts

    def _places(self, pattern: str, origin: Origin) -> list[str]:
        """What `hosts` of a service says for a play's pattern; nothing for the only host."""
        names = [name for part in pattern.split(",") for name in part.split(":") if name.strip()]
        if set(names) <= {"localhost", "127.0.0.1", "local"} or (names == ["all"] and self.known_hosts is None):
            return []
        if self.known_hosts is not None and set(names) <= {*self.known_hosts, "all"}:
            return names
        fix = "import again with `-i INVENTORY`" if self.known_hosts is None else "write `hosts:` of the service"
        self._note(origin, f"where it runs is left out, `hosts: {pattern}` of the play: {fix}")
        return []

    def _entry(self, section: str, value: dict[str, Any], lost: tuple[str, ...], origin: Origin) -> None:
        self._lose_options(lost, origin)
        document = _Place(data={}, label=origin.where(), marks={})
        place = FileOrigin(self.target, FileScope(name="", around=(), folder=self.target, entries={}))
        self._sections[section][value["name"]] = Described.of(document, section, value["name"], value, origin=place)

    def _compose(self, task: FoundTask, options: Mapping[str, Any], origin: Origin) -> bool:
        """Include the Compose files of a task, where this machine has them."""
        source = str(options.get("project_src", ""))
        folders = [*(folder / "files" for folder in task.around.files), *task.around.files]
        candidates = [Path(source), *(folder / name for folder in folders for name in (source, Path(source).name))]
        folder = next((one for one in candidates if source and one.is_dir() and default_files(one)), None)
        if folder is None or options.get("files"):
            what = "its Compose files are not known here: name them under `include:` of phlo.yaml"
            self._lose(origin, what)
            return False
        self.include += [os.path.relpath(path, self.target) for path in default_files(folder)[:1]]
        return True

    def result(self, *, name: str, installed: Collection[str]) -> Converted:
        """The phlo.yaml and what it leaves out. installed: services of packages."""
        for service, part in self._parts.items():
            build = self._builds.get(self.texts.final(part.attributes.get("image", "")))
            if build is not None:
                self._parts[service] = replace(part, attributes={**part.attributes, "build": build})
        self._declare_used()
        converted = convert(self._source(name), target=self.target, installed=installed)
        data = dict(converted.data)
        for service, own in self._own.items():
            if service in data["services"]:
                data["services"][service] |= own
        head = {"name": data.pop("name")}
        if self.include:
            head["include"] = list(dict.fromkeys(self.include))
        if self.texts.env:
            head["env"] = dict(self.texts.env)
        unset = [
            Finding(
                where, f"{name} has no value here: the inventory, `.phlo/.env` or `env:` of phlo.yaml gives it", False
            )
            for name, where in self.texts.unset.items()
        ]
        findings = [
            *self.findings,
            *self.texts.findings,
            *unset,
            *(one for one in converted.findings if not _is_unset(one)),
        ]
        return Converted({**head, **data}, tuple(sorted(dict.fromkeys(findings), key=lambda one: one.order)))

    def _source(self, name: str) -> ComposeSource:
        project = ComposeProject(
            files=ComposeFiles(folder=self.target, files=()),
            services={name: (part,) for name, part in self._parts.items()},
            scopes=(),
            scope_of={},
            sections=self._sections,
            name=normalized_name(name) or "imported",
        )
        source = Source(layer=PROJECT, path="phlo.yaml")
        given = {**{name: str(one.value) for name, one in self.texts.own.items()}, **self.texts.env}
        candidates = [Candidate(name=key, text=str(text), source=source) for key, text in given.items()]
        return ComposeSource(project=project, variables=Variables(candidates, environ={}), env_files=(), findings=())

    def _declare_used(self) -> None:
        """Describe the volumes and networks that containers name and no task makes, under their own names."""
        for part in list(self._parts.values()):
            for item in part.attributes.get("volumes") or ():
                if isinstance(item, Mapping):
                    name = item.get("source") if item.get("type") == "volume" else None
                else:
                    name, rest = split_source(str(item))
                    name = name if rest else None
                if name and is_volume_name(str(name)):
                    self._declare("volumes", str(name), part.where("volumes"))
            for name in part.attributes.get("networks") or ():
                self._declare("networks", str(name), part.where("networks"))

    def _declare(self, section: str, name: str, where: str) -> None:
        if name not in self._sections[section]:
            self._entry(section, {"name": name}, (), Origin(None, name=where))

    def _lose_options(self, lost: tuple[str, ...], origin: Origin) -> None:
        for option in lost:
            self._lose(origin / option, f"{option}: phlo.yaml has nothing like it")

    def _lose(self, origin: Origin, what: str) -> None:
        self.findings.append(Finding(origin.where(), what))

    def _note(self, origin: Origin, what: str) -> None:
        self.findings.append(Finding(origin.where(), what, is_lost=False))


class _Place(YamlDocument):
    """A document of one entry, whose place has a name."""

    __slots__ = ()

    def where(self, *keys: str | int) -> str:
        return f"{self.label} {dotted_name(keys[2:])}".strip()


def _is_unset(finding: Finding) -> bool:
    """Whether a finding says only that a variable has no value, which is listed by its name."""
    return not finding.is_lost and "is not set" in finding.what


def _inside(origin: Origin, keys: tuple[str | int, ...]) -> Origin:
    for key in keys:
        origin = origin / key
    return origin


def _flat(items: Any) -> list[Any]:
    """What `with_items` goes through: one level of lists inside the list is taken apart."""
    found = items if isinstance(items, list) else [items]
    return [one for item in found for one in (item if isinstance(item, list) else [item])]
