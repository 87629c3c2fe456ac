"""What a phlo.yaml says a Compose project with, and what it cannot say."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from phlo.compose_import.load import ComposeProject
from phlo.compose_import.nodes import Node
from phlo.compose_import.paths import moved, with_paths
from phlo.config.compose import parse_service
from phlo.config.compose.attributes import WARNED
from phlo.config.interpolate import interpolate_all
from phlo.config.paths import with_absolute_paths
from phlo.config.root import normalized_name
from phlo.errors import ConfigError, PhloError
from phlo.yaml_source import Keys, YamlDocument, dotted_name

RESOURCES = ("networks", "volumes", "configs", "secrets")
# Names that mean something else under `services` of a phlo.yaml.
_TAKEN_NAMES = ("enabled", "disabled")
# `version` says nothing any more; what extends and includes stand for is in the tree already.
_SILENT = ("name", "services", "version", "include", *RESOURCES)


class Finding(NamedTuple):
    """Something that is not the same afterwards. where: file, line and name in the Compose files.

    is_lost: it is left out; False: it is there, and means something else, or was assumed.
    """

    where: str
    what: str
    is_lost: bool = True


class Converted(NamedTuple):
    """data: the phlo.yaml. findings: in the order of the files."""

    data: dict[str, Any]
    findings: tuple[Finding, ...]


def convert(
    project: ComposeProject, *, target: Path, installed: Collection[str] = (), default: Collection[str] = ()
) -> Converted:
    """The phlo.yaml in the folder `target` that is the same project.

    installed: services of installed packages; default: those of them that a bare `up` starts.
    """
    return _Conversion(project, target).result(installed, default)


class _Conversion:
    def __init__(self, project: ComposeProject, target: Path) -> None:
        self._project = project
        self._target = target
        self._tree = with_paths(project.tree, moved(project.folder, target))
        self._findings: list[Finding] = []

    def result(self, installed: Collection[str], default: Collection[str]) -> Converted:
        services = self._services()
        data: dict[str, Any] = {"name": self._name()}
        if profiles := self._profiles():
            data["profiles"] = profiles
        data["services"] = services
        for section in RESOURCES:
            if found := self._section(section):
                data[section] = found
        for key in self._tree.value:
            if key.startswith("x-"):
                data[key] = self._tree.value[key].plain()
            elif key not in _SILENT:
                self._lose((key,), "is nothing that phlo.yaml can say")
        self._fit(data)
        for name, service in services.items():
            if name in installed:
                services[name] = {
                    "type": "inline",
                    "replaces": True,
                    **{k: v for k, v in service.items() if k != "type"},
                }
                self._note(("services", name), "takes the place of the installed service of that name")
        if others := sorted(set(default) - set(services)):
            data["services"] = {"disabled": others, **services}
        return Converted(data, tuple(sorted(dict.fromkeys(self._findings), key=_order)))

    def _lose(self, keys: Keys, what: str) -> None:
        self._findings.append(Finding(self._where(keys), what))

    def _note(self, keys: Keys, what: str) -> None:
        self._findings.append(Finding(self._where(keys), what, is_lost=False))

    def _where(self, keys: Keys) -> str:
        return f"{self._tree.source_of(keys)} {dotted_name(keys)}"

    def _name(self) -> str:
        given = self._tree.get("name")
        text = self._project.variables.text("COMPOSE_PROJECT_NAME") or (given.value if given else None)
        return str(text) if text else normalized_name(self._project.folder.resolve().name) or "imported"

    def _profiles(self) -> list[str]:
        text = self._project.variables.text("COMPOSE_PROFILES")
        return [name for name in str(text or "").split(",") if name]

    def _services(self) -> dict[str, Any]:
        services = self._tree.get("services")
        if services is None or not services.is_mapping or not services.value:
            raise ConfigError("has no services", where=str(self._tree.source), fix="Is it a Compose file?")
        awaited = set(_awaited(services))
        found: dict[str, Any] = {}
        for name, node in services.value.items():
            keys = ("services", name)
            if name in _TAKEN_NAMES:
                self._lose(keys, f'"{name}" is a list of names here, and cannot name a service')
            elif not node.is_mapping:
                self._lose(keys, "should be a mapping")
            else:
                found[name] = {"type": "inline", **self._service(name, node), **self._ending(name, node, awaited)}
        return found

    def _service(self, name: str, node: Node) -> dict[str, Any]:
        attributes: dict[str, Any] = node.plain()
        for key in [key for key in attributes if key in WARNED]:
            self._lose(("services", name, key), WARNED[key])
            del attributes[key]
        while found := self._problems(name, attributes):
            for keys, what in found:
                self._lose(("services", name, *keys), what)
            if not _remove_all(attributes, (keys for keys, _ in found)):
                break  # what is wrong stands elsewhere, in a label_file say, and the new project will tell it
        return attributes

    def _problems(self, name: str, attributes: Mapping[str, Any]) -> list[tuple[Keys, str]]:
        """What phlo cannot do of a service, with what it says of it."""
        final = {}
        for key, value in attributes.items():
            try:
                final[key] = interpolate_all(value, self._project.variables.lookup(), where=_encoded, keys=(key,))
            except PhloError as reason:  # of a value that is not there yet nothing can be said
                self._note(("services", name, *_decoded(reason.where)), f"{reason.what}, before it can be checked")
        try:
            parse_service(with_absolute_paths(final, self._target), where=_encoded, root=self._target)
        except ConfigError as error:
            return [(_decoded(one.where), _sentence(one)) for one in error.each()]
        return []

    def _ending(self, name: str, node: Node, awaited: Collection[str]) -> dict[str, Any]:
        """`one_shot`, where phlo would take the service for another kind than it is."""
        restart = node.get("restart")
        seems = name.endswith(("-setup", "_setup")) or (restart is not None and restart.value in ("no", False))
        if name in awaited:
            return {} if seems else {"one_shot": True}
        serves = any(node.get(key) is not None for key in ("ports", "healthcheck"))
        if not seems or not serves:
            if seems:
                self._note(("services", name), "is taken for one that runs to its end; if not, write one_shot: false")
            return {}
        return {"one_shot": False}

    def _section(self, section: str) -> dict[str, Any]:
        node = self._tree.get(section)
        if node is None or not node.is_mapping:
            return {}
        found = {}
        for name, item in node.value.items():
            plain = item.plain()
            if isinstance(plain, dict) and isinstance(plain.get("external"), dict):
                # The form of Compose files before 3.5.
                plain = {**plain, "external": True, "name": plain["external"].get("name", name)}
            if section in ("configs", "secrets") and isinstance(plain, dict) and plain.get("external"):
                self._lose((section, name), "is kept by a swarm, from where it cannot be read")
            else:
                found[name] = plain
        return found

    def _fit(self, data: dict[str, Any]) -> None:
        """Take out whatever phlo.yaml has no place for."""
        from pydantic import ValidationError

        from phlo.config.project_models import ProjectConfig
        from phlo.config.validation import config_errors

        while True:
            try:
                ProjectConfig.model_validate(data)
                return
            except ValidationError as reason:
                errors = config_errors(reason, _Positions(data=data, label="", marks={}), ProjectConfig)
            for error in errors:
                self._lose(_decoded(error.where), _sentence(error))
            if not _remove_all(data, (_decoded(error.where) for error in errors)):
                return


class _Positions(YamlDocument):
    """A document that names its places by their keys."""

    __slots__ = ()

    def where(self, *keys: str | int) -> str:
        return _encoded(*keys)


def _encoded(*keys: str | int) -> str:
    return json.dumps(keys)


def _decoded(where: str) -> Keys:
    return tuple(json.loads(where))


def _sentence(error: PhloError) -> str:
    """What is wrong and what to do; the list of all that is known would only be in the way."""
    is_told = error.fix and not error.fix.startswith("Known:")
    return f"{error.what.rstrip('.')}. {error.fix}".rstrip(".") if is_told else error.what.rstrip(".")


def _remove_all(data: Any, many: Iterable[Keys]) -> bool:
    """Take out what stands at each; False when nothing does. Of a list the last first, so that places stay right."""
    last_first = sorted(
        set(many), key=lambda keys: [(str(key), 0) if isinstance(key, str) else ("", key) for key in keys]
    )
    removed = [_remove(data, keys) for keys in reversed(last_first)]
    return any(removed)


def _remove(data: Any, keys: Keys) -> bool:
    """Take out what stands at `keys`, or the deepest part of the way that is there; False when nothing is."""
    way: list[tuple[Any, str | int]] = []
    for key in keys:
        place = _place(data, key)
        if place is None:
            break
        way.append((data, place))
        data = data[place]
    if not way:
        return False
    holder, place = way[-1]
    del holder[place]
    return True


def _place(data: Any, key: str | int) -> str | int | None:
    """Where `key` is in a mapping or a list; a name in a list of `NAME=value` is that entry."""
    if isinstance(data, dict):
        return key if key in data else None
    if not isinstance(data, list):
        return None
    if isinstance(key, int):
        return key if key < len(data) else None
    return next((index for index, item in enumerate(data) if str(item).partition("=")[0] == key), None)


def _awaited(services: Node) -> Iterator[str]:
    """Services that another waits for the end of."""
    for node in services.value.values():
        needs = node.get("depends_on")
        for name, details in needs.value.items() if needs is not None and needs.is_mapping else ():
            condition = details.get("condition")
            if condition is not None and condition.value == "service_completed_successfully":
                yield name


def _order(finding: Finding) -> tuple[str, int]:
    path, _, line = finding.where.partition(" ")[0].rpartition(":")
    return (path, int(line)) if line.isdigit() else (finding.where, 0)
